"""One valid thing per call: a fund that was founded, with people and partners, at an instant that a test chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from fund import forms
from fund.commands.answers import Answer
from fund.commands.executing import execute_named
from fund.commands.founding import found_fund
from fund.commands.opening import Fund, open_fund
from fund.commands.querying import ask_named
from fund.database import writing
from fund.declarations import InputFile
from fund.ledger import Entry
from fund.outbox.relay import drain
from fund.registry import PROJECTIONS
from fund.rules.regulations import Regulations
from fund.schemas.proposals import ProposalForm
from fund.store import Store
from fund.unit_of_work import Snapshot, UnitOfWork
from tests.previews import require_alike, require_whole
from tests.roads import begin, mark, road, step

PARTNERS_CSV = Path(__file__).parent.parent / "fund" / "data" / "partners.csv"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class World:
    """A fund in a test: people act by name, the clock stands where the test puts it."""

    def __init__(self, fund: Fund, *, past: str | None = None) -> None:
        self.fund = fund
        self.number = 0
        self.past = past
        """By which roads it came here; ``None`` when something else was done."""
        self.walking = 0
        self.mark = mark(self) if past is not None else ()

    def do(
        self, name: str, /, *, user: str, command_id: str | None = None, dry_run: bool = False, **args: Any
    ) -> Answer:
        """Carry out a command as typed by ``user``."""
        self._does("do", name)
        chosen = command_id or f"t-{self._next()}"
        return execute_named(self.fund, name, args, user=user, command_id=chosen, dry_run=dry_run)

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _does(self, *what: object) -> None:
        """Something is done: on a road it is a step of it, else no road goes on from here."""
        self.past = step(self.past, *what) if self.walking and self.past is not None else None

    def both(self, name: str, /, *, user: str, second: str, **args: Any) -> Answer:
        """A command of two people: ``user`` makes it, ``second`` confirms it; both are shown all, and the same."""
        made = self.do(name, user=user, **args)
        assert made["pending"], f"{name} asks no second person"
        require_whole(made)
        done = self.do("confirm", user=second, ref=made["pending"])
        require_alike(made["preview"]["facts"], done["preview"]["facts"])
        return done

    def ask(self, name: str, /, user: str | None = None, **args: Any) -> dict[str, Any]:
        """The JSON object behind a reading command."""
        return ask_named(self.fund, name, args, user=user)

    def clock(self, at: datetime | date) -> None:
        """Hold the fund's clock at an instant (a day: nine o'clock UTC), and let what is due fall due."""
        self._does("clock", at)
        instant = at if isinstance(at, datetime) else datetime.combine(at, time(9), tzinfo=UTC)
        with writing(self.fund.engine) as connection:
            Store(connection).work.hold_clock(instant)
        drain(self.fund.engine)

    def user(self, name: str, *roles: str, partner: str | None = None, seconded: bool = False) -> str:
        """Somebody with these roles; the user id."""
        args: dict[str, Any] = {"name": name, "roles": list(roles)}
        if partner:
            args["partner"] = partner
        if seconded:
            args["seconded"] = True
        answer = self.do("user add", user="petra", **args)
        if answer["pending"]:
            answer = self.do("confirm", user="carla", ref=answer["pending"])
        return str(answer["events"][0]["payload"]["ref"])

    @road
    def people(self) -> None:
        """The fund office in full: a second fund manager and treasurer, a chair, an auditor."""
        self.user("anna2", "fund_manager")
        self.user("bram2", "treasurer")
        self.user("joost", "auditor")
        self.user("carla", "committee_chair")

    @road
    def partners(self) -> None:
        """The 34 partners are active."""
        self.do("partner import", user="anna", file=as_file(PARTNERS_CSV.read_bytes(), "partners.csv"))

    @contextmanager
    def uow(self, user: str = "anna", *, command_id: str | None = None, commit: bool = True) -> Iterator[UnitOfWork]:
        """A unit of work of ``user``, for use cases called directly; rolled back when ``commit`` is false."""
        self._does("uow", user)
        chosen = command_id or f"u-{self._next()}"
        with writing(self.fund.engine) as connection:
            store = Store(connection)
            who = Snapshot(connection, PROJECTIONS, actor=None, now=store.work.clock()).user(user)
            store.work.ask(
                actor=who.user_id, command_id=chosen, name="test", content_hash=b"", asked_at=store.work.clock()
            )
            yield UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=chosen)
            if not commit:
                connection.rollback()

    @contextmanager
    def snapshot(self, user: str | None = None) -> Iterator[Snapshot]:
        """The fund to read from."""
        with Snapshot.open(self.fund.engine, PROJECTIONS, actor=user) as snapshot:
            yield snapshot

    def entries(self, *, since_seq: int = 0) -> list[Entry]:
        """Every entry after a number."""
        with self.snapshot() as snapshot:
            return list(snapshot.ledger.entries(since_seq=since_seq))

    def balances(self) -> Mapping[str, int]:
        """Balances of main accounts, debit positive, without year-end closings."""
        with self.snapshot() as snapshot:
            return snapshot.balances()

    def drain(self) -> int:
        """Do what follows from what happened."""
        self._does("drain")
        return drain(self.fund.engine)


@contextmanager
def founded(
    url: str, *, at: datetime = START, lock_step: bool = False, rules: Regulations | None = None
) -> Iterator[World]:
    """A fund founded by petra (admin), anna (fund manager) and bram (treasurer), its clock held at ``at``."""
    people = {"admin": "petra", "fund_manager": "anna", "treasurer": "bram"}
    begins = repr((at, lock_step, rules))
    about: dict[str, Any] = {"held_clock": at, "on": at.date(), "lock_step": lock_step, "rules": rules, **people}
    begin(url, begins, lambda: found_fund(url, name="Testfonds", **about))
    with open_fund(url) as fund:
        yield World(fund, past=begins)


def as_text(entry: Entry) -> str:
    """An entry as bookkeeping text: what a test compares whole."""
    lines = [f"{entry.effective_on} {entry.kind} {entry.memo}"]
    for posting in entry.postings:
        side = "Dr" if posting.amount_cents > 0 else "  Cr"
        lines.append(f"  {side} {posting.account} {abs(posting.amount_cents)}")
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------------------ proposals


def a_form(**changes: Any) -> ProposalForm:
    """A light form of Woudenberg (gm0351) for round 2026-1: € 24.000, 70 % repayable; ``changes`` by field name."""
    ask = int(changes.get("ask_cents", 24_000_00))
    hypothesis = "Wij denken dat één loket sneller werkt, omdat dossiers niet wachten."
    if "title" in changes:  # another idea, not the same one cut in two
        hypothesis = f"Wij denken dat het sneller werkt, omdat dossiers niet wachten: {changes['title']}."
    values: dict[str, Any] = {
        "version": "2026-1",
        "round": "2026-1",
        "lead": "gm0351",
        "title": "Eén loket voor vergunningen",
        "sort": "cooperation",
        "summary": "Drie gemeenten behandelen vergunningen aan één loket.",
        "themes": ("T06",),
        "ambition": "Een inwoner vraagt één keer en krijgt één antwoord.",
        "public_task": "Het verlenen van vergunningen onder de Omgevingswet.",
        "state_aid": "none",
        "cooperation": "regio-amersfoort",
        "province_role": "broker",
        "hypothesis": hypothesis,
        "measurement": "Doorlooptijd van honderd dossiers voor en na.",
        "stop_rule": "Als na zes maanden de doorlooptijd niet korter is, stoppen we.",
        "ask_cents": ask,
        "share_bps": 7000,
        "already_funded": "no",
        "budget": ({"year": 2026, "amount_cents": ask},),
        "repayment": {"plan": "fixed", "grace_months": 6, "instalments": 4, "ends_on": date(2029, 12, 31)},
        "milestones": ({"title": "Loket open", "due_on": date(2026, 12, 1), "amount_cents": ask,
                        "evidence": "Verslag van de opening"},),
        "characteristics": {
            "duur_opgaven": "permanent", "aantal_opgaven": "one", "financieel_belang": "limited",
            "bestuurlijk_belang": "limited",
            "soort_werk": "executive", "veranderlijkheid": "stable", "aard": "economies of scale",
            "samenhang": "limited",
        },
        "categories": ({"category": "Uren", "amount_cents": ask},),
        "interests": ({"party": "Woudenberg", "interest": "snelheid", "gives": "mensen", "gets": "tijd"},),
        "benefits": ({"partner": "gm0351", "year": 2027, "amount_cents": 10_000_00},),
        "exit_rules": "Wie weggaat betaalt zijn deel van het lopende jaar.",
        "boards": ({"partner": "gm0351", "how": "brief aan de raad", "informed_on": date(2026, 1, 5)},),
        "risks": ({"risk": "te weinig dossiers", "measure": "langer meten"},),
        "team": ({"partner": "gm0351", "function": "projectleider", "hours": 8},),
        "governance_form": "dienstverleningsovereenkomst",
        "payers": "de begroting van de leges",
        "sensitivity": "Bij de helft van de besparing duurt terugbetalen twee jaar langer.",
        "assets": "De software is van de penvoerder, de gegevens van elke gemeente.",
        "rollout_plan": "Andere gemeenten kunnen na een jaar aansluiten.",
    }  # fmt: skip
    return ProposalForm.model_validate({**values, **changes})


def as_file(content: bytes, name: str = "file.toml") -> InputFile:
    """A file as it is handed in."""
    return {"name": name, "content": content}


def a_proposal_file(**changes: Any) -> bytes:
    """A proposal file, complete for every track."""
    form = a_form(**changes)
    return forms.write(form, [f"Persoon {number}" for number, _member in enumerate(form.team, start=1)]).encode()
