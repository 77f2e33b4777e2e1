"""The reference pages, written by the code itself: commands, errors, events, lifecycles, accounts, ledger, glossary.

``python -m tests.write_docs`` (``make docs``) writes them again; ``tests/test_docs.py`` complains when one differs.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import pkgutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from fund.demo import play

DOCS = Path(__file__).parent.parent / "docs"
BY_ITSELF = "<!-- written by make docs; a change here is lost -->"


def pages() -> dict[str, str]:
    """Every page by its path under ``docs``."""
    return {
        "reference/commands.md": commands(),
        "reference/errors.md": errors(),
        "reference/events.md": events(),
        "reference/lifecycles.md": lifecycles(),
        "reference/permissions.md": permissions(),
        "reference/accounts.md": accounts(),
        "reference/ledger.md": ledger(),
        "glossary.md": glossary(),
    }


def _page(title: str, introduction: str, lines: Iterator[str]) -> str:
    return "\n".join([f"# {title}", "", BY_ITSELF, "", introduction, "", *lines]).rstrip() + "\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _row(*cells: object) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _head(*titles: str) -> list[str]:
    return [_row(*titles), _row(*("---" for _title in titles))]


def _meaning(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


# ----------------------------------------------------------------------------------------------------------- commands


def commands() -> str:
    """Every command with its usage, options, examples and who may."""
    from cli import main

    def write() -> Iterator[str]:
        root = main._root()
        for title, group in main.GROUPS.items():
            names = [name for name in group if name in main.entries()]
            if not names:
                continue
            yield f"## {title}"
            yield ""
            for name in names:
                yield from _command(main._command(name), click.Context(root, info_name="fund"), name)

    text = "Every option is also a variable of the environment: `FUND_` and the words of the command and the option."
    return _page("Commands", text, write())


def _command(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    from fund.rules.permissions import GROUPS

    groups = {words: group for group in GROUPS for words in (*group.commands, *group.queries)}
    ctx = click.Context(command, info_name=name, parent=parent)
    if isinstance(command, click.Group):
        for verb in command.list_commands(ctx):
            found = command.get_command(ctx, verb)
            assert found is not None
            yield from _command(found, ctx, verb)
        return
    yield f"### `{ctx.command_path}`"
    yield ""
    yield f"{getattr(command, 'line', '')}."
    if getattr(command, "about", ""):
        yield f"{command.about}"  # type: ignore[attr-defined]
    yield ""
    yield "```console"
    for example in getattr(command, "examples", ()):
        yield f"$ {example}"
    yield "```"
    yield ""
    yield f"Usage: `{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}`"
    yield ""
    shared = {"--json", "--yes", "--dry-run", "--command-id", "--on", "--as-of", "--known-at", "--help"}
    own = [param for param in command.get_params(ctx) if not shared & set(param.opts)]
    records = [record for param in own if (record := param.get_help_record(ctx)) is not None]
    for names, text in records:
        yield f"- `{names}`: {text}"
    common = [param.opts[0] for param in command.get_params(ctx) if (shared - {"--help"}) & set(param.opts)]
    if common:
        yield "- also " + ", ".join(f"`{option}`" for option in sorted(common))
    if getattr(command, "who", ""):
        yield ""
        yield f"Who may do this: {command.who}."  # type: ignore[attr-defined]
    words = ctx.command_path.partition(" ")[2]
    if words in groups:
        yield ""
        yield f"Permissions: [{groups[words].title}](permissions.md#{groups[words].name})."
    yield ""


# -------------------------------------------------------------------------------------------------------------- errors


def errors() -> str:
    """Every refusal with its code, sentence, way out and exit code."""
    from fund.errors import FundError

    def write() -> Iterator[str]:
        chapters: dict[str, list[type[FundError]]] = {}
        for error in FundError.every().values():
            if error.__module__.startswith("fund.errors."):
                chapters.setdefault(error.__module__, []).append(error)
        for module, found in sorted(chapters.items()):
            yield f"## {_meaning(importlib.import_module(module)).rstrip('.')}"
            yield ""
            yield from _head("code", "exit", "recorded", "meaning", "it says", "what to do")
            for error in sorted(found, key=lambda each: each.code()):
                recorded = "yes" if error.recorded else ""
                yield _row(
                    f"`{error.code()}`", error.exit_code, recorded, error.meaning(), error.message, error.hint or ""
                )
            yield ""

    text = "`fund explain CODE` shows the same page at the terminal. A recorded refusal is itself a fact."
    return _page("Errors", text, write())


# -------------------------------------------------------------------------------------------------------------- events


def events() -> str:
    """Every fact with its fields."""
    from fund.events import FACTS, Fact

    def write() -> Iterator[str]:
        yield from _head("type", "stream", "meaning", "fields")
        for wire, fact in sorted(FACTS.items()):
            if fact.__module__.startswith("fund."):
                fields = [name for name in fact.model_fields if name not in Fact.model_fields]
                yield _row(f"`{wire}`", f"{fact.kind}/…", _meaning(fact), ", ".join(f"`{name}`" for name in fields))

    return _page(
        "Events",
        "Facts are in the past tense; a type never changes its name. P14 in front of a meaning is the row of the "
        "[lifecycles](lifecycles.md) that records it.",
        write(),
    )


# -------------------------------------------------------------------------------------------------------- lifecycles


def lifecycle_tables() -> dict[str, tuple[Any, ...]]:
    """Every table of transitions, by the kind of case whose states it moves."""
    from fund.registry import PROJECTIONS

    return {kind: life.table for kind, life in sorted(PROJECTIONS.items()) if life.table}


def _place_of(table: tuple[Any, ...]) -> str:
    """Where a table is written down: the file, and its name there."""
    import fund

    root = Path(__file__).parent.parent
    return next(
        f"{Path(module.__file__).relative_to(root).as_posix()}`, `{name}"
        for module in _modules(fund)
        for name, value in vars(module).items()
        if value is table and f"\n{name} = (" in inspect.getsource(module)
    )


def _modules(package: Any) -> Iterator[Any]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(info.name)


START = "[*]"
"""Where a life begins and ends, in a diagram."""


def _who(row: Any) -> str:
    told = str(row.who.describe())
    return f"{told}; confirmed by {row.second.describe()}" if row.second is not None else told


def lifecycles() -> str:
    """Every lifecycle as a diagram and as its table, with the numbers by which other pages name its rows."""
    from fund.rules.transitions import sources_of

    def arrows(table: tuple[Any, ...]) -> Iterator[str]:
        """Each pair of states once, with every command that leads from one to the other."""
        drawn: dict[tuple[str, str], list[str]] = {}
        for row in table:
            for source in (str(state) for state in sources_of(row)) if row.sources is not None else (START,):
                target = str(row.target) if row.target is not None else source
                commands = drawn.setdefault((source, target), [])
                if row.command not in commands:
                    commands.append(row.command)
        for (source, target), commands in drawn.items():
            yield f"    {source} --> {target}: {', '.join(commands)}"
        leave = {str(state) for row in table for state in sources_of(row) if row.target not in (None, state)}
        reached = {str(row.target) for row in table if row.target is not None}
        for state in sorted(reached - leave):
            yield f"    {state} --> {START}"

    def write() -> Iterator[str]:
        for kind, table in lifecycle_tables().items():
            yield f"## {kind.replace('_', ' ')}"
            yield ""
            yield f"`{_place_of(table)}`"
            yield ""
            yield "```mermaid"
            yield "stateDiagram-v2"
            yield from arrows(table)
            yield "```"
            yield ""
            yield from _head("row", "command", "from", "to", "who", "records")
            for row in table:
                sources = "(start)" if row.sources is None else ", ".join(str(state) for state in sources_of(row))
                number = row.row if row.row[:1].isalpha() else ""  # else it is a chapter of the rules, not a row
                yield _row(
                    number, f"`{row.command}`", sources, row.target or "(same)", _who(row), f"`{row.records.wire}`"
                )
            yield ""

    text = (
        "What is not in a table is refused with `transition_not_allowed`. Other pages name a row by its number (P14). "
        "A command that only the service gives cannot be typed. [Who may do what](permissions.md)."
    )
    return _page("Lifecycles", text, write())


# --------------------------------------------------------------------------------------------------------- permissions


def permissions() -> str:
    """The permission matrix, the commands of each of its rows, what goes beyond it and what is not built yet."""
    from fund.rules.permissions import BEYOND, COLUMNS, GROUPS, NOT_YET
    from fund.words import role_word

    def listed(group: Any) -> Iterator[str]:
        yield f'<a id="{group.name}"></a>'
        yield f"**{group.title}.** "
        if group.commands:
            yield "Commands: " + ", ".join(f"`{each}`" for each in group.commands) + "."
        if group.queries:
            yield "To read: " + ", ".join(f"`{each}`" for each in group.queries) + "."
        yield ""

    def write() -> Iterator[str]:
        yield from _head("group", *COLUMNS)
        for group in GROUPS:
            yield _row(f"[{group.title}](#{group.name})", *(cell.text for cell in group.cells.values()))
        yield ""
        names = (f"{column} " + ", ".join(role_word(role) for role in roles) for column, roles in COLUMNS.items())
        yield "Columns: " + "; ".join(names) + "."
        yield ""
        yield "## Commands of each group"
        yield ""
        for group in GROUPS:
            yield from listed(group)
        yield "## What a row asks beyond the matrix"
        yield ""
        yield from _head("command", "role", "the row that asks it")
        for (command, role), why in BEYOND.items():
            yield _row(f"`{command}`", role_word(role), why)
        yield ""
        yield "## What nobody can do yet"
        yield ""
        titles = {group.name: group.title for group in GROUPS}
        yield from _head("group", "column", "mark", "what is missing")
        for (name, column, mark), why in NOT_YET.items():
            yield _row(titles[name], column, mark, why)

    text = (
        "M makes, C checks or approves, V votes, R reads, own: of the own partner. A test compares every command and "
        "every row of every [lifecycle](lifecycles.md) with this table. No role may do more than it says, and none may "
        "override it."
    )
    return _page("Permissions", text, write())


# ------------------------------------------------------------------------------------------- accounts, ledger, words


def _data(name: str) -> list[dict[str, str]]:
    path = Path(__file__).parent.parent / "fund" / "data" / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def accounts() -> str:
    """The chart of accounts."""

    def write() -> Iterator[str]:
        yield from _head("code", "name", "naam", "type", "normal side", "one per", "RGS", "BBV")
        for row in _data("accounts.csv"):
            yield _row(
                row["code"],
                row["name_en"],
                row["name_nl"],
                row["type"],
                row["normal_side"],
                row["one_per"],
                row["rgs_code"],
                row["bbv"],
            )

    return _page("Chart of accounts", "Sub-accounts are written `3000.gm0344`.", write())


def ledger() -> str:
    """The ledger as a library: its public names, with types and refusals."""
    import fund.ledger as book

    def write() -> Iterator[str]:
        for name in book.__all__:
            thing = getattr(book, name)
            if not (inspect.isclass(thing) or inspect.isroutine(thing)):
                yield f"## `{name}`"
                yield ""
                continue
            yield f"## `{name}{_signature(thing)}`"
            yield ""
            yield "```text"
            yield inspect.getdoc(thing) or ""
            yield "```"
            yield ""
            if inspect.isclass(thing):
                for method, function in sorted(vars(thing).items()):
                    target = function.__func__ if isinstance(function, (classmethod, staticmethod)) else function
                    if not method.startswith("_") and inspect.isfunction(target) and inspect.getdoc(target):
                        yield f"### `{name}.{method}{_signature(target)}`"
                        yield ""
                        yield "```text"
                        yield inspect.getdoc(target) or ""
                        yield "```"
                        yield ""

    text = _meaning(book) + " Everything is imported from `fund.ledger`."
    return _page("The ledger as a library", text, write())


def _signature(thing: Any) -> str:
    if inspect.isclass(thing) and issubclass(thing, (BaseException, str)):
        return ""
    try:
        return str(inspect.signature(thing)).replace("'", "")
    except (TypeError, ValueError):
        return ""


def glossary() -> str:
    """The words in both languages."""
    from fund.words import all_words

    def write() -> Iterator[str]:
        section = ""
        for word in all_words():
            if word.section != section:
                section = word.section
                yield ""
                yield f"## {section}"
                yield ""
                yield from _head("Nederlands", "English", "in code", "uitleg", "vindplaats", "niet")
            yield _row(word.nl, word.en, f"`{word.name}`", word.explanation, word.source, ", ".join(word.avoid))

    return _page("Glossary", "`fund explain WORD` shows a word at the terminal.", write())


TOUR_MARK = "<!-- told by fund demo; `make docs` writes it again -->"


def tour(told: Iterable[str]) -> str:
    """The page of the story: what a person wrote above the mark, and below it what ``fund demo`` tells."""
    written = (DOCS / "tour.md").read_text(encoding="utf-8").split(TOUR_MARK)[0]
    return "\n".join([written + TOUR_MARK, "", "```text", *(line.rstrip() for line in told), "```"]) + "\n"


def the_story() -> list[str]:
    """Every line that ``fund demo`` tells, in English."""
    told: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        play(f"sqlite:///{folder}/fund.db", tell=told.append)
    return told


def main() -> None:
    """Write every page."""
    for name, text in {**pages(), "tour.md": tour(the_story())}.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
