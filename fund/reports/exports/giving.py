"""The grants as a package of the 360Giving Data Standard 1.4, with what became of them as an extension.

Amounts are JSON numbers written from cents with two decimals (``24000.00``): no fraction of a binary number comes near
them. Organisations have no identifier on a list that 360Giving knows, so they have ours after the fund's prefix, as the
standard asks in that case; the URI of the register of governments stands beside it. What the standard has no place for
(revocations, determination, refunds, repayments, co-applicants) stands under the one key ``revolvingFund``; its schema
lies in ``fund/data/360giving``, and ``docs/open-data.md`` explains it. Source: statements.md (open data).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fund.errors.exports import FaultyPublisherPrefix, NothingToPublish
from fund.glossary import theme_names
from fund.ledger import REVERSAL, main_of
from fund.reports.cash import Cash, Payments
from fund.reports.exports.grants import Grant, Row, grants_of, organisation
from fund.reports.exports.register import LICENCE
from fund.reports.history import head_of, last_fact, regulations_on
from fund.rules.regulations import Regulations
from fund.unit_of_work import Snapshot

CURRENCY = "EUR"
THEMES = "Opgaven"
"""The vocabulary of the classifications: the themes of the fund."""
PREFIX = re.compile(r"360G-[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_BACK = ("1200", "4300")
"""Where principal that comes back is credited: outstanding, or written off before."""


@dataclass(frozen=True, slots=True)
class Euros:
    """An amount of money as the package holds it; in cents until it is written."""

    cents: int

    def __str__(self) -> str:
        sign, cents = "-" if self.cents < 0 else "", abs(self.cents)
        return f"{sign}{cents // 100}.{cents % 100:02}"


def giving(
    snapshot: Snapshot, *, prefix: str | None = None, as_of: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """The package until the end of a day, under ``package``; what it was made from beside it.

    ``amountAwarded`` is the sum of the commitment transactions: grant, changes and revocations. ``amountDisbursed`` is
    that of the disbursement transactions, of which one that the bank returned is below zero.

    Args:
        prefix: What the fund is registered under with 360Giving; default ``360G-`` and the letters of its name.

    Raises:
        FaultyPublisherPrefix: It is no prefix of 360Giving.
        NothingToPublish: There is no grant yet, and a package holds at least one.
    """
    fund = str(snapshot.store.work.setting("founded") or "")
    chosen = _prefix(prefix or f"360G-{_letters(fund)}")
    day = as_of or snapshot.today
    report = grants_of(snapshot, as_of=day, known_at=known_at)
    if not report.grants:
        raise NothingToPublish(as_of=day)
    rules = regulations_on(snapshot, day, last=last_fact(snapshot, known_at))
    publishing = _Publishing(snapshot, chosen, fund, rules, report.rounds, _came_back(snapshot, day, known_at))
    head = head_of(snapshot, known_at)
    grants = [publishing.grant(each) for each in report.grants]
    return {
        "as_of": day.isoformat(),
        **head,
        "package": {
            "version": "1.4",
            "title": f"{fund}: toekenningen tot en met {day.isoformat()}",
            "description": (
                "Elke toekenning met wat ervan werd: wijziging, intrekking, vaststelling, betaling, terugbetaling "
                f"(sleutel revolvingFund). Stand van boeking {head['known_at']} van het grootboek."
            ),
            "issued": day.isoformat(),
            "modified": max(each["dateModified"] for each in grants),
            "identifier": f"{chosen}-grants",
            "publisher": {"identifier": publishing.funder["id"], "name": fund},
            "license": LICENCE,
            "grants": grants,
        },
    }


def _prefix(given: str) -> str:
    if not PREFIX.fullmatch(given):
        raise FaultyPublisherPrefix(given=given)
    return given


def _letters(name: str) -> str:
    """The letters and digits of a name, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]", "", plain) or "fund"


@dataclass(frozen=True, slots=True)
class _Back:
    """Principal that came back on an agreement: by which entry, on which day."""

    seq: int
    on: date
    cents: int
    recorded_at: datetime


def _came_back(snapshot: Snapshot, day: date, known_at: int | None) -> dict[str, list[_Back]]:
    """Principal that came back, by agreement, as the cash of the fund counts it (A); what a refund of unspent money
    recovered is told as a refund and left out here.
    """
    found: dict[str, list[_Back]] = {}
    nothing = Payments(())
    for entry in snapshot.ledger.entries(as_of=day, until_seq=known_at):
        if not any(main_of(leg.account) in _BACK for leg in entry.postings):
            continue
        whole = entry.kind == REVERSAL and entry.reverses is not None
        origin = snapshot.ledger.entry(entry.reverses) if whole and entry.reverses else entry
        if origin.kind == "disbursement.refunded":
            continue
        cash = Cash()
        cash.count(entry, origin, nothing)
        for agreement, cents in cash.repaid.items():
            if cents:
                found.setdefault(agreement, []).append(_Back(entry.seq, entry.effective_on, cents, entry.recorded_at))
    return found


