"""Each figure with its definition and its inputs: exact fractions of integer cents; nothing divided by zero.

The symbols are those of statements.md: I contributions received, Iopl imposed, U paid out repayable, S paid out as
grant, V grant money that came back, A principal that came back, R other income, W written off less recovered, P
allowance, K costs paid, O outstanding principal, L cash, Q promised and not yet paid, C commitments, E equity of the
fund, X overpaid, F the fund's part of projects and Fext that of others. ``_p`` is the year so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fund.language import N_
from fund.money import ratio_text

NOTHING = N_("there is nothing to divide by")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorInputs:
    """The quantities behind every figure, in cents, from the start until a day.

    Attributes:
        closed_a, closed_u, closed_r: Of financings that have ended and owe nothing any more.
        held, refunds: In the fund's account and not the fund's; refunds of it that are approved and not paid.
        l: Cash as the identity has it: sweeps and unexplained debits included, payments under way not.
        k_p, e_start: Costs paid in the year so far; equity at its start.
        imposed_p, received_p: Called and received in the year so far.
        overdue_90: What is more than 90 days late. at_risk: All that is outstanding of agreements where something is.
        claimed, claimed_back: Claims after a breach or a lower award, outside the ledger; what came in on them.
        f_ante, fext_ante: The fund's part, and that of others, of awards that stand, as decided; cost_ante: what those
            projects cost in all, as applied for.
        f_done, cost_done: Paid under agreements that ended and told their cost; that cost.
        term_days: What is outstanding times the days until it is due, together. term_o: What is outstanding.
        real_i: Contributions at the prices of the day, exact; ``None`` where no price index says so, and ``real_why``.
        experiments: Evaluations that were accepted; those below it count among them.
        finished: Agreements that were completed or terminated. rolled_out: Those that a roll-out follows.
    """

    i: int
    u: int
    s: int
    v: int
    a: int
    r: int
    w: int
    p: int
    k: int
    cash: int
    q: int
    e: int
    free: int
    in_transit: int = 0
    owed: int = 0
    committed: int = 0
    buffer: int = 0
    closed_a: int = 0
    closed_u: int = 0
    experiments: int = 0
    refuted: int = 0
    refuted_well_learned: int = 0
    overdue_90: int = 0
    target_bps: int = 0
    iopl: int = 0
    l: int = 0
    held: int = 0
    refunds: int = 0
    closed_r: int = 0
    k_p: int = 0
    e_start: int = 0
    imposed_p: int = 0
    received_p: int = 0
    at_risk: int = 0
    claimed: int = 0
    claimed_back: int = 0
    f_ante: int = 0
    fext_ante: int = 0
    cost_ante: int = 0
    f_done: int = 0
    cost_done: int = 0
    term_days: int = 0
    term_o: int = 0
    real_i: Fraction | None = None
    real_why: str = ""
    confirmed: int = 0
    inconclusive: int = 0
    finished: int = 0
    rolled_out: int = 0

    @property
    def o(self) -> int:
        """Outstanding principal: paid out, not returned, not given up."""
        return self.u - self.a - self.w

    @property
    def c(self) -> int:
        """Commitments: paid or still to be paid."""
        return self.u + self.s + self.q

    @property
    def roll(self) -> int:
        """What equity would be without accruals: what came in less what was spent, given up or set aside."""
        return self.i + self.r - self.s - self.k - self.w - self.p


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure: its name in JSON, what people call it, its definition, and how it follows from the basis.

    ``unit`` is ``ratio``, ``cents``, ``count`` or ``days``; ``inputs`` are what the definition speaks of; ``why`` says
    why there is no value, where something else than a division by nothing is the reason.
    """

    name: str
    title: str
    definition: str
    unit: str
    value: Callable[[IndicatorInputs], Fraction | int | None]
    inputs: Callable[[IndicatorInputs], Mapping[str, int | str | None]]
    why: Callable[[IndicatorInputs], str] = lambda _basis: ""


def _ratio(above: int | Fraction, below: int | Fraction) -> Fraction | None:
    return Fraction(above) / Fraction(below) if below else None


def reused_money(inputs: IndicatorInputs) -> int:
    """What was spent beyond the first contributions: by the convention that contributions are spent first."""
    returned = inputs.a + inputs.r + inputs.v
    return min(returned, max(0, inputs.u + inputs.s + inputs.v + inputs.k - inputs.i))


