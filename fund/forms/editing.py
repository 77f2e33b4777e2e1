"""One answer at a time in a file that somebody else wrote too: all other lines and every comment stay as they were."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from typing import Any

import tomlkit

from fund.forms.text import Path, spans, value_at
from fund.forms.writing import TAB, literal


def put_answer(text: str, path: Path, value: Any) -> str:
    """The file ``text`` with ``value`` at ``path``: ``("money", "budget", 1, "year")``.

    A table or block that is not there yet is made; a block is made like the one before it, without its answers.
    """
    wanted = tomllib.loads(text)
    _set(wanted, path, value)
    return _sure(_put(text, path, value), wanted)


def _put(text: str, path: Path, value: Any) -> str:
    lines, all_spans = text.split("\n"), list(spans(text))
    there = next((span for span in all_spans if span.path == path and not span.header), None)
    if there is not None:
        key = there.text.partition("=")[0].rstrip()
        lines[there.first : there.after] = _statement(key, value, there.comment)
        return "\n".join(lines)
    parent = path[:-1]
    if parent and value_at(tomllib.loads(text), parent) is None:
        return _put(_with_table(text, parent), path, value)
    inside = [span for span in all_spans if span.path[:-1] == parent or (span.header and span.path == parent)]
    own = [span for span in inside if not span.header or span.path == parent]
    if not own:  # the table is only there by what stands in it, or as a value on one line
        if parent and not any(span.path == parent for span in all_spans):
            return _put(_with_header(text, f"[{_dotted(parent)}]"), path, value)
        return _put(_rewritten(text, parent), path, value)
    after = max(span.after for span in own)
    lines[after:after] = _statement(_dotted(path[-1:]), value, "")
    return "\n".join(lines)


def keep_blocks(text: str, path: Path, number: int) -> str:
    """The file ``text`` with only the first ``number`` blocks at ``path``."""
    wanted: Any = tomllib.loads(text)
    found = value_at(wanted, path)
    if not isinstance(found, list) or len(found) <= number:
        return text
    holder = value_at(wanted, path[:-1])
    holder[path[-1]] = found[:number]
    if not number:
        del holder[path[-1]]
    return _sure(_kept(text, path, number), wanted)


def _kept(text: str, path: Path, number: int) -> str:
    found = value_at(tomllib.loads(text), path)
    if not any(span.header and span.path == (*path, 0) for span in spans(text)):
        return _kept(_rewritten(text, path), path, number)
    lines, first = text.split("\n"), 0
    for place in reversed(range(number, len(found))):
        inside = [span for span in spans(text) if span.path[: len(path) + 1] == (*path, place)]
        first, after = inside[0].first, inside[-1].after
        while first and lines[first - 1].startswith("#"):  # what is said of the block stands above it
            first -= 1
        while first and not lines[first - 1].strip():
            first -= 1
        del lines[first:after]
    return "\n".join(lines)


def _set(holder: Any, path: Path, value: Any) -> None:
    """Put a value in a document as it was read, tables and blocks made on the way."""
    for key, following in pairwise(path):
        if isinstance(key, int):
            while len(holder) <= key:
                holder.append(dict.fromkeys(holder[-1], "") if holder else {})
        elif not isinstance(holder.get(key), list if isinstance(following, int) else dict):
            holder[key] = [] if isinstance(following, int) else {}
        holder = holder[key]
    holder[path[-1]] = value


def _sure(text: str, wanted: Any) -> str:
    """The text when it says what was wanted; else that written anew, without comments: a file has more ways to say
    something than are known here.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        found = None
    return text if found == wanted else tomlkit.dumps(wanted)


def _statement(key: str, value: Any, comment: str) -> list[str]:
    """A key and its value, with the comment behind it where the others have theirs."""
    statement = f"{key} = {literal(value)}"
    if comment:
        statement = f"{statement}  {comment}" if "\n" in statement else f"{f'{statement} ':<{TAB}}{comment}"
    return statement.split("\n")


def _dotted(path: Path) -> str:
    return ".".join(tomlkit.key(key).as_string() for key in path if isinstance(key, str))


def _with_table(text: str, path: Path) -> str:
    """The file with a table at ``path``; of blocks, with one more."""
    last = path[-1]
    if not isinstance(last, int):
        return _with_header(text, f"[{_dotted(path)}]")
    blocks = path[:-1]
    found = value_at(tomllib.loads(text), blocks)
    if not isinstance(found, list) or not found:
        return _with_header(_without(text, blocks), f"[[{_dotted(blocks)}]]")
    before = [span for span in spans(text) if span.path[:-1] == (*blocks, len(found) - 1)]
    header = next((span for span in spans(text) if span.header and span.path == (*blocks, len(found) - 1)), None)
    if header is None:
        return _with_table(_rewritten(text, blocks), path)
    lines, block = text.split("\n"), [f"[[{_dotted(blocks)}]]"]
    place = header.after
    for span in before:
        block += [line for line in lines[place : span.first] if line.startswith("#")]
        block += _statement(span.text.partition("=")[0].rstrip(), "", span.comment)
        place = span.after
    lines[place:place] = ["", *block]
    return "\n".join(lines)


def _with_header(text: str, header: str) -> str:
    return f"{text.rstrip()}\n\n{header}\n"


def _without(text: str, path: Path) -> str:
    """The file without the key at ``path``."""
    lines = text.split("\n")
    for span in reversed(list(spans(text))):
        if span.path == path and not span.header:
            del lines[span.first : span.after]
    return "\n".join(lines)


def _rewritten(text: str, path: Path) -> str:
    """The file with what is written on one line (``budget = [{ year = 2027 }]``) as tables or blocks of their own."""
    value = value_at(tomllib.loads(text), path)
    rows = value if isinstance(value, list) else [value]
    head = f"[[{_dotted(path)}]]" if isinstance(value, list) else f"[{_dotted(path)}]"
    text = _without(text, path)
    for row in rows:
        lines = [line for key, each in row.items() for line in _statement(_dotted((key,)), each, "")]
        text = _with_header(text, head) + "".join(f"{line}\n" for line in lines)
    return text
