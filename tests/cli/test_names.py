"""Names are taken wherever an id is: partners, people, roles, states, themes, days and amounts as people write them."""

from __future__ import annotations

import json
import shlex
import unicodedata
from collections.abc import Iterator, Mapping

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import params
from cli.params import DAY, MONEY, PARTNER, ROLE, THEME, Named, Ref, Shell, State, Word
from cli.params.types import ACCOUNT, FACT, FILE, PERIOD
from fund import glossary, language
from fund.errors import FundError
from fund.errors.commands import AmbiguousName, UnknownWord
from fund.glossary import Name, Names
from fund.registry import PROJECTIONS
from fund.rules.authority import Role
from fund.schemas.capital import names_of
from fund.words import account_word, all_words
from fund.workflows.partners.founders import read_partners
from tests.cli.test_commands import ALL
from tests.conftest import Fund
from tests.factories import PARTNERS_CSV, World, a_proposal_file, as_file, founded
from tests.workflows.proposing import proposing

LANGUAGES = ("en", "nl")


# ------------------------------------------------------------------------- every command takes them by the same types

ASKED_AS: Mapping[str, type[click.ParamType] | click.ParamType] = {
    **dict.fromkeys(("partner", "--partner", "--lead", "--payee", "payee"), Named),
    **dict.fromkeys(
        ("--role", "--state", "--theme", "--track", "--ground", "--choice", "--section", "--type", "--kind"), Word
    ),
    **dict.fromkeys(("--requested-by", "--reviewer", "reviewer", "--replaces", "--about", "--deputy-of"), Ref),
    **dict.fromkeys(("ref", "--consent", "--agreement", "--round", "--receipt", "--key", "--follows"), Ref),
    **dict.fromkeys(("--amount", "amount", "--ceiling", "--change", "--costs", "--set-at"), MONEY),
    **dict.fromkeys(("--on", "--as-of", "--due", "--until", "--opens", "--closes", "--first", "--from", "--to"), DAY),
}
"""What stands behind an option or argument of this name, unless :data:`OTHERWISE` says so."""
OTHERWISE = {
    "proposal template --from": "a reference or a file",
    "agreement refinance --to": Ref,
    "bank match --to": Ref,
    "repayment refund --to": Ref,
    "cost transfer --to": "1000 or 1005: two accounts of a list, in digits",
    "agreement benefits --partner": Named,
    "payment batch --replaces": Ref,
    "ledger verify --key": "a file with a public key",
    "ledger anchor --key": FILE,
    "review declare --ground": "what somebody declares, in own words",
    "review score --ground": "what somebody declares, in own words",
    **{f"partner {verb} ref": Named for verb in (
        "admit", "accession-quote", "exit-quote", "give-notice", "propose-settlement", "agree-settlement",
        "dispute-settlement", "settle", "pay-settlement", "close-out", "show")},
    "repayment refund ref": Named,
    "user add name": "somebody new",
}  # fmt: skip
FREE = {
    "--reason", "--reasons", "--title", "--note", "--memo", "--text", "--remark", "--remarks", "--grounds",
    "--explanation", "--output", "--plot", "--file", "file", "--database", "--broker", "--home", "--command-id",
    "--hash", "--evidence", "--name", "--admin", "--fund-manager", "--treasurer", "--iban", "iban", "--supplier",
    "--invoice", "--reference", "--prefix", "--tax-number", "--years", "word", "--stream", "--form",
    "--explain", "--search", "--rule", "--criterion", "--score", "--condition", "--met", "--key",
}  # fmt: skip
"""Texts in somebody's own words, names of files, numbers of others, figures that are read whole."""
TECHNICAL = {"--format", "--comments", "--lang", "--version", "--rgs", "shell", "--to"}
"""Short lists of what is no word of any language: formats, versions, shells, accounts in digits."""


def parameters() -> Iterator[tuple[str, str, click.Parameter, click.ParamType]]:
    for words, command in ALL:
        for each in command.params:
            shown = next((opt for opt in each.opts if opt.startswith("--")), each.opts[0])
            kinds = each.type.types if isinstance(each.type, click.Tuple) else (each.type,)
            if not getattr(each, "is_flag", False):
                yield from ((f"{' '.join(words)} {shown}", shown, each, kind) for kind in kinds)


