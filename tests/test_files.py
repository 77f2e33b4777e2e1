"""Files by their content: kept once, under no given name, and never given back changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from fund import files
from fund.errors.proposals import AttachmentTooLarge, ContentLost
from tests.factories import World, founded

PLAN = b"%PDF-1.7 plan"
HASH = hashlib.sha256(PLAN).hexdigest()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as world:
        yield world


def test_a_file_is_kept_under_the_hash_of_its_content(world: World) -> None:
    with world.uow() as uow:
        assert files.put(uow, PLAN, name="../../etc/plan van Jan.pdf") == HASH
        assert files.put_all(uow, [{"name": "a", "content": PLAN}, {"name": "b", "content": b"b"}])[0] == HASH
    with world.snapshot() as snapshot:
        assert files.is_kept(snapshot, HASH)
        assert files.get(snapshot, HASH) == PLAN
        assert files.verify(snapshot) == (2, [])
        folder = files.folder_of(snapshot)
        if folder is not None:
            assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == sorted(
                [HASH, hashlib.sha256(b"b").hexdigest()]
            )


def test_a_file_nobody_stored_is_not_given(world: World) -> None:
    with world.snapshot() as snapshot:
        assert not files.is_kept(snapshot, HASH)
        with pytest.raises(ContentLost):
            files.get(snapshot, HASH)


def test_more_than_the_largest_size_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 4)
    with world.uow() as uow, pytest.raises(AttachmentTooLarge) as refused:
        files.put(uow, PLAN, name="plan.pdf")
    assert refused.value.details == {"file": "plan.pdf", "size": len(PLAN), "limit": 4}


def test_bytes_that_changed_or_went_are_found(world: World) -> None:
    with world.uow() as uow:
        files.put(uow, PLAN)
        files.put(uow, b"weg")
    with world.snapshot() as snapshot:
        folder = files.folder_of(snapshot)
    gone = hashlib.sha256(b"weg").hexdigest()
    if folder is not None:
        (folder / HASH[:2] / HASH).write_bytes(b"%PDF-1.7 slap")
        (folder / gone[:2] / gone).unlink()
    else:
        import sqlalchemy as sa

        from fund.database import writing

        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update blob set content = 'x'::bytea"))
    with world.snapshot() as snapshot:
        number, found = files.verify(snapshot)
        assert (number, {sha256 for sha256, _problem in found}) == (2, {HASH, gone})
        with pytest.raises(ContentLost):
            files.get(snapshot, HASH)


def test_storing_again_mends_bytes_that_a_command_left_behind(world: World) -> None:
    with world.uow(commit=False) as uow:
        files.put(uow, PLAN)
        folder = files.folder_of(uow)
    if folder is not None:
        (folder / HASH[:2] / HASH).write_bytes(b"half")
    with world.uow() as uow:
        files.put(uow, PLAN)
    with world.snapshot() as snapshot:
        assert files.get(snapshot, HASH) == PLAN
