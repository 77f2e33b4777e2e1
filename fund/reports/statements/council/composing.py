"""The council statement as figures, days and texts by key: what one partner paid, what became of it, and what comes.

Everything is as of a day and as known at an entry. ``exit_value_cents`` is what the partner would get if it left on
that day (the exit quote, K3, as in ``fund partner exit-quote``: so much at once, the rest later), and for one that has
left what is still due to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from fund.money import half_up, ratio_text
from fund.reports.exits import quote_of
from fund.reports.history import cases_on, head_of, last_fact, regulations_on
from fund.reports.quantities import Quantities
from fund.reports.statements.council.days import Days
from fund.reports.statements.council.lessons import Lessons
from fund.reports.statements.council.shares import Paid, divided, flows_of, paid_by
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.capital import MEMBERS, VOTING, Partner
from fund.schemas.people import FundFile, User
from fund.unit_of_work import Snapshot

BODIES = {
    "municipality": "municipal_council",
    "water_board": "general_board",
    "region": "general_board",
    "province": "provincial_council",
}
"""Who reads it, by kind of partner."""
WHOM_TO_CALL = ("fund_manager", "treasurer", "admin")
"""Roles of the fund's office, in the order in which one calls them."""
ENDED = ("completed", "terminated", "closed")


def council(
    snapshot: Snapshot, *, partner: str | None = None, as_of: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """The statement for the council, states or general board of a partner; without one, those of all partners.

    Args:
        as_of: The last accounting day that counts; default today.
        known_at: The last entry that counts; default the newest.

    Raises:
        UnknownRef: No such partner.
    """
    if partner is not None:
        snapshot.case(Partner, partner)
    fund = _Fund.read(snapshot, as_of or snapshot.today, known_at)
    if partner is not None:
        return {**fund.common, **fund.of(partner)}
    chosen = [each for each, case in fund.partners.items() if case.state != "candidate"]
    return {**fund.common, "councils": [{**fund.common, **fund.of(each)} for each in chosen]}


@dataclass(frozen=True, slots=True)
class _Fund:
    """What all statements of a day have in common, read once."""

    snapshot: Snapshot
    day: date
    known_at: int | None
    found: Quantities
    rules: Regulations
    partners: Mapping[str, Partner]
    agreements: Mapping[str, Agreement]
    lessons: Lessons
    days: Days
    paid: Mapping[str, Paid]
    flows: Mapping[str, int]
    parts: Mapping[str, Mapping[str, int]]
    common: Mapping[str, Any]

    @classmethod
    def read(cls, snapshot: Snapshot, day: date, known_at: int | None) -> _Fund:
        last = last_fact(snapshot, known_at)
        found, rules = Quantities(snapshot, day, known_at), regulations_on(snapshot, day, last=last)
        paid, flows = paid_by(snapshot, found), flows_of(found)
        partners = {each.ref: each for each in cases_on(snapshot, Partner, day, last=last)}
        capital = {code.partition(".")[2]: -cents for code, cents in found.balances.items() if code.startswith("3000.")}
        everybody = sorted({*partners, *paid, *capital})
        agreements = {each.ref: each for each in cases_on(snapshot, Agreement, day, last=last)}
        lessons = Lessons(snapshot, day, last, agreements)
        named = next(iter(snapshot.cases(FundFile)), None)
        common = {
            "fund_name": named.name if named is not None else "",
            "as_of": day.isoformat(),
            **head_of(snapshot, known_at),
            "fund": {
                **flows,
                "partners": sum(each.state in MEMBERS for each in partners.values()),
                "experiments": sum(each.started_on is not None for each in agreements.values()),
            },
            "revolving": _revolving(found, rules.revolving_target_bps),
            "contact": {
                "role": _whom(cases_on(snapshot, User, day, last=last)),
                **(rules.contact.model_dump() if rules.contact is not None else {"telephone": None, "mail": None}),
            },
        }
        return cls(
            snapshot=snapshot,
            day=day,
            known_at=known_at,
            found=found,
            rules=rules,
            partners=partners,
            agreements=agreements,
            lessons=lessons,
            days=Days(snapshot, day, last, agreements, lessons.users),
            paid=paid,
            flows=flows,
            parts=divided(flows, everybody, capital, paid),
            common=common,
        )

    def of(self, ref: str) -> dict[str, Any]:
        """What is one partner's own."""
        stored = self.snapshot.case(Partner, ref)
        was = self.partners.get(ref)
        state = was.state if was is not None else "candidate"
        balances = self.found.balances
        capital = -balances.get(f"3000.{ref}", 0)
        total = -self.found.main_balances.get("3000", 0)
        due = -(balances.get(f"2200.{ref}", 0) + balances.get(f"2210.{ref}", 0))
        quote, _shares = quote_of(
            self.snapshot, ref, as_of=self.day, known_at=self.known_at, rules=self.rules, balances=balances
        )
        ours = [each for each in self.agreements.values() if ref in each.parties and each.started_on is not None]
        led = {each.ref for each in ours if each.lead == ref}
        leaves_on = self._leaves_on(ref) if was is not None and was.notice_on is not None and state in VOTING else None
        paid = self.paid.get(ref, Paid())
        none = dict.fromkeys(self.flows, 0)
        return {
            "id": ref,
            "name": stored.name,
            "short_name": stored.short_name,
            "sort": stored.sort,
            "body": BODIES.get(stored.sort, "general_board"),
            "state": state,
            "called_cents": capital,
            "contributed_cents": paid.in_cents,
            "paid_back_cents": paid.back_cents,
            "paid_in_cents": paid.net_cents,
            "receivable_cents": balances.get(f"1100.{ref}", 0),
            "overpaid_cents": -balances.get(f"2100.{ref}", 0),
            "settlement_cents": due,
            "exit_value_cents": quote.net_cents + due,
            "exit_value_now_cents": quote.now_cents,
            "exit_value_later_cents": quote.later_cents,
            "share": ratio_text(Fraction(capital, total)) if total > 0 else None,
            "share_of_paid_in": ratio_text(Fraction(paid.net_cents, self.flows["paid_in_cents"]))
            if self.flows["paid_in_cents"] > 0
            else None,
            "part": dict(self.parts.get(ref, none)),
            "received_cents": sum(each.part("award") for each in self.found.payments if each.agreement in led),
            "experiments": {
                "taken_part": len(ours),
                "running": sum(each.state not in ENDED for each in ours),
                "as_lead": len(led),
            },
            "lessons": self.lessons.for_partner(ref),
            "dates": [each.as_json() for each in self.days.of(ref, leaves_on=leaves_on, member=state in VOTING)],
        }

    def _leaves_on(self, ref: str) -> date | None:
        found = self.snapshot.store.facts.last_of(f"partner/{ref}", "partner.notice_given")
        return getattr(found.fact, "leaves_on", None) if found is not None else None


def _revolving(found: Quantities, target_bps: int) -> dict[str, Any]:
    """The portfolio revolving degree, (A + O - P) / U, and what it is of each euro, rounded half up."""
    paid_out = found.value("U_cents")
    expected = found.value("A_cents") + found.value("O_cents") - found.value("P_cents")
    value = Fraction(expected, paid_out) if paid_out else None
    target = Fraction(target_bps, 10_000)
    return {
        "variant": "portfolio_revolving_degree",
        "value": ratio_text(value) if value is not None else None,
        "target": ratio_text(target),
        "of_each_euro_cents": half_up(value * 100) if value is not None else None,
        "target_of_each_euro_cents": half_up(target * 100),
    }


def _whom(users: list[User]) -> str:
    """The role of the fund's office that answers the telephone: one that somebody holds."""
    held = {str(role) for user in users if user.state == "active" for role in user.roles}
    return next((role for role in WHOM_TO_CALL if role in held), WHOM_TO_CALL[0])
