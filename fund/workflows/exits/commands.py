"""What can be asked of exits."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.declarations import (
    AMOUNT,
    DAY,
    DOCUMENT,
    FLAG,
    PARTNER,
    TEXT,
    Input,
    InputFile,
    Question,
    accounting_day,
    argument,
    as_of,
    command,
    known_at,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT
from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY, PAYERS, TREASURER


@command(
    "partner give-notice",
    ".settlement:give_notice",
    OWN_SIGNATORY,
    examples=(
        "fund --as piet partner give-notice gm0312 --decision raadsbesluit.pdf --decided-on 2026-06-18",
        "fund --as piet partner give-notice gm0312 --decision raadsbesluit.pdf --leaves-on 2027-01-01",
    ),
    permitted=N_("a signatory of the partner"),
    see=("partner exit-quote", "partner propose-settlement"),
)
class GiveNotice(Input):
    """Give notice: the partner leaves.

    By decision of its council, states or general board, which goes along. Nobody approves it. The partner remains a
    partner until its settlement is paid; it proposes nothing new.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    decision: InputFile | None = option(
        "--decision", DOCUMENT, N_("The decision of council, states or board"), default=None
    )
    decided_on: date | None = option("--decided-on", DAY, N_("The day of that decision, default today"), default=None)
    leaves_on: date | None = option(
        "--leaves-on", DAY, N_("The day of leaving; the first that the term allows"), default=None
    )


@command(
    "partner propose-settlement",
    ".winding_up:propose",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        "fund --as anna partner propose-settlement gm0312",
        "fund --as anna partner propose-settlement gm0312 --valued-on 2027-01-31 --costs 1250",
        'fund --as anna partner propose-settlement --all --valued-on 2030-12-31 --reason "the programme is over"',
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("partner agree-settlement", "partner exit-quote", "confirm"),
)
class ProposeSettlement(Input):
    """Propose the settlement of a partner that leaves, or of all.

    The exit quote of the day of leaving, kept with everything it follows from. It may be proposed again until it is in
    the books. With --all the winding-up of the fund lies before the full board; once two thirds agree, every partner
    gets its settlement by the same computation.
    """

    ref: str | None = argument(PARTNER, N_("The partner"), default=None)
    everybody: bool = option("--all", FLAG, N_("Every partner: the fund is wound up"), default=False)
    valued_on: date | None = option(
        "--valued-on", DAY, N_("The day of the valuation; the day of leaving, or today"), default=None
    )
    costs: int = option("--costs", AMOUNT, N_("Costs of leaving that are not booked yet"), default=0)
    reason: str = option("--reason", TEXT, N_("Why the fund is wound up"), default="")


@command(
    "partner agree-settlement",
    ".settlement:agree",
    OWN_SIGNATORY,
    second=CHAIR,
    examples=(
        "fund --as piet partner agree-settlement gm0312",
        "fund --as piet partner agree-settlement gm0312 --amount 20150 --advice advies.pdf",
    ),
    permitted=N_("a signatory of the partner; the chair confirms"),
    see=("partner dispute-settlement", "partner settle", "confirm"),
)
class AgreeSettlement(Input):
    """Agree on a settlement.

    After a dispute another amount may be agreed, on the advice of an expert.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    amount: int | None = option("--amount", AMOUNT, N_("The net amount; what was proposed when left out"), default=None)
    advice: InputFile | None = option("--advice", DOCUMENT, N_("The advice of the expert"), default=None)


@command(
    "partner dispute-settlement",
    ".settlement:dispute",
    OWN_SIGNATORY,
    examples=('fund --as piet partner dispute-settlement gm0312 --reason "the allowance is too high"',),
    permitted=N_("a signatory of the partner"),
    see=("partner settle", "partner agree-settlement"),
)
class DisputeSettlement(Input):
    """Dispute a settlement.

    What the fund itself acknowledges is undisputed, and may be settled and paid first.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    reason: str = option("--reason", TEXT, N_("What it should be, and why; it is kept"))
    file: InputFile | None = option("--file", DOCUMENT, N_("What that is based on"), default=None)


@command(
    "partner settle",
    ".settlement:settle",
    TREASURER,
    examples=("fund --as bram2 partner settle gm0312",),
    permitted=N_("a treasurer who acted in nothing of it before"),
    see=("partner pay-settlement", "partner show"),
)
class SettleExit(Input):
    """Put a settlement in the books.

    The partner's capital leaves the fund; what it gets is owed to it, now and later. In dispute only the undisputed
    part. What was due at once and does not lie free any more is due later.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    on: date | None = accounting_day(default=None)


@command(
    "partner pay-settlement",
    ".paying:pay",
    TREASURER,
    second=PAYERS,
    examples=(
        "fund --as bram partner pay-settlement gm0312",
        "fund --as bram partner pay-settlement gm0312 --keep A2026-004",
        "fund --as bram partner pay-settlement gm0312 --set-off A2026-004 --signed verrekening.pdf",
    ),
    permitted=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("payment batch", "partner show", "confirm"),
)
class PaySettlement(Input):
    """Pay what is due of a settlement, or set it off.

    What is due goes to the partner's verified account with the next batch. Of each agreement that it leads is said
    what happens: kept, taken over (`fund agreement amend --lead`), or set off with a paper that it signed.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    amount: int | None = option("--amount", AMOUNT, N_("A part; all that is due when left out"), default=None)
    keep: tuple[str, ...] = option(
        "--keep", AGREEMENT, N_("An own agreement that goes on; may be repeated"), default=(), several=True
    )
    set_off: str | None = option("--set-off", AGREEMENT, N_("The own agreement whose advance it repays"), default=None)
    signed: InputFile | None = option(
        "--signed", DOCUMENT, N_("The paper with which the partner agrees to that"), default=None
    )
    on: date | None = accounting_day(default=None)


@command(
    "partner close-out",
    ".deferred_payments:close_out",
    TREASURER,
    second=PAYERS,
    examples=("fund --as bram partner close-out gm0312",),
    permitted=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("partner pay-settlement", "partner show", "confirm"),
)
class CloseOutExit(Input):
    """End the later part of a settlement at the long-stop.

    What the named items and the buffer still hold for the partner is due now, from what is free to commit; the rest of
    its later part stays in the fund.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    on: date | None = accounting_day(default=None)


@query(
    "partner exit-quote",
    ".quoting:exit_quote",
    examples=("fund partner exit-quote gm0312", "fund --as piet partner exit-quote gm0312 --as-of 2026-12-31 --json"),
    permitted=N_("its own people, the fund office, the chair, an auditor"),
    see=("partner give-notice", "statement partner", "statement position"),
)
class PartnerExitQuote(Question[dict[str, Any]]):
    """What leaving would mean for a partner, on any day.

    What the partner would get if it left at the end of that day: its share of what the fund is worth, less what is
    promised and will not come back. Now as far as money is free, the rest when outstanding money comes in. The same
    day and --known-at give the same quote, for ever; --json has everything it follows from.
    """

    ref: str = argument(PARTNER, N_("The partner"))
    costs: int = option("--costs", AMOUNT, N_("Costs of leaving that are not booked yet"), default=0)
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
