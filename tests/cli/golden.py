"""What users see, kept as files beside the tests.

``FUND_TEST_GOLDEN=write`` writes them again, to be read in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check(name: str, shown: str) -> None:
    """``shown`` is what the golden file ``name`` holds."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("FUND_TEST_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"{path} is missing: FUND_TEST_GOLDEN=write pytest, then read it"
    assert shown == path.read_text(encoding="utf-8")
