"""One attempt at an effect: inside a savepoint, and what its failure means.

There are three kinds of trouble: the world is ill (tried again, not counted), we are wrong (five attempts, then a
dead letter), the rules say no (a dead letter at once).
"""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fund.database import Connection, unavailable
from fund.errors import FundError

log = logging.getLogger("fund.delivery")

Warn = Callable[[str], None]
ATTEMPTS = 5
"""So many times something that is wrong with us is tried."""
_BACKOFF_SECONDS = (10, 60, 300, 1800, 3600)


def attempt(connection: Connection, effect: Callable[[], object]) -> BaseException | None:
    """Nothing when the effect is done; the problem when it is taken back. An ill world is raised."""
    point = connection.begin_nested()
    try:
        effect()
        point.commit()
    except (Exception, SystemExit) as problem:
        if unavailable(problem) is not None:
            raise
        point.rollback()
        return problem
    return None


@dataclass(frozen=True, slots=True)
class Failure:
    """What is kept of an attempt that failed."""

    attempts: int
    wait: timedelta
    error: str
    dead: bool


def judge(problem: BaseException, before: int, *, warn: Warn | None, place: str, **ids: str) -> Failure:
    """What a problem means after so many attempts ``before`` it; it is logged, and said to ``warn``."""
    tried = before + 1
    dead = isinstance(problem, FundError) or tried >= ATTEMPTS
    log_id = uuid.uuid4().hex[:12]
    code = problem.code() if isinstance(problem, FundError) else type(problem).__name__
    message = (str(problem).splitlines() or [""])[0][:300]  # what follows repeats values
    error = f"{code}: {message} [log {log_id}]"
    what = "timer failed" if "timer" in ids else "reaction failed"
    log.log(logging.ERROR if dead else logging.WARNING, what, extra={**ids, "log_id": log_id, **where(problem)})
    if warn is not None:
        warn(f"{place}: {error}")
    wait = timedelta(seconds=_BACKOFF_SECONDS[min(tried, len(_BACKOFF_SECONDS)) - 1])
    return Failure(tried, wait, error, dead)


def where(problem: BaseException) -> dict[str, str]:
    """For the log: the places in the code; the whole trace, values included, is for ``FUND_DEBUG`` only."""
    frames = traceback.extract_tb(problem.__traceback__)[-8:]
    return {
        "type": type(problem).__name__,
        "where": " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames),
        "trace": "".join(traceback.format_exception(problem)),
    }
