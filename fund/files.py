"""Files that go with a case (attachments, evidence, signed documents), kept by the hash of their content.

The bytes lie in ``files/`` beside an SQLite file and in the database on PostgreSQL, under their SHA-256, never under
the name they came with. The same bytes are kept once. What a command stored that did not commit
lies there unnamed, and harms nobody.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from fund.errors import FundError
from fund.errors.proposals import AttachmentTooLarge, ContentLost
from fund.errors.usage import EmptyFile, NoSuchFile
from fund.language import N_, _
from fund.paths import private_folder, read_input, unwritable
from fund.unit_of_work import Snapshot

LARGEST = 25 * 1024 * 1024
"""Bytes of the largest file that is kept."""


def folder_of(snapshot: Snapshot) -> Path | None:
    """Where the bytes lie beside an SQLite file; ``None`` when the database keeps them."""
    engine = snapshot.connection.engine
    if engine.dialect.name != "sqlite":
        return None
    return Path(str(engine.url.database)).resolve().parent / "files"


def put(snapshot: Snapshot, content: bytes, *, name: str = "") -> str:
    """The fund keeps these bytes; their SHA-256.

    Args:
        name: What the file was called, for the refusal; it is not kept.

    Raises:
        AttachmentTooLarge: More than 25 MB.
    """
    if len(content) > LARGEST:
        raise AttachmentTooLarge(file=name or "?", size=len(content), limit=LARGEST)
    digest = hashlib.sha256(content).hexdigest()
    folder = folder_of(snapshot)
    if folder is not None:
        _write(folder / digest[:2] / digest, content)  # also where it was kept before, and its bytes went since
    if snapshot.store.work.blob(digest) is None:
        snapshot.store.work.put_blob(sha256=digest, size=len(content), content=None if folder is not None else content)
    return digest


def put_all(snapshot: Snapshot, files: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Several files, each with ``name`` and ``content``; their hashes, in order."""
    return tuple(put(snapshot, file["content"], name=str(file.get("name", ""))) for file in files)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before the row that names it."""
    if _bytes_at(path, len(content)) == content:
        return
    part = None
    try:
        private_folder(path.parent.parent)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
        part = None
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def _bytes_at(path: Path, size: int) -> bytes | None:
    """The bytes of a file that should have this size; ``None`` when there is none, or what is there is another."""
    try:
        return read_input(str(path), size, links=False, standard_input=False)
    except EmptyFile:
        return b""
    except NoSuchFile:
        return None
    except FundError:
        return b"" if size else None


def is_kept(snapshot: Snapshot, sha256: str) -> bool:
    """Whether the fund keeps a file with this hash."""
    return snapshot.store.work.blob(sha256) is not None


def is_intact(snapshot: Snapshot, sha256: str) -> bool:
    """Whether the fund keeps a file with this hash, and its bytes are there and the same."""
    return isinstance(_problem(snapshot, sha256), bytes)


def get(snapshot: Snapshot, sha256: str) -> bytes:
    """The bytes of a file.

    Raises:
        ContentLost: They are not there, or are not the bytes that were stored.
    """
    problem = _problem(snapshot, sha256)
    if isinstance(problem, bytes):
        return problem
    raise ContentLost(hash=sha256, problem=_(problem))


def sizes(snapshot: Snapshot, hashes: Collection[str]) -> dict[str, int]:
    """How many bytes each of these files has; what the fund does not keep is left out."""
    return snapshot.store.work.blob_sizes(hashes)


def ending(content: bytes) -> str:
    """The ending under which a file of this content can be opened: the fund keeps no name of it."""
    for begins, found in _BEGINNINGS.items():
        if content.startswith(begins):
            return found
    if content.startswith(b"PK\x03\x04"):
        return next((found for inside, found in _PACKED.items() if inside in content), ".zip")
    try:
        content.decode()
    except UnicodeDecodeError:
        return ".bin"
    return ".txt"


_BEGINNINGS = {b"%PDF-": ".pdf", b"\x89PNG\r\n": ".png", b"\xff\xd8\xff": ".jpg", b"<?xml": ".xml"}
_PACKED = {
    b"word/document.xml": ".docx",
    b"xl/workbook.xml": ".xlsx",
    b"ppt/presentation.xml": ".pptx",
    b"opendocument.text": ".odt",
    b"opendocument.spreadsheet": ".ods",
}
"""What office programs pack into a file, by a name that stands in it."""


def _problem(snapshot: Snapshot, sha256: str) -> bytes | str:
    row = snapshot.store.work.blob(sha256)
    if row is None:
        return N_("the fund never kept it")
    size, content = row
    if content is None:
        folder = folder_of(snapshot)
        content = _bytes_at((folder or Path()) / sha256[:2] / sha256, size)
        if content is None:
            return N_("its bytes are gone")
    if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
        return N_("its bytes are others")
    return content


def verify(snapshot: Snapshot) -> tuple[int, list[tuple[str, str]]]:
    """How many files are kept, and what is wrong with which: hash and problem."""
    kept = snapshot.store.work.blobs()
    found = []
    for sha256, _size in kept:
        problem = _problem(snapshot, sha256)
        if not isinstance(problem, bytes):
            found.append((sha256, _(problem)))
    return len(kept), found
