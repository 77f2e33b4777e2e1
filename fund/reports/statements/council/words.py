"""The council statement in plain sentences: the figures of ``composing`` in the language in use.

Every sentence here is ours and is kept short (B1): a mean of at most ten words, none above eighteen, no word of
``data/b1-avoid.csv``. Titles and what people wrote stand beside our sentences, never in them, so that they are quoted
as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from fund.language import N_, _, day, decimal_text, euros, language, ngettext, number
from fund.money import half_up
from fund.reports.layout import Column, Page, Table, fact_table
from fund.words import all_words, role_word

READERS = {
    "municipal_council": N_("For the municipal council"),
    "general_board": N_("For the general board"),
    "provincial_council": N_("For the Provincial Council"),
}
HEADINGS = {
    "paid": N_("What did we pay?"),
    "done": N_("What was done with it?"),
    "back": N_("What came back?"),
    "learned": N_("What did we learn?"),
    "next": N_("What comes next?"),
}
WORKED = {
    ("confirmed", True): N_("This worked."),
    ("confirmed", False): N_("This worked."),
    ("refuted", True): N_("This did not work. We did learn a lot from it."),
    ("refuted", False): N_("This did not work."),
    ("inconclusive", True): N_("We do not know yet whether this works. We did learn from it."),
    ("inconclusive", False): N_("We do not know yet whether this works."),
}
ASKED = {
    "sign": N_("We sign for this experiment."),
    "evaluation": N_("We tell what this experiment taught us."),
    "evaluation_late": N_("We should have told what this experiment taught us."),
    "followon": N_("Until this day we can ask to do this too."),
    "rollout": N_("Until this day we can ask money to do this more widely."),
    "round_opens": N_("From this day we can send in a plan."),
    "round_closes": N_("Until this day we can send in a plan."),
    "decision": N_("By this day we hear whether the fund pays for our plan."),
    "key_review": N_("Together we choose again who pays which part."),
    "leave": N_("On this day we leave the fund."),
}
EXPLAINED = {
    "fund": N_("money that is used again and again."),
    "experiment": N_("a trial. If it does not work, we learn from that too."),
}
"""Two words of the glossary, by their name in code, and what they mean in plain words."""
NAMED = 3
"""So many partners are named in a sentence."""
FLOW_NAMES = {
    "paid_in_cents": N_("we paid in"),
    "paid_out_cents": N_("for experiments"),
    "came_back_cents": N_("came back"),
    "costs_cents": N_("for the fund itself"),
    "left_cents": N_("in the fund now"),
}
"""What moved, in the order of the chart."""
GONE = ("settling", "exited")


def reader(found: Mapping[str, Any]) -> str:
    """For whom the statement is: the word follows the kind of partner."""
    return _(READERS[found["body"]])


def command_of(found: Mapping[str, Any]) -> str:
    """What to type to get the same statement."""
    return f"fund statement council {found['id']} --as-of {found['as_of']} --known-at {found['known_at']}"


def describe(found: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the page, as the template and the terminal lay them out."""
    return {
        "language": language(),
        "fund": found["fund_name"],
        "name": found["name"],
        "title": _("{name} in {fund}").format(name=found["name"], fund=found["fund_name"]),
        "reader": reader(found),
        "day": day(found["as_of"]),
        "intro": list(_intro(found)),
        "facts": _facts(found),
        "paid": {"heading": _(HEADINGS["paid"]), "sentences": list(_paid(found))},
        "done": {"heading": _(HEADINGS["done"]), "sentences": list(_done(found))},
        "back": {"heading": _(HEADINGS["back"]), "sentences": list(_back(found))},
        "chart": {key: text for key, text in chart_of(found).items() if key != "values"},
        "learned": {
            "heading": _(HEADINGS["learned"]),
            "sentences": [] if found["lessons"] else [_("No experiment is finished yet.")],
            "lessons": [_lesson(each) for each in found["lessons"]],
        },
        "next": {
            "heading": _(HEADINGS["next"]),
            "sentences": [] if found["dates"] else [_("The fund asks nothing of us now.")],
            "dates": [_date(each, found) for each in found["dates"]],
        },
        "call": _call(found["contact"]),
        "reach": ", ".join(filter(None, (found["contact"]["telephone"], found["contact"]["mail"]))),
        "words": [[_glossary(name), _(meaning)] for name, meaning in EXPLAINED.items()],
        "foot": _("State of {day}, entry {seq}, {hash}").format(
            day=day(found["as_of"]), seq=found["known_at"], hash=_short(found["head"]["hash"])
        ),
        "command": command_of(found),
    }


