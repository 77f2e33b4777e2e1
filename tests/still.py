"""The clock of the tests stands still, on a day that no test knows.

``FUND_TEST_DAY`` names the day (``2028-02-29``); CI draws one from the commit. The clock of the machine
(``fund.dates.now``) and the clock of the database (``WorkStore.database_clock``) both say noon of that day, in every
test, by one fixture of ``tests/conftest.py``. A program that a test starts begins there too, by
``tests/program/sitecustomize.py``; its clock runs, and so does that of a test which asks for ``running_clock``, from
the same beginning. A test that asks the system for the time or the day fails (ruff finds it as well, by TID251).
"""

from __future__ import annotations

import datetime as datetime_module
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

__all__ = ["NOON", "TODAY", "forbid_readings", "running", "standing", "stop_at"]

os.environ["FUND_TEST_DAY"] = os.environ.get("FUND_TEST_DAY") or "2026-11-26"
NOON = datetime.fromisoformat(os.environ["FUND_TEST_DAY"]).replace(hour=12, tzinfo=UTC)
TODAY = NOON.date()
_began = float(os.environ.setdefault("FUND_TEST_BEGAN", str(time.time())))  # noqa: TID251 - the same for all of a run


def standing() -> datetime:
    """Noon of the day, always."""
    return NOON


def running() -> datetime:
    """Noon of the day and as long after it as the run of the tests takes."""
    return NOON + timedelta(seconds=time.time() - _began)  # noqa: TID251 - how long, not when


def stop_at(now: Callable[[], datetime], replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Both clocks say ``now()``; ``replace`` is how an attribute is replaced."""
    from fund import dates
    from fund.store import WorkStore

    replace(dates, "now", now)
    replace(WorkStore, "database_clock", lambda _store: now())


# ------------------------------------------------------------------------------------------- the system's clock is shut


class ClockRead(BaseException):
    """A test read the system's clock; no ``except Exception`` hides it."""


READINGS = {
    datetime: {"now", "today", "utcnow"},
    date: {"today"},
    time: {
        "time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime", "clock_gettime_ns",
    },
}  # fmt: skip


def _shut(real: Any, name: str) -> Any:
    if name in READINGS[real]:
        raise ClockRead(f"{real.__name__}.{name}: a test does not read the system's clock; tests/still.py has the day")
    return getattr(real, name)


class _Shut(type):
    """A class of ``datetime`` to the letter, except that it does not read the clock."""

    real: Any

    def __call__(cls, *given: Any, **named: Any) -> Any:
        return cls.real(*given, **named)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)

    def __getattr__(cls, name: str) -> Any:
        return _shut(cls.real, name)


class _ShutModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if self.__name__ == "time":
            return _shut(time, name)
        found = getattr(datetime_module, name)
        return _INSTEAD.get(id(found), found)


def _shut_function(name: str) -> Callable[..., Any]:
    return lambda *_given: _shut(time, name)


_INSTEAD: dict[int, Any] = {
    id(datetime): _Shut("datetime", (), {"real": datetime}),
    id(date): _Shut("date", (), {"real": date}),
    id(time): _ShutModule("time"),
    id(datetime_module): _ShutModule("datetime"),
    **{id(getattr(time, name)): _shut_function(name) for name in READINGS[time]},
}
"""What tells the time, by its identity, in whatever way a module imported it."""
_shut_in: set[str] = set()


def forbid_readings() -> None:
    """In every module of the tests that is loaded now, ``datetime``, ``date`` and ``time`` no longer tell the time."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tests.") and name not in _shut_in and name != __name__:
            _shut_in.add(name)
            for attribute, value in list(vars(module).items()):
                if id(value) in _INSTEAD:
                    setattr(module, attribute, _INSTEAD[id(value)])
