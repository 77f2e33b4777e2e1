"""What can be asked of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from fund.declarations import (
    FLAG,
    TEXT,
    TEXT_FILE,
    USER,
    Choice,
    Input,
    InputFile,
    Question,
    Reference,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import PROPOSAL
from fund.rules.authority import COMMITTEE, FUND_MANAGER, PANEL, either


@command(
    "review open",
    ".panel:open_review",
    FUND_MANAGER,
    examples=(
        "fund --as anna review open 2026-003",
        "fund --as anna review open 2026-003 --reviewer els --reviewer wim --reviewer ada --reviewer bas",
    ),
    permitted=N_("a fund manager who is of no party"),
    see=("review show", "review show --template", "review score"),
)
class OpenReview(Input):
    """Let the panel read and score a proposal.

    Takes the panel that the fund proposed, without conflicts and balanced over kinds and load, or the one you name,
    its chair first. Rubric, quorum and revision are fixed from here. Where nobody is free of conflicts, the rule of
    necessity lets three external reviewers advise and the full board decide.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    reviewers: tuple[str, ...] = option(
        "--reviewer", USER, N_("A member of the panel; repeat"), default=(), several=True
    )
    necessity: bool = option(
        "--necessity", FLAG, N_("Nobody is free of conflicts: externals advise, the full board decides"), default=False
    )


@command(
    "review assign",
    ".panel:assign",
    FUND_MANAGER,
    examples=("fund --as anna review assign 2026-003 els --replaces wim",),
    permitted=N_("a fund manager who is of no party"),
    see=("review show",),
)
class AssignReviewer(Input):
    """Add a reviewer to the panel.

    With --replaces the new reviewer takes the place of another, whose score no longer counts. Where a quorum is
    missing `fund review show` says whom the fund proposes.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    reviewer: str = argument(USER, N_("Who joins"))
    replaces: str | None = option("--replaces", USER, N_("Who leaves"), default=None)


@command(
    "review declare",
    ".scores:declare",
    either(PANEL, COMMITTEE),
    second=".scores:second_of_declare",
    seconds=(COMMITTEE,),
    examples=(
        "fund --as els review declare 2026-003 --none",
        "fund --as els review declare 2026-003 --hard family",
        'fund --as carla review declare 2026-003 --about els --stays --reason "long ago, no interest"',
    ),
    permitted=N_(
        "a reviewer in the panel, with --hard a member of the committee too; about another: the chair, confirmed by a "
        "member"
    ),
    see=("review score", "review recuse"),
)
class DeclareConflict(Input):
    """Say whether you have a conflict of interest.

    For this revision of the proposal. Ties that the fund computes itself are added: money asked in the same round, a
    cooperation or experiment with the lead on the same theme in the last three years, a shared service organisation.
    Scoring asks it too. With --hard you declare what only you know, and have no part in the case from then on: no
    score, no vote.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    none: bool = option("--none", FLAG, N_("No tie at all"), default=False)
    grounds: tuple[str, ...] = option("--ground", TEXT, N_("A possible conflict; repeat"), default=(), several=True)
    hard: str | None = option(
        "--hard",
        Choice(
            "ground",
            words={
                "family": N_("family"),
                "financial": N_("financial"),
                "manager": N_("manager"),
                "person": N_("person"),
                "supplier": N_("supplier"),
            },
        ),
        N_("A conflict that bars you"),
        default=None,
    )
    about: str | None = option("--about", USER, N_("Judge what this reviewer declared"), default=None)
    stays: bool | None = option("--stays/--leaves", FLAG, N_("Whether that reviewer stays in the panel"), default=None)
    reason: str = option("--reason", TEXT, N_("Why, when you judge"), default="")


@command(
    "review score",
    ".scores:score",
    PANEL,
    examples=("fund --as els review score 2026-003 scores.toml --no-conflict",),
    permitted=N_("a reviewer in the panel"),
    see=("review show --template", "review declare"),
)
class ScoreProposal(Input):
    """Score a proposal, under seal.

    The file is TOML: under [scores] a whole number from 0 to 4 for each criterion, under [abstain] a reason for each
    you leave out; above them, where you have no conflict, `declaration = "none"`. Nobody sees it before the review
    closes; until then a later file takes its place.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    file: InputFile = argument(TEXT_FILE, N_("The scores"))
    no_conflict: bool = option("--no-conflict", FLAG, N_("Declare that you have no conflict"), default=False)
    grounds: tuple[str, ...] = option(
        "--ground", TEXT, N_("Declare a possible conflict; repeat"), default=(), several=True
    )


@command(
    "review recuse",
    ".panel:recuse",
    PANEL,
    examples=('fund --as els review recuse 2026-003 --reason "my sister joined the team"',),
    permitted=N_("a reviewer in the panel"),
    see=("review assign",),
)
class RecuseReviewer(Input):
    """Step back from a panel.

    What you scored no longer counts; the record stays.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))