def _call(contact: Mapping[str, Any]) -> str:
    said = (
        _("Questions? Call the {role}, who works for the fund.")
        if contact["telephone"] or not contact["mail"]
        else _("Questions? Write to the {role}, who works for the fund.")
    )
    return said.format(role=role_word(contact["role"]))


def chart_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The waterfall of our part, as ``fund.reports.charts`` draws it (``flows``)."""
    values = [
        {"name": _(name), "amount_cents": cents, "total": last, "label": number(cents)}
        for name, cents, last in (_of_who_left(found) if found["state"] in GONE else _of_who_stays(found))
    ]
    paid, left = found["part"]["paid_in_cents"], found["part"]["left_cents"]
    if found["state"] in GONE:
        title = _("What we paid, and what we get back.")
    elif paid > 0 and left >= 0:
        cents = half_up(Fraction(left * 100, paid))
        title = _("Of every euro of ours, {cents} cents are in the fund now.").format(cents=cents)
    else:
        title = _("Our part of the money in the fund.")
    return {
        "title": title,
        "subtitle": _("Our part, in euros"),
        "description": f"{title} " + "; ".join(f"{each['name']} {each['label']}" for each in values) + ".",
        "values": values,
    }


def _of_who_stays(found: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    for key, name in FLOW_NAMES.items():
        sign = -1 if key in ("paid_out_cents", "costs_cents") else 1
        yield name, sign * found["part"][key], key == "left_cents"


def _of_who_left(found: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """What of its money stays with the others: its part of what is lost, or less than nothing of a gain."""
    back, due = found["paid_back_cents"], found["settlement_cents"]
    yield N_("we paid in"), found["contributed_cents"], False
    yield N_("we got back"), -back, False
    yield N_("we still get"), -due, False
    yield N_("stays in the fund"), found["contributed_cents"] - back - due, True


def our_sentences(page: Mapping[str, Any]) -> list[str]:
    """Every sentence of the page that is ours, in its order: what people wrote is left out."""
    said = [*page["intro"], *(each["note"] for each in page["facts"])]
    for part in ("paid", "done", "back", "learned", "next"):
        said.extend(page[part]["sentences"])
    said.append(page["chart"]["title"])
    for lesson in page["learned"]["lessons"]:
        said.extend((lesson["worked"], lesson["users"]))
    said.extend(each["asks"] for each in page["next"]["dates"])
    said.append(page["call"])
    said.extend(f"{word}: {meaning}" for word, meaning in page["words"])
    return [each for each in said if each]


def _intro(found: Mapping[str, Any]) -> Iterator[str]:
    if found["fund"]["partners"] > 1:
        yield _("Together {count} governments fill the fund: money for experiments.").format(
            count=found["fund"]["partners"]
        )
    else:
        yield _("Governments fill the fund together: money for experiments.")
    yield _("The fund pays for experiments: trials of new work.")
    yield _("What works pays money back. We use that money again.")


def _facts(found: Mapping[str, Any]) -> list[dict[str, str]]:
    gone, worth = found["state"] in GONE, found["exit_value_cents"]
    running = found["experiments"]["running"]
    if worth < 0:
        note = _("We left the fund.") if gone else _("We would pay this if we left now.")
        value, label = _euros(-worth), _("we still have to pay")
    elif gone:
        value, label, note = _euros(worth), _("we still get"), _("We left the fund.")
    else:
        value, label, note = _euros(worth), _("it is worth now"), _left_now(found)
    return [
        {"value": _euros(found["contributed_cents"]), "label": _("we paid in"), "note": _("Counted from the start.")},
        {"value": value, "label": label, "note": note},
        {
            "value": str(found["experiments"]["taken_part"]),
            "label": ngettext("experiment with us", "experiments with us", found["experiments"]["taken_part"]),
            "note": _with_us(found["experiments"]["taken_part"], running),
        },
    ]


def _left_now(found: Mapping[str, Any]) -> str:
    """What leaving would bring, and when: as the exit quote says it."""
    now, later = found["exit_value_now_cents"], found["exit_value_later_cents"]
    if not later or now + later != found["exit_value_cents"]:
        return _("We would get this if we left now.")
    return _("If we left now: {now} at once, {later} later.").format(now=_euros(now), later=_euros(later))


def _with_us(taken_part: int, running: int) -> str:
    if not taken_part:
        return _("We did not take part yet.")
    if not running:
        return _("None of them runs now.")
    return ngettext("{count} of them runs now.", "{count} of them run now.", running).format(count=running)


def _paid(found: Mapping[str, Any]) -> Iterator[str]:
    if found["contributed_cents"]:
        yield _("We paid {amount} to the fund.").format(amount=_euros(found["contributed_cents"]))
    else:
        yield _("We paid nothing yet.")
    if found["paid_back_cents"]:
        yield _("We left, and got {amount} back.").format(amount=_euros(found["paid_back_cents"]))
    elif found["contributed_cents"] and found["share_of_paid_in"]:
        yield _("That is {percent} percent of all that was paid in.").format(
            percent=_percent(found["share_of_paid_in"])
        )
    if found["receivable_cents"] > 0:
        yield _("We still have to pay {amount}.").format(amount=_euros(found["receivable_cents"]))
    if found["overpaid_cents"] > 0:
        yield _("We paid {amount} too much. We get that back.").format(amount=_euros(found["overpaid_cents"]))


def _done(found: Mapping[str, Any]) -> Iterator[str]:
    fund, part, with_us = found["fund"], found["part"], found["experiments"]
    if fund["experiments"]:
        yield ngettext(
            "The fund started {count} experiment.", "The fund started {count} experiments.", fund["experiments"]
        ).format(count=fund["experiments"])
    else:
        yield _("The fund has not started an experiment yet.")
    if fund["paid_out_cents"]:
        yield _("It paid out {amount} for that.").format(amount=_euros(fund["paid_out_cents"]))
        yield from _ours(part["paid_out_cents"])
    if fund["costs_cents"]:
        yield _("The fund itself cost {amount}.").format(amount=_euros(fund["costs_cents"]))
        yield from _ours(part["costs_cents"])
    if found["received_cents"] > 0:
        yield ngettext(
            "For our experiment we got {amount}.", "For our experiments we got {amount}.", with_us["as_lead"]
        ).format(amount=_euros(found["received_cents"]))
    elif with_us["taken_part"]:
        yield _("The money for our experiments goes to another government.")
    else:
        yield _("We did not take part in an experiment yet.")


def _ours(cents: int) -> Iterator[str]:
    if cents:
        yield _("{amount} of it was ours.").format(amount=_euros(cents))


def _back(found: Mapping[str, Any]) -> Iterator[str]:
    fund, part, revolving = found["fund"], found["part"], found["revolving"]
    if fund["came_back_cents"]:
        yield _("{amount} came back.").format(amount=_euros(fund["came_back_cents"]))
        yield from _ours(part["came_back_cents"])
    else:
        yield _("No money came back yet.")
    goal = revolving["target_of_each_euro_cents"]
    if revolving["of_each_euro_cents"] is None:
        yield _("No money has to come back yet.")
        yield _("Our goal is {goal} cents of every euro.").format(goal=goal)
    elif revolving["of_each_euro_cents"] <= 0:
        yield _("Of the money that has to come back, we expect nothing.")
        yield _("Our goal is {goal} cents of every euro.").format(goal=goal)
    else:
        yield _("Of every euro that has to come back, we expect {cents} cents. Our goal is {goal} cents.").format(
            cents=revolving["of_each_euro_cents"], goal=goal
        )
        if found["state"] not in GONE and found["exit_value_cents"] > 0:
            yield _("Money that will come back counts in what our part is worth.")


def _lesson(lesson: Mapping[str, Any]) -> dict[str, str]:
    return {
        "ref": lesson["agreement"],
        "title": lesson["title"],
        "worked": _(WORKED.get((lesson["hypothesis"], bool(lesson["good_result"])), WORKED["inconclusive", False])),
        "quote": lesson["learned"] if lesson["whole"] else f"{lesson['learned']} […]",
        "users": _users([each["name"] for each in lesson["used_by"]]),
    }


def _users(names: Sequence[str]) -> str:
    if not names:
        return _("Nobody else uses this yet.")
    if len(names) == 1:
        return _("{name} uses this too.").format(name=names[0])
    if len(names) <= NAMED:
        return _("{names} and {last} use this too.").format(names=", ".join(names[:-1]), last=names[-1])
    return _("{names} and {count} others use this too.").format(
        names=", ".join(names[: NAMED - 1]), count=len(names) - NAMED + 1
    )


def _date(asked: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    late = asked["late"]
    if asked["amount_cents"] is None:
        kind = f"{asked['kind']}_late" if late else asked["kind"]
        asks = _(ASKED.get(kind, ASKED[asked["kind"]]))
    else:
        amount = _euros(asked["amount_cents"])
        if asked["kind"] == "rest":
            asks = _("Since this day we should have paid {amount} more.")
        elif asked["kind"] == "call":
            asks = _("We should have paid the fund {amount}.") if late else _("We pay the fund {amount}.")
        else:
            asks = _("We should have paid back {amount}.") if late else _("We pay back {amount}.")
        asks = asks.format(amount=amount)
    return {"on": day(asked["on"]), "asks": asks, "title": asked["title"], "ref": asked["ref"]}


def _glossary(name: str) -> str:
    word = next((word for word in all_words() if word.name == name and not word.is_state), None)
    text = word.in_language() if word is not None else name
    return text[:1].upper() + text[1:]


def _percent(share: str) -> str:
    value = Fraction(share)
    tenths = (Decimal(value.numerator) * 100 / Decimal(value.denominator)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return decimal_text(str(tenths).removesuffix(".0"))


def _euros(cents: int) -> str:
    """An amount that is never broken over two lines."""
    return euros(cents).replace(" ", "\u00a0")


def _short(value: str) -> str:
    return " ".join(value[start : start + 4] for start in range(0, 12, 4))


# ----------------------------------------------------------------------------------------------------- as a statement


def as_page(found: Mapping[str, Any]) -> Page:
    """The statement as tables: facts, what went in and out, experiments, days."""
    page = describe(found)
    rows = [
        {"what": _(name), "fund_cents": found["fund"][key], "part_cents": found["part"][key]}
        for key, name in FLOW_NAMES.items()
    ]
    return Page(
        name="council",
        title=page["title"],
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=(
            fact_table(
                "facts",
                page["reader"],
                [
                    (page["facts"][0]["label"], found["contributed_cents"], "amount"),
                    (page["facts"][1]["label"], abs(found["exit_value_cents"]), "amount"),
                    (page["facts"][2]["label"], found["experiments"]["taken_part"], "count"),
                ],
            ),
            Table(
                "in-and-out",
                page["done"]["heading"],
                (
                    Column("what", N_("What")),
                    Column("fund_cents", N_("The fund"), "amount"),
                    Column("part_cents", N_("Our part"), "amount"),
                ),
                rows[:-1],
                total=rows[-1],
                notes=[*page["paid"]["sentences"], *page["done"]["sentences"], *page["back"]["sentences"]],
            ),
            Table(
                "lessons",
                page["learned"]["heading"],
                (
                    Column("title", N_("Experiment")),
                    Column("worked", N_("Did it work?")),
                    Column("quote", N_("What it showed")),
                    Column("users", N_("Who uses it")),
                ),
                page["learned"]["lessons"],
                empty=" ".join(page["learned"]["sentences"]),
            ),
            Table(
                "days",
                page["next"]["heading"],
                (
                    Column("on", N_("Day"), "date"),
                    Column("asks", N_("What is asked")),
                    Column("title", N_("Experiment")),
                    Column("amount_cents", N_("Amount"), "amount"),
                ),
                [
                    {**asked, "asks": shown["asks"]}
                    for asked, shown in zip(found["dates"], page["next"]["dates"], strict=True)
                ],
                empty=" ".join(page["next"]["sentences"]),
            ),
        ),
        notes=[f"{page['call']} {page['reach']}".rstrip(), *(f"{word}: {meaning}" for word, meaning in page["words"])],
        command=page["command"],
    )
