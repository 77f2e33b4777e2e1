"""Every field of a proposal file, wrong in every way that its type allows: each earns its own refusal, with its line.

Files are made from a good one, by another value on the line of a field; what is expected follows from the type of the
field alone. Nothing of a refused file is kept anywhere, and no file whatever brings more than a refusal.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
import tomlkit
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fund import forms, tables
from fund.database import reading
from fund.errors import FundError
from fund.errors.proposals import FaultyForm, FormFault
from fund.files import folder_of
from fund.forms import Column
from fund.schemas.proposals import ProposalForm
from tests.conftest import Fund
from tests.factories import World, a_form, a_proposal_file, as_file, founded
from tests.forms.filling import filled_in, names_of

WHOLE = a_form(
    co_applicants=("gm0327",),
    adopters=("gm0342",),
    beneficiaries=("gm0308",),
    own_share_cents=5_000_00,
    cost_cents=31_000_00,
    cofinancing=({"source": "Rijk", "amount_cents": 2_000_00},),
    categories=({"category": "Uren", "amount_cents": 31_000_00},),
    province_reason="Zij kent iedereen.",
    repayment={"plan": "savings_linked", "grace_months": 6, "instalments": 4, "savings_share_bps": 2500,
               "ends_on": date(2029, 12, 31)},
    reflection={"motivatie": "Wij willen het.", "bijdrage": "Twee mensen."},
    attachments=({"title": "Plan", "sha256": "ab" * 32},),
)  # fmt: skip
GOOD = forms.write(WHOLE, ("Persoon 1",))
PARTNERS = {"gm0351": ("Woudenberg",), "gm0327": ("Leusden",), "gm0342": ("Soest",), "gm0308": ("Baarn",)}


class Field(NamedTuple):
    """A field that stands on a line of its own in the good file."""

    path: str
    column: Column
    line: int
    asked: bool


def _fields() -> Iterator[Field]:
    file = forms.open_form(GOOD.encode())
    for question in forms.form().questions:
        kind, path = question.field.kind, question.path
        if kind == "map":
            inner = [(f"{path}.{key}", column) for key, column in question.keys]
        elif kind in ("record", "blocks"):
            head = f"{path}[1]" if kind == "blocks" else path
            inner = [(f"{head}.{column.key}", column) for column in question.columns]
        else:
            inner = [(path, question.field)]
        for shown, column in inner:
            keys = tuple(0 if part == "1" else part for part in re.split(r"[.\[\]]+", shown))
            asked = not column.optional and (bool(question.columns) or question.asked_on("major"))
            if keys in file.places:
                yield Field(shown, column, file.places[keys].line, asked)


FIELDS = tuple(_fields())
OTHER_TYPES = (
    "true", "1.5", "nan", "inf", "-inf", "-7", "1e300", "9" * 80, "0xff", "1979-05-27T07:32:00Z", "1979-05-27T07:32:00",
    "07:32:00", "{ a = 1 }", "{ a.b.c = [] }", "[1, 2]", '["x", 5]', "[{ a = 1 }]", "[[], [[]]]",
)  # fmt: skip
UNSEEN = (
    r"\u0000", r"\u0007", r"\u001B[31m", r"\u007F", r"\u0085", r"\u200F", r"\u202E", r"\u2066", r"\u2028",
    r"\uFEFF", r"\u00AD", r"\U000E0041",
)  # fmt: skip
NOT_AMOUNTS = (
    "24.000", "1e5", "-1", "- 1", "NaN", "inf", "٣٤", "1234,567", "€ 5,-", "5 euro", "9" * 30, "0x10", "1_000",
)  # fmt: skip
NOT_SHARES = ("101", "-1", "66,667", "abc", "1e1", "٧٠", "7%0", "100,01")
NOT_DAYS = (
    "31/12/2029",
    "30 februari 2027",
    "31-12-29",
    "2027-02-30",
    "2027-13-01",
    "2027-6-3",
    "1899-12-31",
    "3000-01-01",
    "vandaag",
    "２０２７-06-30",
)


def wrong(field: Field) -> dict[str, set[str]]:
    """What can stand there instead, as TOML, and the codes that it may earn."""
    column = field.column
    kind, asked = column.kind, field.asked
    found: dict[str, set[str]] = {}
    if kind in ("whole", "year"):
        texts = ['"7"', '""' if asked else '"zeven"', "-1", str(10**30), "1000001" if kind == "whole" else "3000"]
        found |= {text: {"wrong_type"} for text in texts}
    elif kind in ("choices", "partners"):
        found |= {'"T01"': {"wrong_type"}, '["x", true]': {"wrong_type"}}
        found |= {'["onbekend"]': {"unknown_choice"}, '["", ""]': {"unknown_choice", "faulty_form", "named_twice"}}
        code = '"T01"' if kind == "choices" else '"gm0307"' if "gm0307" in PARTNERS else '"gm0342"'
        found |= {f"[{code}, {code}]": {"named_twice"}}
        if asked:
            found |= {"[]": {"field_empty"}}
    else:
        if asked:
            found |= {'""': {"field_empty"}, '"  \\t "': {"field_empty"}}
        found |= {'"""\n\nkort\n"""' if kind not in ("text", "long") else "5": _CODES[kind] | {"wrong_type"}}
        found |= {f'"a{sign}b"': _CODES[kind] | {"field_unprintable"} for sign in UNSEEN}
        if column.limit:
            found |= {f'"{"é" * (column.limit + 1)}"': {"field_too_long"}}
        if kind == "text":
            found |= {'"twee\\nregels"': {"wrong_type"}, '"een\\ttab"': {"field_unprintable"}}
    texts_of = {"amount": NOT_AMOUNTS, "percent": NOT_SHARES, "day": NOT_DAYS, "sha256": ("ab", "g" * 64, "a" * 63),
                "choice": ("onbekend", "\u202e"), "partner": ("gm9999", "Woudenburg", "x" * 500)}  # fmt: skip
    found |= {f'"{text}"': _CODES[kind] for text in texts_of.get(kind, ())}
    if field.path == "money.ask":
        found |= {'"0"': {"unclear_amount"}, '"0,00"': {"unclear_amount"}}
    if kind == "day":
        found |= {"1899-12-31": {"unreadable_day"}, "9999-12-31": {"unreadable_day"}}
    return found | {text: {"wrong_type"} for text in OTHER_TYPES if not _right(kind, text)}


def _right(kind: str, text: str) -> bool:
    return kind == "whole" and text == "0xff"


_CODES: dict[str, set[str]] = {
    "text": set(),
    "long": set(),
    "amount": {"unclear_amount"},
    "percent": {"unclear_percentage"},
    "day": {"unreadable_day"},
    "sha256": {"wrong_type"},
    "choice": {"unknown_choice"},
    "partner": {"unknown_choice", "field_unprintable"},
}


def with_value(text: str, field: Field, value: str) -> str:
    """The file with another value on the line of a field."""
    lines = text.split("\n")
    name = lines[field.line - 1].partition("=")[0]
    lines[field.line - 1] = f"{name}= {value}"
    return "\n".join(lines)


def faults_of(text: str, track: str = "major") -> list[dict[str, Any]]:
    """What a file earns: place, field and code of every fault; it must earn something."""
    with pytest.raises(FundError) as refused:
        forms.open_form(text.encode(), "map/loket.toml").read(track, partners=PARTNERS)
    problem = refused.value
    assert problem.exit_code == 1
    assert problem.advice
    if isinstance(problem, FaultyForm):
        assert str(problem).count("\nloket.toml:") == problem.details["count"]
        faults: list[dict[str, Any]] = problem.details["faults"]
        return faults
    assert str(problem).startswith(f"loket.toml:{problem.details['line']}: ")
    return [{"code": problem.code(), "line": problem.details["line"], "field": problem.details["field"]}]


def test_the_good_file_is_good_and_holds_every_field() -> None:
    assert forms.open_form(GOOD.encode()).read("major", partners=PARTNERS).form == WHOLE
    in_file = {re.sub(r"\[1\]", "", field.path) for field in FIELDS}
    for question in forms.form().questions:
        assert any(path == question.path or path.startswith(f"{question.path}.") for path in in_file), question.path
    assert len(FIELDS) == 73


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_field_that_is_wrong_earns_its_code_at_its_line(field: Field) -> None:
    ways = wrong(field)
    assert len(ways) > 15
    for value, codes in ways.items():
        found = faults_of(with_value(GOOD, field, value))
        # a wrong sum, year or party may contradict something else too; the field itself is always among it
        mine = [fault for fault in found if fault["line"] == field.line]
        assert mine, (value, found)
        missed = {"field_missing"} if field.path == "repayment.savings_share" else set()  # its plan asks it
        assert {fault["code"] for fault in mine} <= codes | missed, (value, mine)
        assert {fault["field"] for fault in mine} == {field.path}, (value, mine)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_all_faults_of_a_file_come_at_once(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(FIELDS), min_size=2, max_size=8, unique_by=lambda field: field.line))
    text, blank = GOOD, set[str]()
    for field in chosen:
        value = data.draw(st.sampled_from([value for value in wrong(field) if "\n" not in value]))
        text = with_value(text, field, value)
        blank |= {field.path} if value in ('""', '"  \\t "') else set()
    # a block of which nothing is filled in is none
    blocks = {path.partition("]")[0] for path in blank if "]" in path}
    assume(all({each.path for each in FIELDS if each.path.startswith(block)} - blank for block in blocks))
    found = {fault["line"] for fault in faults_of(text)}
    assert {field.line for field in chosen} <= found


TABLES = [question for question in forms.form().questions if question.field.kind in ("blocks", "record", "map")]


@pytest.mark.parametrize("question", TABLES, ids=lambda question: question.path)
@pytest.mark.parametrize("value", [5, "tekst", [1], ["x"], [[]], True, date(2027, 1, 1), 0.5])
def test_something_else_than_a_table_or_block_is_refused(question: forms.Question, value: object) -> None:
    document = tomlkit.parse(GOOD)
    holder: Any = document[question.section] if question.section else document
    holder[question.field.key] = value
    text = tomlkit.dumps(document)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a value after a table is no TOML; that is refused too
        faults_of(text)
        return
    assert {"wrong_type"} <= {fault["code"] for fault in faults_of(text)}


@pytest.mark.parametrize("section", [name for name in forms.form().sections if f"\n[{name}]" in GOOD])
def test_a_section_that_is_no_table_is_refused(section: str) -> None:
    document = tomllib.loads(GOOD)
    document[section] = "tekst"
    faults = faults_of(tomlkit.dumps(document))
    assert "wrong_type" in {fault["code"] for fault in faults if fault["field"] == section}


# ------------------------------------------------------------------------------------------------------ contradictions


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"co_applicants": ("gm0351",)}, "named_twice", "proposal.co_applicants"),
        ({"budget": ((2027, 1), (2026, 2))}, "out_of_order", "money.budget[2].year"),
        ({"budget": ((2026, 1), (2026, 2))}, "named_twice", "money.budget[2].year"),
        ({"milestone": date(2025, 12, 31)}, "day_before_budget", "milestones[1].due_on"),
        ({"ends_on": date(2026, 11, 30)}, "repayment_ends_too_early", "repayment.ends_on"),
        ({"ends_on": date(2027, 3, 31), "plan": "fixed"}, "repayment_plan_too_long", "repayment.ends_on"),
        ({"savings": None}, "field_missing", "repayment.savings_share"),
        ({"attachments": ("ab", "cd", "ab")}, "named_twice", "attachments[3].sha256"),
        ({"boards": ("gm0351", "gm0327", "gm0351")}, "named_twice", "boards[3].partner"),
        ({"interests": ("Woudenberg", "  woudenberg ")}, "named_twice", "interests[2].party"),
    ],
)
def test_answers_that_cannot_be_true_together_are_refused(changes: dict[str, Any], code: str, field: str) -> None:
    values: dict[str, Any] = {}
    if "budget" in changes:
        values["budget"] = tuple({"year": year, "amount_cents": cents} for year, cents in changes["budget"])
    if "milestone" in changes:
        values["milestones"] = (
            {"title": "t", "due_on": changes["milestone"], "amount_cents": 24_000_00, "evidence": "e"},
        )
    terms = {"ends_on", "plan", "savings"} & set(changes)
    if terms:
        values["repayment"] = {
            "plan": changes.get("plan", "savings_linked"),
            "grace_months": 6,
            "instalments": 4,
            "savings_share_bps": changes.get("savings", 2500),
            "ends_on": changes.get("ends_on", date(2029, 12, 31)),
        }
    if "co_applicants" in changes:
        values["co_applicants"] = changes["co_applicants"]
    if "attachments" in changes:
        values["attachments"] = tuple({"title": "t", "sha256": each * 32} for each in changes["attachments"])
    if "boards" in changes:
        values["boards"] = tuple({"partner": each, "how": "brief"} for each in changes["boards"])
    if "interests" in changes:
        values["interests"] = tuple(
            {"party": each, "interest": "i", "gives": "g", "gets": "k"} for each in changes["interests"]
        )
    text = forms.write(a_form(**{**_given(WHOLE), **values}), ("Persoon 1",))
    found = faults_of(text)
    assert [(fault["code"], fault["field"]) for fault in found] == [(code, field)]


def _given(form: ProposalForm) -> dict[str, Any]:
    return {name: getattr(form, name) for name in type(form).model_fields if name != "version"}


def test_the_same_person_stands_in_the_team_once() -> None:
    member = {"partner": "gm0351", "function": "Projectleider", "hours": 8}
    form = a_form(**{**_given(WHOLE), "team": (member, {**member, "function": "projectleider"})})
    found = faults_of(forms.write(form, ("Jan Jansen", "jan  jansen")))
    assert [(fault["code"], fault["field"]) for fault in found] == [("named_twice", "team[2].name")]
    forms.open_form(forms.write(form, ("Jan Jansen", "Els Jansen")).encode()).read("major")


def test_more_blocks_than_any_experiment_has_are_not_read() -> None:
    rows = "\n".join(f'[[risks]]\nrisk = "r{number}"\nmeasure = "m"' for number in range(101))
    found = faults_of(f"{GOOD}\n{rows}")
    assert [(fault["code"], fault["field"]) for fault in found] == [("too_many_blocks", "risks[101]")]
    many = '["' + '", "'.join(f"gm{number:04d}" for number in range(101)) + '"]'
    field = next(field for field in FIELDS if field.path == "proposal.adopters")
    assert faults_of(with_value(GOOD, field, many))[0]["code"] == "too_many_blocks"


# ------------------------------------------------------------------------------------------------------ what is right


@pytest.mark.parametrize("title", ["Eén loket 🏛️", "مكتب واحد للتصاريح", "משרד אחד", "窓口は一つ", "Ω ≠ ω", "👍🏽"])
def test_letters_of_every_script_and_emoji_are_text(title: str) -> None:
    field = next(field for field in FIELDS if field.path == "proposal.title")
    text = with_value(GOOD, field, f'"{title}"')
    assert forms.open_form(text.encode()).read("major").form.title == title


@settings(max_examples=40, deadline=None)
@given(form=filled_in(), track=st.sampled_from(forms.TRACKS))
def test_what_people_fill_in_rightly_is_accepted_on_every_track(form: ProposalForm, track: str) -> None:
    from tests.forms.filling import PARTNERS as KNOWN

    partners = dict.fromkeys((*KNOWN, "gm0351"), ("Partner",))
    filled = forms.open_form(forms.write(form, names_of(form)).encode()).read(track, partners=partners)
    assert filled.form == form
    again = forms.open_form(forms.write(filled.form, filled.names, comments="both").encode()).read(track)
    assert forms.revision_hash(again.form) == forms.revision_hash(form)


# ------------------------------------------------------------------------------------------------- any file whatever


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_bring_more_than_a_refusal(content: bytes) -> None:
    with pytest.raises(FundError):
        forms.open_form(b'schema = "2026-1"\n' + content).read("light")
    with pytest.raises(FundError):
        forms.open_form(content).read("light")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_a_few_other_signs_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(GOOD.encode())
    for _time in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b'"', b"[", b"]", b"{", b"=", b"\n", b"\x00", b"\xff", b"#", b"'''", b".", b"\\", b"7"])
        )
    with suppress(FormFault, FaultyForm):
        forms.open_form(bytes(raw)).read("major", partners=PARTNERS)


@pytest.mark.parametrize(
    "text",
    [
        'schema = "2026-1"\nx = ' + "[" * 5000,
        'schema = "2026-1"\nx = ' + "[" * 5000 + "]" * 5000,
        'schema = "2026-1"\nx = ' + "{ a = " * 3000 + "1" + " }" * 3000,
        'schema = "2026-1"\n[' + ".".join("a" * 1 for _n in range(4000)) + "]",
        'schema = "2026-1"\nx = ' + "9" * 5000,
        'schema = "2026-1"\nx = 0x' + "f" * 90_000,
        'schema = "2026-1"\nx = """' + "\n]" * 200_000 + '"""',
        'schema = "2026-1"\n' + "\n".join(f"k{number} = 1" for number in range(5_000)),
        'schema = "2026-1"\n"' + "k" * 500_000 + '" = 1',
        'schema = "2026-1"\n[proposal]\nstate_aid = "' + "x" * 500_000 + '"',
        'schema = "2026-1"\ntitle = "\\uD800"',
        'schema = "2026-1"\nschema = "2026-1"',
        'schema = ["2026-1"]',
        "schema = 2026-1",
        'schema = "9999-1\\u202E"',
        "",
        "\ufeff",
    ],
    ids=range(17),
)
def test_a_file_made_to_hurt_is_refused_in_moderate_words(text: str) -> None:
    with pytest.raises(FundError) as refused:
        forms.open_form(text.encode("utf-8", "surrogatepass"), "kwaad.toml").read("light")
    assert refused.value.exit_code == 1
    assert len(str(refused.value)) < 30_000


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (GOOD.encode("utf-16"), "form_not_text"),
        (GOOD.replace("Eén", "E\udcedn").encode("utf-8", "surrogatepass"), "form_not_text"),
        (GOOD.encode("cp1252", "replace"), "form_not_text"),
        (GOOD.encode().replace(b"title", b"ti\x00tle", 1), "broken_form"),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode(), "broken_form"),
    ],
)
def test_what_is_no_text_in_utf_8_is_said_to_be_so(encoded: bytes, code: str) -> None:
    with pytest.raises(FormFault) as refused:
        forms.open_form(encoded, "loket.toml")
    assert refused.value.code() == code
    assert refused.value.details["line"] >= 1


# ------------------------------------------------------------------------------------------------------ nothing stored


@pytest.fixture(scope="module")
def world(module_database_url: str) -> Iterator[World]:
    """A fund with an open round, which these tests leave as it is."""
    with founded(module_database_url) as world:
        world.people()
        world.partners()
        world.user("fatima", "partner_signatory", partner="gm0351")
        world.both(
            "round plan", user="anna", second="carla", title="Eerste ronde", opens=date(2026, 2, 1),
            closes=date(2026, 2, 28), ceiling_cents=500_000_00, track="major",
        )  # fmt: skip
        world.clock(datetime(2026, 2, 10, 13, 2, tzinfo=UTC))
        draft = a_proposal_file(ask_cents=60_000_00)
        world.do("proposal draft", user="fatima", file=as_file(draft, "loket.toml"))
        yield world


def kept(world: World) -> dict[str, object]:
    """Everything of the fund that a file could leave something in."""
    with reading(world.fund.engine) as connection:
        found: dict[str, object] = {
            name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in sa.inspect(connection).get_table_names()
        }
        found["sealed rows"] = sorted(map(tuple, connection.execute(sa.select(tables.sealed.c.content))))
    with world.snapshot() as snapshot:
        folder = folder_of(snapshot)
    found["files"] = sorted(str(path) for path in folder.rglob("*")) if folder is not None and folder.exists() else []
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_refused_file_leaves_nothing_behind(world: World, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([field for field in FIELDS if field.path != "proposal.round"]))
    text = with_value(GOOD, field, data.draw(st.sampled_from(sorted(wrong(field)))))
    plan = {"name": "plan.pdf", "content": b"%PDF-1.7 een plan"}
    before = kept(world)
    for command, args in (("proposal draft", {}), ("proposal save", {"ref": "2026-001"})):
        with pytest.raises(FundError) as refused:
            world.do(command, user="fatima", file=as_file(text.encode(), "loket.toml"), attach=[plan], **args)
        assert isinstance(refused.value, (FormFault, FaultyForm)), refused.value
    assert kept(world) == before


def test_a_round_or_partner_that_nobody_knows_comes_with_all_other_faults(world: World) -> None:
    text = GOOD.replace('round = "2026-1"', 'round = "2031-4"').replace('"gm0327"', '"gm9999"')
    text = text.replace('ask = "24000.00"', 'ask = "veel"')
    with pytest.raises(FaultyForm) as refused:
        world.do("proposal draft", user="fatima", file=as_file(text.encode(), "loket.toml"))
    found = {(fault["code"], fault["field"]) for fault in refused.value.details["faults"]}
    assert found == {
        ("unknown_choice", "proposal.round"),
        ("unknown_choice", "proposal.co_applicants"),
        ("unclear_amount", "money.ask"),
    }
    with pytest.raises(FormFault):
        world.do(
            "proposal draft", user="fatima", file=as_file(GOOD.replace('"2026-1"\nlead', '"\\u0000"\nlead').encode())
        )


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_on_the_command_line_a_fault_has_its_place_its_code_and_fits_on_eighty_signs(
    fund: Fund, world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loket.toml").write_text(GOOD.replace('ask = "24000.00"', 'ask = "24.000"'), "utf-8")
    words = ("proposal", "draft", "loket.toml")
    refused = fund(*words, database=world.fund.url, user="fatima", lang=lang, terminal=True)
    line = GOOD.split("\n").index('ask = "24000.00"') + 1
    assert refused.code == 1
    assert f"loket.toml:{line}:" in refused.err
    assert "error[unclear_amount]" in refused.err
    assert max(len(each) for each in refused.err.splitlines()) <= 80
    plain = fund(*words, "--json", database=world.fund.url, user="fatima", lang=lang)
    assert plain.json["error"]["details"]["line"] == line
