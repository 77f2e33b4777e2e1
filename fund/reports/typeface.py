"""How wide a text is in the packaged typeface: what was laid out in it keeps its place in the fonts that people have.

Of each OpenType file three tables are read: which glyph a letter has (``cmap``), how wide a glyph is (``hmtx``), and
how many units a size has (``head``). Pairs of letters that move closer are left out; that is less than a hundredth.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

_FILES = {False: "SourceSansPro-Regular.otf", True: "SourceSansPro-Semibold.otf"}
_UNKNOWN = "n"
"""As wide as a letter that the typeface has not is taken to be."""


def width_of(text: str, size: float, *, strong: bool = False) -> float:
    """The width of a line of text, in the unit of ``size``."""
    widths, units = _typeface(strong)
    return sum(widths.get(ord(letter), widths[ord(_UNKNOWN)]) for letter in text) * size / units


@lru_cache(maxsize=2)
def _typeface(strong: bool) -> tuple[Mapping[int, int], int]:
    """The width of each letter in units, and the units of a size."""
    font = (resources.files("fund") / "templates" / "fonts" / _FILES[strong]).read_bytes()
    (count,) = struct.unpack_from(">H", font, 4)
    tables = {tag: at for tag, _sum, at, _length in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * count])}
    (units,) = struct.unpack_from(">H", font, tables[b"head"] + 18)
    (measured,) = struct.unpack_from(">H", font, tables[b"hhea"] + 34)
    widths = [struct.unpack_from(">H", font, tables[b"hmtx"] + 4 * each)[0] for each in range(measured)]
    glyphs = _glyphs(font, tables[b"cmap"])
    return {letter: widths[min(glyph, measured - 1)] for letter, glyph in glyphs.items()}, units


def _glyphs(font: bytes, cmap: int) -> dict[int, int]:
    """The glyph of each letter: the ranges of a table of format 12."""
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    places = [cmap + struct.unpack_from(">HHI", font, cmap + 4 + 8 * each)[2] for each in range(count)]
    table = next(place for place in places if struct.unpack_from(">H", font, place)[0] == 12)
    (ranges,) = struct.unpack_from(">I", font, table + 12)
    found: dict[int, int] = {}
    for each in range(ranges):
        first, last, glyph = struct.unpack_from(">III", font, table + 16 + 12 * each)
        found.update({letter: glyph + letter - first for letter in range(first, last + 1)})
    return found
