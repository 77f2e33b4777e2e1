"""Letters in words: a capital call as it goes to the partner, in the language in use.

The figures come as ``fund capital letter --json`` gives them; here they become sentences and rows. How the page looks
is ``templates/letter.typ``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import format_decimal

from fund.bank import reference_spaced
from fund.language import N_, _, day, decimal_text, euros, language
from fund.money import format_plain
from fund.reports.paper import on_paper, pictures_of

TEMPLATE = "letter.typ"
FAMILIES = {
    "equal": N_("equal parts"),
    "inhabitants": N_("by inhabitants"),
    "base_and_inhabitants": N_("fixed, base and inhabitants"),
}

Row = tuple[str, str, str]
"""What it is, how it comes about, what comes out."""


def letter_pdf(letter: Mapping[str, Any]) -> bytes:
    """The letter as PDF, in the language in use: the same bytes for the same letter.

    Raises:
        ReportsMissing: The extra ``reports`` is not installed.
    """
    return on_paper(TEMPLATE, call_letter(letter), on=date.fromisoformat(letter["called_on"]))


def letter_pictures(letter: Mapping[str, Any], *, ppi: int = 96) -> tuple[bytes, ...]:
    """Its pages as PNG."""
    return pictures_of(TEMPLATE, call_letter(letter), on=date.fromisoformat(letter["called_on"]), ppi=ppi)


def call_letter(letter: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the letter of a call, as the template lays them out."""
    partner, amount = letter["partner_name"], _euros(letter["amount_cents"])
    several = letter["of_instalments"] > 1
    asked = [
        _("{fund} asks {partner} for a contribution of {amount}.").format(
            fund=letter["fund_name"], partner=partner, amount=amount
        ),
        _("It is to be paid by {day}, with the reference below: then it finds its call by itself.").format(
            day=day(letter["due_on"])
        ),
    ]
    if several:
        asked.append(
            _("It is instalment {number} of {count}; together they make {total}.").format(
                number=letter["instalment"],
                count=letter["of_instalments"],
                total=_euros(sum(each["amount_cents"] for each in letter["instalments"])),
            )
        )
    if letter["commitment"]:
        asked.append(_("It is for award {ref}.").format(ref=letter["commitment"]))
    rows = _computed(letter)
    return {
        "language": language(),
        "fund": letter["fund_name"],
        "title": _("Capital call {ref}").format(ref=letter["ref"]),
        "to": _("To the board of"),
        "partner": partner,
        "date": day(letter["called_on"]),
        "asked": asked,
        "pay_title": _("To be paid"),
        "pay": [
            [_("Amount"), amount],
            [_("Last day to pay"), day(letter["due_on"])],
            [_("IBAN"), _in_fours(letter["iban"])],
            [_("In the name of"), letter["fund_name"]],
            [_("Reference"), reference_spaced(letter["reference"])],
        ],
        "instalments_title": _("All instalments") if several else "",
        "instalments_head": [_("Call"), _("Last day to pay"), _("Reference"), _("Amount")],
        "instalments": [
            [each["ref"], day(each["due_on"]), reference_spaced(each["reference"]), _euros(each["amount_cents"])]
            for each in (letter["instalments"] if several else ())
        ],
        "computed_title": _("How this amount comes about"),
        "computed": [list(row) for row in rows],
        "outcome": len(rows) - 1,
        "alone": _("This call was made to {partner} alone; no distribution key divides it.").format(partner=partner)
        if letter["computation"] is None
        else "",
        "foot": _("Fact {seq} of the fund, hash {hash}. The same figures: fund capital letter {ref}").format(
            seq=letter["fact"]["seq"], hash=letter["fact"]["hash"][:12], ref=letter["ref"]
        ),
        "page": _("page {number} of {count}"),
        "csv_name": "figures.csv",
        "csv_about": _("The figures of this letter"),
        "csv": _as_csv(letter),
    }


