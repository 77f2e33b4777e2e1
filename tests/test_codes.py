"""No code, id or name of a field inside a sentence for people, in either language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fund import language
from fund.errors import FundError
from fund.errors.commands import TransitionNotAllowed
from fund.errors.ledger import PeriodOutOfOrder
from fund.errors.people import NotAuthorised
from fund.events import FACTS
from fund.registry import PROJECTIONS
from fund.words import event_word, word_of
from tests import codes, messages
from tests.cli.golden import FOLDER as GOLDEN

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/leaflets/*.md")])
WRITTEN = ("CHANGELOG.md", "ARCHITECTURE.md", "choices.md", "glossary.md", "canonical-form.md")
"""Pages about the program itself, which name its parts, and the glossary, whose table is of codes."""
_COMMANDS = re.compile(r"^  [a-z0-9-]+(?= {2,})", re.MULTILINE)
"""The first column of a list of commands, which are typed."""


def _texts(value: str | list[str] | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _sentences() -> list[tuple[list[str], list[str]]]:
    ours = [
        message
        for message in messages.kept("nl")
        if message.id and not all(place.startswith("click/") for place, _line in message.locations)
    ]
    return [(_texts(message.id), _texts(message.string)) for message in ours]


def test_no_sentence_of_the_catalogue_holds_a_code_in_english() -> None:
    assert list(codes.faults((text for source, _said in _sentences() for text in source), dutch=False)) == []


def test_no_sentence_of_the_catalogue_holds_a_code_in_dutch() -> None:
    assert list(codes.faults((text for _source, said in _sentences() for text in said), dutch=True)) == []


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.name)
def test_nothing_that_users_see_holds_a_code(path: Path) -> None:
    shown = _COMMANDS.sub("", path.read_text("utf-8"))
    assert list(codes.faults(shown.splitlines(), dutch=".nl." in path.name, ids=False)) == []


@pytest.mark.parametrize("path", [each for each in PAGES if each.name not in WRITTEN], ids=lambda path: path.name)
def test_no_page_says_a_code_that_it_does_not_mark(path: Path) -> None:
    text = re.sub(r"^```.*?^```|^    .*?$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\| [a-z_]+ (?=\|)", "", text)  # a value in a table, as it is typed
    dutch = path.parent.name == "leaflets" and not path.name.endswith(".en.md")
    assert list(codes.faults(text.split("\n\n"), dutch=dutch)) == []


@pytest.mark.parametrize(
    ("sentence", "dutch", "found"),
    [
        ("2026-03 is locked en kan niet", True, "locked"),
        ("user.added bij een gebruiker", True, "user.added"),
        ("de grond is stop_rule", True, "stop_rule"),
        ("the ground is stop_rule", False, "stop_rule"),
        ("the fact user.added of usr_3f9a", False, "usr_3f9a, user.added"),
        ("the call of gm0344 is open", False, "gm0344"),
    ],
)
def test_a_code_that_is_not_marked_is_found(sentence: str, dutch: bool, found: str) -> None:
    assert list(codes.faults([sentence], dutch=dutch)) == [f"{', '.join(found.split(', '))}: {sentence}"]


@pytest.mark.parametrize(
    "sentence",
    [
        'typ `stop_rule`, of "breach"',
        "voeg toe: fund agreement terminate 2026-001 --ground stop_rule",
        "zet het in terms.toml onder [[milestones]]",
        "de periode is vergrendeld",
    ],
)
def test_what_is_to_be_typed_is_no_fault_once_marked(sentence: str) -> None:
    assert list(codes.faults([sentence], dutch=True)) == []


def test_every_fact_has_a_dutch_name() -> None:
    language.choose("nl")
    said = {wire: event_word(wire) for wire in FACTS}
    assert list(codes.faults(said.values(), dutch=True)) == []
    assert said["user.added"] == "gebruiker toegevoegd"


def test_every_kind_of_case_that_a_refusal_names_has_a_dutch_word() -> None:
    language.choose("nl")
    sources = [path.read_text("utf-8") for folder in ("fund", "cli") for path in (ROOT / folder).rglob("*.py")]
    named = {kind for source in sources for kind in re.findall(r'UnknownRef\(kind="(\w+)"', source)}
    assert {"case", "event", "call"} <= named
    raw = {kind for kind in named | set(PROJECTIONS) if word_of("word", kind) == kind}
    assert raw <= codes.DUTCH_TOO


@pytest.mark.parametrize(
    ("code", "dutch", "english"),
    [
        ("partner_signatory of lead", "ondertekenaar van de penvoerder", "signatory of the lead"),
        ("partner_editor of party", "bewerker van een partij", "editor of a party"),
        ("partner_editor of own", "bewerker van die partner", "editor of that partner"),
        ("partner_editor", "bewerker van een partner", "partner editor"),
    ],
)
def test_who_may_is_said_with_the_tie_to_the_case_once(code: str, dutch: str, english: str) -> None:
    assert word_of("who", code) == english
    language.choose("nl")
    assert word_of("who", code) == dutch


def test_what_a_refusal_says_is_a_code_stands_in_its_sentence() -> None:
    wrong = [
        (error.code(), place)
        for error in FundError.every().values()
        for place in error.codes
        if f"{{{place}}}" not in error.message
    ]
    assert wrong == []


def test_a_refusal_says_the_word_and_keeps_the_code() -> None:
    refusal = PeriodOutOfOrder(month="2026-03", status="locked", wanted="locked", reason="dat is al zo")
    assert str(refusal) == "2026-03 is locked and cannot become locked: dat is al zo"
    language.choose("nl")
    assert str(refusal) == "2026-03 is vergrendeld en kan niet vergrendeld worden: dat is al zo"
    assert refusal.details["status"] == "locked"


def test_the_same_state_reads_as_the_case_has_it() -> None:
    language.choose("nl")
    said = [
        str(TransitionNotAllowed(command="x y", ref="A", kind=kind, state="approved", allowed=["approved"], look=""))
        for kind in ("proposal", "disbursement")
    ]
    assert ["toegekend" in said[0], "goedgekeurd" in said[1]] == [True, True]


def test_a_refusal_names_whose_id_it_holds() -> None:
    language.choose("nl")
    refusal = NotAuthorised(actor="anna", has=["fund_manager", "gm0344"], command="user add", needs="-", ref="")
    refusal.names = {"gm0344": "Utrecht"}
    assert str(refusal) == "anna (fondsbeheerder, Utrecht) mag `user add` niet doen: dat is voor -"
