"""Anchors: what somebody kept of yesterday exposes whatever was done to the ledger since, by whoever could do it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from fund.database import Connection, Engine, is_sqlite
from fund.errors import AppendOnly, BrokenChain, FaultyAnchor, FaultyKey, UnknownAnchor, UnknownEntry
from fund.ledger import Anchor, Ledger, Verification, credit, debit
from fund.ledger.anchors import (
    consistency_path,
    consistent,
    included,
    inclusion_path,
    public_key_of,
    root_of,
    signed,
)
from fund.ledger.seal import GENESIS, entry_bytes, entry_hash, request_bytes, request_hash
from fund.ledger.store import Evidence
from fund.ledger.store.anchoring import anchor_hash
from tests.ledger.attacks import attempt, flipped, owner, table_columns
from tests.ledger.conftest import BOOK, NOON, Opens, draft, opened


def pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


KEY = pem(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = pem(Ed25519PrivateKey.from_private_bytes(bytes(32)))


def leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(size)]


# ---------------------------------------------------------------------------------------------------------- the tree


def test_the_tree_is_that_of_the_standard() -> None:
    """The known roots of RFC 6962's test tree: eight entries of its own choosing."""
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert root_of(bytes.fromhex(one) for one in entries[:size]).hex() == root


@given(size=st.integers(1, 70), data=st.data())
def test_every_entry_has_its_path_and_no_other_has(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    place = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(hashes, place), root_of(hashes)
    assert included(hashes[place], place, size, path, root)
    assert not included(hashes[place], place, size, path, hashes[0])
    assert not included(b"\x00" * 32, place, size, path, root)
    if size > 1:
        assert not included(hashes[place], (place + 1) % size, size, path, root)
        assert not included(hashes[place], place, size, path[:-1], root)
        assert not included(hashes[place], place, size, [*path, root], root)


@given(size=st.integers(1, 70), data=st.data())
def test_a_tree_that_only_grew_can_show_it(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    first = data.draw(st.integers(1, size))
    old, new, path = root_of(hashes[:first]), root_of(hashes), consistency_path(hashes, first)
    assert consistent(first, old, size, new, path)
    changed = [*hashes]
    changed[data.draw(st.integers(0, first - 1))] = b"\x01" * 32
    assert not consistent(first, old, size, root_of(changed), consistency_path(changed, first))
    if first < size:
        assert not consistent(first, old, size, new, path[:-1])
        assert not consistent(size, new, first, old, path)


def test_a_key_of_another_kind_signs_nothing() -> None:
    for text in (b"", b"not a key", pem(X25519PrivateKey.generate())):
        with pytest.raises(FaultyKey, match="cannot sign"):
            public_key_of(text)
    assert not signed(b"", bytes(32), bytes(64))


# ---------------------------------------------------------------------------------------------------------- the book


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The bakery with five entries and one anchor; two entries came after it."""
    with opened(engine) as ledger:
        for number in range(1, 6):
            ledger.post(draft(f"k{number}", debit("1000", number), credit(f"3000.p{number}", number)))
        ledger.lock_period("2027-03", actor="usr_a")
        ledger.limit_set("free", {"1000": 1}, actor="usr_a", min_balance_cents=-5)
        ledger.anchor(KEY, recorded_at=NOON)
        for number in range(6, 8):
            ledger.post(draft(f"k{number}", debit("1000", number), credit("3000", number), kind="adjusting"))
    return engine


def kept(engine: Engine) -> Anchor:
    """What a partner kept, as it was sent: a JSON text."""
    with opened(engine) as ledger:
        return Anchor.from_json(json.loads(json.dumps(ledger.anchors()[0].as_json())))


def bad(found: Verification) -> set[str]:
    return {check.name for check in found.checks if not check.ok} - {"guards"}


def test_an_anchor_says_what_the_ledger_was_and_who_says_so(engine: Engine) -> None:
    anchor = kept(engine)
    assert (anchor.number, anchor.head_seq, anchor.legs, anchor.periods, anchor.sets) == (1, 5, 10, 1, 1)
    assert anchor.public_key == public_key_of(KEY)
    with opened(engine) as ledger:
        assert anchor.trial_balance_hash == ledger.trial_balance_hash(known_at=5)
        found = ledger.verify(full=True, anchors=[anchor], public_key=public_key_of(KEY))
        assert found.ok
        assert [check.checked for check in found.checks if "anchor" in check.name] == [1, 1]
        assert ledger.verify(anchors=[anchor]).ok, "from the last good run on as well"


def test_an_anchor_by_another_hand_or_of_another_book_is_found(engine: Engine) -> None:
    anchor = kept(engine)
    with opened(engine) as ledger:
        assert bad(ledger.verify(anchors=[anchor], public_key=public_key_of(OTHER))) == {"given_anchors"}
        assert bad(ledger.verify(anchors=[replace(anchor, book="dairy")])) == {"given_anchors"}
        assert bad(ledger.verify(anchors=[replace(anchor, legs=9)])) == {"given_anchors"}


def rehash_everything(connection: Connection) -> None:
    """What the owner can do with our own library: another first entry, and every hash after it made anew."""
    connection.exec_driver_sql("UPDATE entry SET memo = 'Taart' WHERE seq = 1")
    _rehash(connection)


def _rehash(connection: Connection) -> None:
    ledger = Ledger.open(connection, book=BOOK)
    previous = GENESIS
    for entry in list(Evidence(ledger).entries()):
        request = request_bytes(
            book=BOOK, idempotency_key=entry.idempotency_key, effective_on=entry.effective_on, kind=entry.kind,
            memo=entry.memo, actor=entry.actor, metadata=entry.metadata, reverses=entry.reverses, reason=entry.reason,
            legs=[leg.sealed for leg in entry.postings],
        )  # fmt: skip
        hash = entry_hash(previous, entry_bytes(entry.seq, entry.recorded_at, entry.id, request))
        connection.execute(
            sa.text("UPDATE entry SET previous_hash = :previous, hash = :hash, request_hash = :asked WHERE seq = :seq"),
            {"previous": previous, "hash": hash, "asked": request_hash(request), "seq": entry.seq},
        )
        for table in ("period", "account_set"):
            where = {"hash": hash, "seq": entry.seq}
            connection.execute(sa.text(f"UPDATE {table} SET head_hash = :hash WHERE head_seq = :seq"), where)
        previous = hash
    connection.execute(sa.text("UPDATE chain_head SET hash = :hash"), {"hash": previous})


def cut_the_tail(connection: Connection) -> None:
    """The last three entries go, and with them every trace in the head, the balances and our own anchors."""
    connection.exec_driver_sql("DELETE FROM posting WHERE entry_id IN (SELECT id FROM entry WHERE seq > 4)")
    connection.exec_driver_sql("DELETE FROM entry WHERE seq > 4")
    for table in ("anchor", "period", "account_set", "account_balance", "balance_day"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    zero = "zeroblob(32)" if connection.dialect.name == "sqlite" else "decode(repeat('00', 32), 'hex')"
    connection.exec_driver_sql(
        f"UPDATE chain_head SET period_number = 0, period_hash = {zero}, set_number = 0, set_hash = {zero},"
        f" anchor_number = 0, anchor_hash = {zero}, seq = 4, hash = (SELECT hash FROM entry WHERE seq = 4),"
        " recorded_at = (SELECT recorded_at FROM entry WHERE seq = 4)"
    )
    Evidence(Ledger.open(connection, book=BOOK)).rebuild()


def change_one_old_entry(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE entry SET memo = 'Taart' WHERE seq = 2")


@pytest.mark.parametrize("attack", [rehash_everything, cut_the_tail, change_one_old_entry])
def test_what_was_kept_yesterday_exposes_what_was_done_today(engine: Engine, attack: object) -> None:
    anchor = kept(engine)
    with owner(engine) as connection:
        attack(connection)  # type: ignore[operator]
        ledger = Ledger.open(connection, book=BOOK)
        found = ledger.verify(full=True, anchors=[anchor], public_key=public_key_of(KEY))
        if attack is not change_one_old_entry:
            assert "given_anchors" in bad(found)
            assert not {"chain", "gap_free", "balances", "day_balances"} & bad(found), "without it, nobody would know"
            finding = next(check for check in found.checks if check.name == "given_anchors").findings[0]
            assert finding.seq == 5
        else:
            assert "chain" in bad(found)
            assert found.first_bad_seq == 2


def test_an_anchor_row_is_never_changed_and_follows_the_one_before_it(engine: Engine) -> None:
    for statement in ("UPDATE anchor SET legs = 5", "DELETE FROM anchor"):
        assert isinstance(attempt(engine, statement), AppendOnly)
    columns = [name for name in table_columns(engine, "anchor") if name != "number"]
    copied = f"INSERT INTO anchor (number, {', '.join(columns)}) SELECT 2, {', '.join(columns)} FROM anchor"
    assert isinstance(attempt(engine, copied), BrokenChain)


def test_postgresql_refuses_an_anchor_with_a_false_hash(engine: Engine) -> None:
    if is_sqlite(engine):
        return  # there it is found: the next test
    columns = [name for name in table_columns(engine, "anchor") if name not in ("number", "head_seq", "head_hash")]
    columns = [name for name in columns if name != "previous_hash"]
    listed = ", ".join(columns)
    copied = (
        f"INSERT INTO anchor (number, head_seq, head_hash, previous_hash, {listed}) SELECT 2, chain_head.seq,"
        f" chain_head.hash, anchor_hash, {', '.join('anchor.' + name for name in columns)} FROM anchor, chain_head"
    )
    assert isinstance(attempt(engine, copied), BrokenChain)


def test_any_bit_of_any_column_of_an_anchor_is_found(engine: Engine) -> None:
    for column in table_columns(engine, "anchor"):
        with owner(engine) as connection:
            value = connection.exec_driver_sql(f"SELECT {column} FROM anchor").scalar_one()
            new = flipped(bytes(value) if isinstance(value, memoryview) else value, 5)
            connection.execute(sa.text(f"UPDATE anchor SET {column} = :new"), {"new": new})
            assert "anchors" in bad(Ledger.open(connection, book=BOOK).verify(full=True)), column


# -------------------------------------------------------------------------------------------------------------- proofs


def test_a_proof_shows_its_entries_and_no_others(book: Opens, engine: Engine) -> None:
    with book() as ledger:
        proof = json.loads(json.dumps(ledger.prove([2, 4])))
    anchor = Anchor.from_json(proof["anchor"])
    assert [one["entry"]["seq"] for one in proof["entries"]] == [2, 4]
    assert "k3" not in json.dumps(proof)
    for one in proof["entries"]:
        path = [bytes.fromhex(node) for node in one["path"]]
        hash = bytes.fromhex(one["entry"]["hash"])
        assert included(hash, one["entry"]["seq"] - 1, anchor.head_seq, path, anchor.root)


def test_growth_between_two_anchors_is_shown(book: Opens) -> None:
    with book() as ledger:
        ledger.anchor(OTHER)
        growth = json.loads(json.dumps(ledger.prove_growth(1)))
    old, new = Anchor.from_json(growth["from"]), Anchor.from_json(growth["to"])
    assert (old.head_seq, new.head_seq, new.previous_hash) == (5, 7, old.hash)
    path = [bytes.fromhex(node) for node in growth["path"]]
    assert consistent(old.head_seq, old.root, new.head_seq, new.root, path)
    row = {name: getattr(new, name) for name in new.__slots__}
    assert anchor_hash(BOOK, row) == new.hash


def test_what_cannot_be_proved_is_refused(book: Opens) -> None:
    with book() as ledger:
        with pytest.raises(UnknownEntry):
            ledger.prove([6])
        with pytest.raises(UnknownAnchor):
            ledger.prove([1], anchor=9)
        ledger.anchor(KEY)
        with pytest.raises(FaultyAnchor):
            ledger.prove_growth(2, 1)


@pytest.mark.parametrize("change", [{"format": "x"}, {"root": "zz"}, {"root": None}, {"head_seq": "5"}, {"hash": 5}])
def test_what_is_no_anchor_is_refused(engine: Engine, change: dict[str, object]) -> None:
    with pytest.raises(FaultyAnchor):
        Anchor.from_json(kept(engine).as_json() | change)
    with pytest.raises(FaultyAnchor):
        Anchor.from_json([])  # type: ignore[arg-type]
