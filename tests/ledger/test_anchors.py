"""Anchors: what somebody kept of yesterday exposes whatever was done to the ledger since, by whoever could do it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Engine, create_engine, is_sqlite, writing
from fund.errors.ledger import AppendOnly, BrokenChain, FaultyAnchor, FaultyKey, UnknownAnchor, UnknownEntry
from fund.ledger import Anchor, Ledger, credit, debit, verify_export
from fund.ledger.anchors import public_key_of, root_of, signed
from fund.ledger.seal import step_hash
from fund.ledger.verify import Verification
from fund.reports.exports.ledger import ledger_folder
from tests.factories import founded
from tests.ledger.attacks import attempt, flipped, owner, table_columns
from tests.ledger.conftest import BOOK, NOON, Opens, draft, opened
from tests.ledger.forger import (
    cut_the_tail,
    cut_the_tail_and_write_on,
    make_all_fit,
    master,
    rehash_everything,
    seal_anchors,
    write,
)
from tests.ledger.trees import consistency_path, consistent, included, inclusion_path


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


@pytest.mark.parametrize("attack", [rehash_everything, cut_the_tail, cut_the_tail_and_write_on])
def test_what_was_kept_yesterday_exposes_what_was_done_today_and_nothing_else_does(
    engine: Engine, tmp_path: Path, attack: Callable[[Engine, str], None]
) -> None:
    anchor = kept(engine)
    with opened(engine) as ledger:
        ledger.close_period("2027-03", actor="usr_a")
        ledger.anchor(OTHER)
    attack(engine, BOOK)
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok, "without it, nobody would know"
        assert ledger.verify().ok
        for full in (True, False):
            found = ledger.verify(full=full, anchors=[anchor], public_key=public_key_of(KEY))
            assert bad(found) == {"given_anchors"}
            assert found.first_bad_seq == 5
    assert export_and_check(engine, tmp_path / "without") == (0, "everything holds")
    code, told = export_and_check(engine, tmp_path / "with", anchor)
    assert code == 1
    assert "NOT RIGHT: anchor 1: the entries until 5 are not what they were" in told


@pytest.mark.parametrize("rehashed", [False, True])
def test_one_old_entry_that_was_changed_is_found_and_named(engine: Engine, tmp_path: Path, rehashed: bool) -> None:
    """Its own hash left as it was, or made anew: then the next does not follow it, and the anchor's tree is another."""
    anchor = kept(engine)
    with opened(engine) as ledger:
        ledger.close_period("2027-03", actor="usr_a")
    with master(engine) as connection:
        before = bytes(connection.exec_driver_sql("SELECT hash FROM entry WHERE seq = 2").scalar_one())
        connection.exec_driver_sql("UPDATE entry SET memo = 'Taart' WHERE seq = 2")
        if rehashed:
            make_all_fit(connection, BOOK)
            write(connection, "entry", {"seq": 3}, {"previous_hash": before})
    with opened(engine) as ledger:
        found = ledger.verify(full=True, anchors=[anchor], public_key=public_key_of(KEY))
        assert {"chain"} | ({"given_anchors"} if rehashed else set()) <= bad(found)
        assert found.first_bad_seq == (3 if rehashed else 2)
    code, told = export_and_check(engine, tmp_path / "with", anchor)
    assert code == 1
    assert f"NOT RIGHT: entry {3 if rehashed else 2}: it" in told


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE period SET actor = 'usr_evil'", "the months"),
        ("DELETE FROM period", "the months"),
        ("UPDATE account_set SET actor = 'usr_evil'", "the sets of accounts"),
        ("DELETE FROM account_set", "the sets of accounts"),
    ],
)
def test_a_month_or_a_set_that_was_rewritten_is_exposed_by_the_anchor_that_was_kept(
    engine: Engine, tmp_path: Path, statement: str, what: str
) -> None:
    anchor = kept(engine)
    with master(engine) as connection:
        connection.exec_driver_sql("DELETE FROM anchor")  # it counts the steps that go
        connection.exec_driver_sql(statement)
        make_all_fit(connection, BOOK)
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok, "without it, nobody would know"
        for full in (True, False):
            found = ledger.verify(full=full, anchors=[anchor], public_key=public_key_of(KEY))
            assert [(one.seq, one.message) for one in found.findings] == [
                (5, f"{what} are not what they were when the anchor was made")
            ]
    assert export_and_check(engine, tmp_path / "without") == (0, "everything holds")
    code, told = export_and_check(engine, tmp_path / "with", anchor)
    assert code == 1
    assert told.startswith("NOT RIGHT: anchor 1: ")


@pytest.mark.parametrize("change", ["legs = 999", "trial_balance_hash = root", "periods = 0", "set_hash = root"])
def test_an_anchor_that_never_was_true_is_found_though_an_honest_one_follows(engine: Engine, change: str) -> None:
    """Its hash and its signature are right: whoever holds the key signed it."""
    with opened(engine) as ledger:
        ledger.anchor(KEY)
    with master(engine) as connection:
        connection.exec_driver_sql(f"UPDATE anchor SET {change} WHERE number = 1")
        seal_anchors(connection, BOOK)
    with opened(engine) as ledger:
        found = ledger.verify(full=True)
        assert [(one.seq, one.place) for one in found.findings] == [(5, "anchor:1")]


