"""Names of the code are the field's words: nobody needs a dictionary of ours (style.md, "Words of the code")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTEAD = {
    "Told": "...Payload, ...Context", "told": "describe", "after": "apply", "View": "Snapshot", "view": "snapshot",
    "Past": "HistoricalSnapshot", "past": "history", "Gathered": "WriteBatch", "gathering": "write_batch",
    "once": "cached", "remember": "prime_cache", "look": "query", "asking": "execute", "carry_out": "execute",
    "Bell": "Notifier", "ring": "notify", "ill": "is_unavailable", "mend": "explain", "Grounds": "IndicatorInputs",
    "Basis": "IndicatorInputs", "standing": "balance_or_zero", "Happened": "event", "happened": "event",
    "but": "replace", "leave": "export", "leaving": "export_options", "Life": "Projection", "LIVES": "PROJECTIONS",
    "touches": "affected_streams", "shown": "preview", "chapter": "module", "hands": "prior_approvers",
    "Desk": "InboxReader", "Waiting": "Task", "worth_cents": "net_asset_value_cents", "quick": "fast_verify",
    "careful": "checked_post", "shortcut": "direct_post",
}  # fmt: skip
"""What the code used to say, and what it says instead."""
FILES = {
    "winding",
    "later",
    "afterwards",
    "apart",
    "looking_back",
    "endings",
    "lives",
    "life",
    "course",
    "case",
    "table",
}
"""Names of files that say nothing of what they hold."""
PARAMETERS = {"happened", "hands", "view"}
"""Of these, parameters too: they hand something on, so that every reader meets them."""


def _named(tree: ast.Module) -> Iterator[str]:
    """The names of classes and functions, and of some parameters."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, ast.arg) and node.arg in PARAMETERS:
            yield node.arg


SOURCES = sorted(path for room in ("fund", "cli") for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_name_is_a_word_of_the_field(path: Path) -> None:
    found = set(_named(ast.parse(path.read_text(encoding="utf-8")))) & set(INSTEAD)
    place = path.relative_to(ROOT).as_posix()
    assert not {name: INSTEAD[name] for name in found}, place
    assert path.stem not in {*FILES, *INSTEAD}
