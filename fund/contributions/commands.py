"""What can be asked of contributions."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    DAY,
    FLAG,
    PARTNER,
    Input,
    Number,
    Question,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, CALL, KEY, RECEIPT
from fund.rules.authority import FUND_MANAGER, TREASURER


@command(
    "capital call",
    ".calling:call",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        "fund --as anna capital call --amount 2500000 --key 2026",
        "fund --as anna capital call --amount 2500000 --instalments 4 --every 3 --due 2026-03-31",
        "fund --as anna capital call --partner gm0344 --amount 12500.00 --due 2026-06-30",
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("key compare", "capital list", "confirm"),
)
class CallCapital(Input):
    """Call capital from all partners, or from one.

    A total is divided over every active partner by the key of the day, to the cent; each gets a call and an entry of
    its own for each instalment. With --partner one partner is called for the amount. Whoever gave notice is called
    only for what was committed before it: --for names that.
    """

    amount: int = option("--amount", AMOUNT, N_("The total, or what the one partner is asked"))
    key: str | None = option("--key", KEY, N_("The key you expect to be in force"), default=None, metavar="NAME")
    partner: str | None = option("--partner", PARTNER, N_("Only this partner"), default=None)
    instalments: int | None = option(
        "--instalments", Number(least=1, most=60), N_("In so many parts; --due is the first day"), default=None
    )
    every: int | None = option(
        "--every", Number(least=1, most=60), N_("Months between instalments"), default=None, metavar="MONTHS"
    )
    commitment: str | None = option("--for", AGREEMENT, N_("The award that the money is for"), default=None)
    on: date | None = accounting_day(default=None)
    due_days: tuple[date, ...] = option(
        "--due",
        DAY,
        N_("The last day to pay; by the regulations when left out; repeat for instalments"),
        default=(),
        several=True,
    )


@command(
    "capital receive",
    ".receiving:receive",
    TREASURER,
    second=FUND_MANAGER,
    examples=("fund --as bram capital receive B2026-0007 --receipt O2026-0012",),
    permitted=N_("a treasurer; a fund manager confirms"),
    see=("bank match", "bank unmatched"),
)
class ReceiveContribution(Input):
    """Set a receipt against a call, by two people.

    Receipts with certain evidence are matched by `fund bank import`, proposed ones by `fund bank match`. This is for a
    receipt whose evidence says nothing, or something else.
    """

    ref: str = argument(CALL, N_("The call"))
    receipt: str = option("--receipt", RECEIPT, N_("The receipt that holds the money"))
    amount: int | None = option("--amount", AMOUNT, N_("A part of it; all that waits when left out"), default=None)
    on: date | None = accounting_day(default=None)


class CallRow(TypedDict):
    ref: str
    partner: str
    partner_name: str
    partner_state: str
    called_cents: int
    received_cents: int
    open_cents: int
    called_on: str
    due_on: str
    state: str
    key: str
    share: str
    total_cents: int
    reference: str
    series: str
    instalment: int
    instalments: int
    part_cents: int
    commitment: str | None
    reminded: str | None
    overdue: bool


class Calls(TypedDict):
    calls: list[CallRow]


@query(
    "capital list",
    ".reading:calls",
    lists={"calls": "call"},
    examples=("fund capital list", "fund capital list --open", "fund capital list --partner Woudenberg --json"),
    see=("capital call", "partner list"),
)
class CapitalList(Question[Calls]):
    """List the calls."""

    partner: str | None = option("--partner", PARTNER, N_("Only those of this partner"), default=None)
    open: bool = option("--open", FLAG, N_("Only those that are not paid whole"), default=False)


class CallInstalment(TypedDict):
    ref: str
    instalment: int
    due_on: str
    amount_cents: int
    reference: str


class Computation(TypedDict):
    """From the total of the call to the cents of this partner."""

    total_cents: int
    key: str
    family: str
    from_on: str
    reference_year: int | None
    inhabitants: int | None
    inhabitants_of_all: int | None
    equal_over: int | None
    equal_of_all: str | None
    by_inhabitants_of_all: str | None
    equal: str | None
    fixed: str | None
    by_inhabitants: str | None
    key_share: str
    share: str
    exact: str
    whole_cents: int
    remainder_cents: int
    left_over_cents: int
    part_cents: int


class SealedFact(TypedDict):
    seq: int
    hash: str


class Letter(TypedDict):
    ref: str
    partner: str
    partner_name: str
    fund_name: str
    iban: str
    amount_cents: int
    called_on: str
    due_on: str
    reference: str
    commitment: str | None
    instalment: int
    instalments: list[CallInstalment]
    of_instalments: int
    computation: Computation | None
    fact: SealedFact


class Letters(TypedDict):
    series: str
    letters: list[Letter]


@query(
    "capital letter",
    ".letters:letters",
    examples=(
        "fund capital letter B2026-0007 --output B2026-0007.pdf",
        "fund --lang nl capital letter B2026-0001 --all --output letters",
    ),
    see=("capital list", "capital call", "key show"),
)
class CapitalLetter(Question[Letters]):
    """Write the letter of a call.

    Addressed to the partner: what to pay, until when, with which reference, and the partner's own computation. With
    --all one letter for each call that was made with it, in a folder. Without --output it is shown here. In the
    language of --lang; the same letter is the same bytes.
    """

    ref: str = argument(CALL, N_("The call"))
    all: bool = option("--all", FLAG, N_("Every call that was made with this one"), default=False)
