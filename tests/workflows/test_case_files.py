"""What went in comes out: the files of every noun, as the bytes that were brought, for whoever may read the case."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fund import files
from fund.errors.commands import UnknownRef
from fund.errors.people import ConflictOfInterest, NoActor, NotAuthorised
from fund.errors.proposals import AttachmentMissing, ContentLost, FileNotNamed, UnknownAttachment
from fund.events import FACTS
from fund.events.agreements import AgreementSuspended, MilestoneEvidenced
from fund.events.decisions import DecisionConditionEvidenced, DecisionUpheld
from fund.events.exits import PartnerNoticeGiven
from fund.events.writeoffs import WriteoffProposed
from fund.schemas.reviews import Decision
from fund.workflows.attachments.reading import NOUNS
from tests.cli.test_shell import complete
from tests.conftest import Fund
from tests.factories import START, World, a_proposal_file, as_file, founded
from tests.workflows.looking_back import AGREEMENT, BAARN, BUNSCHOTEN, PROPOSAL, proposal, until_completed
from tests.workflows.money_out import OURS
from tests.workflows.proposing import case, file_of, proposing

WRITEOFF, SUPPLIER, COST = f"{AGREEMENT}-W1", "drukker", "K2026-0001"
PDF = b"%PDF-1.7 een plan"
EVERYBODY = (
    "anna", "bram", "petra", "joost", "carla", "mira", "rosa", "fatima", "sara",
)  # fmt: skip
"""Fund manager, treasurer, admin, auditor, chair, member, reviewer; a signatory of the lead, one of another partner."""

CASES: dict[str, tuple[str, list[tuple[str, str, bytes]], set[str]]] = {
    "milestone": (
        f"{AGREEMENT}-1",
        [("evidence", "", b"Verslag"), ("evidence", "", PDF)],
        {"anna", "joost", "carla", "mira", "rosa", "fatima"},
    ),
    "agreement": (
        AGREEMENT,
        [("text to sign", "", b""), ("letter of the suspension", "", b"Brief")],
        {"anna", "bram", "joost", "carla", "mira", "fatima"},
    ),
    "evaluation": (AGREEMENT, [("evaluation", "", b"")], {"anna", "joost", "carla", "mira", "rosa", "fatima"}),
    "decision": (
        PROPOSAL,
        [("evidence of a condition", "besluit.pdf", b"Besluit"), ("external advice", "", b"Advies")],
        {"anna", "bram", "joost", "carla", "mira", "fatima"},
    ),
    "writeoff": (
        WRITEOFF,
        [("reminders and legal view", "", b"Rechtsoordeel")],
        {"anna", "bram", "joost", "carla", "mira", "fatima"},
    ),
    "partner": (
        BAARN,
        [("decision to leave", "raadsbesluit.pdf", b"Raadsbesluit")],
        {"anna", "bram", "joost", "carla", "mira", "fatima"},
    ),
    "payee": (f"{SUPPLIER}-1", [("document with the account", "", b"Brief van de bank")], {"anna", "bram", "joost"}),
    "cost": (COST, [("invoice or order", "", b"Factuur")], {"anna", "bram", "joost"}),
}
"""Of each noun a case: its files (what, title, bytes; none where the fund has them not), and who of everybody reads."""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as world:
        until_completed(world, accepted=False, ends="")
        proposal(world)
        world.user("joost", "auditor")
        world.user("sara", "partner_signatory", partner=BUNSCHOTEN)
        filled(world)
        yield world


def filled(world: World) -> None:
    """Every case gets its files."""
    about: dict[str, Any] = {"agreement": AGREEMENT, "proposal": PROPOSAL}
    with world.uow("anna") as uow:
        uow.store.cases.put([(Decision(ref=PROPOSAL, state="conditional"), 1)])
    with world.uow("fatima") as uow:
        kept = [files.put(uow, content) for content in (b"Verslag", PDF)]
        uow.record(MilestoneEvidenced(ref=f"{AGREEMENT}-1", evidence=tuple(kept), **about))
        besluit = files.put(uow, b"Besluit")
        uow.record(
            DecisionConditionEvidenced(ref=PROPOSAL, number=1, file="/home/f/besluit.pdf", size=7, sha256=besluit)
        )
        leaves = {"decided_on": uow.today, "leaves_on": uow.today + timedelta(days=900), "file": "raadsbesluit.pdf"}
        uow.record(PartnerNoticeGiven(ref=BAARN, **leaves, file_sha256=files.put(uow, b"Raadsbesluit")))
    with world.uow("anna") as uow:
        letter = files.put(uow, b"Brief")
        suspended = {"reason": "vermoeden", "until_on": date(2026, 12, 1), "letter_sha256": letter}
        uow.record(AgreementSuspended(ref=AGREEMENT, proposal=PROPOSAL, **suspended))
        uow.record(DecisionUpheld(ref=PROPOSAL, reason="blijft", advice_sha256=files.put(uow, b"Advies")))
        writeoff = {
            "ground": "hardship", "amount_cents": 1, "outstanding_cents": 1, "lead": BAARN, "parties": (BAARN,),
            "reason": "geen middelen", "file_sha256": files.put(uow, b"Rechtsoordeel"),
        }  # fmt: skip
        uow.record(WriteoffProposed(ref=WRITEOFF, **about, **writeoff))
    world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
    account = {"supplier": SUPPLIER, "iban": "NL20INGB0001234567", "name": "Drukkerij De Eend"}
    world.both(
        "payee record", user="anna", second="bram", **account, file={"name": "b.pdf", "content": b"Brief van de bank"}
    )
    world.clock(START + timedelta(days=4))
    bill = {"payee": SUPPLIER, "amount": 100_00, "reason": "drukwerk"}
    world.both("cost approve", user="anna", second="bram", **bill, file={"name": "f.pdf", "content": b"Factuur"})


@pytest.mark.parametrize("noun", ["milestone", "agreement", "decision", "writeoff", "partner", "payee", "cost"])
def test_every_file_of_a_case_is_listed_and_comes_out_as_it_went_in(world: World, noun: str) -> None:
    ref, wanted, _readers = CASES[noun]
    rows = world.ask(f"{noun} file list", user="joost", ref=ref)["files"]
    assert [(row["number"], row["what"], row["title"]) for row in rows] == [
        (number, what, title) for number, (what, title, _content) in enumerate(wanted, start=1)
    ]
    for row, (_what, _title, content) in zip(rows, wanted, strict=True):
        assert row["kept"] == bool(content)
        if content:
            found = world.ask(f"{noun} file get", user="joost", ref=ref, file=str(row["number"]))
            assert base64.b64decode(found["content_base64"]) == content
            assert (found["sha256"], found["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
            by_hash = world.ask(f"{noun} file get", user="joost", ref=ref, file=row["sha256"][:6].upper())
            assert by_hash == found
        else:
            with pytest.raises(ContentLost):
                world.ask(f"{noun} file get", user="joost", ref=ref, file=row["sha256"] if len(wanted) < 2 else "1")


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun != "proposal"])
def test_files_are_for_whoever_may_read_the_case_and_others_are_told_for_whom(world: World, noun: str) -> None:
    ref, _files, readers = CASES[noun]
    for name in EVERYBODY:
        for query, args in ((f"{noun} file list", {}), (f"{noun} file get", {"file": "1"})):
            if name in readers:
                with suppress(ContentLost, UnknownAttachment):  # nobody handed it in: it would be theirs
                    world.ask(query, user=name, ref=ref, **args)
                continue
            with pytest.raises(NotAuthorised) as refused:
                world.ask(query, user=name, ref=ref, **args)
            assert (refused.value.details["command"], refused.value.details["ref"]) == (query, ref)
    with pytest.raises(NoActor):
        world.ask(f"{noun} file list", ref=ref)
    with pytest.raises(UnknownRef):
        world.ask(f"{noun} file list", user="joost", ref="geen")


def test_the_papers_of_a_decision_are_for_nobody_whom_a_conflict_bars(world: World) -> None:
    world.user("mats", "committee_member", partner=BAARN)
    for query, args in (("decision file list", {}), ("decision file get", {"file": "2"})):
        with pytest.raises(ConflictOfInterest) as refused:
            world.ask(query, user="mats", ref=PROPOSAL, **args)
        assert (refused.value.details["command"], refused.value.details["organisation"]) == (query, BAARN)


def test_a_file_is_named_by_its_number_or_its_hash(world: World) -> None:
    ref = f"{AGREEMENT}-1"
    with pytest.raises(FileNotNamed) as several:
        world.ask("milestone file get", user="joost", ref=ref)
    assert (several.value.details["count"], several.value.advice) == (2, f"fund milestone file list {ref}")
    for wrong in ("3", "0", "-1", "verslag", hashlib.sha256(PDF).hexdigest()[:5], "000000"):
        with pytest.raises(UnknownAttachment) as unknown:
            world.ask("milestone file get", user="joost", ref=ref, file=wrong)
        assert (unknown.value.details["file"], unknown.value.details["count"]) == (wrong, 2)
    with pytest.raises(UnknownAttachment):
        world.ask("evaluation file get", user="joost", ref=AGREEMENT)


@pytest.mark.parametrize("bytes_are", ["others", "gone"])
def test_a_damaged_file_is_refused_by_name_and_nothing_is_written(
    fund: Fund, world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, bytes_are: str
) -> None:
    (tmp_path / "hier").mkdir()
    monkeypatch.chdir(tmp_path / "hier")
    digest = hashlib.sha256(b"Factuur").hexdigest()
    with world.snapshot() as snapshot:
        folder = files.folder_of(snapshot)
    if folder is not None and bytes_are == "gone":
        (folder / digest[:2] / digest).unlink()
    elif folder is not None:
        (folder / digest[:2] / digest).write_bytes(b"Fraude!")
    else:
        change = "update blob set content = :new where sha256 = :old" if bytes_are == "others" else None
        with world.fund.engine.begin() as connection:
            statement = sa.text(change or "delete from blob where sha256 = :old and :new = :new")
            connection.execute(statement, {"new": b"Fraude!", "old": digest})
    done = fund("cost", "file", "get", COST, database=world.fund.url, user="joost")
    assert done.code == 1, done
    assert f"error[content_lost]: file {digest} is not as it was stored" in done.err.replace("\n  ", " ")
    assert list((tmp_path / "hier").iterdir()) == []


def test_a_file_is_written_beside_nothing_and_over_nothing_unasked(
    fund: Fund, world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hier").mkdir()
    monkeypatch.chdir(tmp_path / "hier")
    url, ref = world.fund.url, f"{AGREEMENT}-1"

    def get(*words: str, lang: str = "en") -> Any:
        return fund("milestone", "file", "get", ref, *words, database=url, user="anna", lang=lang)

    # a name that opens, and only for who asked for it
    assert get("2").code == 0
    path = tmp_path / "hier" / f"{ref}-file-2.pdf"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (PDF, 0o600)
    # once: what is there stays, unless it is said
    path.write_bytes(b"eigen aantekeningen")
    refused = get("2")
    assert (refused.code, path.read_bytes()) == (1, b"eigen aantekeningen")
    assert "error[output_exists]" in refused.err
    assert get("2", "--force").code == 0
    assert path.read_bytes() == PDF
    # elsewhere, as JSON, in Dutch
    told = get("1", "--output", "verslag.txt", "--json").json
    assert (told["path"], told["what"], told["size"]) == ("verslag.txt", "evidence", 7)
    assert (tmp_path / "hier" / "verslag.txt").read_bytes() == b"Verslag"
    assert get("1", "--output", "-").out == "Verslag"
    (tmp_path / "hier" / "map").mkdir()
    for code in (0, 1):  # under its own name in a folder, and there too never over what is there
        assert get("1", "--output", "map").code == code
    assert (tmp_path / "hier" / "map" / f"{ref}-file-1.txt").read_bytes() == b"Verslag"
    assert "bewijs" in get("1", "--output", "nog-een.txt", lang="nl").out
    listed = fund("milestone", "file", "list", ref, database=url, user="anna", lang="nl")
    assert "Bestanden van A2026-001-1" in listed.out
    assert f"fund milestone file get {ref} 1" in listed.err
    # what the fund never got is said, and is no next step
    listed = fund("agreement", "file", "list", AGREEMENT, database=url, user="anna", lang="nl")
    assert "niet bij het fonds" in listed.out
    assert f"fund agreement file get {AGREEMENT} 2" in listed.err


def test_files_are_completed_by_their_numbers_for_whoever_may_read_them(world: World) -> None:
    asked = f"fund milestone file get {AGREEMENT}-1 "
    assert complete("fund milestone file ") == ["get", "list"]
    assert complete(asked, FUND_DATABASE=world.fund.url, FUND_USER="anna") == ["1", "2"]
    assert complete(asked, FUND_DATABASE=world.fund.url, FUND_USER="sara") == []


def test_attachments_of_a_proposal_are_its_own_until_it_is_handed_in(database_url: str) -> None:
    kept = {"title": "Plan", "sha256": hashlib.sha256(PDF).hexdigest()}
    with proposing(database_url) as world:
        first = {"title": "Kladje", "sha256": hashlib.sha256(b"kladje").hexdigest()}
        form = a_proposal_file(attachments=(first, {"title": "Kaart", "sha256": "0" * 64}))
        answer = world.do("proposal draft", user="fatima", file=as_file(form, "a.toml"))
        ref = str(answer["result"]["ref"])
        assert answer["next"] == f"fund proposal save {ref} FILE --attach PATH"
        # a draft of others is not found; its parties see what it names, and what is not with the fund yet
        for query in ("proposal file list", "proposal file get"):
            with pytest.raises(UnknownRef):
                world.ask(query, user="anna", ref=ref)
        rows = world.ask("proposal file list", user="fatima", ref=ref)["files"]
        assert [(row["title"], row["kept"]) for row in rows] == [("Kladje", False), ("Kaart", False)]
        # what the draft named before is nobody's once it is handed in without
        text = file_of(world, ref, "fatima")
        attach = [{"name": "kladje.txt", "content": b"kladje"}]
        world.do("proposal save", user="fatima", ref=ref, file=as_file(text.encode(), "a.toml"), attach=attach)
        assert world.ask("proposal file list", user="fatima", ref=ref)["files"][0]["kept"]
        form = a_proposal_file(attachments=(kept,))
        attach = [{"name": "plan.pdf", "content": PDF}]
        world.do("proposal save", user="fatima", ref=ref, file=as_file(form, "a.toml"), attach=attach)
        world.do("proposal submit", user="fatima", ref=ref)
        assert case(world, ref).submitted_at is not None
        for name in ("anna", "sam"):
            rows = world.ask("proposal file list", user=name, ref=ref)["files"]
            assert [(row["number"], row["title"]) for row in rows] == [(1, "Plan")]
            found = world.ask("proposal file get", user=name, ref=ref)
            assert (base64.b64decode(found["content_base64"]), found["name"]) == (PDF, f"{ref}-file-1.pdf")


def test_who_names_a_file_of_another_case_by_its_hash_does_not_read_it(database_url: str) -> None:
    secret = b"wat alleen de commissie leest"
    kept = {"title": "Plan", "sha256": hashlib.sha256(secret).hexdigest()}
    with proposing(database_url) as world:
        with world.uow("anna") as uow:
            files.put(uow, secret)
        for refused_at, args in (("draft", {}), ("save", {"ref": "2026-001"})):
            form = a_proposal_file(attachments=(kept,))
            with pytest.raises(AttachmentMissing) as refused:
                world.do(f"proposal {refused_at}", user="fatima", file=as_file(form, "a.toml"), **args)
            again = f"fund proposal {refused_at} {args.get('ref', '')} FILE --attach PATH".replace("  ", " ")
            assert refused.value.advice == again
            if refused_at == "draft":
                world.do("proposal draft", user="fatima", file=as_file(a_proposal_file(), "a.toml"))
        # who has it brings it; from then on it is a file of the proposal, and of another one of the same party
        brought = [{"name": "plan.pdf", "content": secret}]
        world.do("proposal save", user="fatima", ref="2026-001", file=as_file(form, "a.toml"), attach=brought)
        for content in (form, a_proposal_file(title="Een ander plan", attachments=(kept,))):
            command, args = ("save", {"ref": "2026-001"}) if content is form else ("draft", {})
            world.do(f"proposal {command}", user="fatima", file=as_file(content, "a.toml"), **args)
            found = world.ask("proposal file get", user="fatima", ref="2026-002" if command == "draft" else "2026-001")
            assert base64.b64decode(found["content_base64"]) == secret


NO_FILE = {
    "document_sha256": "the text that was drafted, under the same hash",
    "trial_balance_sha256": "a seal, of figures that stand in the ledger",
    "content_sha256": "a seal, of what a file of the bank tells",
    "sha256": "a payment file: fund payment file",
    "file_sha256": "a file of the bank, which is not kept",
}
"""Fields that hold a hash and name no file of a case, with the reason."""


def test_every_hash_in_a_fact_names_a_file_that_comes_out_or_is_known_to_name_none() -> None:
    hashes = {
        (wire, field)
        for wire, fact in FACTS.items()
        for field in fact.model_fields
        if field.endswith("sha256") and field not in fact.keeps
    }
    assert {field for _wire, field in hashes} == set(NO_FILE)
    assert {wire for wire, field in hashes if field == "document_sha256"} == {"agreement.signed", "agreement.activated"}
    assert {wire.partition(".")[0] for wire, field in hashes if field in ("file_sha256", "sha256")} == {
        "payment", "bank_statement", "bank_notification",
    }  # fmt: skip
    keeping = {fact.kind for fact in FACTS.values() if fact.keeps}
    assert keeping == {kind.kind for kind, _require in NOUNS.values()} - {"proposal"}


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PDF, ".pdf"),
        (b"\x89PNG\r\n\x1a\n", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (b"<?xml version='1.0'?>", ".xml"),
        (b"PK\x03\x04....xl/workbook.xml", ".xlsx"),
        (b"PK\x03\x04....word/document.xml", ".docx"),
        (b"PK\x03\x04....", ".zip"),
        ("één regel".encode(), ".txt"),
        (b"\x00\xff\xfe", ".bin"),
    ],
)
def test_a_file_gets_an_ending_under_which_it_opens(content: bytes, ending: str) -> None:
    assert files.ending(content) == ending
