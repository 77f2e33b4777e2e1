"""The rules in force on a day: weights, quorum, thresholds, terms, buffer, budgets, rates.

Numbers are the defaults of lifecycle.md; regulations are dated and versioned, adopted by a fact, and never reach back.
Shares are basis points, money is cents, terms are days unless the name says weeks or months.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from importlib import resources
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from fund.errors import FaultyRegulations
from fund.errors.base import shape_fault, toml_fault
from fund.language import _, euros

__all__ = [
    "AgeingStep", "Charges", "Committee", "Criterion", "FoundingKey", "Identity", "Quorum", "Regulations", "Terms",
    "Track", "Treasury", "TreasuryStep", "band_text", "parse_regulations", "standard", "standard_text",
]  # fmt: skip


TAX_NUMBER = r"^([0-9]{9}|NL[0-9]{9}B[0-9]{2})$"
"""An RSIN, or a VAT number."""


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Quorum(_Rules):
    """When a review counts: how many reviewers, of how many organisations and kinds, how many from outside."""

    assigned: int = Field(ge=1)
    complete: int = Field(ge=1)
    organisations: int = Field(ge=1)
    kinds: int = Field(ge=1)
    external: int = Field(ge=0)
    scores_per_criterion: int = Field(ge=1)


class Track(_Rules):
    """What a round of this track asks: the band of the ask, the quorum, the burden."""

    from_cents: int = Field(ge=0)
    """The ask lies at or above this."""
    below_cents: int | None = None
    """The ask lies below this; no bound when left out."""
    quorum: Quorum
    two_thirds: bool = False
    """Whether the committee decides by two thirds."""
    mandated: bool = False
    """Whether fund manager and one committee member decide (P14-P17)."""
    one_payment: bool = False
    """Whether the whole award is paid at once, when the agreement holds."""
    on_account_bps: int = Field(default=0, ge=0, le=10_000)
    """What of the award may be paid on account, before the first milestone is accepted (D1)."""
    questions: int = Field(ge=1)

    def band(self) -> str:
        """How much may be asked, in words."""
        return band_text(self.from_cents, self.below_cents)


def band_text(from_cents: int, below_cents: int | None) -> str:
    """How much may be asked, in words: from an amount on, below another where there is one."""
    least = euros(from_cents)
    if below_cents is None:
        return _("{least} or more").format(least=least)
    if not from_cents:
        return _("less than {below}").format(below=euros(below_cents))
    return _("{least} or more, less than {below}").format(least=least, below=euros(below_cents))


class Criterion(_Rules):
    """One line of the rubric: weight per profile, the gate its mean must reach, and its anchors."""

    id: str
    name_nl: str
    name_en: str
    weight_experiment: int = Field(ge=0, le=100)
    weight_rollout: int = Field(ge=0, le=100)
    gate_experiment: int | None = None
    gate_rollout: int | None = None
    anchors_nl: tuple[str, str, str]
    anchors_en: tuple[str, str, str]


class Committee(_Rules):
    """Who sits, and when it may decide."""

    seats: int = 9
    votes: int = 3
    """At least so many votes."""
    kinds: int = 2
    """Of at least so many kinds of organisation."""
    two_thirds_from_cents: int
    """From this amount on, two thirds instead of a majority."""


class Terms(_Rules):
    """Every term of the lifecycle."""

    decision_weeks: int = 8
    decision_extension_weeks: int = 4
    """So much more the applicant is told when that term is not met (4:14)."""
    objection_weeks: int = 6
    objection_decision_weeks: int = 12
    """After the term for objecting; others advise on it (7:10)."""
    objection_extension_weeks: int = 6
    payment_weeks: int = 6
    review_days: int = 28
    consensus_days: int = 10
    cure_days: int = 14
    pending_days: int = 14
    signing_days: int = 60
    condition_days: int = 90
    draft_days: int = 365
    cooling_off_days: int = 3
    call_due_days: int = 30
    call_reminder_days: tuple[int, ...] = (-7, 1, 30, 60)
    """When a call that is open is asked for again: days after its last day, before it less than nothing."""
    suspension_weeks: int = 13
    evaluation_days: int = 60
    followon_months: int = 12
    notice_months: int = Field(default=0, ge=0)
    """Between the notice of a partner and the day it leaves (K4)."""
    long_stop_years: int = 5
    """After so many years the later part of a settlement is closed out (K10)."""
    arrears_days: tuple[int, ...] = (1, 30, 60)
    demand_weeks: int = 2
    """So long a demand gives (4:112)."""
    limitation_years: int = 5
    """A claim lapses so long after its day, or the last demand or acknowledgement (4:104, 4:110)."""
    limitation_warning_months: int = 6


class AgeingStep(_Rules):
    """A row of the rate table of the allowance: from so many days overdue, this share of what is outstanding."""

    stage: str
    from_days: int
    rate_bps: int = Field(ge=0, le=10_000)


class FoundingKey(_Rules):
    """The distribution key that comes with the regulations."""

    name: str
    family: str = Field(pattern="^(equal|inhabitants|base_and_inhabitants)$")
    reference_year: int | None = None
    base_bps: int = Field(default=0, ge=0, le=10_000)
    """The share of the total that is divided equally among municipalities and fixed parts, before inhabitants."""
    fixed_bps: Mapping[str, int] = Field(default_factory=dict)
    """Fixed shares by kind of partner (province, water_board, region), each partner of that kind."""


class TreasuryStep(_Rules):
    """From so much of a budget on, this share of what lies above it may stand outside the treasury."""

    from_cents: int = Field(ge=0)
    rate_bps: int = Field(ge=0, le=10_000)


class Treasury(_Rules):
    """What the fund's host may hold outside the State's treasury, on average over a quarter: law of a day, as data."""

    host_budget_cents: int | None = Field(default=None, ge=0)
    """The budget total of the host in the year; nobody knows the threshold while it is left out."""
    minimum_cents: int = Field(default=0, ge=0)
    """So much in any case."""
    steps: tuple[TreasuryStep, ...] = ()

    @property
    def threshold_cents(self) -> Fraction | None:
        """What may stand outside on average, exact."""
        budget = self.host_budget_cents
        if budget is None:
            return None
        steps = sorted(self.steps, key=lambda step: step.from_cents)
        ends = [*(step.from_cents for step in steps[1:]), budget]
        parts = (
            Fraction(max(min(budget, end) - step.from_cents, 0) * step.rate_bps, 10_000)
            for step, end in zip(steps, ends, strict=False)
        )
        return max(sum(parts, Fraction(0)), Fraction(self.minimum_cents))


class FeeStep(_Rules):
    """From so much that is demanded on, a demand may cost so much."""

    from_cents: int = Field(ge=0)
    fee_cents: int = Field(ge=0)


class Charges(_Rules):
    """What may be claimed beside the principal when a debtor is late: law of a day, as data (4:97, 4:98, 4:113)."""

    least_interest_cents: int = Field(default=2000, ge=0)
    """Interest below this is not due."""
    fees: tuple[FeeStep, ...] = ()
    """What a demand may cost at most; nothing while it is left out."""

    def most_fee_cents(self, demanded_cents: int) -> int:
        """What a demand of so much may cost at most."""
        steps = sorted(self.fees, key=lambda step: step.from_cents)
        return next((step.fee_cents for step in reversed(steps) if step.from_cents <= demanded_cents), 0)


class Identity(_Rules):
    """The legal person behind the fund, as files for others name it: a body of its own, or the host."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    """The fund's own name when left out."""
    tax_number: str = Field(pattern=TAX_NUMBER)
    """Its RSIN (nine digits) or VAT number (``NL``, nine digits, ``B``, two digits): what an audit file asks."""
    chamber_number: str | None = Field(default=None, pattern=r"^[0-9]{8}$")
    """Its number in the commercial register."""


