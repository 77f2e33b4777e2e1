"""The audit file: what independent readers say of it, and that it ends where the ledger stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pyxaf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.commands.opening import open_fund
from fund.errors.exports import AuditFileFaulty, ExportOfTwoYears, ExportTurnedAround, FaultyTaxNumber, TaxNumberUnknown
from fund.errors.usage import FileUnreadable
from fund.ledger import Entry
from fund.registry import PROJECTIONS
from fund.reports.exports import audit_check, audit_file
from fund.reports.exports.audit_check import checked
from fund.reports.exports.excerpt import Excerpt
from fund.rules.regulations import Identity, standard
from fund.unit_of_work import Snapshot
from fund.users.regulations import adopt
from tests.conftest import Fund
from tests.factories import founded
from tests.reports import odd_fund
from tests.reports.odd_fund import any_stretch, exported, trial_balance

NUMBER = "001234567"
OWED = ("1100", "1200", "1290", "2000", "2100", "2200", "2210")
"""Main accounts of receivables and payables that have holders."""


@pytest.fixture(scope="module")
def odd(module_database_url: str) -> str:
    """A fund with awkward texts, on both databases."""
    odd_fund.make(module_database_url)
    return module_database_url


def year(url: str, number: int, folder: Path, **more: Any) -> Path:
    """The audit file of a year; what its answer says is what it holds."""
    return stretch(url, date(number, 1, 1), date(number, 12, 31), folder, **more)


def stretch(url: str, since: date, until: date, folder: Path, **more: Any) -> Path:
    path = folder / f"{since}-{until}-{len(list(folder.iterdir()))}.xaf"
    answer = exported(url, "xaf", since=since, until=until, path=str(path), **{"tax_number": NUMBER, **more})
    assert [file for file in folder.iterdir() if file.name.startswith(".")] == []
    assert answer["total_debit_cents"] == answer["total_credit_cents"]
    return path


def years_of(url: str) -> list[int]:
    """Each year in which something was booked, and the one before."""
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        found = {entry.effective_on.year for entry in snapshot.ledger.entries()}
    return sorted({*found, min(found) - 1})


def findings(path: Path, *, xsd: bool = True) -> list[str]:
    """What pyxaf, and by it the schema of the tax authority, finds."""
    return [str(finding) for finding in pyxaf.validate(path, xsd=xsd).findings]


def sums(path: Path) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Opening and movement of each account, and the movement of each holder on what it owes and is owed."""
    moved: Counter[str] = Counter()
    held: Counter[str] = Counter()
    with pyxaf.open(path) as file:
        opening = {code: int(amount * 100) for code, amount in file.opening_balance().by_account().items()}
        for transaction in file.transactions():
            for line in transaction.lines:
                assert line.amount > 0
                cents = int(line.amount * 100) * (1 if line.side is pyxaf.Side.DEBIT else -1)
                moved[line.account_id] += cents
                if line.account_id in OWED:
                    held[line.relation_id] += cents
    return opening, dict(moved), dict(held)


