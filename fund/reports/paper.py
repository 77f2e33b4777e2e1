"""Paper: a page from a template and data. What others wrote is data and never becomes part of the page's code.

Templates lie in ``fund/templates``; a page is the same bytes each time: the packaged typeface alone is used, and the
stamp of the file is the day that it is about. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from fund.errors.usage import ReportsMissing

DATA = "data"
"""The name under which a template finds its data, as JSON."""
NO_SIGN = "\ufffd"
"""What stands where others wrote a sign that the typeface has not."""
SIGNS_LOST = 64
FAR_EAST = "\u2e80"
ATTACHED = "csv"
"""What of the data lies with the page as a file, and keeps every sign."""


def on_paper(template: str, data: Mapping[str, Any], *, on: date) -> bytes:
    """A PDF (PDF/A-3a and PDF/UA-1) of this data, stamped with the day.

    Args:
        template: A file of ``fund/templates``.
        data: JSON values; texts stand on the page as they are.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    return bytes(_compiled(template, data, on, format="pdf", pdf_standards=["a-3a", "ua-1"]))


def pictures_of(template: str, data: Mapping[str, Any], *, on: date, ppi: int = 96) -> tuple[bytes, ...]:
    """The same pages as PNG, to be looked at.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    found = _compiled(template, data, on, format="png", ppi=ppi)
    return tuple(found) if isinstance(found, Sequence) and not isinstance(found, bytes) else (bytes(found),)


def _compiled(template: str, data: Mapping[str, Any], on: date, **options: Any) -> Any:
    try:
        import typst
    except ImportError:
        raise ReportsMissing(what="PDF") from None
    folder = _folder()
    text = json.dumps({key: value for key, value in data.items() if key != ATTACHED}, ensure_ascii=False)
    attached = json.dumps(data.get(ATTACHED), ensure_ascii=False)
    for _each in range(SIGNS_LOST):
        try:
            return typst.compile(
                (folder / template).read_bytes(),
                root=str(folder),
                font_paths=_typeface(),
                sys_inputs={DATA: f'{text[:-1]}, "{ATTACHED}": {attached}}}'},
                timestamp=datetime.combine(on, time(), tzinfo=UTC),
                **options,
            )
        except RuntimeError as problem:
            lost = _undrawn(str(problem))
            if not lost:
                raise
            for sign in lost:
                text = text.replace(json.dumps(sign, ensure_ascii=False)[1:-1], NO_SIGN)
            if max(lost) >= FAR_EAST:  # where one sign is not there, hardly any is
                text = "".join(NO_SIGN if sign >= FAR_EAST else sign for sign in text)
    raise AssertionError("signs that the typeface has not are replaced one by one, and these are too many")


_UNDRAWN = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def _undrawn(problem: str) -> set[str]:
    """The signs that the typeface has not, as typst names them: an archive takes no page with a hole in it."""
    found = _UNDRAWN.search(problem)
    return set(_ESCAPED.sub(lambda each: chr(int(each[1], 16)), found[1])) if found else set()


def _folder() -> Path:
    return Path(str(resources.files("fund") / "templates"))


@lru_cache(maxsize=1)
def _typeface() -> Any:
    """The packaged typeface, read once; what is installed on this machine is left aside."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(_folder() / "fonts")])
