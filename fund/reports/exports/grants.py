"""What became of every grant, folded from the facts: granted, changed, revoked, determined, paid, come back.

Owns what is public of a grant, and nothing else of it is read here: organisations, title, question, milestones, themes,
amounts, days. No name of a person, no reason in somebody's own words. How it is written is the business of the
neighbours ``register`` and ``giving``. Source: statements.md (open data), Woo 3.3a; lifecycle.md 4, 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fund.events import Envelope, Fact
from fund.events.agreements import (
    AgreementActivated,
    AgreementAmended,
    AgreementCompleted,
    AgreementLeadChanged,
    AgreementRefinanced,
    AgreementTerminated,
    MilestoneReplanned,
)
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionConditionsMet, DecisionReopened
from fund.events.disbursements import DisbursementCancelled, DisbursementRefunded
from fund.events.payments import PaymentReturned, PaymentSettled
from fund.events.proposals import ProposalDrafted, ProposalLapsed, ProposalRevised, ProposalWithdrawn
from fund.events.rounds import RoundPlanned
from fund.reports.history import last_fact
from fund.schemas.capital import Partner
from fund.schemas.proposals import ProposalForm
from fund.unit_of_work import HistoricalSnapshot, Snapshot

KINDS = {"grant": "verlening", "change": "wijziging", "revocation": "intrekking", "determination": "vaststelling"}
"""The kinds of row, with the words of the Woo (3.3a)."""


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone: what must be shown, and before which day."""

    number: int
    title: str
    due_on: date