def by_main(balances: dict[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for code, cents in balances.items():
        found[code.partition(".")[0]] += cents
    return {code: cents for code, cents in found.items() if cents}


def added(*parts: dict[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part)
    return {code: cents for code, cents in found.items() if cents}


# -------------------------------------------------------------------------------------------------- independent readers


def test_pyxaf_and_the_schema_find_nothing_in_any_year_of_the_demo_fund(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    for number in (2023, 2024, 2025, 2026, 2027):
        both = [year(url, number, tmp_path, rgs=rgs, tax_number=None) for rgs in ("extended", "plain")]
        assert [findings(path) for path in both] == [[], []], number


def test_pyxaf_and_the_schema_find_nothing_in_any_year_of_random_funds(random_funds: list[str], tmp_path: Path) -> None:
    seen = 0
    for url in random_funds:
        for number in years_of(url):
            both = [year(url, number, tmp_path, rgs=rgs) for rgs in ("extended", "plain")]
            assert [findings(path) for path in both] == [[], []], (url, number)
            seen += 1
    assert seen >= 40


def test_the_two_conventions_differ_in_nothing_but_codes_and_each_code_stands_once(
    story_home: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    told = {rgs: year(url, 2025, tmp_path, rgs=rgs).read_text(encoding="utf-8") for rgs in ("extended", "plain")}
    codes = {rgs: re.findall(r"<RGScode>([^<]*)</RGScode>", text) for rgs, text in told.items()}
    without = {re.sub(r"<RGScode>[^<]*</RGScode>", "", text) for text in told.values()}
    assert len(without) == 1
    assert all(len(found) == len(set(found)) for found in codes.values())
    assert len(codes["extended"]) == 20, "every account but 9000 and 9010"
    assert {code for code in codes["extended"] if "." in code} == {"BSchOvsSuv.01", "BSchOvsSuv.02", "WBwvObwBwv.01"}
    assert codes["plain"] == [code for code in codes["extended"] if "." not in code]


# --------------------------------------------------------------------------------------------------- tied to the ledger


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_opening_and_lines_end_at_the_trial_balance_of_any_stretch_as_known_at_any_number(
    random_funds: list[str], tmp_path: Path, data: st.DataObject
) -> None:
    url = data.draw(st.sampled_from(random_funds))
    cut = any_stretch(data, url, one_year=True)
    path = stretch(url, cut["since"], cut["until"], tmp_path, known_at=cut["known_at"])

    opening, moved, held = sums(path)
    ends = trial_balance(url, as_of=cut["until"], known_at=cut["known_at"])
    assert added(opening, moved) == by_main(ends)
    with pyxaf.open(path) as file:
        holders = {one.id: one for one in file.relations.values()}
        for ref, one in holders.items():
            stood, stands = (_balance(one, name) for name in ("opBalDesc", "clBalDesc"))
            assert stood + held.get(ref, 0) == stands
            owned = {code: cents for code, cents in ends.items() if code.partition(".")[2] == ref}
            assert stands == sum(cents for code, cents in owned.items() if code[:4] in OWED)
        assert set(held) <= set(holders)


def _balance(holder: Any, name: str) -> int:
    fields = holder.raw.fields
    cents = int(Decimal(fields[name]) * 100)
    return cents if fields[name.replace("Desc", "Tp")] == "D" else -cents


def test_each_entry_stands_once_in_one_journal_under_its_own_number(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        entries = {str(entry.seq): entry for entry in snapshot.ledger.entries()}
    journals: dict[str, str] = {}
    for number in (2024, 2025, 2026):
        with pyxaf.open(year(url, number, tmp_path)) as file:
            for transaction in file.transactions():
                assert transaction.number not in journals
                journals[transaction.number] = transaction.journal_id
                entry = entries[transaction.number]
                assert transaction.date == entry.effective_on
                assert transaction.description.startswith(entry.memo)
                assert [_leg(line) for line in transaction.lines] == [
                    (leg.account, leg.amount_cents) for leg in entry.postings
                ]
    assert set(journals) == set(entries)
    for number, entry in entries.items():
        assert journals[number] == _journal(entry)


def _leg(line: Any) -> tuple[str, int]:
    code = f"{line.account_id}.{line.relation_id}" if line.relation_id else line.account_id
    return code, int(line.amount * 100) * (1 if line.side is pyxaf.Side.DEBIT else -1)


def _journal(entry: Entry) -> str:
    mains = {leg.account.partition(".")[0] for leg in entry.postings}
    if "1000" in mains:
        return "BANK"
    if "1005" in mains:
        return "SCHATKIST"
    if entry.kind == "closing":
        return "AFSLUITING"
    return "VERPLICHTING" if mains == {"9000", "9010"} else "MEMORIAAL"


# ------------------------------------------------------------------------------------------------------- the same bytes


def test_a_year_is_the_same_file_whenever_it_is_made_and_what_came_later_is_seen_unless_it_was_not_known(
    sqlite_url: str, tmp_path: Path
) -> None:
    with founded(sqlite_url) as world:
        world.people()
        world.partners()

        def booked(on: date, cents: int) -> int:
            args = {
                "memo": "Kosten",
                "reason": "nota",
                "debits": [["4500", cents]],
                "credits": [["2100.gm0308", cents]],
            }
            world.both("ledger post", user="anna", second="bram", on=on, **args)
            return world.entries()[-1].seq

        known = booked(date(2026, 1, 5), 12_34)
        first = year(sqlite_url, 2026, tmp_path)
        assert b"<dateCreated>2026-01-05</dateCreated>" in first.read_bytes()

        world.clock(date(2027, 2, 1))
        booked(date(2027, 1, 31), 99_99)
        assert year(sqlite_url, 2026, tmp_path).read_bytes() == first.read_bytes(), "2027 is another year"

        later = booked(date(2026, 12, 30), 55_00)
        shown = year(sqlite_url, 2026, tmp_path)
        assert b"<dateCreated>2027-02-01</dateCreated>" in shown.read_bytes()
        text = shown.read_text(encoding="utf-8")
        assert f"<nr>{later}</nr>" in text
        assert "<trDt>2026-12-30</trDt><Source>entry.posted, vastgelegd 2027-02-01</Source>" in text
        assert year(sqlite_url, 2026, tmp_path, known_at=known).read_bytes() == first.read_bytes()

        reversal = world.both(
            "ledger reverse", user="anna", second="bram", seq=later, reason="dubbel", on=date(2026, 12, 31)
        )
        assert reversal["result"] is not None
        assert f"(tegenboeking van boeking {later})" in year(sqlite_url, 2026, tmp_path).read_text(encoding="utf-8")
        assert findings(year(sqlite_url, 2026, tmp_path)) == []


# --------------------------------------------------------------------------------------------------- little and awkward


def test_awkward_texts_arrive_in_the_file_and_keep_its_limits(odd: str, tmp_path: Path) -> None:
    path = year(odd, 2026, tmp_path)
    assert findings(path) == []
    opening, moved, _held = sums(path)
    assert added(opening, moved) == by_main(trial_balance(odd, as_of=date(2026, 12, 31)))
    with pyxaf.open(path) as file:
        names = {one.id: one.raw.fields["custSupName"] for one in file.relations.values()}
        assert len(names) == 34 + len(odd_fund.HOLDERS) + 1
        assert max(map(len, names)) == 35
        assert {len(name) for id, name in names.items() if re.match(r"(gm|ws|rg|pv)", id)} <= {49, 50}
        assert names["gm0308"] == odd_fund.NAME.format(place="Baarn", number=2)[:50].rstrip()
        memos = [transaction.description for transaction in file.transactions()]
    assert "␁␛[31m rood␡; komma | streep met regels  dubbel" in memos
    assert any("<b>&amp;</b> ]]> &#0; O'Neill \N{REPLACEMENT CHARACTER} \U0001f4b6" in memo for memo in memos)
    assert any("tegenboeking van boeking" in memo and "dubbel <&> geboekt; nogmaals" in memo for memo in memos)


def test_a_fund_without_entries_with_one_and_a_year_without(sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url) as world:
        world.people()
        for number in (2025, 2026):
            path = year(sqlite_url, number, tmp_path)
            assert findings(path) == []
            assert sums(path) == ({}, {}, {})
            assert path.read_text(encoding="utf-8").count("<linesCount>0</linesCount>") == 2
        legs = {"debits": [["4500", 1]], "credits": [["2100.gm0308", 1]]}
        world.both(
            "ledger post", user="anna", second="bram", memo="Een cent", reason="nota", on=date(2026, 1, 5), **legs
        )
        assert findings(year(sqlite_url, 2026, tmp_path)) == []
        assert sums(year(sqlite_url, 2026, tmp_path))[1] == {"4500": 1, "2100": -1}
        after = year(sqlite_url, 2027, tmp_path)
        assert findings(after) == []
        assert sums(after) == ({"4500": 1, "2100": -1}, {}, {})


# -------------------------------------------------------------------------------------------------------- who, refusals


def test_who_the_fund_is_stands_in_the_regulations_of_the_day_or_in_the_command(
    sqlite_url: str, tmp_path: Path
) -> None:
    def who(**more: Any) -> list[str]:
        text = year(sqlite_url, 2026, tmp_path, **more).read_text(encoding="utf-8")
        return re.findall(r"<(?:Commercenr|companyName|taxRegIdent)>([^<]*)<", text)

    with founded(sqlite_url) as world:
        world.people()
        assert who() == ["Testfonds", NUMBER]
        with pytest.raises(TaxNumberUnknown):
            who(tax_number=None)
        with pytest.raises(FaultyTaxNumber):
            who(tax_number="NL1234")
        identity = Identity(name="Fonds & <Co>", tax_number="NL001234567B01", chamber_number="12345678")
        rules = standard().model_copy(update={"version": "2026-2", "identity": identity})
        with world.uow("anna") as uow:
            adopt(uow, rules, from_on=date(2027, 3, 1))
        said = ["12345678", "Fonds &amp; &lt;Co&gt;", "NL001234567B01"]
        assert who(tax_number=None) == said, "the first regulations after the day that say it"
        assert who(tax_number=NUMBER) == [*said[:2], NUMBER]


def test_days_of_two_years_turned_around_and_a_place_that_is_none_are_refused(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    with pytest.raises(ExportOfTwoYears) as found:
        stretch(url, date(2025, 12, 31), date(2026, 1, 1), tmp_path)
    assert found.value.advice == "fund export xaf --from 2025-12-31 --to 2025-12-31 --output 2025.xaf"
    with pytest.raises(ExportTurnedAround):
        stretch(url, date(2026, 1, 2), date(2026, 1, 1), tmp_path)
    with pytest.raises(FileUnreadable):
        exported(url, "xaf", since=date(2026, 1, 1), until=date(2026, 1, 2), path=str(tmp_path / "no" / "file"))
    with pytest.raises(FileUnreadable):
        exported(url, "xaf", since=date(2026, 1, 1), until=date(2026, 1, 2), path=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------- planted faults


Planted = Callable[[str], str]
FAULTS: dict[str, tuple[Planted, str]] = {
    "an amount is another": (lambda text: re.sub(r"(<trLine>.*?<amnt>)", r"\g<1>9", text, count=1), "differ by"),
    "a line is missing": (lambda text: re.sub(r"<trLine>.*?</trLine>", "", text, count=1), "differ by"),
    "an entry is missing": (
        lambda text: re.sub(r"<transaction>.*?</transaction>", "", text, count=1, flags=re.DOTALL),
        "linesCount says",
    ),
    "an entry is there twice": (
        lambda text: re.sub(r"(<transaction>.*?</transaction>)", r"\1\1", text, count=1, flags=re.DOTALL),
        "linesCount says",
    ),
    "an entry stands on another account": (
        lambda text: text.replace("<accID>2300</accID><docRef>", "<accID>2100</accID><docRef>", 1),
        "ends at",
    ),
    "an opening balance is another": (
        lambda text: re.sub(r"(<obLine>.*?<amnt>)(\d)", r"\g<1>9\2", text, count=1, flags=re.DOTALL),
        "totalDebit says",
    ),
    "a total is another": (
        lambda text: re.sub(r"(<transactions>.*?<totalCredit>)", r"\g<1>1", text, count=1, flags=re.DOTALL),
        "totalCredit says",
    ),
    "a name is too long": (
        lambda text: re.sub(r"<custSupName>", "<custSupName>" + "x" * 50, text, count=1),
        "custSupName",
    ),
    "an element is unknown": (lambda text: text.replace("<company>", "<company><town/>", 1), "town"),
    "a mark is not closed": (lambda text: text.replace("</transactions>", "", 1), "line"),
}


@pytest.fixture(scope="module")
def sound(story_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, int], int]:
    """A sound file of 2025 as text, where each main account ends, and how many lines it has."""
    url = f"sqlite:///{story_home / 'fund.db'}"
    path = year(url, 2025, tmp_path_factory.mktemp("sound"))
    text = path.read_text(encoding="utf-8")
    return text, by_main(trial_balance(url, as_of=date(2025, 12, 31))), text.count("<trLine>")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_our_own_reading(
    sound: tuple[str, dict[str, int], int], tmp_path: Path, fault: str
) -> None:
    text, closing, lines = sound
    plant, says = FAULTS[fault]
    path = tmp_path / "planted.xaf"
    path.write_text(text, encoding="utf-8")
    checked(path, "sound.xaf", closing=closing, lines=lines)
    path.write_text(plant(text), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    with pytest.raises(AuditFileFaulty, match=re.escape(says)):
        checked(path, "planted.xaf", closing=closing, lines=lines)
    if says != "ends at":
        assert findings(path) != []


def test_the_database_hears_of_the_reading_while_the_reading_lasts(
    story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends a transaction that asks nothing for twenty seconds; a million lines take longer to read."""
    beats = []
    monkeypatch.setattr(audit_check, "BEAT", 10)
    monkeypatch.setattr(Excerpt, "beat", lambda self: beats.append(self.ledger.head().seq))
    year(f"sqlite:///{story_home / 'fund.db'}", 2025, tmp_path)
    copied = 4  # journals
    assert len(beats) >= copied + 70 // 20
    assert set(beats) == {156}


def test_nothing_is_left_when_the_reading_finds_a_fault(
    story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_file, "main_sums", lambda balances: {"1000": 1} | dict.fromkeys(balances, 0))
    (tmp_path / "2025.xaf").write_text("an older one")
    url = f"sqlite:///{story_home / 'fund.db'}"
    with pytest.raises(AuditFileFaulty):
        exported(url, "xaf", since=date(2025, 1, 1), until=date(2025, 12, 31), path=str(tmp_path / "2025.xaf"))
    assert [path.name for path in tmp_path.iterdir()] == ["2025.xaf"]
    assert (tmp_path / "2025.xaf").read_text() == "an older one"


# ------------------------------------------------------------------------------------------------------------- as typed


def test_what_is_typed_is_answered_in_a_line_and_standard_output_gets_the_file_itself(
    fund: Fund, story_home: Path, tmp_path: Path
) -> None:
    words = ("export", "xaf", "--from", "2025-01-01", "--to", "2025-12-31", "--output")
    url = f"sqlite:///{story_home / 'fund.db'}"
    path = tmp_path / "2025.xaf"
    shown = fund(*words, path, database=url)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == f"{path}: XAF 4.0, accepted by the schema, debit equals credit\n"
    piped = fund(*words, "-", database=url)
    assert (piped.code, piped.err) == (0, "")
    assert piped.out.encode() == path.read_bytes()
    again = fund(*words, path, "--json", database=url)
    assert (again.code, again.json["error"]["code"]) == (1, "output_exists")
    asked = fund(*words, path, database=url, terminal=True, typed="n\n")
    assert asked.code == 1
    told = fund(*words, path, "--force", "--json", database=url).json
    assert told["head"]["seq"] == 150
    assert sum(one["transactions"] for one in told["journals"]) == told["transactions"] == 27
    through = fund(*words, "-", "--json", database=url).json
    assert through == {**told, "path": "-"}
    assert fund(*words, tmp_path, "--force", database=url, env={"FUND_LANG": "en"}).code == 1
