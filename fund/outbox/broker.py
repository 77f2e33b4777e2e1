"""The broker of the actors, one for the process: Redis or Valkey, which keeps nothing of ours."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware
from redis.backoff import NoBackoff
from redis.retry import Retry

from fund.errors.service import BrokerUnreachable, UnknownBroker

QUEUE = "fund"
NAMESPACE = "fund"


class Broker(RedisBroker):
    """A Dramatiq broker that is connected later, when the settings are read; without retries, results or delays.

    Attributes:
        known: The epoch as last heard.
    """

    def __init__(self) -> None:
        middleware: list[Middleware] = []
        super().__init__(  # type: ignore[no-untyped-call]
            client=redis.Redis(), middleware=middleware, namespace=NAMESPACE, dead_message_ttl=60_000
        )
        self.known = ""
        self._place = ""

    def connect(self, url: str) -> None:
        """Speak to the broker at ``url`` from now on; nothing is opened yet.

        Raises:
            UnknownBroker: The URL names no Redis.
        """
        self._place = _place(url)
        self.client = _client(url)
        self.scripts = {name: self.client.register_script(each.script) for name, each in self.scripts.items()}

    def epoch(self) -> str:
        """A random key that lives as long as the broker's memory: another one means that messages were lost.

        Raises:
            BrokerUnreachable: The broker does not answer.
        """
        key = f"{self.namespace}:epoch"
        try:
            found = self.client.get(key)
            if not isinstance(found, bytes):
                self.client.set(key, uuid.uuid4().hex, nx=True)  # whichever comes first
                found = self.client.get(key)
        except redis.RedisError as problem:
            raise BrokerUnreachable(place=self._place, reason=str(problem)) from problem
        self.known = found.decode() if isinstance(found, bytes) else uuid.uuid4().hex
        return self.known

    def notify(self, event_id: str, reaction: str) -> None:
        """Tell some worker that this row is handed out.

        Raises:
            BrokerUnreachable: The broker does not answer.
        """
        try:
            self.get_actor("react").send(event_id, reaction)
        except (redis.RedisError, dramatiq.errors.ConnectionError) as problem:
            raise BrokerUnreachable(place=self._place, reason=str(problem)) from problem

    def close(self) -> None:
        """Hang up; it may be connected again."""
        self.client.close()


broker = Broker()
dramatiq.set_broker(broker)


def _client(url: str) -> redis.Redis:
    """A client that fails fast: half a second to connect, two to answer, and no retry of its own."""
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
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


def answers(url: str) -> bool:
    """Whether the broker is there and keeps what it hears.

    Raises:
        UnknownBroker: The URL names no Redis.
    """
    with _client(url) as client:
        try:
            client.set(f"{NAMESPACE}:asked", "1", ex=60)
        except redis.RedisError:
            return False
    return True
