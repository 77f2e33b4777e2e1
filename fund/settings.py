"""What the environment says, read once per command: where the fund lives, who acts, which broker, which language.

Every setting is a variable ``FUND_<NAME>``, or ``FUND_<NAME>_FILE`` with the path of a file that holds the value (as
servers hand over secrets). A URL may hold a password, so it is never shown: not in ``repr``, not in a log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from fund.errors import FundError, shape_fault
from fund.errors.usage import EmptyFile, InvalidSetting, SettingGivenTwice, SettingUnreadable
from fund.paths import read_input

PREFIX = "FUND_"
LONGEST = 100_000
"""Bytes of the largest file that holds a setting."""


class Settings(BaseModel):
    """The environment of one command. Options of the command line go before variables, variables before defaults."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    home: Path = Field(default_factory=lambda: user_data_path("fund"))
    """The folder of an embedded fund: its database, its files, its log."""
    database: SecretStr | None = None
    """The URL of the database; without it the SQLite file ``fund.db`` in ``home``."""
    user: str | None = None
    """Who acts, unless ``--as`` says so."""
    broker: SecretStr | None = None
    """The URL of Redis or Valkey; without it reactions run in this process before the command returns."""
    lang: Literal["nl", "en"] | None = None

    @field_validator("database", "user", "broker", "lang", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("home")
    @classmethod
    def _expanded(cls, value: Path) -> Path:
        return Path(os.path.expanduser(value))  # somebody who is not known here stays as typed, and is no folder

    @property
    def database_url(self) -> str:
        """The URL of the database, password included: for the engine and for nothing else."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{(self.home / 'fund.db').absolute()}"

    @property
    def broker_url(self) -> str | None:
        """The URL of the broker, password included; ``None`` in the embedded profile."""
        return self.broker.get_secret_value() if self.broker is not None else None


def _from_environment(name: str) -> str:
    """The value of a variable or of the file that its namesake ``..._FILE`` holds the path of; empty where unset."""
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE")
    if not path:
        return value
    if value:
        raise SettingGivenTwice(name=name)
    try:
        return read_input(os.path.expanduser(path), LONGEST, standard_input=False).decode().strip()
    except EmptyFile:
        return ""
    except (FundError, UnicodeDecodeError) as problem:
        raise SettingUnreadable(name=name, path=path, reason=str(problem)) from problem


def load(given: Mapping[str, object] | None = None) -> Settings:
    """The settings of this command; ``given`` are its options, where ``None`` means not given.

    Raises:
        InvalidSetting: A value that means nothing to us; the value itself is not repeated, it may be a secret.
        SettingGivenTwice: A variable and its file are both set.
        SettingUnreadable: The file cannot be read.
    """
    found = {key: value for key in Settings.model_fields if (value := _from_environment(PREFIX + key.upper()))}
    options = {key: value for key, value in (given or {}).items() if value is not None}
    try:
        return Settings.model_validate(found | options)
    except ValidationError as problem:
        place, reason = shape_fault(problem.errors(include_url=False)[0], secret=True)
        raise InvalidSetting(name=PREFIX + place.partition(".")[0].upper(), reason=reason) from None


_BEFORE_HOST = re.compile(r"(://[^/@:\s]*:)\S+@")
_AMONG_OPTIONS = re.compile(r"((?:^|[\s?&;])\w*(?:passw|secret)\w*=)[^&;\s]+", re.IGNORECASE)


def masked(text: str) -> str:
    """A URL, or a text with URLs in it, as a person may see it: a password as ``***``; the same where it holds none."""
    return _AMONG_OPTIONS.sub(r"\1***", _BEFORE_HOST.sub(r"\1***@", text))
