"""What waits for the second person, for the full board, for the books of a month, and for whoever minds the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fund.dates import add_months, last_day, month_of, months_between, next_month
from fund.language import _
from fund.rules.authority import ADMIN, FUND_MANAGER, OWN_SIGNATORY, Guard, either
from fund.rules.keys import ANNOUNCED_MONTHS, REVIEW_MONTHS
from fund.schemas.capital import DistributionKey
from fund.schemas.closing import Period
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task

CLOSED_BY = (6, 30)
"""The last day, in the year after, on which the books of a year are closed."""


def waiting(reader: InboxReader) -> Iterator[Task]:
    """Keys before the full board, the review of the key, letters that did not arrive."""
    proposed = reader.all(DistributionKey, "proposed")
    for key in proposed:
        what = _("vote on key {ref}").format(ref=key.ref)
        for partner in reader.partners.values():
            if partner.state == "active" and partner.ref not in key.votes and partner.ref not in key.voted:
                whose = Guard(own=(partner.ref,))
                yield Task(what, f"fund decision vote {key.ref} --for", OWN_SIGNATORY, key.ref, guard=whose)
        active = {partner.ref for partner in reader.partners.values() if partner.state == "active"}
        if 2 * len(active & {*key.votes, *key.voted}) > len(active):
            what = _("decide on key {ref}, or wait for the last votes").format(ref=key.ref)
            yield reader.task(what, "decision decide", key)
    adopted = [key.from_on for key in reader.all(DistributionKey, "adopted") if key.from_on <= reader.today]
    if adopted and not proposed:
        yield from _key_review(reader, max(adopted))
    yield from _periods(reader)
    for row in reader.snapshot.store.deliveries.in_state(("dead",)):
        what = _("let {reaction} be tried again").format(reaction=row.reaction)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {row.event_id} {row.reaction}"
        yield Task(what, command, who, row.stream.partition("/")[2])
    for timer in reader.snapshot.store.work.timers(state="dead"):
        what = _("let {reaction} be tried again").format(reaction=timer.kind)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {timer.cause} {timer.timer_id}"
        yield Task(what, command, who, timer.stream.partition("/")[2])


def _key_review(reader: InboxReader, since: date) -> Iterator[Task]:
    """A key is looked at again once in five years: a year before, the office begins (K12)."""
    until = add_months(since, REVIEW_MONTHS)
    if reader.today >= add_months(until, -max(ANNOUNCED_MONTHS)):
        what = _("let the partners look at the key again, with the report on effectiveness (Awb 4:24)")
        yield Task(what, "fund key adopt FILE", FUND_MANAGER, "key", until)


def _periods(reader: InboxReader) -> Iterator[Task]:
    """The first month that is over and takes entries still; a year of which every month is locked (C8, C6)."""
    known = {case.ref: case.state for case in reader.all(Period)}
    now = month_of(reader.today)
    first = min((ref for ref in known if len(ref) == len(now)), default=month_of(reader.snapshot.first_day))
    over = [month for month in months_between(first, now) if month < now]
    month = next((each for each in over if known.get(each, "open") == "open"), None)
    if month is not None and reader.snapshot.ledger.balances(as_of=last_day(month)):
        what, until = _("lock the books of {period}").format(period=month), last_day(next_month(month))
        yield Task(what, f"fund period lock {month}", FUND_MANAGER, month, until)
    for year in range(int(first[:4]), reader.today.year):
        if known.get(str(year)) != "closed" and known.get(f"{year}-12") == "locked":
            what, until = _("close the year {year}").format(year=year), date(year + 1, *CLOSED_BY)
            yield Task(what, f"fund period close {year}", FUND_MANAGER, str(year), until)
            return
