"""The same history, told to beancount: an independent bookkeeper that must come to the same trial balance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from beancount import loader
from beancount.core import realization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Engine, writing
from fund.ledger import Account, AccountType, Ledger, Posting
from tests.ledger.conftest import draft, fill_chart

ROOTS = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.INCOME: "Income",
    AccountType.EXPENSE: "Expenses",
    AccountType.MEMO: "Equity:Memo",
}
LEAVES = ["1000", "1290", "3000.anna", "3000.bob", "4000", "4400"]
MEMOS = ["9000", "9010"]


def oracle_name(account: Account) -> str:
    return f"{ROOTS[account.type]}:N{account.code.replace('.', ':H-')}"


def journal(ledger: Ledger) -> str:
    """The whole book as a beancount journal."""
    accounts = {account.code: account for account in ledger.accounts()}
    lines = [f"2000-01-01 open {oracle_name(account)} {account.currency}" for account in accounts.values()]
    for entry in ledger.entries():
        lines.append(f'{entry.effective_on} * "{entry.kind} {entry.seq}"')
        for leg in entry.postings:
            account = accounts[leg.account]
            lines.append(f"  {oracle_name(account)}  {Decimal(leg.amount_cents) / 100:.2f} {account.currency}")
    return "\n".join(lines) + "\n"


def oracle_balances(text: str, as_of: date) -> dict[str, int]:
    entries, errors, _options = loader.load_string(text)
    assert errors == []
    tree = realization.realize([entry for entry in entries if entry.date <= as_of])
    return {
        node.account: int(sum((position.units.number for position in node.balance), Decimal(0)) * 100)
        for node in realization.iter_children(tree)
        if not node.balance.is_empty()
    }


@st.composite
def legs(draw: st.DrawFn) -> tuple[Posting, ...]:
    """Balanced legs in the actual layer, and sometimes in the commitment layer too."""
    amounts = draw(st.lists(st.integers(-(10**11), 10**11).filter(bool), min_size=1, max_size=5))
    found = [Posting(draw(st.sampled_from(LEAVES)), cents) for cents in amounts]
    rest = -sum(amounts)
    if rest:
        found.append(Posting(draw(st.sampled_from(LEAVES)), rest))
    if len(found) < 2 or draw(st.booleans()):
        cents = draw(st.integers(1, 10**9))
        found += [Posting(MEMOS[0], cents), Posting(MEMOS[1], -cents)]
    return tuple(found)


plans = st.lists(st.tuples(legs(), st.dates(date(2027, 1, 1), date(2028, 12, 31))), min_size=1, max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=plans, as_of=st.dates(date(2027, 1, 1), date(2028, 12, 31)), undone=st.booleans())
def test_beancount_comes_to_the_same_trial_balance(
    history: list[tuple[tuple[Posting, ...], date]], as_of: date, undone: bool, engine: Engine
) -> None:
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book=f"book{len(Ledger.books(connection))}")
        fill_chart(ledger)
        ledger.post_many([draft(f"{n}", *postings, on=on) for n, (postings, on) in enumerate(history)])
        if undone:
            ledger.reverse(1, effective_on=history[0][1], reason="fout", idempotency_key="undo", actor="a")
        text = journal(ledger)
        names = {account.code: oracle_name(account) for account in ledger.accounts()}
        for day in (as_of, date(2029, 1, 1)):
            ours = {names[row.code]: row.balance_cents for row in ledger.trial_balance(as_of=day) if row.balance_cents}
            assert ours == oracle_balances(text, day)
