"""Files of an export: written beside their place and put there when they are whole."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fund.errors import FileUnreadable

__all__ = ["beside"]


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
            raise IsADirectoryError(0, os.strerror(21))
        yield part
        part.replace(target)
    except OSError as problem:
        raise FileUnreadable(path=path, reason=problem.strerror or str(problem)) from problem
    finally:
        part.unlink(missing_ok=True)
