"""Files that the user asked for: written beside and renamed, never through a link, never over what is there unasked."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path


def raw(data: bytes | Iterable[bytes]) -> None:
    """A file as it is, to standard output."""
    sys.stdout.flush()
    for part in (data,) if isinstance(data, bytes) else data:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def in_the_way(path: str) -> bool:
    """Whether there is a plain file of this name, which could be written anew.

    Raises:
        OutputNoFile: What is there is a link, a folder, a pipe or a device.
    """
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    if not stat.S_ISREG(mode):
        from fund.errors.usage import OutputNoFile
        from fund.paths import kind_of

        raise OutputNoFile(path=path, what=kind_of(mode))
    return True


def write_output(
    path: str, content: bytes | Iterable[bytes], *, force: bool | None = None, private: bool = False
) -> None:
    """Write a file for the user, whole or not at all; ``-`` is standard output.

    Args:
        content: The bytes, or their parts as they come.
        force: Whether a file of this name may be written anew; left out for a file that is the command's own, as the
            proposal that somebody goes on writing.
        private: It holds personal data: only the user may read it.

    Raises:
        FileUnreadable: The folder is not there or may not be written.
        StorageFull: No room is left.
        OutputExists: There is a file of this name, and ``force`` says no.
        OutputNoFile: What is there is a link, a folder, a pipe or a device, and ``force`` was given.
    """
    if path == "-":
        raw(content)
        return
    target = Path(path)
    if force is not None and in_the_way(path) and not force:
        _exists(path)
    part = None
    try:
        handle, part = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
        with os.fdopen(handle, "wb") as out:
            for piece in (content,) if isinstance(content, bytes) else content:
                out.write(piece)
            if not private:
                os.fchmod(out.fileno(), _mode_of(target))
        if force is False:
            _put_where_nothing_is(part, path)
        else:
            os.replace(part, target)
        part = None
    except OSError as problem:
        from fund.paths import unwritable

        raise unwritable(path, problem) from None
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def write_folder(folder: str, files: Mapping[str, Callable[[], bytes]], *, force: bool) -> list[str]:
    """Write files into a folder, which is made where it is not there; none gets its name before all are made.

    Args:
        files: What makes each, by its name.
        force: Whether files of these names may be written anew.

    Raises:
        FileUnreadable, StorageFull, OutputExists, OutputNoFile: As for one file.
    """
    paths = {name: str(Path(folder) / name) for name in files}
    for path in paths.values():
        if in_the_way(path) and not force:
            _exists(path)
    made = not Path(folder).exists()
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=folder) as beside:
            for name, content in files.items():
                part = Path(beside) / name
                part.write_bytes(content())
                part.chmod(_mode_of(Path(paths[name])))
            for name, path in paths.items():
                if force:
                    os.replace(Path(beside) / name, path)
                else:
                    _put_where_nothing_is(str(Path(beside) / name), path)
            made = False
    except OSError as problem:
        from fund.paths import unwritable

        raise unwritable(folder, problem) from None
    finally:
        if made:
            with suppress(OSError):
                Path(folder).rmdir()
    return list(paths.values())


def _mode_of(target: Path) -> int:
    """The rights of the file that is written anew, else those that this user gives to new files."""
    try:
        return stat.S_IMODE(os.lstat(target).st_mode) if target.is_file() and not target.is_symlink() else _usual()
    except OSError:
        return _usual()


def _usual() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _put_where_nothing_is(part: str, path: str) -> None:
    """Name the file, unless somebody else wrote one of that name in the meantime."""
    try:
        os.link(part, path)
    except FileExistsError:
        _exists(path)
    except OSError:  # a file system without links: between looking and naming somebody may come
        os.replace(part, path)
        return
    os.unlink(part)


def _exists(path: str) -> None:
    from fund.errors.usage import OutputExists

    raise OutputExists(path=path)
