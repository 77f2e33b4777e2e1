"""A state machine that plays bookkeeper in two books of one database, against the plain model of ``model.py``.

Each rule is one transaction that is committed whatever was refused in it: a refusal leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fund.database import Engine, writing
from fund.errors import FundError
from fund.errors.amounts import NotIntegerCents
from fund.errors.ledger import (
    AccountExists,
    BookExists,
    ClosedAccount,
    InvalidAccount,
    InvalidSet,
    PeriodOutOfOrder,
    UnfitAccount,
    UnknownAccount,
    UnknownBook,
    UnknownEntry,
)
from fund.ledger import AccountType, Anchor, EntryDraft, Ledger, Posted, Posting, mirror
from fund.ledger.anchors import public_key_of
from tests.ledger.conftest import NOON, draft, fill_chart
from tests.ledger.model import Answer, Model, ModelAccount, ModelSet, first_of, last_of, main_of, next_month
from tests.ledger.test_anchors import KEY

MONTHS = ["2026-12", "2027-01", "2027-02", "2027-03"]
FIRST, LAST = first_of(MONTHS[0]), last_of(MONTHS[-1])
DAYS = st.dates(FIRST, LAST)
KINDS = ["receipt", "receipt", "receipt", "cost", "promise", "adjusting", "closing"]
MEMOS = [
    "Broodverkoop",
    "Brød 🥖 'x' \"y\"",
    'a\n2027-01-01 * "x"\n  Assets:N1000  5.00 EUR',
    "e\u0301; (7) | x  y",
    "\\",
    "* !",
]
REASONS = ["wrong_amount", "duplicate", None]
HOLDERS = ["anna", "bob", "A2026-003", "x_1"]
PLAIN = ["1000", "3000", "4000", "4400"]
EURO = [*PLAIN * 2, "1290", "1500", "1600", "1700"]
HOLDING = ["3000", "3000", "1500", "1700"]
DOLLAR = ["1100", "3100"]
COMMITMENT = ["9000", "9010"]


def fill(ledger: Ledger, model: Model) -> None:
    """The bakery's chart, with accounts in another currency, with limits, and of some days only."""
    fill_chart(ledger)
    ledger.add_account("1100", name="Dollars", type=AccountType.ASSET, currency="USD")
    ledger.add_account("3100", name="Kapitaal in dollars", type=AccountType.EQUITY, currency="USD")
    ledger.add_account("1500", name="Kas", type=AccountType.ASSET, min_balance_cents=0, max_balance_cents=900)
    ledger.add_account("1600", name="Pot", type=AccountType.ASSET, min_balance_cents=-500, limit_kinds=["cost"])
    valid: dict[str, Any] = {"valid_from": date(2027, 1, 10), "valid_until": date(2027, 3, 20)}
    ledger.add_account("1700", name="Kraam", type=AccountType.ASSET, **valid)
    for code in [*EURO, *DOLLAR, *COMMITMENT]:
        layer = "commitment" if code in COMMITMENT else "actual"
        model.accounts[code] = ModelAccount(layer, "USD" if code in DOLLAR else "EUR")
    model.accounts["1500"] = ModelAccount("actual", "EUR", least=0, most=900)
    model.accounts["1600"] = ModelAccount("actual", "EUR", least=-500, kinds=("cost",))
    model.accounts["1700"] = ModelAccount("actual", "EUR", **valid)


# ------------------------------------------------------------------------------------------------ what may be asked for


@st.composite
def side(draw: st.DrawFn, codes: Sequence[str], holding: Sequence[str] = ()) -> list[Posting]:
    """Legs on these accounts, and sub-accounts of some, that cancel out."""
    account = st.sampled_from(codes)
    if holding:
        account |= st.builds("{}.{}".format, st.sampled_from(holding), st.sampled_from(HOLDERS))
    cents = st.integers(-600, 600).filter(bool) | st.integers(-(10**12), 10**12).filter(bool)
    amounts = draw(st.lists(cents, min_size=1, max_size=3))
    found = [Posting(draw(account), amount) for amount in amounts]
    return [*found, Posting(draw(account), -sum(amounts))] if sum(amounts) else found


