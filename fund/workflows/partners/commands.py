"""What can be asked of partners."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    DAY,
    PARTNER,
    TEXT,
    TEXT_FILE,
    Input,
    InputFile,
    Question,
    argument,
    as_of,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import KEY
from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY


@command(
    "partner import",
    ".founders:import_partners",
    FUND_MANAGER,
    examples=("fund --as anna partner import", "fund --as anna partner import partners.csv"),
    permitted=N_("a fund manager"),
    see=("partner list", "key show"),
)
class ImportPartners(Input):
    """Import the founders from a file.

    A CSV file with `id`, `naam`, `korte_naam`, `kind_en`, `size_class_en`, `inwoners`, `inwoners_peiljaar` and
    `regio_id`. The whole file or nothing; partners that are known stay as they are. Until the first capital call.
    Without a file: the 34 governments of the province of Utrecht, as they come with the program.
    """

    on: date | None = option("--from", DAY, N_("The day from which they take part, default today"), default=None)
    file: InputFile = argument(TEXT_FILE, N_("The CSV file; - for standard input"))


@command(
    "partner add",
    ".admitting:add",
    FUND_MANAGER,
    examples=("fund --as anna partner add candidate.csv",),
    permitted=N_("a fund manager"),
    see=("partner admit", "partner accession-quote", "user add"),
)
class ProposePartner(Input):
    """Make a government known as a candidate.

    A CSV file as for `fund partner import`, a line for each. Nothing follows from it yet: a signatory of the candidate
    asks that it takes part, and the full board decides.
    """

    file: InputFile = argument(TEXT_FILE, N_("The CSV file; - for standard input"))


@command(
    "partner admit",
    ".admitting:admit",
    OWN_SIGNATORY,
    second=CHAIR,
    examples=(
        'fund --as fatima partner admit gm9999 --reason "council decision of 4 March"',
        "fund --as MEMBER decision vote R2026-0001 --for",
    ),
    permitted=N_("a signatory of the candidate; the chair confirms, the full board decides"),
    see=("partner accession-quote", "decision vote", "decision decide"),
)
class AdmitPartner(Input):
    """Ask that a candidate takes part.

    The chair agrees that it is put to the vote; two thirds of all partners admit it. The terms are the quote: its
    share by the key in force, and what it is called for that, at par. The others are only re-scaled.
    """

    ref: str = argument(PARTNER, N_("The candidate"))
    reason: str = option("--reason", TEXT, N_("Why; with the decision of its own council"))


@command(
    "key adopt",
    ".keys:adopt_key",
    FUND_MANAGER,
    examples=("fund --as anna key adopt key-2031.toml", "fund --as fatima decision vote 2031 --for"),
    permitted=N_("a fund manager; then a signatory of each partner votes"),
    see=("key compare", "key show", "decision vote"),
)
class AdoptKey(Input):
    """Propose a key to the full board.

    A TOML file with `name`, `family`, `from_on` and, where the family asks it, `reference_year`, `base_bps` and
    `fixed_bps`. Every active partner votes with `fund decision vote`; two thirds adopt it, within five years of the
    last key all.
    """

    file: InputFile = argument(TEXT_FILE, N_("The TOML file; - for standard input"))


class PartnerRow(TypedDict):
    id: str
    name: str
    short_name: str
    kind: str
    state: str
    share_bps: int
    called_cents: int
    paid_in_cents: int


class Partners(TypedDict):
    as_of: str
    partners: list[PartnerRow]


@query(
    "partner list",
    ".reading:partners",
    lists={"partners": "partner"},
    examples=("fund partner list", "fund partner list --as-of 2026-12-31"),
    see=("partner show", "capital list"),
)
class PartnerList(Question[Partners]):
    """List the partners.

    The share follows the capital called; before the first call, the distribution key in force.
    """

    as_of: date | None = as_of(default=None)


class PartnerFacts(TypedDict, total=False):
    """A partner; one that takes part after the day asked has no share and no amounts yet."""

    id: str
    name: str
    short_name: str
    kind: str
    state: str
    share_bps: int
    called_cents: int
    paid_in_cents: int
    size_class: str | None
    region: str | None
    inhabitants: int | None
    inhabitants_year: int | None
    joined_on: str
    founder: bool


class ExitItem(TypedDict):
    case: str
    name: str
    kinds: list[str]
    named_cents: int
    collected_cents: int


class ExitRow(TypedDict):
    state: str
    leaves_on: str | None
    decided_on: str | None
    valued_on: str | None
    known_at: int
    share: str
    resolution: str | None
    net_cents: int
    undisputed_cents: int
    reason: str | None
    settled_cents: int
    due_cents: int
    later_cents: int
    paid_cents: int
    set_off_cents: int
    kept: list[str]
    exited_on: str | None
    items: list[ExitItem]


class PartnerCall(TypedDict):
    ref: str
    called_cents: int
    received_cents: int
    due_on: str
    state: str
    reference: str


class PartnerDetail(TypedDict):
    as_of: str
    partner: PartnerFacts
    exit: ExitRow | None
    calls: list[PartnerCall]


@query(
    "partner show",
    ".reading:show_partner",
    examples=("fund partner show Woudenberg", "fund partner show HDSR --json"),
    see=("partner list", "statement partner"),
)
class PartnerShow(Question[PartnerDetail]):
    """Show one partner."""

    ref: str = argument(PARTNER, N_("The partner"))
    as_of: date | None = as_of(default=None)


class AccessionTerms(TypedDict):
    """The weight beside the key's, the share it makes, and what is paid for it at par."""

    key: str
    family: str
    weight: str
    share: str
    capital_cents: int
    par_cents: int
    worth_cents: int


