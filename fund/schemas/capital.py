"""Partners, keys, calls, the fund's own bank accounts, and what came in and went out on them, as cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import ValidationError

from fund.errors import shape_fault
from fund.errors.capital import FaultyKeyFile
from fund.events.values import AllocatedPart, ProposedMatch
from fund.glossary import Names, folded
from fund.paths import toml_of
from fund.rules.keys import Member
from fund.rules.regulations import KeyTerms
from fund.schemas.base import CaseColumns, CaseFile, Shape

VOTING = ("active", "notice_given", "settlement_proposed", "agreed", "disputed")
"""The states in which a partner votes in the full board: also after its notice, until its settlement is in the books
and it has no capital in the fund any more."""
MEMBERS = (*VOTING, "settling")
"""The states of a partner that still belongs to the fund."""


class Partner(CaseFile, kind="partner"):
    """A government that takes part. ``state``: candidate, active, notice_given, ... exited."""

    name: str
    short_name: str
    sort: str
    size_class: str = ""
    region: str | None = None
    inhabitants: int | None = None
    inhabitants_year: int | None = None
    joined_on: date
    founder: bool = True
    par_cents: int = 0
    """What it was to be called for its share when it was admitted later, at par."""
    notice_on: date | None = None

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.region, partner=self.ref, title=self.name)


def members_of(partners: Iterable[Partner]) -> list[Member]:
    """Partners as a key weighs them."""
    return [Member(partner.ref, partner.sort, partner.inhabitants, partner.inhabitants_year) for partner in partners]


_KINDS = {
    "municipality": ("Gemeente", "Municipality of", "Municipality"),
    "province": ("Provincie", "Province of", "Province"),
    "water_board": ("Waterschap", "Hoogheemraadschap", "Water board"),
    "region": ("Regio", "Region"),
}
"""What a name may begin with to say what kind of government it is, in Dutch and English."""
_BARE = re.compile(rf"(?:{'|'.join(word for words in _KINDS.values() for word in words)})\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:de|het)\s+", re.IGNORECASE)


def names_of(partners: Iterable[Partner]) -> Names:
    """By id, every name that people give a partner: in full, short, an abbreviation, with its kind or without.

    Two that share a name both have it: "Utrecht" is the municipality and the province. What is only left out for
    short (the article of De Bilt, the "Regio" of Regio Foodvalley) is no name where another partner is called so.
    """
    names: dict[str, list[str]] = {}
    shortened: list[tuple[str, str]] = []
    for partner in partners:
        bare = _BARE.sub("", partner.name, count=1)
        kinds = _KINDS.get(partner.sort, ())
        names[partner.ref] = [partner.short_name, partner.name, *(f"{kind} {bare}" for kind in kinds)]
        if partner.sort != "region":
            names[partner.ref].append(bare)
        brackets = re.fullmatch(r"(.*?)\s*\(([^()]*)\)", partner.short_name)
        apart = (*(brackets.groups() if brackets else ()), bare, _ARTICLE.sub("", bare, count=1))
        shortened += [(partner.ref, name) for name in apart]
    taken = {folded(name) for each in names.values() for name in each}
    for ref, name in shortened:
        if name and folded(name) not in taken:
            names[ref].append(name)
    return {ref: tuple(dict.fromkeys(each)) for ref, each in names.items()}


class KeyFile(KeyTerms):
    """A distribution key as it is proposed in a TOML file: with the day from which it would hold."""

    from_on: date


def parse_key(content: bytes, name: str) -> KeyFile:
    """The distribution key that a TOML file proposes.

    Raises:
        FaultyKeyFile: Not UTF-8, not TOML, a field too many or too few, a value that is not possible; with the place.
    """
    data = toml_of(content, lambda problem, _line: FaultyKeyFile(file=name, place="TOML", problem=problem))
    try:
        return KeyFile.model_validate(data)
    except ValidationError as problems:
        place, reason = shape_fault(problems.errors(include_url=False)[0])
        raise FaultyKeyFile(file=name, place=place, problem=reason) from problems


class DistributionKey(CaseFile, kind="key"):
    """How calls are divided from a day on. ``state``: proposed, adopted, rejected."""

    family: str
    reference_year: int | None = None
    base_bps: int = 0
    fixed_bps: Mapping[str, int] = {}
    from_on: date
    shares: Mapping[str, str]
    """The weights that were adopted, exact fractions that make 1 together."""
    joined: Mapping[str, str] = {}
    """The weights of those who were admitted later, beside them: who takes part is re-scaled to 1."""
    early: bool = False
    founding: bool = False
    votes: Mapping[str, str] = {}
    """By partner, what it voted, once that is open."""
    voted: Mapping[str, str] = {}
    """By partner, the user id of who voted for it, under seal or not any more."""
    commitments: Mapping[str, str] = {}
    """By user id, the commitment to the vote."""
    announced: tuple[int, ...] = ()
    """How many months before the end of its five years its review was announced."""

    @property
    def weights(self) -> Mapping[str, str]:
        """The weight of everybody whom it divides over, adopted or joined."""
        return {**self.shares, **self.joined}

    def columns(self) -> CaseColumns:
        return CaseColumns(due_on=self.from_on, title=self.family)


class Call(CaseFile, kind="call"):
    """Capital asked of one partner. ``state``: open or received."""

    partner: str
    called_cents: int
    received_cents: int = 0
    called_on: date
    due_on: date
    key: str = ""
    share: str = ""
    total_cents: int
    reference: str
    """The RF reference that the partner quotes."""
    series: str = ""
    instalment: int = 1
    instalments: int = 1
    part_cents: int
    commitment: str = ""
    reminded: tuple[int, ...] = ()
    """The steps that were told, in days after the due day."""
    reminded_step: str = ""

    @property
    def open_cents(self) -> int:
        return self.called_cents - self.received_cents

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.series,
            partner=self.partner,
            lookup=self.reference,
            amount_cents=self.called_cents,
            due_on=self.due_on,
        )


class BankAccount(CaseFile, kind="bank_account"):
    """An account of the fund at a bank; ``ref`` is its IBAN, ``account`` where it is kept: 1000 or 1005."""

    account: str
    from_on: date
    usable_on: date | None = None
    """The first day on which money may be transferred to it: it has cooled off."""

    def columns(self) -> CaseColumns:
        return CaseColumns(lookup=self.account, due_on=self.from_on)


class BankStatementFile(CaseFile, kind="bank_statement"):
    """A statement that was taken in: once, whole. ``state``: imported."""

    iban: str
    statement_id: str
    sequence_number: int | None
    opening_cents: int
    closing_cents: int
    opened_on: date
    closed_on: date
    lines: int
    lines_known: int = 0
    first_on: date | None = None
    last_on: date | None = None
    """The days on which its lines are booked."""
    traces: tuple[str, ...] = ()
    file: str
    content_sha256: str

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.iban, amount_cents=self.closing_cents, due_on=self.closed_on)


class BankNotificationFile(CaseFile, kind="bank_notification"):
    """A notification (camt.054) that was taken in: once, whole. ``state``: imported."""

    iban: str
    notification_id: str
    sequence_number: int | None
    lines: int
    lines_known: int = 0
    first_on: date
    last_on: date
    traces: tuple[str, ...] = ()
    file: str
    content_sha256: str

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.iban, due_on=self.last_on)


class Use(Shape):
    """What (a part of) a receipt turned out to be for, by the fact that says so."""

    event_id: str
    target: str
    """The call, agreement, disbursement, write-off or income it went to."""
    receipt_cents: int
    amount_cents: int
    rule: str = ""
    parts: tuple[AllocatedPart, ...] = ()
    reallocated_cents: int = 0
    """What a reallocation moved from surplus to advance (below zero: the other way) since the fact booked it."""
    matched: bool = False
    """Whether ``bank unmatch`` can take it back."""


class Receipt(CaseFile, kind="receipt"):
    """Money that came in. ``state``: recorded, proposed, allocated; reversed when the bank took it back."""

    line_id: str
    statement: str
    account: str
    amount_cents: int
    allocated_cents: int = 0
    booked_on: date
    valued_on: date
    payer_iban: str = ""
    end_to_end_id: str = ""
    reference: str = ""
    text: str = ""
    code: str = ""
    return_reason: str = ""
    reversal: bool = False
    bank_reference: str = ""
    candidates: tuple[ProposedMatch, ...] = ()
    uses: tuple[Use, ...] = ()
    by_hand: bool = False
    """A match was taken back: the service does not match it again by itself."""

    @property
    def waiting_cents(self) -> int:
        """What of it still waits on 2300."""
        return self.amount_cents - self.allocated_cents

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.payer_iban or None,
            lookup=self.line_id,
            title=self.text or None,
            amount_cents=self.amount_cents,
            due_on=self.booked_on,
        )


class Cost(CaseFile, kind="cost"):
    """A cost of the fund. ``state``: charged (taken by the bank)."""

    amount_cents: int
    charged_on: date
    account: str
    text: str = ""

    def columns(self) -> CaseColumns:
        return CaseColumns(amount_cents=self.amount_cents, due_on=self.charged_on, title=self.text or None)


class Debit(CaseFile, kind="debit"):
    """Money that left the bank unexplained. ``state``: recorded or explained; reversed when the bank took it back."""

    account: str
    amount_cents: int
    debited_on: date
    line_id: str
    payee_iban: str = ""
    end_to_end_id: str = ""
    text: str = ""
    code: str = ""
    reversal: bool = False
    bank_reference: str = ""
    payment_information_id: str = ""
    explanation: str = ""

    def columns(self) -> CaseColumns:
        return CaseColumns(
            lookup=self.line_id, amount_cents=self.amount_cents, due_on=self.debited_on, title=self.text or None
        )


class Income(CaseFile, kind="income"):
    """Income of the fund that came in with a receipt. ``state``: recorded."""

    receipt: str
    amount_cents: int
    reason: str

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.receipt, amount_cents=self.amount_cents, title=self.reason)