@st.composite
def legs(draw: st.DrawFn) -> tuple[Posting, ...]:
    """Legs that balance in each layer and currency, in any order."""
    found = draw(side(EURO, HOLDING))
    if draw(st.integers(0, 4)) == 0:
        found += draw(side(DOLLAR))
    if len(found) < 2 or draw(st.integers(0, 3)) == 0:
        found += draw(side(COMMITMENT, COMMITMENT))
    if len(found) < 2:
        found += [Posting("1000", 7), Posting("3000", -7)]
    return tuple(draw(st.permutations(found)))


@st.composite
def plain(draw: st.DrawFn, model: Model, key: str) -> EntryDraft:
    """A new entry that most likely can be, on accounts that are there: nothing about it is unusual but its texts."""
    takes = [code for code, one in sorted(model.accounts.items()) if one.open and one.most is None]
    found = draw(side([code for code in takes if main_of(code) in PLAIN] or PLAIN))
    found = found if len(found) > 1 else [Posting("1000", 3), Posting("4400", -3)]
    month = draw(st.sampled_from([month for month in MONTHS if model.standing(month) == "open"] or MONTHS))
    on = draw(st.dates(first_of(month), last_of(month)))
    return draft(f"plain {key}", *found, on=on, memo=draw(st.sampled_from(MEMOS)), actor="usr_zoë")


def other_leg(one: EntryDraft, **change: Any) -> EntryDraft:
    return replace(one, postings=(replace(one.postings[0], **change), *one.postings[1:]))


def off_by_one(one: EntryDraft) -> EntryDraft:
    return other_leg(one, amount_cents=one.postings[0].amount_cents + (2 if one.postings[0].amount_cents == -1 else 1))


FAULTS: list[Callable[[EntryDraft], EntryDraft]] = [
    off_by_one,
    lambda one: other_leg(one, account="9000.x"),
    lambda one: other_leg(one, account="1100"),
    lambda one: other_leg(one, account="7777"),
    lambda one: other_leg(one, account="7777.anna"),
    lambda one: other_leg(one, account="3000.a.b"),
    lambda one: other_leg(one, account="３０００"),
    lambda one: other_leg(one, amount_cents=1.0),
    lambda one: other_leg(one, amount_cents=True),
    lambda one: other_leg(one, amount_cents=Decimal(1)),
    lambda one: other_leg(one, amount_cents="1"),
    lambda one: other_leg(one, amount_cents=2**63),
    lambda one: other_leg(one, amount_cents=-(2**63)),
    lambda one: replace(one, postings=(*one.postings, Posting("1000", 2**63 - 1), Posting("3000", 1 - 2**63))),
    lambda one: other_leg(one, amount_cents=0),
    lambda one: replace(one, postings=one.postings[:1]),
    lambda one: replace(one, postings=()),
    lambda one: replace(one, effective_on=datetime(2027, 1, 1, tzinfo=UTC)),
    lambda one: replace(one, effective_on="2027-01-01"),  # type: ignore[arg-type]
    lambda one: replace(one, recorded_at=datetime(2027, 1, 1)),
    lambda one: replace(one, memo=" "),
    lambda one: replace(one, actor=""),
    lambda one: replace(one, kind="\t"),
    lambda one: replace(one, idempotency_key=""),
    lambda one: replace(one, memo="a\x00b"),
    lambda one: replace(one, memo="\ud800"),
    lambda one: replace(one, actor=7),  # type: ignore[arg-type]
    lambda one: replace(one, metadata={"x": 1.5}),
    lambda one: replace(one, metadata={"correction": {}}),
    lambda one: replace(one, reason_code="because"),
    lambda one: replace(one, reverses=10**6, reason="x"),
    lambda one: replace(one, reverses=0, reason="x"),
    lambda one: replace(one, part_of=10**6, reason="x"),
    lambda one: replace(one, part_of=1),
    lambda one: replace(one, replaces=-1),
]


