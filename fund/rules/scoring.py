"""The rubric as arithmetic: reviewer totals, panel means, gates, advice, spread, and when a review counts.

Everything is exact: whole scores go in, fractions come out, and nothing is rounded here. Source: lifecycle.md 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fund.language import N_, _
from fund.rules.regulations import TOP, Quorum, Regulations

EXPERIMENT, ROLLOUT = "experiment", "rollout"
EXTERNAL = "external"
NECESSITY_EXTERNALS = 3
"""Under the rule of necessity at least so many external reviewers advise."""
ADVICE = {"positive": N_("positive"), "improve": N_("improve and resubmit once"), "negative": N_("negative")}
"""What a panel may advise, in words."""


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion as one profile weighs it."""

    id: str
    weight: int
    gate: int | None


def rubric(rules: Regulations, profile: str) -> tuple[Line, ...]:
    """The criteria with the weights and gates of a profile (experiment or rollout), in order."""
    if profile == ROLLOUT:
        return tuple(Line(each.id, each.weight_rollout, each.gate_rollout) for each in rules.rubric)
    return tuple(Line(each.id, each.weight_experiment, each.gate_experiment) for each in rules.rubric)


def total_of(lines: Sequence[Line], scores: Mapping[str, int | Fraction]) -> Fraction:
    """100 x sum of weight x score, over 4 x sum of the weights of what was scored: 0 to 100, exact.

    What was abstained from is not in ``scores`` and counts on neither side; nothing scored at all is 0.
    """
    scored = [line for line in lines if line.id in scores]
    weights = sum(line.weight for line in scored)
    if not weights:
        return Fraction(0)
    return 100 * sum((line.weight * Fraction(scores[line.id]) for line in scored), Fraction(0)) / (TOP * weights)


def panel_means(lines: Sequence[Line], given: Iterable[Mapping[str, int]]) -> dict[str, Fraction]:
    """The mean of each criterion over those who scored it; a criterion that nobody scored has none."""
    given = tuple(given)
    means: dict[str, Fraction] = {}
    for line in lines:
        marks = [scores[line.id] for scores in given if line.id in scores]
        if marks:
            means[line.id] = Fraction(sum(marks), len(marks))
    return means


@dataclass(frozen=True, slots=True)
class Verdict:
    """What scores come to: the exact total, the gates missed, the advice."""

    total: Fraction
    gates_missed: tuple[str, ...]
    advice: str


def judge(rules: Regulations, lines: Sequence[Line], means: Mapping[str, int | Fraction]) -> Verdict:
    """Total, gates and advice of the panel's means, or of the scores that the panel agreed on."""
    total = total_of(lines, means)
    missed = tuple(line.id for line in lines if line.gate is not None and Fraction(means.get(line.id, 0)) < line.gate)
    return Verdict(total, missed, advice_of(rules, total, len(missed)))


def advice_of(rules: Regulations, total: Fraction, gates_missed: int) -> str:
    """positive (60 or more, every gate met), improve (50 or more, at most one gate missed), else negative."""
    if total >= rules.positive_score and not gates_missed:
        return "positive"
    if total >= rules.improve_score and gates_missed <= 1:
        return "improve"
    return "negative"


def spread_of(
    rules: Regulations, lines: Sequence[Line], given: Sequence[Mapping[str, int]]
) -> tuple[tuple[str, ...], Fraction, bool]:
    """The criteria on which reviewers differ by the gap of the regulations, the spread of totals, and whether that
    forces a talk.
    """
    apart = []
    for line in lines:
        marks = [scores[line.id] for scores in given if line.id in scores]
        if marks and max(marks) - min(marks) >= rules.consensus_criterion_gap:
            apart.append(line.id)
    totals = [total_of(lines, scores) for scores in given]
    spread = max(totals) - min(totals) if totals else Fraction(0)
    return tuple(apart), spread, bool(apart) or spread >= rules.consensus_total_gap


