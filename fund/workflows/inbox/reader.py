"""What the sources of the inbox read, each kind of case once, whatever the number of cases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

from fund.dates import day_of
from fund.events import Fact
from fund.rules.regulations import Regulations
from fund.rules.transitions import Transition, rows_from
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Partner
from fund.schemas.disbursements import Disbursement, Payee
from fund.schemas.payables import Payable
from fund.schemas.proposals import Proposal, Round
from fund.schemas.repayments import Plan
from fund.schemas.reviews import Decision, Review
from fund.store import PendingRow
from fund.unit_of_work import Snapshot
from fund.unit_of_work.projections import of_nobody
from fund.workflows.inbox.task import Task

Case = TypeVar("Case", bound=CaseFile)

PROPOSAL_ENDED = ("ineligible", "rejected", "upheld", "agreed", "withdrawn", "lapsed")
"""States of a proposal in which nothing waits any more: neither for people nor for the clock."""


def case_of_command(snapshot: Snapshot, command: str, ref: str) -> tuple[CaseFile, Sequence[Transition]] | None:
    """The case that a command names, and the rows of the command that are possible for it now, else all of them.

    A case whose own table has the command comes first; a command that begins a case may name another, which it will
    belong to. ``None`` where no table has the command, or nothing goes by that ref.
    """
    tables = {
        each.model: [row for row in each.table if row.command == command] for each in snapshot.projections.values()
    }
    rows = [row for of_one in tables.values() for row in of_one]
    if not rows or not ref:
        return None
    guarded = {each.model for each in snapshot.projections.values() if each.guard is not of_nobody}
    for model in sorted(tables, key=lambda each: (not tables[each], each not in guarded)):
        case = snapshot.maybe(model, ref)
        if case is not None:
            return case, [row for row in tables[model] if row.starts_in(case.state)] or tables[model] or rows
    return None


def arguments_of(row: PendingRow) -> Mapping[str, Any]:
    """What the first person gave."""
    given = json.loads(row.arguments)
    return given if isinstance(given, dict) else {}


class InboxReader:
    """A snapshot with the cases that wait, as the sources of the inbox need them.

    What one source has read, the others find here: no source reads case by case.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.today = snapshot.today
        self.now = snapshot.now
        self._read: dict[tuple[str, tuple[str, ...]], Sequence[CaseFile]] = {}

    @cached_property
    def states(self) -> dict[str, set[str]]:
        """By kind, the states in which there are cases."""
        return self.snapshot.store.cases.states()

    def waits(self, ended: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether there is a case of one of these kinds in another state than those named with it."""
        return any(self.states.get(kind, set()).difference(states) for kind, states in ended.items())

    def all(self, model: type[Case], *states: str) -> list[Case]:
        """Every case of a kind in one of these states (in any, when none is named), in the order of their refs."""
        key = (model.kind, states)
        if key not in self._read:
            self._read[key] = self.snapshot.cases(model, states=states or None)
        return [case for case in self._read[key] if isinstance(case, model)]

    def task(
        self,
        what: str,
        command: str,
        case: CaseFile,
        *,
        typed: str = "",
        ref: str = "",
        until: date | None = None,
        only: tuple[str, ...] | None = None,
        form: str = "",
        records: type[Fact] | None = None,
    ) -> Task:
        """The step that a case waits for, for those whom the command itself would let through.

        Args:
            command: The words of the row, as in the table of the case.
            typed: What follows them; the ref of the case when left out.
            ref: The case it is listed under, where that is another.
            records: The fact, where outcomes of the command ask different people.
        """
        row = rows_from(self.snapshot.projections[case.kind].table, command, case.state, records)[0]
        return Task(
            what,
            f"fund {command} {typed or case.ref}",
            row.who,
            ref or case.ref,
            until,
            only=only,
            form=form,
            guard=self.snapshot.guard(case, row),
        )

    def name(self, user_id: str) -> str:
        """The name of a user while it is known, else the id."""
        return self.snapshot.cached("names", self.snapshot.store.work.names).get(user_id, user_id)

    def short_name(self, partner: str) -> str:
        """The short name of a partner."""
        found = self.partners.get(partner)
        return found.short_name if found is not None else partner

    @cached_property
    def rules(self) -> Regulations:
        """The regulations in force today: for what concerns the whole fund."""
        return self.snapshot.regulations()

    def rules_of(self, case: Round | Proposal | Agreement) -> Regulations:
        """Under which regulations a round, proposal or agreement lives; today's where no round is known."""
        if isinstance(case, Agreement):
            return self.snapshot.regulations_named(case.terms.regulations)
        round_ = case if isinstance(case, Round) else self.rounds.get(case.round)
        return self.snapshot.regulations(day_of(round_.opens_at)) if round_ is not None else self.rules

    @cached_property
    def pendings(self) -> list[PendingRow]:
        """What waits for a second person and has not lapsed."""
        return [row for row in self.snapshot.store.work.pendings() if row.expires_at > self.now]

    @cached_property
    def proposals(self) -> dict[str, Proposal]:
        """The proposals that somebody or the clock still has to do something about; the names of their teams with
        them.
        """
        states = sorted(self.states.get(Proposal.kind, set()).difference(PROPOSAL_ENDED))
        found = {case.ref: case for case in self.all(Proposal, *states)} if states else {}
        self._know_teams(found)
        return found

    def behind(self, refs: Sequence[str]) -> None:
        """Proposals behind write-offs, amendments and resolutions are read, whatever their state, with reviews, rounds
        and teams.
        """
        if refs:
            proposals = self.snapshot.cases(Proposal, refs=refs)
            self._know_teams([case.ref for case in proposals])
            self.snapshot.cases(Review, refs=refs)
            self.snapshot.cases(Round, refs=list(dict.fromkeys(case.round for case in proposals)))

    def _know_teams(self, refs: Iterable[str]) -> None:
        teams = self.snapshot.cached("teams", lambda: self.snapshot.store.work.sealed_of(kind="team", round=0))
        known = {row.stream: row.content for row in teams}
        for ref in refs:
            self.snapshot.prime_cache(("team", f"proposal/{ref}"), json.loads(known.get(f"proposal/{ref}", "[]")))

    def in_state(self, *states: str) -> list[Proposal]:
        """Open proposals in one of these states."""
        return [case for case in self.proposals.values() if case.state in states]

    @cached_property
    def rounds(self) -> dict[str, Round]:
        """Every round."""
        return {case.ref: case for case in self.all(Round)}

    @cached_property
    def reviews(self) -> dict[str, Review]:
        """The reviews of open proposals."""
        return self._of_proposals(Review)

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """The decisions on open proposals."""
        return self._of_proposals(Decision)

    def _of_proposals(self, model: type[Case]) -> dict[str, Case]:
        refs = list(self.proposals)
        return {case.ref: case for case in self.snapshot.cases(model, refs=refs)} if refs else {}

    def chairs_of(self, proposal: Proposal) -> tuple[str, ...]:
        """User ids of the chairs who may act on a proposal; of the deputies when no chair may."""
        from fund.workflows.decisions.body import chairs

        free, deputies = chairs(self.snapshot, proposal)
        return tuple(each.user_id for each in (free or deputies))

    @cached_property
    def agreements(self) -> dict[str, Agreement]:
        """Every agreement."""
        return {case.ref: case for case in self.all(Agreement)}

    @cached_property
    def milestones(self) -> Mapping[str, list[Milestone]]:
        """The milestones of each agreement, by their number."""
        found: dict[str, list[Milestone]] = {}
        for milestone in self.all(Milestone):
            found.setdefault(milestone.agreement, []).append(milestone)
        for each in found.values():
            each.sort(key=lambda milestone: milestone.number)
        return found

    @cached_property
    def disbursements(self) -> dict[str, Disbursement]:
        """The disbursements that were not paid yet."""
        return {case.ref: case for case in self.all(Disbursement, "requested", "checked", "approved", "failed", "sent")}

    @cached_property
    def payables(self) -> dict[str, Payable]:
        """What is owed beside disbursements and was not paid yet."""
        return {case.ref: case for case in self.all(Payable, "approved", "failed", "sent")}

    @cached_property
    def payees(self) -> dict[str, Payee]:
        """The accounts that go with what was not paid yet, whatever their state."""
        named = {case.iban_payee_ref for case in self.disbursements.values()}
        refs = sorted(named.union(case.iban_payee_ref for case in self.payables.values()) - {""})
        return {case.ref: case for case in self.snapshot.cases(Payee, refs=refs)} if refs else {}

    @cached_property
    def asked(self) -> frozenset[str]:
        """The requests for accepted milestones that still count: not refused, withdrawn or cancelled."""
        accepted = [each for of_one in self.milestones.values() for each in of_one if each.state == "accepted"]
        refs = [ref for milestone in accepted for ref in milestone.requested]
        if not refs:
            return frozenset()
        from fund.workflows.disbursements.lifecycle import LIVE

        found = self.snapshot.cases(Disbursement, refs=refs)
        return frozenset(case.ref for case in found if case.state in LIVE)

    def overdue(self, day: date) -> list[Plan]:
        """The plans with an instalment that was due on this day or before and is still open."""
        rows = self.snapshot.store.cases.find(Plan.kind, due_before=day + timedelta(days=1))
        return self.snapshot.cases(Plan, refs=[row.ref for row in rows]) if rows else []

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Every partner."""
        return {case.ref: case for case in self.all(Partner)}