def drafts(model: Model, key: str) -> st.SearchStrategy[EntryDraft]:
    """Something a bookkeeper may ask of this book as it is now: a new entry, a correction, a repetition, a mistake."""

    @st.composite
    def any_draft(draw: st.DrawFn) -> EntryDraft:
        what = draw(st.sampled_from(["new"] * 8 + ["fault", "reverse", "part", "part", "replace", "repeat", "alter"]))
        metadata = draw(st.sampled_from([{}, {"event_id": "evt_1", "n": [1, {"e\u0301": None}]}, {"x": "€"}]))
        at = draw(st.sampled_from([None, NOON, NOON + timedelta(days=400)]))
        one = draft(
            key,
            *draw(legs()),
            on=draw(DAYS),
            kind=draw(st.sampled_from(KINDS)),
            memo=draw(st.sampled_from(MEMOS)),
            metadata=metadata,
            recorded_at=at,
        )
        if what == "fault":
            return draw(st.sampled_from(FAULTS))(one)
        if what == "new" or not model.entries:
            return one
        seq = draw(st.integers(1, len(model.entries)))
        original = model.entries[seq - 1]
        if what == "repeat":
            return replace(original, recorded_at=at)
        if what == "alter":
            return replace(original, memo="Iets anders")
        if what == "replace":
            taken = [place for place in range(1, len(model.entries) + 1) if model.correcting("part_of", place)]
            return replace(one, replaces=draw(st.sampled_from([*taken, seq])))
        more: dict[str, Any] = {"reason": "fout", "reason_code": draw(st.sampled_from(REASONS))}
        if what == "reverse":
            also = seq if draw(st.integers(0, 5)) == 0 else None
            return replace(one, postings=mirror(original.postings), reverses=seq, part_of=also, **more)
        return replace(one, postings=draw(part_of(original)), part_of=seq, **more)

    return any_draft()