def export_and_check(engine: Engine, folder: Path, anchor: Anchor | None = None) -> tuple[int, str]:
    """What the auditor's file, which the export puts beside itself, says of it, alone and in another folder."""
    with opened(engine) as ledger:
        ledger_folder(ledger, folder)
    kept_here = folder.with_suffix(".anchor.json")
    words: list[object] = [folder / "verify_export.py", folder]
    if anchor is not None:
        kept_here.write_text(json.dumps(anchor.as_json()))
        words += ["--anchor", kept_here, "--key", public_key_of(KEY).hex()]
    code, told = alone(*words, here=folder.parent)
    return code, told if code else told.splitlines()[-1]


def alone(*words: object, here: Path) -> tuple[int, str]:
    """Python with its standard library and nothing else."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", *map(str, words)], cwd=here, env={}, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_command_says_what_the_anchor_in_a_file_says(fund: Any, database_url: str, tmp_path: Path) -> None:
    """``fund ledger verify --anchor FILE``, on a fund with entries, after each of the attacks."""
    with founded(database_url) as world:
        for number in range(1, 7):
            world.both(
                "ledger post", user="anna", second="bram", memo="Kosten notaris", reason="Factuur 7.",
                debits=[["4500", 100 + number]], credits=[["2000.notaris", 100 + number]],
            )  # fmt: skip
    engine = create_engine(database_url)
    with writing(engine) as connection:
        anchor = Ledger.open(connection, book="fund").anchor(KEY)
    path = tmp_path / "yesterday.json"
    path.write_text(json.dumps(anchor.as_json()))
    verify = ("ledger", "verify", "--json", "--anchor", path, "--key", public_key_of(KEY).hex())
    assert fund(*verify, database=database_url).code == 0
    for attack in (rehash_everything, cut_the_tail):
        attack(engine, "fund")
        assert fund("ledger", "verify", database=database_url).code == 0
        done = fund(*verify, database=database_url)
        assert done.code == 3
        assert {check["name"] for check in done.json["checks"] if not check["ok"]} == {"given_anchors"}
    engine.dispose()


def test_a_partner_proves_its_contribution_with_its_proof_the_key_and_the_file_alone(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("partner")
    with opened(engine) as ledger:
        seqs = [entry.seq for entry in ledger.entries(account="3000.p2")]
        (folder / "proof.json").write_text(json.dumps(ledger.prove(seqs)))
    shutil.copy(verify_export.__file__, folder)
    rehash_everything(engine, BOOK)  # whatever becomes of the ledger: the proof stands
    words = ("verify_export.py", "proof.json", "--key")
    code, told = alone(*words, public_key_of(KEY).hex(), here=folder)
    assert code == 0, told
    assert "entry 2 of 2027-03-10: Broodverkoop: 1000 +0.02, 3000.p2 -0.02" in told
    assert "3000.p3" not in (folder / "proof.json").read_text()
    code, told = alone(*words, public_key_of(OTHER).hex(), here=folder)
    assert (code, "its signature is not of this key" in told) == (1, True)
    text = (folder / "proof.json").read_text()
    (folder / "proof.json").write_text(text.replace(", -2]", ", -3]").replace(", 2]", ", 3]"))
    code, told = alone(*words, public_key_of(KEY).hex(), here=folder)
    assert (code, "its hash is not of what it says" in told) == (1, True)


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
    assert step_hash("anchor", BOOK, row) == new.hash


def test_what_cannot_be_proved_is_refused(book: Opens) -> None:
    with book() as ledger:
        with pytest.raises(UnknownEntry):
            ledger.prove([6])
        with pytest.raises(UnknownAnchor):
            ledger.prove([1], anchor=9)
        ledger.anchor(KEY)
        with pytest.raises(FaultyAnchor):
            ledger.prove_growth(2, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "x"}, {"root": "zz"}, {"root": None}, {"head_seq": "5"}, {"hash": 5}, {"periods": []},
        {"sets": {}}, {"number": True}, {"legs": 5.0}, {"version": None}, {"recorded_at": 2**63}, {"head_seq": -1},
        {"book": 5}, {"book": []}, {"book": "\ud800"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_anchor_is_refused(engine: Engine, change: dict[str, object]) -> None:
    with pytest.raises(FaultyAnchor):
        Anchor.from_json(kept(engine).as_json() | change)
    with pytest.raises(FaultyAnchor):
        Anchor.from_json([])  # type: ignore[arg-type]
    with pytest.raises(FaultyAnchor):
        Anchor.read(b"[" * 100_000)


STRANGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=70).map(bytes.hex),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)


@given(field=st.sampled_from(Anchor.__slots__), value=STRANGE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_anchor_of_somebody_holds_our_own_are_looked_at(engine: Engine, field: str, value: object) -> None:
    told = kept(engine).as_json()
    try:
        anchor = Anchor.from_json(told | {field: value})
    except FaultyAnchor:
        return
    with opened(engine) as ledger:
        found = ledger.verify(full=True, anchors=[anchor])
    assert bad(found) == (set() if told[field] == value else {"given_anchors"})
    assert not [one.message for one in found.findings if "carried out" in one.message]
