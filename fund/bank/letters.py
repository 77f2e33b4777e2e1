"""The letters that banks exchange (the SEPA character set), and how our names are written in them.

Nothing is dropped in silence: a letter gets its nearest writing, a name that is then too long is refused, and a
letter without a counterpart is refused as well.
"""

from __future__ import annotations

import re
import unicodedata

from fund.errors.bank import NameTooLong, TextTooLong, UnwritableCharacter

LONGEST_NAME = 70
LONGEST_TEXT = 140
LONGEST_REFERENCE = 35
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_WRITTEN_AS = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ĸ": "k", "ŋ": "n", "Ŋ": "N",
    "€": "EUR", "&": "+", "@": "(at)", "_": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "’": "'", "‘": "'",
    "´": "'", "`": "'", "“": "'", "”": "'", '"': "'", "«": "'", "»": "'", "„": "'", "‚": ",", "…": "...", "•": "-",
    "·": ".", ";": ",", "!": ".", "[": "(", "]": ")", "{": "(", "}": ")", "=": "-", "#": "-", "%": "-", "*": ".",
    "°": ".", "×": "x", "²": "2", "³": "3", "\t": " ", "\n": " ", "\r": " ",
}  # fmt: skip


def bank_writing(text: str, *, field: str) -> str:
    """``text`` in the letters of the banks, blanks folded: ``Café "Zuiderzee" & zn.`` as ``Cafe 'Zuiderzee' + zn.``

    Args:
        field: What the text is, for the refusal.

    Raises:
        UnwritableCharacter: A letter has no counterpart there.
    """
    return " ".join(
        "".join(_written(character, text, field) for character in unicodedata.normalize("NFC", text)).split()
    )


def _written(character: str, text: str, field: str) -> str:
    if character in _ALLOWED:
        return character
    written = _WRITTEN_AS.get(character)
    if written is None:
        parts = unicodedata.normalize("NFKD", character)
        written = "".join(_WRITTEN_AS.get(part, part) for part in parts if not unicodedata.combining(part))
    if not written or not _ALLOWED.issuperset(written):
        shown = f"U+{ord(character):04X}"
        name = unicodedata.name(character, "")
        visible = character if character.isprintable() else ""
        raise UnwritableCharacter(
            field=field,
            character=" ".join(part for part in (visible, shown, name) if part),
            text="".join(part if part.isprintable() else "�" for part in text),
        )
    return written


def bank_name(text: str, *, field: str) -> str:
    """A name of at most 70 letters of the banks.

    Raises:
        NameTooLong: It does not fit. UnwritableCharacter: A letter has no counterpart. TextTooLong: Nothing is left.
    """
    written = bank_writing(text, field=field)
    if not 1 <= len(written) <= LONGEST_NAME:
        raise NameTooLong(text=text, length=len(written), limit=LONGEST_NAME)
    return written


def bank_text(text: str, *, field: str) -> str:
    """A remittance text of at most 140 letters of the banks; it may be empty."""
    written = bank_writing(text, field=field)
    if len(written) > LONGEST_TEXT:
        raise TextTooLong(field=field, text=text, length=len(written), limit=LONGEST_TEXT)
    return written


def bank_reference(text: str, *, field: str) -> str:
    """A reference of ours, which must already be in the letters of the banks: it has to come back as it left.

    Raises:
        TextTooLong: Empty, or more than 35 characters.
        UnwritableCharacter: Another letter, or a slash where banks do not take one (first, last, doubled).
    """
    if not 1 <= len(text) <= LONGEST_REFERENCE:
        raise TextTooLong(field=field, text=text, length=len(text), limit=LONGEST_REFERENCE)
    strange = next((character for character in text if character not in _ALLOWED), "")
    if strange:
        raise UnwritableCharacter(field=field, character=f"{strange} U+{ord(strange):04X}", text=text)
    if re.search(r"^/|//|/$", text):
        raise UnwritableCharacter(field=field, character="/", text=text)
    return text