@st.composite
def part_of(draw: st.DrawFn, original: EntryDraft) -> tuple[Posting, ...]:
    """Two legs the other way than two of the original's, of about the same size."""
    up = [leg for leg in original.postings if leg.amount_cents > 0]
    down = [leg for leg in original.postings if leg.amount_cents < 0]
    one, other = draw(st.sampled_from(up)), draw(st.sampled_from(down))
    most = min(one.amount_cents, -other.amount_cents)
    cents = draw(st.sampled_from([1, max(1, most // 3), most, most + 1]))
    return Posting(one.account, -cents), Posting(other.account, cents)


# --------------------------------------------------------------------------------------------------------- the machine


class Bookkeeper(RuleBasedStateMachine):
    """Two books, ``euro`` and ``dollar``, that know nothing of each other."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, Model] = {}
        self.number = 0
        self.remembered: list[tuple[str, date | None, int, object]] = []
        self.kept: dict[str, list[Anchor]] = {}
        self.spoiled = False

    @initialize()
    def open_books(self) -> None:
        with writing(self.engine) as connection:
            count = len(Ledger.books(connection))
            for name, currency in ((f"a{count}", "EUR"), (f"b{count}", "EUR")):
                self.models[name], self.kept[name] = Model(currency), []
                fill(Ledger.create(connection, book=name, currency=currency), self.models[name])
            for number, name in enumerate(self.models):
                one = draft("first", Posting("1000", 800 + number), Posting("3000.anna", -800 - number), on=FIRST)
                Ledger.open(connection, book=name).post(one)
                self.models[name].entries.append(one)
                self.models[name].accounts["3000.anna"] = ModelAccount("actual", "EUR")
            with pytest.raises(BookExists):
                Ledger.create(connection, book=f"a{count}")
            with pytest.raises(UnknownBook):
                Ledger.open(connection, book="nobody's")

    def act(self, name: str, *work: Callable[[Ledger], Any]) -> list[Any]:
        """What the ledger answers, or the refusal; committed in any case."""
        answers: list[Any] = []
        with writing(self.engine) as connection:
            ledger = Ledger.open(connection, book=name)
            for one in work:
                try:
                    answers.append(one(ledger))
                except FundError as refusal:
                    answers.append(refusal)
        return answers

    def key(self) -> str:
        self.number += 1
        return f"key {self.number % 40} e\u0301"  # after a while somebody uses one again

    def book(self, data: st.DataObject) -> tuple[str, Model]:
        name = data.draw(st.sampled_from(sorted(self.models)))
        return name, self.models[name]

    @staticmethod
    def agree(answer: Any, expected: Answer) -> None:
        """The ledger says what the model says: the same number, or one of the things that are wrong."""
        if isinstance(expected, set):
            assert type(answer) in expected, (answer, expected)
        else:
            assert isinstance(answer, Posted), (answer, expected)
            assert (answer.seq, answer.replayed) == expected

    # ----------------------------------------------------------------------------------------------------- posting

    @rule(data=st.data(), count=st.integers(2, 6))
    def post(self, data: st.DataObject, count: int) -> None:
        """One after the other in one transaction; a refused one does not hinder the next."""
        name, model = self.book(data)
        works, foretold = [], []
        for _ in range(count):
            one = data.draw(drafts(model, self.key()))
            (expected,), model = model.attempt([one])
            works.append(lambda ledger, one=one: ledger.post(one))
            foretold.append(expected)
        self.models[name] = model
        for answer, expected in zip(self.act(name, *works), foretold, strict=True):
            self.agree(answer, expected)

    @rule(data=st.data(), dry=st.booleans(), on_error=st.sampled_from(["abort", "skip", "skip"]))
    def post_many(self, data: st.DataObject, dry: bool, on_error: Any) -> None:
        name, model = self.book(data)
        wanted = [data.draw(drafts(model, self.key())) for _ in range(data.draw(st.integers(1, 5)))]
        if data.draw(st.integers(0, 3)) == 0:
            wanted.append(data.draw(st.sampled_from(wanted)))
        self.write_many(name, wanted, dry, on_error)

    @rule(data=st.data(), count=st.integers(2, 5), dry=st.booleans(), on_error=st.sampled_from(["abort", "skip"]))
    def post_a_plain_batch(self, data: st.DataObject, count: int, dry: bool, on_error: Any) -> None:
        name, model = self.book(data)
        self.write_many(name, [data.draw(plain(model, self.key())) for _ in range(count)], dry, on_error)

    def write_many(self, name: str, wanted: list[EntryDraft], dry: bool, on_error: Any) -> None:
        expected, after = self.models[name].attempt(wanted)
        refused = [one for one in expected if isinstance(one, set)]
        works = [lambda ledger: ledger.post_many(wanted, on_error=on_error)]
        if dry:
            works.insert(0, lambda ledger: ledger.post_many(wanted, on_error=on_error, dry_run=True))
        answers = self.act(name, *works)
        for answer in answers:
            if on_error == "abort" and refused:
                assert type(answer) in refused[0], (answer, refused)
                continue
            assert isinstance(answer, list), answer
            for one, told in zip(answer, expected, strict=True):
                self.agree(one, told)
        if dry and isinstance(answers[0], list):
            places = [one.seq if isinstance(one, Posted) else str(one) for one in answers[0]]
            assert places == [one.seq if isinstance(one, Posted) else str(one) for one in answers[1]]
        if on_error == "skip" or not refused:
            self.models[name] = after

    @precondition(lambda self: any(model.entries for model in self.models.values()))
    @rule(data=st.data(), on=DAYS, reason=st.sampled_from(["fout", "fout", " "]), beyond=st.booleans())
    def reverse(self, data: st.DataObject, on: date, reason: str, beyond: bool) -> None:
        name, model = self.book(data)
        seq = data.draw(st.integers(1, len(model.entries) + beyond or 1))
        key, whole = self.key(), data.draw(st.booleans())
        found = model.entries[seq - 1] if seq <= len(model.entries) else None
        expected: Answer = {UnknownEntry}
        taken: tuple[Posting, ...] = (Posting("1000", 1), Posting("3000", -1))
        if found is not None:
            taken = mirror(found.postings) if whole else data.draw(part_of(found))
            kind = "closing" if found.kind == "closing" else "reversal"
            one = draft(key, *taken, on=on, kind=kind, memo=reason, actor="usr_a", reason=reason, recorded_at=None)
            one = replace(one, reverses=seq) if whole else replace(one, part_of=seq)
            (expected,), self.models[name] = model.attempt([one])
        said: dict[str, Any] = {"effective_on": on, "reason": reason, "idempotency_key": key, "actor": "usr_a"}
        (answer,) = self.act(
            name, lambda ledger: ledger.reverse(seq, **said) if whole else ledger.reverse_part(seq, taken, **said)
        )
        self.agree(answer, expected)

    # ----------------------------------------------------------------------------------------- the chart and its limits

    @rule(data=st.data(), what=st.sampled_from(["close", "reopen", "reopen", "rename", "add", "add"]))
    def change_chart(self, data: st.DataObject, what: str) -> None:
        name, model = self.book(data)
        if what == "add":
            self.add_account(data, name, model)
            return
        code = data.draw(st.sampled_from([*sorted(model.accounts), "7777"]))
        title = data.draw(st.sampled_from(["Anders", "Anders", " "]))
        works: dict[str, Callable[[Ledger], None]] = {
            "close": lambda ledger: ledger.close_account(code),
            "reopen": lambda ledger: ledger.reopen_account(code),
            "rename": lambda ledger: ledger.rename_account(code, title),
        }
        (answer,) = self.act(name, works[what])
        if what == "rename" and title == " ":
            assert type(answer) in (InvalidAccount, UnknownAccount)
        else:
            assert type(answer) is (type(None) if code in model.accounts else UnknownAccount)
        if what != "rename" and code in model.accounts:
            model.accounts[code].open = what == "reopen"

    def add_account(self, data: st.DataObject, name: str, model: Model) -> None:
        code = data.draw(st.sampled_from(["4500", "4600", "3000.zed", "4500.x", "4000.x", "a b", "4500.x.y", ""]))
        wrong = data.draw(st.sampled_from([{}, {}, {}, *WRONG]))
        if main_of(code) in ("3000", "4000"):  # a main account is the sum of its sub-accounts
            wrong = data.draw(st.sampled_from([wrong, {"currency": "USD"}, {"type": AccountType.ASSET}]))
        sort = AccountType.EQUITY if main_of(code) == "3000" else AccountType.EXPENSE
        said: dict[str, Any] = {"name": "Kosten", "type": sort, "max_balance_cents": 5000, **wrong}
        (answer,) = self.act(name, lambda ledger: ledger.add_account(code, **said))
        if wrong or code in ("a b", "4500.x.y", ""):
            exists = {AccountExists} if code in model.accounts else set()
            assert type(answer) in {*UNFIT, InvalidAccount, NotIntegerCents} | exists, answer
        elif code in model.accounts:
            assert isinstance(answer, AccountExists)
        elif main_of(code) in model.accounts and not model.accounts[main_of(code)].open:
            assert isinstance(answer, ClosedAccount)
        else:
            assert answer.code == code
            model.accounts[code] = ModelAccount("actual", "EUR", most=5000)

    @rule(data=st.data(), title=st.sampled_from(["free", "free", "stock"]), least=st.sampled_from([None, -700, -50]))
    def limit_set(self, data: st.DataObject, title: str, least: int | None) -> None:
        name, model = self.book(data)
        codes = st.sampled_from(["1000", "1500", "3000", "9000", "7777", "3000.anna"])
        members = data.draw(st.dictionaries(codes, st.sampled_from([1, 1, -1]), max_size=3))
        kinds = data.draw(st.sampled_from([None, ("promise",), ("cost", "promise", "receipt")]))
        days = data.draw(st.sampled_from([(None, None), (date(2027, 1, 5), None), (None, date(2027, 2, 10))]))
        most = data.draw(st.sampled_from([None, None, 10**6]))
        (answer,) = self.act(
            name,
            lambda ledger: ledger.limit_set(
                title, members, actor="usr_a", min_balance_cents=least, max_balance_cents=most, kinds=kinds,
                valid_from=days[0], valid_until=days[1],
            ),
        )  # fmt: skip
        if not members or "3000.anna" in members or "7777" in members:
            assert isinstance(answer, InvalidSet | UnknownAccount)
            return
        assert answer.number == len(model.sets) + 1
        model.sets.append(ModelSet(title, members, least, most, kinds, days[0] or date.min, days[1] or date.max))

    # ---------------------------------------------------------------------------------------- months, anchors, checks

    @rule(data=st.data(), wanted=st.sampled_from(["locked", "locked", "closed", "open"]), second=st.sampled_from("tte"))
    def step(self, data: st.DataObject, wanted: str, second: str) -> None:
        name, model = self.book(data)
        likely = [step.month for step in model.steps[-1:]]
        month = data.draw(st.sampled_from([*MONTHS, *likely * 3, *map(next_month, likely * 3)]))
        people = ("e\u0301", {"t": "usr_t", "e": "é"}[second])
        works: dict[str, Callable[[Ledger], Any]] = {
            "locked": lambda ledger: ledger.lock_period(month, actor=people[0]),
            "closed": lambda ledger: ledger.close_period(month, actor=people[0]),
            "open": lambda ledger: ledger.reopen_period(month, actor=people[0], second_actor=people[1], reason="x"),
        }
        allowed = model.step(month, wanted, *people)
        (answer,) = self.act(name, works[wanted])
        if not allowed:
            assert type(answer) is PeriodOutOfOrder, answer
        else:
            assert (answer.month, answer.status, answer.head_seq) == (month, wanted, len(model.entries))

    @precondition(lambda self: any("locked" in [step.status for step in model.steps] for model in self.models.values()))
    @rule(data=st.data())
    def close_year(self, data: st.DataObject) -> None:
        """The result of all days until the end of a month goes to capital, by an entry that locked months take."""
        name, model = self.book(data)
        month = data.draw(st.sampled_from([step.month for step in model.steps] or MONTHS))
        results = {code: model.balance(code, as_of=last_of(month)) for code in ("4000", "4400")}
        closing = [Posting(code, -cents) for code, cents in results.items() if cents]
        total = -sum(leg.amount_cents for leg in closing)
        closing += [Posting("3000", total)] if total else []
        one = draft(self.key(), *closing, on=last_of(month), kind="closing", memo="Resultaat")
        (expected,), self.models[name] = model.attempt([one])
        (answer,) = self.act(name, lambda ledger: ledger.post(one))
        self.agree(answer, expected)

    @rule(data=st.data(), what=st.sampled_from(["anchor", "anchor", "new", "new", "all", "kept", "rebuild"]))
    def check(self, data: st.DataObject, what: str) -> None:
        name, model = self.book(data)
        works: dict[str, Callable[[Ledger], Any]] = {
            "anchor": lambda ledger: ledger.anchor(KEY),
            "new": lambda ledger: ledger.verify(),
            "all": lambda ledger: ledger.verify(full=True),
            "kept": lambda ledger: ledger.verify(anchors=self.kept[name], public_key=public_key_of(KEY)),
            "rebuild": lambda ledger: ledger.rebuild(),
        }
        (answer,) = self.act(name, works[what])
        if what == "anchor":
            model.anchored.append(len(model.entries))
            self.kept[name].append(answer)
            legs = sum(len(one.postings) for one in model.entries)
            assert (answer.number, answer.head_seq, answer.legs) == (len(model.anchored), len(model.entries), legs)
        else:
            assert answer.ok, answer.findings

    @precondition(lambda self: self.number > 4 and not self.spoiled)  # once is dear enough: three verifications
    @rule(
        data=st.data(),
        table=st.sampled_from(["account_balance", "balance_day"]),
        change=st.sampled_from(["debit_cents = debit_cents + 7", "credit_cents = credit_cents + 1", None]),
        full=st.booleans(),
    )
    def spoil(self, data: st.DataObject, table: str, change: str | None, full: bool) -> None:
        """The owner writes what is kept beside the entries: it is found by name, and made anew from them."""
        name, model = self.book(data)
        self.spoiled = True
        code = data.draw(st.sampled_from(sorted({line.code for line in model.lines()})))
        which = "WHERE account_id = (SELECT id FROM account WHERE book_id = :book AND code = :code)"
        statement = f"UPDATE {table} SET {change} {which}" if change else f"DELETE FROM {table} {which}"

        def write(ledger: Ledger) -> None:
            ledger.connection.execute(sa.text(statement), {"book": ledger.book_id, "code": code})

        _, found, healed = self.act(
            name, write, lambda ledger: ledger.verify(full=full), lambda ledger: ledger.rebuild()
        )
        bad = {check.name for check in found.checks if not check.ok}
        own = "balances" if table == "account_balance" else "day_balances"
        assert {own} <= bad <= {own, "frozen_trial_balances"}, (bad, found.findings)
        assert healed.ok, healed.findings

    # ------------------------------------------------------------------------------------------------- after every step

    @invariant()
    def both_books_agree_with_the_model(self) -> None:
        random = Random(self.number)
        for name, model in self.models.items():
            with writing(self.engine) as connection:
                self.look(Ledger.open(connection, book=name), name, model, random)

    def look(self, ledger: Ledger, name: str, model: Model, random: Random) -> None:
        """Answers on random days, as known at random entries, are the model's; what was said before is said again."""
        last = len(model.entries)
        known = random.choice([None, random.randint(0, last)])
        on = random.choice([None, FIRST + timedelta(days=random.randint(-1, (LAST - FIRST).days))])
        assert ledger.head().seq == last
        assert [account.code for account in ledger.accounts()] == sorted(model.accounts)
        assert [(one.month, one.status) for one in ledger.periods(known_at=known)] == model.periods(known)
        assert ledger.balances(as_of=on, known_at=known) == model.balances(as_of=on, known_at=known)
        told = trial_balance(ledger, on, known)
        assert told == model.trial_balance(as_of=on, known_at=known)
        for layer, currency in {(row[1], row[2]) for row in told}:
            assert sum(row[3] - row[4] for row in told if row[1:3] == (layer, currency)) == 0
        for step in model.steps:
            if step.frozen is not None and model.standing(step.month) == "closed":
                frozen = next(one for one in reversed(model.steps) if (one.month, one.status) == (step.month, "closed"))
                assert trial_balance(ledger, last_of(step.month), None) == frozen.frozen
        self.remembered.append((name, on, last if known is None else known, told))
        for _name, day, seq, before in random.sample(self.remembered, min(2, len(self.remembered))):
            if _name == name:
                assert trial_balance(ledger, day, seq) == before
        code = random.choice([*model.accounts, *map(main_of, model.accounts), "3000", "3000.nobody"])
        look_at_account(ledger, model, code, on, known, random)
        look_at_corrections(ledger, model, random.randint(0, last + 1), known)

    def teardown(self) -> None:
        for name, kept in self.kept.items():
            checked, anchors = self.act(
                name,
                lambda ledger, kept=kept: ledger.verify(full=True, anchors=kept, public_key=public_key_of(KEY)),
                lambda ledger: ledger.anchors(),
            )
            assert checked.ok, checked.findings
            assert anchors == kept


UNFIT = {UnfitAccount, ClosedAccount}
WRONG: list[dict[str, Any]] = [
    {"name": " "},
    {"layer": "commitment"},
    {"currency": "eur"},
    {"min_balance_cents": 5001},
    {"max_balance_cents": 1.5},
    {"valid_from": date(2027, 1, 2), "valid_until": date(2027, 1, 1)},
]


def trial_balance(ledger: Ledger, as_of: date | None, known_at: int | None) -> tuple[tuple[Any, ...], ...]:
    rows = ledger.trial_balance(as_of=as_of, known_at=known_at)
    return tuple((row.code, str(row.layer), row.currency, row.debit_cents, row.credit_cents) for row in rows)


def look_at_account(
    ledger: Ledger, model: Model, code: str, on: date | None, known: int | None, random: Random
) -> None:
    """Balance, turnover, entries and card of one account."""
    since, after = FIRST + timedelta(days=random.randint(0, 90)), random.randint(0, len(model.entries))
    kinds = random.choice([None, ("cost",), ("receipt", "reversal")])
    without = random.choice([(), ("closing",), ("closing", "receipt")])
    asked: dict[str, Any] = {"as_of": on, "known_at": known}
    assert ledger.balance(code, **asked, kinds_excluded=without) == model.balance(code, **asked, without=without)
    moved = ledger.turnover(code, since=since, **asked, kinds=kinds, kinds_excluded=without)
    expected = model.turnover(code, since=since, **asked, kinds=kinds, without=without)
    assert (moved.debit_cents, moved.credit_cents) == expected
    card = ledger.card(code, since=since, since_seq=after, **asked)
    lines = [(line.seq, line.account, line.amount_cents, line.balance_cents) for line in card]
    assert lines == model.card(code, since=since, since_seq=after, **asked)
    found = ledger.entries(account=code, since_seq=after, until_seq=known, as_of=on)
    seqs = sorted({line.seq for line in model.lines(code, **asked) if line.seq > after})
    assert [entry.seq for entry in found] == seqs
    sums = dict.fromkeys(map(main_of, model.accounts), 0)
    for own, cents in model.balances(**asked, without=without).items():
        sums[main_of(own)] += cents
    assert ledger.main_balances(**asked, kinds_excluded=without) == sums
    kind, event = random.choice(KINDS), random.choice([None, "evt_1"])
    assert [entry.seq for entry in ledger.entries(kind=kind, event_id=event, until_seq=known)] == [
        seq
        for seq, one in enumerate(model.entries[:known] if known is not None else model.entries, start=1)
        if one.kind == kind and event in (None, one.metadata.get("event_id"))
    ]
    own_codes = [other for other in sorted(model.accounts) if main_of(other) == main_of(code)]
    assert [account.code for account in ledger.accounts(main_of(code))] == own_codes
    for ask in (ledger.balance, ledger.turnover, ledger.card, lambda code: ledger.entries(account=code)):
        with pytest.raises(UnknownAccount):
            ask("7777.x")


def look_at_corrections(ledger: Ledger, model: Model, seq: int, known: int | None) -> None:
    """An entry by its number and its key, and what corrects it."""
    reversal, replacement = ledger.reversal_of(seq, known_at=known), ledger.replacement_of(seq, known_at=known)
    assert [one.seq for one in (reversal,) if one] == model.correcting("reverses", seq, known)
    assert [one.seq for one in (replacement,) if one] == model.correcting("replaces", seq, known)
    assert [one.seq for one in ledger.parts_of(seq, known_at=known)] == model.correcting("part_of", seq, known)
    if not 1 <= seq <= len(model.entries):
        with pytest.raises(UnknownEntry):
            ledger.entry(seq)
        return
    written, entry = model.entries[seq - 1], ledger.entry(seq)
    assert entry == ledger.find(written.idempotency_key)
    assert (entry.postings, entry.effective_on, entry.kind) == (written.postings, written.effective_on, written.kind)
    assert (entry.reverses, entry.part_of, entry.replaces) == (written.reverses, written.part_of, written.replaces)


def play(engine: Engine, machine: type[Bookkeeper], *, examples: int, steps: int, number: int | None = None) -> None:
    """Let the machine play on this database; the same plays each time, but for another ``number``."""
    play = type(machine.__name__, (machine,), {"engine": engine})
    if number is not None:
        play = seed(number)(play)
    run_state_machine_as_test(
        play,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=number is None,
            database=None,
            phases=[Phase.generate] if number is None else [Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_bookkeeper_with_lists_agrees_after_every_step(engine: Engine) -> None:
    play(engine, Bookkeeper, examples=9, steps=20)
