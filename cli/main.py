"""``fund``: the command line as a whole.

Exit codes:
    0  done
    1  refused by a rule or by the user, nothing changed
    2  wrong usage
    3  a check found differences
    4  not ready (database, broker, migrations), try later
    5  a bug, with its log id
"""

from __future__ import annotations

import gc
import gettext
import importlib
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fund import language
from fund.language import N_, _

if TYPE_CHECKING:
    from fund.errors import FundError

DONE, REFUSED, USAGE, DIFFERENCES, NOT_READY, BUG = range(6)


def speak(name: str) -> None:
    """Make ``name`` the language of everything a person reads, Click's own words included."""
    language.choose(name)
    os.environ["LANGUAGE"] = language.language()
    gettext.bindtextdomain(language.DOMAIN, str(language.LOCALE_DIR))
    gettext.textdomain(language.DOMAIN)


def asked_language(args: Sequence[str]) -> str:
    """The language of this command: ``--lang`` before the noun, ``FUND_LANG``, the locale; JSON is always English."""
    if asks_json(args):
        return "en"
    asked = ""
    for place, word in enumerate(_before_dashes(args)):
        if word == "--lang" and place + 1 < len(args):
            asked = args[place + 1]
        elif word.startswith("--lang="):
            asked = word.partition("=")[2]
        elif not word.startswith("-") and (place == 0 or args[place - 1] not in _WITH_VALUE):
            break
    return asked if asked in language.LANGUAGES else language.from_environment()


def asks_json(args: Sequence[str]) -> bool:
    """Whether this command answers with JSON, its errors too: ``--json``, or the variable of that option.

    It is asked before Click, which must not be loaded yet, knows which command runs: of the words that were typed one
    after another, the first ones are its name.
    """
    typed = _before_dashes(args)
    if "--json" in typed:
        return True
    noun = next(iter(_places(typed)), len(typed))
    name = list(takewhile(lambda word: not word.startswith("-"), typed[noun:]))
    paths = ("_".join(name[:count]).replace("-", "_").upper() for count in range(1, len(name) + 1))
    return any(_is_yes(os.environ.get(f"FUND_{path}_JSON", "")) for path in paths)


def _before_dashes(args: Sequence[str]) -> Sequence[str]:
    """What was typed before ``--``, after which nothing is an option."""
    return args[: args.index("--")] if "--" in args else args


def _is_yes(value: str) -> bool:
    """What Click takes for yes in the variable of a flag."""
    return value.strip().lower() in ("1", "true", "t", "yes", "y", "on")


_WITH_VALUE = ("--database", "--as", "--broker", "--lang")


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    gc.set_threshold(200_000, 50, 100)  # most commands end before there is anything to collect
    _open_closed()
    sys.exit(run_shell(sys.argv[1:]))


def _open_closed() -> None:
    """Of the three streams, those that were closed before we began: reading gives nothing, writing fails as it should.

    Python has nothing in their place, and the next file that is opened would take their number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.fstat(number)
                continue
            os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)  # it gets the lowest number
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def run_shell(args: Sequence[str]) -> int:
    """Run one command line and give its exit code; whatever goes wrong is shown as an error of the fund."""
    speak(asked_language(args))
    import click  # after the language is chosen: Click words some of its messages while it is loaded

    as_json = asks_json(args)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _carried_out(args)
        sys.stdout.flush()
        return code
    except click.exceptions.NoArgsIsHelpError as asked:
        from cli import output

        output.typed_before({})  # help names commands and advises none
        output.say_lines((asked.ctx.get_help() if asked.ctx else "").splitlines())
        return DONE
    except (BrokenPipeError, SystemExit) as ended:
        if isinstance(ended, SystemExit) and ended.code != 1:
            raise
        # The reader had enough, which Click turns into exit 1 (it leaves in no other case). Python would complain once
        # more while it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except (Exception, KeyboardInterrupt) as problem:
        return _failed(args, problem, as_json)


def _failed(args: Sequence[str], problem: BaseException, as_json: bool) -> int:
    """Show what went wrong in the fund's own form and give the exit code that belongs to it."""
    import click

    from cli import output
    from fund.errors import FundError
    from fund.errors.usage import Declined, OutputFailed
    from fund.paths import reason_of

    if isinstance(problem, (click.Abort, KeyboardInterrupt, EOFError)):
        sys.stderr.write("\n")
        shown: FundError = Declined(what=_("you stopped it"))
    elif isinstance(problem, click.ClickException):
        shown = _usage_error(problem, args)
    elif isinstance(problem, OSError) and problem.errno in _OUTPUT_ERRORS and problem.filename is None:
        shown = OutputFailed(reason=reason_of(problem))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    elif isinstance(problem, FundError):
        shown = problem
        _repeat(args, shown.details)
    else:
        shown = _bug(args, problem)
    output.render_error(shown, as_json=as_json)
    return shown.exit_code


