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
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fund.errors import FundError, shape_fault
from fund.errors.usage import EmptyFile, InvalidSetting, SettingGivenTwice, SettingUnreadable
from fund.paths import read_input

PREFIX = "FUND_"
LONGEST = 100_000
"""Bytes of the largest file that holds a setting."""


class Settings(BaseSettings):
    """The environment of one command. Options of the command line go before variables, variables before defaults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options first, then variables, then files named by variables; no dotenv files."""
        return (init_settings, env_settings, _FileSource(settings_cls))


class _FileSource(PydanticBaseSettingsSource):
    """Values in files that ``FUND_<NAME>_FILE`` names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        name = PREFIX + field_name.upper()
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(name):
            raise SettingGivenTwice(name=name)
        try:
            return (
                read_input(os.path.expanduser(path), LONGEST, standard_input=False).decode().strip(),
                field_name,
                False,
            )
        except EmptyFile:
            return "", field_name, False
        except (FundError, UnicodeDecodeError) as problem:
            raise SettingUnreadable(name=name, path=path, reason=str(problem)) from problem

    def __call__(self) -> dict[str, Any]:
        found = {}
        for field_name, field in self.settings_cls.model_fields.items():
            value, key, _complex = self.get_field_value(field, field_name)
            if value:
                found[key] = value
        return found


def load(given: Mapping[str, object] | None = None) -> Settings:
    """The settings of this command; ``given`` are its options, where ``None`` means not given.

    Raises:
        InvalidSetting: A value that means nothing to us; the value itself is not repeated, it may be a secret.
        SettingGivenTwice: A variable and its file are both set.
        SettingUnreadable: The file cannot be read.
    """
    options: dict[str, Any] = {key: value for key, value in (given or {}).items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as problem:
        place, reason = shape_fault(problem.errors(include_url=False)[0], secret=True)
        raise InvalidSetting(name=PREFIX + place.partition(".")[0].upper(), reason=reason) from None


_BEFORE_HOST = re.compile(r"(://[^/@:\s]*:)\S+@")
_AMONG_OPTIONS = re.compile(r"((?:^|[\s?&;])\w*(?:passw|secret)\w*=)[^&;\s]+", re.IGNORECASE)


def masked(text: str) -> str:
    """A URL, or a text with URLs in it, as a person may see it: a password as ``***``; the same where it holds none."""
    return _AMONG_OPTIONS.sub(r"\1***", _BEFORE_HOST.sub(r"\1***@", text))
