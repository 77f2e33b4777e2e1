"""Each track from template to money, by what the inbox of each person says: nothing else is typed (people.md).

Who acts looks in the inbox, finds a line for this case, and types its command as it stands there; afterwards the line
is gone. What it took is counted from the facts, and held against the target of the track.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fund.bank.simulation import StoryBank
from fund.dates import next_working_day
from fund.reports.burden import TARGETS, WHOSE, Burden, burden_of
from fund.schemas.proposals import Proposal
from tests.conftest import Fund
from tests.factories import START, World, a_proposal_file, founded
from tests.workflows.deciding import money, score_file

OURS, THEIRS = "NL91ABNA0417164300", "NL44RABO0123456789"
LEAD, PARTNERS = "gm0351", {"gm0351": "fatima", "gm0327": "lotte", "gm0342": "sam"}
"""Woudenberg, with Leusden and Soest where it does not apply alone."""
COMMITTEE = {
    "amersfoort": "gm0307", "zeist": "gm0355", "baarn": "gm0308", "lopik": "gm0331",
    "hdsr": "ws0636", "rivierenland": "ws0621", "u10": "rg-u10", "provincie": "pv26",
}  # fmt: skip
"""Eight members and the chair, the nine seats of the regulations. None has a conflict: five votes are enough."""
VOTING = ("amersfoort", "zeist", "baarn", "hdsr", "provincie")
REVIEWERS: dict[str, str | None] = {"houten": "gm0321", "vallei": "ws0662", "ed": None, "els": None, "emma": None}
TARGET_PARTS = {"light": (3, 2, 2, 8, 4), "standard": (4, 2, 5, 12, 4), "major": (6, 2, 5, 14, 4)}
"""Lead, each co-applicant, reviewers, fund, shared by a batch: the table of people.md."""
ASKS = {"light": 24_000_00, "standard": 60_000_00, "major": 150_000_00}


class Play:
    """People who act on one case by what their inbox says, at a command line."""

    def __init__(self, world: World, fund: Fund, folder: Path, url: str, track: str) -> None:
        self.world, self.fund, self.folder, self.url, self.track = world, fund, folder, url, track
        self.bank = StoryBank(iban=OURS, owner="Testfonds")
        self.ref = ""
        self._numbers = itertools.count(1)

    # ------------------------------------------------------------------------------------------------------- acting

    def lines(self, user: str) -> list[dict[str, Any]]:
        """The inbox of somebody."""
        return list(self.world.ask("inbox", user=user)["items"])

    def type(self, user: str, command: str) -> str:
        """A command line as ``user`` types it; what comes back."""
        words = shlex.split(command)[1:]
        told = self.fund(*words, "--yes", "--json", database=self.url, user=user)
        assert told.code == 0, f"{user}: {command}: {told.err or told.out}"
        return told.out

    def does(self, user: str, starts: str, *, file: bytes = b"", more: str = "", until: bool = True) -> dict[str, Any]:
        """``user`` finds one line that begins so, types it with a file where it asks one, and it is gone.

        Args:
            more: What only the one who acts can add (the evidence of a tick, the day of a batch).
            until: Whether it has a last day.
        """
        found = [line for line in self.lines(user) if line["command"].startswith(f"fund {starts}")]
        assert len(found) == 1, (starts, [line["command"] for line in self.lines(user)])
        (line,) = found
        assert (line["until"] is not None) == until, line
        assert line["late"] is False, line
        assert self.ref in str(line["ref"]) or line["ref"][:1] in "QS", line
        self.type(user, f"{line['command']} {more}".replace("FILE", self._file(file) if file else "FILE"))
        self.world.drain()
        assert line["command"] not in [each["command"] for each in self.lines(user)]
        return line

    def _file(self, content: bytes) -> str:
        path = self.folder / f"{self.track}-{next(self._numbers)}.toml"
        path.write_bytes(content)
        return str(path)

    def day(self, days: int) -> None:
        """So many days later, at nine."""
        with self.world.snapshot() as snapshot:
            now = snapshot.now
        self.world.clock(now + timedelta(days=days))

    # ------------------------------------------------------------------------------------------------- the chapters

    def hands_in(self, co_applicants: Sequence[str]) -> None:
        """The lead drafts from the template, each other party confirms, the lead submits: one file, asked once."""
        ask = ASKS[self.track]
        form = a_proposal_file(
            ask_cents=ask,
            co_applicants=tuple(co_applicants),
            milestones=(
                {"title": "Loket open", "due_on": date(2026, 5, 1), "amount_cents": ask, "evidence": "Verslag"},
            ),
            boards=tuple(
                {"partner": partner, "how": "brief aan de raad", "informed_on": START.date()}
                for partner in (LEAD, *co_applicants)
            ),
        )  # fmt: skip
        # nothing is there yet, so nothing waits: the first command of all is in no inbox
        self.type("fatima", f"fund proposal draft {self._file(form)}")
        self.ref = "2026-001"
        for partner in co_applicants:
            assert not [line for line in self.lines("fatima") if self.ref in line["command"]]
            self.does(PARTNERS[partner], f"proposal confirm {self.ref}")
        self.does("fatima", f"proposal submit {self.ref}")
        self.does("anna", f"proposal find-eligible {self.ref}", until=False)

    def is_reviewed(self, count: int) -> None:
        """The proposed panel scores; nobody closes the review or makes the committee's file."""
        self.does("anna", f"review open {self.ref}")
        panel = [str(seat["name"]) for seat in self.world.ask("review show", ref=self.ref)["panel"]]
        for name in panel[:count]:
            self.does(name, f"review score {self.ref} FILE", file=score_file(3))
        assert all(not self.lines(name) for name in panel)
        assert self.world.ask("proposal show", ref=self.ref)["state"] == "decidable"

    def is_decided(self) -> None:
        """Five of nine vote and the chair decides; on the light track a second fund manager, and the chair confirms."""
        if self.track == "light":
            self.does("anna2", f"decision decide {self.ref}")
            self.does("carla", "confirm Q")
        else:
            for name in VOTING:
                self.does(name, f"decision vote {self.ref} --for")
            self.does("carla", f"decision decide {self.ref}")
            assert all(not self.lines(name) for name in COMMITTEE)

    def is_agreed(self, co_applicants: Sequence[str]) -> None:
        """Drafted from what was decided, signed by all; it holds by itself: every board was informed at P3."""
        self.does("anna", f"agreement draft {self.ref}")
        for name in (*(PARTNERS[each] for each in (LEAD, *co_applicants)), "carla"):
            self.does(name, f"agreement sign A{self.ref}")
        assert self.world.ask("agreement show", ref=f"A{self.ref}")["state"] == "active"

    def is_earned(self) -> None:
        """Light: asked by the service. Standard: on account. Major: for the first milestone, shown and accepted."""
        agreement = f"A{self.ref}"
        if self.track == "major":
            self.does("fatima", f"milestone evidence {agreement}-1 FILE", file=b"verslag")
            self.does("anna", f"milestone accept {agreement}-1 --met 1", until=False)
        if self.track != "light":
            self.does("fatima", f"disbursement request {agreement}", until=False)

    def is_paid(self) -> None:
        """Checked, approved, put in a batch and sent by those who did neither; found on the bank's own statement."""
        self.does("anna", "disbursement check D", until=False)
        self.does("bram", "disbursement approve D", until=False)
        self.does("anna", "payment batch --ref D")
        (batch,) = self.world.ask("payment list")["batches"]
        self.does("bram2", f"payment send {batch['ref']}")
        self.does("anna2", "confirm Q")
        on = date.fromisoformat(batch["execution_on"])
        self.bank.pay(str(self.world.ask("payment file", user="bram", ref=batch["ref"])["content"]).encode(), on=on)
        self.world.clock(next_working_day(on + timedelta(days=1)))
        self.does("bram", "bank import FILE", file=self.bank.statement(on))

    def counted(self) -> Burden:
        """What it asked of people, by the facts."""
        with self.world.snapshot() as snapshot:
            found = burden_of(snapshot, snapshot.case(Proposal, self.ref))
        assert found is not None
        return found


