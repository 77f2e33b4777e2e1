"""Paths that somebody names. A file is opened once, looked at, measured, then read up to a limit and no further.

Everything that comes in from outside comes in here. A device has no end, a pipe waits for its other end, and a file
may be swapped between looking and reading; so the handle is looked at and not the name.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from fund.errors import FundError
from fund.errors.database import StorageFull
from fund.errors.usage import EmptyFile, FileUnreadable, InputNoFile, InputTooLarge, NoSuchFile
from fund.language import N_, _

LARGEST_TEXT = 5_000_000
"""Bytes of the largest list, rules, scores or key: more than any person writes."""
_KINDS = (
    (stat.S_ISLNK, N_("a link to something else")),
    (stat.S_ISDIR, N_("a folder")),
    (stat.S_ISFIFO, N_("a pipe")),
    (stat.S_ISSOCK, N_("a socket")),
    (lambda _mode: True, N_("a device")),
)
_REASONS = {
    errno.EACCES: N_("this account has no right to it"),
    errno.EPERM: N_("this account has no right to it"),
    errno.ENOENT: N_("the folder is not there"),
    errno.ENOTDIR: N_("what should be a folder is a file"),
    errno.EEXIST: N_("what should be a folder is a file"),
    errno.EISDIR: N_("it is a folder"),
    errno.EROFS: N_("the disk can only be read"),
    errno.ENAMETOOLONG: N_("the name is too long"),
    errno.ENOSPC: N_("no room is left"),
    errno.EDQUOT: N_("no room is left"),
    errno.EBADF: N_("it is closed"),
    errno.EIO: N_("the disk does not work"),
}
_PIECE = 1 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

TooLarge = Callable[[str, int, int], FundError]
"""The refusal of a file that is too large: from its path, its size and the limit."""


def kind_of(mode: int) -> str:
    """What something is that is no plain file, in the language in use."""
    return _(next(word for fits, word in _KINDS if fits(mode)))


def reason_of(problem: OSError) -> str:
    """Why the system refused a file, in the language in use; in its own words where it is a rare reason."""
    known = _REASONS.get(problem.errno or 0)
    return _(known) if known else problem.strerror or str(problem)


def read_input(
    path: str,
    limit: int = LARGEST_TEXT,
    *,
    links: bool = True,
    standard_input: bool = True,
    too_large: TooLarge | None = None,
) -> bytes:
    """The bytes of a file that somebody named, at most ``limit``; there is at least one.

    Args:
        links: Whether a link is followed.
        standard_input: Whether ``-`` is standard input, as far as the same limit.
        too_large: The refusal that belongs to this kind of file.

    Raises:
        NoSuchFile, FileUnreadable, EmptyFile: As they say.
        InputNoFile: A folder, a pipe, a socket, a device; or a link that is not followed.
        InputTooLarge: Or ``too_large``. A file is measured before it is read.
    """
    refuse = too_large or (lambda path, size, limit: InputTooLarge(path=path, size=size, limit=limit))
    if path == "-" and standard_input:
        try:
            content = sys.stdin.buffer.read(limit + 1)
        except OSError as problem:
            raise FileUnreadable(path=path, reason=reason_of(problem)) from None
    else:
        handle = _opened(path, links=links)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise InputNoFile(path=path, what=kind_of(found.st_mode))
            if found.st_size > limit:
                raise refuse(path, found.st_size, limit)
            with os.fdopen(handle, "rb", closefd=False) as file:
                content = _up_to(file, limit + 1)
        except OSError as problem:
            raise FileUnreadable(path=path, reason=reason_of(problem)) from None
        finally:
            os.close(handle)
    if len(content) > limit:  # it grew while it was read, or nobody could measure it
        raise refuse(path, len(content), limit)
    if not content:
        raise EmptyFile(path=path)
    return content


def toml_of(content: bytes, refused: Callable[[str, int], FundError]) -> dict[str, Any]:
    """What a TOML file holds; it may begin with the mark that some editors write before UTF-8.

    Args:
        refused: Makes the refusal of what is wrong and of its line. The parser says why in English only.
    """
    import tomllib

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise refused(_("the text is not UTF-8"), content.count(b"\n", 0, problem.start) + 1) from problem
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # a number of a thousand digits, brackets a thousand deep
        found = re.search(r"line (\d+)", str(problem))
        if found is None:
            raise refused(_("this is not TOML"), len(text.splitlines())) from problem
        raise refused(_("this is not TOML, from line {line} on").format(line=found[1]), int(found[1])) from problem


def _up_to(file: BinaryIO, most: int) -> bytes:
    """The bytes of a file, at most so many: read by pieces, for whoever asks more than there can be room for."""
    pieces, left = [], most
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _opened(path: str, *, links: bool) -> int:
    """The file opened for reading, without waiting for the other end of a pipe."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | (0 if links else os.O_NOFOLLOW)
    try:
        if not links and Path(path).is_symlink():  # also where the system cannot refuse a link by itself
            raise InputNoFile(path=path, what=kind_of(stat.S_IFLNK))
        return os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a zero byte is a ValueError
        raise NoSuchFile(path=path, folder=str(Path.cwd())) from None
    except OSError as problem:
        if problem.errno == errno.ELOOP and not links:
            raise InputNoFile(path=path, what=kind_of(stat.S_IFLNK)) from None
        if problem.errno == errno.ENXIO:
            raise InputNoFile(path=path, what=kind_of(stat.S_IFSOCK)) from None
        raise FileUnreadable(path=path, reason=reason_of(problem)) from None


def unwritable(path: str | os.PathLike[str], problem: OSError) -> FundError:
    """The refusal of a file or folder that cannot be written: no room is left, or as the system says."""
    if problem.errno in _NO_ROOM:
        return StorageFull(place=str(path))
    return FileUnreadable(path=str(path), reason=reason_of(problem))


def private_folder(path: Path) -> None:
    """The folder is there; where it had to be made, nobody but this user looks into it."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """The file is there; where it had to be made it is empty, and nobody but this user reads it."""
    real = os.path.realpath(path)  # behind a link that leads to nothing yet
    with suppress(FileExistsError):
        os.close(os.open(real, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
