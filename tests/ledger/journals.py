"""A book as a journal for two other bookkeepers' programs, beancount and hledger; and what each of them makes of it.

Both layers are told so that the other program checks each by itself: to beancount an entry of two layers is two
transactions, to hledger the legs of the commitment layer are balanced virtual postings.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from beancount import loader
from beancount.core import realization

from fund.ledger import Account, AccountType, Entry, Layer, Ledger, Posting

Balances = dict[tuple[str, str], int]
"""Account name and currency to cents; what is zero is left out."""

BEANCOUNT_ROOTS = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.INCOME: "Income",
    AccountType.EXPENSE: "Expenses",
    AccountType.MEMO: "Equity:Memo",
}
HLEDGER_ROOTS = {
    AccountType.ASSET: "assets",
    AccountType.LIABILITY: "liabilities",
    AccountType.EQUITY: "equity",
    AccountType.INCOME: "revenues",
    AccountType.EXPENSE: "expenses",
    AccountType.MEMO: "commitments",
}


def beancount_name(account: Account) -> str:
    """Parts of letters, digits and dashes that begin with a capital; other characters are told by their numbers."""

    def part(text: str) -> str:
        return "N" + "".join(one if one.isalnum() else f"-{ord(one):02X}" for one in text)

    return ":".join([BEANCOUNT_ROOTS[account.type], *map(part, account.code.split("."))])


def hledger_name(account: Account) -> str:
    """Parts between colons, of any text without two spaces."""
    return ":".join([HLEDGER_ROOTS[account.type], *account.code.split(".")])


def amount(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def by_layer(entry: Entry, accounts: Mapping[str, Account]) -> Iterator[tuple[Layer, list[Posting]]]:
    for layer in Layer:
        legs = [leg for leg in entry.postings if accounts[leg.account].layer is layer]
        if legs:
            yield layer, legs


def beancount_journal(ledger: Ledger) -> str:
    """The whole book."""
    accounts = {account.code: account for account in ledger.accounts()}
    lines = [f"0001-01-01 open {beancount_name(account)} {account.currency}" for account in accounts.values()]
    for entry in ledger.entries():
        memo = "".join(one if one.isprintable() else " " for one in entry.memo)
        memo = memo.replace("\\", "\\\\").replace('"', '\\"')
        for layer, legs in by_layer(entry, accounts):
            lines.append(f'{entry.effective_on} * "{memo}" #{layer} ^entry-{entry.seq}')
            for leg in legs:
                account = accounts[leg.account]
                lines.append(f"  {beancount_name(account)}  {amount(leg.amount_cents)} {account.currency}")
    return "\n".join(lines) + "\n"


def hledger_journal(ledger: Ledger) -> str:
    """The whole book."""
    accounts = {account.code: account for account in ledger.accounts()}
    lines = ["decimal-mark ."]
    lines += [f"commodity 1000.00 {currency}" for currency in sorted({one.currency for one in accounts.values()})]
    lines += [f"account {hledger_name(account)}" for account in accounts.values()]
    for entry in ledger.entries():
        memo = "".join(one if one.isprintable() and one not in ";|" else " " for one in entry.memo)
        lines += ["", f"{entry.effective_on} * ({entry.seq}) {memo}".rstrip()]
        for layer, legs in by_layer(entry, accounts):
            for leg in legs:
                account = accounts[leg.account]
                name = f"[{hledger_name(account)}]" if layer is Layer.COMMITMENT else hledger_name(account)
                lines.append(f"    {name}  {amount(leg.amount_cents)} {account.currency}")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------ what they make of it


def beancount_balances(text: str, days: Iterable[date]) -> list[Balances]:
    """What beancount says stands on each account at the end of each of these days."""
    entries, problems, _options = loader.load_string(text)
    assert problems == []
    found: list[Balances] = []
    for day in days:
        tree = realization.realize([entry for entry in entries if entry.date <= day])
        found.append(
            {
                (node.account, position.units.currency): int(position.units.number * 100)
                for node in realization.iter_children(tree)
                for position in node.balance
                if position.units.number
            }
        )
    return found


def hledger_balances(text: str, days: Iterable[date], currencies: Iterable[str], folder: Path) -> list[Balances]:
    """What hledger says; where it is not installed, what a reader by its manual says: :func:`manual_balances`."""
    program = shutil.which("hledger")
    if program is None:
        return manual_balances(text, days)
    path = folder / "book.journal"
    path.write_text(text, encoding="utf-8")
    found: list[Balances] = []
    for day in days:
        balances: Balances = {}
        for currency in currencies:
            words = ["balance", f"cur:^{currency}$", "--flat", "--no-total", "--output-format", "csv"]
            words += ["--end", str(day + timedelta(days=1))]
            done = subprocess.run(
                [program, "-f", str(path), "--strict", *words],
                capture_output=True,
                check=False,
                text=True,
                encoding="utf-8",
                env={"LANG": "C.UTF-8"},
            )
            assert done.returncode == 0, done.stderr
            for row in csv.DictReader(io.StringIO(done.stdout)):
                number, _space, _currency = row["balance"].partition(" ")
                balances[row["account"], currency] = int(Decimal(number) * 100)
        found.append({key: cents for key, cents in balances.items() if cents})
    return found


_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=\s|$)", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d+)\.(\d{2}) ([A-Za-z]+)", re.ASCII)
_DIRECTIVES = ("account ", "commodity ", "decimal-mark ")


def manual_balances(text: str, days: Iterable[date]) -> list[Balances]:
    """A strict reader of the part of hledger's journal format that its manual describes and a book needs.

    A transaction begins in the first column with a date; indented lines that follow are its postings: an account name
    that ends at two spaces, then an amount. A name in brackets is a balanced virtual posting: these cancel out by
    themselves, and so do the others; a name in parentheses would cancel out with nothing and is refused here. Nothing
    that the manual would let pass otherwise, a comment, a status on a posting, an amount left out, is expected.
    """
    declared: dict[str, set[str]] = {"account": set(), "commodity": set()}
    moved: list[tuple[date, str, str, int]] = []
    open_sums: dict[tuple[bool, str], int] = {}
    day: date | None = None
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        assert line == line.rstrip(), number
        if not line or not line.startswith(" "):
            assert not any(open_sums.values()), f"line {number}: the transaction above does not balance"
            open_sums, day = {}, None
        if not line:
            continue
        if line.startswith(_DIRECTIVES):
            word, _space, said = line.partition(" ")
            if word == "commodity":
                said = _NUMBER.fullmatch(said).group(4)  # type: ignore[union-attr]
            declared.setdefault(word, set()).add(said)
        elif not line.startswith(" "):
            begins = _DAY.match(line)
            assert begins is not None, f"line {number}: neither a directive nor a transaction"
            assert ";" not in line, number
            day = date(*map(int, begins.groups()))
        else:
            assert day is not None, f"line {number}: a posting of no transaction"
            name, told = re.split(r" {2,}", line.strip(), maxsplit=1)
            assert name[0] not in "(*!;", f"line {number}: a status, a comment or a lonely posting"
            virtual = name.startswith("[") and name.endswith("]")
            name = name[1:-1] if virtual else name
            found = _NUMBER.fullmatch(told)
            assert found is not None, f"line {number}: {told!r} is no amount"
            sign, whole, cents, currency = found.groups()
            assert name in declared["account"], f"line {number}: {name} is not declared"
            assert currency in declared["commodity"], f"line {number}: {currency} is not declared"
            value = int(sign + whole + cents)
            moved.append((day, name, currency, value))
            open_sums[virtual, currency] = open_sums.get((virtual, currency), 0) + value
    answers: list[Balances] = []
    for until in days:
        sums: Balances = {}
        for on, name, currency, cents in moved:
            if on <= until:
                sums[name, currency] = sums.get((name, currency), 0) + cents
        answers.append({key: cents for key, cents in sums.items() if cents})
    return answers
