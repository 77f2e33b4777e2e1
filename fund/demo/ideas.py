"""The proposals of the story, named after cooperations that exist; what they propose is invented.

An idea is written down as the TOML file that a partner would hand in, whole, with every question of its track answered.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fund.money import format_plain, split_cumulative


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """What a proposal of the story proposes.

    Args:
        ask_cents: What is asked; the milestones are equal parts of it, the budget covers ``years``.
        repayable: Per cent that comes back.
        instalments: Of a fixed plan, every three months after ``grace`` months.
    """

    key: str
    title: str
    lead: str
    co: tuple[str, ...] = ()
    adopters: tuple[str, ...] = ()
    sort: str = "cooperation"
    theme: str = "T06"
    cooperation: str = ""
    ask_cents: int
    repayable: int = 70
    years: tuple[int, ...]
    milestones: tuple[tuple[str, str], ...]
    """(result, no later than) of each milestone."""
    grace: int = 6
    instalments: int = 4
    ends_on: str
    state_aid: str = "none"
    already_funded: str = "no"
    ambition: str
    hypothesis: str
    stop_rule: str
    benefit_cents: int = 40_000_00
    benefit_year: int = 2027


IDEAS: dict[str, Idea] = {
    idea.key: idea
    for idea in (
        Idea(
            key="rid",
            title="RID-Utrecht: één digitale balie",
            lead="gm0308",
            co=("gm0312", "gm0342"),
            sort="technology",
            theme="T09",
            cooperation="rid-utrecht",
            ask_cents=60_000_00,
            repayable=70,
            years=(2024, 2025),
            milestones=(("Balie werkt in Baarn", "2024-09-30"), ("Balie werkt in drie gemeenten", "2024-12-15")),
            grace=9,
            instalments=4,
            ends_on="2026-06-30",
            ambition="Inwoners van drie gemeenten regelen hun zaken aan één digitale balie.",
            hypothesis="Wij denken dat een gedeelde balie een kwart van de telefoontjes scheelt, omdat vragen lijken.",
            stop_rule="Wij stoppen als na negen maanden minder dan een tiende van de vragen digitaal binnenkomt.",
        ),
        Idea(
            key="water",
            title="Waterpartners: slimme stuwen",
            lead="ws0636",
            co=("ws0621", "ws0662"),
            sort="technology",
            theme="T05",
            cooperation="waterpartners",
            ask_cents=80_000_00,
            repayable=60,
            years=(2024, 2025),
            milestones=(("Tien stuwen meten", "2024-09-30"), ("Een droge zomer gestuurd", "2025-09-30")),
            grace=18,
            instalments=4,
            ends_on="2027-12-31",
            ambition="Drie waterschappen sturen hun stuwen als één stelsel.",
            hypothesis="Wij denken dat stuwen die van elkaar weten een vijfde water sparen, omdat zij vooruit kijken.",
            stop_rule="Wij stoppen als een heel seizoen sturen minder dan een tiende water scheelt.",
        ),
        Idea(
            key="res",
            title="RES'en: inwoners beheren het zonneveld",
            lead="gm0310",
            co=("gm1581",),
            sort="governance",
            theme="T04",
            cooperation="res",
            ask_cents=100_000_00,
            repayable=50,
            years=(2024, 2025),
            milestones=(("Stichting opgericht", "2024-12-31"), ("Eerste veld in beheer", "2025-12-31")),
            ends_on="2027-12-31",
            ambition="Inwoners beheren samen met de gemeente een zonneveld.",
            hypothesis="Wij denken dat inwoners goedkoper beheren, omdat zij dichtbij zijn.",
            stop_rule="Wij stoppen als na een jaar minder dan vijftig inwoners meedoen.",
        ),
        Idea(
            key="jeugd",
            title="JeugdFV: één consulent per gezin",
            lead="gm0345",
            co=("gm0339",),
            ask_cents=45_000_00,
            years=(2024, 2025),
            theme="T06",
            cooperation="jeugdfv",
            milestones=(("Tien gezinnen begeleid", "2025-03-31"),),
            ends_on="2027-03-31",
            ambition="Elk gezin heeft één vast gezicht.",
            hypothesis="Wij denken dat één consulent dubbel werk voorkomt, omdat het gezin niet steeds opnieuw begint.",
            stop_rule="Wij stoppen als na een half jaar het aantal betrokken hulpverleners niet daalt.",
        ),
        Idea(
            key="rvs",
            title="Regionale Veenweiden Strategie: sensornet",
            lead="gm0736",
            co=("gm1961",),
            sort="technology",
            theme="T05",
            cooperation="rvs",
            ask_cents=75_000_00,
            years=(2024, 2025),
            milestones=(("Net van sensoren ligt er", "2025-06-30"),),
            ends_on="2027-06-30",
            already_funded="same_costs",
            ambition="Samen weten wij elke dag hoe snel de bodem daalt.",
            hypothesis="Wij denken dat dagelijks meten het peilbesluit beter maakt, omdat het verrassingen voorkomt.",
            stop_rule="Wij stoppen als de metingen na een jaar meer dan een vijfde afwijken.",
        ),
        Idea(
            key="loket",
            title="Ambtenaar 5.0: ruilbank voor vakmensen",
            lead="gm0351",
            theme="T07",
            cooperation="ambtenaar-5-0",
            ask_cents=24_000_00,
            repayable=50,
            years=(2025, 2026),
            milestones=(("Ruilbank open met vijf vakmensen", "2026-12-15"),),
            grace=12,
            instalments=2,
            ends_on="2028-12-31",
            ambition="Kleine gemeenten ruilen vakmensen zonder rekening.",
            hypothesis="Wij denken dat ruilen goedkoper is dan inhuren, omdat de vraag per seizoen verschilt.",
            stop_rule="Wij stoppen als na een jaar minder dan tien ruilen zijn gedaan.",
        ),
        Idea(
            key="zou",
            title="Zuidoost Utrecht: de buurtcoach",
            lead="gm0352",
            co=("gm0312", "gm1581"),
            theme="T06",
            cooperation="zou",
            ask_cents=50_000_00,
            repayable=40,
            years=(2025,),
            milestones=(("Coach in drie buurten", "2025-09-30"),),
            grace=9,
            instalments=4,
            ends_on="2027-12-31",
            ambition="In elke buurt één coach die iedereen kent.",
            hypothesis="Wij denken dat een buurtcoach zorgvragen voorkomt, omdat buren elkaar eerder helpen.",
            stop_rule="Wij stoppen als na acht maanden het aantal lichte zorgvragen niet daalt.",
        ),
        Idea(
            key="ggd",
            title="GGD Utrecht: hittekaart voor ouderen",
            lead="gm0356",
            theme="T10",
            cooperation="ggd-utrecht",
            ask_cents=40_000_00,
            years=(2025, 2026),
            milestones=(("Kaart gereed", "2026-06-30"),),
            ends_on="2028-06-30",
            ambition="Geen oudere blijft alleen in de hitte.",
            hypothesis="Wij denken dat een kaart bezoek op tijd brengt, omdat vrijwilligers weten waar het heet is.",
            stop_rule="Wij stoppen als na één zomer minder dan de helft van de adressen klopt.",
        ),
        Idea(
            key="uitrol",
            title="Zuidoost Utrecht: de buurtcoach, uitrol",
            lead="gm0352",
            co=("gm0312",),
            adopters=("gm0321", "gm0356", "gm0353"),
            sort="rollout",
            theme="T06",
            cooperation="zou",
            ask_cents=130_000_00,
            repayable=60,
            years=(2026, 2027),
            milestones=(("Coaches in drie nieuwe gemeenten", "2026-09-30"), ("Coaches in alle buurten", "2027-09-30")),
            grace=12,
            instalments=8,
            ends_on="2030-12-31",
            ambition="De buurtcoach van drie gemeenten werkt in zes.",
            hypothesis="Wij denken dat de buurtcoach elders hetzelfde oplevert, omdat de buurten op elkaar lijken.",
            stop_rule="Wij stoppen als na een jaar twee van de drie nieuwe gemeenten geen daling zien.",
            benefit_cents=90_000_00,
        ),
    )
}


_MORE = (
    "gm0331", "ws0621", "gm0335", "gm0339", "rg-u10", "gm0340", "gm0317", "gm0589", "ws0155", "gm0313", "gm0312",
    "gm0353", "gm0327", "gm0307", "gm0355", "gm0321", "gm0632", "gm0342", "gm1581", "gm1904", "gm0344", "ws0662",
    "gm1961",
)  # fmt: skip
"""Partners that lead small ideas."""
_SMALL = (
    (
        "T07",
        "samen slimmer inkopen",
        "Wij denken dat samen inkopen in proef {number} een tiende scheelt, omdat het volume groter is.",
    ),
    (
        "T06",
        "één intake voor jeugd",
        "Wij denken dat één intake in proef {number} dubbel werk scheelt, omdat niemand opnieuw vraagt.",
    ),
    (
        "T05",
        "regenton op afstand",
        "Wij denken dat slimme regentonnen in proef {number} pieken dempen, omdat zij op tijd leeg zijn.",
    ),
    (
        "T09",
        "chat buiten kantooruren",
        "Wij denken dat een chat in proef {number} bellen scheelt, omdat vragen 's avonds komen.",
    ),
    (
        "T04",
        "buurtbatterij",
        "Wij denken dat een buurtbatterij in proef {number} het net ontlast, omdat de zon overdag schijnt.",
    ),
)
"""Theme, subject and hypothesis of the small ideas."""


def more(number: int) -> Idea:
    """One of the small ideas that fill a larger story; each is another one, some with a second party."""
    theme, subject, hypothesis = _SMALL[number % len(_SMALL)]
    lead, other = _MORE[number % len(_MORE)], _MORE[(number * 7 + 5) % len(_MORE)]
    return Idea(
        key=f"proef-{number}",
        title=f"Kleine proef {number}: {subject}",
        lead=lead,
        co=(other,) if number % 5 == 0 and other != lead else (),
        theme=theme,
        ask_cents=2_500_00 + number % 40 * 100_00,
        repayable=50,
        years=(2025,),
        milestones=((f"Proef {number} uitgevoerd", "2025-12-15"),),
        grace=18,
        instalments=2,
        ends_on="2028-12-31",
        already_funded="same_costs" if number % 12 == 6 else "no",
        ambition=f"In proef {number} leert een kleine organisatie samen met de buren.",
        hypothesis=hypothesis.format(number=number),
        stop_rule="Wij stoppen als na een half jaar het verschil kleiner is dan een twintigste.",
    )


def more_leads(count: int, every: int, places: Sequence[int]) -> list[str]:
    """The leads of the first ``count`` small ideas at these places of every dozen or so, each once."""
    numbers = (number for number in range(1, count + 1) if number % every in places)
    return list(dict.fromkeys(more(number).lead for number in numbers))


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def form_file(idea: Idea, round_ref: str, *, budget_short_cents: int = 0, risk: str = "De trekker valt weg.") -> bytes:
    """The TOML file of an idea for a round; with ``budget_short_cents`` its budget does not add up to the ask."""
    parties = (idea.lead, *idea.co, *idea.adopters)
    major = idea.sort == "rollout"
    budget = split_cumulative(idea.ask_cents, len(idea.years))
    stones = split_cumulative(idea.ask_cents, len(idea.milestones))
    lines = [
        'schema = "2026-1"',
        "[proposal]",
        f"round = {_text(round_ref)}",
        f"lead_partner = {_text(idea.lead)}",
        f"title = {_text(idea.title)}",
        f"sort = {_text(idea.sort)}",
        f"summary = {_text(idea.ambition + ' Wij proberen het een jaar lang uit en meten elke maand.')}",
        f"themes = [{_text(idea.theme)}]",
        f"ambition = {_text(idea.ambition)}",
        f"public_task = {_text('Het gaat om een wettelijke taak van de deelnemende overheden, zonder winst.')}",
        f"state_aid = {_text(idea.state_aid)}",
        f"co_applicants = {_list(idea.co)}",
        f"adopters = {_list(idea.adopters)}",
        *(["beneficiaries = []"] if major else []),
        f"cooperation = {_text(idea.cooperation)}",
        'province_role = "broker"',
        f"province_reason = {_text('De provincie brengt de partijen bij elkaar en beslist niet mee.')}",
        "[experiment]",
        f"hypothesis = {_text(idea.hypothesis)}",
        f"measurement = {_text('Wij tellen elke maand en vergelijken met het jaar ervoor.')}",
        f"stop_rule = {_text(idea.stop_rule)}",
        *(
            [f"governance_form = {_text('Eén opdrachtgever; elke gemeente blijft zelf verantwoordelijk.')}"]
            if major
            else []
        ),
        "[experiment.characteristics]",
        'duur_opgaven = "temporary"',
        'aantal_opgaven = "one"',
        'financieel_belang = "limited"',
        'bestuurlijk_belang = "limited"',
        'soort_werk = "executive"',
        'veranderlijkheid = "volatile"',
        'aard = "economies of scale"',
        'samenhang = "limited"',
        "[money]",
        f"ask = {_text(format_plain(idea.ask_cents))}",
        f"repayable_share = {_text(str(idea.repayable))}",
        f"already_funded = {_text(idea.already_funded)}",
        'own_share = "10000"',
    ]
    for number, (year, cents) in enumerate(zip(idea.years, budget, strict=True)):
        short = budget_short_cents if number == 0 else 0
        lines += ["[[money.budget]]", f"year = {year}", f"amount = {_text(format_plain(cents - short))}"]
    categories = {"personeel": idea.ask_cents, "materiaal": 10_000_00}
    for name, cents in categories.items():
        lines += ["[[money.categories]]", f"category = {_text(name)}", f"amount = {_text(format_plain(cents))}"]
    lines += [
        "[repayment]",
        'plan = "fixed"',
        f"grace_months = {idea.grace}",
        f"instalments = {idea.instalments}",
        "months_between = 3",
        f"ends_on = {_text(idea.ends_on)}",
    ]
    for (title, due_on), cents in zip(idea.milestones, stones, strict=True):
        lines += [
            "[[milestones]]",
            f"title = {_text(title)}",
            f"due_on = {_text(due_on)}",
            f"amount = {_text(format_plain(cents))}",
            f"evidence = {_text('Verslag met cijfers, ondertekend door de projectleider.')}",
        ]
    for party in parties:
        lines += [
            "[[interests]]",
            f"party = {_text(party)}",
            f"interest = {_text('Betere dienstverlening tegen lagere kosten.')}",
            f"gives = {_text('Een dag per week van een vakspecialist.')}",
            f"gets = {_text('Een werkwijze die meteen bruikbaar is.')}",
        ]
    if major:
        lines += [
            "[business_case]",
            f"payers = {_text('De gemeenten zelf, uit het budget voor lichte zorg.')}",
            f"sensitivity = {_text('Bij de helft van de besparing duurt terugbetalen twee jaar langer.')}",
        ]
    for party in parties:
        benefit = format_plain(idea.benefit_cents // len(parties))
        lines += [
            "[[business_case.benefits]]",
            f"partner = {_text(party)}",
            f"year = {idea.benefit_year}",
            f"amount = {_text(benefit)}",
        ]
    lines += [
        "[arrangements]",
        f"exit_rules = {_text('Wie vertrekt, draagt zijn deel van de afgesproken kosten tot het einde van het jaar.')}",
    ]
    if major:
        lines += [
            f"assets = {_text('Wat gemaakt wordt is van alle partners samen.')}",
            f"rollout_plan = {_text('Na een jaar kan elke gemeente aansluiten met dezelfde handleiding.')}",
        ]
    informed = f"{idea.years[0] if idea.years[0] < 2026 else 2026}-02-01"
    for party in parties:
        lines += [
            "[[boards]]",
            f"partner = {_text(party)}",
            f"how = {_text('Brief over de inhoud, daarna een gesprek in de commissie.')}",
            f"informed_on = {_text(informed)}",
        ]
    lines += [
        "[[risks]]",
        f"risk = {_text(risk)}",
        f"measure = {_text('Een tweede partij leest vanaf het begin mee.')}",
        "[[team]]",
        f"name = {_text('Projectleider')}",
        f"partner = {_text(idea.lead)}",
        f"function = {_text('projectleider')}",
        "hours = 16",
        "",
    ]
    return "\n".join(lines).encode()
