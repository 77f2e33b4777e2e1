"""The references and account numbers by which payments find their way.

Our refs (``B2026-0007``) travel without marks (``B20260007``), with check digits in front where a payer has to copy
one: the RF creditor reference of ISO 11649. Found back in what a bank delivers, they become refs again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fund.errors.bank import InvalidIban, InvalidReference
from fund.language import _

_WIRE = re.compile(r"([A-Z])([0-9]{4})([0-9]{3,6})")
"""Every document of the fund with a letter: agreement, call, disbursement, cost, batch."""
_ATTEMPT = re.compile(r"([A-Z][0-9]{7,10})(?:R([2-9]|[1-9][0-9]))?")
_RF = re.compile(r"RF([0-9]{2})([A-Z0-9]{1,21})")
_RF_IN_TEXT = re.compile(r"(?<![A-Z0-9])RF ?[0-9]{2}(?: ?[A-Z0-9]+){1,21}")
_REF_IN_TEXT = re.compile(r"(?<![A-Z0-9])([A-Z]) ?(20[0-9]{2})[ -]?([0-9]{3,6})(?![0-9]|-[0-9])")


@dataclass(frozen=True, slots=True)
class FoundReference:
    """A reference as it stood in a text.

    Args:
        kind: ``rf`` for a creditor reference with right check digits, ``ref`` for a number of our own.
        reference: ``RF09BIJ2025002``, or our ref with its marks: ``B2026-0007``.
        ref: Our ref with its marks, where it is one of ours; else empty.
    """

    kind: str
    reference: str
    ref: str


def wire(ref: str) -> str:
    """Our ref as it travels: letters and digits only, ``B2026-0007`` as ``B20260007``."""
    return re.sub(r"[^A-Z0-9]", "", ref.upper())


def ref_of_wire(text: str) -> str:
    """Our ref with its marks, from how it travelled; empty where ``text`` is none of ours."""
    match = _WIRE.fullmatch(text)
    return f"{match[1]}{match[2]}-{match[3]}" if match else ""


def end_to_end_id(ref: str, attempt: int = 1) -> str:
    """The reference of one payment: ``D20260007``; a payment made again says so, ``D20260007R2``.

    A second attempt carries another reference than the first, so that a late return names the right one.
    """
    return wire(ref) if attempt == 1 else f"{wire(ref)}R{attempt}"


def ref_of_end_to_end_id(text: str) -> tuple[str, int]:
    """Our ref and the attempt that an end-to-end reference names; ``("", 0)`` where it is none of ours."""
    match = _ATTEMPT.fullmatch(text.strip().upper())
    ref = ref_of_wire(match[1]) if match else ""
    return (ref, int(match[2] or 1)) if match and ref else ("", 0)


def _modulo_97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97


def creditor_reference(ref: str) -> str:
    """The RF creditor reference (ISO 11649) of one of our refs: ``B2026-0007`` as ``RF..B20260007``.

    Raises:
        InvalidReference: Nothing is left of ``ref`` without its marks, or more than 21 characters.
    """
    body = wire(ref)
    if not 1 <= len(body) <= 21:
        raise InvalidReference(text=ref, reason=_("it needs 1 to 21 letters and digits"))
    return f"RF{98 - _modulo_97(body + 'RF00'):02d}{body}"


def is_creditor_reference(text: str) -> bool:
    """Whether ``text``, without spaces, is an RF reference whose check digits are right."""
    body = re.sub(r"\s", "", text).upper()
    return bool(_RF.fullmatch(body)) and _modulo_97(body[4:] + body[:4]) == 1


def read_creditor_reference(text: str) -> str:
    """``text`` as an RF reference without spaces.

    Raises:
        InvalidReference: Another shape, or check digits that are wrong; the reason says which.
    """
    body = re.sub(r"\s", "", text).upper()
    if not _RF.fullmatch(body):
        raise InvalidReference(text=text, reason=_("it is not RF, two digits and 1 to 21 letters or digits"))
    if not is_creditor_reference(body):
        raise InvalidReference(text=text, reason=_("its check digits do not fit"))
    return body


def reference_spaced(reference: str) -> str:
    """An RF reference as people copy it, in groups of four: ``RF09 BIJ2 0250 02``."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def find_references(text: str) -> tuple[FoundReference, ...]:
    """The references in a free text, in its order and each once: RF numbers first, then refs of our own.

    An RF number may be written in groups; it counts only with right check digits. The longest reading that checks
    wins, since words after a number may look like more of it. A number that is part of a longer word is not ours.
    """
    upper = text.upper()
    found: dict[str, FoundReference] = {}
    match = _RF_IN_TEXT.search(upper)
    while match is not None:
        written = _longest_reference(match[0])
        reference = written.replace(" ", "")
        if reference and reference not in found:
            found[reference] = FoundReference("rf", reference, ref_of_wire(reference[4:]))
        match = _RF_IN_TEXT.search(upper, match.start() + max(len(written), len("RF")))  # another may stand behind it
    for match in _REF_IN_TEXT.finditer(upper):
        ref = f"{match[1]}{match[2]}-{match[3]}"
        if ref not in found:
            found[ref] = FoundReference("ref", ref, ref)
    return tuple(found.values())


def _longest_reference(text: str) -> str:
    """What ``text`` begins with that is a reference, as it is written there; empty where that is none."""
    words = text.split(" ")
    written = (" ".join(words[:last]) for last in range(len(words), 0, -1))
    return next((each for each in written if is_creditor_reference(each)), "")


def iban(text: str) -> str:
    """``text`` as an IBAN: capitals, no spaces, check digits and length right.

    Raises:
        InvalidIban: With the reason: length, characters, country or check digits.
    """
    from schwifty import IBAN  # its registry of banks takes a tenth of a second: only when a number is checked
    from schwifty.exceptions import InvalidChecksumDigits, InvalidCountryCode, InvalidLength, SchwiftyException

    compact = re.sub(r"\s", "", text).upper()
    try:
        return str(IBAN(compact).compact)
    except InvalidChecksumDigits:
        reason = _("its check digits do not fit, so one of the characters is wrong")
    except InvalidLength:
        reason = _("it has {length} characters, which is not the length of its country").format(length=len(compact))
    except InvalidCountryCode:
        reason = _("it does not start with a country that uses IBAN")
    except SchwiftyException:
        reason = _("it is not a country, two check digits and letters or digits")
    raise InvalidIban(text=text, reason=reason)


def bic_of(number: str) -> str:
    """The BIC of the bank of an IBAN where the registry knows it, else empty."""
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        bic = IBAN(number).bic
    except SchwiftyException:
        return ""
    return str(bic.compact) if bic else ""
