"""Each figure with its definition and its inputs: exact fractions of integer cents; nothing divided by zero.

The symbols are those of statements.md: I contributions received, U paid out repayable, S paid out as grant, V grant
money that came back, A principal that came back, R other income, W written off less recovered, P allowance, K costs
paid, O outstanding principal, L cash, Q promised and not yet paid, C commitments, E equity of the fund.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from fund.language import N_

__all__ = ["INDICATORS", "Basis", "Indicator", "figures", "reused_money"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The quantities behind every figure, in cents, from the start until a day.

    ``closed_a`` and ``closed_u`` count financings that have ended and owe nothing any more; ``experiments`` and those
    below it count evaluations that were accepted.
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

    @property
    def o(self) -> int:
        """Outstanding principal: paid out, not returned, not given up."""
        return self.u - self.a - self.w

    @property
    def c(self) -> int:
        """Commitments: paid or still to be paid."""
        return self.u + self.s + self.q


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure: its name in JSON, what people call it, its definition, and how it follows from the basis.

    ``unit`` is ``ratio``, ``cents`` or ``count``; ``inputs`` are what the definition speaks of.
    """

    name: str
    title: str
    definition: str
    unit: str
    value: Callable[[Basis], Fraction | int | None]
    inputs: Callable[[Basis], Mapping[str, int]]


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None


def reused_money(basis: Basis) -> int:
    """What was spent beyond the first contributions: by the convention that contributions are spent first."""
    returned = basis.a + basis.r + basis.v
    return min(returned, max(0, basis.u + basis.s + basis.v + basis.k - basis.i))


def _inputs(*names: str) -> Callable[[Basis], Mapping[str, int]]:
    symbols = {"l": "cash"}

    def read(basis: Basis) -> Mapping[str, int]:
        return {
            f"{name.upper() if len(name) == 1 else name}_cents": int(getattr(basis, symbols.get(name, name)))
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
        "nominal_preservation",
        N_("Nominal preservation"),
        N_("E / I: equity against contributions received"),
        "ratio",
        lambda b: _ratio(b.e, b.i),
        _inputs("e", "i"),
    ),
    Indicator(
        "realised_revolving_degree",
        N_("Realised revolving degree"),
        N_("A / U over closed financings: what came back of what was paid out repayable"),
        "ratio",
        lambda b: _ratio(b.closed_a, b.closed_u),
        lambda b: {"closed_A_cents": b.closed_a, "closed_U_cents": b.closed_u},
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
        "arrears",
        N_("More than 90 days late"),
        N_("outstanding of agreements that is more than 90 days overdue / O"),
        "ratio",
        lambda b: _ratio(b.overdue_90, b.o),
        _inputs("overdue_90", "o"),
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
        "experiments_refuted",
        N_("Refuted hypotheses"),
        N_("evaluations that refuted their hypothesis, of all accepted ones"),
        "ratio",
        lambda b: _ratio(b.refuted, b.experiments),
        lambda b: {"refuted": b.refuted, "experiments": b.experiments},
    ),
    Indicator(
        "refuted_well_learned",
        N_("Refuted and well learned"),
        N_("evaluations that refuted their hypothesis with learning of at least 2: good results"),
        "count",
        lambda b: b.refuted_well_learned,
        lambda b: {"refuted": b.refuted, "refuted_well_learned": b.refuted_well_learned},
    ),
)
"""Every figure of the position, in the order in which it is printed."""


def figures(basis: Basis) -> dict[str, dict[str, Any]]:
    """Every indicator as JSON: ``value`` is an exact fraction as text (``7/10``), whole cents, a count, or ``null``."""
    found: dict[str, dict[str, Any]] = {}
    for indicator in INDICATORS:
        value = indicator.value(basis)
        found[indicator.name] = {
            "value": f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value,
            "unit": indicator.unit,
            "definition": indicator.definition,
            "inputs": dict(indicator.inputs(basis)),
        }
    return found


def symbols(basis: Basis) -> dict[str, int]:
    """Every quantity by its symbol."""
    return {field.name: getattr(basis, field.name) for field in fields(basis)}
