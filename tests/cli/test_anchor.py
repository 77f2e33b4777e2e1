"""Anchors, proofs and exports as they are typed."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fund.errors.usage import ExportFolderInUse
from fund.reports.exports.files import folder_beside
from tests.factories import founded
from tests.ledger.test_anchors import KEY, OTHER


@pytest.fixture
def told(database_url: str, tmp_path: Path) -> str:
    """A fund with two entries by hand; two keys lie in files of their own."""
    with founded(database_url) as world:
        for number in (1, 2):
            world.both(
                "ledger post",
                user="anna",
                second="bram",
                debits=[["4500", 12_500 + number]],
                credits=[["2000.notaris", 12_500 + number]],
                memo="Kosten notaris",
                reason="Factuur 7.",
            )
    (tmp_path / "anchor.pem").write_bytes(KEY)
    (tmp_path / "other.pem").write_bytes(OTHER)
    return database_url


def test_an_anchor_is_made_kept_and_held_against_the_ledger(fund: Any, told: str, tmp_path: Path) -> None:
    path, other = tmp_path / "anchor.json", tmp_path / "other.json"
    done = fund("ledger", "anchor", "--key", tmp_path / "anchor.pem", "--output", path, database=told, user="anna")
    assert done.code == 0, done.err
    anchor = json.loads(path.read_text())
    assert "Anchor 1: 2 entries" in done.out
    assert f"Public key: {anchor['public_key']}" in done.out
    verify = ("ledger", "verify", "--anchor", path, "--key")
    assert fund(*verify, anchor["public_key"], database=told).code == 0
    fund("ledger", "anchor", "--key", tmp_path / "other.pem", "--output", other, database=told, user="anna")
    wrong = fund(*verify, json.loads(other.read_text())["public_key"], "--json", database=told)
    assert wrong.code == 3
    findings = [one for check in wrong.json["checks"] for one in check["findings"]]
    assert [(one["place"], one["message"]) for one in findings] == [
        ("given_anchor:1", "its signature is not of this key")
    ]


def test_what_is_no_key_and_no_anchor_is_refused(fund: Any, told: str, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("not a key")
    refused = fund("ledger", "anchor", "--key", tmp_path / "bad", "--json", database=told, user="anna")
    assert (refused.code, refused.json["error"]["code"]) == (1, "faulty_key")
    refused = fund("ledger", "verify", "--anchor", tmp_path / "bad", "--json", database=told)
    assert (refused.code, refused.json["error"]["code"]) == (1, "faulty_anchor")
    refused = fund("ledger", "verify", "--key", "12", "--json", database=told)
    assert (refused.code, refused.json["error"]["code"]) == (1, "faulty_anchor")
    refused = fund("ledger", "prove", "1", "--json", database=told)
    assert (refused.code, refused.json["error"]["code"]) == (1, "unknown_anchor")
    refused = fund("ledger", "prove", "--json", database=told)
    assert (refused.code, refused.json["error"]["code"]) == (1, "nothing_to_prove")


def alone(*words: object, here: Path) -> tuple[int, str]:
    """A program that is run as an auditor does, with nothing of ours beside it."""
    command = [sys.executable, "-I", "-S", *map(str, words)]
    done = subprocess.run(command, cwd=here, env={}, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_an_export_is_checked_by_the_file_beside_it_and_a_proof_too(fund: Any, told: str, tmp_path: Path) -> None:
    folder, proof, growth = tmp_path / "export", tmp_path / "proof.json", tmp_path / "growth.json"
    fund("ledger", "anchor", "--key", tmp_path / "anchor.pem", database=told, user="anna")
    done = fund("export", "jsonl", "--output", folder, database=told)
    assert done.code == 0, done.err
    assert f"python {folder}/verify_export.py {folder}" in " ".join(done.out.split())
    assert {path.name for path in folder.iterdir()} >= {"entries.jsonl", "manifest.json", "verify_export.py"}
    code, shown = alone(folder / "verify_export.py", folder, here=tmp_path)
    assert (code, "fund: 2 entries" in shown) == (0, True), shown
    again = fund("export", "jsonl", "--output", folder, "--json", database=told)
    assert (again.code, again.json["error"]["code"]) == (1, "export_folder_in_use")

    assert fund("ledger", "prove", "--account", "2000.notaris", "--output", proof, database=told).code == 0
    assert [one["entry"]["seq"] for one in json.loads(proof.read_text())["entries"]] == [1, 2]
    assert alone(folder / "verify_export.py", proof, here=tmp_path)[0] == 0
    fund("ledger", "anchor", "--key", tmp_path / "anchor.pem", database=told, user="anna")
    assert fund("ledger", "prove", "--since", "1", "--output", growth, database=told).code == 0
    assert alone(folder / "verify_export.py", growth, here=tmp_path)[0] == 0


def test_an_anchor_on_standard_output_has_nothing_beside_it(fund: Any, told: str, tmp_path: Path) -> None:
    typed = ("ledger", "anchor", "--key", tmp_path / "anchor.pem", "--output", "-")
    both = fund(*typed, "--json", database=told, user="anna")
    assert (both.code, both.out) == (2, "")
    done = fund(*typed, database=told, user="anna")
    anchor = json.loads(done.out)
    assert f"Public key: {anchor['public_key']}" in done.err


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_empty_folder_is_filled_whole_or_stays_empty(
    fund: Any, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Also the folder that the command runs in; a break on the way leaves it as it was, and the next try works."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def broken(*_args: object) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr("fund.reports.exports.tables._events", broken)
        patch.setattr("fund.reports.exports.ledger.shutil.copyfile", broken)
        failed = fund("export", kind, "--output", ".", database=told)
    assert (failed.code, failed.err.partition(":")[0]) == (1, "error[file_unreadable]"), failed.err
    assert list(here.iterdir()) == []
    done = fund("export", kind, "--output", ".", database=told)
    assert done.code == 0, done.err
    assert (Path.cwd(), (here / "manifest.json").is_file()) == (here, True)
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


def test_two_exports_into_one_empty_folder_do_not_mix(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()

    def beside_somebody() -> None:
        with folder_beside(str(folder)) as part:
            (part / "a.txt").write_text("a")
            (folder / "of somebody else").touch()

    with pytest.raises(ExportFolderInUse):
        beside_somebody()
    assert [path.name for path in folder.iterdir()] == ["of somebody else"]
    with pytest.raises(ExportFolderInUse):
        beside_somebody()
