"""What people look up of evaluations: the list, one of them, and the lesson cards of all of them.

A card is found by theme (id or name) and by words in any order, without regard to accents and capitals. Experiments
whose hypothesis was refuted stand among the others in every answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from fund.errors.evaluations import EvaluationNotPublished, UnknownTheme
from fund.events.evaluations import EvaluationPeerReviewed, EvaluationReturned, EvaluationSubmitted
from fund.events.values import Lesson
from fund.glossary import chosen, theme_names
from fund.lists import has_words, words_of
from fund.schemas.agreements import Agreement
from fund.schemas.base import as_row
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot
from fund.workflows.discretion import reads_results
from fund.workflows.evaluations.commands import (
    EvaluationDetail,
    EvaluationRow,
    Evaluations,
    LessonCard,
    LessonRow,
    LessonsFound,
    PartyRow,
)
from fund.workflows.evaluations.followon import followers, lineage
from fund.workflows.evaluations.lifecycle import State, rules_of


def listed(snapshot: Snapshot) -> Evaluations:
    """Every evaluation with its two results, by agreement; results that are not published yet for those who may."""
    return {
        "as_of": snapshot.today.isoformat(),
        "evaluations": [_line(snapshot, case) for case in snapshot.cases(Evaluation)],
    }


def _line(snapshot: Snapshot, case: Evaluation) -> EvaluationRow:
    results: dict[str, object] = {"lessons": len(case.lessons)}
    if not reads_results(snapshot, case):
        results = dict.fromkeys(("hypothesis", "learning", "verdict", "good_result", "lessons"))
    return as_row(EvaluationRow, case, lead_partner=case.lead, lead_name=snapshot.partner_name(case.lead), **results)


def show(snapshot: Snapshot, *, ref: str) -> EvaluationDetail:
    """One evaluation whole: the question, both results, what was learned, its cards, what the peers said.

    Raises:
        UnknownRef: There is none.
        EvaluationNotPublished: It is not published yet, and whoever looks does not work on it.
    """
    case = snapshot.case(Evaluation, ref)
    if not reads_results(snapshot, case):
        raise EvaluationNotPublished(ref=ref, state=case.state)
    agreement, proposal = snapshot.maybe(Agreement, ref), snapshot.maybe(Proposal, case.proposal)
    facts = [event for event in snapshot.history(case) if event.stream == case.stream]
    returned = [each for each in facts if isinstance(each.fact, EvaluationReturned)]
    last_return = returned[-1].seq if returned else 0
    written = next((each for each in reversed(facts) if isinstance(each.fact, EvaluationSubmitted)), None)
    threshold = rules_of(snapshot, case).learning_threshold
    return {
        "as_of": snapshot.today.isoformat(),
        **_line(snapshot, case),
        "title": agreement.title if agreement else "",
        "parties": _parties(snapshot, case.parties),
        "question": agreement.hypothesis if agreement else "",
        "measurement": agreement.terms.measurement if agreement else "",
        "stop_rule": agreement.stop_rule if agreement else "",
        "themes": list(proposal.form.themes) if proposal else [],
        "ended_by": agreement.ground if agreement else "",
        "learned": case.learned,
        "learning_threshold": threshold,
        "cards": [as_row(LessonRow, lesson) for lesson in case.lessons],
        "submitted_on": written.effective_on.isoformat() if written else None,
        "by_fund_manager": isinstance(written.fact, EvaluationSubmitted) and written.fact.by_fund_manager
        if written
        else False,
        "peers": [
            {
                "reviewer": each.actor,
                "name": snapshot.name(each.actor),
                "learning": each.fact.learning,
                "remarks": each.fact.remarks,
            }
            for each in facts
            if isinstance(each.fact, EvaluationPeerReviewed) and each.seq > last_return
        ],
        "returned": [
            {"on": each.effective_on.isoformat(), "reason": each.fact.reason}
            for each in returned
            if isinstance(each.fact, EvaluationReturned)
        ],
        "published_on": case.published_on.isoformat() if case.published_on else None,
        "followon_expired": case.followon_expired,
        **lineage(snapshot, ref),
    }


# -------------------------------------------------------------------------------------------------------- the cards


def lessons(snapshot: Snapshot, *, theme: str | None = None, text: str | None = None) -> LessonsFound:
    """The lesson cards of every published evaluation, failed experiments first-class.

    Args:
        theme: Only cards on this theme: its id (``T04``), its name, or a part of the name that no other has.
        text: Only cards with all of these words, in the lesson or in what it came from: the titles, the question, the
            partners.

    Raises:
        UnknownTheme: No such theme. AmbiguousName: Several.
    """
    wanted = chosen(theme, theme_names(), UnknownTheme, parts=True, coded=True) if theme is not None else None
    words = words_of(text or "")
    published = snapshot.cases(Evaluation, states=[State.PUBLISHED])
    children = followers(snapshot) if any(case.followon_until is not None for case in published) else {}
    cards = [
        _card(snapshot, case, lesson, children.get(case.ref, []))
        for case in published
        for lesson in case.lessons
        if wanted is None or wanted in lesson.themes
    ]
    return {"theme": wanted, "text": text, "lessons": [card for card in cards if has_words(card, words)]}


def _card(snapshot: Snapshot, case: Evaluation, lesson: Lesson, children: list[Proposal]) -> LessonCard:
    agreement = snapshot.maybe(Agreement, case.ref)
    users = dict.fromkeys(party for child in children for party in child.parties if party not in case.parties)
    return as_row(
        LessonCard,
        case,
        agreement=case.ref,
        experiment=agreement.title if agreement else "",
        lead_partner=case.lead,
        lead_name=snapshot.partner_name(case.lead),
        question=agreement.hypothesis if agreement else "",
        title=lesson.title,
        text=lesson.text,
        themes=list(lesson.themes),
        used_by=_parties(snapshot, users),
        followed_by=[child.ref for child in children],
    )


def _parties(snapshot: Snapshot, parties: Iterable[str]) -> list[PartyRow]:
    return [{"partner": party, "name": snapshot.partner_name(party)} for party in parties]
