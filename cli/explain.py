"""``fund explain``: the page behind a code, a state, an account, an event, a Dutch or an English word."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from cli import output
from cli.params import argument, reading, typed, verb
from fund import glossary
from fund.errors import FundError, NoSuchWord
from fund.glossary import Word
from fund.language import N_, _


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say about one meaning of a word."""

    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value, in the language in use."""


@verb(
    None,
    "explain",
    N_("Explain a word, code, state or account"),
    about=N_("What it is, why, what to do, and the word in the other language."),
    examples=(
        "fund explain learning_writeoff",
        "fund explain insufficient_cash",
        "fund explain 4200",
        "fund explain aanvraag",
    ),
)
@argument("word", nargs=-1, required=True, help=N_("A word, an error code, a state, an account, a kind of event"))
@reading
def explain(ctx: click.Context, word: tuple[str, ...]) -> None:
    asked = " ".join(word).strip()
    root = ctx.find_root()
    nouns = tuple(root.command.list_commands(root)) if isinstance(root.command, click.Group) else ()
    found = list(pages(asked, nouns))
    if not found:
        raise NoSuchWord(word=asked, advice=_advice(asked))
    if typed(ctx, "json"):
        output.emit_json(
            {
                "word": asked,
                "pages": [{"kind": page.kind, "title": page.title, "facts": dict(page.facts)} for page in found],
            }
        )
        return
    for number, page in enumerate(found):
        if number:
            output.say()
        output.facts(page.title, page.facts)


def pages(asked: str, nouns: Sequence[str]) -> Iterator[Page]:
    """Every meaning of a word: codes first, then accounts, words and states, and kinds of events.

    ``nouns`` are the commands there are, so that a word can name the one that goes with it.
    """
    error = FundError.every().get(asked.lower().replace("-", "_"))
    if error is not None:
        yield _error_page(error)
    yield from (_account_page(word) for word in glossary.words() if word.source == f"accounts.csv {asked}")
    seen: set[tuple[str, str]] = set()
    for word in glossary.find(asked):
        if (word.section, word.name) not in seen:
            seen.add((word.section, word.name))
            yield _account_page(word) if word.section == "rekening" else _word_page(word, nouns)
    yield from _event_pages(asked)


def _error_page(error: type[FundError]) -> Page:
    meaning = (inspect.getdoc(error) or "").partition("\n\n")[0].replace("\n", " ")
    kinds = {
        1: _("refused, nothing changed"),
        2: _("wrong usage"),
        4: _("not ready, try later"),
        5: _("a fault of the program"),
    }
    return Page(
        "error",
        _("Error {code}").format(code=error.code()),
        (
            (_("Meaning"), _(meaning)),
            (_("It says"), _(error.message)),
            (_("What to do"), _(error.hint) if error.hint else ""),
            (_("Exit code"), f"{error.exit_code}, {kinds.get(error.exit_code, '')}"),
            (_("Kept"), _("yes, the refusal is itself recorded") if error.recorded else _("no")),
        ),
    )


def _account_page(word: Word) -> Page:
    code = word.source.removeprefix("accounts.csv ")
    return Page(
        "account",
        _("Account {code}, {name}").format(code=code, name=word.in_language()),
        (
            (_("Dutch"), word.nl),
            (_("English"), word.en),
            (_("Look"), f"fund ledger card {code}"),
        ),
    )


def _word_page(word: Word, nouns: Sequence[str]) -> Page:
    facts: list[tuple[str, str]] = [(_("Dutch"), word.nl), (_("English"), word.en)]
    if not word.is_state and word.section != "gebeurtenis":
        facts.append((_("Meaning"), word.explanation))
    facts.append((_("In code"), word.name))
    facts.append((_("Source"), word.source))
    if word.avoid:
        facts.append((_("Do not say"), ", ".join(word.avoid)))
    if word.is_state:
        return Page(
            "state", _("{word}, a state of {kind}").format(word=word.in_language(), kind=_kind(word.kind)), tuple(facts)
        )
    if word.section == "gebeurtenis":
        facts.append((_("Look"), "fund event list"))
        return Page(
            "events", _("Events of {word}: {name}.…").format(word=word.in_language(), name=word.name), tuple(facts)
        )
    commands = glossary.nouns_of(word.name, nouns)
    if commands:
        facts.append((_("Type"), f"fund {commands[0]} --help"))
    return Page("word", word.in_language(), tuple(facts))


def _kind(kind: str) -> str:
    return next((word.in_language() for word in glossary.words() if word.name == kind and not word.is_state), kind)


def _event_pages(asked: str) -> Iterator[Page]:
    if "." not in asked:
        return
    from fund import events

    fact = events.FACTS.get(asked)
    if fact is None:
        return
    meaning = (inspect.getdoc(fact) or "").partition("\n\n")[0].replace("\n", " ")
    fields = ", ".join(fact.model_fields)
    yield Page(
        "event",
        _("Event {type}").format(type=asked),
        ((_("Meaning"), meaning), (_("It holds"), fields), (_("Look"), f"fund event list --type {asked}")),
    )


def _advice(asked: str) -> str:
    candidates = {form for word in glossary.words() for form in (*word.forms, word.en, word.name)} | set(
        FundError.every()
    )
    close = glossary.nearest(asked, candidates)
    return _("did you mean {word}? fund explain {word}").format(word=close[0]) if close else "fund explain experiment"
