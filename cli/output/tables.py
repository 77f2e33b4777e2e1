"""Tables and facts for people: amounts to the right, totals last, clear without colour.

Rich lays the columns out and shares the room among texts. Ours is what a column may do: which is never cut, and which
moves to a line of its own below its row where a terminal is too narrow for all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cli.output.commands import Typable, as_typed
from cli.output.terminal import (
    accessible,
    clean,
    console_on,
    lines_of,
    say,
    show,
    show_sentence,
    text_of,
    width_of,
    wrapped,
)
from fund.language import _, euros, language, number

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.text import Text

NAME_WIDTH = 19
SMALLEST_TEXT = 12
SMALLEST_FACT = 20
SHARED = 0

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
    from fund.words import state_word

    return "" if state is None else state_word(kind, str(state))


def track_text(track: str) -> str:
    """How much a proposal asks and must show, as people read it: ``light``, ``standard``, ``major``."""
    from fund.glossary import track_word

    return track_word(track)


def advice_text(code: str) -> str:
    """What a panel advised, in words."""
    from fund.rules.scoring import ADVICE

    return _(ADVICE[code])


def short_hash(value: str) -> str:
    """The first twelve signs of a fingerprint, in groups that can be read aloud: ``9f3c 51d0 7be2``."""
    return " ".join(value[start : start + 4] for start in range(0, 12, 4))


def account_name(code: str) -> str:
    """The name of a ledger account, or of the main account of a sub-account, in the language in use."""
    from fund.words import account_word

    return account_word(code)


# -------------------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the rows, its header and its role.

    Roles: ``ref``, ``date``, ``amount``, ``state``, ``count`` are never cut, nor is ``command``, which stands on a line
    of its own below the row as soon as not everything fits beside each other, whole however long it is; ``name`` is a
    short name of at most 19 signs; ``text`` takes what is left. A ``state`` column names whose state it is in ``kind``.
    ``by`` is the key by which a list is sorted where the cell is made of it (``share_bps``).
    """

    key: str
    header: str
    role: str = "text"
    kind: str = ""
    style: Callable[[Mapping[str, Any]], str] | None = None
    """The colour of a cell, by its row; what it says stands in words too."""
    by: str = ""
    cell: Callable[[Any], object] | None = None
    """Makes the value of its row, where that is not what the row has under ``key``."""
    when: str = ""
    """Among facts: shown where the row has this key and its value is not empty."""

    @property
    def right(self) -> bool:
        """Whether the column is set to the right."""
        return self.role in ("amount", "count", "percent")

    def title(self) -> str:
        """The header in the language in use; amounts name their currency there."""
        return f"{_(self.header)} €" if self.role == "amount" else _(self.header)

    def fact(self, row: Mapping[str, Any]) -> tuple[str, object]:
        """Label and value among facts (:func:`facts`), with the currency of an amount; an empty value is left out."""
        if self.when and not row.get(self.when):
            return _(self.header), ""
        if self.cell is not None:
            return _(self.header), self.cell(row)
        value = row.get(self.key)
        if self.role == "amount" and value is not None:
            return _(self.header), euros(value)
        return _(self.header), Typable(value) if self.role == "command" and value else self.show(row)

    def show(self, row: Mapping[str, Any]) -> str:
        """The cell of ``row`` as people read it."""
        return self.said(row.get(self.key) if self.cell is None else self.cell(row))

    def show_total(self, total: Mapping[str, Any]) -> str:
        """The cell of the last row: made as the others are where it has what they are sorted by."""
        return self.show(total) if self.by in total else self.said(total.get(self.key))

    def said(self, value: Any) -> str:
        """A value of this column as people read it."""
        if value is None:
            return ""
        if self.role == "amount":
            return number(value) if isinstance(value, int) else clean(str(value))
        if self.role == "date":
            return day_text(value)
        if self.role == "state" and self.kind:
            return state_text(self.kind, value)
        if self.role == "command":
            return clean(as_typed(str(value)))
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

    The title is a whole sentence in the language in use and names the day; headers are message ids. Where only a part
    of a list was asked for (:func:`selected`), a table with nothing of it is left out.
    """
    rows = list(rows)
    if not rows and _selecting:
        return
    lines = [[column.show(row) for column in columns] for row in rows]
    styles = [[column.style(row) if column.style else "" for column in columns] for row in rows]
    _title(title)
    if not lines:
        say(empty or _("none"))
        return
    last = [column.show_total(total) for column in columns] if total is not None else None
    headers = [column.title() for column in columns]
    if accessible():
        _table_for_ears(headers, lines, last)
        return
    console = console_on(sys.stdout)
    show(console, _table_for_eyes(console, columns, headers, lines, last, styles))


@contextmanager
def selected() -> Iterator[None]:
    """While tables show only what was asked for of a list."""
    global _selecting
    _selecting = True
    try:
        yield
    finally:
        _selecting = False


_selecting = False


def _title(title: str) -> None:
    show_sentence(title, sys.stdout, "bold")


def _table_for_ears(headers: Sequence[str], lines: Sequence[Sequence[str]], last: Sequence[str] | None) -> None:
    for cells in (*lines, *([last] if last else [])):
        say()
        for header, cell in zip(headers, cells, strict=True):
            if cell:
                say(f"{header}: {cell}")


def _table_for_eyes(
    console: Console,
    columns: Sequence[Column],
    headers: Sequence[str],
    lines: list[list[str]],
    last: list[str] | None,
    styles: Sequence[Sequence[str]],
) -> Iterator[Text]:
    from rich.cells import cell_len
    from rich.rule import Rule
    from rich.table import Table

    rows = [*lines, *([last] if last else [])]
    cells_need = [max(cell_len(cells[place]) for cells in rows) for place in range(len(columns))]
    natural = [max(need, cell_len(header)) for need, header in zip(cells_need, headers, strict=True)]
    room = width_of(sys.stdout)
    widths, below = _fit(columns, natural, room)
    if room and (below or _taken(widths, below) > room):
        # headers of several words stand on several lines before a column has to move
        words = [max(map(cell_len, header.split()), default=0) for header in headers]
        tight = [max(need, word) for need, word in zip(cells_need, words, strict=True)]
        widths, below = _fit(columns, tight, room)
    total_width = room or _taken(widths, below)
    grid = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    beside = [place for place in range(len(columns)) if place not in below]
    for place in beside:
        side: JustifyMethod = "right" if columns[place].right else "left"
        grid.add_column(text_of(headers[place]), width=widths[place] or None, justify=side)
    for place_of_row, cells in enumerate(rows):
        colours = styles[place_of_row] if place_of_row < len(styles) else [""] * len(cells)
        shown = [text_of(cells[place], colours[place]) for place in beside]
        for cell in shown:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        grid.add_row(*shown, style="bold" if cells is last else None)
    drawn = list(lines_of(console, grid, max(total_width, _taken(widths, below))))

    def under(cells: Sequence[str], style: str = "") -> Iterator[Text]:
        texts = [cells[place] for place in below if cells[place] and columns[place].role != "command"]
        typed = [cells[place] for place in below if cells[place] and columns[place].role == "command"]
        together = "  ".join([*texts, *typed])
        for line in [together] if cell_len(together) <= total_width - 4 else ["  ".join(texts), *typed]:
            shown = text_of(line, style)
            if line and line not in typed:  # a command that is longer than the terminal is folded by it, and stays one
                shown.truncate(total_width - 4, overflow="ellipsis")
            if line:
                shown.pad_left(4)
                yield shown

    yield from drawn[: -len(rows)]
    yield from under(headers, "bold")
    yield from lines_of(console, Rule(style=""), total_width)
    for cells, row in zip(rows, drawn[-len(rows) :], strict=True):
        yield row
        yield from under(cells, "bold" if cells is last else "")


def _taken(widths: Sequence[int], below: Sequence[int]) -> int:
    kept = [width for place, width in enumerate(widths) if place not in below]
    return sum(kept) + 2 * (len(kept) - 1)


def _fit(columns: Sequence[Column], natural: Sequence[int], room: int | None) -> tuple[list[int], tuple[int, ...]]:
    """The width of each column, and the places of those that move to a line of their own below the row.

    Texts that do not all fit share what the others leave: Rich takes from the widest first.
    """
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
    for place in texts:
        widths[place] = SHARED
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
    """What there is to know of one thing: a title and ``label: value`` lines; long values are wrapped, none is cut.

    A command among them (:class:`Typable`) is not broken: where it does not fit it stands below its label.
    """
    from rich.cells import cell_len

    shown = [
        (label, Typable(as_typed(value)) if isinstance(value, Typable) else str(value))
        for label, value in pairs
        if value not in (None, "")
    ]
    _title(title)
    if accessible():
        for label, value in shown:
            show_sentence(f"{label}: {value}", sys.stdout)
        return
    if not shown:
        return
    console = console_on(sys.stdout)
    margin = 2 + max(cell_len(clean(label)) for label, _value in shown)
    beside: list[tuple[str, str]] = []
    for label, value in shown:
        if isinstance(value, Typable) and margin + 2 + cell_len(value) > console.width:
            show(console, _facts_for_eyes(console, beside, margin))
            beside = []
            show(console, [text_of(f"  {label}"), *wrapped(console, text_of(f"    {value}"))])
        else:
            beside.append((label, value))
    show(console, _facts_for_eyes(console, beside, margin))


def _facts_for_eyes(console: Console, pairs: Sequence[tuple[str, str]], margin: int) -> Iterator[Text]:
    from rich.table import Table

    if not pairs:
        return
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, min_width=margin)
    grid.add_column(overflow="fold", min_width=SMALLEST_FACT)
    for label, value in pairs:
        grid.add_row(text_of(f"  {label}"), text_of(value))
    yield from lines_of(console, grid, console.width)
