"""What can be asked of evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from fund.declarations import (
    TEXT,
    TEXT_FILE,
    THEME,
    Input,
    InputFile,
    Number,
    Question,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, EVALUATION
from fund.rules.authority import CHAIR, REVIEWER, Role, Who


@command(
    "evaluation submit",
    ".judging:submit",
    Who(frozenset({Role.PARTNER_SIGNATORY, Role.FUND_MANAGER})),
    examples=("fund --as fatima evaluation submit A2026-003 evaluation.toml",),
    permitted=N_("a signatory of a party"),
    see=("evaluation peer-review", "evaluation list"),
)
class SubmitEvaluation(Input):
    """Hand in an evaluation.

    The file is TOML: `hypothesis` (`confirmed`, `refuted`, `inconclusive`), `verdict` (`scale`, `adopt`, `iterate`,
    `stop`), `learned`, and one [[lessons]] with `title`, `text` and `themes` for each lesson. Refuted and well learned
    is a good result. When the parties are 60 days late, a fund manager writes it.
    """

    ref: str = argument(EVALUATION, N_("The agreement"))
    file: InputFile = argument(TEXT_FILE, N_("The evaluation, a TOML file"))


@command(
    "evaluation peer-review",
    ".judging:peer_review",
    REVIEWER,
    examples=("fund --as rosa evaluation peer-review A2026-003 --learning 3",),
    permitted=N_("two reviewers who have no tie with the experiment"),
    see=("evaluation show", "evaluation accept"),
)
class PeerReviewEvaluation(Input):
    """Judge how well was learned.

    0 is nothing, 4 is much and useful to others. Whether the hypothesis held is another matter.
    """

    ref: str = argument(EVALUATION, N_("The agreement"))
    learning: int = option("--learning", Number(least=0, most=4), N_("The quality of learning"), metavar="0-4")
    remarks: str = option("--remarks", TEXT, N_("What the parties should know"), default="")


@command(
    "evaluation accept",
    ".judging:accept",
    CHAIR,
    examples=("fund --as carla evaluation accept A2026-003",),
    permitted=N_("the chair of the committee"),
    see=("evaluation lessons", "writeoff propose"),
)
class AcceptEvaluation(Input):
    """Accept an evaluation.

    It is published to every partner by itself; a verdict to scale or adopt invites a roll-out.
    """

    ref: str = argument(EVALUATION, N_("The agreement"))


@command(
    "evaluation return",
    ".judging:send_back",
    CHAIR,
    examples=('fund --as carla evaluation return A2026-003 --reason "the measurement is missing"',),
    permitted=N_("the chair of the committee"),
    see=("evaluation submit",),
)
class ReturnEvaluation(Input):
    """Send an evaluation back, once."""

    ref: str = argument(EVALUATION, N_("The agreement"))
    reason: str = option("--reason", TEXT, N_("What is missing"))


class EvaluationRow(TypedDict):
    ref: str
    proposal: str
    lead_partner: str
    lead_name: str
    state: str
    due_on: str
    hypothesis: str | None
    learning: str | None
    verdict: str | None
    good_result: bool | None
    lessons: int | None
    followon_until: str | None


class Evaluations(TypedDict):
    as_of: str
    evaluations: list[EvaluationRow]


class PartyRow(TypedDict):
    partner: str
    name: str


class LessonRow(TypedDict):
    title: str
    text: str
    themes: list[str]


class PeerRow(TypedDict):
    reviewer: str
    name: str
    learning: int
    remarks: str


class ReturnRow(TypedDict):
    on: str
    reason: str


class ParentRow(TypedDict):
    agreement: str
    title: str
    lead_partner: str | None
    lead_name: str


class FollowerRow(TypedDict):
    proposal: str
    agreement: str | None
    title: str
    lead_partner: str
    lead_name: str
    state: str


class Lineage(TypedDict):
    """What an agreement follows, nearest first, and what follows it."""

    follows: list[ParentRow]
    followed_by: list[FollowerRow]


class EvaluationDetail(EvaluationRow, Lineage):
    as_of: str
    title: str
    parties: list[PartyRow]
    question: str
    measurement: str
    stop_rule: str
    themes: list[str]
    ended_by: str
    learned: str
    learning_threshold: int
    cards: list[LessonRow]
    submitted_on: str | None
    by_fund_manager: bool
    peers: list[PeerRow]
    returned: list[ReturnRow]
    published_on: str | None
    followon_expired: bool


class LessonCard(TypedDict):
    agreement: str
    proposal: str
    experiment: str
    lead_partner: str
    lead_name: str
    question: str
    title: str
    text: str
    themes: list[str]
    hypothesis: str
    learning: str
    good_result: bool
    verdict: str
    used_by: list[PartyRow]
    followed_by: list[str]
    published_on: str | None


class LessonsFound(TypedDict):
    theme: str | None
    text: str | None
    lessons: list[LessonCard]


class CarriedOver(TypedDict):
    agreement: str
    answers: Mapping[str, Any]


@query(
    "evaluation list",
    ".lessons:listed",
    lists={"evaluations": "evaluation"},
    examples=("fund evaluation list", "fund evaluation list --state due"),
    see=("evaluation show", "evaluation lessons"),
)
class EvaluationList(Question[Evaluations]):
    """List evaluations with their two results."""


@query(
    "evaluation show",
    ".lessons:show",
    examples=("fund --as rosa evaluation show A2026-003",),
    see=("evaluation lessons", "agreement show", "evaluation file list"),
)
class EvaluationShow(Question[EvaluationDetail]):
    """Show an evaluation whole.

    The question, both results, what was learned, the lessons and what the peers said. Before publication for the
    parties, reviewers, the committee and the fund office; after it for everybody.
    """

    ref: str = argument(EVALUATION, N_("The agreement"))


@query(
    "evaluation lessons",
    ".lessons:lessons",
    examples=("fund evaluation lessons --theme T05", 'fund evaluation lessons --theme water --text "pump distance"'),
    see=("evaluation list", "evaluation show"),
)
class EvaluationLessons(Question[LessonsFound]):
    """Search the lessons of all experiments.

    Failed experiments stand beside the others: they are what others need most. Words are found in any order, with or
    without accents; a theme by its id, its name or a part of it.
    """

    theme: str | None = option("--theme", THEME, N_("Only this theme: T05, or Water and climate"), default=None)
    text: str | None = option("--text", TEXT, N_("Only lessons with all of these words"), default=None, metavar="WORDS")


@query("evaluation carried-over", ".followon:carried", see=("proposal template",))
class EvaluationCarriedOver(Question[CarriedOver]):
    """Give what a roll-out takes over from the agreement that it follows."""

    ref: str = option("--follows", AGREEMENT, N_("The agreement that this rolls out"))