@dataclass(slots=True, kw_only=True)
class Row:
    """One decision on a grant, with everything as it was after it; amounts in cents.

    Attributes:
        kind, ground, extent: As the companion of the register explains them.
        decided_on: The day of the decision. recorded_at, seq: When its fact was recorded, and its number.
        change_cents: What it changes in the amount granted. granted_cents: What is granted after it.
        determined_cents: On a determination only. reclaimed_cents: What that claims back.
    """

    kind: str
    ground: str
    extent: str = ""
    decided_on: date
    recorded_at: datetime
    seq: int
    lead: str
    co_applicants: tuple[str, ...]
    title: str
    question: str
    milestones: tuple[Due, ...]
    themes: tuple[str, ...]
    round: str
    agreement: str
    requested_cents: int
    starts_on: date | None
    ends_on: date | None
    change_cents: int
    granted_cents: int = 0
    determined_cents: int | None = None
    reclaimed_cents: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Money of a grant that moved: ``paid``, ``returned`` by the bank, or ``refunded`` unspent; in cents.

    Attributes:
        ref: The disbursement. payee: The partner that was paid.
    """

    kind: str
    on: date
    cents: int
    ref: str
    payee: str
    recorded_at: datetime
    seq: int


@dataclass(slots=True)
class Grant:
    """A grant, from the first decision on.

    Attributes:
        ref: Its number, which is that of the proposal.
        rows: Its decisions in the order of their days; at least one.
        moved: Its money in and out, in the order of the facts.
        repayable_cents: What of the amount granted is to be paid back; ``None`` before the agreement.
    """

    ref: str
    rows: list[Row] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    repayable_cents: int | None = None

    @property
    def last(self) -> Row:
        """The grant as it is now."""
        return self.rows[-1]

    @property
    def paid_cents(self) -> int:
        """What was paid, payments that the bank returned off."""
        return sum({"paid": 1, "returned": -1}.get(each.kind, 0) * each.cents for each in self.moved)

    @property
    def refunded_cents(self) -> int:
        """What came back unspent."""
        return sum(each.cents for each in self.moved if each.kind == "refunded")


@dataclass(slots=True)
class _Draft:
    """What is known of a proposal before and beside the decisions on it."""

    lead: str = ""
    co_applicants: tuple[str, ...] = ()
    title: str = ""
    question: str = ""
    milestones: tuple[Due, ...] = ()
    themes: tuple[str, ...] = ()
    round: str = ""
    agreement: str = ""
    requested_cents: int = 0
    starts_on: date | None = None
    ends_on: date | None = None

    def asked(self, fact: ProposalDrafted | ProposalRevised) -> None:
        """The proposal as it stands now."""
        form = ProposalForm.model_validate(fact.form)
        self.lead, self.co_applicants = form.lead, form.co_applicants
        self.title, self.question, self.themes = form.title, form.hypothesis, form.themes
        self.milestones = tuple(Due(no, each.title, each.due_on) for no, each in enumerate(form.milestones, start=1))
        self.round, self.requested_cents = fact.round, fact.ask_cents
        self.ends_on = max((each.due_on for each in self.milestones), default=None)

    def agreed(self, fact: AgreementActivated) -> None:
        """What the parties signed."""
        self.agreement, self.lead, self.co_applicants = fact.ref, fact.lead, fact.co_applicants
        self.title, self.question = fact.title, fact.hypothesis
        self.milestones = tuple(Due(each.number, each.title, each.due_on) for each in fact.milestones)
        self.starts_on, self.ends_on = fact.started_on, fact.ends_on

    def row(self, kind: str, ground: str, change_cents: int, event: Envelope, **more: Any) -> Row:
        """A decision, with what is known now."""
        return Row(
            kind=kind,
            ground=ground,
            decided_on=event.effective_on,
            recorded_at=event.recorded_at,
            seq=event.seq,
            lead=self.lead,
            co_applicants=self.co_applicants,
            title=self.title,
            question=self.question,
            milestones=self.milestones,
            themes=self.themes,
            round=self.round,
            agreement=self.agreement,
            requested_cents=self.requested_cents,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            change_cents=change_cents,
            **more,
        )


_FACTS = (
    ProposalDrafted, ProposalRevised, ProposalWithdrawn, ProposalLapsed, RoundPlanned,
    DecisionApproved, DecisionConditional, DecisionConditionsMet, DecisionReopened,
    AgreementActivated, AgreementAmended, AgreementLeadChanged, AgreementCompleted, AgreementTerminated,
    AgreementRefinanced, MilestoneReplanned,
    DisbursementCancelled, DisbursementRefunded, PaymentSettled, PaymentReturned,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GrantsReport:
    """Every grant that was decided on until a day, in the order of their numbers, and the titles of the rounds."""

    grants: tuple[Grant, ...]
    rounds: dict[str, str]


def snapshot_at(snapshot: Snapshot, known_at: int | None) -> Snapshot:
    """The snapshot in which the fact behind entry ``known_at`` (at most the last entry) is the last; itself for all
    facts. A number means the same facts for ever: facts that book nothing are known with the next entry.
    """
    last = last_fact(snapshot, known_at)
    return snapshot if last is None else HistoricalSnapshot(snapshot, last)


def grants_of(snapshot: Snapshot, *, as_of: date, known_at: int | None = None) -> GrantsReport:
    """Every grant until the end of a day, as known at an entry. What was rejected, or is not decided, is none."""
    seen = snapshot_at(snapshot, known_at)
    folding = _Folding()
    for event in seen.store.facts.of_types([fact.wire for fact in _FACTS]):
        if event.effective_on <= as_of:
            folding.see(event)
    return GrantsReport(tuple(folding.done()), folding.rounds)


class _Folding:
    """The facts, one after the other."""

    def __init__(self) -> None:
        self.rounds: dict[str, str] = {}
        self._drafts: dict[str, _Draft] = {}
        self._grants: dict[str, Grant] = {}

    def done(self) -> Iterator[Grant]:
        """The grants by number, the decisions on each by day, with the amount that was granted after each."""
        for _ref, grant in sorted(self._grants.items()):
            if not grant.rows:
                continue
            grant.rows.sort(key=lambda row: (row.decided_on, row.seq))
            granted = 0
            for row in grant.rows:
                granted += row.change_cents
                row.granted_cents = granted
                if row.kind == "revocation":
                    row.extent = "part" if granted else "whole"
            yield grant

    def see(self, event: Envelope) -> None:
        """Take one fact in."""
        fact = event.fact
        if isinstance(fact, RoundPlanned):
            self.rounds[fact.ref] = fact.title
        elif isinstance(fact, (PaymentSettled, PaymentReturned)):
            if fact.line.proposal:
                kind = "paid" if isinstance(fact, PaymentSettled) else "returned"
                self._move(fact.line.proposal, kind, event, fact.line.amount_cents, fact.line.ref, fact.line.payee)
        elif isinstance(fact, DisbursementRefunded):
            back = fact.advance_cents + fact.grant_cents + fact.recovered_cents
            self._move(fact.proposal, "refunded", event, back, fact.ref, fact.payee)
        else:
            ref = str(getattr(fact, "proposal", "") or fact.ref)
            self._decide(self._drafts.setdefault(ref, _Draft()), ref, event)

    def _move(self, ref: str, kind: str, event: Envelope, cents: int, of: str, payee: str) -> None:
        moved = Moved(kind, event.effective_on, cents, of, payee, event.recorded_at, event.seq)
        self._grants.setdefault(ref, Grant(ref)).moved.append(moved)

    def _decide(self, draft: _Draft, ref: str, event: Envelope) -> None:
        fact = event.fact
        grant = self._grants.setdefault(ref, Grant(ref))
        rows = grant.rows
        grant.repayable_cents = _repayable(fact, grant.repayable_cents)

        def add(kind: str, ground: str, change_cents: int, **more: Any) -> None:
            rows.append(draft.row(kind, ground, change_cents, event, **more))

        match fact:
            case ProposalDrafted() | ProposalRevised():
                draft.asked(fact)
            case DecisionApproved() | DecisionConditional():
                draft.round = fact.round
                add("grant", "unconditional" if isinstance(fact, DecisionApproved) else "conditional", fact.award_cents)
            case DecisionConditionsMet():
                add("change", "conditions_met", 0)
            case DecisionReopened() if fact.award_cents:
                add("revocation", "reopened", -fact.award_cents)
            case ProposalWithdrawn() | ProposalLapsed() if fact.released_cents:
                add(
                    "revocation", "withdrawn" if isinstance(fact, ProposalWithdrawn) else "lapsed", -fact.released_cents
                )
            case AgreementActivated():
                draft.agreed(fact)
                _agreed(rows, draft)
            case AgreementAmended():
                add("change", "raised" if fact.change_cents > 0 else "lowered", fact.change_cents)
            case AgreementLeadChanged():
                everybody = dict.fromkeys((draft.lead, *draft.co_applicants))
                draft.lead, draft.co_applicants = fact.lead, tuple(each for each in everybody if each != fact.lead)
                add("change", "new_lead", 0)
            case MilestoneReplanned():
                number = int(fact.ref.rpartition("-")[2])
                draft.milestones = tuple(
                    Due(each.number, each.title, fact.due_on) if each.number == number else each
                    for each in draft.milestones
                )
                if fact.ends_on is not None and fact.ends_on != draft.ends_on:
                    draft.ends_on = fact.ends_on
                    add("change", "new_period", 0)
            case DisbursementCancelled() if fact.amount_cents != fact.commitment_cents:
                add("change", "not_paid", fact.commitment_cents - fact.amount_cents)
            case AgreementTerminated():
                add("revocation", fact.ground, -fact.released_cents)
            case AgreementCompleted():
                determined = fact.booked_cents if fact.determined_cents is None else fact.determined_cents
                add(
                    "determination",
                    fact.lower_ground or "as_granted",
                    -fact.released_cents,
                    determined_cents=determined,
                    reclaimed_cents=fact.reclaimed_cents,
                )
            case AgreementRefinanced() if not any(row.kind == "determination" for row in rows):
                add("determination", "refinanced", 0, determined_cents=sum(row.change_cents for row in rows))


def _repayable(fact: Fact, before: int | None) -> int | None:
    """What is to be paid back after a fact."""
    if isinstance(fact, (AgreementActivated, AgreementAmended)):
        return fact.repayable_cents
    if isinstance(fact, (AgreementCompleted, AgreementTerminated)):
        return (before or 0) - fact.repayable_released_cents
    if isinstance(fact, DisbursementCancelled) and before is not None and not fact.commitment_cents:
        return before - fact.repayable_cents
    return before


def _agreed(rows: list[Row], draft: _Draft) -> None:
    """The decision that an agreement carries out is told with what the parties signed."""
    for row in reversed(rows):
        row.agreement, row.lead, row.co_applicants = draft.agreement, draft.lead, draft.co_applicants
        row.title, row.question, row.milestones = draft.title, draft.question, draft.milestones
        row.starts_on, row.ends_on = draft.starts_on, draft.ends_on
        if row.kind == "grant":
            break


# -------------------------------------------------------------------------------------------------------- organisations

_TOOI = {
    "municipality": ("gemeente", re.compile(r"gm\d{4}")),
    "water_board": ("waterschap", re.compile(r"ws\d{4}")),
    "province": ("provincie", re.compile(r"pv\d{2}")),
}
"""The collections of the register of governments, and the codes in it; its URIs stay as they are for ever."""


def organisation(snapshot: Snapshot, ref: str) -> tuple[str, str]:
    """The name of a partner and its URI in TOOI; an empty URI for who is not in that register, as regions are."""
    partner = snapshot.maybe(Partner, ref)
    if partner is None:
        return ref, ""
    collection, codes = _TOOI.get(partner.sort, ("", re.compile("(?!)")))
    known = codes.fullmatch(ref)
    return partner.name, f"https://identifier.overheid.nl/tooi/id/{collection}/{ref}" if known else ""