class Contact(_Rules):
    """Where partners and the public reach the fund: its telephone and mail address, of an office and of no person."""

    telephone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")
    mail: str | None = Field(default=None, max_length=120, pattern=r"^[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+$")


LATER = {
    "legal_form": "joint_body",
    "contributions": "a_fonds_perdu",
    "identity": None,
    "contact": None,
    "last_grant_on": None,
    "ends_on": None,
}
"""Fields that regulations got after the first were adopted, with their defaults."""


class Regulations(_Rules):
    """The fund's regulations: what every rule of the lifecycles reads its numbers from."""

    version: str
    buffer_cents: int = Field(ge=0)
    learning_budget_cents: int = Field(ge=0)
    """Yearly; learning write-offs within it by majority, beyond it by two thirds."""
    cost_budget_cents: int = Field(ge=0)
    """Yearly cost of running the fund."""
    revolving_target_bps: int = Field(ge=0, le=10_000)
    many_parties: int = 7
    """Above so many parties a note is made; never a guard."""
    positive_score: int = 60
    improve_score: int = 50
    consensus_criterion_gap: int = 2
    consensus_total_gap: int = 20
    learning_threshold: int = 2
    rollout_cap_bps: int = 4000
    decline_window_days: int = 14
    exit_capped: bool = False
    """Whether a partner that leaves gets no more than it paid in (K3)."""
    legal_form: Literal["joint_body", "host"] = "joint_body"
    """Whose capital the contributions are: that of a body with legal personality of its own (``joint_body``: equity,
    BBV 43), or money that a host holds for a purpose (``host``: deferred income on its balance sheet, BBV 49 b)."""
    contributions: Literal["a_fonds_perdu", "repayable"] = "a_fonds_perdu"
    """How partners pay in: for good, an expense of theirs, or to be repaid, a capital provision (BBV 36 a 2, b 1)."""
    last_grant_on: date | None = None
    """The last day on which the fund may promise money, where it has one."""
    ends_on: date | None = None
    """The day on which the fund ends, where it is known."""
    tracks: Mapping[str, Track]
    committee: Committee
    terms: Terms
    rubric: tuple[Criterion, ...]
    allowance: tuple[AgeingStep, ...]
    key: FoundingKey
    identity: Identity | None = None
    contact: Contact | None = None
    treasury: Treasury | None = None
    charges: Charges = Field(default_factory=Charges)
    articles: Mapping[str, str] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _as_adopted(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What came into the regulations later stands in them only where it says something else than its default: so
        what was adopted before is still the same text."""
        told: dict[str, Any] = handler(self)
        return {name: value for name, value in told.items() if name not in LATER or LATER[name] != value}

    @model_validator(mode="after")
    def _adds_up(self) -> Regulations:
        for profile in ("weight_experiment", "weight_rollout"):
            total = sum(getattr(criterion, profile) for criterion in self.rubric)
            if total != 100:
                told = _("the weights of the rubric ({profile}) add up to {total}, not to 100")
                raise ValueError(told.format(profile=profile, total=total))
        if {"light", "standard", "major"} - set(self.tracks):
            raise ValueError(_("the tracks `light`, `standard` and `major` are all needed"))
        return self


def standard_text() -> str:
    """The standard regulations as TOML, as ``fund regulations template`` prints them."""
    return (resources.files("fund") / "data" / "regulations.toml").read_text(encoding="utf-8")


def standard() -> Regulations:
    """The standard regulations: what ``fund init`` adopts."""
    return Regulations.model_validate(tomllib.loads(standard_text()))


def parse_regulations(content: bytes, name: str) -> Regulations:
    """The regulations that a TOML file holds.

    Raises:
        FaultyRegulations: Not UTF-8, not TOML, or everything that is missing, unknown or impossible, with the place.
    """
    try:
        read = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise FaultyRegulations(file=name, problem=toml_fault(problem)) from problem
    try:
        return Regulations.model_validate(read)
    except ValidationError as problems:
        found = [": ".join(shape_fault(each)) for each in problems.errors(include_url=False)]
        raise FaultyRegulations(file=name, problem="\n".join(found)) from problems


def age_rate(rules: Regulations, days_overdue: int) -> int:
    """The allowance rate, in basis points, of an advance whose oldest instalment is so many days overdue."""
    rate = 0
    for step in sorted(rules.allowance, key=lambda step: step.from_days):
        if days_overdue >= step.from_days:
            rate = step.rate_bps
    return rate


def in_force(adopted: list[tuple[date, Regulations]], on: date) -> Regulations | None:
    """Of regulations with their first day, the ones in force on a day."""
    rules = [regulations for from_on, regulations in sorted(adopted, key=lambda pair: pair[0]) if from_on <= on]
    return rules[-1] if rules else None
