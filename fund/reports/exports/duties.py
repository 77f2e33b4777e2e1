"""Who did what in each case, and what the rules compared: segregation of duties, read from the facts.

Two lists. ``acts``: each person who made, checked, approved, signed or sent something, with the number of the fact and
the command. ``pairs``: each two that must differ by a letter of G7, and whether they did, exactly as ``facts.hands`` of
``fund verify`` compares them. Names are added while they are known; a user id says nothing by itself.
Source: lifecycle.md 1 (G7).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from fund.errors.commands import UnknownRef
from fund.events import Envelope, Fact
from fund.events.founding import CommandRefused, UserAdded, UserChanged
from fund.events.payments import PaymentsBatched, PaymentSent
from fund.reports.exports.files import csv_bytes
from fund.rules.authority import SYSTEM_ACTOR
from fund.rules.segregation_of_duties import RULES, Hands, Pair, Trouble
from fund.unit_of_work import Snapshot

DUTIES = {
    "asked": (
        "proposal.drafted", "proposal.revised", "proposal.submitted", "proposal.resubmitted", "proposal.withdrawn",
        "decision.objected", "decision.condition_evidenced", "disbursement.requested", "disbursement.withdrawn",
        "milestone.evidenced", "evaluation.submitted", "partner.notice_given", "partner.proposed",
        "exit.settlement_disputed",
    ),
    "signed": ("proposal.participation_confirmed", "agreement.signed"),
    "checked": (
        "proposal.changes_requested", "proposal.found_eligible", "proposal.found_ineligible", "milestone.accepted",
        "milestone.changes_requested", "milestone.rejected", "disbursement.checked", "disbursement.refused",
        "decision.conditions_met", "payee.verified", "payment.retried", "payable.retried",
    ),
    "judged": (
        "review.scored", "review.conflict_decided", "review.consensus_agreed", "evaluation.peer_reviewed",
        "evaluation.accepted", "evaluation.returned",
    ),
    "voted": (
        "decision.voted", "amendment.voted", "resolution.voted", "writeoff.voted", "key.vote_sealed", "key.voted",
    ),
    "decided": (
        "decision.approved", "decision.conditional", "decision.rejected", "decision.deferred", "decision.reopened",
        "decision.upheld", "decision.eligibility_reopened", "amendment.agreed", "amendment.refused",
        "resolution.carried", "resolution.lost", "writeoff.decided", "writeoff.refused", "key.adopted", "key.rejected",
    ),
    "approved": (
        "disbursement.approved", "disbursement.cancelled", "cost.approved", "overpayment.refunded", "exit.paid",
        "payable.cancelled",
    ),
    "sent": ("payment.sent", "transfer.sent"),
}  # fmt: skip
"""What the one who acts did, by the wire names of facts. Others are ``confirmed`` where somebody else made them, else
``recorded``; whoever made what a second person confirmed has ``made`` it.
"""
_DUTY = {wire: duty for duty, wires in DUTIES.items() for wire in wires}

COLUMNS = (
    "record", "rule", "case_kind", "case", "fact", "type", "effective_on", "duty", "person", "name", "roles",
    "counts_as", "command", "command_id", "other", "other_name", "other_fact", "ok",
)  # fmt: skip
"""The columns of the CSV, in the order that is promised: ``record`` is ``act``, ``pair`` or ``finding``."""


def duties(
    snapshot: Snapshot, *, ref: str | None = None, without_names: bool = False, as_of: date | None = None
) -> dict[str, Any]:
    """Who did what until the end of a day, what was compared, and what is wrong.

    Args:
        ref: Only facts that touch the case with this ref: a proposal, an agreement, a disbursement, a batch.
        without_names: User ids only; else the names that are known stand beside them.

    Raises:
        UnknownRef: No fact touches a case with this ref.
    """
    day = as_of or snapshot.today
    reading = _Reading(snapshot, ref, without_names=without_names)
    for event in snapshot.store.facts.all():
        if event.effective_on <= day:
            reading.see(event)
    if ref is not None and not reading.touched:
        raise UnknownRef(kind="case", ref=ref, suggestion="fund event list")
    head = snapshot.store.facts.head()
    found, wrong = Counter(each["rule"] for each in reading.pairs), Counter(each["rule"] for each in reading.findings)
    return {
        "as_of": day.isoformat(),
        "case": ref,
        "head": {"seq": head.seq, "hash": head.hash.hex()},
        "rules": [
            {"rule": rule, "what": what, "compared": found[rule], "found": wrong[rule]} for rule, what in RULES.items()
        ],
        "acts": reading.acts,
        "pairs": reading.pairs,
        "findings": reading.findings,
    }


class _Reading:
    """The facts, one after the other, with the hands behind them."""

    def __init__(self, snapshot: Snapshot, ref: str | None, *, without_names: bool) -> None:
        self.touched = False
        self.acts: list[dict[str, Any]] = []
        self.pairs: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self._ref = ref
        self._names = {} if without_names else snapshot.store.work.names()
        self._words = snapshot.store.work.command_words()
        self._users: dict[str, UserAdded | UserChanged] = {}
        self._heard: list[Pair] = []
        self._hands = Hands(self._heard.append)

    def see(self, event: Envelope) -> None:
        """Take one fact in."""
        fact = event.fact
        if isinstance(fact, (UserAdded, UserChanged)):
            self._users[fact.ref] = fact
        self._heard.clear()
        troubles = list(self._hands.see(event))
        if self._ref is not None and self._ref not in (stream.partition("/")[2] for stream in _streams(event)):
            return
        self.touched = True
        others = _paid_beside(fact, self._ref) if self._ref is not None else ()
        if not isinstance(fact, CommandRefused):
            self.acts += (each for each in self._acts(event) if each["case"] not in others)
        pairs = (each for each in dict.fromkeys(self._heard) if each.case[1] not in others)
        self.pairs += (self._pair(event, each) for each in pairs)
        wrong = (each for each in troubles if each.details.get("ref") not in others)
        self.findings += (self._finding(event, each) for each in wrong)

    def _acts(self, event: Envelope) -> Iterator[dict[str, Any]]:
        duty = _DUTY.get(event.type, "confirmed" if event.made_by else "recorded")
        who = [(event.made_by, event.made_command_id, "made"), (event.actor, event.command_id, duty)]
        for person, command_id, done in who:
            if person is None or person == SYSTEM_ACTOR.user_id:
                continue
            user = self._users.get(person)
            for kind, case in dict.fromkeys(_cases(event)):
                yield {
                    "case_kind": kind,
                    "case": case,
                    "fact": event.seq,
                    "type": event.type,
                    "effective_on": event.effective_on.isoformat(),
                    "duty": done,
                    "person": person,
                    "name": self._names.get(person, ""),
                    "roles": list(user.roles) if user else [],
                    "counts_as": _counts_as(user),
                    "command": self._words.get((person, command_id or ""), ""),
                    "command_id": command_id or "",
                }

    def _pair(self, event: Envelope, pair: Pair) -> dict[str, Any]:
        kind, case = pair.case
        return {
            "rule": pair.rule,
            "case_kind": kind,
            "case": case,
            "fact": pair.seq,
            "type": event.type,
            "effective_on": event.effective_on.isoformat(),
            "person": pair.person,
            "name": self._names.get(pair.person, ""),
            "other": pair.other,
            "other_name": self._names.get(pair.other, ""),
            "other_fact": pair.other_seq,
            "ok": pair.ok,
        }

    def _finding(self, event: Envelope, trouble: Trouble) -> dict[str, Any]:
        said = {key: self._names.get(value, value) for key, value in trouble.details.items()}
        kind, _slash, case = event.stream.partition("/")
        return {
            "rule": trouble.rule,
            "case_kind": kind,
            "case": case,
            "fact": trouble.seq,
            "type": event.type,
            "effective_on": event.effective_on.isoformat(),
            "person": str(trouble.details.get("person", event.actor)),
            "what": trouble.message.format(**said),
            "why": trouble.message,
            "details": said,
        }


def _streams(event: Envelope) -> tuple[str, ...]:
    return (event.stream, *event.fact.affected_streams())


def _cases(event: Envelope) -> Iterator[tuple[str, str]]:
    """The case of a fact; of a batch, what it pays as well."""
    kind, _slash, ref = event.stream.partition("/")
    yield kind, ref
    if kind == "batch":
        for stream in event.fact.affected_streams():
            paid, _slash, ref = stream.partition("/")
            if paid in ("disbursement", "payable"):
                yield paid, ref


def _paid_beside(fact: Fact, ref: str) -> frozenset[str]:
    """What else a batch pays than this case."""
    if not isinstance(fact, (PaymentsBatched, PaymentSent)) or fact.ref == ref:
        return frozenset()
    return frozenset(line.ref for line in fact.lines if ref not in (line.ref, line.agreement, line.proposal))


def _counts_as(user: UserAdded | UserChanged | None) -> str:
    """The partner that somebody counts as (G7 f); nobody's when seconded, or on no partner's payroll."""
    return (user.partner or "") if user is not None and not user.seconded else ""


# ------------------------------------------------------------------------------------------------------------ as a file


def as_json(found: Mapping[str, Any]) -> bytes:
    """Acts, pairs and findings as one JSON object."""
    return (json.dumps({"schema_version": 1, **found}, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(found: Mapping[str, Any]) -> bytes:
    """Acts, then pairs, then findings, in one table."""
    rows = []
    for record in ("act", "pair", "finding"):
        for row in found[f"{record}s"]:
            ok = {} if record == "act" else {"ok": "yes" if row.get("ok") else "no"}
            rows.append({**row, "record": record, "roles": " + ".join(row.get("roles", ())), **ok})
    return csv_bytes(COLUMNS, rows)


DUTY_FORMATS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {"csv": as_csv, "json": as_json}
"""How the duties leave: one function, one row."""
