"""The people of random rounds: right ones in every role, and wrong ones; what they write, with a canary under seal."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import date, timedelta
from random import Random
from typing import Any

from fund import forms
from fund.schemas.proposals import ProposalForm
from tests.factories import PARTNERS_CSV, World, a_form, as_file
from tests.lives.money_in import iban
from tests.lives.rounds_known import KINDS, TRACKS, Seal
from tests.workflows.deciding import CRITERIA, score_file

FEW = ("gm0351", "gm0308", "gm0312", "gm0344", "gm0355", "gm0632", "ws0636", "ws0621", "rg-u10", "pv26")
"""A small fund: six municipalities, two water boards, a region, the province."""


def partners_file(partners: set[str]) -> bytes:
    """``partners.csv`` with these partners only."""
    with PARTNERS_CSV.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for row in rows if row["id"] in partners)
    return out.getvalue().encode()


def peopled(world: World, partners: set[str], dice: Random) -> None:
    """Everybody: the office with own, seconded and partners' people; a panel, a committee, doubles, every signatory."""
    world.do("partner import", user="anna", file=as_file(partners_file(partners)))
    of = {kind: sorted(each for each in partners if KINDS[each] == kind) for kind in set(KINDS.values())}
    everybody = sorted(partners)

    def any_of(*kinds: str) -> str:
        return dice.choice([each for kind in kinds for each in of[kind]] or everybody)

    def add(name: str, *roles: str, partner: str | None = None, seconded: bool = False) -> None:
        world.user(name, *roles, partner=partner, seconded=seconded)

    add("anna2", "fund_manager")
    add("fons", "fund_manager", partner=any_of("municipality"), seconded=True)
    add("fien", "fund_manager", partner=any_of("municipality"))
    add("frits", "fund_manager", "treasurer")
    add("fenna", "fund_manager", "committee_member", partner=any_of("municipality", "water_board"))
    add("bram2", "treasurer", partner=any_of("municipality"))
    add("bea", "treasurer", "reviewer")
    add("joost", "auditor")
    for number, kind in enumerate(("municipality", "municipality", "water_board", "region", "province")):
        add(f"rosa{number}", "reviewer", partner=any_of(kind))
    for number in range(3):
        add(f"ed{number}", "reviewer")
    add("ed3", "reviewer", partner=any_of("municipality"), seconded=True)
    for number, kind in enumerate(("municipality", "municipality", "water_board", "region")):
        add(f"carl{number}", "committee_member", partner=any_of(kind))
    add("mara", "reviewer", "committee_member", partner=any_of("water_board"))
    add("milo", "reviewer", "committee_member")
    add("rens", "reviewer", "partner_signatory", partner=any_of("municipality"))
    add("sef", "committee_member", "partner_signatory", partner=any_of("municipality"))
    for partner in everybody:
        add(f"s-{partner}", "partner_signatory", partner=partner)
    for number, partner in enumerate(dice.sample(everybody, 5)):
        asked = {
            "partner": partner,
            "iban": iban(700 + number),
            "name": f"Kas {partner}",
            "requested_by": f"s-{partner}",
        }
        world.both("payee record", user="anna", second="bram", **asked)
    for partner in dice.sample(everybody, 4):
        add(f"s2-{partner}", "partner_signatory", partner=partner)
        add(f"e-{partner}", "partner_editor", partner=partner)
    add("dora", "deputy_chair")
    world.both(
        "user add", user="petra", second="dora", name="dirk", roles=["deputy_chair"], partner=any_of("municipality")
    )
    world.both("user add", user="petra", second="dora", name="carla", roles=["committee_chair"])