def _computed(letter: Mapping[str, Any]) -> list[Row]:
    """The computation of the partner, from the total to its cents."""
    steps = letter["computation"]
    if steps is None:
        return []
    exact, part = Fraction(steps["exact"]), steps["part_cents"]
    family = _(FAMILIES[steps["family"]])
    rows: list[Row] = [
        (_("Total of the call"), "", _euros(steps["total_cents"])),
        (
            _("Distribution key"),
            _("{family}; in force from {day}").format(family=family, day=day(steps["from_on"])),
            steps["key"],
        ),
    ]
    evenly = counted = ""
    if steps["equal_over"]:
        evenly = _("{percent} of the total over {count} partners").format(
            percent=_percent(Fraction(steps["equal_of_all"])), count=steps["equal_over"]
        )
    if steps["inhabitants"]:
        counted = _("{percent} of the total; {count} of {all} inhabitants, {year}").format(
            percent=_percent(Fraction(steps["by_inhabitants_of_all"])),
            count=_count(steps["inhabitants"]),
            all=_count(steps["inhabitants_of_all"]),
            year=steps["reference_year"],
        )
    for name, label, how in (
        ("equal", N_("Equal part"), evenly),
        ("fixed", N_("Fixed part"), ""),
        ("by_inhabitants", N_("Part by inhabitants"), counted),
    ):
        weight = Fraction(steps[name] or 0)
        if weight:
            rows.append((_(label), how, _percent(weight)))
    rows.append((_("Share in the key"), steps["key_share"], _percent(Fraction(steps["key_share"]))))
    if steps["share"] != steps["key_share"]:
        rows.append((_("Share among those who are called"), steps["share"], _percent(Fraction(steps["share"]))))
    rows.append((_("Total times share"), "", _exact(exact)))
    rows.append((_("In whole cents, rounded down"), "", _euros(steps["whole_cents"])))
    rows.append((_("Largest remainder"), _remainder(steps), _euros(steps["remainder_cents"])))
    rows.append((_("Contribution"), "", _euros(part)))
    if letter["of_instalments"] > 1:
        rows.append(
            (
                _("This instalment"),
                _("{number} of {count}, by cumulative rounding").format(
                    number=letter["instalment"], count=letter["of_instalments"]
                ),
                _euros(letter["amount_cents"]),
            )
        )
    return rows


def _remainder(steps: Mapping[str, Any]) -> str:
    if not steps["left_over_cents"]:
        return _("no cent was left over")
    left = _euros(steps["left_over_cents"])
    if steps["remainder_cents"]:
        return _("{left} was left over; this remainder is among the largest and takes a cent").format(left=left)
    return _("{left} was left over; it went to larger remainders").format(left=left)


def _percent(share: Fraction) -> str:
    value = (Decimal(share.numerator) * 100 / Decimal(share.denominator)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return f"{decimal_text(str(value.normalize() if value != value.to_integral() else value.to_integral()))}\u00a0%"


def _exact(cents: Fraction) -> str:
    """An exact amount to four digits after the cents; dots stand for more."""
    tenths = cents * 10_000
    whole, rest = divmod(tenths.numerator // tenths.denominator, 10_000)
    dots = "…" if tenths.denominator != 1 else ""
    return f"{_euros(whole)}{rest:04d}{dots}"


def _euros(cents: int) -> str:
    """An amount that is never broken over two lines."""
    return euros(cents).replace(" ", "\u00a0")


def _count(number: int) -> str:
    return format_decimal(number, locale="nl" if language() == "nl" else "en_GB")


def _in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _as_csv(letter: Mapping[str, Any]) -> str:
    """The figures for a program: names in English, amounts with a point, fractions exact."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(["name", "value"])
    for name in ("ref", "partner", "called_on", "due_on", "iban", "reference", "instalment", "of_instalments"):
        write.writerow([name, letter[name]])
    write.writerow(["amount", format_plain(letter["amount_cents"])])
    for name, value in (letter["computation"] or {}).items():
        amount = name.endswith("_cents")
        write.writerow([name.removesuffix("_cents"), format_plain(value) if amount else "" if value is None else value])
    return text.getvalue()
