"""Register, 360Giving and duties of random funds on PostgreSQL: the same properties as on SQLite, on a few funds."""

from __future__ import annotations

import random
from datetime import date

from tests.reports.open_data import moments, seen
from tests.reports.test_duties import chains_differ
from tests.reports.test_giving import sums_are_the_ledgers
from tests.reports.test_register import amounts_are_the_ledgers


def test_open_data_and_duties_hold_on_postgresql_too(random_funds_on_postgresql: list[str]) -> None:
    rng = random.Random(36)
    grants = pairs = 0
    for url in random_funds_on_postgresql:
        with seen(url) as snapshot:
            for day, known_at in moments(snapshot, rng, 2):
                amounts_are_the_ledgers(snapshot, day, known_at)
            grants += sums_are_the_ledgers(snapshot, date(9000, 1, 1), None)
            pairs += chains_differ(snapshot)
    assert grants > 0
    assert pairs > 0