def test_whatever_is_named_dated_or_counted_has_the_type_that_all_commands_share() -> None:
    assert len(list(parameters())) > 500
    wrong = []
    for place, shown, _each, kind in parameters():
        wanted = OTHERWISE.get(place, ASKED_AS.get(shown))
        if wanted is None or isinstance(wanted, str) or isinstance(kind, click.types.FuncParamType):
            continue
        fits = isinstance(kind, wanted) if isinstance(wanted, type) else kind is wanted
        if not fits:
            wrong.append(f"{place}: {type(kind).__name__} ({kind.name})")
    assert wrong == []


def test_a_day_or_an_amount_is_one_whatever_the_option_is_called() -> None:
    wrong = []
    for place, _shown, each, kind in parameters():
        metavar = each.metavar or ""
        wanted = {"DATE": DAY, "AMOUNT": MONEY, "EUROS": MONEY, "PERIOD": PERIOD, "ACCOUNT": ACCOUNT}.get(metavar)
        named = {"PARTNER": Named, "[PARTNER]": Named, "THEME": Word, "STATE": Word, "ROLE": Word}.get(metavar)
        if (wanted is not None and kind is not wanted) or (named is not None and not isinstance(kind, named)):
            wrong.append(f"{place}: {kind.name}")
        if str(each.name).endswith(("_on", "_cents")) and kind not in (DAY, MONEY):
            wrong.append(f"{place}: {kind.name}")
    assert wrong == []


def test_a_plain_text_or_list_is_in_somebodys_own_words_or_technical() -> None:
    """A new option that takes an id, a name or a word of ours is found here: it has no type of its own yet."""
    plain = {
        place
        for place, shown, _each, kind in parameters()
        if isinstance(kind, click.types.StringParamType) and shown not in FREE and place not in OTHERWISE
    }
    listed = {
        place for place, shown, _each, kind in parameters() if isinstance(kind, click.Choice) and shown not in TECHNICAL
    }
    assert (plain, listed) == (set(), set())


# ---------------------------------------------------------------------------------------------------- words of a list


WORDS = {
    "role": ROLE,
    "theme": THEME,
    **{kind: State(kind) for kind in sorted({word.kind for word in all_words() if word.is_state})},
    **{
        place: kind
        for place, _shown, _each, kind in parameters()
        if isinstance(kind, Word) and not place.endswith(("--state", "--role", "--theme"))
    },
}


@pytest.mark.parametrize("of", WORDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_is_taken_as_code_and_as_it_is_printed(of: str, lang: str) -> None:
    language.choose(lang)
    kind, names = WORDS[of], WORDS[of].names()
    assert names
    for code, called in names.items():
        for typed in (code, *called):
            for written in (typed, typed.upper(), typed.replace(" ", "-"), typed.replace(" ", "_")):
                taken = kind.convert(written, None, None)
                assert taken == code or (isinstance(kind, State) and glossary.meant(taken, names) == (code,)), written
    for item in kind.shell_complete(click.Context(click.Command("x")), click.Option(["--x"]), ""):
        assert glossary.meant(kind.convert(item.value, None, None), names)
        assert " " not in item.value


def test_the_roles_and_states_that_can_be_typed_are_those_that_there_are() -> None:
    assert set(glossary.role_names()) == {role.value for role in Role if role is not Role.SYSTEM}
    for kind in ("proposal", "agreement", "milestone", "disbursement", "receipt", "evaluation", "writeoff"):
        states = {str(row.target) for row in PROJECTIONS[kind].table if row.target is not None}
        assert states, kind
        assert states <= set(glossary.state_names(kind)), kind


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "typed", "near", "known"),
    [
        (ROLE, "fondsbeheerde", ("fund manager", "fondsbeheerder"), ("treasurer", "penningmeester")),
        (THEME, "Energietransitei", ("T04 Energy", "T04 Energietransitie"), ("T05 Water and", "T05 Water en")),
        (State("proposal"), "aproved", ("approved", "toegekend"), ("rejected", "afgewezen")),
    ],
)
def test_a_typing_error_is_answered_with_what_was_meant(
    kind: Word, typed: str, near: tuple[str, str], known: tuple[str, str], lang: str
) -> None:
    language.choose(lang)
    with pytest.raises(UnknownWord) as refused:
        kind.convert(typed, click.Option(["--word"]), None)
    assert typed in str(refused.value)
    assert known[LANGUAGES.index(lang)] in str(refused.value)
    assert near[LANGUAGES.index(lang)] in refused.value.advice
    assert refused.value.exit_code == 2


def test_a_part_of_a_theme_names_it_when_no_other_has_it() -> None:
    assert THEME.convert("water", None, None) == "T05"
    with pytest.raises(AmbiguousName) as refused:
        THEME.convert("leef", None, None)
    assert refused.value.details["ids"] == ["T06", "T10"]


