"""The only place that prints: tables, answers, JSON, questions, progress and errors.

Standard output is data, standard error is talk. People get columns that fit their terminal, programs and pipes get
everything uncut. Control characters in what others wrote are shown as pictures and never reach the terminal. The
errors of the fund are loaded when one is shown: help does without them, and starts sooner.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from fund.language import N_, _, language, ngettext, number

if TYPE_CHECKING:
    from fund.errors import FundError

__all__ = [
    "Column",
    "Progress",
    "account_name",
    "ask",
    "ask_line",
    "clean",
    "day_text",
    "decimal_text",
    "emit_json",
    "entry_lines",
    "event_lines",
    "facts",
    "interactive",
    "note",
    "progress",
    "raw",
    "render_answer",
    "render_error",
    "render_verification",
    "say",
    "say_lines",
    "short_hash",
    "state_text",
    "table",
    "track_text",
    "trial_lines",
    "write_output",
]

SCHEMA_VERSION = 1
NAME_WIDTH = 19
SMALLEST_TEXT = 12
NARROW, WIDE = 80, 120

# ---------------------------------------------------------------------------------------------- what a terminal can do


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def interactive() -> bool:
    """Whether somebody can be asked: questions go to standard error, answers come from standard input."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def accessible() -> bool:
    """Whether a screen reader is at work: no columns, no bars."""
    return os.environ.get("ACCESSIBLE", "") not in ("", "0")


def _colours(stream: TextIO) -> bool:
    return _is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _styled(text: str, code: str, stream: TextIO) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text and _colours(stream) else text


def _terminal_width() -> int | None:
    """The width to fit in; ``None`` where nothing is cut."""
    return _width_of(sys.stdout)


def _width_of(stream: TextIO) -> int | None:
    if not _is_terminal(stream):
        return None
    return max(40, min(shutil.get_terminal_size((NARROW, 24)).columns, WIDE))


_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys((*range(128, 160), 8206, 8207, *range(8234, 8239), *range(8294, 8298)), 65533)
_PICTURES |= {0x2028: 0x240A, 0x2029: 0x240A}


