"""The rules in force on a day: weights, quorum, thresholds, terms, buffer, budgets, rates.

Numbers are the defaults of lifecycle.md; regulations are dated and versioned, adopted by a fact, and never reach back.
Shares are basis points, money is cents, terms are days unless the name says weeks or months.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from fund.errors import shape_fault
from fund.errors.people import FaultyRegulations
from fund.language import _, euros
from fund.money import LARGEST_CENTS
from fund.paths import toml_of

TAX_NUMBER = r"^([0-9]{9}|NL[0-9]{9}B[0-9]{2})$"
"""An RSIN, or a VAT number."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,30}$"
"""What regulations and keys are called: it is typed on a command line, and stands in refs."""
TOP = 4
"""The highest score of a criterion, and of what was learned; the lowest is 0."""

Cents = Annotated[int, Field(ge=0, le=LARGEST_CENTS)]
Bps = Annotated[int, Field(ge=0, le=10_000)]
Score = Annotated[int, Field(ge=0, le=TOP)]
Per100 = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=1, le=3_650)]
Weeks = Annotated[int, Field(ge=1, le=520)]
"""A term that somebody is given has a length; where none is possible, the field says ``ge=0`` itself."""


def _one_of(*names: str) -> AfterValidator:
    """What stands before the `=` of a table: one of these names."""

    def checked(value: str) -> str:
        if value not in names:
            raise ValueError(_("must be one of {expected}").format(expected=", ".join(names)))
        return value

    return AfterValidator(checked)


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

    @field_validator("complete", "organisations", "kinds", "external", "scores_per_criterion")
    @classmethod
    def _fits_the_panel(cls, value: int, info: ValidationInfo) -> int:
        assigned = info.data.get("assigned", value)
        if value > assigned:
            raise ValueError(_("a panel of {assigned} never has {value}").format(assigned=assigned, value=value))
        return value


