"""What can be asked of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict, final

from fund.declarations import (
    AMOUNT,
    DAY,
    DOCUMENT,
    FLAG,
    TEXT,
    Choice,
    Input,
    InputFile,
    Number,
    Question,
    Reference,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import PROPOSAL
from fund.rules.authority import CHAIR, COMMITTEE, FUND_MANAGER, PARTY_SIGNATORY, TREASURER, VOTERS, either
from fund.workflows.reviews.commands import MissingRow

if TYPE_CHECKING:
    from fund.schemas.resolutions import ResolutionDetail


@command(
    "decision prepare",
    ".preparing:prepare",
    FUND_MANAGER,
    examples=('fund --as anna decision prepare 2026-003 --remark "the council met on 3 March"',),
    permitted=N_("a fund manager who is of no party"),
    see=("decision show",),
)
class PrepareDecision(Input):
    """Make the committee's file.

    The fund makes it by itself when a review has closed: advice, rank in the round, money, who may vote. After a
    deferral, or to add a remark, a fund manager makes it again.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    remark: str = option("--remark", TEXT, N_("What the committee must know"), default="")


@command(
    "decision vote",
    ".voting:vote",
    VOTERS,
    examples=(
        "fund --as mira decision vote 2026-003 --for",
        'fund --as mira decision vote 2026-003 --choice against --reason "no exit rules"',
    ),
    permitted=N_("a member of the body that decides, who is of no party and did not review it"),
    see=("decision show", "decision decide"),
)
class CastVote(Input):
    """Vote on a matter of a body.

    On a proposal, a write-off, a large amendment or a resolution the committee votes, on a distribution key, an
    admission or a winding-up each partner. Votes stay under seal until the decision, on a key until the last partner
    voted; a later vote takes the place of an earlier one, until they are opened. A deputy votes where the member may
    not or does not.
    """

    ref: str = argument(Reference(), N_("The proposal, key, write-off, amendment or resolution"))
    reason: str = option("--reason", TEXT, N_("Why; it is opened with the vote"), default="")
    choice: str = option(
        "--choice",
        Choice(
            "vote",
            words={
                "for": N_("for"),
                "against": N_("against"),
                "abstain": N_("abstain"),
                "uphold": N_("uphold"),
                "reopen": N_("reopen"),
            },
        ),
        N_("Your vote; uphold and reopen are for an objection"),
    )


@command(
    "decision decide",
    ".deciding:decide",
    either(CHAIR, FUND_MANAGER),
    second=".deciding:second_of_decide",
    seconds=(COMMITTEE,),
    examples=(
        "fund --as carla decision decide 2026-003 --amount 35000",
        'fund --as carla decision decide 2026-003 --reject --reason "exit=nothing is arranged"',
        "fund --as carla decision decide 2026-003 --defer money --until 2026-06-01",
        'fund --as carla decision decide 2026-003 --condition "gm0351;council decision;2026-05-01;own share granted"',
    ),
    permitted=N_("the chair; on the light track another fund manager, confirmed by a member"),
    see=("decision show", "agreement draft"),
)
class DecideProposal(Input):
    """Open the votes and decide.

    What you do not say follows from the votes: carried approves what was asked, lost rejects, a tie defers and the
    second time rejects. A rejection gives reasons per criterion, and so does a decision other than advised.
    """

    ref: str = argument(PROPOSAL, N_("The proposal or resolution, or a key that not every partner voted on"))
    amount_cents: int | None = option("--amount", AMOUNT, N_("The award; what was asked if left out"), default=None)
    reject: bool = option("--reject", FLAG, N_("Say no"), default=False)
    defer_for: str | None = option(
        "--defer",
        Choice(
            "ground",
            words={"improve": N_("improve"), "information": N_("information"), "money": N_("money"), "tie": N_("tie")},
        ),
        N_("Let it come back once, and why"),
        default=None,
    )
    until: date | None = option("--until", DAY, N_("The day on which a deferred matter is back"), default=None)
    conditions: tuple[str, ...] = option(
        "--condition",
        TEXT,
        N_("What must be shown first, by whom, how, until when; repeat"),
        default=(),
        several=True,
        metavar="PARTY;EVIDENCE;DATE;TEXT",
    )
    reasons: tuple[str, ...] = option(
        "--reason", TEXT, N_("Why; repeat"), default=(), several=True, metavar="CRITERION=TEXT"
    )
    on: date | None = accounting_day(default=None)