# ----------------------------------------------------------------------------------------------------------- partners

PARTNERS = {row.ref: row for row in read_partners(PARTNERS_CSV.read_bytes(), "partners.csv")}
NAMES: Names = names_of(PARTNERS.values())  # type: ignore[arg-type] # the fact has the same fields as the case
SHARED = {"utrecht": {"gm0344", "pv26"}}
"""A name that two partners have: whoever types it is asked."""


@pytest.mark.parametrize("ref", PARTNERS)
def test_every_partner_is_found_by_each_of_its_names(ref: str) -> None:
    said = [ref, ref.upper(), PARTNERS[ref].name, PARTNERS[ref].short_name, *NAMES[ref]]
    for name in said:
        assert set(glossary.meant(name, NAMES)) == SHARED.get(name.casefold(), {ref}), name


@pytest.mark.parametrize(
    ("typed", "ref"),
    [
        *(
            ("HDSR", "ws0636"),
            ("hoogheemraadschap de stichtse rijnlanden", "ws0636"),
            ("Stichtse Rijnlanden", "ws0636"),
        ),
        *(("Amstel Gooi en Vecht", "ws0155"), ("AGV", "ws0155"), ("waterschap rivierenland", "ws0621")),
        *(
            ("Utrechtse-Heuvelrug", "gm1581"),
            ("Wijk bij Duurstede", "gm0352"),
            ("de-bilt", "gm0310"),
            ("Bilt", "gm0310"),
        ),
        *(("gemeente Utrecht", "gm0344"), ("Municipality of Utrecht", "gm0344"), ("provincie utrecht", "pv26")),
        *(("Province of Utrecht", "pv26"), ("U10", "rg-u10"), ("U16", "rg-u10"), ("u10 (u16)", "rg-u10")),
        *(("Foodvalley", "rg-regio-foodvalley"), ("Amersfoort", "gm0307"), ("Regio Amersfoort", "rg-regio-amersfoort")),
        *(("Wijk bij Duurst…", "gm0352"), ("Provincie Utrec…", "pv26"), ("…", "")),
        *(("WÓUDENBERG", "gm0351"), ("  Woudenberg ", "gm0351"), ("Vallei & Veluwe", "")),
    ],
)
def test_a_partner_is_named_as_people_name_it(typed: str, ref: str) -> None:
    assert glossary.meant(typed, NAMES) == ((ref,) if ref else ())


@given(ref=st.sampled_from(sorted(PARTNERS)), data=st.data())
@settings(max_examples=60)
def test_capitals_accents_and_hyphens_do_not_matter(ref: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES[ref]))
    signs = [data.draw(st.sampled_from([each.lower(), each.upper(), f"{each}\u0301"])) for each in name]
    typed = unicodedata.normalize(data.draw(st.sampled_from(["NFC", "NFD"])), "".join(signs)).replace(
        " ", data.draw(st.sampled_from([" ", "  ", "-", "_"]))
    )
    assert ref in glossary.meant(typed, NAMES)