class Track(_Rules):
    """What a round of this track asks: the band of the ask, the quorum, the burden."""

    from_cents: Cents
    """The ask lies at or above this."""
    below_cents: Cents | None = None
    """The ask lies below this; no bound when left out."""
    quorum: Quorum
    two_thirds: bool = False
    """Whether the committee decides by two thirds."""
    mandated: bool = False
    """Whether fund manager and one committee member decide (P14-P17)."""
    one_payment: bool = False
    """Whether the whole award is paid at once, when the agreement holds."""
    on_account_bps: Bps = 0
    """What of the award may be paid on account, before the first milestone is accepted (D1)."""
    questions: int = Field(ge=1)

    @field_validator("below_cents")
    @classmethod
    def _leaves_a_band(cls, value: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("from_cents")
        if value is not None and least is not None and value <= least:
            raise ValueError(
                _("nothing lies between {least} and {below}").format(least=euros(least), below=euros(value))
            )
        return value

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

    id: str = Field(pattern=r"^[a-z][a-z_]{0,30}$")
    name_nl: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    weight_experiment: Per100
    weight_rollout: Per100
    gate_experiment: Score | None = None
    gate_rollout: Score | None = None
    anchors_nl: tuple[str, str, str]
    anchors_en: tuple[str, str, str]


class Committee(_Rules):
    """Who sits, and when it may decide."""

    seats: int = Field(default=9, ge=1, le=100)
    votes: int = Field(default=3, ge=1, validate_default=True)
    """At least so many votes."""
    kinds: int = Field(default=2, ge=1, validate_default=True)
    """Of at least so many kinds of organisation."""
    two_thirds_from_cents: Cents
    """From this amount on, two thirds instead of a majority."""

    @field_validator("votes", "kinds")
    @classmethod
    def _fits_the_seats(cls, value: int, info: ValidationInfo) -> int:
        seats = info.data.get("seats", value)
        if value > seats:
            raise ValueError(_("a committee of {seats} never has {value}").format(seats=seats, value=value))
        return value


ARREARS_STEPS = 3
"""A note, a demand, word to the committee (R8)."""


class Terms(_Rules):
    """Every term of the lifecycle."""

    decision_weeks: Weeks = 8
    decision_extension_weeks: int = Field(default=4, ge=0, le=520)
    """So much more the applicant is told when that term is not met (4:14)."""
    objection_weeks: Weeks = 6
    objection_decision_weeks: Weeks = 12
    """After the term for objecting; others advise on it (7:10)."""
    objection_extension_weeks: int = Field(default=6, ge=0, le=520)
    payment_weeks: Weeks = 6
    review_days: Days = 28
    consensus_days: Days = 10
    cure_days: Days = 14
    pending_days: Days = 14
    signing_days: Days = 60
    condition_days: Days = 90
    draft_days: Days = 365
    cooling_off_days: int = Field(default=3, ge=0, le=3_650)
    call_due_days: int = Field(default=30, ge=0, le=3_650)
    call_reminder_days: tuple[Annotated[int, Field(ge=-3_650, le=3_650)], ...] = (-7, 1, 30, 60)
    """When a call that is open is asked for again: days after its last day, before it less than nothing."""
    suspension_weeks: int = Field(default=13, ge=1, le=13)
    """Payments stand still for thirteen weeks at most (4:56)."""
    evaluation_days: Days = 60
    followon_months: int = Field(default=12, ge=1, le=120)
    notice_months: int = Field(default=0, ge=0, le=120)
    """Between the notice of a partner and the day it leaves (K4)."""
    long_stop_years: int = Field(default=5, ge=0, le=100)
    """After so many years the later part of a settlement is closed out (K10)."""
    arrears_days: tuple[Days, ...] = Field(default=(1, 30, 60), min_length=ARREARS_STEPS)
    """When an instalment that is late is noted, demanded and told to the committee: days after its last day."""
    demand_weeks: Weeks = 2
    """So long a demand gives (4:112)."""
    limitation_years: int = Field(default=5, ge=1, le=100)
    """A claim lapses so long after its day, or the last demand or acknowledgement (4:104, 4:110)."""
    limitation_warning_months: int = Field(default=6, ge=0, le=120)

    @field_validator("call_reminder_days", "arrears_days")
    @classmethod
    def _in_order(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError(_("each step comes after the one before, so its number of days is larger"))
        return value


class AgeingStep(_Rules):
    """A row of the rate table of the allowance: from so many days overdue, this share of what is outstanding."""

    stage: str
    from_days: int = Field(ge=-1_000_000, le=1_000_000)
    rate_bps: Bps


class KeyTerms(_Rules):
    """A distribution key as a file gives it: with the regulations, or to be put to the partners."""

    name: str = Field(pattern=NAME)
    family: Literal["equal", "inhabitants", "base_and_inhabitants"]
    reference_year: int | None = Field(default=None, ge=1900, le=9999)
    base_bps: Bps = 0
    """The share of the total that is divided equally among municipalities, before inhabitants."""
    fixed_bps: Mapping[Annotated[str, _one_of("province", "water_board", "region")], Bps] = Field(default_factory=dict)
    """Fixed shares by kind of partner, each partner of that kind. Municipalities pay what is left."""

    @field_validator("reference_year", "base_bps", "fixed_bps")
    @classmethod
    def _is_used(cls, value: Any, info: ValidationInfo) -> Any:
        family = info.data.get("family")
        unused = {"equal": ("reference_year", "base_bps", "fixed_bps"), "inhabitants": ("base_bps", "fixed_bps")}
        if value and info.field_name in unused.get(str(family), ()):
            raise ValueError(_("the family `{family}` does not use it").format(family=family))
        return value

    @field_validator("fixed_bps")
    @classmethod
    def _leaves_something(cls, value: Mapping[str, int], info: ValidationInfo) -> Mapping[str, int]:
        taken = info.data.get("base_bps", 0) + sum(value.values())
        if taken > 10_000:
            told = _("base and fixed shares take {taken} of 10000, and leave nothing for the municipalities")
            raise ValueError(told.format(taken=taken))
        return value


class TreasuryStep(_Rules):
    """From so much of a budget on, this share of what lies above it may stand outside the treasury."""

    from_cents: Cents
    rate_bps: Bps


class Treasury(_Rules):
    """What the fund's host may hold outside the State's treasury, on average over a quarter: law of a day, as data."""

    host_budget_cents: Cents | None = None
    """The budget total of the host in the year; nobody knows the threshold while it is left out."""
    minimum_cents: Cents = 0
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

    from_cents: Cents
    fee_cents: Cents


class Charges(_Rules):
    """What may be claimed beside the principal when a debtor is late: law of a day, as data (4:97, 4:98, 4:113)."""

    least_interest_cents: Cents = 2000
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

    version: str = Field(pattern=NAME)
    buffer_cents: Cents
    learning_budget_cents: Cents
    """Yearly; learning write-offs within it by majority, beyond it by two thirds."""
    cost_budget_cents: Cents
    """Yearly cost of running the fund."""
    revolving_target_bps: Bps
    many_parties: int = Field(default=7, ge=1)
    """Above so many parties a note is made; never a guard."""
    positive_score: Per100 = 60
    improve_score: int = Field(default=50, ge=0, le=100, validate_default=True)
    consensus_criterion_gap: int = Field(default=2, ge=1, le=TOP)
    consensus_total_gap: int = Field(default=20, ge=1, le=100)
    learning_threshold: Score = 2
    rollout_cap_bps: Bps = 4000
    decline_window_days: int = Field(default=14, ge=0, le=3_650)
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
    tracks: Mapping[Annotated[str, _one_of("light", "standard", "major")], Track]
    committee: Committee
    terms: Terms
    rubric: tuple[Criterion, ...]
    allowance: tuple[AgeingStep, ...] = Field(min_length=1)
    key: KeyTerms
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

    @field_validator("improve_score")
    @classmethod
    def _lies_below(cls, value: int, info: ValidationInfo) -> int:
        positive = info.data.get("positive_score", value)
        if value > positive:
            raise ValueError(
                _("{value} lies above `positive_score`, {positive}").format(value=value, positive=positive)
            )
        return value

    @field_validator("ends_on")
    @classmethod
    def _ends_last(cls, value: date | None, info: ValidationInfo) -> date | None:
        last = info.data.get("last_grant_on")
        if value is not None and last is not None and value < last:
            raise ValueError(_("{value} lies before `last_grant_on`, {last}").format(value=value, last=last))
        return value

    @field_validator("tracks")
    @classmethod
    def _has_every_track(cls, value: Mapping[str, Track]) -> Mapping[str, Track]:
        if len(value) < 3:
            raise ValueError(_("the tracks `light`, `standard` and `major` are all needed"))
        return value

    @field_validator("rubric")
    @classmethod
    def _adds_up(cls, value: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        twice = _twice([criterion.id for criterion in value])
        if twice:
            raise ValueError(_("{value} stands in it twice").format(value=f"`{twice}`"))
        for profile in ("weight_experiment", "weight_rollout"):
            total = sum(getattr(criterion, profile) for criterion in value)
            if total != 100:
                told = _("the weights of the rubric ({profile}) add up to {total}, not to 100")
                raise ValueError(told.format(profile=profile, total=total))
        return value

    @field_validator("allowance")
    @classmethod
    def _one_rate_for_a_day(cls, value: tuple[AgeingStep, ...]) -> tuple[AgeingStep, ...]:
        twice = _twice([step.from_days for step in value])
        if twice is not None:
            raise ValueError(_("{value} stands in it twice").format(value=f"`from_days = {twice}`"))
        return value


def _twice(values: Sequence[Any]) -> Any:
    """What stands among the values more than once, the first of it."""
    return next((value for place, value in enumerate(values) if value in values[:place]), None)


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
    read = toml_of(content, lambda problem, _line: FaultyRegulations(file=name, problem=problem))
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
