"""The page on open data says what the files hold: columns, grounds, keys of the extension, commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fund.reports.exports.register import columns, grounds
from tests.cli.test_commands import parse

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "open-data.md").read_text(encoding="utf-8")


def test_every_column_and_ground_is_explained_in_its_order() -> None:
    explained = [f"| `{each['column']}` | {each['kind']} | {each['en']} |" for each in columns()]
    assert "\n".join(explained) in PAGE
    assert "\n".join(f"| {each['kind']} | `{each['ground']}` | {each['en']} |" for each in grounds()) in PAGE


def test_every_key_of_the_extension_is_explained() -> None:
    extension = json.loads((ROOT / "fund/data/360giving/revolving-extension.json").read_text())
    keys = {*extension["$defs"]["RevolvingFund"]["properties"], *extension["$defs"]["Organization"]["properties"]}
    table = PAGE.partition("### The extension")[2].partition("\n## ")[0]
    assert keys <= set(re.findall(r"`(\w+)`", table))


def test_every_command_of_the_page_can_be_typed() -> None:
    commands = re.findall(r"`(fund [^`]+)`", PAGE)
    assert len(commands) > 6
    for command in commands:
        parse(command.replace("NUMBER", "12"))
