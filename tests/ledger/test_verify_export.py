"""The auditor's one file: alone, on an export, it finds what was done to it; and a partner shows its own entries."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.database import Engine
from fund.ledger import Anchor, Ledger, Posting, canonical, credit, debit, seal, verify_export
from fund.ledger.anchors import leaf_of, public_key_of, root_of, sign
from fund.ledger.seal import canonical_json
from fund.reports.exports.ledger import ledger_folder
from tests.ledger.attacks import owner
from tests.ledger.conftest import Opens, draft, opened
from tests.ledger.forger import make_all_fit
from tests.ledger.test_anchors import KEY, OTHER, leaves
from tests.ledger.test_seal import VECTORS
from tests.ledger.trees import consistency_path, inclusion_path

SOURCE = Path(verify_export.__file__)
PUBLIC = public_key_of(KEY).hex()
SIDES = verify_export.SAID["trial-balance"].split()


def fill(engine: Engine) -> None:
    """A book with everything in it that can be exported."""
    with opened(engine) as ledger:
        ledger.lock_period("2027-02", actor="usr_a")
        ledger.close_period("2027-02", actor="usr_a")
        ledger.post(draft("1", debit("1000", 500), credit("3000.anna", 500), metadata={"n": "e\u0301 €", "m": {}}))
        ledger.post(
            draft("2", debit("4000", 9), credit("1000", 9), debit("9000", 4), credit("9010", 4), memo="Brød 🥖")
        )
        ledger.reverse(2, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="3", actor="a")
        ledger.limit_set("free", {"1000": 1}, actor="a", min_balance_cents=-5, kinds=["x"], valid_from=date(2027, 1, 1))
        ledger.anchor(KEY)
        ledger.reverse_part(
            1,
            [debit("3000.anna", 5), credit("1000", 5)],
            effective_on=date(2027, 3, 12),
            reason="x",
            idempotency_key="4",
            actor="a",
        )
        ledger.lock_period("2027-03", actor="usr_a")
        ledger.close_period("2027-03", actor="usr_a")
        ledger.anchor(KEY)
        ledger.post(draft("5", debit("1000", 1), credit("4400", 1), on=date(2027, 4, 1)))


def run(*words: object, here: Path) -> tuple[int, str]:
    """The file as an auditor runs it: another folder, no packages, no program of ours to be found."""
    command = [sys.executable, "-I", "-S", *map(str, words)]
    done = subprocess.run(command, cwd=here, env={}, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Path:
    """An export of the bakery."""
    fill(engine)
    with opened(engine) as ledger:
        ledger_folder(ledger, tmp_path / "export")
        (tmp_path / "anchor.json").write_text(json.dumps(ledger.anchors()[0].as_json()))
    return tmp_path / "export"


def test_it_is_one_file_that_can_be_read_in_ten_minutes() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 330
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


def test_an_honest_export_holds(folder: Path) -> None:
    code, told = run(
        folder / "verify_export.py", folder, "--anchor", "anchor.json", "--key", PUBLIC, here=folder.parent
    )
    assert code == 0, told
    assert "bakery: 5 entries, 14 legs" in told
    assert told.endswith("everything holds\n")
    assert (folder / "verify_export.py").read_bytes() == SOURCE.read_bytes()


def change(folder: Path, name: str, number: int, /, **fields: Any) -> None:
    """A line of a file with other fields, and a manifest that fits it: what a careful forger would do."""
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[number] = json.dumps(json.loads(lines[number]) | fields, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    refit(folder)


def refit(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


ENTRY_FIELDS = {
    "seq": 9, "id": "ent_x", "effective_on": "2027-03-13", "kind": "x", "memo": "x", "actor": "x",
    "idempotency_key": "x",
    "metadata": "{}", "reverses": 1, "reason": "x", "recorded_at": 5, "previous_hash": "11" * 32,
    "hash": "11" * 32,
    "legs": [["1000", "asset", "actual", "EUR", 5], ["3000", "equity", "actual", "EUR", -5]],
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRY_FIELDS)
def test_any_field_of_an_entry_that_was_changed_is_found_and_the_entry_named(folder: Path, name: str) -> None:
    change(folder, "entries.jsonl", 0, **{name: ENTRY_FIELDS[name]})
    code, told = run(SOURCE, folder, here=folder.parent)
    assert code == 1
    assert "NOT RIGHT: entry 1:" in told or "NOT RIGHT: entry 9:" in told


@pytest.mark.parametrize(
    "name", ["entries.jsonl", "periods.jsonl", "account_sets.jsonl", "trial_balance.jsonl", "anchors.jsonl"]
)
def test_any_field_of_any_line_that_was_changed_is_found(folder: Path, name: str) -> None:
    first = json.loads((folder / name).read_text(encoding="utf-8").splitlines()[0])
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    for field, value in first.items():
        if field in ("format", "version"):
            continue
        other = value + 1 if isinstance(value, int) else "x" + str(value)[1:] if value else "x"
        change(folder, name, 0, **{field: other})
        code, told = run(SOURCE, folder, here=folder.parent)
        assert code == 1, (field, told)
        for path, content in kept.items():
            (folder / path).write_bytes(content)
    assert run(SOURCE, folder, here=folder.parent)[0] == 0


@pytest.mark.parametrize(
    ("name", "number", "one", "other"),
    [
        ("periods.jsonl", 1, "trial_balance_hash", "reason"),
        ("periods.jsonl", 0, "actor", "second_actor"),
        ("account_sets.jsonl", 0, "min_balance_cents", "max_balance_cents"),
        ("anchors.jsonl", 0, "periods", "sets"),
        ("trial_balance.jsonl", 0, "debit_cents", "credit_cents"),
    ],
)
def test_values_whose_names_were_exchanged_are_found(
    folder: Path, name: str, number: int, one: str, other: str
) -> None:
    """Their order is what it was, so who hashes the values as they come finds nothing."""
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines()
    names = {one: other, other: one}
    lines[number] = json.dumps(
        {names.get(key, key): value for key, value in json.loads(lines[number]).items()}, ensure_ascii=False
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    refit(folder)
    code, told = run(SOURCE, folder, here=folder.parent)
    assert code == 1, told


def test_the_order_of_the_fields_of_a_line_means_nothing(folder: Path) -> None:
    for path in (*folder.glob("*.jsonl"), folder.parent / "anchor.json"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows), encoding="utf-8"
        )
    refit(folder)
    code, told = run(SOURCE, folder, "--anchor", "anchor.json", "--key", PUBLIC, here=folder.parent)
    assert code == 0, told


def test_what_a_month_froze_is_looked_at_though_it_was_reopened_since(engine: Engine, tmp_path: Path) -> None:
    with opened(engine) as ledger:
        ledger.post(draft("1", debit("1000", 500), credit("3000.anna", 500)))
        ledger.lock_period("2027-03", actor="usr_a")
        ledger.close_period("2027-03", actor="usr_a")
        ledger.reopen_period("2027-03", actor="usr_a", second_actor="usr_b", reason="vergeten")
        ledger.post(draft("2", debit("1000", 7), credit("4400", 7)))
        ledger.lock_period("2027-03", actor="usr_a")
        ledger.close_period("2027-03", actor="usr_a")
        ledger_folder(ledger, tmp_path / "export")
    assert run(SOURCE, tmp_path / "export", here=tmp_path)[0] == 0

    path = tmp_path / "export" / "periods.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    frozen = [row for row in rows if row["trial_balance_hash"] is not None]
    assert len(frozen) == 2
    frozen[0]["trial_balance_hash"] = frozen[1]["trial_balance_hash"]
    previous = verify_export.GENESIS
    for row in rows:  # by somebody who has all our code
        row["previous_hash"] = previous
        previous = row["hash"] = verify_export.row_hash("period", "bakery", row)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    refit(tmp_path / "export")
    code, told = run(SOURCE, tmp_path / "export", here=tmp_path)
    assert code == 1
    assert told.count("NOT RIGHT") == 1
    assert "month 2027-03: its trial balance is not as it was frozen" in told


def forged(folder: Path, entries: list[dict[str, Any]]) -> str:
    """What the file finds in a book of these entries, chained and summed anew by somebody who has all our code."""
    folder.mkdir()
    previous, peaks, book = "00" * 32, list[tuple[int, bytes]](), Counter[Any]()
    with (folder / "entries.jsonl").open("w", encoding="utf-8") as file:
        for seq, entry in enumerate(entries, 1):
            told: dict[str, Any] = ENTRY_FIELDS | {"seq": seq, "reverses": None, "reason": None}
            told |= {"idempotency_key": f"k{seq}", "previous_hash": previous} | entry
            previous = told["hash"] = verify_export.entry_hash("bakery", told)
            verify_export.grown(peaks, previous)
            for code, _type, layer, currency, cents in told["legs"]:
                book[code, layer, currency, "2027-03", cents < 0] += abs(cents)
            file.write(json.dumps(told) + "\n")
    rows = [dict(zip(SIDES, row, strict=True)) for row in verify_export.trial_balance(book, "2027-03")]
    (folder / "trial_balance.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("anchors.jsonl", "periods.jsonl", "account_sets.jsonl"):
        (folder / name).write_text("")
    root = verify_export.root(peaks)
    manifest = {"book": "bakery", "files": {}, "entries": len(entries), "head_hash": previous, "root": root}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    verify_export.main([str(folder)])
    return "; ".join(verify_export.FINDINGS)


def moves(cents: int, **more: Any) -> dict[str, Any]:
    """An entry of two legs."""
    return {"legs": [["1000", "asset", "actual", "EUR", cents], ["3000", "equity", "actual", "EUR", -cents]], **more}


def states(**correction: Any) -> dict[str, Any]:
    return {"metadata": json.dumps({"correction": correction})}


FIRST = moves(10)
PART, REST = moves(-4, **states(part_of=1)), moves(-6, **states(part_of=1))
WHOLE = moves(-10, reverses=1)
INSTEAD = moves(7, **states(replaces=1))


CORRECTIONS: list[tuple[list[dict[str, Any]], str]] = [
    ([FIRST, PART, REST, INSTEAD], ""),
    ([FIRST, WHOLE, INSTEAD], ""),
    ([FIRST, WHOLE | states(part_of=1), INSTEAD], ""),
    ([FIRST, PART, INSTEAD, REST], ""),
    ([FIRST, PART, PART, PART], "entry 4: it takes back more than entry 1 moved"),
    ([FIRST, moves(4, **states(part_of=1))], "entry 2: it takes back more than entry 1 moved"),
    ([FIRST, moves(-4, **states(part_of=3)), FIRST], "entry 2: it takes back more than entry 3 moved"),
    ([FIRST, moves(-4, **states(part_of=2))], "entry 2: it takes back more than entry 2 moved"),
    ([FIRST, moves(-4, **states(part_of=9))], "entry 2: it takes back more than entry 9 moved"),
    ([FIRST, WHOLE, PART], "entry 3: it takes back more than entry 1 moved"),
    ([FIRST, PART, WHOLE], "entry 3: it is not the one mirror of entry 1"),
    ([FIRST, WHOLE, WHOLE], "entry 3: it is not the one mirror of entry 1"),
    ([FIRST, moves(-9, reverses=1)], "entry 2: it is not the one mirror of entry 1"),
    ([WHOLE, FIRST], "entry 1: it is not the one mirror of entry 1"),
    ([FIRST, INSTEAD], "entry 2: entry 1, which it replaces, was not taken back before, or is replaced already"),
    ([FIRST, INSTEAD, WHOLE], "entry 2: entry 1, which it replaces, was not taken back before,"),
    ([FIRST, WHOLE, INSTEAD, INSTEAD], "entry 4: entry 1, which it replaces, was not taken back before,"),
    ([FIRST, WHOLE, moves(-4, **states(part_of=1, replaces=1))], "entry 3: it takes back more than entry 1 moved"),
]


@pytest.mark.parametrize(
    ("entries", "found"),
    [*CORRECTIONS, ([FIRST, FIRST | {"idempotency_key": "k1"}, FIRST], "entry 2: its key is used twice")],
)
def test_corrections_that_the_ledger_would_refuse_are_found_in_a_book_that_is_sealed_anew(
    tmp_path: Path, entries: list[dict[str, Any]], found: str
) -> None:
    told = forged(tmp_path / "export", entries)
    assert told.startswith(found), told
    assert bool(told) == bool(found), told


@pytest.mark.parametrize(("entries", "found"), CORRECTIONS)
def test_the_ledgers_own_verification_finds_the_same_corrections(
    engine: Engine, entries: list[dict[str, Any]], found: str
) -> None:
    """In its database, past every guard, and sealed anew."""
    with opened(engine) as ledger:
        for number, entry in enumerate(entries, 1):
            legs = [Posting(code, cents) for code, *_account, cents in entry["legs"]]
            ledger.post(draft(f"k{number}", *legs))
    with owner(engine) as connection:
        connection.exec_driver_sql("DROP INDEX uq_entry_book_id_reverses_seq")
        for number, entry in enumerate(entries, 1):
            connection.execute(
                sa.text(
                    "UPDATE entry SET metadata = :metadata, reverses_seq = :reverses, reason = 'x' WHERE seq = :seq"
                ),
                {
                    "seq": number,
                    "metadata": canonical_json(json.loads(entry.get("metadata", "{}"))),
                    "reverses": entry.get("reverses"),
                },
            )
        make_all_fit(connection, "bakery")
        checks = Ledger.open(connection, book="bakery").verify(full=True).checks
    bad = {check.name: check.findings for check in checks if not check.ok and check.name != "guards"}
    assert set(bad) == ({"corrections"} if found else set())
    if found:
        assert f"entry {bad['corrections'][0].seq}" == found.partition(":")[0]


def cut(folder: Path) -> None:
    """The last entry goes, with what it did to the balances, and the manifest fits again."""
    lines = (folder / "entries.jsonl").read_text(encoding="utf-8").splitlines()[:2]
    (folder / "entries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("anchors.jsonl", "periods.jsonl", "account_sets.jsonl"):
        (folder / name).write_text("")
    sums: dict[tuple[str, ...], list[int]] = {}
    peaks: list[tuple[int, bytes]] = []
    for line in map(json.loads, lines):
        verify_export.grown(peaks, line["hash"])
        for code, _type, layer, currency, cents in line["legs"]:
            side = sums.setdefault((code, layer, currency), [0, 0])
            side[cents < 0] += abs(cents)
    rows = [dict(zip(SIDES, (*key, *sums[key]), strict=True)) for key in sorted(sums)]
    (folder / "trial_balance.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = json.loads((folder / "manifest.json").read_text())
    last = json.loads(lines[-1])
    manifest |= {"entries": 2, "head_hash": last["hash"], "root": verify_export.root(peaks)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    refit(folder)


def test_a_tail_cut_off_shows_by_the_anchor_that_was_kept_and_by_nothing_else(folder: Path) -> None:
    cut(folder)
    assert run(SOURCE, folder, here=folder.parent)[0] == 0
    code, told = run(SOURCE, folder, "--anchor", "anchor.json", "--key", PUBLIC, here=folder.parent)
    assert code == 1
    assert "anchor 1: the entries until 3 are not what they were" in told


def test_a_file_that_was_exchanged_or_is_not_there_is_found(folder: Path) -> None:
    (folder / "accounts.jsonl").write_text("{}\n")
    code, told = run(SOURCE, folder, here=folder.parent)
    assert code == 1
    assert "accounts.jsonl: it is not the file that was exported" in told
    (folder / "periods.jsonl").unlink()
    code, told = run(SOURCE, folder, here=folder.parent)
    assert code == 1
    assert "it cannot be read" in told


def test_an_anchor_by_another_key_is_found(folder: Path) -> None:
    other = public_key_of(OTHER).hex()
    code, told = run(SOURCE, folder, "--anchor", "anchor.json", "--key", other, here=folder.parent)
    assert code == 1
    assert "its signature is not of this key" in told


def test_without_words_it_says_how_it_is_used(tmp_path: Path) -> None:
    for words in ([], ["a", "b"], ["a", "--evil", "c"]):
        code, told = run(SOURCE, *words, here=tmp_path)
        assert code == 2
        assert "EXPORT_FOLDER" in told


# -------------------------------------------------------------------------------------------------------------- proofs


def test_a_partner_shows_its_contribution_with_its_proof_the_key_and_the_file_alone(
    book: Opens, engine: Engine, tmp_path: Path
) -> None:
    fill(engine)
    with book() as ledger:
        (tmp_path / "proof.json").write_text(json.dumps(ledger.prove([1])))
        (tmp_path / "growth.json").write_text(json.dumps(ledger.prove_growth(1)))
    code, told = run(SOURCE, "proof.json", "--key", PUBLIC, here=tmp_path)
    assert code == 0, told
    assert "entry 1 of 2027-03-10: Broodverkoop: 1000 +5.00, 3000.anna -5.00" in told
    assert run(SOURCE, "growth.json", "--key", PUBLIC, here=tmp_path)[0] == 0
    assert run(SOURCE, "growth.json", "--key", public_key_of(OTHER).hex(), here=tmp_path)[0] == 1


def more(proof: dict[str, Any]) -> None:
    proof["entries"][0]["entry"]["legs"][0][4] += 1


def elsewhere(proof: dict[str, Any]) -> None:
    proof["entries"][0]["entry"]["seq"] = 2


def other_path(proof: dict[str, Any]) -> None:
    proof["entries"][0]["path"][0] = "11" * 32


def short_path(proof: dict[str, Any]) -> None:
    proof["entries"][0]["path"].pop()


def other_root(proof: dict[str, Any]) -> None:
    proof["anchor"]["root"] = "11" * 32


def nothing(proof: dict[str, Any]) -> None:
    proof.clear()


@pytest.mark.parametrize("forge", [more, elsewhere, other_path, short_path, other_root, nothing])
def test_a_forged_proof_does_not_hold(book: Opens, engine: Engine, tmp_path: Path, forge: Callable[..., None]) -> None:
    fill(engine)
    with book() as ledger:
        proof = json.loads(json.dumps(ledger.prove([1])))
    forge(proof)
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    assert run(SOURCE, "proof.json", "--key", PUBLIC, here=tmp_path)[0] == 1


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 40), data=st.data())
def test_paths_lead_to_the_same_roots_as_ours(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    place = data.draw(st.integers(0, size - 1))
    path = [node.hex() for node in inclusion_path(hashes, place)]
    start = leaf_of(hashes[place])
    assert verify_export.climbed(place, size - 1, start, path)[0] == root_of(hashes).hex()
    first = place + 1
    told = {"head_seq": first, "root": root_of(hashes[:first]).hex()}, {"head_seq": size, "root": root_of(hashes).hex()}
    proof = [node.hex() for node in consistency_path(hashes, first)]
    assert grows(*told, proof)
    assert not grows(told[0] | {"root": "22" * 32}, told[1], proof)


def grows(old: dict[str, Any], new: dict[str, Any], path: list[str]) -> bool:
    """What the file says of growth, the anchors' own seals left out."""
    verify_export.FINDINGS.clear()
    seals: dict[str, Any] = dict.fromkeys(verify_export.SAID["anchor"].split(), 0)
    seals |= {"book": "b", "number": 1, "previous_hash": "00" * 32, "hash": "00", "public_key": "00", "signature": "00"}
    proof = {"format": "fund-ledger-growth", "from": seals | old, "to": seals | new, "path": path}
    verify_export.check_proof(proof, "00" * 32)
    return not [one for one in verify_export.FINDINGS if one.startswith("growth")]


