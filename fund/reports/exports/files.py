"""Files and folders of an export: written beside their place and put there when they are whole."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fund.errors import ExportFolderInUse
from fund.paths import unwritable

__all__ = ["beside", "folder_beside"]


@contextmanager
def beside(path: str) -> Iterator[Path]:
    """A place beside ``path`` to write to; what stands there afterwards is at ``path``, or nothing is.

    Raises:
        FileUnreadable: It cannot be written.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        yield part
        part.replace(target)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: str) -> Iterator[Path]:
    """A folder beside ``path`` to write to; what lies in it afterwards lies at ``path``, or nothing does.

    Raises:
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ExportFolderInUse(path=path)
        part.mkdir(parents=True)
        yield part
        part.replace(target)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
