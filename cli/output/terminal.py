"""What a terminal can do, and the lines it gets: Rich measures, wraps and colours them.

Rich lets escape codes and bidirectional marks through and reads markup in a plain string, so it only ever gets ``Text``
of cleaned signs. It is loaded when a terminal looks on or a table is made: help and JSON do without.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from cli.output.commands import as_typed, pieces

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

NARROW, WIDE = 80, 120
BOUNDLESS = 1_000_000  # columns, where nobody looks: nothing is cut or broken


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at ``stream``."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def interactive() -> bool:
    """Whether somebody can be asked: questions go to standard error, answers come from standard input."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def accessible() -> bool:
    """Whether a screen reader is at work: no columns, no bars."""
    return os.environ.get("ACCESSIBLE", "") not in ("", "0")


def _colours(stream: TextIO) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int | None:
    """The width to fit in; ``None`` where nothing is cut."""
    if not is_terminal(stream):
        return None
    return max(40, min(shutil.get_terminal_size((NARROW, 24)).columns, WIDE))


_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys((*range(128, 160), 8206, 8207, *range(8234, 8239), *range(8294, 8298)), 65533)
_PICTURES |= {0x2028: 0x240A, 0x2029: 0x240A}


def clean(text: str) -> str:
    """``text`` on one line, with control characters shown as pictures."""
    return text if text.isascii() and text.isprintable() else text.translate(_PICTURES)


def text_of(content: str, style: str = "") -> Text:
    """``content`` for Rich, cleaned; brackets and colons in it stay what they are."""
    from rich.text import Text

    return Text(clean(content), style=style)


def console_on(stream: TextIO) -> Console:
    """Rich on ``stream``: the sixteen colours of the terminal or none at all, and no reading of markup or emoji."""
    from rich.console import Console

    return Console(
        file=stream,
        color_system="standard" if _colours(stream) else None,
        force_terminal=is_terminal(stream),
        force_jupyter=False,
        width=width_of(stream) or BOUNDLESS,
        height=24,  # with a width only, Rich would take 80 columns on a dumb terminal
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def lines_of(console: Console, block: RenderableType, width: int) -> Iterator[Text]:
    """The lines of ``block`` at ``width``, without the blanks at their end."""
    from rich.text import Text

    for parts in console.render_lines(block, console.options.update_width(width), pad=False):
        line = Text.assemble(*((piece.text, piece.style or "") for piece in parts))
        line.rstrip()
        yield line


def show(console: Console, lines: Iterable[Text]) -> None:
    """Write ``lines`` as they are. Rich draws on a page and the stream is ours: a closed pipe would make Rich exit."""
    stream, page = console.file, io.StringIO()
    console.file = page
    for line in lines:
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    console.file = stream
    stream.write(page.getvalue())


def show_sentence(line: str, stream: TextIO, style: str = "", until: int | None = None) -> None:
    """One line to ``stream``; a terminal gets it broken at its width, its rest set in.

    ``style`` is for the first ``until`` signs, or for all of them.
    """
    line = clean(line)
    room = width_of(stream)
    fits = room is None or accessible() or (line.isascii() and len(line) <= room)
    if fits and not (style and _colours(stream)):
        stream.write(line + "\n")
        return
    console = console_on(stream)
    text = text_of(line)
    text.stylize(style, 0, until)
    show(console, [text] if fits else wrapped(console, text))


def wrapped(console: Console, text: Text) -> Iterator[Text]:
    """Line after line, for only the first starts where ``text`` does; a word is never broken, nor is a command.

    A command that is longer than the line stands on one of its own, whole: the terminal folds it, and it is copied as
    one.
    """
    from rich.cells import cell_len

    plain = text.plain
    lead = len(plain) - len(plain.lstrip())
    margin, start, last = lead, lead, lead
    for begin, end in pieces(plain):
        if last > start and margin + cell_len(plain[start:end]) > console.width:
            yield text_of(" " * margin) + text[start:last]
            margin, start = lead + 2, begin
        last = end
    yield text_of(" " * margin) + text[start:last]


def say(line: str = "") -> None:
    """One line of the result, to standard output; a terminal gets it broken at its width."""
    show_sentence(as_typed(line), sys.stdout)


def say_lines(lines: Iterable[str]) -> None:
    """Lines of the result, to standard output."""
    for line in lines:
        say(line)


def note(line: str = "") -> None:
    """One line of talk, to standard error; a terminal gets it broken at its width."""
    show_sentence(as_typed(line), sys.stderr)