@command(
    "decision evidence",
    ".after_decision:evidence",
    either(PARTY_SIGNATORY, CHAIR),
    examples=(
        "fund --as fatima decision evidence 2026-003 1 besluit.pdf",
        "fund --as carla decision evidence 2026-003 1 --extend-to 2026-09-01",
    ),
    permitted=N_("a signatory of the party that must show it; more time: the chair"),
    see=("decision meet-conditions",),
)
class HandInConditionEvidence(Input):
    """Hand in evidence for a condition.

    The file is kept by its hash. With --extend-to the chair gives the condition more time, once.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    number: int = argument(Number(least=1), N_("The number of the condition"))
    extend_to: date | None = option("--extend-to", DAY, N_("More time, until this day"), default=None)
    file: InputFile | None = argument(DOCUMENT, N_("The evidence"), default=None)


@command(
    "decision meet-conditions",
    ".after_decision:meet_conditions",
    FUND_MANAGER,
    second=either(FUND_MANAGER, TREASURER, COMMITTEE),
    examples=("fund --as anna decision meet-conditions 2026-003",),
    permitted=N_(
        "a fund manager, confirmed by a treasurer, a second fund manager or a member of the committee who did not "
        "decide it"
    ),
    see=("decision evidence", "agreement draft"),
)
class MeetConditions(Input):
    """Find that every condition is met.

    The award holds from now on; the money was set aside before.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))


@command(
    "decision reopen",
    ".after_decision:reopen",
    CHAIR,
    second=COMMITTEE,
    examples=('fund --as carla decision reopen 2026-003 --reason "other funding fell away"',),
    permitted=N_("the chair, confirmed by a second member of the committee"),
    see=("decision vote",),
)
class ReopenDecision(Input):
    """Take a decision back, before an agreement.

    What was set aside is free again; the committee votes anew.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "decision decide-objection",
    ".after_decision:decide_objection",
    CHAIR,
    examples=('fund --as dora decision decide-objection 2026-003 --uphold --advice advies.pdf --reason "as advised"',),
    permitted=N_("a chair or deputy who took no part in the decision"),
    see=("decision vote", "proposal show"),
)
class DecideObjection(Input):
    """Decide an objection.

    With two members who took no part before and have voted, on external advice; the three decide by majority. Upheld,
    the decision stands; otherwise it is decided anew.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    uphold: bool = option("--uphold/--reopen", FLAG, N_("Your own choice"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)
    file: InputFile | None = option("--advice", DOCUMENT, N_("The external advice"), default=None)


class VoterRow(TypedDict):
    voter: str
    name: str
    organisation: str | None
    kind: str
    voted: bool
    deputy_of: str | None


class DisclosedRow(TypedDict):
    partner: str
    name: str
    ground: str


class BarredVoter(TypedDict):
    voter: str
    name: str
    ground: str


class CriterionRow(TypedDict):
    id: str
    name_nl: str
    name_en: str


@final
class DecisionDetail(TypedDict):
    ref: str
    title: str
    state: str
    proposal_state: str
    round: str
    session: int
    ask_cents: int
    rank: int | None
    of: int
    ceiling_left_cents: int
    free_to_commit_cents: int
    decide_before: str | None
    term_extended: bool
    overdue: bool
    prepared: Mapping[str, Any] | None
    body: str
    two_thirds: bool
    seats: Mapping[str, int]
    voters: list[VoterRow]
    disclosed: list[DisclosedRow]
    barred: list[BarredVoter]
    missing: list[MissingRow]
    outcome: str | None
    award_cents: int
    decided_on: str | None
    deviates: bool
    reasons: Mapping[str, str]
    criteria: list[CriterionRow]
    conditions: list[Mapping[str, Any]]
    deferred_for: str | None
    until_on: str | None
    votes: list[Mapping[str, Any]]


@final
class OnResolution(TypedDict):
    resolution: ResolutionDetail


@query(
    "decision show",
    ".showing:show",
    examples=("fund decision show 2026-003", "fund --as carla decision show 2026-003 --json"),
    see=("decision vote", "review show", "decision file list"),
)
class DecisionShow(Question[DecisionDetail | OnResolution]):
    """Show the file, who voted and what was decided.

    Before the decision it shows who has voted, and never what.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