class Writer:
    """What people write: forms with random parties and asks, score files, votes; each with words of its own."""

    def __init__(self, partners: set[str]) -> None:
        self.partners = sorted(partners)
        self.count = itertools.count(1)
        self.given: set[tuple[tuple[str, int], ...]] = set()

    def parties(self, dice: Random, lead: str) -> dict[str, Any]:
        """Random parties beside the lead; now and then everybody."""
        rest = [each for each in self.partners if each != lead]
        dice.shuffle(rest)
        how = dice.random()
        if how < 0.05:
            return {"co_applicants": tuple(rest), "adopters": (), "beneficiaries": ()}
        if how < 0.17:
            return {"co_applicants": tuple(rest[:1]), "adopters": (), "beneficiaries": tuple(rest[1:])}
        many = dice.choice([0, 0, 1, 1, 2, 4]), dice.choice([0, 0, 1, 3]), dice.choice([0, 0, 1, 2, 6])
        cuts = list(itertools.accumulate(many, initial=0))
        groups = [tuple(rest[start:end]) for start, end in itertools.pairwise(cuts)]
        return dict(zip(("co_applicants", "adopters", "beneficiaries"), groups, strict=True))

    def form(self, dice: Random, *, round_: str, track: str, ceiling: int, lead: str, today: date) -> ProposalForm:
        """A form for the round: mostly one that fits it."""
        low, high = TRACKS[track]
        top = min(high - 1, ceiling, low * 3 + 20_000_00)
        ask = dice.randint(max(low, 1_000_00), top) if top > max(low, 1_000_00) else max(low, 1_000_00)
        ask = dice.choice([ask] * 8 + [low or 1, max(high if high < 10**12 else ceiling + 1, 1)])
        first = dice.randint(1, ask)
        year = today.year
        milestones = [(first, today + timedelta(days=90)), (ask - first, today + timedelta(days=200))]
        changes: dict[str, Any] = {
            "round": round_,
            "lead": lead,
            "title": f"Plan {next(self.count)}",
            "summary": f"schets-{next(self.count)} van een plan",
            "ask_cents": ask,
            "share_bps": dice.choice([7000, 10_000, 0, 3333]),
            "budget": ({"year": year, "amount_cents": ask},),
            "categories": ({"category": "Uren", "amount_cents": ask},),
            "milestones": tuple(
                {"title": f"Stap {number}", "due_on": due, "amount_cents": cents, "evidence": "verslag"}
                for number, (cents, due) in enumerate(milestones, start=1)
                if cents
            ),
            "team": tuple(
                {"partner": partner, "function": "projectleider", "hours": 8}
                for partner in {lead, *dice.choices(self.partners, k=dice.choice([0, 0, 1]))}
            ),
            "boards": ({"partner": lead, "how": "brief aan de raad", "informed_on": today},),
            "benefits": ({"partner": lead, "year": year + 1, "amount_cents": 10_000_00},),
            "repayment": {"plan": "fixed", "grace_months": 12, "instalments": 4, "ends_on": date(year + 5, 12, 31)},
            **self.parties(dice, lead),
        }
        if dice.random() < 0.06:
            changes["already_funded"] = "same_costs"
        return a_form(**changes)

    def changed(self, dice: Random, form: ProposalForm) -> ProposalForm:
        """The form, somewhat otherwise: other parties, another ask, or only other words."""
        what = dice.choice(["parties", "money", "words", "words"])
        if what == "parties":
            told = {**form.model_dump(), **self.parties(dice, form.lead)}
            return ProposalForm.model_validate(told)
        if what == "money" and form.ask_cents > 2_000_00:
            less = form.ask_cents - dice.randint(1, 1_000_00)
            told = {
                "ask_cents": less, "budget": ({"year": form.budget[0].year, "amount_cents": less},),
                "categories": ({"category": "Uren", "amount_cents": less},),
                "milestones": ({**form.milestones[0].model_dump(), "amount_cents": less},),
            }  # fmt: skip
            return ProposalForm.model_validate({**form.model_dump(), **told})
        return ProposalForm.model_validate({**form.model_dump(), "summary": f"schets-{next(self.count)} opnieuw"})

    def file(self, dice: Random, form: ProposalForm, people: list[str], *, mark: str = "") -> tuple[bytes, set[str]]:
        """The form as a file, and the names in it; now and then that of somebody of the fund."""
        names = [dice.choice(people) if dice.random() < 0.05 else f"Persoon {next(self.count)}" for _one in form.team]
        return forms.write(form, names, revision=mark).encode(), {name.casefold() for name in names}

    def scores(self, dice: Random, ref: str) -> tuple[Seal, bytes]:
        """A score file: mostly about the same, sometimes far apart; one criterion is left, in words of its own."""
        canary = f"kanarie-{next(self.count)}"
        level = dice.choice([1, 2, 3, 3, 3, 3, 4])
        while True:  # nobody gives the same scores as somebody else: whose they are can be seen
            scores = {each: min(max(level + dice.choice([-1, 0, 0, 0, 0, 1]), 0), 4) for each in CRITERIA}
            out = dice.choice(CRITERIA)
            told = {key: value for key, value in scores.items() if key != out}
            if tuple(sorted(told.items())) not in self.given:
                break
        self.given.add(tuple(sorted(told.items())))
        abstain = {out: f"{canary} past mij niet"}
        return Seal(canary, ref, "score", {"scores": told, "abstained": abstain}), score_file(scores, abstain=abstain)

    def vote(self, dice: Random, ref: str, *, objection: bool) -> tuple[Seal, dict[str, str]]:
        """A vote, with a reason of its own."""
        canary = f"kanarie-{next(self.count)}"
        choices = ["uphold", "reopen", "abstain"] if objection else ["for"] * 6 + ["against"] * 2 + ["abstain"]
        said = {"choice": dice.choice(choices), "reason": f"{canary} vind ik"}
        return Seal(canary, ref, "vote", dict(said)), said
