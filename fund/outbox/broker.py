"""The bell: Redis only says that there is something to do. What there is to do stands in the database.

Whatever the broker loses, doubles or delays changes nothing but the time it takes (service.md 3, 6, 7).
"""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Middleware
from redis.backoff import NoBackoff
from redis.retry import Retry

from fund.errors.service import BrokerUnreachable, UnknownBroker

QUEUE = "fund"
NAMESPACE = "fund"


def _client(url: str) -> redis.Redis:
    """A client that fails fast: half a second to connect, two to answer, and no retry of its own."""
    kind = urlsplit(url).scheme
    if kind not in ("redis", "rediss", "unix"):
        raise UnknownBroker(place=_place(url))
    try:
        client = redis.Redis.from_url(
            url, socket_connect_timeout=0.5, socket_timeout=2, retry=Retry(NoBackoff(), 0), health_check_interval=0
        )
        client.connection_pool.make_connection()  # it opens nothing, and finds an option that is none
    except (TypeError, ValueError):
        raise UnknownBroker(place=_place(url)) from None
    return client


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}"


def make_broker(url: str, *, namespace: str = NAMESPACE) -> dramatiq.Broker:
    """A Dramatiq broker that keeps nothing for us: no retries, results, delays or dead letters.

    Raises:
        UnknownBroker: The URL names no Redis.
    """
    middleware: list[Middleware] = []
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=_client(url), middleware=middleware, namespace=namespace, dead_message_ttl=60_000
    )


def stub_broker() -> StubBroker:
    """A broker in this process: for tests of the actors."""
    return StubBroker(middleware=[])


def answers(url: str, *, namespace: str = NAMESPACE) -> bool:
    """Whether the broker is there and keeps what it hears.

    Raises:
        UnknownBroker: The URL names no Redis.
    """
    with _client(url) as client:
        try:
            client.set(f"{namespace}:asked", "1", ex=60)
        except redis.RedisError:
            return False
    return True


class Notifier:
    """Rings for a row that was handed out. Raises :class:`BrokerUnreachable` when nobody hears.

    Args:
        actor: The Dramatiq actor that reacts; its messages carry two ids and nothing else.
    """

    def __init__(self, url: str, actor: dramatiq.Actor[..., object], *, namespace: str = NAMESPACE) -> None:
        self._redis = _client(url)
        self._url = url
        self._actor = actor
        self._key = f"{namespace}:epoch"
        self.known = ""
        """The epoch as we last heard it."""

    def epoch(self) -> str:
        """A random key that lives as long as the broker's memory: another one means that messages were lost.

        Raises:
            BrokerUnreachable: The broker does not answer.
        """
        try:
            found = self._redis.get(self._key)
            if not isinstance(found, bytes):
                self._redis.set(self._key, uuid.uuid4().hex, nx=True)  # whoever comes first
                found = self._redis.get(self._key)
            self.known = found.decode() if isinstance(found, bytes) else uuid.uuid4().hex
            return self.known
        except redis.RedisError as problem:
            raise BrokerUnreachable(place=_place(self._url), reason=str(problem)) from problem

    def notify(self, event_id: str, reaction: str) -> None:
        """Tell some worker that this row is handed out.

        Raises:
            BrokerUnreachable: The broker does not answer.
        """
        try:
            self._actor.send(event_id, reaction)
        except (redis.RedisError, dramatiq.errors.ConnectionError) as problem:
            raise BrokerUnreachable(place=_place(self._url), reason=str(problem)) from problem

    def close(self) -> None:
        """Hang up."""
        self._redis.close()