@given(ref=st.sampled_from(sorted(PARTNERS)), data=st.data())
@settings(max_examples=60)
def test_one_wrong_letter_still_leads_to_the_partner(ref: str, data: st.DataObject) -> None:
    name = PARTNERS[ref].short_name
    if len(name) < 5:
        return
    place = data.draw(st.integers(0, len(name) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    typed = data.draw(st.sampled_from([name[:place] + other + name[place + 1 :], name[:place] + name[place + 1 :]]))
    found = glossary.meant(typed, NAMES)
    assert ref in (found or glossary.suggested(typed, NAMES))


def test_names_are_no_longer_than_what_is_compared() -> None:
    assert glossary.suggested("x" * 1_000_000, NAMES) == ()
    assert glossary.suggested("", NAMES) == glossary.meant("", NAMES) == glossary.meant("()", NAMES) == ()


@pytest.fixture
def with_partners(database_url: str) -> Iterator[World]:
    """A fund with the 34 partners, on each kind of database."""
    with founded(database_url) as world:
        world.partners()
        yield world


def address(world: World) -> str:
    return str(world.fund.engine.url.render_as_string(hide_password=False))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_partner_that_does_not_exist_is_refused_with_the_nearest(with_partners: World, fund: Fund, lang: str) -> None:
    shown = fund("statement", "council", "Woudenburg", database=address(with_partners), lang=lang)
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error[unknown_partner]: ")
    assert '"Woudenburg"' in shown.err
    assert "34 partners" in shown.err
    assert "Woudenberg (gm0351)" in shown.err
    assert shown.err.rstrip().endswith("fund statement council gm0351")
    named = fund("statement", "council", "Woudenberg", "--json", database=address(with_partners), lang=lang)
    by_id = fund("statement", "council", "gm0351", "--json", database=address(with_partners), lang=lang)
    assert (named.code, named.json) == (0, by_id.json)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_name_that_two_partners_have_is_refused_without_a_terminal(
    with_partners: World, fund: Fund, lang: str
) -> None:
    shown = fund("partner", "show", "Utrecht", database=address(with_partners), lang=lang)
    assert (shown.code, shown.out) == (2, "")
    assert "Gemeente Utrecht (gm0344), Provincie Utrecht (pv26)" in shown.err
    told = fund("partner", "show", "Utrecht", "--json", database=address(with_partners)).json["error"]
    assert (told["code"], told["details"]["ids"]) == ("ambiguous_name", ["gm0344", "pv26"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_name_that_two_partners_have_is_asked_at_a_terminal(with_partners: World, fund: Fund, lang: str) -> None:
    shown = fund("partner", "show", "Utrecht", database=address(with_partners), lang=lang, terminal=True, typed="2\n")
    assert shown.code == 0
    assert shown.out.startswith("Provincie Utrecht")
    assert "  1  Gemeente Utrecht (gm0344)\n  2  Provincie Utrecht (pv26)\n" in shown.err
    for answer in ("3\n", "0\n", "gm0344\n", "\n", "٢\n", ""):
        refused = fund(
            "partner", "show", "Utrecht", database=address(with_partners), lang=lang, terminal=True, typed=answer
        )
        assert (refused.code, "ambiguous_name" in refused.err) == (2, True), answer


def test_a_repeated_command_is_known_by_what_was_typed_and_asks_nobody_again(with_partners: World, fund: Fund) -> None:
    """Given somebody who typed Utrecht and was asked which; when the command is repeated, then it answers as before."""
    words = ("user", "add", "kim", "--role", "partner editor", "--partner", "Utrecht", "--command-id", "een-keer")
    about = {"database": address(with_partners), "user": "petra"}
    first = fund(*words, **about, terminal=True, typed="1\n")
    assert first.code == 0
    assert first.err.count("Gemeente Utrecht (gm0344)") == 1
    again = fund(*words, "--json", **about)
    assert (again.code, again.json["replayed"]) == (0, True)
    assert again.json["events"][0]["payload"]["partner"] == "gm0344"
    assert again.json["events"][0]["payload"]["roles"] == ["partner_editor"]
    same_role = ["partner_editor" if word == "partner editor" else word for word in words]
    assert fund(*same_role, "--json", **about).json["replayed"]  # words of a list, days and amounts are what they mean
    other = fund(*("gm0344" if word == "Utrecht" else word for word in words), **about)
    assert (other.code, "command_conflict" in other.err) == (1, True)


def test_what_waits_for_a_second_person_keeps_the_partner_that_was_meant(with_partners: World) -> None:
    """Given a call on Woudenberg that waits; when it is confirmed, then it is a call on Woudenberg."""
    with_partners.people()
    name = Name("woudenberg", "partner")
    made = with_partners.do("capital call", user="anna", partner=name, amount=1_000_00)
    with with_partners.snapshot() as snapshot:
        row = snapshot.store.work.pending(made["pending"])
        assert row is not None
        assert json.loads(row.arguments)["partner"] == "gm0351"
    done = with_partners.do("confirm", user="bram", ref=made["pending"])
    assert done["events"][0]["payload"]["partner"] == "gm0351"


def test_a_refusal_by_a_rule_names_the_partner_that_was_meant(with_partners: World) -> None:
    """The fact that a command was refused holds the id, never what somebody typed."""
    with pytest.raises(FundError) as refused:
        with_partners.do("partner give-notice", user="anna", ref=Name("Woudenberg", "partner"))
    assert refused.value.recorded
    with with_partners.snapshot() as snapshot:
        last = list(snapshot.store.facts.all())[-1]
    assert (last.fact.wire, last.fact.subject) == ("command.refused", "gm0351")


def test_people_are_found_without_regard_to_capitals(with_partners: World, fund: Fund) -> None:
    about = {"database": address(with_partners)}
    assert fund("inbox", "--json", **about, user="Anna").json == fund("inbox", "--json", **about, user="anna").json
    shown = fund("inbox", **about, user="ana")
    assert (shown.code, "did you mean anna? fund --as anna user list" in shown.err) == (1, True)
    with_partners.user("Ànna", "reviewer")
    assert fund("inbox", **about, user="anna").code == 0  # the name as it is written goes first
    unclear = fund("inbox", **about, user="ANNA")
    assert (unclear.code, "ambiguous_name" in unclear.err) == (2, True)


def test_completion_offers_names_that_are_taken(with_partners: World) -> None:
    ctx = click.Context(click.Command("x"), obj=Shell({"database": address(with_partners)}))
    offered = {item.value for item in PARTNER.shell_complete(ctx, click.Argument(["partner"]), "")}
    assert len(offered) == 34
    assert {"Woudenberg", "De-Bilt", "HDSR", "U10", "Utrechtse-Heuvelrug"} <= offered
    assert all(glossary.meant(name, NAMES) for name in offered)
    begun = [item.value for item in PARTNER.shell_complete(ctx, click.Argument(["partner"]), "woud")]
    assert begun == ["Woudenberg"]
    ids = PARTNER.shell_complete(ctx, click.Argument(["partner"]), "GM035")
    assert {(item.value, item.help) for item in ids} >= {("gm0351", "Gemeente Woudenberg")}
    both = [item.value for item in PARTNER.shell_complete(ctx, click.Argument(["partner"]), "W")]
    assert {"Woudenberg", "Woerden", "ws0636"} <= set(both)


def test_completion_reads_no_file_and_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a command that is half typed; then what stands in it already is neither opened nor asked about."""
    half = click.Context(click.Command("x"), resilient_parsing=True)
    monkeypatch.setattr("fund.paths.read_input", lambda *args, **more: pytest.fail("it was read"))
    monkeypatch.setattr("cli.output.interactive", lambda: pytest.fail("somebody is asked"))
    assert FILE.convert("-", None, half) == {"name": "-", "content": b""}
    twins = Word("x", lambda: {"one": ("zelfde", "same"), "other": ("zelfde", "same")})
    with pytest.raises(AmbiguousName):
        twins.convert("same", None, half)


def test_a_kind_of_fact_is_completed_by_its_word_or_else_by_its_code() -> None:
    ctx, option = click.Context(click.Command("x")), click.Option(["--type"])
    language.choose("nl")
    assert "gebruiker-toegevoegd" in {item.value for item in FACT.shell_complete(ctx, option, "gebr")}
    assert "user.added" in {item.value for item in FACT.shell_complete(ctx, option, "user.")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_facts_are_listed_and_asked_for_by_their_words(with_partners: World, fund: Fund, lang: str) -> None:
    about = {"database": address(with_partners), "lang": lang}
    word = {"nl": "partner toegelaten", "en": "partner admitted"}[lang]
    by_word = fund("event", "list", "--type", word, "--limit", "2", **about)
    *rows, more = by_word.out.splitlines()
    assert (by_word.code, [word in row for row in rows]) == (0, [False, False, False, True, True])
    assert "fund event list --type partner.admitted --since " in more
    following = fund(*shlex.split(more.partition("fund ")[2]), "--json", **about).json["events"]
    assert {event["type"] for event in following} == {"partner.admitted"}
    shown = fund("event", "show", str(following[0]["seq"]), **about)
    assert (shown.out.splitlines()[0].endswith(f": {word}"), "partner.admitted" in shown.out) == (True, True)
    refused = fund("event", "list", "--type", "partner.admited", **about)
    assert (refused.code, f'"{word}"' in refused.err, "fund explain facts" in refused.err) == (2, True, True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_log_names_people_and_what_it_names_can_be_typed(with_partners: World, fund: Fund, lang: str) -> None:
    about = {"database": address(with_partners), "lang": lang}
    listed = fund("event", "list", "--type", "user.added", **about).out
    assert ("usr_" not in listed, " user/petra " in listed) == (True, True)
    facts = fund("event", "list", "--stream", "user/petra", "--json", **about).json["events"]
    assert {fact["of"] for fact in facts} == {"user/petra"}
    shown = fund("event", "show", str(facts[0]["seq"]), **about).out
    by = {"nl": "de dienst", "en": "the service"}[lang]
    assert (" user/petra\n" in shown, f" {by}\n" in shown, '["admin"]' in shown, "'" in shown) == (
        True,
        True,
        True,
        False,
    )


def test_the_command_that_is_advised_after_a_typing_error_is_the_one_that_was_typed(
    with_partners: World, fund: Fund
) -> None:
    about = {"database": address(with_partners)}
    for words in (("capital", "list", "--partner", "Utrechtse Heuvelrg"), ("partner", "show", "Utrechtse Heuvelrg")):
        hint = fund(*words, **about).err.splitlines()[-1]
        assert hint.endswith(" ".join(["fund", *words[:-1], "gm1581"])), hint
    nobody = fund("partner", "show", "zzzzzzz", **about).err.splitlines()[-1]
    assert nobody == "hint: fund partner list"


# ------------------------------------------------------------------------------------------------------------- files


def test_a_proposal_file_names_partners_as_people_do(with_partners: World) -> None:
    """Given two files that say the same by id and by name; then they are one proposal."""
    content = a_proposal_file().decode()
    named = content.replace('"gm0351"', '"Gemeente Woudenberg"')
    assert named != content
    with with_partners.uow(commit=False) as uow:
        from fund import forms

        partners = names_of(uow.cases(type(uow.partner("gm0351"))))
        ids = forms.open_form(content.encode()).read("light", partners=partners).form
        names = forms.open_form(named.encode()).read("light", partners=partners).form
        assert names == ids
        for wrong, said in (("Woudenburg", "the nearest is `Woudenberg`"), ("Utrecht", "pv26 (Provincie Utrecht)")):
            text = content.replace('lead_partner = "gm0351"', f'lead_partner = "{wrong}"')
            with pytest.raises(FundError) as refused:
                forms.open_form(text.encode(), "loket.toml").read("light", partners=partners)
            line = next(number for number, each in enumerate(text.split("\n"), 1) if each.startswith("lead_partner"))
            assert f"loket.toml:{line}: proposal.lead_partner" in str(refused.value)
            assert said in str(refused.value)


def test_the_same_proposal_by_id_and_by_name_is_the_same_content(database_url: str) -> None:
    """Given two files, by id and by name; when both are drafted, then the fund keeps the same of both."""
    with proposing(database_url) as world:
        by_id = a_proposal_file(co_applicants=("gm0327",))
        by_name = by_id.replace(b'"gm0351"', b'"WOUDENBERG"').replace(b'"gm0327"', b'"Gemeente Leusden"')
        assert by_name != by_id
        kept = [
            world.do("proposal draft", user="fatima", file=as_file(content, "loket.toml"))["result"]["ref"]
            for content in (by_id, by_name)
        ]
        shown = [world.ask("proposal show", user="fatima", ref=ref) for ref in kept]
        assert shown[1]["lead_partner"] == "gm0351"
        assert shown[1]["co_applicants"] == ["gm0327"]
        forms_kept = [{key: value for key, value in each["form"].items() if key != "team"} for each in shown]
        assert forms_kept[0] == forms_kept[1]  # people are kept apart, under a mark of each proposal


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_account_is_named_by_code_or_as_it_is_printed(lang: str) -> None:
    language.choose(lang)
    for code, called in glossary.account_names().items():
        for typed in (code, *called):
            assert ACCOUNT.convert(typed, None, None) == code
    assert ACCOUNT.convert("3000.gm0344", None, None) == "3000.gm0344"
    with pytest.raises(click.BadParameter) as refused:
        ACCOUNT.convert("banc", None, None)
    assert account_word("1000") in refused.value.message


def test_a_cooperation_is_named_as_it_is_printed_also_before_there_is_a_fund(fund: Fund) -> None:
    by_ref = fund("cooperation", "show", "rid-utrecht", "--json")
    assert (by_ref.code, fund("cooperation", "show", "RID Utrecht", "--json").json) == (0, by_ref.json)
    of_zeist = fund("cooperation", "list", "--partner", "zeist", "--theme", "energie", "--json")
    same = fund("cooperation", "list", "--partner", "gm0355", "--theme", "T04", "--json")
    assert of_zeist.json == same.json
    assert of_zeist.json["cooperations"]
    refused = fund("cooperation", "list", "--partner", "zeisd")
    assert (refused.code, "did you mean Zeist (gm0355)?" in refused.err) == (1, True)
    assert fund("cooperation", "list", "--theme", "4").code == 2  # a list of nothing would be no answer


def test_names_of_the_shared_types_are_what_the_front_page_offers() -> None:
    assert {"DAY", "MONEY", "PARTNER", "PAYEE", "ROLE", "THEME", "USER", "one_of", "State"} <= set(params.__all__)
