"""360Giving: valid against its schemas with formats checked, exact to the cent, tied to the ledger, not personal."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from fund.errors.exports import FaultyPublisherPrefix, NothingToPublish
from fund.reports.cash import cash_of
from fund.reports.exports.giving import Euros, as_package, giving
from fund.reports.exports.register import register
from fund.unit_of_work import Snapshot
from tests.conftest import Fund
from tests.factories import founded
from tests.reports.open_data import CANARY, moments, seen, with_canaries
from tests.story import Told

SCHEMAS = Path(__file__).parents[2] / "fund" / "data" / "360giving"
REFERRED = "https://raw.githubusercontent.com/ThreeSixtyGiving/standard/1.4.2/schema/360-giving-schema.json"
"""What the package schema 1.4.3 calls the schema of a grant."""


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396): how an extension of 360Giving is put onto the schema."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), value)
    return made


@cache
def validator(*, extended: bool) -> Draft202012Validator:
    """The package schema over that of a grant; ``extended`` with our extension merged onto it."""
    grant = schema("360-giving-schema.json")
    if extended:
        grant = {**merged(grant, schema("revolving-extension.json")), "$schema": grant["$schema"]}
    # the schemas name the dialect by http, which no library knows: it is said here
    resource = Resource(contents=grant, specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(REFERRED, resource)
    return Draft202012Validator(
        schema("360-giving-package-schema.json"), registry=registry, format_checker=FormatChecker()
    )


def faults(package: Any) -> list[str]:
    """What either schema finds wrong."""
    return [
        f"{each.json_path}: {each.message}"
        for extended in (False, True)
        for each in validator(extended=extended).iter_errors(package)
    ]


def written(found: dict[str, Any]) -> str:
    return b"".join(as_package(found)).decode()


def exact(text: str) -> Any:
    """The package as a reader of money reads it: numbers as they are written."""
    return json.loads(text, parse_float=Decimal)


def cents(amount: Decimal) -> int:
    assert isinstance(amount, Decimal)
    assert amount.as_tuple().exponent == -2
    return int(amount.scaleb(2))


def test_the_schemas_are_those_of_the_standard_and_each_is_a_schema() -> None:
    hashes = {
        "360-giving-package-schema.json": "30c0897090628d161cda0f3048031abd955eb9b68cfd83f8fe54340756886b11",
        "360-giving-schema.json": "e8a1c581ce18447b2dc9c757d7229862624970a3724718d8319a8d3c47429ebb",
    }
    for name, expected in hashes.items():
        assert hashlib.sha256((SCHEMAS / name).read_bytes()).hexdigest() == expected
    for name in (*hashes, "revolving-extension.json"):
        Draft202012Validator.check_schema({**schema(name), "$schema": Draft202012Validator.META_SCHEMA["$id"]})


def test_the_story_is_valid_and_says_what_the_register_says(fund: Fund, story: Told, tmp_path: Path) -> None:
    path = tmp_path / "grants.json"
    done = fund("export", "360giving", "--output", path, "--as-of", "2026-10-30", database=story.url)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split()) == (
        f"{path}: EUR 304,000.00 awarded, EUR 239,000.00 paid, EUR 47,000.00 repaid until 30 October 2026 (grants: 5)"
    )
    package = exact(path.read_text())
    assert faults(json.loads(path.read_text())) == []
    assert (package["version"], package["issued"]) == ("1.4", "2026-10-30")
    assert '"amountAwarded": 60000.00,' in path.read_text()
    first, second = package["grants"][:2]
    assert first["id"] == "360G-innovatiefondsutrecht-2024-001"
    assert (first["awardDate"], first["grantProgramme"]) == (
        "2024-05-14", [{"code": "2024-1", "title": "Voorjaar 2024"}]
    )  # fmt: skip
    assert [cents(each["value"]) for each in first["disbursementTransaction"]] == [
        3_000_000, -3_000_000, 3_000_000, 3_000_000
    ]  # fmt: skip
    assert [each["ground"] for each in second["revolvingFund"]["revocations"]] == ["stop_rule"]
    assert second["actualDates"] == [{"startDate": "2024-05-28", "endDate": "2025-09-29"}]
    with seen(story.url) as snapshot:
        rows = [row for row in register(snapshot, as_of=date(2026, 10, 30))["rows"] if row["latest"] == "yes"]
    for grant, row in zip(package["grants"], rows, strict=True):
        assert grant["id"].removeprefix("360G-innovatiefondsutrecht-") == row["grant"]
        assert cents(grant["amountAwarded"]) == row["granted_cents"]
        assert cents(grant["amountDisbursed"]) == row["paid_cents"]
        assert grant["recipientOrganization"][0]["tooiUri"] == row["lead_uri"]
        assert [each["name"] for each in grant["revolvingFund"]["coApplicants"]] == row["co_applicant_names"]
        assert [each["code"] for each in grant["classifications"]] == row["themes"]
        assert (grant["title"], grant["description"]) == (row["title"], row["question"])
    answer = fund("export", "360giving", "--output", path, "--json", "--force", database=story.url).json
    assert (answer["grant_count"], answer["awarded_cents"], answer["repaid_cents"]) == (5, 30_400_000, 4_700_000)


def sums_are_the_ledgers(snapshot: Snapshot, day: date, known_at: int | None) -> int:
    """A package is valid, its amounts are sums of its transactions and tie to the ledger; how many grants it holds."""
    try:
        found = giving(snapshot, prefix="360G-toets", as_of=day, known_at=known_at)
    except NothingToPublish:
        assert register(snapshot, as_of=day, known_at=known_at)["rows"] == []
        return 0
    text = written(found)
    assert faults(json.loads(text)) == []
    grants = exact(text)["grants"]
    for grant in grants:
        revolving = grant["revolvingFund"]
        for amount, list_ in (
            (grant["amountAwarded"], grant["commitmentTransaction"]),
            (grant["amountDisbursed"], grant["disbursementTransaction"]),
            (revolving["amountRepaid"], revolving["repayments"]),
            (revolving["amountRefunded"], revolving["refunds"]),
        ):
            assert cents(amount) == sum(cents(each["value"]) for each in list_)
        numbered = [each["id"] for key in ("commitmentTransaction", "disbursementTransaction") for each in grant[key]]
        assert len(numbered) == len(set(numbered))
    cash = cash_of(snapshot, as_of=day, known_at=known_at)
    recovered = sum(
        fact.fact.recovered_cents  # type: ignore[attr-defined]
        for fact in snapshot.store.facts.of_types(("disbursement.refunded",))
        if any(entry.seq <= (known_at if known_at is not None else 10**9) and entry.effective_on <= day
               for entry in snapshot.ledger.entries(event_id=fact.event_id))
    )  # fmt: skip
    assert sum(cents(each["amountDisbursed"]) for each in grants) == cash.paid
    assert sum(cents(each["revolvingFund"]["amountRepaid"]) for each in grants) == cash.a - recovered
    return len(grants)


def test_packages_of_random_funds_are_valid_and_tie_to_the_ledger(random_funds: list[str]) -> None:
    rng = random.Random(360)
    met = 0
    for url in random_funds:
        with seen(url) as snapshot:
            for day, known_at in moments(snapshot, rng, 1):
                met += sums_are_the_ledgers(snapshot, day, known_at)
    assert met > 50


# ------------------------------------------------------------------------------------------- what a reader relies on


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (2_400_000, "24000.00"), (-123_456, "-1234.56"),
     (9_007_199_254_740_993_01, "9007199254740993.01"), (10**20 + 7, "1000000000000000000.07")],
)  # fmt: skip
def test_an_amount_is_a_number_to_the_cent_however_large(story: Told, amount: int, text: str) -> None:
    with seen(story.url) as snapshot:
        found = giving(snapshot)
    found["package"]["grants"][0]["amountAwarded"] = Euros(amount)
    made = written(found)
    assert f'"amountAwarded": {text},' in made
    assert cents(exact(made)["grants"][0]["amountAwarded"]) == amount


def test_what_is_written_is_json_with_any_name(story: Told) -> None:
    with seen(story.url) as snapshot:
        found = giving(snapshot)
    name = 'Waterschap "Amstel", Gooi en \'t Vecht \\ \n <b>é</b>'
    found["package"]["grants"][0] |= {"title": name, "classifications": []}
    back = json.loads(written(found))
    assert (back["grants"][0]["title"], back["grants"][0]["classifications"]) == (name, [])
    assert faults(back) == []


BROKEN = {
    "awardDate": "14-05-2024",
    "dateModified": "2024-05-14",
    "amountAwarded": "60000.00",
    "currency": "EURO",
    "recipientOrganization": [],
    "revolvingFund": {"revocations": [{"ground": "zomaar"}]},
}


@pytest.mark.parametrize("key", sorted(BROKEN))
def test_the_schemas_find_what_is_wrong(story: Told, key: str) -> None:
    with seen(story.url) as snapshot:
        package = json.loads(written(giving(snapshot)))
    assert faults(package) == []
    package["grants"][0][key] = BROKEN[key]
    assert faults(package) != []


def test_a_reader_that_does_not_know_the_extension_reads_a_plain_package(story: Told) -> None:
    with seen(story.url) as snapshot:
        package = json.loads(written(giving(snapshot)))
    assert "extensions" not in package  # only what stands in the registry of 360Giving may be declared there
    official = set(schema("360-giving-schema.json")["properties"])
    extra = {key for grant in package["grants"] for key in grant} - official
    assert extra == {"revolvingFund"} == set(schema("revolving-extension.json")["properties"])


def test_the_funder_is_known_by_its_number_in_the_commercial_register(story: Told) -> None:
    with seen(story.url) as snapshot:
        assert giving(snapshot)["package"]["publisher"]["identifier"] == "360G-innovatiefondsutrecht-fund"
        rules = snapshot.regulations()
        identity = {"tax_number": "123456789", "chamber_number": "12345678"}
        snapshot._rules = [(snapshot.first_day, rules.model_validate({**rules.model_dump(), "identity": identity}))]
        package = giving(snapshot, prefix="360G-utrecht_1")["package"]
    assert package["grants"][0]["fundingOrganization"] == [{"id": "NL-KVK-12345678", "name": "Innovatiefonds Utrecht"}]
    assert package["grants"][0]["id"] == "360G-utrecht_1-2024-001"


@pytest.mark.parametrize("prefix", ["innovatiefonds", "360G", "360G-", "360G-a b", "360G-a/b", "360G-a-", "360g-a"])
def test_a_prefix_that_is_none_is_refused(fund: Fund, story: Told, tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "grants.json"
    done = fund("export", "360giving", "--prefix", prefix, "--output", path, "--json", database=story.url)
    assert (done.code, done.json["error"]["code"]) == (FaultyPublisherPrefix.exit_code, "faulty_publisher_prefix")
    assert not path.exists()


def test_an_empty_fund_has_nothing_to_publish(fund: Fund, database_url: str, tmp_path: Path) -> None:
    with founded(database_url):
        pass
    path = tmp_path / "grants.json"
    done = fund("export", "360giving", "--output", path, "--json", database=database_url)
    assert (done.code, done.json["error"]["code"]) == (NothingToPublish.exit_code, "nothing_to_publish")
    assert not path.exists()


def test_a_file_that_is_there_is_not_written_over_unasked(fund: Fund, story: Told, tmp_path: Path) -> None:
    for words in (("360giving",), ("register",)):
        path = tmp_path / "bestand"
        path.write_text("van iemand")
        done = fund("export", *words, "--output", path, database=story.url)
        assert (done.code, path.read_text()) == (1, "van iemand")
        assert fund("export", *words, "--output", path, "--force", database=story.url).code == 0
        assert path.read_text() != "van iemand"


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_nothing_personal_is_published(fund: Fund, story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    before = fund("export", "360giving", "--output", "-", database=url).out
    assert with_canaries(story_home / "fund.db") > 500
    after = fund("export", "360giving", "--output", "-", database=url).out
    assert after == before
    assert CANARY not in after
    found = list(texts(json.loads(after)))
    assert [each for each in found if re.search(r"usr_|NL\d\d[A-Z]{4}\d|anna|bram|fatima|joost|@", each)] == []
