from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import create_engine, reading
from fund.errors.ledger import NotCanonical
from fund.ledger import GENESIS, canonical, canonical_json, credit, debit, nfc, seal
from fund.ledger.journal import SealedLeg
from fund.ledger.seal import entry_bytes, entry_hash, request_bytes, request_hash
from tests.ledger.conftest import NOON, Opens, draft

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=40)


@pytest.mark.parametrize("vector", VECTORS["fields"], ids=lambda vector: vector["what"])
def test_the_published_canonical_forms_hold(vector: dict[str, Any]) -> None:
    assert canonical(vector["fields"]) == vector["canonical"].encode()
    assert seal(bytes.fromhex(vector["previous"]), vector["canonical"].encode()).hex() == vector["hash"]


@pytest.mark.parametrize("vector", VECTORS["fields"], ids=lambda vector: vector["what"])
def test_postgresql_gives_the_published_canonical_forms(vector: dict[str, Any], postgres_url: str) -> None:
    flat = [None if field is None else str(field) for field in vector["fields"] if not isinstance(field, (list, dict))]
    if len(flat) < len(vector["fields"]):
        flat = [
            canonical(field).decode()
            if isinstance(field, list)
            else canonical_json(field)
            if isinstance(field, dict)
            else field
            for field in vector["fields"]
        ]
    engine = create_engine(postgres_url)
    with reading(engine) as connection:
        text = "".join(
            connection.execute(
                sa.text("SELECT fund_field(CAST(:value AS text))"), {"value": None if f is None else nfc(str(f))}
            ).scalar_one()
            for f in flat
        )
        sealed = connection.execute(
            sa.text("SELECT fund_seal('event', 1, :previous, convert_to(:body, 'UTF8'))"),
            {"previous": bytes.fromhex(vector["previous"]), "body": text},
        ).scalar_one()
    assert (text, bytes(sealed).hex()) == (vector["canonical"], vector["hash"])


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["what"])
def test_an_entry_is_sealed_as_published_on_each_database(vector: dict[str, Any], book: Opens) -> None:
    legs = [debit(code, cents) if cents > 0 else credit(code, -cents) for code, cents in vector["legs"]]
    with book() as ledger:
        posted = ledger.post(
            draft(
                vector["key"],
                *legs,
                on=date.fromisoformat(vector["effective_on"]),
                memo=vector["memo"],
                metadata=vector["metadata"],
                recorded_at=datetime.fromisoformat(vector["recorded_at"]),
            )
        )
        assert posted.hash.hex() == vector["hash"]
        assert posted.entry_id == vector["id"]
        assert ledger.verify(full=True).ok


@given(st.lists(texts | st.none(), max_size=6), st.lists(texts | st.none(), max_size=6))
def test_different_fields_never_give_the_same_bytes(one: list[str | None], other: list[str | None]) -> None:
    same = [None if text is None else nfc(text) for text in one] == [
        None if text is None else nfc(text) for text in other
    ]
    assert (canonical(one) == canonical(other)) == same


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_are_written_in_decimals(number: int) -> None:
    assert canonical([number]) == canonical([str(number)])


def test_instants_are_microseconds_whatever_the_zone() -> None:
    here = datetime(2027, 3, 10, 13, tzinfo=timezone(timedelta(hours=1)))
    assert canonical([here]) == canonical([NOON]) == canonical([NOON.astimezone(UTC)]) == b"16:1804680000000000,"


def test_text_is_brought_to_normal_form_c() -> None:
    assert canonical(["e\u0301"]) == canonical(["\u00e9"]) == b"2:\xc3\xa9,"
    assert canonical(["e\u0301"], exact=True) == b"3:e\xcc\x81,"
    assert canonical_json({"e\u0301": "e\u0301"}) == '{"\u00e9":"\u00e9"}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        True,
        datetime(2027, 3, 10),
        "a\x00b",
        "\ud800",
        object(),
        {1: "a"},
        {"a": 0.5},
        {"é": 1, "e\u0301": 2},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical([value])


@pytest.mark.parametrize("value", [0.5, float("nan"), date(2027, 3, 10), b"x", {"a": {"b": [1, 2.0]}}])
def test_metadata_takes_no_floats_days_or_bytes(value: Any, book: Opens) -> None:
    with book() as ledger, pytest.raises(NotCanonical):
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5), metadata={"value": value}))


@given(previous=st.binary(min_size=32, max_size=32), body=st.binary(max_size=50), bit=st.integers(0, 255))
def test_a_seal_depends_on_everything_it_covers(previous: bytes, body: bytes, bit: int) -> None:
    other = bytearray(previous)
    other[bit // 8] ^= 1 << (bit % 8)
    sealed = seal(previous, body)
    assert sealed != seal(bytes(other), body)
    assert sealed != seal(previous, body + b"\x00")
    assert sealed != seal(previous, body, "entry")
    assert sealed != seal(previous, body, "event", 2)
    assert len(sealed) == 32


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    memo=texts.filter(str.strip),
    metadata=st.dictionaries(texts, texts | st.integers() | st.none() | st.lists(texts, max_size=3), max_size=4),
    cents=st.integers(1, 10**12),
)
def test_python_and_the_database_seal_alike(memo: str, metadata: dict[str, Any], cents: int, book: Opens) -> None:
    try:
        text = canonical_json(metadata)
    except NotCanonical:
        return  # two keys that are one after normalisation
    with book() as ledger:
        before = ledger.head()
        key = f"k{before.seq}"
        posted = ledger.post(draft(key, debit("1000", cents), credit("3000", cents), memo=memo, metadata=metadata))
        entry = ledger.entry(posted.seq)
        request = request_bytes(
            book="bakery",
            idempotency_key=key,
            effective_on=entry.effective_on,
            kind="receipt",
            memo=nfc(memo),
            actor="usr_baker",
            metadata=text,
            reverses=None,
            reason=None,
            legs=[
                SealedLeg("1000", "asset", "actual", "EUR", cents),
                SealedLeg("3000", "equity", "actual", "EUR", -cents),
            ],
        )
        micros = (entry.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        assert posted.hash == entry_hash(before.hash, entry_bytes(posted.seq, micros, posted.entry_id, request))
        assert entry.previous_hash == before.hash
        assert len(request_hash(request)) == 32
        assert entry.metadata == json.loads(text)


def test_the_first_link_follows_zero(book: Opens) -> None:
    with book() as ledger:
        assert ledger.head().hash == GENESIS == bytes(32)
