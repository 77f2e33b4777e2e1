"""What eight characteristics point to: by the uses that the report gives, and never as a guard."""

from __future__ import annotations

import itertools

import pytest

from fund import forms, language

COLUMNS = dict(next(each for each in forms.form().questions if each.field.key == "characteristics").keys)
EVERY = [dict(zip(COLUMNS, values, strict=True)) for values in itertools.product(*(c.codes for c in COLUMNS.values()))]


@pytest.mark.parametrize(
    ("characteristics", "first"),
    [
        ({"soort_werk": "policy"}, "bestuursovereenkomst"),
        ({"soort_werk": "executive"}, "dienstverleningsovereenkomst"),
        ({"soort_werk": "executive", "duur_opgaven": "permanent", "bestuurlijk_belang": "large"}, "centrumregeling"),
        (
            {"duur_opgaven": "permanent", "veranderlijkheid": "stable", "aantal_opgaven": "several"},
            "gemeenschappelijke_regeling",
        ),
        ({"duur_opgaven": "temporary", "aantal_opgaven": "one"}, "projectgerichte_samenwerking"),
        ({"duur_opgaven": "temporary", "veranderlijkheid": "volatile"}, "flexibel_netwerk"),
        ({"aard": "area-bound", "aantal_opgaven": "several"}, "regionaal_samenwerkingsverband"),
    ],
)
def test_each_use_that_the_report_names_is_pointed_to_by_its_characteristics(
    characteristics: dict[str, str], first: str
) -> None:
    advice = forms.advise(characteristics)
    assert advice is not None
    assert advice.forms[0].id == first
    assert len(advice.forms[0].because) == len(characteristics)


def test_every_profile_points_somewhere_and_the_most_particular_form_stands_first() -> None:
    assert len(EVERY) == 256
    met = set()
    for profile in EVERY:
        advice = forms.advise(profile)
        assert advice is not None
        assert advice.forms
        signs = [len(each.because) for each in advice.forms]
        assert signs == sorted(signs, reverse=True)
        met |= {each.id for each in advice.forms}
    assert len(met) == 7  # and every form is somebody's


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Een Gemeenschappelijke  Regeling", ("gemeenschappelijke_regeling",)),
        ("lichte vorm onder de Wgr", ("gemeenschappelijke_regeling",)),
        ("dienstverleningsovereenkomst met Leusden", ("dienstverleningsovereenkomst",)),
        ("centrumregeling, later een bestuursovereenkomst", ("centrumregeling", "bestuursovereenkomst")),
        ("Eén opdrachtgever; elke gemeente blijft zelf verantwoordelijk.", ()),
        ("", ()),
    ],
)
def test_the_chosen_form_is_recognised_where_it_is_named(text: str, chosen: tuple[str, ...]) -> None:
    assert forms.chosen_form(text) == chosen


def test_only_a_form_that_is_named_and_not_pointed_to_deviates() -> None:
    profile = {"soort_werk": "executive"}
    for text, deviates in (("een bestuursovereenkomst", True), ("een dvo", False), ("wij zien wel", False)):
        advice = forms.advise(profile, text)
        assert advice is not None
        assert advice.deviates is deviates
    assert forms.advise({}) is None


def test_the_advice_is_told_in_the_language_in_use() -> None:
    language.choose("nl")
    advice = forms.advise(EVERY[0])
    assert advice is not None
    assert advice.profile[0] == ("duur opgaven", "tijdelijk")
    assert ("projectgerichte samenwerking", "één tijdelijke opgave") in {(f.name, f.use) for f in advice.forms}
