"""What stands around a command: the options before the noun, the shared options, the codes it may end with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fund.settings import Settings


class Code(IntEnum):
    """The exit codes; :mod:`cli.main` names them for people."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DIFFERENCES = 3
    NOT_READY = 4
    BUG = 5


@dataclass
class Shell:
    """The options before the noun; the settings behind them are read when a command first needs them."""

    given: dict[str, str | None] = field(default_factory=dict)
    _settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this command: its options, then the environment, then the defaults."""
        if self._settings is None:
            from fund import settings

            self._settings = settings.load(self.given)
        return self._settings


def shell(ctx: click.Context) -> Shell:
    """The options before the noun, of the command that runs."""
    found = ctx.find_object(Shell)
    return found if found is not None else Shell()


def typed(ctx: click.Context, name: str, default: Any = None) -> Any:
    """A shared option: ``on``, ``as_of``, ``known_at``, ``command_id``, ``dry_run``, ``yes``, ``json``."""
    return ctx.meta.get(f"fund.{name}", default)