_OUTPUT_ERRORS = (5, 9, 28)  # the device fails, the stream is closed, no room is left


def _repeat(args: Sequence[str], details: dict[str, Any]) -> None:
    """Where no partner has the name, the hint is the command as it was typed, with the one that was probably meant."""
    import shlex

    near, name = str(details.get("near") or ""), str(details.get("partner"))
    noun = next(iter(_places(args)), len(args))
    words = list(args[noun:])
    if near and words.count(name) == 1:
        words[words.index(name)] = near
        typed = shlex.join(["fund", *words])
        details["suggestion"] = details["suggestion"].replace(f"fund partner show {near}", typed)


def _carried_out(args: Sequence[str]) -> int:
    from cli import output

    output.typed_before(_before_noun(args), entries())
    result = _root().main(list(args), prog_name="fund", standalone_mode=False)
    return result if isinstance(result, int) else DONE


def _before_noun(args: Sequence[str]) -> dict[str, str]:
    """The options that were typed before the noun, with their values."""
    given, words = {}, iter(args)
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            break
        if name in _WITH_VALUE:
            given[name] = value if equals else next(words, "")
    return given


def _usage_error(problem: Any, args: Sequence[str]) -> FundError:
    from fund.errors.usage import UsageError

    ctx = getattr(problem, "ctx", None)
    path = ctx.command_path if ctx is not None else _typed_command(args)
    reason = " ".join(part.strip() for part in problem.format_message().split("\n"))
    return UsageError(reason=reason, command=path)


def _typed_command(args: Sequence[str]) -> str:
    """``fund``, noun and verb as far as they exist: Click does not always say where it was."""
    words = _words(args)
    if not words or words[0] not in entries():
        return "fund"
    command = _command(words[0])
    verbs = getattr(command, "commands", {})
    return " ".join(["fund", words[0], *(word for word in words[1:2] if word in verbs)])


def _bug(args: Sequence[str], problem: BaseException) -> FundError:
    """Keep the trace where whoever keeps the program finds it, and tell the user what was not done."""
    import secrets
    import traceback

    from fund import dates
    from fund.errors.usage import Bug
    from fund.settings import masked

    now = dates.now()
    log_id = f"{now:%Y%m%d}-{secrets.token_hex(4)}"
    trace = masked("".join(traceback.format_exception(problem)))
    if os.environ.get("FUND_DEBUG", "") not in ("", "0"):
        sys.stderr.write(trace)
        where = _("standard error")
    else:
        where = _keep(f"{now.isoformat(timespec='seconds')} {log_id}\n{trace}\n")
    what = " ".join(["fund", *_words(args)[:2]])
    return Bug(what=what, kind=type(problem).__name__, log_id=log_id, log=where)


def _words(args: Sequence[str]) -> list[str]:
    """Noun, verb and arguments: what is left without options and the values of those before the noun."""
    return [args[place] for place in _places(args)]


def _places(args: Sequence[str]) -> list[int]:
    return [
        place
        for place, word in enumerate(args)
        if not word.startswith("-") and (place == 0 or args[place - 1] not in _WITH_VALUE)
    ]


def _keep(text: str) -> str:
    import tempfile

    from platformdirs import user_data_path

    from fund.paths import private_folder

    home = Path(os.path.expanduser(os.environ.get("FUND_HOME") or user_data_path("fund")))
    for folder in (home, Path(tempfile.gettempdir())):
        path = folder / "fund.log"
        try:
            private_folder(folder)
            with open(path, "a", encoding="utf-8", errors="backslashreplace", opener=_private) as log:
                log.write(text)
        except OSError:
            continue
        return str(path)
    sys.stderr.write(text)
    return _("standard error")


