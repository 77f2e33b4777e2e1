"""A statement on a terminal: its page drawn with the tables and facts that everything else uses."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cli.output.tables import Column, facts, table
from cli.output.terminal import say, show_sentence
from fund.language import _, day

if TYPE_CHECKING:
    from fund.reports.layout import Page, Table


def show_page(page: Page) -> None:
    """Print a page: its title, its tables with their notes, and until which entry it was made.

    A page of one table that bears its title says both in that title.
    """
    alone = len(page.tables) == 1 and page.tables[0].title == page.title
    if not alone:
        show_sentence(page.title, sys.stdout, "bold")
    for each in page.tables:
        if not alone:
            say()
        _show(each)
        for sentence in each.notes:
            say(sentence)
    for sentence in page.notes:
        say(sentence)
    seq, stamp = page.head.get("seq"), str(page.head.get("hash") or "")
    if not alone and seq is not None:
        say()
        mark = " ".join(stamp[start : start + 4] for start in range(0, 12, 4))
        say(_("Until entry {seq}, {hash}, on {day}.").format(seq=seq, hash=mark, day=day(page.as_of)))


def _show(each: Table) -> None:
    from fund.reports.layout import EMPHASIS

    if each.facts:
        label, value = each.columns
        facts(each.title, [(label.text(row), value.text(row)) for row in each.rows])
        return
    percents = [column for column in each.columns if column.role == "percent"]

    def formatted(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, **{column.key: column.text(row) for column in percents}} if percents else row

    table(
        each.title,
        [
            Column(
                column.key,
                column.header,
                column.role,
                column.kind,
                style=lambda row: "bold" if row.get(EMPHASIS) else "",
            )
            for column in each.columns
        ],
        (formatted(row) for row in each.rows),
        total=None if each.total is None else formatted(each.total),
        empty=each.empty,
    )
