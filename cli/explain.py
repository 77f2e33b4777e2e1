"""``fund explain``: the page behind a code, state, account, figure, event or ref, or a Dutch or English word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import click

from cli import output
from cli.params import argument, query, reading, typed, verb
from fund import glossary
from fund.errors import FundError
from fund.errors.database import DatabaseMissing, NoFundHere
from fund.errors.usage import NoSuchWord
from fund.language import N_, _, both, language
from fund.words import Word, all_words, code_word, event_word, event_words
from fund.workflows.inbox.commands import Explain


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say about one meaning of a word."""

    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value, in the language in use."""


KINDS = {
    "words": (N_("words"), "aanvraag"),
    "states": (N_("states"), "in_review"),
    "accounts": (N_("accounts"), "1200"),
    "figures": (N_("figures"), "revolving"),
    "themes": (N_("themes"), "T04"),
    "commands": (N_("commands"), "position"),
    "refusals": (N_("refusals"), "insufficient_cash"),
    "facts": (N_("facts"), "decision.approved"),
    "refs": (N_("cases, by their ref"), "2024-002"),
}
"""What can be explained, with an example of each; all but refs can be listed by the name of their kind."""


@verb(
    None,
    "explain",
    N_("Explain a word, code, figure or ref"),
    about=N_(
        "What it is, why, what to do, and the word in the other language. Without a word it says what can be "
        "explained, and with the name of a kind (figures) all of that kind."
    ),
    examples=("fund explain", "fund explain figures", "fund explain insufficient_cash"),
    see=("status", "inbox"),
)
@argument("word", nargs=-1, help=N_("A word, an error code, a state, an account, a figure, a kind of event, a ref"))
@reading
def explain(ctx: click.Context, word: tuple[str, ...]) -> None:
    asked = " ".join(word).strip()
    if not asked:
        _everything(ctx)
        return
    found = [*pages(asked, _nouns(ctx)), *_command_pages(ctx, asked)]
    kind = next((kind for kind, (title, _example) in KINDS.items() if asked.lower() in (kind, *both(title))), "")
    if kind and kind != "refs":
        found.append(Page("kind", _(KINDS[kind][0]), tuple(_listed(ctx, kind))))
    found = found or list(_ref_pages(ctx, asked))
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


def _nouns(ctx: click.Context) -> tuple[str, ...]:
    root = ctx.find_root()
    return tuple(root.command.list_commands(root)) if isinstance(root.command, click.Group) else ()


def _everything(ctx: click.Context) -> None:
    """What can be explained: each kind with how many there are and an example; the names with ``--json``."""
    listed = {kind: dict(_listed(ctx, kind)) for kind in KINDS if kind != "refs"}
    if typed(ctx, "json"):
        output.emit_json({"kinds": [{"kind": kind, "names": list(names)} for kind, names in listed.items()]})
        return
    output.table(
        _("What can be explained"),
        (
            output.Column("kind", N_("What")),
            output.Column("count", N_("How many"), "count"),
            output.Column("example", N_("For example"), "command"),
        ),
        [
            {
                "kind": _(title),
                "count": len(listed[kind]) if kind in listed else None,
                "example": f"fund explain {word}",
            }
            for kind, (title, word) in KINDS.items()
        ],
    )
    output.say(_("All of a kind: {command}").format(command=f"fund explain {_(KINDS['figures'][0])}"))


def _listed(ctx: click.Context, kind: str) -> Iterator[tuple[str, str]]:
    """Everything of a kind: what to type, and what it is called."""
    if kind in ("words", "states", "accounts"):
        for word in all_words():
            if kind == ("states" if word.is_state else "accounts" if word.section == "rekening" else "words"):
                name = word.source.removeprefix("accounts.csv ") if kind == "accounts" else word.name
                yield name, word.in_language()
    elif kind == "figures":
        yield from ((name, _(title)) for name, (title, _definition, _inputs) in _figures().items())
    elif kind == "themes":
        yield from _themes()
    elif kind == "commands":
        yield from _commands(ctx)
    elif kind == "refusals":
        yield from (
            (code, _(error.meaning()) if error.meaning() else _(error.message))
            for code, error in sorted(FundError.every().items())
        )
    else:
        from fund import events

        yield from ((name, event_word(name)) for name in sorted(events.FACTS))


def pages(asked: str, nouns: Sequence[str]) -> Iterator[Page]:
    """Every meaning of a word: codes first, then accounts, words and states, figures, themes, kinds of events.

    ``nouns`` are the commands there are, so that a word can name the one that goes with it.
    """
    error = FundError.every().get(asked.lower().replace("-", "_"))
    if error is not None:
        yield _error_page(error)
    main = asked.partition(".")[0]  # of a sub-account (1200.A2026-001) too
    yield from (_account_page(word) for word in all_words() if word.source == f"accounts.csv {main}")
    seen: set[tuple[str, str]] = set()
    for word in glossary.find(asked):
        if (word.section, word.name) not in seen:
            seen.add((word.section, word.name))
            yield _account_page(word) if word.section == "rekening" else _word_page(word, nouns)
    yield from _figure_pages(asked)
    yield from _theme_pages(asked)
    yield from _event_pages(asked)


# ------------------------------------------------------------------------------------------------- figures and themes


def _figures() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """By name what people call a figure of the position, its definition, and the names of its inputs."""
    from dataclasses import fields

    from fund.reports.indicators import INDICATORS, IndicatorInputs
    from fund.reports.statements.amounts import AMOUNTS

    nothing = IndicatorInputs(
        **dict.fromkeys((each.name for each in fields(IndicatorInputs)), cast("Any", 0))
    )  # only names are asked
    figures = {each.name: (each.title, each.definition, tuple(each.inputs(nothing))) for each in INDICATORS}
    return figures | {each.name: (each.title, each.definition, ()) for each in AMOUNTS.values()}


def _figure_pages(asked: str) -> Iterator[Page]:
    """The figure of that name, else those that have the word in their name or in what people call them."""
    figures, wanted = _figures(), glossary.folded(asked)
    name = wanted.replace(" ", "_")
    found = [name] if name in figures else []
    if not found and len(wanted) > 3:
        found = [
            each for each, (title, *_rest) in figures.items() if name in each or wanted in glossary.folded(_(title))
        ]
    for each in found:
        from fund.reports.statements.explained import INPUTS

        title, definition, inputs = figures[each]
        symbols = [(key.removesuffix("_cents"), _(INPUTS[key].definition)) for key in inputs if key in INPUTS]
        query = output.Typable(f"fund statement position --explain {each}")
        facts = ((_("Definition"), _(definition)), *symbols, (_("Look"), query))
        yield Page("figure", _("Figure {name}: {title}").format(name=each, title=_(title)), facts)


def _themes() -> Iterator[tuple[str, str]]:
    for theme, (dutch, english) in glossary.theme_names().items():
        yield theme, dutch if language() == "nl" else english


def _theme_pages(asked: str) -> Iterator[Page]:
    if asked.lower() in ("theme", "thema", "opgave"):
        yield Page("kind", _(KINDS["themes"][0]), tuple(_themes()))
        return
    names = glossary.theme_names()
    for theme in glossary.meant(asked, names):
        dutch, english = names[theme]
        query = output.Typable(f"fund evaluation lessons --theme {theme}")
        facts = ((_("Dutch"), dutch), (_("English"), english), (_("Look"), query))
        yield Page("theme", _("Theme {theme}").format(theme=theme), facts)


# ---------------------------------------------------------------------------------------------------- cases, commands

LOOK = {
    "proposal": "proposal show {ref}",
    "review": "review show {ref}",
    "decision": "decision show {ref}",
    "agreement": "agreement show {ref}",
    "plan": "repayment plan {ref}",
    "evaluation": "evaluation show {ref}",
    "disbursement": "disbursement show {ref}",
    "milestone": "milestone list --search {ref}",
    "round": "round show {ref}",
    "partner": "partner show {ref}",
    "exit": "partner show {ref}",
    "period": "period show {ref}",
    "cooperation": "cooperation show {ref}",
    "writeoff": "writeoff list --search {ref}",
    "call": "capital list --search {ref}",
    "receipt": "bank list --search {ref}",
    "batch": "payment list --batch {ref}",
    "payable": "payment list --search {ref}",
    "debit": "cost list --search {ref}",
    "cost": "cost list --search {ref}",
    "transfer": "cost list --search {ref}",
    "payee": "payee list --search {ref}",
    "user": "user list --search {ref}",
}
"""Where a case of each kind is looked at; any other in the log of facts."""
_REF = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)


def _ref_pages(ctx: click.Context, asked: str) -> Iterator[Page]:
    """The cases of this fund that bear a ref; nothing where there is no fund.

    Raises:
        FundError: The fund is there and cannot be read.
    """
    if not _REF.fullmatch(asked):
        return
    try:
        found = query(ctx, Explain(ref=asked))
    except (DatabaseMissing, NoFundHere):  # what a word means is said also where there is no fund
        return
    for case in found["cases"]:
        told = any(word.is_state and word.kind == case["kind"] for word in all_words())
        command = LOOK.get(case["kind"], f"event list --stream {case['kind']}/{{ref}}").format(ref=case["ref"])
        yield Page(
            "case",
            _("{ref}: {kind}").format(ref=case["ref"], kind=code_word(case["kind"])),
            (
                (_("Title"), case["title"]),
                (_("State"), output.state_text(case["kind"], case["state"]) if told else ""),
                (_("Look"), output.Typable(f"fund {command}")),
            ),
        )
    if found["pending"]:
        waits = found["pending"]
        following = f"fund confirm {waits['ref']}" if waits["state"] == "pending" else "fund inbox"
        yield Page(
            "pending",
            _("{ref}: {kind}").format(ref=waits["ref"], kind=code_word("pending")),
            (
                (_("Command"), f"`fund {waits['command']}`"),
                (_("Made by"), waits["made_by"]),
                (_("State"), output.state_text("pending", waits["state"])),
                (_("By"), waits.get("ended_by") or ""),
                (_("Why"), waits.get("reason") or ""),
                (_("Look"), output.Typable(following)),
            ),
        )


def _commands(ctx: click.Context) -> Iterator[tuple[str, str]]:
    root = ctx.find_root()
    yield from _under(root, root.command, "")


def _under(root: click.Context, command: click.Command | None, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(root):
            yield from _under(root, command.get_command(root, name), f"{path} {name}".lstrip())
    elif command is not None:
        yield path, command.get_short_help_str(60)


def _command_pages(ctx: click.Context, asked: str) -> Iterator[Page]:
    """The commands of that name, and what each does."""
    words = asked.lower().removeprefix("fund ")
    found = [(name, line) for name, line in _commands(ctx) if words in (name, name.rpartition(" ")[2])]
    if found:
        facts = tuple((f"fund {name}", line) for name, line in found)
        yield Page("command", _("Commands with the word {word}").format(word=words), facts)


# ----------------------------------------------------------------------------------------------------- codes and words


def _error_page(error: type[FundError]) -> Page:
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
            (_("Meaning"), _(error.meaning()) if error.meaning() else ""),
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
        ((_("Dutch"), word.nl), (_("English"), word.en), (_("Look"), output.Typable(f"fund ledger card {code}"))),
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
        facts.append((_("Look"), output.Typable("fund event list")))
        return Page(
            "events", _("Events of {word}: {name}.…").format(word=word.in_language(), name=word.name), tuple(facts)
        )
    states = [each.in_language() for each in all_words() if each.is_state and each.kind == word.name]
    facts.append((_("States"), ", ".join(states)))
    commands = glossary.nouns_of(word.name, nouns)
    if commands:
        facts.append((_("Type"), output.Typable(f"fund {commands[0]} --help")))
    return Page("word", word.in_language(), tuple(facts))


def _kind(kind: str) -> str:
    return next((word.in_language() for word in all_words() if word.name == kind and not word.is_state), kind)


def _event_pages(asked: str) -> Iterator[Page]:
    from fund import events

    for wire in glossary.meant(asked, {wire: event_words(wire) for wire in events.FACTS}):
        dutch, english = event_words(wire)
        facts = (
            (_("Dutch"), dutch),
            (_("English"), english),
            (_("It holds"), ", ".join(events.FACTS[wire].model_fields)),
            (_("Look"), output.Typable(f"fund event list --type {wire}")),
        )
        yield Page("event", _("Event {type}").format(type=wire), facts)


def _advice(asked: str) -> str:
    candidates = {form for word in all_words() for form in (*word.forms, word.en, word.name)} | set(FundError.every())
    close = glossary.nearest(asked, candidates)
    return _("did you mean {word}? fund explain {word}").format(word=close[0]) if close else "fund explain"
