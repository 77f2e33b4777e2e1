"""Paper: a page from a template and data. What others wrote is data and never becomes part of the page's code.

Templates lie in ``fund/templates``; a page is the same bytes each time: the packaged typeface alone is used, and the
stamp of the file is the day that it is about. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from fund.errors import ReportsMissing

__all__ = ["on_paper", "pictures_of"]

DATA = "data"
"""The name under which a template finds its data, as JSON."""


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
    return typst.compile(
        (folder / template).read_bytes(),
        root=str(folder),
        font_paths=_typeface(),
        sys_inputs={DATA: json.dumps(data, ensure_ascii=False, sort_keys=True)},
        timestamp=datetime.combine(on, time(), tzinfo=UTC),
        **options,
    )


def _folder() -> Path:
    return Path(str(resources.files("fund") / "templates"))


@lru_cache(maxsize=1)
def _typeface() -> Any:
    """The packaged typeface, read once; what is installed on this machine is left aside."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(_folder() / "fonts")])