@command(
    "review close",
    ".closing:close",
    FUND_MANAGER,
    examples=("fund --as anna review close 2026-003 --yes",),
    permitted=N_("a fund manager who is of no party"),
    see=("review show", "decision show"),
)
class CloseReview(Input):
    """Close a review: the scores are opened.

    The fund does this itself when the last of the panel has scored, or at the deadline.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))


@command(
    "review consensus",
    ".consensus:consensus",
    PANEL,
    examples=(
        'fund --as els review consensus 2026-003 --score exit=2 --grounds "the annex settles it"',
        "fund --as wim review consensus 2026-003 --agree",
    ),
    permitted=N_("the chair of the panel, then its members"),
    see=("review show",),
)
class AgreeOnScores(Input):
    """Agree as a panel where scores differ much.

    The chair of the panel writes down a score for each criterion on which reviewers differ, the others agree with
    exactly these. Both scores are kept. After ten days without agreement the means stand.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    scores: tuple[str, ...] = option(
        "--score", TEXT, N_("What the panel may agree on; repeat"), default=(), several=True, metavar="CRITERION=SCORE"
    )
    grounds: str = option("--grounds", TEXT, N_("What the panel found"), default="")
    agree: bool = option("--agree", FLAG, N_("Agree with what the chair wrote down"), default=False)


class SeatRow(TypedDict):
    reviewer: str
    name: str
    organisation: str | None
    kind: str
    load: int
    chair: bool
    soft: list[str] | None
    declared: list[str] | None
    judged: bool | None
    scored: bool
    why: str
    why_text: str


class MissingRow(TypedDict):
    demand: str
    found: int
    needed: int
    text: str


class RubricRow(TypedDict):
    id: str
    name_nl: str
    name_en: str
    weight: int
    gate: int | None
    anchors_nl: list[str]
    anchors_en: list[str]


class CandidateRow(TypedDict):
    reviewer: str
    name: str
    kind: str
    load: int
    soft: list[str]


class BarredReviewer(TypedDict):
    reviewer: str
    name: str
    why: str
    ground: str


class PassedOver(TypedDict):
    reviewer: str
    name: str
    why: str
    why_text: str


class LeftPanel(TypedDict):
    reviewer: str
    name: str
    ground: str
    scored: bool


class TopUp(PassedOver):
    kind: str
    command: str


class Undecided(TypedDict):
    reviewer: str
    name: str
    grounds: list[str]


class ScoreRow(TypedDict):
    reviewer: str
    name: str
    total: str
    scores: Mapping[str, int]
    excluded: str | None


class ReviewResult(TypedDict):
    total: str
    total_rounded: str
    advice: str
    gates_missed: list[str]
    means: Mapping[str, str]
    spread_criteria: list[str]
    spread_total: str
    consensus_forced: bool
    consensus_until: str | None
    consensus: Mapping[str, Any] | None
    agreed_by: list[str]
    recomputed: bool
    scores: list[ScoreRow]


class AroundThePanel(TypedDict):
    """Everybody else who was looked at, each with the reason: for who may know."""

    candidates: list[CandidateRow]
    barred: list[BarredReviewer]
    passed_over: list[PassedOver]
    left: list[LeftPanel]
    top_up: list[TopUp]
    undecided: list[Undecided]


class ReviewDetail(AroundThePanel):
    ref: str
    title: str
    state: str
    proposal_state: str
    turn: int
    track: str
    profile: str
    regulations: str
    necessity: bool
    extended: bool
    closes_at: str | None
    panel: list[SeatRow]
    missing: list[MissingRow]
    rubric: list[RubricRow]
    top_up_missing: list[str]
    result: ReviewResult | None


class SpreadOfReview(TypedDict):
    ref: str
    title: str
    sample: bool
    spread_total: str
    spread_total_rounded: str
    gaps: Mapping[str, int]
    consensus_forced: bool


class SpreadOfCriterion(TypedDict):
    id: str
    largest: int
    mean: str
    mean_rounded: str


class SpreadOfReviewer(TypedDict):
    reviewer: str
    name: str
    reviews: int
    leaning: str
    leaning_rounded: str


class Spread(TypedDict):
    round: str
    title: str
    reviews: list[SpreadOfReview]
    criteria: list[SpreadOfCriterion]
    reviewers: list[SpreadOfReviewer]


@query(
    "review show",
    ".showing:show",
    examples=("fund review show 2026-003", "fund --as els review show 2026-003 --template > scores.toml"),
    see=("review score", "decision show"),
)
class ReviewShow(Question[ReviewDetail]):
    """Show a panel, and the scores once it closed.

    Who sits in it and why; for the fund office, the committee and the auditor also who does not and why not. Before
    the closing it shows who has scored, and never what; afterwards scores are for these and the panel.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))


@query(
    "review spread",
    ".calibrating:spread",
    examples=("fund --as anna review spread 2026-1",),
    see=("review show", "round show"),
)
class ReviewSpread(Question[Spread]):
    """Show how far the reviewers of a round are apart.

    Over the closed reviews of a round whose scores you may see. The first two that close are its samples: look at them
    with the reviewers before the rest is scored.
    """

    ref: str = argument(Reference(listed=(("round list", "rounds", "ref"),)), N_("The round"))