def _private(path: str, flags: int) -> int:
    """A log that only this account reads: not a link to something else, a pipe, or a file that somebody else laid."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
        return handle
    os.close(handle)
    raise PermissionError(path)


# ------------------------------------------------------------------------------------------------------ the commands


@dataclass(frozen=True, slots=True)
class Entry:
    """One word after ``fund``: what it is for, and the file it lives in when that has another name."""

    line: str
    module: str = ""


GROUPS: dict[str, dict[str, Entry]] = {
    N_("Partner"): {
        "inbox": Entry(N_("Show what waits for you, and until when")),
        "proposal": Entry(N_("Draft, submit and follow proposals")),
        "cooperation": Entry(N_("Import and look up the existing cooperations")),
        "agreement": Entry(N_("Sign agreements and follow experiments")),
        "milestone": Entry(N_("Show and accept what was agreed on the way")),
        "evaluation": Entry(N_("Report what was learned")),
        "confirm": Entry(N_("Confirm as the second person")),
        "decline": Entry(N_("Refuse as the second person"), "confirm"),
        "explain": Entry(N_("Explain a word, code, figure or ref")),
    },
    N_("Fund office"): {
        "init": Entry(N_("Found a fund")),
        "demo": Entry(N_("Play the story of a fund")),
        "user": Entry(N_("Add people and say what they may do")),
        "regulations": Entry(N_("Show and adopt the rules of the fund")),
        "partner": Entry(N_("Import, admit and follow the partners")),
        "key": Entry(N_("Compare and adopt distribution keys")),
        "round": Entry(N_("Plan and follow rounds")),
        "review": Entry(N_("Assign reviewers and score proposals")),
        "decision": Entry(N_("Prepare, vote and decide")),
    },
    N_("Money"): {
        "capital": Entry(N_("Call and receive contributions")),
        "bank": Entry(N_("Import bank statements and match receipts")),
        "payee": Entry(N_("Record the accounts that may be paid")),
        "disbursement": Entry(N_("Request, check and approve disbursements")),
        "payment": Entry(N_("Pay what was approved, by files for the bank")),
        "cost": Entry(N_("Book costs, income and transfers")),
        "repayment": Entry(N_("Follow plans, receipts and arrears")),
        "writeoff": Entry(N_("Propose, decide and post write-offs")),
    },
    N_("Control"): {
        "statement": Entry(N_("Show the fund on one page, and more")),
        "forecast": Entry(N_("Look ahead: liquidity and revolving")),
        "ledger": Entry(N_("Look into the ledger, post and reverse")),
        "period": Entry(N_("Lock and close months and years")),
        "verify": Entry(N_("Check everything that can be checked")),
        "status": Entry(N_("Show how the fund and its computer are doing")),
        "event": Entry(N_("Show facts and their deliveries")),
        "export": Entry(N_("Write audit file, register and journals")),
        "worker": Entry(N_("Handle facts in the background")),
        "backup": Entry(N_("Copy the whole fund to one file")),
        "restore": Entry(N_("Bring a fund back from a backup")),
        "completion": Entry(N_("Print completion for your shell")),
    },
}


@cache
def entries() -> dict[str, Entry]:
    """Every word after ``fund``, in the order of the help."""
    return {name: entry for group in GROUPS.values() for name, entry in group.items() if _exists(entry.module or name)}


def _exists(module: str) -> bool:
    here = Path(__file__).parent
    return (here / f"{module}.py").exists() or (here / module / "__init__.py").exists()


def _command(name: str) -> Any:
    return getattr(importlib.import_module(f"cli.{entries()[name].module or name}"), name)


def _root() -> Any:
    """The group itself; built when it is needed, after the language is chosen."""
    import click

    from cli import params

    class Root(params.Group):
        """The words after ``fund``, each loaded when it is used."""

        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(entries())

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return _command(cmd_name) if cmd_name in entries() else None

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            width = max(map(len, entries()), default=0)
            for title, group in GROUPS.items():
                rows = [(name, entry) for name, entry in group.items() if name in entries()]
                if rows:
                    formatter.write(f"\n{_(title)}:\n")
                for name, entry in rows:
                    formatter.write(f"  {name:<{width}}  {_(entry.line)}\n")

    def version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            from importlib.metadata import version

            from cli import output

            output.say(f"fund {version('revolving-fund')}")
            ctx.exit(DONE)

    @click.command(
        cls=Root,
        name="fund",
        line=_LINE,
        no_args_is_help=True,
        context_settings={"auto_envvar_prefix": "FUND", "max_content_width": 80},
    )
    @params.option(
        "--database", type=params.DATABASE, metavar="URL", help=N_("Where the fund is kept; else fund.db in FUND_HOME")
    )
    @params.option("--as", "user", metavar="USER", envvar="FUND_USER", help=N_("Who acts"))
    @params.option("--broker", type=params.BROKER, metavar="URL", help=N_("Redis or Valkey, for the server profile"))
    @params.option("--lang", type=click.Choice(["nl", "en"]), help=N_("Dutch or English"))
    @params.option(
        "--version", is_flag=True, is_eager=True, expose_value=False, callback=version, help=N_("Show the version")
    )
    @click.pass_context
    def fund(ctx: click.Context, database: str | None, user: str | None, broker: str | None, lang: str | None) -> None:
        ctx.obj = params.Shell({"database": database, "user": user, "broker": broker, "lang": lang})

    return fund


_LINE = N_(
    "Run a revolving innovation fund. Each option is also a variable: FUND_DATABASE, FUND_USER, FUND_BROKER, FUND_LANG."
)


if __name__ == "__main__":
    main()