NAMES = {
    "iopl": "Iopl", "closed_a": "closed_A", "closed_u": "closed_U", "closed_r": "closed_R", "k_p": "K_p",
    "e_start": "E_start", "f_ante": "F_ex_ante", "fext_ante": "Fext_ex_ante", "f_done": "F_achieved",
    "cost_ante": "cost_ex_ante", "cost_done": "cost_achieved",
}  # fmt: skip
"""How inputs are called in JSON, where that is not their name here."""


def _inputs(*names: str) -> Callable[[IndicatorInputs], Mapping[str, int]]:
    def read(inputs: IndicatorInputs) -> Mapping[str, int]:
        return {
            f"{name.upper() if len(name) == 1 else NAMES.get(name, name)}_cents": int(getattr(inputs, name))
            for name in names
        }

    return read


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "fund_equity",
        N_("Equity of the fund"),
        N_("E = net asset value less contributions receivable (1100)"),
        "cents",
        lambda b: b.e,
        _inputs("e"),
    ),
    Indicator(
        "equity_roll",
        N_("Equity as it came about"),
        N_("I + R - S - K - W - P: what equity would be if nothing were approved and not yet paid, or due to leavers"),
        "cents",
        lambda b: b.roll,
        _inputs("i", "r", "s", "k", "w", "p"),
    ),
    Indicator(
        "equity_accruals",
        N_("Approved or due, not yet paid"),
        N_("I + R - S - K - W - P - E: grants, costs and settlements that lower equity and are not paid yet"),
        "cents",
        lambda b: b.roll - b.e,
        _inputs("i", "r", "s", "k", "w", "p", "e"),
    ),
    Indicator(
        "cash_identity",
        N_("Cash that nothing explains"),
        N_("L - (I + A + R - U - S - K + `held` + `refunds`): 0 while every euro has its purpose"),
        "cents",
        lambda b: b.l - (b.i + b.a + b.r - b.u - b.s - b.k + b.held + b.refunds),
        _inputs("l", "i", "a", "r", "u", "s", "k", "held", "refunds"),
    ),
    Indicator(
        "contributions_receivable",
        N_("Contributions still to be received"),
        N_("Iopl - I: imposed on partners less received from them"),
        "cents",
        lambda b: b.iopl - b.i,
        _inputs("iopl", "i"),
    ),
    Indicator(
        "collection",
        N_("Share of calls received, this year"),
        N_("`received_p` / `imposed_p`: contributions received in the year so far against those called in it"),
        "ratio",
        lambda b: _ratio(b.received_p, b.imposed_p),
        _inputs("received_p", "imposed_p"),
    ),
    Indicator(
        "nominal_preservation",
        N_("Nominal preservation"),
        N_("E / I: equity against contributions received"),
        "ratio",
        lambda b: _ratio(b.e, b.i),
        _inputs("e", "i"),
    ),
    Indicator(
        "real_preservation",
        N_("Real preservation"),
        N_("E / sum of I_j x CPI_t / CPI_j: equity against contributions at the prices of the day"),
        "ratio",
        lambda b: None if b.real_i is None else _ratio(b.e, b.real_i),
        lambda b: {"E_cents": b.e, "I_at_prices_of_the_day": None if b.real_i is None else ratio_text(b.real_i)},
        why=lambda b: b.real_why,
    ),
    Indicator(
        "realised_revolving_degree",
        N_("Realised revolving degree"),
        N_("A / U over closed financings: what came back of what was paid out repayable"),
        "ratio",
        lambda b: _ratio(b.closed_a, b.closed_u),
        _inputs("closed_a", "closed_u"),
    ),
    Indicator(
        "realised_revolving_degree_with_return",
        N_("Realised revolving degree with return"),
        N_("(A + R) / U over closed financings: with interest and costs that were paid on them"),
        "ratio",
        lambda b: _ratio(b.closed_a + b.closed_r, b.closed_u),
        _inputs("closed_a", "closed_r", "closed_u"),
    ),
    Indicator(
        "portfolio_revolving_degree",
        N_("Portfolio revolving degree"),
        N_("(A + O - P) / U: what came back and is expected back, of what was paid out repayable"),
        "ratio",
        lambda b: _ratio(b.a + b.o - b.p, b.u),
        _inputs("a", "o", "p", "u"),
    ),
    Indicator(
        "fund_revolving_degree",
        N_("Fund revolving degree"),
        N_("(A + R + V - K) / (U + S + V): all that came back less costs, of all that was paid out"),
        "ratio",
        lambda b: _ratio(b.a + b.r + b.v - b.k, b.u + b.s + b.v),
        _inputs("a", "r", "v", "k", "u", "s"),
    ),
    Indicator(
        "revolving_target",
        N_("Target of the regulations"),
        N_("the revolving degree that the regulations aim at"),
        "ratio",
        lambda b: Fraction(b.target_bps, 10_000),
        lambda b: {"target_bps": b.target_bps},
    ),
    Indicator(
        "turnover",
        N_("Times used"),
        N_("(U + S) / I: paid out against contributions received; above 1 money was used again"),
        "ratio",
        lambda b: _ratio(b.u + b.s, b.i),
        _inputs("u", "s", "i"),
    ),
    Indicator(
        "returned_money",
        N_("Money that came back"),
        N_("A + R + V"),
        "cents",
        lambda b: b.a + b.r + b.v,
        _inputs("a", "r", "v"),
    ),
    Indicator(
        "reused_money",
        N_("Money used again"),
        N_("min(A + R + V, max(0, U + S + V + K - I)): contributions count as spent first"),
        "cents",
        reused_money,
        _inputs("a", "r", "v", "u", "s", "k", "i"),
    ),
    Indicator(
        "reuse_rate",
        N_("Share used again"),
        N_("money used again / (A + R + V)"),
        "ratio",
        lambda b: _ratio(reused_money(b), b.a + b.r + b.v),
        lambda b: {"reused_cents": reused_money(b), "returned_cents": b.a + b.r + b.v},
    ),
    Indicator(
        "utilisation",
        N_("Utilisation"),
        N_("C / (I + A + R - K): commitments against all money the fund had"),
        "ratio",
        lambda b: _ratio(b.c, b.i + b.a + b.r - b.k),
        _inputs("c", "i", "a", "r", "k"),
    ),
    Indicator(
        "utilisation_of_stock",
        N_("Utilisation of what there is"),
        N_("(O + Q) / E: outstanding and still to be paid, against equity"),
        "ratio",
        lambda b: _ratio(b.o + b.q, b.e),
        _inputs("o", "q", "e"),
    ),
    Indicator(
        "disbursement_rate",
        N_("Share paid out"),
        N_("(U + S) / C: paid out of what was committed"),
        "ratio",
        lambda b: _ratio(b.u + b.s, b.c),
        _inputs("u", "s", "c"),
    ),
    Indicator(
        "free_to_commit",
        N_("Free to commit"),
        N_("1000 + 1005 + 1010 - 2000 - 2100 - 2200 - 2300 - 9000 - buffer; nothing expected counts"),
        "cents",
        lambda b: b.free,
        _inputs("cash", "in_transit", "owed", "committed", "buffer"),
    ),
    Indicator(
        "leverage_ex_ante",
        N_("Leverage as decided"),
        N_("(F + Fext) / F: the fund's part and that of others, of awards that stand, against the fund's part"),
        "ratio",
        lambda b: _ratio(b.f_ante + b.fext_ante, b.f_ante),
        _inputs("f_ante", "fext_ante"),
    ),
    Indicator(
        "multiplier",
        N_("Multiplier as decided"),
        N_("total cost of the projects / F: what projects with an award cost, as applied for, against the award"),
        "ratio",
        lambda b: _ratio(b.cost_ante, b.f_ante),
        _inputs("cost_ante", "f_ante"),
    ),
    Indicator(
        "leverage_achieved",
        N_("Leverage as achieved"),
        N_("cost told after the work / F: of ended agreements whose parties told it, against what was paid"),
        "ratio",
        lambda b: _ratio(b.cost_done, b.f_done),
        _inputs("cost_done", "f_done"),
        why=lambda b: "" if b.f_done else N_("no ended agreement has told what it cost"),
    ),
    Indicator(
        "overpaid",
        N_("Overpaid, to be claimed back"),
        N_("X: claimed back after a breach or a lower award, outside the ledger, less what came in on it"),
        "cents",
        lambda b: b.claimed - b.claimed_back,
        _inputs("claimed", "claimed_back"),
    ),
    Indicator(
        "arrears",
        N_("More than 90 days late"),
        N_("outstanding of agreements that is more than 90 days overdue / O"),
        "ratio",
        lambda b: _ratio(b.overdue_90, b.o),
        _inputs("overdue_90", "o"),
    ),
    Indicator(
        "portfolio_at_risk",
        N_("Of agreements that are that late"),
        N_("all that is outstanding of agreements with something more than 90 days overdue / O"),
        "ratio",
        lambda b: _ratio(b.at_risk, b.o),
        _inputs("at_risk", "o"),
    ),
    Indicator(
        "arrears_cover",
        N_("Allowance against that"),
        N_("P / outstanding that is more than 90 days overdue"),
        "ratio",
        lambda b: _ratio(b.p, b.overdue_90),
        _inputs("p", "overdue_90"),
    ),
    Indicator(
        "loss_ratio",
        N_("Given up"),
        N_("W / U: written off less recovered, of what was paid out repayable"),
        "ratio",
        lambda b: _ratio(b.w, b.u),
        _inputs("w", "u"),
    ),
    Indicator(
        "expected_loss_ratio",
        N_("Given up or expected to be"),
        N_("(W + P) / U"),
        "ratio",
        lambda b: _ratio(b.w + b.p, b.u),
        _inputs("w", "p", "u"),
    ),
    Indicator(
        "cost_ratio",
        N_("Costs"),
        N_("K / (U + S): costs paid against money paid out"),
        "ratio",
        lambda b: _ratio(b.k, b.u + b.s),
        _inputs("k", "u", "s"),
    ),
    Indicator(
        "cost_ratio_of_equity",
        N_("Costs of this year against equity"),
        N_("K_p / mean of E at the start of the year and E now: costs paid in the year so far"),
        "ratio",
        lambda b: _ratio(2 * b.k_p, b.e_start + b.e),
        _inputs("k_p", "e_start", "e"),
    ),
    Indicator(
        "weighted_remaining_term",
        N_("Mean time until repayment is due"),
        N_("sum of outstanding x days until it is due / outstanding (1200): what is late counts 0 days"),
        "days",
        lambda b: _ratio(b.term_days, b.term_o),
        lambda b: {"outstanding_days": b.term_days, "outstanding_cents": b.term_o},
    ),
    Indicator(
        "experiments_finished",
        N_("Experiments that ended"),
        N_("agreements that were completed or terminated"),
        "count",
        lambda b: b.finished,
        lambda b: {"finished": b.finished},
    ),
    Indicator(
        "experiments_confirmed",
        N_("Confirmed hypotheses"),
        N_("evaluations that confirmed their hypothesis, of all accepted ones"),
        "ratio",
        lambda b: _ratio(b.confirmed, b.experiments),
        lambda b: {"confirmed": b.confirmed, "experiments": b.experiments},
    ),
    Indicator(
        "experiments_refuted",
        N_("Refuted hypotheses"),
        N_("evaluations that refuted their hypothesis, of all accepted ones"),
        "ratio",
        lambda b: _ratio(b.refuted, b.experiments),
        lambda b: {"refuted": b.refuted, "experiments": b.experiments},
    ),
    Indicator(
        "experiments_inconclusive",
        N_("Hypotheses left open"),
        N_("evaluations that neither confirmed nor refuted their hypothesis, of all accepted ones"),
        "ratio",
        lambda b: _ratio(b.inconclusive, b.experiments),
        lambda b: {"inconclusive": b.inconclusive, "experiments": b.experiments},
    ),
    Indicator(
        "refuted_well_learned",
        N_("Refuted and well learned"),
        N_("evaluations that refuted their hypothesis with learning of at least 2: good results"),
        "count",
        lambda b: b.refuted_well_learned,
        lambda b: {"refuted": b.refuted, "refuted_well_learned": b.refuted_well_learned},
    ),
    Indicator(
        "experiments_rolled_out",
        N_("Rolled out"),
        N_("agreements that a roll-out follows, of all that ended"),
        "ratio",
        lambda b: _ratio(b.rolled_out, b.finished),
        lambda b: {"rolled_out": b.rolled_out, "finished": b.finished},
    ),
)
"""Every figure of the position, in the order in which it is printed."""


def figures(inputs: IndicatorInputs) -> dict[str, dict[str, Any]]:
    """Every indicator as JSON: ``value`` is an exact fraction as text (``7/10``), whole cents, a count, or ``null``;
    then ``why`` says why.
    """
    found: dict[str, dict[str, Any]] = {}
    for indicator in INDICATORS:
        value = indicator.value(inputs)
        found[indicator.name] = {
            "value": ratio_text(value) if isinstance(value, Fraction) else value,
            "unit": indicator.unit,
            "definition": indicator.definition,
            "inputs": dict(indicator.inputs(inputs)),
            "why": (indicator.why(inputs) or NOTHING) if value is None else None,
        }
    return found
