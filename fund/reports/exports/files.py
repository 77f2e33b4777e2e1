"""Files and folders of an export: written beside their place and put there when they are whole."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fund.errors.usage import ExportFolderInUse
from fund.paths import unwritable

MANIFEST = "manifest.json"
"""It is put in its place last: a folder without one is no export."""


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A table as CSV: UTF-8 with a mark for Excel, lists joined by ``; ``, no cell that starts a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@"):
        return "'" + value
    return "" if value is None else value


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

    A folder that is there already, and empty, stays the same one: somebody may be working in it.

    Raises:
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    target = Path(os.path.abspath(path))
    is_new = not target.exists()
    part = (target.parent if is_new else target) / f".{uuid.uuid4().hex[:8]}.part"
    try:
        if not is_new and (not target.is_dir() or any(target.iterdir())):
            raise ExportFolderInUse(path=path)
        part.mkdir(parents=True)
        yield part
        if is_new:
            part.replace(target)
        else:
            if list(target.iterdir()) != [part]:  # somebody else wrote here meanwhile
                raise ExportFolderInUse(path=path)
            for each in sorted(part.iterdir(), key=lambda each: (each.name == MANIFEST, each.name)):
                each.replace(target / each.name)
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        shutil.rmtree(part, ignore_errors=True)