class _Publishing:
    """Grants in the words of the standard."""

    def __init__(
        self,
        snapshot: Snapshot,
        prefix: str,
        fund: str,
        rules: Regulations,
        rounds: Mapping[str, str],
        back: Mapping[str, list[_Back]],
    ) -> None:
        self._view, self._prefix, self._rounds, self._back = snapshot, prefix, rounds, back
        identity = rules.identity
        number = identity.chamber_number if identity is not None else None
        self.funder = {"id": f"NL-KVK-{number}" if number else f"{prefix}-fund", "name": fund}

    def grant(self, grant: Grant) -> dict[str, Any]:
        """One grant; only keys that have something to say."""
        row = grant.last
        award = next(each for each in reversed(grant.rows) if each.kind == "grant")
        back = [each for ref in sorted({row.agreement for row in grant.rows}) for each in self._back.get(ref, ())]
        instants = [row.recorded_at for row in grant.rows]
        instants += [*(each.recorded_at for each in grant.moved), *(each.recorded_at for each in back)]
        paid = [each for each in grant.moved if each.kind != "refunded"]
        return {
            "id": f"{self._prefix}-{grant.ref}",
            "title": row.title,
            "description": row.question or row.title,
            "currency": CURRENCY,
            "amountAppliedFor": Euros(row.requested_cents),
            "amountAwarded": Euros(row.granted_cents),
            "amountDisbursed": Euros(grant.paid_cents),
            "awardDate": award.decided_on.isoformat(),
            "dateModified": _instant(max(instants)),
            **_dates(grant),
            "recipientOrganization": [self._organisation(row.lead)],
            "fundingOrganization": [self.funder],
            "grantProgramme": [{"code": row.round, "title": self._rounds.get(row.round) or row.round}],
            "classifications": [_theme(each) for each in row.themes],
            "commitmentTransaction": [
                {
                    **self._moved(f"fact-{each.seq}", each.decided_on, each.change_cents),
                    "description": f"{each.kind}: {each.ground}",
                    "recipient": self._id(each.lead),
                }
                for each in grant.rows
                if each.change_cents
            ],
            "disbursementTransaction": [
                {
                    **self._moved(f"fact-{each.seq}", each.on, each.cents if each.kind == "paid" else -each.cents),
                    "description": f"{each.kind}: {each.ref}",
                    "recipient": self._id(each.payee),
                }
                for each in paid
            ],
            "revolvingFund": self._revolving(grant, back),
        }

    def _revolving(self, grant: Grant, back: list[_Back]) -> dict[str, Any]:
        """What the standard has no place for."""
        refunds = [each for each in grant.moved if each.kind == "refunded"]
        determined = next((each for each in reversed(grant.rows) if each.determined_cents is not None), None)
        said: dict[str, Any] = {
            "amountRepayable": None if grant.repayable_cents is None else Euros(grant.repayable_cents),
            "amountRepaid": Euros(sum(each.cents for each in back)),
            "repayments": [self._moved(f"entry-{each.seq}", each.on, each.cents) for each in back],
            "amountRefunded": Euros(grant.refunded_cents),
            "refunds": [self._moved(f"fact-{each.seq}", each.on, each.cents) for each in refunds],
            "revocations": [
                {
                    **self._moved(f"fact-{each.seq}", each.decided_on, -each.change_cents),
                    "extent": each.extent,
                    "ground": each.ground,
                }
                for each in grant.rows
                if each.kind == "revocation"
            ],
        }
        if determined is not None:
            said["determination"] = _determination(determined)
        return {**said, "coApplicants": [self._organisation(each) for each in grant.last.co_applicants]}

    def _id(self, ref: str) -> str:
        return f"{self._prefix}-{ref}"

    def _organisation(self, ref: str) -> dict[str, Any]:
        name, uri = organisation(self._view, ref)
        return {"id": self._id(ref), "name": name, **({"tooiUri": uri} if uri else {})}

    def _moved(self, number: str, on: date, cents: int) -> dict[str, Any]:
        return {
            "id": f"{self._prefix}-{number}",
            "transactionDate": on.isoformat(),
            "value": Euros(cents),
            "currency": CURRENCY,
        }


def _dates(grant: Grant) -> dict[str, Any]:
    """When the work was to be done, and when it was; nothing before the agreement."""
    row = grant.last
    if row.starts_on is None:
        return {}
    planned = {"startDate": row.starts_on.isoformat(), **({"endDate": row.ends_on.isoformat()} if row.ends_on else {})}
    ended = next((each for each in reversed(grant.rows) if _is_end(each)), None)
    actual = {"startDate": row.starts_on.isoformat(), **({"endDate": ended.decided_on.isoformat()} if ended else {})}
    return {"plannedDates": [planned], "actualDates": [actual]}


def _is_end(row: Row) -> bool:
    return row.kind == "determination" or row.ground in ("stop_rule", "breach")


def _theme(ref: str) -> dict[str, str]:
    name = theme_names().get(ref, (ref, ref))[0]
    return {"vocabulary": THEMES, "code": ref, "title": name}


def _determination(row: Row) -> dict[str, Any]:
    return {
        "date": row.decided_on.isoformat(),
        "amountDetermined": Euros(row.determined_cents or 0),
        "amountReclaimed": Euros(row.reclaimed_cents),
        "ground": row.ground,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ------------------------------------------------------------------------------------------------------------ as a file


def as_package(found: Mapping[str, Any]) -> Iterator[bytes]:
    """The package as JSON, a grant at a time: amounts as numbers with two decimals, everything else as JSON has it."""
    package = found["package"]
    head = {key: value for key, value in package.items() if key != "grants"}
    yield f'{{{_members(head, 1)},\n  "grants": ['.encode()
    for number, grant in enumerate(package["grants"]):
        yield f"{',' if number else ''}\n    {_json(grant, 2)}".encode()
    yield b"\n  ]\n}\n"


def _json(value: Any, depth: int) -> str:
    inside, outside = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, Euros):
        return str(value)
    if isinstance(value, dict):
        return f"{{{_members(value, depth + 1)}{outside}}}" if value else "{}"
    if isinstance(value, list):
        return "[" + ",".join(inside + _json(each, depth + 1) for each in value) + outside + "]" if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def _members(value: Mapping[str, Any], depth: int) -> str:
    before = "\n" + "  " * depth
    return ",".join(f"{before}{json.dumps(key)}: {_json(each, depth)}" for key, each in value.items())
