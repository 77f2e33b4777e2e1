"""Dutch and English, and amounts, days, instants and account numbers as people read them.

English is the source. Sentences are marked with ``_`` where they are shown, with ``N_`` where they are
only declared. JSON, codes and column names of CSV are never translated.
"""

from __future__ import annotations

import gettext
import locale as system_locale
import os
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "nl")
DOMAIN = "messages"
LOCALE_DIR = Path(__file__).parent / "locale"
AMSTERDAM = "Europe/Amsterdam"
_MASKED = "•"
_BABEL_NAMES = {"en": "en_GB", "nl": "nl"}

_current = "en"


def choose(name: str) -> None:
    """Make ``name`` (``en`` or ``nl``) the language of everything a person reads from here on."""
    global _current
    _current = name if name in LANGUAGES else "en"


def language() -> str:
    """The language in use: ``en`` or ``nl``."""
    return _current


def from_environment() -> str:
    """The language asked for by ``FUND_LANG``, else by the locale; English where neither says Dutch."""
    asked = os.environ.get("FUND_LANG", "")
    if not asked:
        asked = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    if not asked:
        asked = system_locale.getlocale()[0] or ""
    return "nl" if asked.lower().startswith("nl") else "en"


@lru_cache(maxsize=4)
def _catalogue(name: str) -> gettext.NullTranslations:
    if name == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE_DIR, [name], fallback=True)


def _(message: str) -> str:
    """``message`` in the language in use."""
    return _catalogue(_current).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a sentence that fits ``count``, in the language in use."""
    return _catalogue(_current).ngettext(singular, plural, count)


def both(message: str) -> tuple[str, str]:
    """``message`` in Dutch and in English, whichever language is in use: for what may be typed in either."""
    return _catalogue("nl").gettext(message), message


def N_(message: str) -> str:
    """Mark ``message`` for the catalogue; it is translated where it is shown."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:
    """Mark both forms of a sentence for the catalogue; :func:`ngettext` chooses one where it is shown."""
    return singular, plural


def number(cents: int) -> str:
    """Cents as a column shows them, without currency: ``1.234,56`` in Dutch, ``1,234.56`` in English."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    point, group = (",", ".") if _current == "nl" else (".", ",")
    return f"{sign}{whole:,}".replace(",", group) + f"{point}{part:02d}"


def decimal_text(value: str) -> str:
    """A number with a decimal point, as it is written in the language in use: ``79.0`` is ``79,0`` in Dutch."""
    return value.replace(".", ",") if _current == "nl" else value


def euros(cents: int) -> str:
    """Cents as a sentence shows them: ``€ 1.234,56`` in Dutch, ``EUR 1,234.56`` in English."""
    sign = "€" if _current == "nl" else "EUR"
    return f"{sign} {number(cents)}"


amount = euros


def day(value: date | str) -> str:
    """A day (also as text, in ISO 8601) as a sentence shows it: ``31 december 2027`` in Dutch, ``31 December 2027`` in
    English."""
    from babel.dates import format_date  # loaded when a person reads a date, not at start-up

    shown = date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(shown, "d MMMM y", locale=_BABEL_NAMES[_current])


def instant(value: datetime) -> str:
    """An instant as a sentence shows it, in Amsterdam's time: ``24 november 2026 14.02 uur``."""
    local = value.astimezone(ZoneInfo(AMSTERDAM))
    if _current == "nl":
        return f"{day(local.date())} {local:%H.%M} uur"
    return f"{day(local.date())} {local:%H:%M}"


def iban_mask(number: str) -> str:
    """An account number as those may see it who need not pay to it: country and last four, ``NL••••••••••••4300``."""
    return f"{number[:2]}{_MASKED * max(len(number) - 6, 0)}{number[-4:]}" if len(number) > 6 else _MASKED * len(number)