@contextmanager
def played(fund: Fund, folder: Path, url: str, track: str) -> Iterator[Play]:
    """A fund of 34 partners with an office, a committee of nine and reviewers, money on the bank, and a round."""
    with founded(url) as world:
        world.partners()
        world.people()
        for partner, name in PARTNERS.items():
            world.user(name, "partner_signatory", partner=partner)
        for name, partner in COMMITTEE.items():
            world.user(name, "committee_member", partner=partner)
        for name, sits in REVIEWERS.items():
            world.user(name, "reviewer", **({"partner": sits} if sits else {}))
        money(world, 900_000_00)
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
        world.both(
            "payee record", user="anna", second="bram",
            partner=LEAD, iban=THEIRS, name="Gemeente Woudenberg", requested_by="fatima",
        )  # fmt: skip
        world.both(
            "round plan", user="anna", second="carla", title="Winter", track=track,
            opens=START.date(), closes=date(2026, 1, 31), ceiling_cents=400_000_00,
        )  # fmt: skip
        world.drain()
        play = Play(world, fund, folder, url, track)
        play.bank.balance_cents = 900_000_00
        yield play


CO_APPLICANTS = {"light": (), "standard": ("gm0327", "gm0342"), "major": ("gm0327", "gm0342")}
REVIEWS = {"light": 2, "standard": 5, "major": 5}
DAYS = {"light": (10, 7), "standard": (20, 25), "major": (20, 40)}
"""From the review to the committee, and from the agreement to the payment."""


@pytest.mark.parametrize("track", list(TARGETS))
def test_a_track_asks_no_more_than_its_target_and_every_step_stands_in_an_inbox(
    fund: Fund, tmp_path: Path, database_url: str, track: str
) -> None:
    with played(fund, tmp_path, database_url, track) as play:
        co_applicants = CO_APPLICANTS[track]
        play.hands_in(co_applicants)
        play.world.clock(datetime.combine(date(2026, 2, 2), START.timetz()))
        play.is_reviewed(REVIEWS[track])
        to_committee, to_payment = DAYS[track]
        play.day(to_committee)
        play.is_decided()
        play.is_agreed(co_applicants)
        play.day(to_payment)
        play.is_earned()
        play.is_paid()
        found = play.counted()
        lead, co_applicant, reviewers, office, shared = TARGET_PARTS[track]
        target = dict(zip(WHOSE, (lead, co_applicant * len(co_applicants), reviewers, office, shared), strict=True))
        assert {whose: steps for whose, steps in found.steps.items() if steps > target[whose]} == {}
        assert (found.total, found.people) == MEASURED[track]
        assert found.within
        assert [line for user in ("bram", "bram2", "carla") for line in play.lines(user)] == []


MEASURED = {"light": (17, 8), "standard": (29, 18), "major": (31, 18)}
"""Steps and people of these plays; the targets are 17 and 8, 29 and 18, 33 and 19."""
