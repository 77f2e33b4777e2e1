"""What can be asked of writeoffs."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    DOCUMENT,
    TEXT,
    USER,
    Choice,
    Input,
    InputFile,
    Question,
    Reference,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, WRITEOFF
from fund.rules.authority import CHAIR, FUND_MANAGER, TREASURER, VOTERS


@command(
    "writeoff propose",
    ".proposing:propose",
    FUND_MANAGER,
    examples=(
        'fund --as anna writeoff propose A2026-003 --requested-by fatima --reason "the hypothesis was refuted"',
        'fund --as anna writeoff propose A2026-004 --ground uncollectible --file view.pdf --reason "no means left"',
    ),
    permitted=N_("a fund manager who is of no party"),
    see=("writeoff vote", "evaluation list"),
)
class ProposeWriteoff(Input):
    """Propose to write off an advance.

    On the ground of learning: the evaluation is accepted with learning of at least 2, its lessons are published, the
    agreement is completed or ended by its stop rule, a signatory of the lead asks for it. Other grounds need a file:
    reminders and a legal view.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    ground: str = option(
        "--ground",
        Choice(
            "ground",
            words={
                "learning": N_("learning"),
                "hardship": N_("hardship"),
                "uncollectible": N_("uncollectible"),
                "irregularity": N_("irregularity"),
            },
        ),
        N_("Why it will not come back"),
        default="learning",
    )
    amount_cents: int | None = option("--amount", AMOUNT, N_("All that is outstanding when left out"), default=None)
    reason: str = option("--reason", TEXT, N_("In one sentence; it is kept"))
    file: InputFile | None = option("--file", DOCUMENT, N_("Reminders and legal view"), default=None)
    requested_by: str | None = option(
        "--requested-by", USER, N_("The signatory of the lead who asked for it"), default=None
    )


@command(
    "writeoff vote",
    ".deciding:vote",
    VOTERS,
    examples=("fund --as mira writeoff vote A2026-003-W1 --choice for",),
    permitted=N_("a member of the committee who is of no party"),
    see=("writeoff decide",),
)
class VoteOnWriteoff(Input):
    """Vote on a proposed write-off.

    Votes stay under seal until the decision; a later vote takes the place of an earlier one.
    """

    ref: str = argument(WRITEOFF, N_("The write-off"))
    choice: str = option(
        "--choice",
        Choice("vote", words={"for": N_("for"), "against": N_("against"), "abstain": N_("abstain")}),
        N_("An abstention counts for the quorum only"),
    )
    reason: str = option("--reason", TEXT, N_("Why; it is opened with the vote"), default="")


@command(
    "writeoff decide",
    ".deciding:decide",
    CHAIR,
    examples=("fund --as carla writeoff decide A2026-003-W1",),
    permitted=N_("the chair of the committee"),
    see=("writeoff post",),
)
class DecideWriteoff(Input):
    """Open the votes: decided or refused.

    A majority within the yearly learning budget, two thirds beyond it.
    """

    ref: str = argument(WRITEOFF, N_("The write-off"))
    reason: str = option("--reason", TEXT, N_("Why, where it is refused"), default="")


@command(
    "writeoff post",
    ".booking:post",
    FUND_MANAGER,
    second=TREASURER,
    examples=("fund --as anna writeoff post A2026-003-W1",),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("writeoff reverse", "ledger entries"),
)
class PostWriteoff(Input):
    """Book a decided write-off.

    The instalments are cancelled in the same command; the allowance above what remains is released.
    """

    ref: str = argument(WRITEOFF, N_("The write-off"))
    on: date | None = accounting_day(default=None)


@command(
    "writeoff reverse",
    ".booking:reverse",
    CHAIR,
    second=TREASURER,
    examples=('fund --as carla writeoff reverse A2026-003-W1 --reason "the lead will pay"',),
    permitted=N_("the chair of the committee; a treasurer confirms"),
    see=("repayment schedule",),
)
class ReverseWriteoff(Input):
    """Take a write-off back.

    The exact mirror of its entry, today; the instalments return, and what was recovered is a repayment.
    """

    ref: str = argument(WRITEOFF, N_("The write-off"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "writeoff recover",
    ".booking:recover",
    TREASURER,
    examples=("fund --as bram writeoff recover A2026-003-W1 --receipt O2026-0031",),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "writeoff list"),
)
class RecoverWriteoff(Input):
    """Book money that came in on a write-off.

    Beyond what was written off it is owed back to the payer.
    """

    ref: str = argument(WRITEOFF, N_("The write-off"))
    receipt: str | None = option("--receipt", Reference(), N_("The receipt that holds the money"), default=None)
    amount_cents: int | None = option("--amount", AMOUNT, N_("All of the receipt when left out"), default=None)
    on: date | None = accounting_day(default=None)


class WriteoffRow(TypedDict):
    ref: str
    agreement: str
    proposal: str
    lead_partner: str
    lead_name: str
    ground: str
    state: str
    amount_cents: int
    posted_cents: int
    recovered_cents: int
    votes: int


class Writeoffs(TypedDict):
    as_of: str
    writeoffs: list[WriteoffRow]


@query(
    "writeoff list",
    ".reading:listed",
    lists={"writeoffs": "writeoff"},
    examples=("fund writeoff list", "fund writeoff list --state decided"),
    see=("statement position", "writeoff file list"),
)
class WriteoffList(Question[Writeoffs]):
    """List write-offs and what was recovered."""
