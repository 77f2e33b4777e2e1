"""The catalogues: every sentence a person reads, taken from the code, from Click and from the errors.

``python -m tests.messages`` (``make messages``) brings ``fund/locale`` in line with the code: new sentences come in
empty, sentences that are gone go out, and each ``.mo`` is compiled from its ``.po``. ``tests/test_language.py``
complains as long as one is empty.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "fund" / "locale"
LANGUAGES = ("nl",)
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2, "NN_": 2}
"""The marks, and how many sentences each has."""
CLICK_MODULES = ("_termui_impl", "core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
_SAME_EVERYWHERE = re.compile(r"fund( [a-z0-9._{}=-]+| [A-Z]+)+|\{\w+\}([: ]*\{\w+\})*( --help)?")
"""Sentences that are a command as it stands, or nothing but places: no language changes them."""
_WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def sources() -> Iterator[Path]:
    """The files with sentences of ours."""
    for package in ("fund", "cli", "migrations"):
        yield from sorted((ROOT / package).rglob("*.py"))


@lru_cache(maxsize=1)
def template() -> Catalog:
    """Every sentence, without translations."""
    catalog = _empty(None)
    for path in sources():
        _extract(catalog, path, path.relative_to(ROOT).as_posix())
    click = importlib.util.find_spec("click")
    assert click is not None
    assert click.submodule_search_locations
    for name in CLICK_MODULES:
        path = Path(click.submodule_search_locations[0]) / f"{name}.py"
        if path.exists():
            _extract(catalog, path, f"click/{name}.py")
    for module, text in declared_texts():
        catalog.add(text, locations=[(module, 1)])
    for code, meaning in sorted(error_meanings().items()):
        catalog.add(meaning, locations=[("fund/errors", 1)], auto_comments=[f"fund explain {code}"])
    return catalog


def error_meanings() -> dict[str, str]:
    """What ``fund explain`` says that an error means, by code: only where its message does not say it."""
    from fund.errors import FundError

    ours = {code: error for code, error in FundError.every().items() if error.__module__.startswith("fund.")}
    return {code: error.meaning() for code, error in ours.items() if error.meaning()}


def declared_texts() -> Iterator[tuple[str, str]]:
    """What the docstrings of declarations say, in the help and in the reference: the file and the sentence."""
    from fund.commands.commands import Confirm, Decline
    from fund.registry import COMMANDS, QUERIES

    every = [*COMMANDS.values(), *QUERIES.values(), Confirm.declaration, Decline.declaration]
    for said in every:
        path = said.input.__module__.replace(".", "/") + ".py"
        yield from ((path, text) for text in (said.line, said.about) if text)


def _empty(language: str | None) -> Catalog:
    return Catalog(
        locale=language,
        domain="messages",
        header_comment="# The sentences of the fund. The code decides which; `make messages` brings them here.",
        project="revolving-fund",
        version="0",
        copyright_holder="revolving-fund",
        creation_date=_WHEN,
        revision_date=_WHEN,
        last_translator="revolving-fund",
        language_team="revolving-fund",
        fuzzy=False,
    )


def _extract(catalog: Catalog, path: Path, shown: str) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
            continue
        texts = [text.value for text in node.args[: KEYWORDS[node.func.id]] if isinstance(text, ast.Constant)]
        if len(texts) == KEYWORDS[node.func.id] and all(texts):
            catalog.add(tuple(texts) if len(texts) > 1 else texts[0], locations=[(shown, 1)])


def catalogue_path(language: str, ending: str = "po") -> Path:
    """Where the catalogue of a language is kept."""
    return LOCALE / language / "LC_MESSAGES" / f"messages.{ending}"


def kept(language: str) -> Catalog:
    """The catalogue as it stands in the repository."""
    path = catalogue_path(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="messages")


def updated(language: str) -> Catalog:
    """The catalogue as it should stand: the sentences of the code, with the translations that are kept."""
    old, catalog = kept(language), _empty(language)
    for message in template():
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        translation = known.string if known is not None and not known.fuzzy else None
        if not translation and isinstance(message.id, str) and _SAME_EVERYWHERE.fullmatch(message.id):
            translation = message.id
        catalog.add(
            message.id,
            translation,
            locations=sorted(set(message.locations)),
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """The text of a catalogue, always the same for the same sentences."""
    target = io.BytesIO()
    write_po(target, catalog, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return target.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The compiled form that is read at run time."""
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def empty_sentences(catalog: Catalog) -> list[str]:
    """The sentences without a translation."""
    return [
        str(message.id)
        for message in catalog
        if message.id and not (all(message.string) if isinstance(message.string, (list, tuple)) else message.string)
    ]


def wrong_marks(path: Path) -> Iterator[str]:
    """Calls of the marks that no catalogue can follow: f-strings, sums, formatted texts."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
            continue
        for text in node.args[: 1 if isinstance(node.args[0], ast.Starred) else KEYWORDS[node.func.id]]:
            if isinstance(text, ast.Starred):  # both forms, marked with NN_ where they are declared
                text = text.value
            literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
            named = isinstance(text, (ast.Name, ast.Attribute, ast.Subscript))
            declared = isinstance(text, ast.Call) and not _changes_text(text.func)
            if not (literal or named or declared):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)[:100]}"


def _changes_text(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in ("format", "join", "replace", "strip", "lower")


def main() -> None:
    """Write every catalogue again and say what is still empty."""
    for language in LANGUAGES:
        catalog = updated(language)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalog))
        catalogue_path(language, "mo").write_bytes(as_mo(kept(language)))
        missing = empty_sentences(catalog)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(catalog)} sentences, {len(missing)} to translate\n")


if __name__ == "__main__":
    main()