def clean(text: str) -> str:
    """``text`` on one line, with control characters shown as pictures."""
    return text if text.isascii() and text.isprintable() else text.translate(_PICTURES)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _cut(text: str, room: int) -> str:
    if _width(text) <= room:
        return text
    while text and _width(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _pad(text: str, room: int, right: bool) -> str:
    space = " " * max(0, room - _width(text))
    return space + text if right else text + space


# ------------------------------------------------------------------------------------------------------ plain sentences


def _wrapped(line: str, stream: TextIO) -> str:
    """``line`` broken at the width of a terminal, its rest set in; as it is where nobody looks."""
    room = _width_of(stream)
    if room is None or _width(line) <= room or accessible():
        return line
    import textwrap

    lead = line[: len(line) - len(line.lstrip())]
    return "\n".join(
        textwrap.wrap(
            line.lstrip(),
            room,
            initial_indent=lead,
            subsequent_indent=lead + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def say(line: str = "") -> None:
    """One line of the result, to standard output; a terminal gets it broken at its width."""
    sys.stdout.write(_wrapped(clean(line), sys.stdout) + "\n")


def say_lines(lines: Iterable[str]) -> None:
    """Lines of the result, to standard output."""
    for line in lines:
        say(line)


def note(line: str = "") -> None:
    """One line of talk, to standard error; a terminal gets it broken at its width."""
    sys.stderr.write(_wrapped(clean(line), sys.stderr) + "\n")


def raw(data: bytes) -> None:
    """A file as it is, to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_output(path: str, content: bytes) -> None:
    """Write a file for the user, whole or not at all; ``-`` is standard output.

    Raises:
        FileUnreadable: The folder is not there or may not be written.
    """
    if path == "-":
        raw(content)
        return
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as problem:
        from fund.errors import FileUnreadable

        part.unlink(missing_ok=True)
        raise FileUnreadable(path=path, reason=problem.strerror or str(problem)) from None


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


# --------------------------------------------------------------------------------------------------- values as shown


def day_text(value: object) -> str:
    """A day in a column: ``27-11-2026`` in Dutch, ``2026-11-27`` in English; texts in ISO form are taken too."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else str(value)[:10]
    if language() == "nl" and len(text) == 10:
        return f"{text[8:10]}-{text[5:7]}-{text[:4]}"
    return text


def state_text(kind: str, state: object) -> str:
    """A state as people read it; ``kind`` is whose: ``proposal``, ``disbursement``, ..."""
    from fund.glossary import state_word

    return "" if state is None else state_word(kind, str(state))


_TRACKS = {"light": N_("light"), "standard": N_("standard"), "major": N_("major")}


def track_text(track: str) -> str:
    """How much a proposal asks and must show, as people read it: ``light``, ``standard``, ``major``."""
    return _(_TRACKS.get(track, track))


def decimal_text(value: str) -> str:
    """A number with a decimal point, as it is written in the language in use: ``79.0`` is ``79,0`` in Dutch."""
    return value.replace(".", ",") if language() == "nl" else value


def short_hash(value: str) -> str:
    """The first twelve signs of a fingerprint, in groups that can be read aloud: ``9f3c 51d0 7be2``."""
    return " ".join(value[start : start + 4] for start in range(0, 12, 4))


def account_name(code: str) -> str:
    """The name of a ledger account, or of the main account of a sub-account, in the language in use."""
    from fund.glossary import words

    main = code.partition(".")[0]
    return next((word.in_language() for word in words() if word.source == f"accounts.csv {main}"), code)


# -------------------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the rows, its header and its role.

    Roles: ``ref``, ``date``, ``amount``, ``state``, ``count`` are never cut, nor is ``command``, which stands on a line
    of its own below the row as soon as not everything fits beside each other; ``name`` is a short name of at most 19
    signs; ``text`` takes what is left. A ``state`` column names whose state it is in ``kind``.
    """

    key: str
    header: str
    role: str = "text"
    kind: str = ""

    @property
    def right(self) -> bool:
        """Whether the column is set to the right."""
        return self.role in ("amount", "count")

    def title(self) -> str:
        """The header in the language in use; amounts name their currency there."""
        return f"{_(self.header)} €" if self.role == "amount" else _(self.header)

    def show(self, row: Mapping[str, Any]) -> str:
        """The cell of ``row`` as people read it."""
        value = row.get(self.key)
        if value is None:
            return ""
        if self.role == "amount":
            return number(value) if isinstance(value, int) else clean(str(value))
        if self.role == "date":
            return day_text(value)
        if self.role == "state" and self.kind:
            return state_text(self.kind, value)
        if isinstance(value, (list, tuple)):
            return clean(", ".join(str(item) for item in value))
        return clean(str(value))


def table(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    total: Mapping[str, Any] | None = None,
    empty: str = "",
) -> None:
    """A titled table; ``total`` is its last row. With no rows the sentence ``empty`` stands in its place.

    The title is a whole sentence in the language in use and names the day; headers are message ids.
    """
    lines = [[column.show(row) for column in columns] for row in rows]
    _write(_styled(clean(title), "1", sys.stdout))
    if not lines:
        say(empty or _("none"))
        return
    last = [column.show(total) for column in columns] if total is not None else None
    headers = [column.title() for column in columns]
    if accessible():
        _table_for_ears(headers, lines, last)
        return
    _table_for_eyes(columns, headers, lines, last)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _table_for_ears(headers: Sequence[str], lines: Sequence[Sequence[str]], last: Sequence[str] | None) -> None:
    for cells in (*lines, *([last] if last else [])):
        say()
        for header, cell in zip(headers, cells, strict=True):
            if cell:
                say(f"{header}: {cell}")


def _table_for_eyes(
    columns: Sequence[Column], headers: Sequence[str], lines: list[list[str]], last: list[str] | None
) -> None:
    rows = [*lines, *([last] if last else [])]
    cells_need = [max(_width(cells[place]) for cells in rows) for place in range(len(columns))]
    natural = [max(need, _width(header)) for need, header in zip(cells_need, headers, strict=True)]
    room = _terminal_width()
    widths, below = _fit(columns, natural, room)
    if room and (below or _taken(widths, below) > room):
        # headers of several words stand on several lines before a column has to move
        words = [max(map(_width, header.split()), default=0) for header in headers]
        tight = [max(need, word) for need, word in zip(cells_need, words, strict=True)]
        widths, below = _fit(columns, tight, room)
    total_width = room or _taken(widths, below)

    def lay(cells: Sequence[str]) -> Iterator[str]:
        shown = [
            _pad(_cut(cell, width) if room else cell, width, column.right)
            for place, (cell, width, column) in enumerate(zip(cells, widths, columns, strict=True))
            if place not in below
        ]
        yield "  ".join(shown).rstrip()
        under = "  ".join(cells[place] for place in below if cells[place])
        if under:
            yield "    " + _cut(under, total_width - 4)

    for pieces in _header_lines(headers, widths, below):
        for part in lay(pieces):
            _write(_styled(part, "1", sys.stdout))
    _write("─" * total_width)
    for cells in lines:
        for line in lay(cells):
            _write(line)
    if last:
        for line in lay(last):
            _write(_styled(line, "1", sys.stdout))


def _taken(widths: Sequence[int], below: Sequence[int]) -> int:
    kept = [width for place, width in enumerate(widths) if place not in below]
    return sum(kept) + 2 * (len(kept) - 1)


def _header_lines(headers: Sequence[str], widths: Sequence[int], below: Sequence[int]) -> Iterator[list[str]]:
    """The headers over as many lines as the one with most words needs, standing on the rule below them."""
    parts = []
    for place, (header, width) in enumerate(zip(headers, widths, strict=True)):
        pieces = [""]
        for word in header.split() if place not in below else ():
            joined = f"{pieces[-1]} {word}".strip()
            if _width(joined) <= width:
                pieces[-1] = joined
            else:
                pieces.append(word)
        parts.append([piece for piece in pieces if piece] if place not in below else [header])
    height = max(map(len, parts))
    for missing in range(height - 1, -1, -1):
        yield [pieces[-1 - missing] if missing < len(pieces) else "" for pieces in parts]


def _fit(columns: Sequence[Column], natural: Sequence[int], room: int | None) -> tuple[list[int], tuple[int, ...]]:
    """The width of each column, and the places of those that move to a line of their own below the row."""
    widths = list(natural)
    if room is None or _taken(widths, ()) <= room:
        return widths, ()
    commands = [place for place, column in enumerate(columns) if column.role == "command"]
    if commands and _taken(widths, commands) <= room:
        return widths, tuple(commands)
    for place, column in enumerate(columns):
        if column.role == "name":
            widths[place] = min(widths[place], NAME_WIDTH)
    texts = [place for place, column in enumerate(columns) if column.role == "text"]
    beside = len(widths) - len(commands)
    fixed = sum(width for place, width in enumerate(widths) if place not in (*texts, *commands)) + 2 * (beside - 1)
    wanted = sum(widths[place] for place in texts)
    left = room - fixed
    if wanted <= left:
        return widths, tuple(commands)
    if not texts or left < SMALLEST_TEXT * len(texts):
        return widths, _below(columns, widths, [*texts, *commands], room)
    for number_left, place in zip(
        range(len(texts), 0, -1), sorted(texts, key=lambda place: widths[place]), strict=True
    ):
        widths[place] = min(widths[place], left // number_left)
        left -= widths[place]
    return widths, tuple(commands)


_MOVES_FIRST = ("text", "name", "ref", "date", "state")


def _below(columns: Sequence[Column], widths: Sequence[int], texts: Sequence[int], room: int) -> tuple[int, ...]:
    """The places that move below their row: all text, then names, refs, days and states from the right until the rest
    fits. The first column and the amounts stay."""
    moved = list(texts)
    for role in _MOVES_FIRST[1:]:
        for place in range(len(columns) - 1, 0, -1):
            if _taken(widths, moved) <= room:
                return tuple(sorted(moved))
            if columns[place].role == role:
                moved.append(place)
    return tuple(sorted(moved))


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> None:
    """What there is to know of one thing: a title and ``label: value`` lines; long values are wrapped, none is cut."""
    import textwrap

    shown = [(label, clean(str(value))) for label, value in pairs if value not in (None, "")]
    _write(_styled(clean(title), "1", sys.stdout))
    margin = 0 if accessible() else max((_width(label) for label, _value in shown), default=0) + 4
    room = _terminal_width()
    for label, value in shown:
        head = f"{label}: " if accessible() else _pad(f"  {label}", margin, right=False)
        if room is None or accessible():
            _write(head + value)
            continue
        parts = textwrap.wrap(value, max(20, room - margin)) or [""]
        _write(head + parts[0])
        for part in parts[1:]:
            _write(" " * margin + part)


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


# ------------------------------------------------------------------------------------------------------------- answers


def render_answer(answer: Mapping[str, Any], lines: Iterable[str] = ()) -> None:
    """What a changing command did: ``lines`` in words, then what waits, then the next command.

    A trial (``--dry-run``) shows every fact and entry that would be made.
    """
    if answer.get("dry_run"):
        say(_("Trial, nothing kept."))
        say_lines(lines)
        say_lines(trial_lines(answer))
        return
    if answer.get("replayed"):
        note(_("This command was carried out before; this is the answer of that time."))
    told = list(lines)
    if answer.get("pending"):
        pending = answer["pending"]
        say(_("{ref} waits for a second person.").format(ref=pending))
        say(_("Next step, by somebody else: {command}").format(command=f"fund confirm {pending}"))
        return
    if told:
        say_lines(told)
    else:
        say_lines(event_lines(answer))
    if answer.get("next"):
        say(_("Next step: {command}").format(command=answer["next"]))


def trial_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The facts and the entries of an answer, as lines."""
    yield from event_lines(answer)
    yield from entry_lines(answer)


def event_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The facts of an answer, one a line; many of a kind on one line."""
    events = list(answer.get("events") or ())
    count = int(answer.get("event_count", len(events)))
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        kinds.setdefault(str(event["type"]), []).append(event)
    for kind, of_kind in kinds.items():
        first, last = of_kind[0], of_kind[-1]
        if len(of_kind) == 1:
            yield _("{type} on {stream}, fact {seq}").format(type=kind, stream=first["stream"], seq=first["seq"])
        else:
            yield _("{type}, {count} times, facts {first} to {last}").format(
                type=kind, count=len(of_kind), first=first["seq"], last=last["seq"]
            )
    if count > len(events):
        yield _("and {count} more facts").format(count=count - len(events))


def entry_lines(answer: Mapping[str, Any]) -> Iterator[str]:
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
    name_width = max(map(_width, names))
    amount_width = max(map(_width, amounts))
    if len(entries) < count:
        yield _("the first {shown} of {count} entries, together:").format(shown=len(entries), count=count)
    elif count > 1:
        yield ngettext("{count} entry, together:", "{count} entries, together:", count).format(count=count)
    for ((side, code), _cents), name, amount in zip(ordered, names, amounts, strict=True):
        yield f"  {words[side]:<6}  {code}  {_pad(name, name_width, False)}  {_pad(amount, amount_width, True)}"


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
    lines = [clean(line) for line in message.split("\n")]
    first = _wrapped(f"error[{problem.code()}]: {lines[0]}", sys.stderr)
    sys.stderr.write(_styled("error", "31;1", sys.stderr) + first.removeprefix("error") + "\n")
    for line in lines[1:]:
        sys.stderr.write(_wrapped(line, sys.stderr) + "\n")
    for line in advice.split("\n") if advice else ():
        sys.stderr.write(
            f"hint: {clean(line)}\n"
            if line.startswith("fund ")
            else _wrapped(f"hint: {clean(line)}", sys.stderr) + "\n"
        )


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
        line = ask_line(f"{clean(question)} {choice} ")
        word = "" if line is None else line.strip().lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
        note(_("Please type yes or no."))


# ------------------------------------------------------------------------------------------------------------ progress


class Progress:
    """How far long work is: one bar on standard error, once it lasts longer than a second and somebody looks."""

    BAR = 30

    def __init__(self, label: str, total: int | None) -> None:
        self.label = label
        self.total = total
        self.done = 0
        self._started = time.monotonic()
        self._shown_at = 0.0
        self._drawn = False
        self._looked_at = _is_terminal(sys.stderr)
        self._in_lines = accessible() or os.environ.get("TERM") == "dumb"  # who cannot redraw gets lines

    def step(self, count: int = 1) -> None:
        """So much more is done."""
        self.done += count
        now = time.monotonic()
        if not self._looked_at or now - self._started < 1:
            return
        if self._shown_at and now - self._shown_at < (30 if self._in_lines else 0.1):
            return
        self._shown_at = now
        self._draw()

    def _draw(self) -> None:
        if self._in_lines:
            note(f"{self.label}: {self._count()}")
            return
        bar = ""
        if self.total:
            full = min(self.BAR, self.BAR * self.done // self.total)
            bar = "█" * full + "░" * (self.BAR - full) + " "
        sys.stderr.write(f"\r\x1b[K{clean(self.label)} {bar}{self._count()}")
        sys.stderr.flush()
        self._drawn = True

    def _count(self) -> str:
        return f"{self.done}/{self.total}" if self.total else str(self.done)

    def close(self) -> None:
        """The work has ended: the bar makes place for a line with count and time."""
        seconds = time.monotonic() - self._started
        if self._looked_at and seconds >= 1:
            if self._drawn:
                sys.stderr.write("\r\x1b[K")
            note(
                _("{label}: {count}, {seconds} s").format(label=self.label, count=self._count(), seconds=round(seconds))
            )


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """A progress bar around long work; ``step()`` it. Silent without a terminal and for work under a second."""
    bar = Progress(label, total)
    try:
        yield bar
    finally:
        bar.close()
