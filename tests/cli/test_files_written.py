"""Files that a statement leaves as: asked for by name, written whole, never over what is there unasked."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cli.output import write_folder, write_output
from fund.errors.database import StorageFull
from fund.errors.usage import FileUnreadable, OutputExists, OutputNoFile
from tests.factories import founded

TYPED = ("ledger", "trial-balance", "--format")


@pytest.fixture
def at(sqlite_url: str) -> dict[str, Any]:
    with founded(sqlite_url):
        pass
    return {"database": sqlite_url}


def parts(folder: Path) -> list[str]:
    """What lies in a folder, hidden files too."""
    return sorted(os.listdir(folder))


def test_the_longest_name_that_a_folder_takes_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "é" * 127):
        write_output(str(tmp_path / name), b"x")
        assert parts(tmp_path) == [name]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("form", "mark", "told"),
    [
        ("xlsx", b"PK", "2 sheets, agree with the trial balance of entry 0"),
        ("pdf", b"%PDF", "PDF, until entry 0"),
        ("csv", b"\xef\xbb\xbf", "CSV, until entry 0"),
        ("json", b"{", "JSON, until entry 0"),
    ],
)
def test_what_was_written_is_said_in_a_sentence(
    fund: Any, at: dict[str, Any], tmp_path: Path, form: str, mark: bytes, told: str
) -> None:
    path = tmp_path / f"tb.{form}"
    done = fund(*TYPED, form, "--output", path, **at)
    assert (done.code, done.out, done.err) == (0, f"{path}: {told}\n", "")
    assert path.read_bytes().startswith(mark)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask()


@pytest.mark.parametrize(
    ("typed", "path", "mark"),
    [
        ((), "tb.pdf", b"%PDF"),
        ((), "tb.XLSX", b"PK"),
        ((), "tb.json", b"{"),
        ((), "tb.txt", b"\xef\xbb\xbf"),
        ((), "pdf", b"\xef\xbb\xbf"),
        (("--format", "csv"), "tb.pdf", b"\xef\xbb\xbf"),
        (("--json",), "tb.pdf", b"{"),
    ],
)
def test_a_file_is_written_as_its_name_ends_unless_a_format_is_asked(
    fund: Any, at: dict[str, Any], tmp_path: Path, typed: tuple[str, ...], path: str, mark: bytes
) -> None:
    done = fund("ledger", "trial-balance", "--output", tmp_path / path, *typed, **at)
    assert (done.code, (tmp_path / path).read_bytes()[: len(mark)]) == (0, mark)
    register = fund("export", "register", "--output", tmp_path / "register.json", **at)
    assert (register.code, (tmp_path / "register.json").read_bytes()[:1]) == (0, b"{")


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_that_is_there_stays_unless_somebody_says_otherwise(
    fund: Any, at: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "tb.csv"
    path.write_text("mine", encoding="utf-8")
    refused = fund(*TYPED, "csv", "--output", path, **at)
    assert refused.code == 1
    assert refused.err.startswith(f"error[output_exists]: {path}: there is a file of this name already")
    no = fund(*TYPED, "csv", "--output", path, terminal=True, typed="n\n", **at)
    assert (no.code, path.read_text(encoding="utf-8")) == (1, "mine")
    yes = fund(*TYPED, "csv", "--output", path, terminal=True, typed="y\n", **at)
    assert (yes.code, f"{path} is there already. Write it anew?" in yes.err) == (0, True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    path.write_text("mine", encoding="utf-8")
    path.chmod(0o640)
    assert fund(*TYPED, "csv", "--output", path, "--force", **at).code == 0
    assert (path.read_bytes()[:3], stat.S_IMODE(path.stat().st_mode)) == (b"\xef\xbb\xbf", 0o640)


def test_a_link_a_folder_and_a_pipe_are_never_written_to(fund: Any, at: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("not yours", encoding="utf-8")
    link, pipe, folder = tmp_path / "link.csv", tmp_path / "pipe.csv", tmp_path / "folder.csv"
    link.symlink_to(other)
    os.mkfifo(pipe)
    folder.mkdir()
    for path, what in ((link, "a link to something else"), (pipe, "a pipe"), (folder, "a folder")):
        for more in ((), ("--force",)):
            refused = fund(*TYPED, "csv", "--output", path, *more, **at)
            assert refused.code == 1
            assert refused.err.startswith(f"error[output_no_file]: {path}: this is no plain file but {what}")
    assert other.read_text(encoding="utf-8") == "not yours"
    assert link.is_symlink()
    assert pipe.is_fifo()


def test_a_workbook_is_no_text_for_a_screen(fund: Any, at: dict[str, Any]) -> None:
    for form in ("xlsx", "pdf"):
        refused = fund(*TYPED, form, terminal=True, **at)
        assert (refused.code, refused.out) == (2, "")
        assert f"error[no_text_for_screen]: {form.upper()} is no text for a screen" in refused.err
        assert "hint: repeat the command with --output FILE" in refused.err


def test_a_workbook_goes_down_a_pipe(at: dict[str, Any], tmp_path: Path) -> None:
    import subprocess
    import sys

    words = ("--database", at["database"], *TYPED, "xlsx")
    done = subprocess.run([sys.executable, "-m", "cli.main", *words], capture_output=True, check=True, timeout=60)
    path = tmp_path / "piped.xlsx"
    path.write_bytes(done.stdout)
    assert openpyxl.load_workbook(path).sheetnames == ["About", "Trial balance"]


def test_json_to_a_file_says_nothing_that_a_script_would_have_to_skip(
    fund: Any, at: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "tb.json"
    done = fund("ledger", "trial-balance", "--json", "--output", path, **at)
    assert (done.code, done.out, path.read_bytes()[:1]) == (0, "", b"{")


def test_half_a_file_is_never_left_behind(tmp_path: Path) -> None:
    def broken() -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFull):
        write_output(str(tmp_path / "a.csv"), broken(), force=False)
    assert parts(tmp_path) == []
    with pytest.raises(KeyboardInterrupt):
        write_output(str(tmp_path / "a.csv"), (_interrupt() for _once in range(1)), force=True)
    assert parts(tmp_path) == []


def _interrupt() -> bytes:
    raise KeyboardInterrupt


def test_what_holds_personal_data_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "who.csv"
    write_output(str(path), b"names", force=False, private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    write_output(str(path), b"names", force=True, private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_who_comes_in_between_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def meanwhile() -> Any:
        yield b"ours"
        path.write_bytes(b"theirs")

    with pytest.raises(OutputExists):
        write_output(str(path), meanwhile(), force=False)
    assert (path.read_bytes(), parts(tmp_path)) == (b"theirs", ["a.csv"])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="nowhere"):
        write_output(str(tmp_path / "nowhere" / "a.csv"), b"x", force=False)
    with pytest.raises(OutputNoFile):
        write_output("/dev/null", b"x", force=True)


def test_files_of_a_folder_are_written_all_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "raden"

    def broken() -> bytes:
        raise OSError(28, "no room")

    with pytest.raises(StorageFull):
        write_folder(str(folder), {"a.txt": lambda: b"a", "b.txt": broken}, force=False)
    assert not folder.exists()
    folder.mkdir()
    (folder / "b.txt").write_bytes(b"mine")
    files = {"a.txt": lambda: b"a", "b.txt": lambda: b"b"}
    with pytest.raises(OutputExists):
        write_folder(str(folder), files, force=False)
    with pytest.raises(StorageFull):
        write_folder(str(folder), {**files, "c.txt": broken}, force=True)
    assert (parts(folder), (folder / "b.txt").read_bytes()) == (["b.txt"], b"mine")
    (folder / "c.txt").mkdir()
    with pytest.raises(OutputNoFile):
        write_folder(str(folder), {**files, "c.txt": lambda: b"c"}, force=True)
    assert parts(folder) == ["b.txt", "c.txt"]

    assert write_folder(str(folder), files, force=True) == [str(folder / "a.txt"), str(folder / "b.txt")]
    assert (parts(folder), (folder / "b.txt").read_bytes()) == (["a.txt", "b.txt", "c.txt"], b"b")
    assert stat.S_IMODE((folder / "a.txt").stat().st_mode) == 0o666 & ~umask()
