"""The fund of the worked example (lifecycle.md 13): three municipalities, key by inhabitants, everything by commands.

Baarn leads; Bunnik and Bunschoten review and vote, with people of no partner beside them. The bank is a story, its
files are real.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from fund.bank.simulation import StoryBank
from fund.rules.regulations import KeyTerms, Regulations, standard
from tests.factories import World, a_proposal_file, as_file
from tests.workflows.deciding import panel_of, score_file
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN, IBAN, OURS
from tests.workflows.test_partners import THREE

CALLED = {BAARN: 3_988_421, BUNNIK: 2_468_157, BUNSCHOTEN: 3_543_422}
IBANS = {BAARN: IBAN, BUNNIK: "NL20INGB0001234567", BUNSCHOTEN: "NL69INGB0123456789"}
REVIEWERS: dict[str, str | None] = {"rik": BUNNIK, "ruud": BUNSCHOTEN, "ed": None, "els": None, "emma": None}
MEMBERS: dict[str, str | None] = {"mees": BUNNIK, "mira": BUNSCHOTEN, "max": None, "mona": None}
AWARD, MILESTONES = 4_000_000, (2_500_001, 1_499_999)


def rules() -> Regulations:
    """The standard regulations with the key of the example."""
    key = KeyTerms(name="2026", family="inhabitants", reference_year=2021)
    return standard().model_copy(update={"key": key, "buffer_cents": 500_000})


def peopled(world: World) -> StoryBank:
    """The office, three partners with a signatory each, reviewers, a committee, an account at the bank of the story."""
    world.do("partner import", user="anna", file=as_file(THREE))
    world.user("anna2", "fund_manager")
    world.user("bram2", "treasurer")
    world.user("joost", "auditor")
    for name, partner in (("fatima", BAARN), ("piet", BUNNIK), ("sara", BUNSCHOTEN)):
        world.user(name, "partner_signatory", partner=partner)
    for role, names in (("reviewer", REVIEWERS), ("committee_member", MEMBERS)):
        for name, partner in names.items():
            world.user(name, role, **({"partner": partner} if partner else {}))
    world.user("carla", "committee_chair")
    world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
    return StoryBank(OURS, owner="Testfonds")


def paid_in(world: World, bank: StoryBank, on: date) -> None:
    """Every partner pays its call by its reference."""
    for call in world.ask("capital list", open=True)["calls"]:
        partner = call["partner"]
        bank.receive(
            call["open_cents"], name=f"Gemeente {partner}", iban=IBANS[partner], on=on, reference=call["reference"]
        )
    taken_in(world, bank, on)


def taken_in(world: World, bank: StoryBank, on: date, *, version: str = "08") -> dict[str, Any]:
    """The statement of a day is imported; what it told."""
    files = [{"name": f"{on}.xml", "content": bank.statement(on, version=version)}]
    result: dict[str, Any] = world.do("bank import", user="bram", files=files)["result"]
    return result


def round_planned(world: World, *, closes: date = date(2026, 1, 31), ceiling_cents: int = 10_000_000) -> str:
    """A standard round that opens today; its ref."""
    about = {"title": "Winter", "opens": date(2026, 1, 5), "closes": closes, "ceiling_cents": ceiling_cents}
    answer = world.both("round plan", user="anna", second="carla", track="standard", **about)
    return str(answer["result"]["round"])


def form_of(round_ref: str, **more: Any) -> bytes:
    """The proposal of the example: Baarn asks 40,000.00, 70 % of it repayable, in two milestones."""
    lead = more.pop("lead", BAARN)
    ask = more.pop("ask_cents", AWARD)
    parts = more.pop("parts", MILESTONES)
    dues = more.pop("dues", (date(2026, 6, 1), date(2027, 1, 31)))
    said: dict[str, Any] = {
        "round": round_ref,
        "lead": lead,
        "title": "Samen pompen",
        "cooperation": "none",
        "ask_cents": ask,
        "share_bps": 7000,
        "budget": ({"year": 2026, "amount_cents": ask},),
        "categories": ({"category": "Uren", "amount_cents": ask},),
        "milestones": tuple(
            {"title": title, "due_on": due_on, "amount_cents": cents, "evidence": "Verslag"}
            for title, due_on, cents in zip(("Pompen gekoppeld", "Jaar gemeten"), dues, parts, strict=True)
        ),
        "repayment": {"plan": "fixed", "grace_months": 12, "instalments": 4, "ends_on": date(2031, 12, 31)},
        "benefits": ({"partner": lead, "year": 2027, "amount_cents": 1_000_000},),
        "boards": ({"partner": lead, "how": "brief aan de raad", "informed_on": date(2026, 1, 5)},),
        "team": ({"partner": lead, "function": "projectleider", "hours": 8},),
    }
    return a_proposal_file(**{**said, **more})


def decidable(world: World, content: bytes, *, closed: datetime = datetime(2026, 2, 2, 10, tzinfo=UTC)) -> str:
    """A proposal that was submitted, found eligible and reviewed; its ref."""
    ref = str(world.do("proposal draft", user="fatima", file=as_file(content))["result"]["ref"])
    world.do("proposal submit", user="fatima", ref=ref)
    world.do("proposal find-eligible", user="anna", ref=ref)
    world.clock(closed)
    world.do("review open", user="anna", ref=ref)
    for name in panel_of(world, ref):
        world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
    return ref


def approved(world: World, ref: str, *, amount_cents: int = AWARD) -> None:
    """The committee votes for, its chair decides."""
    for name in MEMBERS:
        world.do("decision vote", user=name, ref=ref, choice="for")
    world.do("decision decide", user="carla", ref=ref, amount_cents=amount_cents)


def agreed(world: World, ref: str) -> str:
    """The agreement is drafted and signed by the lead and the chair, so that it holds; its ref."""
    agreement = str(world.do("agreement draft", user="anna", ref=ref)["result"]["ref"])
    for name in ("fatima", "carla"):
        world.do("agreement sign", user=name, ref=agreement)
    return agreement


def payee(world: World, *, iban: str = IBANS[BAARN]) -> None:
    """The account of Baarn, by three people; it can be paid three days later."""
    world.both(
        "payee record",
        user="anna",
        second="bram",
        partner=BAARN,
        iban=iban,
        name="Gemeente Baarn",
        requested_by="fatima",
    )


def earned(world: World, agreement: str, number: int) -> None:
    """A milestone is shown and accepted."""
    evidence = {"name": "verslag.pdf", "content": f"Verslag van mijlpaal {number}".encode()}
    world.do("milestone evidence", user="fatima", ref=f"{agreement}-{number}", files=[evidence])
    world.do("milestone accept", user="anna", ref=f"{agreement}-{number}", met=[1])


def payable(world: World, agreement: str, number: int) -> str:
    """A disbursement that three people brought to approval (D3); its ref."""
    ref = str(world.do("disbursement request", user="fatima", ref=agreement, milestone=number)["result"]["ref"])
    world.do("disbursement check", user="anna", ref=ref)
    world.do("disbursement approve", user="bram", ref=ref)
    return ref


def sent(world: World, *refs: str) -> str:
    """A batch that two others let go (D4); its ref."""
    batch = str(world.do("payment batch", user="anna", refs=list(refs) or None)["result"]["ref"])
    world.both("payment send", user="bram2", second="anna2", ref=batch)
    return batch


def file_of(world: World, batch: str) -> bytes:
    """The payment file of a batch, as the bank gets it."""
    return str(world.ask("payment file", user="bram", ref=batch)["content"]).encode()


def executed_on(world: World, batch: str) -> date:
    """The day on which the bank is asked to pay a batch."""
    found = re.search(r"<ReqdExctnDt>\s*(?:<Dt>)?([0-9-]{10})", file_of(world, batch).decode())
    assert found
    return date.fromisoformat(found[1])


EVALUATION = """\
hypothesis = "refuted"
verdict = "stop"
learned = "Samen pompen kostte meer dan apart pompen, omdat de afstanden te groot zijn."

[[lessons]]
title = "Meet de afstand eerst"
text = "Boven acht kilometer is een gedeelde pomp duurder dan twee eigen pompen."
themes = ["T05"]
"""


def evaluated(world: World, agreement: str, *, learning: int = 3) -> None:
    """The evaluation refutes the hypothesis, two peers judge the learning, the chair accepts; all partners read it."""
    world.do(
        "evaluation submit",
        user="fatima",
        ref=agreement,
        file={"name": "evaluatie.toml", "content": EVALUATION.encode()},
    )
    for name in ("ed", "els"):
        world.do("evaluation peer-review", user=name, ref=agreement, learning=learning)
    world.do("evaluation accept", user="carla", ref=agreement)


def given_up(world: World, agreement: str) -> str:
    """The committee decides a learning write-off of all that is outstanding; its ref."""
    args = {"reason": "De hypothese is weerlegd.", "requested_by": "fatima"}
    proposed = world.do("writeoff propose", user="anna", ref=agreement, **args)
    ref = str(proposed["events"][0]["payload"]["ref"])
    for name in MEMBERS:
        world.do("writeoff vote", user=name, ref=ref, choice="for")
    world.do("writeoff decide", user="carla", ref=ref)
    return ref
