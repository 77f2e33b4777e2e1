"""The proposals of the story (``data/demo/ideas.toml``), each as the TOML file that a partner would hand in, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from fund.demo.stage import material
from fund.money import format_plain, split_cumulative

_TEXTS, _GIVEN = material("ideas.toml"), material("proposal.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """What a proposal of the story proposes.

    Args:
        ask_cents: What is asked; the milestones are equal parts of it, the budget covers ``years``.
        repayable: Per cent that comes back.
        milestones: Result and day of each.
        instalments: Of a fixed plan, every three months after ``grace`` months.
    """

    key: str
    title: str
    lead: str
    co: Sequence[str] = ()
    adopters: Sequence[str] = ()
    sort: str = "cooperation"
    theme: str = "T06"
    cooperation: str = ""
    ask_cents: int
    repayable: int = 70
    years: Sequence[int]
    milestones: Sequence[tuple[str, str]]
    grace: int = 6
    instalments: int = 4
    ends_on: str
    already_funded: str = "no"
    ambition: str
    hypothesis: str
    stop_rule: str
    benefit_cents: int = 40_000_00


IDEAS = {row["key"]: Idea(**row) for row in _TEXTS["idea"]}


def more(number: int) -> Idea:
    """One of the small ideas that fill a larger story; each is another one, some with a second party."""
    subjects, leads = _TEXTS["small"]["subject"], _TEXTS["small"]["leads"]
    about = subjects[number % len(subjects)]
    lead, other = leads[number % len(leads)], leads[(number * 7 + 5) % len(leads)]
    return Idea(
        key=f"proef-{number}",
        title=f"Kleine proef {number}: {about['subject']}",
        lead=lead,
        co=(other,) if number % 5 == 0 and other != lead else (),
        theme=about["theme"],
        ask_cents=2_500_00 + number % 40 * 100_00,
        repayable=50,
        years=(2025,),
        milestones=((f"Proef {number} uitgevoerd", "2025-12-15"),),
        grace=18,
        instalments=2,
        ends_on="2028-12-31",
        already_funded="same_costs" if number % 12 == 6 else "no",
        ambition=f"In proef {number} leert een kleine organisatie samen met de buren.",
        hypothesis=about["hypothesis"].format(number=number),
        stop_rule="Wij stoppen als na een half jaar het verschil kleiner is dan een twintigste.",
    )


def more_leads(count: int, every: int, places: Sequence[int]) -> list[str]:
    """The leads of the first ``count`` small ideas at these places of every dozen or so, each once."""
    numbers = (number for number in range(1, count + 1) if number % every in places)
    return list(dict.fromkeys(more(number).lead for number in numbers))


def form_file(
    idea: Idea, round_ref: str, *, budget_short_cents: int = 0, risk: str = "De trekker valt weg."
) -> dict[str, Any]:
    """The file of an idea for a round; with ``budget_short_cents`` its budget does not add up to the ask."""
    parties = (idea.lead, *idea.co, *idea.adopters)
    budget = split_cumulative(idea.ask_cents, len(idea.years))
    stones = split_cumulative(idea.ask_cents, len(idea.milestones))
    own: dict[str, Any] = {
        "proposal": {
            "round": round_ref,
            "lead_partner": idea.lead,
            "title": idea.title,
            "sort": idea.sort,
            "summary": f"{idea.ambition} Wij proberen het een jaar lang uit en meten elke maand.",
            "themes": [idea.theme],
            "ambition": idea.ambition,
            "co_applicants": list(idea.co),
            "adopters": list(idea.adopters),
            "cooperation": idea.cooperation,
        },
        "experiment": {"hypothesis": idea.hypothesis, "stop_rule": idea.stop_rule},
        "money": {
            "ask": format_plain(idea.ask_cents),
            "repayable_share": str(idea.repayable),
            "already_funded": idea.already_funded,
            "budget": [
                {"year": year, "amount": format_plain(cents - (0 if number else budget_short_cents))}
                for number, (year, cents) in enumerate(zip(idea.years, budget, strict=True))
            ],
            "categories": [
                {"category": "personeel", "amount": format_plain(idea.ask_cents)},
                {"category": "materiaal", "amount": "10000.00"},
            ],
        },
        "repayment": {"grace_months": idea.grace, "instalments": idea.instalments, "ends_on": idea.ends_on},
        "business_case": {
            "benefits": _blocks(
                "business_case",
                [{"partner": each, "amount": format_plain(idea.benefit_cents // len(parties))} for each in parties],
            )
        },
        "arrangements": {},
    }
    for given in ("all", "rollout") if idea.sort == "rollout" else ("all",):
        for section, answers in _GIVEN[given].items():
            own[section] |= answers
    own |= {
        "milestones": _blocks(
            "milestones",
            [
                {"title": title, "due_on": due_on, "amount": format_plain(cents)}
                for (title, due_on), cents in zip(idea.milestones, stones, strict=True)
            ],
        ),
        "interests": _blocks("interests", [{"party": each} for each in parties]),
        "boards": _blocks(
            "boards", [{"partner": each, "informed_on": f"{min(idea.years[0], 2026)}-02-01"} for each in parties]
        ),
        "risks": _blocks("risks", [{"risk": risk}]),
        "team": _blocks("team", [{"partner": idea.lead}]),
    }
    text = tomlkit.dumps({"schema": "2026-1", **own}).replace("\n\n", "\n")
    return {"name": f"{idea.key}.toml", "content": text.encode()}


def _blocks(name: str, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Blocks with what all of that name answer alike."""
    return [{**row, **_GIVEN["block"][name]} for row in rows]