class AccessionQuote(AccessionTerms):
    as_of: str
    partner: str
    partner_name: str


@query(
    "partner accession-quote",
    ".admitting:accession_quote",
    examples=("fund partner accession-quote gm9999",),
    see=("partner admit", "key show", "partner exit-quote"),
)
class PartnerAccessionQuote(Question[AccessionQuote]):
    """Show what joining would mean for a candidate.

    Its share by the key in force, with everybody who takes part; what it is called for that, at par; and what that
    share of the fund would be worth.
    """

    ref: str = argument(PARTNER, N_("The candidate"))


class DividedPart(TypedDict):
    partner: str
    amount_cents: int
    exact: str
    share: str
    equal: str
    fixed: str
    by_inhabitants: str
    inhabitants: int | None


class DividedKey(TypedDict):
    name: str
    family: str
    reference_year: int | None
    in_force: bool
    total_cents: int
    partners: list[DividedPart]


class ComparedLine(DividedPart):
    key: str
    family: str
    reference_year: int | None
    in_force: bool
    partner_name: str


class ComparedKeys(TypedDict):
    as_of: str
    amount_cents: int
    reference_year: int
    keys: list[DividedKey]
    lines: list[ComparedLine]


@query(
    "key compare",
    ".reading:compare_keys",
    examples=("fund key compare --amount 1000000", "fund key compare --amount 1000000 --output keys.csv"),
    see=("key show", "capital call"),
)
class KeyCompare(Question[ComparedKeys]):
    """Compare all keys for an amount, side by side.

    Three families with the numbers of the regulations, and the key in force. Every column makes the amount, to the
    cent; --json and --format csv show each step as an exact fraction.
    """

    amount: int = option("--amount", AMOUNT, N_("The total to divide"))


class KeyFacts(TypedDict):
    name: str
    state: str
    family: str
    reference_year: int | None
    base_bps: int
    fixed_bps: dict[str, int]
    from_on: str
    review_on: str
    founding: bool
    early: bool
    votes: dict[str, str]
    voted: list[str]


class KeyShare(TypedDict):
    partner: str
    share: str
    share_bps: int
    equal: str | None
    fixed: str | None
    by_inhabitants: str | None
    inhabitants: int | None


class AdoptedKey(TypedDict):
    name: str
    family: str
    from_on: str


class KeyDetail(TypedDict):
    as_of: str
    key: KeyFacts
    partners: list[KeyShare]
    keys: list[AdoptedKey]


@query(
    "key show",
    ".reading:show_key",
    examples=("fund key show", "fund key show 2026", "fund key show --as-of 2031-01-01"),
    see=("key compare",),
)
class KeyShow(Question[KeyDetail]):
    """Show a key, its shares and the votes on it.

    Without a name: the key in force.
    """

    ref: str | None = argument(KEY, N_("The key; the one in force when left out"), default=None, metavar="[NAME]")
    as_of: date | None = as_of(default=None)


class ReviewReminder(TypedDict):
    months: int
    on: str


class ReviewedPartner(TypedDict):
    partner: str
    partner_name: str
    share: str
    paid_in_cents: int
    planned_cents: int
    realised_cents: int | None


class ReviewOfKey(TypedDict):
    as_of: str
    key: str
    from_on: str
    until_on: str
    announced_months: list[int]
    reminders: list[ReviewReminder]
    report: str
    rounds: list[str]
    partners: list[ReviewedPartner]


@query(
    "key review",
    ".reviewing:review",
    examples=("fund key review", "fund key review --json"),
    see=("key compare", "key adopt", "agreement benefits"),
)
class KeyReview(Question[ReviewOfKey]):
    """Show what the partners look at when they review their key.

    Once in five years: until when, what each partner paid in, what the fund was planned to bring it and brought. The
    service says so a year and half a year before; the report on effectiveness (Awb 4:24) goes with it.
    """
