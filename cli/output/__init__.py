"""The only place that prints: tables, answers, JSON, questions, progress and errors.

Standard output is data, standard error is talk. People get columns that fit their terminal, programs and pipes get
everything uncut. Control characters in what others wrote are shown as pictures and never reach the terminal. The
errors of the fund are loaded when one is shown, and Rich when a terminal or a table needs it: help does without them,
and starts sooner.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cli.output.commands import Typable, advised, as_typed, by_another, typed_before
from cli.output.tables import (
    Column,
    account_name,
    advice_text,
    day_text,
    facts,
    selected,
    short_hash,
    state_text,
    table,
    track_text,
)
from cli.output.terminal import accessible, clean, interactive, is_terminal, note, say, say_lines, show_sentence
from fund.language import N_, _, decimal_text, language, ngettext, number

if TYPE_CHECKING:
    from cli.output.bar import Progress, progress
    from cli.output.files import in_the_way, raw, write_folder, write_output
    from cli.output.pages import show_page
    from fund.declarations import Answer
    from fund.errors import FundError

__all__ = [
    "Column",
    "Progress",
    "Typable",
    "accessible",
    "account_name",
    "ask",
    "advised",
    "as_typed",
    "ask_line",
    "by_another",
    "clean",
    "confirmed_line",
    "day_text",
    "advice_text",
    "decimal_text",
    "emit_json",
    "entry_lines",
    "event_lines",
    "facts",
    "in_the_way",
    "interactive",
    "is_terminal",
    "note",
    "progress",
    "raw",
    "render_answer",
    "render_error",
    "render_verification",
    "say",
    "say_lines",
    "selected",
    "short_hash",
    "show_page",
    "state_text",
    "table",
    "track_text",
    "typed_before",
    "trial_lines",
    "write_folder",
    "write_output",
]

_WHEN_ASKED = {
    "bar": ("Progress", "progress"),
    "files": ("in_the_way", "raw", "write_folder", "write_output"),
    "pages": ("show_page",),
}


def __getattr__(name: str) -> Any:
    module = next((module for module, names in _WHEN_ASKED.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)


SCHEMA_VERSION = 1

# --------------------------------------------------------------------------------------------------- files and programs


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def emit_json(data: Mapping[str, Any]) -> None:
    """One object with ``schema_version``, to standard output."""
    whole = {"schema_version": SCHEMA_VERSION, **data}
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=2, default=_plain) + "\n")


# ------------------------------------------------------------------------------------------------------------- answers


def render_answer(answer: Answer, lines: Iterable[str] = (), others: Sequence[str] | None = None) -> None:
    """What a changing command did: ``lines`` in words, then what waits, then the next command.

    A trial (``--dry-run``) shows every fact and entry that would be made.

    Args:
        others: Who may give the next command, where that is not the one who reads this; ``None`` where it is.
    """
    if answer.get("dry_run"):
        say(_("Trial, nothing kept."))
        if answer.get("withheld"):
            say(_("What is under seal stays so: this follows if the votes or scores say so."))
        say_lines(lines)
        say_lines(trial_lines(answer))
        return
    if answer.get("replayed"):
        note(_("This command was carried out before; this is the answer of that time."))
    said = list(lines)
    if answer.get("pending"):
        pending = answer["pending"]
        say(_("{ref} waits for a second person.").format(ref=pending))
        say_lines(trial_lines(answer))
        say(_next_step(f"fund confirm {pending}", others, second=True))
        return
    if said:
        say_lines(said)
    else:
        say_lines(event_lines(answer))
    if following := answer["next"]:
        say(_next_step(following, others))


def _next_step(command: str, others: Sequence[str] | None, *, second: bool = False) -> str:
    """The next command, and by whom where it is somebody else's, which that of a second person always is: as the first
    of those who may.
    """
    if others:
        by_another(advised(command), others[0])
    if others is None and not second:
        return _("Next step: {command}").format(command=command)
    if others is not None and not others:
        form = _("Next step, which nobody may do yet: {command}. Who should: {waits}")
        return form.format(command=command, waits="fund inbox --all")
    if others is not None and len(others) <= 2:
        return _("Next step, by {names}: {command}").format(names=_(" or ").join(others), command=command)
    return _("Next step, by somebody else: {command}").format(command=command)


def trial_lines(answer: Answer) -> Iterator[str]:
    """What an answer records, field by field, and the entries: as whoever decides reads it, first and second alike."""
    if "answers" in answer:
        for number, each in enumerate(answer["answers"]):
            yield from ("",) if number else ()
            yield confirmed_line(each)
            yield from trial_lines(each)
        return
    if "preview" in answer:
        from fund.previews import SHOWN, lines

        yield from lines(answer["preview"])
        count = int(answer["event_count"])
        if count > len(answer["events"]):  # of a long command of one person
            yield _("and {count} more facts").format(count=count - len(answer["events"]))
        others = [event for event in answer["events"] if event["type"] not in SHOWN]
        yield from event_lines({**answer, "events": others, "event_count": len(others)})
    else:
        yield from event_lines(answer)
    yield from entry_lines(answer)


def confirmed_line(answer: Answer) -> str:
    """What waits, by the words of its command, and who asked for it."""
    command = f"`fund {answer['command']}`"
    return _("{ref}: {command}, asked by {maker}").format(
        ref=answer["confirmed"], command=command, maker=answer["maker"]
    )


def event_lines(answer: Answer) -> Iterator[str]:
    """The facts of an answer, one a line; many of a kind on one line."""
    from fund.words import event_word

    events = list(answer.get("events") or ())
    count = int(answer.get("event_count", len(events)))
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        kinds.setdefault(str(event["type"]), []).append(event)
    for kind, of_kind in kinds.items():
        first, last = of_kind[0], of_kind[-1]
        if len(of_kind) == 1:
            about = str(first["stream"]).partition("/")[2]
            form = _("{type}, fact {seq}") if about.startswith("usr_") else _("{type}, {about}, fact {seq}")
            yield form.format(type=event_word(kind), about=about, seq=first["seq"])
        else:
            yield _("{type}, {count} times, facts {first} to {last}").format(
                type=event_word(kind), count=len(of_kind), first=first["seq"], last=last["seq"]
            )
    if count > len(events):
        yield _("and {count} more facts").format(count=count - len(events))


def entry_lines(answer: Answer) -> Iterator[str]:
    """The entries of an answer, added up per main account: debits first, to the cent."""
    entries = list(answer.get("entries") or ())
    count = int(answer.get("entry_count", len(entries)))
    if not entries:
        return
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        for posting in entry["postings"]:
            cents = posting["amount_cents"]
            key = ("debit" if cents > 0 else "credit", str(posting["account"]).partition(".")[0])
            sums[key] = sums.get(key, 0) + cents
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] == "credit", item[0][1]))
    words = {"debit": _("debit"), "credit": _("credit")}
    names = [account_name(code) for (_side, code), _cents in ordered]
    amounts = [number(abs(cents)) for _key, cents in ordered]
    name_width = max(map(len, names))
    amount_width = max(map(len, amounts))
    if len(entries) < count:
        yield _("the first {shown} of {count} entries, together:").format(shown=len(entries), count=count)
    elif count > 1:
        yield ngettext("{count} entry, together:", "{count} entries, together:", count).format(count=count)
    for ((side, code), _cents), name, amount in zip(ordered, names, amounts, strict=True):
        yield f"  {words[side]:<6}  {code}  {name:<{name_width}}  {amount:>{amount_width}}"


def render_verification(found: Mapping[str, Any]) -> None:
    """What was checked and what was found, finding by finding; in the last line whether all is well."""
    table(
        _("What was checked, until entry {seq}").format(seq=found["head"]["seq"]),
        [
            Column("name", N_("Check"), "ref"),
            Column("result", N_("Found"), "text"),
            Column("checked", N_("Looked at"), "count"),
        ],
        [
            {
                "name": check["name"],
                "checked": check["checked"],
                "result": _("well")
                if check["ok"]
                else ngettext("{count} finding", "{count} findings", len(check["findings"])).format(
                    count=len(check["findings"])
                ),
            }
            for check in found["checks"]
        ],
    )
    for check in found["checks"]:
        for finding in check["findings"]:
            say(f"{check['name']}: {finding['place']}: {finding['message']}")
    if found["ok"]:
        head = found["head"]
        say(_("All is well: head {seq}, {hash}.").format(seq=head["seq"], hash=short_hash(head["hash"])))
    elif found.get("first_bad_seq"):
        say(_("The first entry that is not right: {seq}.").format(seq=found["first_bad_seq"]))
    else:
        say(_("There are differences."))


# -------------------------------------------------------------------------------------------------------------- errors


def render_error(problem: FundError, *, as_json: bool = False) -> None:
    """A refusal on standard error: ``error[code]: ...`` and ``hint: ...``, or one JSON object."""
    message, advice = str(problem), problem.advice
    parameter = problem.details.get("parameter")
    if parameter:
        message = f"{parameter}: {message}"
    if as_json:
        body = {"code": problem.code(), "message": message, "hint": advice, "details": problem.details}
        sys.stderr.write(json.dumps({"error": body}, ensure_ascii=False, indent=2, default=_plain) + "\n")
        return
    place = _place(problem.details)
    if place and message.startswith(f"{place}: "):
        sys.stderr.write(clean(place) + "\n")
        message = message.removeprefix(f"{place}: ")
    first, *others = message.split("\n")
    show_sentence(f"error[{problem.code()}]: {first}", sys.stderr, "bold red", len("error"))
    for line in others:
        note(line)
    for line in advice.split("\n") if advice else ():
        if line.startswith("fund ") or line == problem.details.get("command"):
            sys.stderr.write(f"hint: {clean(as_typed(line))}\n")
        else:
            note(f"hint: {line}")


def _place(details: Mapping[str, Any]) -> str:
    """The line of a file that a refusal points at, as it stands there: ``loket.toml:13: amount = "23000.00"``."""
    where = str(details.get("place") or "")
    if not where and details.get("file") and details.get("line"):
        where = f"{details['file']}:{details['line']}"
    if ":" not in where or not details.get("excerpt"):
        return ""
    return f"{where}: {details['excerpt']}"


# ----------------------------------------------------------------------------------------------------------- questions

_YES = frozenset({"j", "ja", "y", "yes"})
_NO = frozenset({"", "n", "nee", "no"})


def ask_line(question: str) -> str | None:
    """What somebody types after ``question``; ``None`` when the input has ended."""
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        return None
    return line.rstrip("\r\n")


def ask(question: str) -> bool:
    """Whether somebody says yes; both languages are understood, and no is what silence means."""
    choice = "[j/N]" if language() == "nl" else "[y/N]"
    while True:
        line = ask_line(f"{clean(as_typed(question))} {choice} ")
        word = "" if line is None else line.strip().lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
        note(_("Please type yes or no."))
