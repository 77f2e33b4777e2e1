"""The stage of the story: people who act by the commands they would type, a clock that is moved, a bank, a narrator.

Everything on it is the fund's own: commands go through ``carry_out``, receipts through bank files, deadlines through
timers. Command ids follow from the seed, so the same seed is the same story, entry hashes included, on any database.
"""

from __future__ import annotations

import itertools
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock_time
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from schwifty import IBAN

from fund.bank.simulation import StoryBank
from fund.commands.executing import execute_named
from fund.commands.opening import Fund
from fund.commands.querying import ask_named
from fund.database import writing
from fund.declarations import Answer
from fund.errors import FundError
from fund.errors.service import NotQuiet
from fund.language import AMSTERDAM, _, day
from fund.outbox.relay import drain, quiet
from fund.outbox.timers import tick
from fund.store import Store
from fund.unit_of_work import derive_id

FUND_IBAN = "NL91ABNA0417164300"
"""The account of the fund in the story: a documentation example."""
QUIET_SECONDS = 60


def material(name: str) -> dict[str, Any]:
    """What a file of ``data/demo`` says."""
    return tomllib.loads(material_file(name)["content"].decode())


def material_file(name: str) -> dict[str, Any]:
    """A file of ``data/demo`` as somebody hands it in."""
    return {"name": name, "content": (resources.files("fund") / "data" / "demo" / name).read_bytes()}


def office_hour(on: date, hour: int = 9, minute: int = 0) -> datetime:
    """An instant of a working day in Amsterdam, in UTC."""
    return datetime.combine(on, clock_time(hour, minute), ZoneInfo(AMSTERDAM)).astimezone(UTC)


def iban_of(number: int) -> str:
    """The account of a partner in the story: a bank that exists, an account number that plainly does not."""
    return str(IBAN.generate("NL", bank_code="INGB", account_code=f"{number:010d}"))


@dataclass
class Stage:
    """Where the story is played.

    Args:
        fund: The fund it is played on.
        seed: What every id follows from.
        tell: Prints a line of the story.
        nudge: Rings for the workers; without it this process does what follows itself.
        step: Called with each command.
        reach: Told how far a long stretch of the story is, and of how much: a progress bar.
    """

    fund: Fund
    seed: int
    tell: Callable[[str], None]
    nudge: Callable[[], None] | None = None
    step: Callable[[], None] | None = None
    reach: Callable[[int, int], None] | None = None
    now: datetime = field(default_factory=lambda: office_hour(date(2024, 1, 8)))
    bank: StoryBank = field(init=False)
    treasury: StoryBank | None = None
    """The treasury account, once there is one."""
    commands: int = 0
    refusals: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.bank = StoryBank(iban=FUND_IBAN, owner="Innovatiefonds Utrecht")

    # ------------------------------------------------------------------------------------------------------ acting

    def do(self, user: str, name: str, /, **args: Any) -> Answer:
        """``user`` types a command; what follows from it is done when this returns."""
        self.commands += 1
        if self.step is not None:
            self.step()
        command_id = derive_id("demo-", self.seed, next(self._numbers), user, name)
        answer = execute_named(self.fund, name, args, user=user, command_id=command_id)
        self._settle()
        return answer

    def both(self, first: str, second: str, name: str, /, **args: Any) -> Answer:
        """A command of two people: ``first`` makes it, ``second`` confirms what was shown."""
        made = self.do(first, name, **args)
        if not made["pending"]:
            return made
        return self.do(second, "confirm", ref=made["pending"])

    def refused(self, user: str, name: str, /, **args: Any) -> FundError:
        """``user`` types a command that the rules refuse; the refusal, which the story shows."""
        try:
            self.do(user, name, **args)
        except FundError as refusal:
            self._settle()
            self.refusals.append(refusal.code())
            return refusal
        raise AssertionError(f"{user} was allowed to {name}: the story expected a refusal")

    def ask(self, name: str, /, user: str | None = None, **args: Any) -> Mapping[str, Any]:
        """What a reading command shows."""
        return ask_named(self.fund, name, args, user=user)

    # --------------------------------------------------------------------------------------------------------- time

    def clock(self, on: date | datetime, hour: int = 9, minute: int = 0) -> None:
        """It becomes that day: what falls due until then falls due, in order."""
        instant = on if isinstance(on, datetime) else office_hour(on, hour, minute)
        if instant < self.now:
            raise AssertionError(f"the story goes back from {self.now} to {instant}")
        for moment in self._due_until(instant):
            self._hold(moment)
        self._hold(instant)

    def _due_until(self, instant: datetime) -> Iterable[datetime]:
        """Each instant at which something falls due before ``instant``: deadlines act at their own time."""
        while True:
            with writing(self.fund.engine) as connection:
                due = Store(connection).work.next_due(after=self.now, before=instant)
            if due is None:
                return
            yield due

    def _hold(self, instant: datetime) -> None:
        self.now = instant
        with writing(self.fund.engine) as connection:
            Store(connection).work.hold_clock(instant)
        self._settle()

    def let_go(self) -> None:
        """The clock runs again, and workers hand out as they like."""
        with writing(self.fund.engine) as connection:
            store = Store(connection)
            store.work.hold_clock(None)
            store.work.set_setting("lock_step", None)

    def _settle(self) -> None:
        """Wait until all that follows is done: here, or by the workers."""
        if self.fund.notify is None:
            drain(self.fund.engine, warn=self.fund.warn, seconds=QUIET_SECONDS)
            return
        deadline = time.monotonic() + QUIET_SECONDS
        rung = False
        while not quiet(self.fund.engine):
            if self.step is not None:
                self.step()  # the workers may have been told to stop as well
            if self.nudge is not None and (tick(self.fund.engine) or not rung):
                self.nudge()  # when the clock is moved, no worker has to find out by itself what fell due
                rung = True
            if time.monotonic() > deadline:
                with writing(self.fund.engine) as connection:
                    left = Store(connection).deliveries.open_count()
                raise NotQuiet(seconds=QUIET_SECONDS, open=left)
            time.sleep(0.004)

    # ---------------------------------------------------------------------------------------------------- narrating

    def part(self, title: str) -> None:
        """A heading of the story."""
        self.tell("")
        self.tell(title)

    def say(self, sentence: str, **places: Any) -> None:
        """One sentence, dated; ``sentence`` is already in the language of the reader's choice but for its places."""
        local = self.now.astimezone(ZoneInfo(AMSTERDAM)).date()
        self.tell(f"  {local.isoformat()}  {sentence.format(**places) if places else sentence}")

    def today(self) -> str:
        """The day of the story as people read it."""
        return day(self.now.astimezone(ZoneInfo(AMSTERDAM)).date())


def refusal_line(refusal: FundError) -> str:
    """A refusal as the story tells it."""
    return _("refused [{code}]: {message}").format(code=refusal.code(), message=refusal)
