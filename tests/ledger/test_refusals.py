from __future__ import annotations

import re
from string import Formatter

import pytest
import sqlalchemy as sa

from fund import language
from fund.database.objects import sql_object
from fund.errors import FundError, ledger
from fund.ledger.store.evidence import objects
from fund.ledger.store.refusals import REFUSALS, refusal_of


class FromSqlite(Exception):
    """What SQLite says: a text."""


def wrapped(text: str) -> sa.exc.DBAPIError:
    return sa.exc.IntegrityError("INSERT", {}, FromSqlite(text))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_refusal_of_the_triggers_has_its_error(kind: str) -> None:
    text = "".join(sql_object(name, kind)[0] for name in objects(on_sqlite=kind == "sqlite"))
    codes = set(re.findall(r"'ledger: (\w+)'" if kind == "sqlite" else r"ledger_refuse\('(\w+)'", text))
    assert len(codes) > 10
    assert {code for code in codes if REFUSALS[code].code() != code} == set()


NEVER_BY_A_DRAFT = {
    "ck_account_change_version",
    "ck_account_set_version",
    "ck_account_status",
    "ck_anchor_version",
    "ck_entry_version",
    "ck_period_frozen",
    "ck_period_reopened",
    "ck_period_status",
    "ck_period_version",
    "ck_posting_position",
    "uq_entry_book_id_seq",
    "uq_entry_id_legs",
}


def test_every_constraint_that_a_draft_can_break_has_its_error() -> None:
    text, _removal = sql_object("ledger_tables", "postgresql")
    named = set(re.findall(r"CONSTRAINT ((?:ck|uq)_\w+)", text))
    assert named - set(REFUSALS) == NEVER_BY_A_DRAFT


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_reads_as_a_sentence_even_without_particulars(code: str) -> None:
    text = f"ledger: {code}" if code == REFUSALS[code].code() else code
    refusal = refusal_of(wrapped(text), {"key": "k1"})
    assert type(refusal) is REFUSALS[code]
    for name in ("en", "nl"):
        language.choose(name)
        assert "{" not in str(refusal) + refusal.advice
        assert str(refusal)


def test_what_is_not_ours_stays_what_it_is() -> None:
    assert refusal_of(wrapped("database is locked")) is None
    assert refusal_of(wrapped("UNIQUE constraint failed: partner.id")) is None


NAMES = [name for name, each in vars(ledger).items() if isinstance(each, type) and each.__module__ == ledger.__name__]


@pytest.mark.parametrize("name", NAMES)
def test_every_error_of_the_ledger_says_what_is_wrong_and_carries_its_particulars(name: str) -> None:
    error: type[FundError] = getattr(ledger, name)
    places = {place for _text, place, _spec, _conv in Formatter().parse(error.message) if place}
    assert places, "a refusal names what it is about"
    hinted = {place for _text, place, _spec, _conv in Formatter().parse(error.hint) if place}
    assert hinted <= places, "a hint uses what the message knows"
