"""All partners together, and all agreements together, are the fund: on any day, at any number, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from fund.commands.opening import open_fund
from fund.ledger import CLOSING, main_of
from fund.registry import PROJECTIONS
from fund.reports.quantities import Quantities
from fund.reports.statements.agreement import MAINS, agreement_statement
from fund.reports.statements.pages import PAGES
from fund.reports.statements.partner import partner_statement
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.unit_of_work import Snapshot

SUMS = {
    "outstanding_cents": ("1200", 1),
    "allowance_cents": ("1290", -1),
    "grant_cents": ("4000", 1),
    "learning_writeoffs_cents": ("4200", 1),
    "other_writeoffs_cents": ("4210", 1),
    "recovered_cents": ("4300", -1),
}
FLOWS = {"paid_repayable_cents": "U_cents", "paid_grant_cents": "S_cents", "repaid_cents": "A_cents"}


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_on_any_day_at_any_number(random_funds: list[str], data: st.DataObject) -> None:
    adds_up(data.draw(st.sampled_from(random_funds), label="fund"), data)


@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_on_postgresql(random_funds_on_postgresql: list[str], data: st.DataObject) -> None:
    adds_up(data.draw(st.sampled_from(random_funds_on_postgresql), label="fund"), data)


def adds_up(url: str, data: st.DataObject) -> None:
    """Both sums of a fund, on a day and at a number that are drawn, against the ledger's own postings."""
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        entries = list(snapshot.ledger.entries())
        known_at = data.draw(st.none() | st.integers(0, len(entries)), label="known_at")
        day = data.draw(
            st.sampled_from(sorted({snapshot.today, *(each.effective_on for each in entries)})), label="day"
        )
        raw: Counter[str] = Counter()
        for entry in entries:
            if entry.effective_on <= day and (known_at is None or entry.seq <= known_at) and entry.kind != CLOSING:
                for leg in entry.postings:
                    raw[leg.account] += leg.amount_cents
        quantities = Quantities(snapshot, day, known_at)
        partners_add_up(snapshot, day, known_at, raw, quantities)
        agreements_add_up(snapshot, day, known_at, raw, quantities)


def on_main(raw: Counter[str], *mains: str) -> int:
    return sum(cents for code, cents in raw.items() if main_of(code) in mains)


def partners_add_up(
    snapshot: Snapshot, day: date, known_at: int | None, raw: Counter[str], quantities: Quantities
) -> None:
    """Capital is 3000, receivable 1100, overpaid what partners have of 2100, owed on leaving 2200 and 2210."""
    partners = [each.ref for each in snapshot.cases(Partner)]
    found = [partner_statement(snapshot, partner=ref, as_of=day, known_at=known_at) for ref in partners]

    def together(key: str) -> int:
        return sum(each[key] for each in found)

    assert together("called_cents") == -on_main(raw, "3000")
    assert together("receivable_cents") == on_main(raw, "1100")
    assert together("settlement_cents") == -on_main(raw, "2200", "2210")
    assert together("overpaid_cents") == -sum(raw[f"2100.{ref}"] for ref in partners)
    assert together("received_cents") == quantities.value("I_cents")
    for each in found:
        assert each["paid_in_cents"] == each["called_cents"] - each["receivable_cents"]
        moved: Counter[str] = Counter()
        for line in each["movements"]:
            moved[line["account"]] += line["amount_cents"]
            assert line["effective_on"] <= day.isoformat()
            assert line["balance_cents"] == moved[line["account"]]
            assert line["document"]
        for row in each["standings"]:
            assert row["closing_cents"] == moved[row["account"]] == raw[row["account"]]
        PAGES["statement partner"](each)


def agreements_add_up(
    snapshot: Snapshot, day: date, known_at: int | None, raw: Counter[str], quantities: Quantities
) -> None:
    """Outstanding is 1200, and so on; what was paid and repaid is U, S and A of the fund."""
    found = [
        agreement_statement(snapshot, ref=each.ref, as_of=day, known_at=known_at) for each in snapshot.cases(Agreement)
    ]
    for key, (main, sign) in SUMS.items():
        assert sum(each[key] for each in found) == sign * on_main(raw, main), key
    for key, name in FLOWS.items():
        assert sum(each[key] for each in found) == quantities.value(name), key
    for each in found:
        assert each["committed_cents"] == raw[f"9000.{each['proposal']}"]
        assert sum(row["amount_cents"] for row in each["payments"]) == (
            sum(row["paid_cents"] for row in each["disbursements"])
        )
        moved: Counter[str] = Counter()
        for line in each["movements"]:
            moved[main_of(line["account"])] += line["amount_cents"]
        assert all(moved[main] == raw[f"{main}.{each['ref']}"] for main in MAINS)
        PAGES["statement agreement"](each)
