"""Panels to open and to top up, scores that are missing, possible conflicts to judge, panels that must agree."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date, timedelta

from fund.dates import day_of, term_end, weeks
from fund.events.reviews import ReviewConflictDecided
from fund.language import _
from fund.rules.authority import FUND_MANAGER, PANEL, Guard
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.workflows.decisions.terms import term_of
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task
from fund.workflows.reviews.closing import what_is_missing

WARNED_DAYS = 7
"""So long before a review closes, the office sees which scores are missing."""


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What reviews wait for, from eligible to scored, and during a deferral."""
    for proposal in reader.in_state("eligible"):
        yield from _to_open(reader, proposal)
    for proposal in reader.in_state("in_review"):
        review = reader.reviews.get(proposal.ref)
        if review is not None and review.state == "open":
            yield from _to_score(reader, proposal, review)
            yield from _conflicts(reader, proposal, review)
    for proposal in reader.in_state("scored", "deferred"):
        review = reader.reviews.get(proposal.ref)
        if review is not None and review.consensus_pending:
            yield from _to_agree(review)


def decision_before(reader: InboxReader, proposal: Proposal) -> date:
    """The last day for a decision, as the applicant may expect it (4:13, 4:14)."""
    round_ = reader.rounds[proposal.round]
    terms = reader.snapshot.regulations(day_of(round_.opens_at)).terms
    term = term_of(terms, round_, proposal)
    if term is not None:
        return term.last_on
    return term_end(day_of(round_.closes_at) - timedelta(days=1), weeks(terms.decision_weeks))


def _to_open(reader: InboxReader, proposal: Proposal) -> Iterator[Task]:
    """By score, proposals of a round are read beside each other, after it closed; what came back is read at once."""
    round_ = reader.rounds[proposal.round]
    again = proposal.ref in reader.decisions
    if round_.state in ("planned", "open") and round_.allocation == "score" and not again:
        return
    review = reader.reviews.get(proposal.ref)
    necessity = " --necessity" if review is not None and not review.feasible else ""
    what, until = _("open the review of {ref}").format(ref=proposal.ref), decision_before(reader, proposal)
    yield reader.task(what, "review open", proposal, typed=f"{proposal.ref}{necessity}", until=until)


def _to_score(reader: InboxReader, proposal: Proposal, review: Review) -> Iterator[Task]:
    until = day_of(review.closes_at) - timedelta(days=1) if review.closes_at else None
    missing = tuple(each for each in review.reviewers if each not in review.scored)
    if missing:
        what = _("score {ref}: {missing} of {panel} scores are missing").format(
            ref=review.ref, missing=len(missing), panel=len(review.reviewers)
        )
        # nobody steps back by an order: who may not score any more can still recuse
        command, form = f"fund review score {review.ref} FILE", f"fund review show {review.ref} --template > FILE"
        yield Task(what, command, PANEL, review.ref, until, only=missing, form=form)
        if until is not None and until - timedelta(days=WARNED_DAYS) <= reader.today:
            what = _("{missing} of {panel} scores are missing, {name}").format(
                missing=len(missing), panel=len(review.reviewers), name=reader.short_name(proposal.lead)
            )
            command, whose = f"fund review show {review.ref}", Guard(proposal.lead, parties=proposal.parties)
            yield Task(what, command, FUND_MANAGER, review.ref, until, guard=whose)
    over = review.closes_at is not None and review.closes_at <= reader.now
    if (review.extended and over) or review.top_up or (not missing and what_is_missing(reader.snapshot, review)):
        joins = reader.snapshot.name(review.top_up[0].reviewer) if review.top_up else "NAME"
        what = _("add reviewers to the panel of {ref}").format(ref=review.ref)
        yield reader.task(what, "review assign", proposal, typed=f"{review.ref} {joins}", until=until)


def _conflicts(reader: InboxReader, proposal: Proposal, review: Review) -> Iterator[Task]:
    """A possible conflict that a reviewer declared waits for the chair, and then for a member."""
    until = day_of(review.closes_at) - timedelta(days=1) if review.closes_at else None
    for reviewer, grounds in sorted(review.declarations.items()):
        if not grounds or reviewer in review.judged or reviewer not in review.reviewers:
            continue
        name = reader.name(reviewer)
        what = _("judge the possible conflict of {name} with {ref}").format(name=name, ref=review.ref)
        yield reader.task(
            what,
            "review declare",
            proposal,
            records=ReviewConflictDecided,
            typed=f"{review.ref} --about {shlex.quote(name)} --stays --reason TEXT",
            until=until,
            only=reader.chairs_of(proposal),
        )


def _to_agree(review: Review) -> Iterator[Task]:
    """The chair of the panel writes down what it may agree on; the others who scored agree with that."""
    if review.consensus_until is None or review.result is None:
        return
    takers = [each.reviewer for each in review.result.counting]
    chair = review.chair if review.chair in takers else takers[0]
    left = tuple(each for each in takers if each not in review.agreed_by)
    command = f"fund review consensus {review.ref} --agree"
    if not review.agreement:
        apart = " ".join(f"--score {criterion}=SCORE" for criterion in review.result.spread_criteria)
        left, command = (chair,), f"fund review consensus {review.ref} {apart or '--score CRITERION=SCORE'}"
        command = f"{command} --grounds TEXT"
    what = _("agree with the panel on {ref}").format(ref=review.ref)
    until = day_of(review.consensus_until) - timedelta(days=1)
    yield Task(what, command, PANEL, review.ref, until, only=left)
