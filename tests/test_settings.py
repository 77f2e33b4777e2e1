"""What the environment may say, and what is never repeated aloud."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fund import settings
from fund.errors.usage import InvalidSetting, SettingGivenTwice, SettingUnreadable
from fund.worker import JsonLines


def test_a_fund_lives_in_its_home_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    found = settings.load()
    assert found.database_url == f"sqlite:///{tmp_path / 'fund.db'}"
    assert found.broker_url is None


def test_without_a_home_the_platforms_own_folder_is_used() -> None:
    assert settings.load().home.name == "fund"


def test_an_option_goes_before_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_DATABASE", "sqlite:///variable.db")
    monkeypatch.setenv("FUND_USER", "anna")
    found = settings.load({"database": "sqlite:///option.db", "user": None})
    assert (found.database_url, found.user) == ("sqlite:///option.db", "anna")


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    for name in ("FUND_DATABASE", "FUND_USER", "FUND_BROKER", "FUND_LANG", "FUND_HOME"):
        monkeypatch.setenv(name, "")
    found = settings.load()
    assert (found.user, found.broker, found.lang) == (None, None, None)
    assert found.home.is_absolute()
    (tmp_path / "nothing").touch()
    monkeypatch.delenv("FUND_HOME")
    monkeypatch.setenv("FUND_HOME_FILE", str(tmp_path / "nothing"))
    assert settings.load().home.is_absolute()


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_DATABASE", "postgresql://fund:geheim@db/fund")
    monkeypatch.setenv("FUND_BROKER", "redis://:geheim@bell:6379/0")
    found = settings.load()
    assert "geheim" not in repr(found) + str(found) + repr(found.model_dump())
    assert found.database_url == "postgresql://fund:geheim@db/fund"
    assert settings.masked(found.database_url) == "postgresql://fund:***@db/fund"
    for harmless in ("sqlite:///fund.db", "postgresql://fund:@db/fund", "redis://db:6379/0", "mail anna@fund.example"):
        assert settings.masked(harmless) == harmless
    told = "at postgresql://fund:ge/heim@db/fund?sslmode=require&password=geheim\nand redis://:geheim@db:6379/0"
    assert settings.masked(told) == (
        "at postgresql://fund:***@db/fund?sslmode=require&password=***\nand redis://:***@db:6379/0"
    )
    assert settings.masked("postgresql://fund:ge@heim@db/fund?PASSWORD=geheim&oauth_client_secret=geheim") == (
        "postgresql://fund:***@db/fund?PASSWORD=***&oauth_client_secret=***"
    )
    assert settings.masked("host=db password=geheim port=1") == "host=db password=*** port=1"


@pytest.mark.parametrize(("debug", "shown"), [("", False), ("0", False), ("1", True)])
def test_a_worker_logs_a_trace_only_when_asked_and_never_with_a_password(
    monkeypatch: pytest.MonkeyPatch, debug: str, shown: bool
) -> None:
    monkeypatch.setenv("FUND_DEBUG", debug)
    record = logging.makeLogRecord({"msg": "x", "trace": "at postgresql://fund:geheim@db/fund\nValueError"})
    line = JsonLines().format(record)
    assert ("ValueError" in line, "geheim" in line) == (shown, False)


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "database"
    secret.write_text("postgresql://fund:geheim@db/fund\n")
    monkeypatch.setenv("FUND_DATABASE_FILE", str(secret))
    assert settings.load().database_url == "postgresql://fund:geheim@db/fund"


def test_a_setting_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("redis://one")
    monkeypatch.setenv("FUND_BROKER_FILE", str(tmp_path / "broker"))
    monkeypatch.setenv("FUND_BROKER", "redis://two")
    with pytest.raises(SettingGivenTwice) as caught:
        settings.load()
    assert str(caught.value).startswith("FUND_BROKER and FUND_BROKER_FILE are both set")


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUND_DATABASE_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingUnreadable) as caught:
        settings.load()
    assert "nowhere" in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_language_we_do_not_speak_is_refused_without_repeating_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_LANG", "fr")
    with pytest.raises(InvalidSetting) as caught:
        settings.load()
    assert caught.value.details["name"] == "FUND_LANG"
    assert "'fr'" not in str(caught.value)
