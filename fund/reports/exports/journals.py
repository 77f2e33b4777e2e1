"""The books as plain text for two other bookkeepers' programs, hledger and beancount, which check them by themselves.

Accounts bear the codes of the trial balance (``equity:3000:3000.gm0344``), each sub-account under its main code. Both
layers are told so that each must balance by itself: to hledger the legs of the commitment layer are balanced virtual
postings, to beancount they are a transaction of their own. A period that is cut out begins with what stood the day
before, and every journal ends with assertions of what stands on each account, so that a program that reads it
compares its own sums with those of the ledger. Entries come in the order in which they were written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO, Any

from fund.bank import pictures
from fund.dates import EARLIEST
from fund.ledger import Account, AccountType, Entry, Layer
from fund.money import format_plain
from fund.reports.exports.excerpt import Excerpt, corrects, taken
from fund.reports.exports.files import beside
from fund.unit_of_work import Snapshot


def hledger(
    snapshot: Snapshot, *, path: str, since: date | None = None, until: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """The books, or those of some days, as a journal that ``hledger check --strict`` accepts.

    Args:
        path: Where the file goes.
        since: The first accounting day; from the beginning when absent. until: The last; all days when absent.
        known_at: The last entry number that counts.

    Raises:
        ExportTurnedAround: The last day lies before the first.
        FileUnreadable: It cannot be written.
    """
    return _written(snapshot, "hledger", _hledger, path, since, until, known_at)


def beancount(
    snapshot: Snapshot, *, path: str, since: date | None = None, until: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """The books, or those of some days, as a ledger that ``bean-check`` accepts; arguments and refusals as above."""
    return _written(snapshot, "beancount", _beancount, path, since, until, known_at)


@dataclass(slots=True)
class _Count:
    """What went by: how many entries and legs, and the last day of one."""

    entries: int = 0
    postings: int = 0
    last_on: date | None = None

    def through(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.entries += 1
            self.postings += len(entry.postings)
            self.last_on = max(self.last_on or entry.effective_on, entry.effective_on)
            yield entry


def _written(
    snapshot: Snapshot,
    name: str,
    write: Callable[[IO[str], Excerpt, _Count], None],
    path: str,
    since: date | None,
    until: date | None,
    known_at: int | None,
) -> dict[str, Any]:
    excerpt = taken(snapshot, since, until, known_at)
    count = _Count()
    with beside(path) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        write(out, excerpt, count)
    return {
        "path": path,
        "format": name,
        **excerpt.as_json(),
        "entries": count.entries,
        "postings": count.postings,
        "assertions": len(excerpt.moved),
    }


def _by_layer(excerpt: Excerpt, balances: Mapping[str, int]) -> Iterator[tuple[Layer, dict[str, int]]]:
    for layer in Layer:
        found = {code: cents for code, cents in balances.items() if excerpt.accounts[code].layer is layer}
        if found:
            yield layer, found


def _text(words: str) -> str:
    """On one line, what steers a screen as a picture, no two spaces beside each other (they end a name)."""
    return re.sub(r"\s+", " ", pictures(words)).strip()


def _last_day(excerpt: Excerpt, count: _Count) -> date:
    """The day at whose end the assertions hold."""
    if excerpt.until is not None:
        return excerpt.until
    return max(count.last_on or EARLIEST, excerpt.since or EARLIEST)


# ------------------------------------------------------------------------------------------------------------- hledger

_HLEDGER = {
    AccountType.ASSET: ("assets", "A"),
    AccountType.LIABILITY: ("liabilities", "L"),
    AccountType.EQUITY: ("equity", "E"),
    AccountType.INCOME: ("revenues", "R"),
    AccountType.EXPENSE: ("expenses", "X"),
    AccountType.MEMO: ("commitments", ""),
}


def _hledger_name(account: Account) -> str:
    """Parts between colons: what sort it is, the main code, the code of a sub-account whole."""
    parts = [_HLEDGER[account.type][0], account.main]
    return ":".join([*parts, account.code] if account.holder else parts)


def _hledger(out: IO[str], excerpt: Excerpt, count: _Count) -> None:
    accounts = excerpt.accounts
    names = {code: _hledger_name(account) for code, account in accounts.items()}
    quoted = {
        code: f"    [{names[code]}]  " if account.layer is Layer.COMMITMENT else f"    {names[code]}  "
        for code, account in accounts.items()
    }
    out.write(
        f"; Grootboek {_text(excerpt.ledger.book)} tot en met boeking {excerpt.last_seq}, hash {excerpt.last_hash}\n"
    )
    out.write("decimal-mark .\n")
    for currency in sorted({one.currency for one in accounts.values()} | {excerpt.ledger.currency}):
        out.write(f"commodity 1000.00 {currency}\n")
    for code, account in accounts.items():
        letter = _HLEDGER[account.type][1]
        out.write(f"account {names[code]}\n    ; {_hledger_tag('name', account.name)}")
        out.write(f", type:{letter}\n" if letter else "\n")
    if excerpt.opening and excerpt.since is not None:
        out.write(f"\n{excerpt.since - timedelta(days=1)} * (begin) Beginbalans\n")
        for _layer, balances in _by_layer(excerpt, excerpt.opening):
            for code, cents in balances.items():
                out.write(f"{quoted[code]}{format_plain(cents)} {accounts[code].currency}\n")
    for entry in count.through(excerpt.entries()):
        words = _text(entry.memo + corrects(entry)).replace(";", ",").replace("|", "/")
        lines = [
            f"\n{entry.effective_on} * ({entry.seq}) {words}",
            f"    ; {_hledger_tag('event', str(entry.metadata.get('event_id') or entry.id))},"
            f" {_hledger_tag('kind', entry.kind)}",
        ]
        lines += [
            f"{quoted[leg.account]}{format_plain(leg.amount_cents)} {accounts[leg.account].currency}"
            for leg in entry.postings
        ]
        out.write("\n".join(lines) + "\n")
    if excerpt.moved:
        out.write(f"\n{_last_day(excerpt, count)} * (eind) Saldi volgens het grootboek\n")
        for row in excerpt.moved:
            out.write(f"{quoted[row.code]}0.00 {row.currency} = {format_plain(row.balance_cents)} {row.currency}\n")


def _hledger_tag(name: str, value: str) -> str:
    """A tag in a comment; its value ends at a comma."""
    return f"{name}:{_text(value).replace(',', ' ')}"


# ----------------------------------------------------------------------------------------------------------- beancount

_BEANCOUNT = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.INCOME: "Income",
    AccountType.EXPENSE: "Expenses",
    AccountType.MEMO: "Equity:Commitments",
}


def _beancount_names(accounts: Iterable[Account]) -> dict[str, str]:
    """A name for each code: parts of letters, digits and dashes that begin with a capital or a digit.

    What beancount has no sign for becomes a dash; where two codes would meet, the later one gets a hash of its own.
    """

    def part(text: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9-]", "-", text)
        return plain if re.match(r"[A-Z0-9]", plain) else f"N{plain}"

    names: dict[str, str] = {}
    taken_names: set[str] = set()
    for account in accounts:
        parts = [_BEANCOUNT[account.type], part(account.main)]
        name = ":".join([*parts, part(account.code)] if account.holder else parts)
        if name in taken_names:
            name = f"{name}-{hashlib.sha256(account.code.encode()).hexdigest()[:8]}"
        taken_names.add(name)
        names[account.code] = name
    return names


def _beancount_text(words: str) -> str:
    return '"' + _text(words).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _beancount(out: IO[str], excerpt: Excerpt, count: _Count) -> None:
    accounts = excerpt.accounts
    names = _beancount_names(accounts.values())
    opens_on = excerpt.since - timedelta(days=1) if excerpt.since is not None else EARLIEST
    out.write(f"; Grootboek tot en met boeking {excerpt.last_seq}, hash {excerpt.last_hash}\n")
    out.write(f'option "title" {_beancount_text(excerpt.ledger.book)}\n')
    currencies = sorted({one.currency for one in accounts.values()} | {excerpt.ledger.currency})
    for currency in currencies:
        out.write(f'option "operating_currency" "{currency}"\n')
    for currency in currencies:
        out.write(f"{opens_on} commodity {currency}\n")
    for code, account in accounts.items():
        out.write(f'{opens_on} open {names[code]} {account.currency}\n  code: "{code}"\n')
        out.write(f"  name: {_beancount_text(account.name)}\n")
    if excerpt.since is not None:
        for layer, balances in _by_layer(excerpt, excerpt.opening):
            out.write(f'\n{opens_on} * "Beginbalans" #{layer.value}\n')
            for code, cents in balances.items():
                out.write(f"  {names[code]}  {format_plain(cents)} {accounts[code].currency}\n")
    for entry in count.through(excerpt.entries()):
        words = _beancount_text(entry.memo + corrects(entry))
        event = _beancount_text(str(entry.metadata.get("event_id") or entry.id))
        kind = _beancount_text(entry.kind)
        for layer in Layer:
            legs = [leg for leg in entry.postings if accounts[leg.account].layer is layer]
            if legs:
                lines = [
                    f"\n{entry.effective_on} * {words} #{layer.value} ^entry-{entry.seq}",
                    f"  event: {event}",
                    f"  kind: {kind}",
                ]
                lines += [
                    f"  {names[leg.account]}  {format_plain(leg.amount_cents)} {accounts[leg.account].currency}"
                    for leg in legs
                ]
                out.write("\n".join(lines) + "\n")
    if excerpt.moved:
        _beancount_assertions(out, excerpt, names, _last_day(excerpt, count) + timedelta(days=1))


def _beancount_assertions(out: IO[str], excerpt: Excerpt, names: Mapping[str, str], day: date) -> None:
    """What stands on each account when a day begins, to the cent; beancount adds up what is under a main code."""
    sums: dict[str, int] = {}
    for row in excerpt.moved:
        account = excerpt.accounts[row.code]
        for code in {row.code, account.main} if account.main in names else {row.code}:
            sums[code] = sums.get(code, 0) + row.balance_cents
    out.write("\n")
    for code, cents in sorted(sums.items()):
        out.write(f"{day} balance {names[code]}  {format_plain(cents)} ~ 0.00 {excerpt.accounts[code].currency}\n")
