"""One figure explained: its inputs, what each of them is, and every entry or fact behind it, which add up to it.

An input of the ledger is the sum of legs, one of a plan the sum of instalments, one of people's work a number of facts.
What is reckoned from other inputs and not added up (money used again) has no lines: it has a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import chain
from typing import Any

from fund.language import N_
from fund.money import ratio_text
from fund.reports.quantities import QUANTITIES, Line
from fund.reports.statements.position_data import Award, PositionData, Share
from fund.store import EventSummary

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """What an input is, and the lines behind it; ``None`` where it is no sum."""

    definition: str
    lines: Callable[[PositionData], Iterator[Row]] | None = None


def _row(
    source: str,
    seq: int | None,
    on: Any,
    kind: str,
    memo: str,
    cents: int | None,
    *,
    account: str | None = None,
    posting_cents: int | None = None,
    amount: str | None = None,
) -> Row:
    return {
        "source": source,
        "seq": seq,
        "effective_on": on.isoformat() if on is not None else None,
        "kind": kind,
        "memo": memo,
        "account": account,
        "posting_cents": posting_cents,
        "amount_cents": cents,
        "amount": amount,
    }


def _entry(line: Line) -> Row:
    return _row(
        "entry", line.seq, line.effective_on, line.kind, line.memo, line.amount_cents,
        account=line.account, posting_cents=line.posting_cents,
    )  # fmt: skip


def _fact(fact: EventSummary, cents: int | None = None, amount: str | None = None) -> Row:
    return _row("fact", fact.seq, fact.effective_on, fact.type, fact.stream, cents, amount=amount)


def _counted(
    facts: Callable[[PositionData], Iterator[EventSummary] | list[EventSummary]],
) -> Callable[[PositionData], Iterator[Row]]:
    return lambda found: (_fact(fact, amount="1") for fact in facts(found))


def _evaluated(hypothesis: str, *, well: bool = False) -> Callable[[PositionData], Iterator[Row]]:
    def read(found: PositionData) -> Iterator[EventSummary]:
        for fact in found.evaluated:
            if fact.says["hypothesis"] == hypothesis and (fact.says["good_result"] or not well):
                yield fact

    return _counted(read)


def _instalment(share: Share, *, days: int | None = None) -> Row:
    memo = f"{share.agreement} {share.no}" if share.no else share.agreement
    cents = share.outstanding_cents
    return _row(
        "instalment", None, share.due_on, "instalment", memo, None if days is not None else cents,
        account=f"1200.{share.agreement}", posting_cents=cents, amount=None if days is None else str(days * cents),
    )  # fmt: skip


def _shares(fits: Callable[[PositionData, Share], bool]) -> Callable[[PositionData], Iterator[Row]]:
    return lambda found: (_instalment(share) for share in found.shares if fits(found, share))


def _rules(cents: bool) -> Callable[[PositionData], Iterator[Row]]:
    def read(found: PositionData) -> Iterator[Row]:
        rules = found.rules
        fact = [
            each for each in found.snapshot.store.facts.summaries(("regulations.adopted",)) if each.ref == rules.version
        ]
        for each in fact[-1:]:
            yield _fact(each, rules.buffer_cents) if cents else _fact(each, amount=str(rules.revolving_target_bps))

    return read


def _awards(cents: Callable[[Award], int]) -> Callable[[PositionData], Iterator[Row]]:
    def read(found: PositionData) -> Iterator[Row]:
        decided = {fact.ref: fact for fact in found.of("decision.approved", "decision.conditional")}
        for award in found.awarded:
            if award.award_cents and award.ref in decided and cents(award):
                yield _fact(decided[award.ref], cents(award))

    return read


def _claims(found: PositionData) -> Iterator[Row]:
    for claim in found.claims:
        ending = found.ended[claim.agreement].type
        yield _row("fact", claim.seq, claim.on, ending, f"agreement/{claim.agreement}", claim.claimed_cents)


def _achieved(found: PositionData) -> Iterator[Row]:
    refs = found.told_cost
    rows = chain(found.quantities.lines("U_cents", agreements=refs), found.quantities.lines("S_cents", agreements=refs))
    yield from map(_entry, sorted(rows, key=lambda line: line.seq))


def _rolled_out(found: PositionData) -> Iterator[EventSummary]:
    follows = {award.ref: award.follows for award in found.awarded}
    seen = set[str]()
    for fact in found.of("agreement.activated"):
        parent = follows.get(fact.says["proposal"]) or ""
        if parent in found.ended and parent not in seen:
            seen.add(parent)
            yield fact


def _months(found: PositionData) -> Iterator[Row]:
    prices = found.prices
    if prices is None or found.real_contributions is None:
        return
    for month, cents in found.deposits.items():
        first_on = date.fromisoformat(f"{month}-01")
        at = prices.at_prices_of(found.day, [(first_on, cents)])
        assert isinstance(at, Fraction)
        yield _row(
            "month", None, first_on, "contributions", month, None, posting_cents=cents,
            amount=ratio_text(at),
        )  # fmt: skip


def _of(which: str, name: str) -> Callable[[PositionData], Iterator[Row]]:
    """The lines of a quantity: until the day, of the year so far, or until the start of the year."""
    return lambda found: map(_entry, getattr(found, which).lines(name))


def _closed(name: str) -> Callable[[PositionData], Iterator[Row]]:
    return lambda found: map(_entry, found.quantities.lines(name, agreements=found.closed))


INPUTS: dict[str, Input] = {
    **{name: Input(each.definition, _of("quantities", name)) for name, each in QUANTITIES.items()},
    "closed_A_cents": Input(
        N_("principal that came back on financings that ended and owe nothing"), _closed("A_cents")
    ),
    "closed_U_cents": Input(N_("paid out repayable on financings that ended and owe nothing"), _closed("lent_cents")),
    "closed_R_cents": Input(
        N_("interest and costs that were paid on financings that ended and owe nothing"),
        lambda found: map(_entry, found.quantities.charges(found.closed)),
    ),
    "K_p_cents": Input(N_("costs of the fund that were paid in the year so far"), _of("year", "K_cents")),
    "E_start_cents": Input(N_("equity at the end of the year before"), _of("start", "E_cents")),
    "imposed_p_cents": Input(N_("contributions called in the year so far (1100)"), _of("year", "imposed_cents")),
    "received_p_cents": Input(N_("contributions received in the year so far (1100)"), _of("year", "received_cents")),
    "buffer_cents": Input(N_("money that is never committed, as the regulations say"), _rules(True)),
    "target_bps": Input(N_("the revolving degree that the regulations aim at, in basis points"), _rules(False)),
    "overdue_90_cents": Input(
        N_("instalments more than 90 days overdue, as far as they are outstanding"),
        _shares(lambda _found, share: share.days_late > 90),
    ),
    "at_risk_cents": Input(
        N_("all that is outstanding of agreements with an instalment more than 90 days overdue"),
        _shares(lambda found, share: share.agreement in found.very_late),
    ),
    "outstanding_days": Input(
        N_("outstanding times the days until it is due, instalment by instalment; what is late counts 0 days"),
        lambda found: (_instalment(share, days=found.days_until(share)) for share in found.shares),
    ),
    "claimed_cents": Input(N_("claims after a breach or a lower award, outside the ledger"), _claims),
    "claimed_back_cents": Input(
        N_("what came in on those claims as unspent money"),
        lambda found: (_fact(fact, cents) for claim in found.claims for fact, cents in claim.received if cents),
    ),
    "F_ex_ante_cents": Input(N_("awards that stand, as decided"), _awards(lambda award: award.award_cents)),
    "Fext_ex_ante_cents": Input(
        N_("the parties' own share and co-financing of projects with an award, as applied for"),
        _awards(lambda award: award.others_cents),
    ),
    "cost_ex_ante_cents": Input(
        N_("asked, own share and co-financing of projects with an award, as applied for"),
        _awards(lambda award: award.ask_cents + award.others_cents),
    ),
    "F_achieved_cents": Input(N_("paid under ended agreements whose parties told their cost"), _achieved),
    "cost_achieved_cents": Input(
        N_("what ended agreements cost, as their parties told it last"),
        lambda found: (_fact(fact, fact.says["realised_cost_cents"]) for fact in found.costs_told),
    ),
    "I_at_prices_of_the_day": Input(
        N_("contributions of each month times the price index of the day over that of the month"), _months
    ),
    "reused_cents": Input(N_("money used again: see `reused_money`")),
    "experiments": Input(N_("accepted evaluations"), _counted(lambda found: found.evaluated)),
    "confirmed": Input(N_("accepted evaluations that confirmed their hypothesis"), _evaluated("confirmed")),
    "refuted": Input(N_("accepted evaluations that refuted their hypothesis"), _evaluated("refuted")),
    "inconclusive": Input(N_("accepted evaluations that left their hypothesis open"), _evaluated("inconclusive")),
    "refuted_well_learned": Input(
        N_("those that refuted it and taught enough (2 or more of 4)"), _evaluated("refuted", well=True)
    ),
    "finished": Input(
        N_("agreements that were completed, refinanced or terminated"),
        _counted(lambda found: sorted(found.ended.values(), key=lambda fact: fact.seq)),
    ),
    "rolled_out": Input(N_("ended agreements that a running roll-out follows"), _counted(_rolled_out)),
}
"""Every input of a figure, by its name in JSON."""


def lines_of(found: PositionData, names: Mapping[str, Any]) -> Iterator[Row]:
    """The lines behind these inputs, one after the other, each with the input it belongs to."""
    for name in names:
        lines = INPUTS[name].lines
        for row in lines(found) if lines is not None else ():
            yield {"input": name, **row}


def inputs_of(found: PositionData, values: Mapping[str, Any]) -> list[Row]:
    """Each input with its value, what it is, how many lines are behind it, and what they add up to.

    ``sum_cents`` (or ``sum``, of what is no money) is the value to the cent; ``None`` where nothing is added up.
    """
    rows = []
    for name, value in values.items():
        lines = INPUTS[name].lines
        count, cents, other = 0, 0, Fraction(0)
        for row in lines(found) if lines is not None else ():
            count += 1
            cents += row["amount_cents"] or 0
            other += Fraction(row["amount"]) if row["amount"] is not None else 0
        money = name.endswith("_cents")
        rows.append(
            {
                "name": name,
                "definition": INPUTS[name].definition,
                "value": value,
                "line_count": count,
                "sum_cents": cents if money and lines is not None else None,
                "sum": None if money or lines is None or value is None else _text(other, value),
            }
        )
    return rows


def _text(total: Fraction, like: Any) -> str | int:
    return ratio_text(total) if isinstance(like, str) else int(total)
