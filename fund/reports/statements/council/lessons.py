"""What a council reads of experiments: two at most, one that did not work among them if there is one.

What people wrote is quoted as it is. A long text is cut at the end of a sentence, never inside one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from fund.reports.history import cases_on
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot

QUOTED = 200
"""So many characters of what people wrote stand on the page, unless its first sentence is longer."""
AT_MOST = 2
_END = re.compile(r"[.!?…][\"”’')\]]*(?=\s+[\"“„‘'(\[]?[A-ZÀ-Ý0-9])|\n\s*\n")
_SHORT = re.compile(
    r"\b(?:[A-Z]|art|bijv|blz|ca|dhr|dr|drs|enz|evt|excl|incl|ing|ir|max|mevr|min|mr|mw|nr|prof|resp|zgn|[a-z](?:\.[a-z])+)\.$"
)
"""A point that ends no sentence."""
LONGEST_SHORT = 16


def first_sentences(text: str, most: int = QUOTED) -> str:
    """The first sentences of a text that fit ``most`` characters; always at least one, however long it is.

    >>> first_sentences("Het werkt, o.a. in Baarn. De rest volgt.", 30)
    'Het werkt, o.a. in Baarn.'
    """
    kept = ""
    for end in _ends(text):
        more = " ".join(text[:end].split())
        if kept and len(more) > most:
            break
        kept = more
    return kept


def _ends(text: str) -> Iterator[int]:
    """Where each sentence of a text ends, and at last where all of it does."""
    for found in _END.finditer(text):
        if not _SHORT.search(text, max(found.end() - LONGEST_SHORT, 0), found.end()):
            yield found.end()
    yield len(text)


class Lessons:
    """Every evaluation that was published until a day, as far as it was known, to choose from for each partner.

    Args:
        agreements: The agreements as they were.
        last: The last fact that was known; all when absent.
    """

    def __init__(self, snapshot: Snapshot, day: date, last: int | None, agreements: Mapping[str, Agreement]) -> None:
        self._view = snapshot
        self._agreements = agreements
        self._published = [case for case in cases_on(snapshot, Evaluation, day, last=last) if case.state == "published"]
        self.users = _used_by(snapshot, agreements, [case.ref for case in self._published])
        """By agreement, the partners that took over what it found and were no party to it."""

    def for_partner(self, partner: str) -> list[dict[str, Any]]:
        """At most two, its own before others, the latest first; one whose hypothesis was refuted if there is any."""
        ordered = sorted(
            self._published, key=lambda case: (partner in case.parties, case.published_on or case.due_on, case.ref)
        )
        ordered.reverse()
        refuted = [case for case in ordered if case.hypothesis == "refuted"][:1]
        chosen = [*refuted, *[case for case in ordered if case not in refuted][: AT_MOST - len(refuted)]]
        return [self._told(case, partner) for case in ordered if case in chosen]

    def _told(self, case: Evaluation, partner: str) -> dict[str, Any]:
        agreement = self._agreements.get(case.ref)
        quoted = first_sentences(case.learned)
        return {
            "agreement": case.ref,
            "title": agreement.title if agreement else "",
            "ours": partner in case.parties,
            "hypothesis": case.hypothesis,
            "good_result": case.good_result,
            "learned": quoted,
            "whole": quoted == " ".join(case.learned.split()),
            "used_by": [
                {"partner": each, "name": self._view.partner_name(each)} for each in self.users.get(case.ref, ())
            ],
            "published_on": case.published_on.isoformat() if case.published_on else None,
        }


def _used_by(snapshot: Snapshot, agreements: Mapping[str, Agreement], published: Iterable[str]) -> dict[str, list[str]]:
    """By agreement, the partners that took over what it found and were no party to it: those of its roll-outs."""
    followed: dict[str, list[str]] = {}
    wanted = set(published)
    rollouts = {each.proposal: each for each in agreements.values() if each.started_on is not None}
    for proposal in snapshot.cases(Proposal, refs=sorted(rollouts)) if wanted and rollouts else ():
        if proposal.follows in wanted:
            old, new = agreements.get(proposal.follows), rollouts[proposal.ref]
            known = old.parties if old else ()
            followed.setdefault(proposal.follows, []).extend(each for each in new.parties if each not in known)
    return {ref: list(dict.fromkeys(found)) for ref, found in followed.items()}
