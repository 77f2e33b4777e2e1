"""Files that go with a form, as somebody names them on the command line: whatever they are, only what the form names by
its hash is kept, and nothing of what is refused.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from fund import files
from fund.errors import FundError
from fund.errors.proposals import AttachmentNotNamed
from tests.conftest import Fund, Result
from tests.factories import World, a_proposal_file, as_file
from tests.workflows.proposing import case, proposing

PLAN = b"%PDF-1.7 een plan"
HASH = hashlib.sha256(PLAN).hexdigest()


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    folder = tmp_path / "werk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "loket.toml").write_bytes(a_proposal_file(attachments=({"title": "Plan", "sha256": HASH},)))
    (folder / "plan.pdf").write_bytes(PLAN)
    with proposing(database_url) as world:
        yield world


def kept(world: World) -> object:
    """Facts, files and names under seal: what a refusal leaves as it was."""
    with world.snapshot() as snapshot:
        folder = files.folder_of(snapshot)
        on_disk = sorted(map(str, folder.rglob("*"))) if folder is not None and folder.exists() else []
        return len(list(snapshot.store.facts.all())), snapshot.store.work.blobs(), on_disk


def test_what_is_no_plain_file_or_not_the_one_that_was_hashed_is_refused_and_leaves_nothing(
    fund: Fund, world: World, tmp_path: Path
) -> None:
    url, here = world.fund.url, Path.cwd()
    (here / "sub").mkdir()
    (here / "link.pdf").symlink_to("plan.pdf")
    (here / "lus.pdf").symlink_to("lus.pdf")
    os.mkfifo(here / "pijp")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("stopcontact")
    (here / "leeg.pdf").touch()
    (here / "later.pdf").write_bytes(PLAN + b", bijgewerkt")
    with (here / "groot.pdf").open("wb") as file:
        file.truncate(200 * 1024 * 1024)  # it takes no room on the disk, and would in memory
    before = kept(world)

    def attach(*names: str) -> Result:
        words = [word for name in names for word in ("--attach", name)]
        return fund("proposal", "draft", "loket.toml", *words, "--json", database=url, user="fatima")

    ways = {
        "link.pdf": "input_no_file", "lus.pdf": "input_no_file", "sub": "input_no_file",
        "pijp": "input_no_file", "stopcontact": "input_no_file", "/dev/zero": "input_no_file",
        ".": "input_no_file", "..": "input_no_file", "/": "input_no_file", "leeg.pdf": "empty_file",
        "weg.pdf": "no_such_file", "plan.pdf/": "no_such_file", "plan\0.pdf": "no_such_file",
        "sub/../../../weg": "no_such_file", "x" * 300: "file_unreadable", "later.pdf": "attachment_not_named",
        "loket.toml": "attachment_not_named",
    }  # fmt: skip
    for name, code in ways.items():
        refused = attach("plan.pdf", name)
        assert (refused.code, refused.json["error"]["code"]) == (1, code), (name, refused)
        assert refused.json["error"]["hint"], name
        assert kept(world) == before, name
    tracemalloc.start()
    refused = attach("groot.pdf")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refused.code, refused.json["error"]["code"]) == (1, "attachment_too_large")
    assert refused.json["error"]["details"]["size"] == 200 * 1024 * 1024
    assert peak < 20 * 1024 * 1024
    assert kept(world) == before
    changed = attach("later.pdf").json["error"]["details"]
    assert changed["hash"] == hashlib.sha256(PLAN + b", bijgewerkt").hexdigest()


def test_a_file_is_taken_from_any_path_and_kept_under_its_hash_alone(fund: Fund, world: World) -> None:
    url, here = world.fund.url, Path.cwd()
    elsewhere = f"../{here.name}/./plan.pdf"
    assert fund("proposal", "draft", "loket.toml", "--attach", elsewhere, database=url, user="fatima").code == 0
    with world.snapshot() as snapshot:
        folder = files.folder_of(snapshot)
        assert snapshot.store.work.blobs() == [(HASH, len(PLAN))]
        if folder is not None:
            assert [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()] == [Path(HASH[:2], HASH)]
    absolute = fund("proposal", "save", "2026-001", "loket.toml", "--attach", here / "plan.pdf", database=url,
                    user="fatima")  # fmt: skip
    assert absolute.code == 0
    assert "nothing changed" in absolute.out
    # the partner's own file may change afterwards: the fund keeps the bytes that were hashed
    (here / "plan.pdf").write_bytes(b"iets anders")
    assert fund("proposal", "submit", "2026-001", database=url, user="fatima").code == 0
    with world.snapshot() as snapshot:
        assert files.get(snapshot, HASH) == PLAN


def test_bytes_that_went_or_changed_are_missed_at_submitting_and_can_be_brought_again(fund: Fund, world: World) -> None:
    url = world.fund.url
    fund("proposal", "draft", "loket.toml", database=url, user="fatima")
    submit = ("proposal", "submit", "2026-001", "--json")
    assert fund(*submit, database=url, user="fatima").json["error"]["code"] == "attachment_missing"
    bring = ("proposal", "save", "2026-001", "loket.toml", "--attach", "plan.pdf")
    assert fund(*bring, database=url, user="fatima").code == 0
    with world.snapshot() as snapshot:
        folder = files.folder_of(snapshot)
    if folder is not None:  # on PostgreSQL the database keeps the bytes, and nobody but it touches them
        path = folder / HASH[:2] / HASH
        for damage in (path.unlink, lambda: path.write_bytes(PLAN[:-1] + b"?")):
            damage()
            refused = fund(*submit, database=url, user="fatima")
            assert refused.json["error"]["code"] == "attachment_missing"
            assert "--attach" in refused.json["error"]["hint"]
            assert fund(*bring, database=url, user="fatima").code == 0
    assert fund(*submit, database=url, user="fatima").code == 0
    assert case(world, "2026-001").state == "submitted"


def test_a_form_larger_than_any_form_is_not_read_whole(fund: Fund, world: World) -> None:
    with Path("reus.toml").open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    tracemalloc.start()
    refused = fund("proposal", "draft", "reus.toml", "--json", database=world.fund.url, user="fatima")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refused.code, refused.json["error"]["code"]) == (1, "form_too_large")
    assert refused.json["error"]["details"]["size"] == 300 * 1024 * 1024
    assert peak < 20 * 1024 * 1024
    for name, code in ((".", "input_no_file"), ("lo\0ket", "no_such_file")):
        assert fund("proposal", "draft", name, "--json", database=world.fund.url).json["error"]["code"] == code


def test_what_a_caller_without_a_command_line_brings_is_held_to_the_same(world: World) -> None:
    content = a_proposal_file(attachments=({"title": "Plan", "sha256": HASH},))
    for attach, refusal in (
        ([{"name": "../../etc/passwd", "content": b"iets"}], AttachmentNotNamed),
        ([{"name": "a\0b", "content": b"x" * (files.LARGEST + 1)}], FundError),
    ):
        before = kept(world)
        with pytest.raises(refusal):
            world.do("proposal draft", user="fatima", file=as_file(content), attach=attach)
        assert kept(world) == before
    world.do("proposal draft", user="fatima", file=as_file(content), attach=[{"name": "../../x", "content": PLAN}])
