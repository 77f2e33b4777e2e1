"""Eight processes at once in one book: each is told what one bookkeeper would have said, and nobody is in the way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import pytest

from fund.database import Engine, is_sqlite, reading
from fund.ledger import AccountType, EntryDraft, Posted, credit, debit
from tests.ledger.clerks import CLERKS, Order, Paper, Told, at_work, judged
from tests.ledger.conftest import BOOK, draft, opened

FREE = {"1010": 1, "9000": -1}
MINIMA = {"1010": 0}
SETS = {"free": (FREE, 100, ("promise", "cost"))}


def deadlocks(engine: Engine) -> int:
    """How often the server had to end a transaction because two waited for each other."""
    if is_sqlite(engine):
        return 0
    with reading(engine) as connection:
        told = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(connection.exec_driver_sql(told).scalar_one())


@pytest.fixture(autouse=True)
def nobody_in_the_way(engine: Engine) -> Iterator[None]:
    """No two of them ever wait for each other, and the book is in order afterwards."""
    before = deadlocks(engine)
    yield
    assert deadlocks(engine) == before
    with opened(engine) as ledger:
        assert [check for check in ledger.verify(full=True).checks if not check.ok] == []


def open_till(engine: Engine, *cents: int) -> Paper:
    """A till that never goes below nothing, of which 100 stay free whatever is promised, and what came in first."""
    paper = Paper(MINIMA, SETS)
    with opened(engine) as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.limit_set("free", FREE, actor="usr_a", min_balance_cents=100, kinds=["promise", "cost"])
        for number, amount in enumerate(cents, start=1):
            one = draft(f"in {number}", debit("1010", amount), credit("3000", amount), on=date(2027, 3, 5 * number))
            ledger.post(one)
            paper.write(one)
    return paper


def worked(engine: Engine, paper: Paper, orders: list[list[Order]]) -> list[Told]:
    """What the clerks were told, which the model would have said as well."""
    url = engine.url.render_as_string(hide_password=False)
    told = [one for each in at_work(url, BOOK, orders) for one in each]
    assert sum(one.busy for one in told) == 0, "nobody is sent away while others work"
    with opened(engine) as ledger:
        judged(paper, told, ledger)
    return told


def out(dice: random.Random, key: str) -> EntryDraft:
    """Some cents out of the till on some day, or promised."""
    cents, on = dice.randint(1, 9), date(2027, 3, dice.randint(1, 28))
    if dice.random() < 0.3:
        return draft(key, debit("9000", cents), credit("9010", cents), on=on, kind="promise")
    return draft(key, debit(f"4000.d{cents}", cents), credit("1010", cents), on=on, kind=dice.choice(["cost", "bank"]))


def test_of_two_thousand_outflows_and_promises_exactly_the_affordable_ones_pass(engine: Engine) -> None:
    paper = open_till(engine, 2000, 1500, 1500)
    dice = random.Random("affordable")
    orders = [[Order((out(dice, f"{clerk}-{turn}"),)) for turn in range(250)] for clerk in range(CLERKS)]

    told = worked(engine, paper, orders)

    assert len(told) == 2000
    refused = [one.asked[0] for one in told if not isinstance(one.answers[0], Posted)]
    assert {one.answers[0] for one in told if isinstance(one.answers[0], str)} == {
        "limit_exceeded",
        "set_limit_exceeded",
    }
    assert all(paper.says(one) <= {"limit_exceeded", "set_limit_exceeded"} for one in refused), "nor would they later"


def test_the_same_keys_from_everybody_are_one_entry_each(engine: Engine) -> None:
    """Posted alone, or in a batch among others; half of the keys say something else in each mouth."""
    paper = open_till(engine, 5000)
    dice = random.Random("keys")
    orders = []
    for clerk in range(CLERKS):
        drafts = [
            draft(f"key {number}", debit(f"4000.k{number}", amount), credit("1010", amount))
            for number in range(48)
            for amount in (10 + clerk if number % 2 else 10,)
        ]
        cuts = dice.choices((1, 4), k=24)
        each: list[Order] = []
        while drafts:
            cut = cuts.pop() if cuts else 4
            part, drafts = drafts[:cut], drafts[cut:]
            if clerk % 2:
                part.reverse()  # in the other direction
            each.append(Order(tuple(part)))
        orders.append(each)

    told = worked(engine, paper, orders)

    assert len(paper.written) == 1 + 48
    answers = [answer for one in told for answer in one.answers]
    assert sum(isinstance(answer, Posted) and not answer.replayed for answer in answers) == 48
    assert sum(isinstance(answer, Posted) and answer.replayed for answer in answers) == 24 * 7
    assert answers.count("idempotency_conflict") == 24 * 7


def mixed(dice: random.Random, key: str, earlier: list[Order]) -> Order:
    """Money in and out, promises, batches, others' entries taken back in full or in part, keys again."""
    lot = dice.random()
    if lot < 0.2:
        return Order(key=key, back=dice.randint(0, 6))
    if lot < 0.45:  # large parts of a few: they meet, whoever comes first
        return Order(key=key, back=dice.randint(0, 3), part=dice.randint(8, 30))
    if lot < 0.55 and earlier:
        return dice.choice(earlier)  # the same again
    if lot < 0.6 and earlier and earlier[-1].drafts:
        return Order((out(dice, earlier[-1].drafts[0].idempotency_key),))  # another under its key
    if lot < 0.75:
        return Order(tuple(out(dice, f"{key} {part}") for part in range(3)))
    if lot < 0.85:
        cents = dice.randint(1, 40)
        return Order((draft(key, debit("1010", cents), credit("3000.anna", cents), on=date(2027, 3, 20)),))
    return Order((out(dice, key),))


def test_posts_batches_and_reversals_of_each_others_entries_agree_with_one_bookkeeper(engine: Engine) -> None:
    paper = open_till(engine, 200, 100)
    dice = random.Random("mixed")
    orders: list[list[Order]] = []
    for clerk in range(CLERKS):
        each: list[Order] = []
        for turn in range(40):
            each.append(mixed(dice, f"{clerk}-{turn}", [one for one in each if one.drafts]))
        orders.append(each)

    told = worked(engine, paper, orders)

    answers = {answer if isinstance(answer, str) else answer.replayed for one in told for answer in one.answers}
    assert answers >= {
        True, False, "limit_exceeded", "set_limit_exceeded", "already_reversed", "partly_reversed", "beyond_original",
        "idempotency_conflict",
    }, "everything that can be said was said"  # fmt: skip