# ------------------------------------------------------------------------------------------------------------- vectors


@settings(max_examples=20, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=40), bit=st.integers(0, 511))
def test_signatures_are_judged_as_the_library_judges_them(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert verify_export.signed(public, message, bytes(signature))
    assert not verify_export.signed(public, message + b"x", bytes(signature))
    signature[bit // 8] ^= 1 << (bit % 8)
    assert not verify_export.signed(public, message, bytes(signature))
    assert sign(KEY, message) != bytes(signature)


def test_the_standards_own_signature_is_right() -> None:
    """RFC 8032, 7.1, test 2: one byte signed."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert verify_export.signed(public, b"\x72", signature)
    assert not verify_export.signed(public, b"\x73", signature)


LINES = [*VECTORS["entries"], *VECTORS["chain"]]


@pytest.mark.parametrize("vector", LINES, ids=lambda vector: vector["what"])
def test_the_published_entries_are_sealed_alike_by_the_file(vector: dict[str, Any]) -> None:
    line, said = vector["line"], vector["canonical"].encode()
    assert verify_export.entry_hash("bakery", line) == vector["hash"] == line["hash"]
    assert verify_export.seal("entry", line["previous_hash"], said) == vector["hash"]
    assert seal(bytes.fromhex(line["previous_hash"]), said, "entry").hex() == vector["hash"]


def test_the_published_chain_is_written_alike_by_the_ledger(book: Opens) -> None:
    first, second, reversal = (vector["line"] for vector in VECTORS["chain"])
    with book() as ledger:
        for line in (first, second):
            legs = [debit(leg[0], leg[4]) if leg[4] > 0 else credit(leg[0], -leg[4]) for leg in line["legs"]]
            metadata = json.loads(line["metadata"])
            ledger.post(draft(line["idempotency_key"], *legs, memo=line["memo"], metadata=metadata))
        ledger.reverse(
            2,
            effective_on=date.fromisoformat(reversal["effective_on"]),
            reason=reversal["reason"],
            idempotency_key=reversal["idempotency_key"],
            actor=reversal["actor"],
            recorded_at=draft("x").recorded_at,
        )
        assert list(ledger.export_entries()) == [first, second, reversal]


def test_the_page_on_the_canonical_form_names_what_is_published() -> None:
    page = (SOURCE.parents[2] / "docs" / "canonical-form.md").read_text(encoding="utf-8")
    for vector in (*VECTORS["entries"], *VECTORS["wide"], *VECTORS["chain"]):
        assert f"`{vector['hash']}`" in page
    assert VECTORS["entries"][0]["canonical"] in page


@pytest.mark.parametrize("vector", VECTORS["fields"], ids=lambda vector: vector["what"])
def test_the_published_forms_are_written_alike_by_the_file(vector: dict[str, Any]) -> None:
    if (
        any(isinstance(one, dict) for one in vector["fields"])
        or vector["canonical"] != canonical(vector["fields"], exact=True).decode()
    ):
        return  # metadata reach it as text, in normal form already
    assert verify_export.fields(vector["fields"]).decode() == vector["canonical"]
    assert verify_export.seal("event", vector["previous"], vector["canonical"].encode()) == vector["hash"]


def test_an_entry_of_two_thousand_legs_is_sealed_alike_by_all_three(book: Opens) -> None:
    legs = [debit("1000", 3) if number % 2 else credit("4400", 3) for number in range(2000)]
    with book() as ledger:
        posted = ledger.post(draft("wide", *legs, recorded_at=draft("x").recorded_at))
        (told,) = ledger.export_entries()
        assert ledger.verify(full=True).ok
    assert verify_export.entry_hash("bakery", told) == posted.hash.hex()
    wide = next(vector for vector in VECTORS["wide"])
    assert posted.hash.hex() == wide["hash"]
    assert told == wide["line"] | {"legs": told["legs"]}
    assert [leg[::4] for leg in told["legs"]] == [["4400", -3], ["1000", 3]] * 1000
    assert seal(bytes(32), b"", "entry").hex() == verify_export.seal("entry", "00" * 32, b"")


def test_an_anchor_is_sealed_alike(book: Opens) -> None:
    with book() as ledger:
        anchor = ledger.anchor(KEY)
        told = Anchor.from_json(anchor.as_json()).as_json()
    assert verify_export.row_hash("anchor", "bakery", told) == told["hash"]
