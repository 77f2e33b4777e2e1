"""Files and folders of an export: written beside their place and put there when they are whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fund.errors import ExportFolderInUse
from fund.paths import unwritable

__all__ = ["MANIFEST", "beside", "folder_beside"]

MANIFEST = "manifest.json"
"""It is put in its place last: a folder without one is no export."""


@contextmanager
def beside(path: str) -> Iterator[Path]:
    """A place beside ``path`` to write to; what stands there afterwards is at ``path``, or nothing is.

    Raises:
        FileUnreadable: It cannot be written.
    """
    target = Path(path)
    if target.is_dir():
        raise unwritable(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield part
        part.replace(target)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: str) -> Iterator[Path]:
    """A folder to write to; what lies in it afterwards lies at ``path``, or nothing does.

    Raises:
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    target, part = Path(path), None
    is_new = not target.exists()
    try:
        if not is_new and (not target.is_dir() or any(target.iterdir())):
            raise ExportFolderInUse(path=path)
        target.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=target))
        yield part
        for each in sorted(part.iterdir(), key=lambda each: (each.name == MANIFEST, each.name)):
            each.replace(target / each.name)
        is_new = False
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        if is_new:
            with suppress(OSError):
                target.rmdir()
