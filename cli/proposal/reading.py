"""Files that somebody names: read up to what is kept and no further, and only where they are plain files."""

from __future__ import annotations

import errno
import os
import stat
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from fund.language import N_, _

__all__ = ["ATTACHMENT", "FORM"]


class _Read(click.ParamType[dict[str, Any]], ABC):
    """A file with its bytes, ``{"name", "content"}``: opened once, looked at, then read, so that nothing can be swapped
    in between, and at most one byte more than is allowed.
    """

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        return self.read(str(value))

    @abstractmethod
    def read(self, path: str) -> dict[str, Any]:
        """What stands at this path, its name and bytes."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


class _Form(_Read):
    """A filled in form; ``-`` is standard input.

    Raises:
        NoSuchFile, FileUnreadable, EmptyFile, FormTooLarge: As they say.
    """

    def read(self, path: str) -> dict[str, Any]:
        from fund.errors import EmptyFile, FileUnreadable, FormTooLarge, NoSuchFile
        from fund.forms.text import LARGEST

        size: int | None = None
        if path == "-":
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            try:
                with Path(path).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    content = file.read(LARGEST + 1)
            except (FileNotFoundError, NotADirectoryError):
                raise NoSuchFile(path=path, folder=str(Path.cwd())) from None
            except OSError as problem:
                raise FileUnreadable(path=path, reason=problem.strerror or str(problem)) from None
            except ValueError:  # a zero byte
                raise NoSuchFile(path=path, folder=str(Path.cwd())) from None
        if not content:
            raise EmptyFile(path=path)
        if len(content) > LARGEST:
            file_name = Path(path).name
            raise FormTooLarge(file=file_name, line=1, size=max(size or 0, len(content)), limit=LARGEST, track="light")
        return {"name": path, "content": content}


class _Attachment(_Read):
    """A file that goes with a form. Its own name is all that is told of where it came from.

    Raises:
        NoSuchFile, FileUnreadable, EmptyFile: As they say.
        AttachmentNotFile: A link, a folder, a device, a pipe.
        AttachmentTooLarge: Found by its size, before it is read.
    """

    def read(self, path: str) -> dict[str, Any]:
        from fund.errors import AttachmentTooLarge, EmptyFile, FileUnreadable, NoSuchFile
        from fund.files import LARGEST

        handle = _open(path)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise _no_file(path, found.st_mode)
            if found.st_size > LARGEST:
                raise AttachmentTooLarge(file=path, size=found.st_size, limit=LARGEST)
            with os.fdopen(handle, "rb", closefd=False) as file:
                content = file.read(LARGEST + 1)
        except OSError as problem:
            raise FileUnreadable(path=path, reason=problem.strerror or str(problem)) from None
        finally:
            os.close(handle)
        if len(content) > LARGEST:  # it grew while it was read
            raise AttachmentTooLarge(file=path, size=len(content), limit=LARGEST)
        if not content:
            raise EmptyFile(path=path)
        if Path(path).name == "":
            raise NoSuchFile(path=path, folder=str(Path.cwd()))
        return {"name": Path(path).name, "content": content}


def _open(path: str) -> int:
    """The file opened for reading, without following a link and without waiting for the other end of a pipe."""
    from fund.errors import FileUnreadable, NoSuchFile

    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if Path(path).is_symlink():  # also where the system cannot refuse a link by itself
            raise _no_file(path, stat.S_IFLNK)
        return os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise NoSuchFile(path=path, folder=str(Path.cwd())) from None
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise _no_file(path, stat.S_IFLNK) from None
        if problem.errno == errno.ENXIO:
            raise _no_file(path, stat.S_IFSOCK) from None
        raise FileUnreadable(path=path, reason=problem.strerror or str(problem)) from None


def _no_file(path: str, mode: int) -> Exception:
    from fund.errors import AttachmentNotFile

    kinds = {
        stat.S_IFLNK: N_("a link to another file"),
        stat.S_IFDIR: N_("a folder"),
        stat.S_IFIFO: N_("a pipe"),
        stat.S_IFSOCK: N_("a socket"),
    }
    return AttachmentNotFile(file=path, kind=_(kinds.get(stat.S_IFMT(mode), N_("a device"))))


FORM = _Form()
ATTACHMENT = _Attachment()