def gaps_of(lines: Sequence[Line], given: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """By criterion how far reviewers are apart: the highest score less the lowest; only where two or more scored."""
    given = tuple(given)
    gaps: dict[str, int] = {}
    for line in lines:
        marks = [scores[line.id] for scores in given if line.id in scores]
        if len(marks) > 1:
            gaps[line.id] = max(marks) - min(marks)
    return gaps


def leanings_of(lines: Sequence[Line], given: Mapping[str, Mapping[str, int]]) -> dict[str, Fraction]:
    """By reviewer the own total less the mean total of the panel: above nothing is milder, below stricter, exact."""
    totals = {reviewer: total_of(lines, scores) for reviewer, scores in given.items()}
    mean = sum(totals.values(), Fraction(0)) / len(totals) if totals else Fraction(0)
    return {reviewer: total - mean for reviewer, total in totals.items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the scores of a panel come to: exact means, the verdict on them, and how far reviewers are apart."""

    means: dict[str, Fraction]
    verdict: Verdict
    apart: tuple[str, ...]
    spread: Fraction
    forced: bool

    def as_texts(self) -> dict[str, Any]:
        """As facts keep them: fractions as text, under the names of their fields."""
        return {
            "means": {criterion: fraction_text(mean) for criterion, mean in self.means.items()},
            "total": fraction_text(self.verdict.total),
            "gates_missed": self.verdict.gates_missed,
            "advice": self.verdict.advice,
            "consensus_forced": self.forced,
            "spread_criteria": self.apart,
            "spread_total": fraction_text(self.spread),
        }


def figures_of(rules: Regulations, lines: Sequence[Line], given: Sequence[Mapping[str, int]]) -> Figures:
    """Means, verdict and spread of what the reviewers gave, each by criterion."""
    means = panel_means(lines, given)
    apart, spread, forced = spread_of(rules, lines, given)
    return Figures(means, judge(rules, lines, means), apart, spread, forced)


# ------------------------------------------------------------------------------------------------------------ quorum


@dataclass(frozen=True, slots=True)
class Seat:
    """A reviewer as a quorum counts: for which organisation and kind; an external one counts as an organisation
    alone.
    """

    reviewer: str
    organisation: str | None
    kind: str

    @property
    def counted_as(self) -> str:
        return self.organisation or self.reviewer


@dataclass(frozen=True, slots=True)
class Marks:
    """What a seat scored: the criteria; ``complete`` when each criterion was scored or abstained from with a reason."""

    seat: Seat
    criteria: frozenset[str]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """A demand of the quorum that is not met: found less than needed."""

    demand: str
    """assigned, complete, organisations, kinds, external, or a criterion's id."""
    found: int
    needed: int

    def describe(self) -> str:
        """In the language in use: `2 organisations of 3`."""
        name = (
            _(_DEMANDS[self.demand])
            if self.demand in _DEMANDS
            else _("scores on {criterion}").format(criterion=self.demand)
        )
        return _("{what}: {found} of {needed}").format(found=self.found, needed=self.needed, what=name)


_DEMANDS = {
    "assigned": N_("reviewers"),
    "complete": N_("complete reviews"),
    "organisations": N_("organisations"),
    "kinds": N_("kinds of organisation"),
    "external": N_("external reviewers"),
    "seats": N_("votes of the seats without a conflict"),
    "votes": N_("votes"),
    "present": N_("partners present"),
    "unconflicted": N_("partners without a conflict"),
}


def _counted(seats: Iterable[Seat]) -> tuple[int, int, int]:
    seats = tuple(seats)
    return (
        len({seat.counted_as for seat in seats}),
        len({seat.kind for seat in seats}),
        len({seat.reviewer for seat in seats if seat.kind == EXTERNAL}),
    )


def _short(demands: Iterable[tuple[str, int, int]]) -> tuple[Missing, ...]:
    return tuple(Missing(demand, found, needed) for demand, found, needed in demands if found < needed)


def assigned_missing(quorum: Quorum, seats: Sequence[Seat], *, necessity: bool = False) -> tuple[Missing, ...]:
    """What a panel still lacks before a review may open: enough people, and a quorum within their reach."""
    organisations, kinds, external = _counted(seats)
    if necessity:
        return _short((("external", external, NECESSITY_EXTERNALS),))
    return _short(
        (
            ("assigned", len({seat.reviewer for seat in seats}), quorum.assigned),
            ("organisations", organisations, quorum.organisations),
            ("kinds", kinds, quorum.kinds),
            ("external", external, quorum.external),
        )
    )


def quorum_missing(
    quorum: Quorum, lines: Sequence[Line], given: Sequence[Marks], *, necessity: bool = False
) -> tuple[Missing, ...]:
    """What the scores lack before a review counts; empty when the quorum is met.

    Under the rule of necessity three external reviewers are enough, of one kind.
    """
    complete = [marks for marks in given if marks.complete]
    organisations, kinds, external = _counted(marks.seat for marks in complete)
    demands = [("complete", len(complete), quorum.complete)]
    if necessity:
        demands = [("complete", len(complete), NECESSITY_EXTERNALS), ("external", external, NECESSITY_EXTERNALS)]
    else:
        demands += [
            ("organisations", organisations, quorum.organisations),
            ("kinds", kinds, quorum.kinds),
            ("external", external, quorum.external),
        ]
    demands += [
        (line.id, sum(1 for marks in complete if line.id in marks.criteria), quorum.scores_per_criterion)
        for line in lines
    ]
    return _short(demands)


# ----------------------------------------------------------------------------------------------------------- figures


def fraction_text(value: Fraction) -> str:
    """As facts keep it: ``7/3``, or ``62`` when it is whole."""
    return str(value)


def rounded(value: Fraction | str, places: int = 1) -> str:
    """For display only: half up, with a point (``62.5``)."""
    exact = Fraction(value)
    scale = 10**places
    whole = (exact * scale * 2 + 1) // 2
    sign = "-" if whole < 0 else ""
    whole = abs(whole)
    return f"{sign}{whole // scale}.{whole % scale:0{places}d}" if places else f"{sign}{whole}"
