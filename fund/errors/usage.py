"""Refusals of how the program was called: settings, files, words and questions that nobody could answer."""

from __future__ import annotations

import re
from typing import Any

from fund.errors import FaultyInput, FundError, NotReady, WrongUsage
from fund.language import N_


class UsageError(WrongUsage):
    """An option or an argument is missing, unknown or of the wrong kind."""

    message = N_("{reason}")
    hint = N_("{command} --help")


class NoSuchFile(FaultyInput):
    message = N_("{path}: there is no such file")
    hint = N_("check the name and the folder; a name without a folder is looked for in {folder}")


class EmptyFile(FaultyInput):
    message = N_("{path}: the file is empty (0 bytes)")
    hint = N_("export or save it again, then repeat the command")


class ExportFolderInUse(FaultyInput):
    message = N_("{path}: there is something in this folder already; nothing was written")
    hint = N_("name a new folder")


class NotOurSite(FaultyInput):
    """A folder is only replaced by a new site when it holds a site of the fund."""

    message = N_("{path}: there is something else than a site of the fund here; nothing was written")
    hint = N_("name a new folder")


class SiteAroundShell(FaultyInput):
    message = N_("{path}: the command runs in {here}, and the folder of a site is replaced as a whole")
    hint = N_("fund statement site --output {suggestion}")


class NothingToProve(FaultyInput):
    """No entry and no anchor was named, or nothing moved on the account before the anchor."""

    message = N_("there is nothing to prove (account: {account})")
    hint = N_("fund ledger entries")


class FileUnreadable(FaultyInput):
    """The file is there, and cannot be read or written."""

    message = N_("{path}: {reason}")
    hint = N_("give this account the right to it, or name another file")


class InputNoFile(FaultyInput):
    message = N_("{path}: this is no plain file but {what}; nothing was read")
    hint = N_("name the file itself; what a pipe gives is saved to a file first")


class InputTooLarge(FaultyInput):
    message = N_("{path}: the file is {size} bytes, at most {limit} are read")
    hint = N_("look whether this is the right file, then repeat the command")


class OutputExists(FaultyInput):
    message = N_("{path}: there is a file of this name already; nothing was written")
    hint = N_("repeat the command with --force to write it anew, or name another file")


class OutputNoFile(FaultyInput):
    message = N_("{path}: this is no plain file but {what}; nothing was written")
    hint = N_("name a file, or leave --output out for standard output")


class NoTextForScreen(WrongUsage):
    """A workbook or a PDF would only be noise on a terminal."""

    message = N_("{form} is no text for a screen")
    hint = N_("repeat the command with --output FILE")


class TooLongForSheet(FundError):
    message = N_("{table}: more than {rows} rows do not fit on a sheet")
    hint = N_("repeat the command with --format csv, or for a shorter time")


class TooLongForPaper(FundError):
    message = N_("{table}: more than {rows} rows do not go on paper")
    hint = N_("repeat the command with --format xlsx or csv, or for a shorter time")


class Declined(FundError):
    message = N_("not done, nothing was changed: {what}")
    hint = N_("say yes, or add --yes when the answer is certain")


class NobodyToAsk(WrongUsage):
    message = N_("there is no terminal to ask on")
    hint = N_("{command}")


class NoSuchWord(FaultyInput):
    message = N_('"{word}" is in none of the lists of the fund')
    hint = N_("{advice}")


class UnknownColumn(WrongUsage, codes={"known": "typed"}):
    message = N_('"{column}" is no column here; the columns are {known}')
    hint = N_("{command} --help")


class InvalidSetting(WrongUsage):
    message = N_("the setting {name} cannot be used: {reason}")
    hint = N_("set {name} to another value, or unset it")


class PasswordShown(WrongUsage):
    message = N_("{option} holds a password, which everybody on this machine can read while the command runs")
    hint = N_("leave the password out of it: {ways}")


class SettingGivenTwice(WrongUsage):
    message = N_("{name} and {name}_FILE are both set; it is unclear which one counts")
    hint = N_("unset one of the two")


class SettingUnreadable(NotReady):
    message = N_("{name}_FILE names {path}, which cannot be read: {reason}")
    hint = N_("give this account the right to read it, or set {name} itself")


class OutputFailed(NotReady):
    """What was asked happened, and its result could not be written."""

    message = N_("the result cannot be written: {reason}")
    hint = N_("make room, or send the result elsewhere; a changing command repeated with its --command-id acts once")


class Bug(FundError):
    message = N_("this is a fault of the program, not of you ({kind}): `{what}` was not finished")
    hint = N_("give the number {log_id} to whoever keeps the program; the trace is in {log}")
    exit_code = 5


class CouncilPageTooLong(FaultyInput):
    """The page for a council is one A4, in a size that can be read; whoever wrote the text that is too long shortens
    it."""

    message = N_(
        'the page of {partner} does not fit one A4: "{paragraph}" has {characters} characters, and room for {room}'
    )
    hint = N_("fund statement council {partner}")


class ReportsMissing(NotReady):
    message = N_("{what} cannot be made here: the optional extra `reports` is not installed")
    hint = N_("{command}")

    def __init__(self, **details: Any) -> None:
        super().__init__(**{"command": _install("reports"), **details})


def _install(extra: str) -> str:
    """The command that brings an extra to the Python that runs: its packages by name, for the program itself need not
    come from an index (a checkout, a wheel), and its folder or file may be gone."""
    import importlib.util
    import shlex
    import sys
    from importlib.metadata import PackageNotFoundError, requires

    ends = re.compile(rf"""\s*;\s*extra\s*==\s*["']{extra}["']$""")
    try:
        packages = [ends.sub("", line) for line in requires("revolving-fund") or () if ends.search(line)]
    except PackageNotFoundError:  # it runs where it lies, and was never installed
        packages = [f"revolving-fund[{extra}]"]
    with_pip = [sys.executable, "-m", "pip", "install"]
    with_uv = ["uv", "pip", "install", "--python", sys.executable]  # it makes environments in which there is no pip
    return shlex.join([*(with_pip if importlib.util.find_spec("pip") else with_uv), *packages])
