"""One message to PostgreSQL and its last answer, for the few things that are asked thousands of times a second.

A driver asks in steps: a transaction is begun by one message, a statement sent by the next, and each costs a round
trip. The server takes several statements in one message, and that is all that happens here.
"""

from __future__ import annotations

import select
from typing import Any

import sqlalchemy as sa

_IDLE = 0  # psycopg.pq.TransactionStatus.IDLE; naming it would import the driver on SQLite too
_FAILED = 7  # psycopg.pq.ExecStatus.FATAL_ERROR


def idle(raw: Any) -> bool:
    """Whether this connection of the driver has no transaction open."""
    return bool(raw.pgconn.transaction_status == _IDLE)


def plain(raw: Any) -> bool:
    """Whether the driver would begin a transaction by ``BEGIN`` and no more: no isolation of the caller's own."""
    return not raw.autocommit and raw.isolation_level is None and raw.read_only is None and raw.deferrable is None


def ask(raw: Any, message: bytes) -> Any:
    """The answer to the last statement of ``message``; the statements are separated by semicolons.

    Args:
        raw: The driver's connection.

    Raises:
        sqlalchemy.exc.DBAPIError: A statement failed, and none after it was carried out; or the connection is gone.
    """
    from psycopg.errors import error_from_result

    answers: list[Any] = []
    try:
        raw.pgconn.send_query(message)
        while raw.pgconn.flush():
            _wait(raw.pgconn, writing=True)
            raw.pgconn.consume_input()
        while True:
            while raw.pgconn.is_busy():
                _wait(raw.pgconn)
                raw.pgconn.consume_input()
            answer = raw.pgconn.get_result()
            if answer is None:
                break
            answers.append(answer)
    except raw.Error as problem:
        raise sa.exc.DBAPIError.instance(message.decode(), None, problem, raw.Error) from problem
    except BaseException:
        raw.close()  # interrupted halfway: what it would answer next is no longer known
        raise
    if answers[-1].status == _FAILED:
        failure = error_from_result(answers[-1])
        raise sa.exc.DBAPIError.instance(message.decode(), None, failure, raw.Error) from failure
    return answers[-1]


def _wait(connection: Any, *, writing: bool = False) -> None:
    """Until the server has something to say, or takes more of what we say."""
    poll = select.poll()
    poll.register(connection.socket, select.POLLIN | (select.POLLOUT if writing else 0))
    poll.poll()
