"""One fund with a case of every kind that has states, put into any of them; and how each command is asked of it.

``SUBJECTS`` names, for every (kind, command) of the tables that a person can ask, the arguments that a complete command
has. A new row without a line here fails the walk, so it is walked the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from fund.bank.simulation import write_status
from fund.commands.answers import run as _run
from fund.database import Connection
from fund.errors import FundError
from fund.events import Fact
from fund.events.capital import ContributionReceived
from fund.events.closing import PeriodLocked, PeriodReopened
from fund.events.decisions import DecisionConditionEvidenced
from fund.events.receipts import BankAccountRegistered, DebitRecorded
from fund.events.repayments import PlanActivated
from fund.events.resolutions import ResolutionProposed
from fund.events.reviews import ReviewDeclared
from fund.events.writeoffs import WriteoffProposed
from fund.registry import COMMANDS, PROJECTIONS
from fund.rules.authority import Actor, Role
from fund.rules.regulations import standard_text
from fund.schemas import CaseFile
from fund.schemas.capital import Debit
from fund.schemas.exits import Exit
from fund.schemas.proposals import Proposal
from fund.schemas.resolutions import Resolution
from fund.schemas.reviews import Decision, Review
from fund.store import Store
from fund.unit_of_work import UnitOfWork
from tests.factories import PARTNERS_CSV, World, as_file
from tests.workflows import looking_back
from tests.workflows.agreeing import file
from tests.workflows.deciding import LEAD, decidable, panel_of, score_file, voted
from tests.workflows.money_out import IBAN, OTHER_IBAN, OURS, TREASURY, agree, approved, plan, receipt

CO_APPLICANT, BENEFICIARY, OUTSIDER = "gm0312", "gm0313", "gm0344"
PARTIES = (LEAD, CO_APPLICANT, BENEFICIARY)
AGREEMENT = "A2026-900"
AFTER = date(2026, 12, 31)

FUND = {
    Role.FUND_MANAGER: "anna2",
    Role.TREASURER: "bram2",
    Role.COMMITTEE_CHAIR: "carla",
    Role.DEPUTY_CHAIR: "dora",
    Role.COMMITTEE_MEMBER: "carl",
    Role.AUDITOR: "joost",
    Role.ADMIN: "petra",
}
"""Who of the fund walks in each role, of no party of any case."""


def cast(world: World) -> dict[str, Actor]:
    """Everybody who walks: each role of no party, of the lead, of a beneficiary, and seconded from the lead."""
    people: dict[str, Actor] = {}
    with world.snapshot() as snapshot:
        for role, name in {**FUND, Role.PARTNER_SIGNATORY: "fatima"}.items():
            people[f"{role}: {name}"] = snapshot.user(name)
        for name in panel_of(world, "2026-001")[:1]:
            people[f"{Role.REVIEWER}: {name}"] = snapshot.user(name)
    for role in Role:
        roles = frozenset({role})
        of_partners = role in (Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY)
        for where in (None, LEAD, BENEFICIARY, *((OUTSIDER, CO_APPLICANT) if of_partners else ())):
            key = f"{role} of {where or 'nobody'}"
            people[key] = Actor(f"usr_{role}_{where}", key, roles, where)
        people[f"{role} seconded by the lead"] = Actor(f"usr_{role}_seconded", "seconded", roles, LEAD, seconded=True)
    return {name: actor for name, actor in people.items() if not actor.has(Role.SYSTEM)}


@dataclass
class Fund:
    """The world of the walk, and the ref of its case of each kind."""

    world: World
    refs: dict[str, str] = field(default_factory=dict)

    def case(self, uow: UnitOfWork, kind: str) -> CaseFile:
        """The case of a kind, as its facts left it."""
        return uow.case(PROJECTIONS[kind].model, self.refs[kind])

    def put(self, uow: UnitOfWork, kind: str, state: str) -> None:
        """The case of a kind stands in a state now, with what stands beside it there."""
        case = self.case(uow, kind)
        store = uow.store.cases
        store.put([(case.replace(state=state), uow.version(case))])
        if isinstance(case, Proposal):
            review = uow.case(Review, case.ref)
            decision = uow.case(Decision, case.ref)
            if state == "in_review":
                store.put(
                    [
                        (
                            review.replace(state="open", result=None, scored=(), commitments={}, opened=()),
                            uow.version(review),
                        )
                    ]
                )
            if state in ("objected", "rejected", "conditional", "approved"):
                extra: dict[str, Any] = {"objected_was": "rejected"} if state == "objected" else {}
                store.put([(decision.replace(state=state, **extra), uow.version(decision))])
            if state == "draft":
                store.put([(case.replace(state=state, submitted_at=None, confirmed={}), uow.version(case))])
            if state in ("returned", "deferred"):
                known = {"deferred_for": "improve", "due_on": AFTER, "before": case.form, "confirmed": {}}
                store.put([(case.replace(state=state, **known), uow.version(case))])
        if kind == "agreement":
            unsigned = {"signatures": {}, "document_sha256": "0" * 64} if state == "drafted" else {}
            store.put([(case.replace(state=state, open_disbursements=(), **unsigned), uow.version(case))])
        if kind == "partner":
            told = _leaving(uow, case.ref, state)
            store.put([(told, 1)] if told is not None else [])
        if kind == "period" and state != "open":
            people = {"actor": "usr_a", "second_actor": "usr_b", "recorded_at": uow.now}
            uow.ledger.lock_period(case.ref, **people)
            if state == "closed":
                uow.ledger.close_period(case.ref, **people)
        if kind == "disbursement" and state in ("failed", "checked", "requested"):
            store.put([(case.replace(state=state, batch="", hands=()), uow.version(case))])
        if kind == "payable" and state == "failed":
            store.put([(case.replace(state=state, batch=""), uow.version(case))])
        if kind == "disbursement" and state in ("paid", "part_refunded"):
            store.put([(case.replace(state=state, paid_cents=100_00), uow.version(case))])
        uow._cases.clear()


def _leaving(uow: UnitOfWork, ref: str, state: str) -> Exit | None:
    """The exit of a partner in a state, valued at what it has in the fund."""
    if state == "active":
        return None
    capital = -uow.ledger.balances().get(f"3000.{ref}", 0)
    booked = state in ("settling", "exited")
    return Exit(
        ref=ref, state=state, leaves_on=uow.today, valued_on=uow.today, capital_cents=capital, net_cents=100,
        quoted_cents=100, quoted_now_cents=100, undisputed_cents=100, share="0", settled=booked,
        settled_on=uow.today if booked else None,
    )  # fmt: skip


def built(world: World) -> Fund:
    """A case of every kind, each brought about by its own facts."""
    fund = Fund(world)
    refs = fund.refs
    refs["proposal"] = decidable(world, beneficiaries=(BENEFICIARY,))[0]
    voted(world, refs["proposal"])
    refs.update(round="2026-1", call="B2026-9001", key="later", period="2025-11", regulations="2026-1")
    refs["user"] = world.user("gert", "partner_editor", partner=OUTSIDER)
    world.do("key adopt", user="anna", file=as_file(_key("later")))
    agree(world, ref=AGREEMENT, lead=LEAD, co_applicants=(CO_APPLICANT,), beneficiaries=(BENEFICIARY,), accepted=(1,))
    refs.update(agreement=AGREEMENT, milestone=f"{AGREEMENT}-2", evaluation=AGREEMENT, plan=AGREEMENT)
    world.user("piet", "partner_signatory", partner=CO_APPLICANT)
    with world.uow("anna") as uow:
        uow.record(BankAccountRegistered(ref=OURS, account="1000", from_on=uow.today))
        uow.record(BankAccountRegistered(ref=TREASURY, account="1005", from_on=uow.today))
        uow.record(
            PlanActivated(
                ref=AGREEMENT, proposal="2026-900", lead=LEAD, repayable_cents=2_800_000, plan=plan(2_800_000)
            )
        )
        receipt(uow, "O2026-9002", 100_00)
        receipt(uow, "O2026-9003", 100_00)
        surplus = {"receipt": "O2026-9003", "receipt_cents": 100_00, "surplus_cents": 100_00, "amount_cents": 0}
        uow.record(ContributionReceived(ref="B2026-9001", partner=LEAD, rule="manual", **surplus))
        uow.record(
            DebitRecorded(
                ref="U2026-9001", account="1000", amount_cents=1_00, debited_on=uow.today, line_id="lin_u", text="?"
            )
        )
        uow.record(
            ResolutionProposed(
                ref="R2026-9001", matter="restructuring", subject=AGREEMENT, agreement=AGREEMENT,
                proposal="2026-900", body="committee", lead=LEAD, parties=PARTIES, terms={}, reason="later",
            )
        )  # fmt: skip
        _brought_by_nobody(uow, "R2026-9001")
        uow.record(PeriodLocked(ref="2025-11"))
        uow.record(PeriodReopened(ref="2025-11", reason="een proef"))
        _explained(uow, "U2026-9001")
        _signable(uow, "2026-900")
        _signable(uow, "2026-901")
    refs.update(receipt="O2026-9002", debit="U2026-9001", partner=OUTSIDER, resolution="R2026-9001")
    paid = {"partner": LEAD, "iban": IBAN, "name": "Gemeente Woudenberg", "requested_by": "fatima"}
    world.both("payee record", user="anna", second="bram", **paid)
    refs["payee"] = f"{LEAD}-1"
    with world.snapshot() as snapshot:
        later = snapshot.now + timedelta(days=4)
    world.clock(later)
    amended = {"ref": AGREEMENT, "new_lead": CO_APPLICANT, "reason": "een ander trekt"}
    waits = world.both("agreement amend", user="anna", second="fatima", **amended)
    refs["amendment"] = str(waits["events"][0]["payload"]["ref"])
    with world.uow("anna") as uow:
        fund.put(uow, "amendment", "refused")
    refs["disbursement"] = approved(world, ref=AGREEMENT, amount=100_00)
    owed = {"payee": LEAD, "amount": 100_00, "reason": "drukwerk"}
    refs["payable"] = str(world.both("cost approve", user="anna", second="bram", **owed)["events"][0]["payload"]["ref"])
    moved = world.both("cost transfer", user="bram", second="bram2", amount=10_00, to="1005")
    refs["transfer"] = str(moved["events"][0]["payload"]["ref"])
    refs["batch"] = str(world.do("payment batch", user="anna")["result"]["ref"])
    made = str(world.ask("payment file", user="bram", ref=refs["batch"])["content"]).encode()
    STATUS.update(name="status.xml", content=write_status(made, status="ACCP"))
    with world.uow("anna") as uow:
        outstanding = {"amount_cents": 1_00, "outstanding_cents": 1_00}
        uow.record(
            WriteoffProposed(
                ref=f"{AGREEMENT}-W1", agreement=AGREEMENT, proposal="2026-900", ground="hardship", lead=LEAD,
                parties=PARTIES, reason="kan niet betalen", **outstanding,
            )
        )  # fmt: skip
    refs["writeoff"] = f"{AGREEMENT}-W1"
    with world.uow("anna") as uow:
        fund.put(uow, "writeoff", "refused")  # an open one is in the way of the next
    opens = later.date()
    planned = {"title": "Zomer", "opens": opens, "closes": AFTER, "ceiling_cents": 200_000_00, "track": "standard"}
    world.both("round plan", user="anna", second="carla", **planned)
    world.drain()
    return fund


def _explained(uow: UnitOfWork, ref: str) -> None:
    """Nothing is sent while a debit stands unexplained: only the walk of debits puts it back."""
    case = uow.case(Debit, ref)
    uow.store.cases.put([(case.replace(state="explained"), uow.version(case))])


def _brought_by_nobody(uow: UnitOfWork, ref: str) -> None:
    """Who brought a matter before a body does not decide on it: here that is nobody of those who walk."""
    case = uow.case(Resolution, ref)
    uow.store.cases.put([(case.replace(hands=()), uow.version(case))])


def _key(name: str) -> bytes:
    return f'name = "{name}"\nfamily = "equal"\nfrom_on = 2026-12-01\n'.encode()


def _signable(uow: UnitOfWork, ref: str) -> None:
    """A proposal that the committee approved, under another ref: what an agreement is drafted and signed on."""
    case = uow.case(Proposal, "2026-001")
    told = case.replace(ref=ref, content_hash=ref, state="approved", award_cents=4_000_000, decided_on=uow.today)
    uow.store.cases.put([(told, uow.version(case))])


def refusal(call: Any) -> str:
    """The code of the refusal, empty when there is none."""
    try:
        call()
    except FundError as problem:
        return problem.code()
    return ""


class Walk:
    """One transaction in which commands are given and taken back."""

    def __init__(self, fund: Fund, connection: Connection) -> None:
        store = Store(connection)
        self.fund, self.connection = fund, connection
        self.head, self.now, self.number = store.facts.head(lock=True), store.work.clock(), 0

    def ask(self, actor: Actor, name: str) -> None:
        """A command id is taken: facts name the command that made them."""
        self.number += 1
        Store(self.connection).work.ask(
            actor=actor.user_id, command_id=f"w-{self.number}", name=name, content_hash=b"", asked_at=self.now
        )

    def uow(self, actor: Actor) -> UnitOfWork:
        """A unit of work of somebody, for the command that was asked last."""
        command_id = f"w-{self.number}"
        return UnitOfWork(
            self.connection, PROJECTIONS, actor=actor, now=self.now, head=self.head, command_id=command_id
        )

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Whatever happens in it did not happen."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()

    def give(
        self, name: str, args: Mapping[str, Any], actor: Actor, *, maker: Actor | None = None
    ) -> tuple[str, UnitOfWork]:
        """The code with which a command is refused (empty: carried out), and what it recorded before that.

        With ``maker`` the actor confirms what the maker made.
        """
        with self.taken_back():
            self.ask(actor, name)
            uow = self.uow(actor)
            if maker is not None:
                uow.maker, uow.confirmer = maker, actor
            code = refusal(lambda: _run(uow, COMMANDS[name], args))
        return code, uow


@dataclass(frozen=True)
class Subject:
    """How a command is asked of the case of a kind."""

    args: Mapping[str, Any] = field(default_factory=dict)
    ref: str = "ref"
    """The name of the argument that names the case; empty where the arguments do."""
    parties: tuple[str, ...] = PARTIES
    """Who may not judge it, because the case is theirs; nobody where a case has no parties."""
    asking: tuple[str, ...] = (LEAD, CO_APPLICANT)
    """The partners whose people ask, where a row wants a party."""
    records: type[Fact] | None = None
    """The fact that is meant, where the same words in the same state may mean another one as well."""
    guards: frozenset[str] = frozenset()
    """Codes of authority that a guard of the case uses for those whom the row lets through."""
    instead: str = ""
    """The code by which it refuses another state, where it has a name of its own for that."""


def _named(**args: Any) -> Subject:
    return Subject(args, ref="")


def _of_proposal(records: type[Fact] | None = None, **args: Any) -> Subject:
    return Subject(args, parties=(LEAD, BENEFICIARY), asking=(LEAD,), records=records)


def _of_partner(**args: Any) -> Subject:
    return Subject(args, parties=(OUTSIDER,), asking=(OUTSIDER,))


def _of_period(**args: Any) -> Subject:
    return Subject(args, ref="period", parties=(), instead="period_out_of_order")


REASON = {"reason": "omdat"}
STATUS: dict[str, Any] = {}
"""The bank's report on the batch of the walk; known once that is made."""
EVALUATION = {"name": "evaluatie.toml", "content": looking_back.EVALUATION.encode()}


def _newcomer() -> bytes:
    """A partner that is not known yet."""
    head, first = PARTNERS_CSV.read_text(encoding="utf-8").splitlines()[:2]
    return f"{head}\ngm9999,{first.partition(',')[2]}\n".encode()


def _regulations() -> bytes:
    return standard_text().replace('"2026-1"', '"2027-1"', 1).encode()


SUBJECTS: Mapping[tuple[str, str], Subject] = {
    ("user", "user add"): Subject({"name": "nieuw", "roles": ["reviewer"]}, ref="", parties=()),
    ("user", "user change"): Subject({"roles": ["reviewer"]}, ref="name", parties=(), instead="unknown_user"),
    ("user", "user revoke"): Subject(REASON, ref="name", parties=(), instead="unknown_user"),
    ("regulations", "regulations adopt"): Subject({"file": as_file(_regulations()), "on": AFTER}, ref="", parties=()),
    ("round", "round plan"): Subject(
        {"title": "Zomer", "opens": date(2026, 6, 1), "closes": date(2026, 7, 1), "ceiling_cents": 100_00},
        ref="", parties=(),
    ),
    ("proposal", "proposal draft"): Subject(ref="", parties=(LEAD,), asking=(LEAD,)),
    ("proposal", "proposal save"): _of_proposal(),
    ("proposal", "proposal join"): _of_proposal(),
    ("proposal", "proposal confirm"): _of_proposal(),
    ("proposal", "proposal submit"): _of_proposal(),
    ("proposal", "proposal request-changes"): _of_proposal(sections=["money"], **REASON),
    ("proposal", "proposal resubmit"): _of_proposal(),
    ("proposal", "proposal find-eligible"): _of_proposal(),
    ("proposal", "proposal find-ineligible"): _of_proposal(rule="public_task", **REASON),
    ("proposal", "proposal withdraw"): _of_proposal(**REASON),
    ("proposal", "proposal object"): _of_proposal(grounds="het klopt niet"),
    ("proposal", "review open"): _of_proposal(),
    ("proposal", "review assign"): _of_proposal(reviewer="emma"),
    ("proposal", "review declare"): _of_proposal(ReviewDeclared, none=True),
    ("proposal", "review score"): _of_proposal(file=as_file(score_file())),
    ("proposal", "review recuse"): _of_proposal(**REASON),
    ("proposal", "review close"): _of_proposal(),
    ("proposal", "review consensus"): _of_proposal(scores=["exit=2"], grounds="samen"),
    ("proposal", "decision prepare"): _of_proposal(),
    ("proposal", "decision vote"): _of_proposal(choice="for"),
    ("proposal", "decision decide"): Subject(
        parties=(LEAD, BENEFICIARY), asking=(LEAD,), guards=frozenset({"not_authorised"})
    ),  # a fund manager on the mandated track only
    ("proposal", "decision evidence"): Subject(
        {"number": 1, "file": as_file(b"x", "x.pdf")},
        parties=(LEAD, BENEFICIARY), asking=(LEAD, BENEFICIARY), records=DecisionConditionEvidenced,
    ),
    ("proposal", "decision meet-conditions"): _of_proposal(),
    ("proposal", "decision reopen"): _of_proposal(**REASON),
    ("proposal", "decision decide-objection"): _of_proposal(uphold=True, file=as_file(b"advies"), **REASON),
    ("agreement", "agreement draft"): Subject(parties=(LEAD, BENEFICIARY)),
    ("agreement", "agreement sign"): Subject(),
    ("agreement", "agreement activate"): Subject(),
    ("agreement", "agreement amend"): Subject({"change_cents": -100, "milestone": 2, **REASON}),
    ("agreement", "agreement suspend"): Subject(REASON),
    ("agreement", "agreement resume"): Subject(REASON),
    ("agreement", "agreement complete"): Subject({"report": file()}),
    ("agreement", "agreement terminate"): Subject({"ground": "breach", **REASON}),
    ("agreement", "agreement benefits"): Subject({"year": 2026, "realised_benefit_cents": 1_00}, asking=PARTIES),
    ("amendment", "decision vote"): Subject({"choice": "for"}, guards=frozenset({"not_authorised"})),
    ("amendment", "agreement decide"): Subject(),
    ("resolution", "agreement refinance"): _named(ref=AGREEMENT, to=AGREEMENT, **REASON),
    ("resolution", "decision vote"): Subject({"choice": "for"}, guards=frozenset({"not_authorised"})),
    ("resolution", "repayment restructure"): _named(
        ref=AGREEMENT, requested_by="fatima", instalments=2, first=AFTER, **REASON
    ),
    ("resolution", "decision decide"): Subject(guards=frozenset({"not_authorised"})),
    ("amendment", "agreement sign"): Subject(),
    ("key", "decision decide"): Subject(parties=()),
    ("milestone", "milestone evidence"): Subject({"files": [file()]}),
    ("milestone", "milestone accept"): Subject(),
    ("milestone", "milestone request-changes"): Subject(REASON),
    ("milestone", "milestone reject"): Subject(REASON),
    ("plan", "repayment prepay"): Subject({"amount_cents": 100}),
    ("plan", "repayment reallocate"): Subject(),
    ("plan", "repayment demand"): Subject(),
    ("plan", "repayment charge"): Subject({"amount_cents": 20_00, "ground": "interest", **REASON}),
    ("plan", "repayment waive-charge"): Subject({"no": 1, **REASON}),
    ("evaluation", "evaluation submit"): Subject({"file": EVALUATION}),
    ("evaluation", "evaluation peer-review"): Subject({"learning": 3}),
    ("evaluation", "evaluation accept"): Subject(),
    ("evaluation", "evaluation return"): Subject(REASON),
    ("writeoff", "writeoff propose"): _named(ref=AGREEMENT, ground="hardship", file=file(), **REASON),
    ("writeoff", "writeoff vote"): Subject({"choice": "for"}),
    ("writeoff", "writeoff decide"): Subject(),
    ("writeoff", "writeoff post"): Subject(),
    ("writeoff", "writeoff reverse"): Subject(REASON),
    ("writeoff", "writeoff recover"): Subject({"receipt": "O2026-9002"}),
    ("period", "period lock"): _of_period(),
    ("period", "period close"): _of_period(),
    ("period", "period reopen"): _of_period(**REASON),
    ("payee", "payee record"): Subject(
        {"partner": LEAD, "iban": OTHER_IBAN, "name": "Gemeente Woudenberg", "requested_by": "fatima"},
        ref="", parties=(LEAD,),
    ),
    ("disbursement", "disbursement request"): _named(ref=AGREEMENT, milestone=1),
    ("disbursement", "disbursement check"): Subject(),
    ("disbursement", "disbursement approve"): Subject(),
    ("disbursement", "disbursement refuse"): Subject(REASON),
    ("disbursement", "disbursement withdraw"): Subject(REASON),
    ("disbursement", "disbursement cancel"): Subject(REASON),
    ("disbursement", "disbursement refund"): Subject({"receipt": "O2026-9002"}),
    ("disbursement", "payment batch"): Subject({"replaces": "S2026-001"}, ref="refs"),
    ("disbursement", "payment send"): _named(ref="S2026-001"),
    ("disbursement", "payment settle"): Subject(),
    ("disbursement", "payment fail"): Subject(REASON),
    ("disbursement", "payment found"): Subject({"bank_line": "U2026-0099"}),
    ("disbursement", "payment retry"): Subject(),
    ("disbursement", "payment return"): Subject({"receipt": "O2026-9002", **REASON}),
    ("transfer", "cost transfer"): Subject({"amount": 5_00, "to": "1005"}, ref="", parties=()),
    ("transfer", "cost settle"): Subject(parties=()),
    ("transfer", "cost recall"): Subject(REASON, parties=()),
    ("payable", "cost approve"): Subject(
        {"payee": LEAD, "amount": 50_00, "reason": "porto"}, ref="", parties=(LEAD,)
    ),
    ("payable", "repayment refund"): Subject({"ref": LEAD}, ref="", parties=(LEAD,)),
    ("payable", "payment batch"): Subject({"replaces": "S2026-001"}, ref="refs", parties=(LEAD,)),
    ("payable", "payment send"): _named(ref="S2026-001"),
    ("payable", "payment settle"): Subject(parties=(LEAD,)),
    ("payable", "payment fail"): Subject(REASON, parties=(LEAD,)),
    ("payable", "payment found"): Subject({"bank_line": "U2026-0099"}, parties=(LEAD,)),
    ("payable", "payment retry"): Subject(parties=(LEAD,)),
    ("payable", "payment cancel"): Subject(REASON, parties=(LEAD,)),
    ("payable", "payment return"): Subject({"receipt": "O2026-9002", **REASON}, parties=(LEAD,)),
    ("partner", "partner import"): Subject({"file": as_file(_newcomer())}, ref="", parties=()),
    ("partner", "partner add"): Subject({"file": as_file(_newcomer())}, ref="", parties=()),
    ("partner", "partner admit"): _of_partner(**REASON),
    ("partner", "partner give-notice"): _of_partner(
        decision={"name": "raadsbesluit.pdf", "content": b"Raadsbesluit"}, decided_on=date(2026, 1, 5)
    ),
    ("partner", "partner propose-settlement"): _of_partner(costs=1),
    ("partner", "partner agree-settlement"): _of_partner(),
    ("partner", "partner dispute-settlement"): _of_partner(**REASON),
    ("partner", "partner settle"): _of_partner(),
    ("partner", "partner pay-settlement"): _of_partner(),
    ("partner", "partner close-out"): _of_partner(),
    ("resolution", "partner propose-settlement"): Subject(
        {"everybody": True, **REASON}, ref="", parties=()
    ),
    ("key", "key adopt"): Subject({"file": as_file(_key("another"))}, ref="", parties=()),
    ("key", "decision vote"): Subject({"choice": "for"}),
    ("debit", "cost charge"): Subject(REASON, parties=()),
    ("call", "capital call"): Subject({"amount": 100_00}, ref="", parties=()),
    ("call", "capital receive"): Subject({"receipt": "O2026-9002"}, parties=()),
    ("receipt", "bank match"): Subject({"to": AGREEMENT}, instead="receipt_already_allocated"),
    ("receipt", "repayment allocate"): Subject(
        {"ref": AGREEMENT}, ref="receipt", instead="receipt_already_allocated"
    ),
    ("receipt", "bank unmatch"): Subject(REASON, parties=()),
    ("batch", "payment send"): Subject(),
    ("batch", "payment settle"): Subject(guards=frozenset({"transition_not_allowed"})),  # settled: only with a debit
    ("batch", "payment status"): Subject({"file": STATUS}, ref="", instead="unknown_payment_message"),
    ("batch", "payment batch"): Subject({"refs": ["D2026-0001"]}, ref="replaces"),
}  # fmt: skip
"""How a complete command reads, by kind and words."""

OWN: Mapping[str, str] = {"amendment": CO_APPLICANT, "partner": OUTSIDER}
"""Whose case of a kind is, where a row wants a partner of its own and that is not the lead."""

ALONG: Mapping[tuple[str, str], str] = {
    ("agreement", "decision decide"): "asked of a resolution; what the agreement owes goes on under its roll-out",
    ("agreement", "bank unmatch"): "asked of the receipt; what it repaid stands again, so nothing is closed",
    ("agreement", "writeoff reverse"): "asked of the write-off; the advance stands again, so nothing is closed",
    ("amendment", "agreement amend"): "asked of the agreement; it waits for whoever has the word",
    ("milestone", "agreement amend"): "asked of the agreement; the milestone has another day or amount",
    ("evaluation", "agreement terminate"): "asked of the agreement; the evaluation may be waived with it",
    ("batch", "disbursement cancel"): "asked of the disbursement; a batch that was not sent falls with it",
    ("batch", "payment cancel"): "asked of what is owed; a batch that was not sent falls with it",
    ("batch", "payment found"): "asked of the disbursement; its batch is under way again with it",
    ("batch", "payment fail"): "asked of the disbursement; a batch is settled with its last line",
    ("batch", "payment return"): "asked of the disbursement; a batch is settled with its last line",
    ("call", "bank match"): "asked of the receipt; the call is what it is for",
    ("call", "repayment refund"): "asked of the payer; the call is what it goes to",
    ("call", "bank unmatch"): "asked of the receipt; the call is open again",
    ("call", "partner settle"): "asked of the partner; its own call is paid out of what it gets",
    ("partner", "payment cancel"): "asked of the payment; a settlement that is not paid is still due",
    ("resolution", "partner admit"): "asked of the candidate; it lies before the full board",
    ("key", "partner import"): "asked of the partners; the founding key comes with them",
    ("plan", "decision decide"): "asked of the resolution; the plan is made anew with it",
    ("proposal", "agreement activate"): "asked of the agreement; the proposal is agreed with it",
    ("receipt", "bank import"): "asked of a file of the bank; each of its lines begins a receipt",
}
"""Rows whose command is asked of another case, with which this one moves."""

GUARDED: Mapping[tuple[str, str], str] = {
    ("partner", "partner import"): "after the first call nobody joins by a file",
    ("partner", "partner pay-settlement"): "nothing is due of a settlement that is put into a state",
    ("partner", "partner close-out"): "its long-stop is years away",
    ("proposal", "proposal submit"): "its round has closed",
    ("proposal", "review close"): "nobody scored in the review that is put back",
    ("proposal", "review consensus"): "the reviewers do not differ",
    ("proposal", "decision evidence"): "it was decided without conditions",
    ("amendment", "decision vote"): "the new lead has the word, not the committee",
    ("amendment", "agreement decide"): "the new lead has the word, not the committee",
    ("amendment", "agreement sign"): "a payment to the lead of now is under way",
    ("key", "decision decide"): "the board has not voted",
    ("plan", "repayment reallocate"): "no receipt came in on it",
    ("plan", "repayment demand"): "nothing of it is late",
    ("plan", "repayment charge"): "nothing of it is late",
    ("plan", "repayment waive-charge"): "nothing was claimed on it",
    ("receipt", "bank unmatch"): "nothing was matched: what is put into a state has no entries behind it",
    ("resolution", "agreement refinance"): "no roll-out follows what is put into a state",
    ("disbursement", "payment found"): "no debit waits that it could be",
    ("payable", "payment found"): "no debit waits that it could be",
    ("resolution", "decision decide"): "nobody voted on what is put into a state",
    ("writeoff", "writeoff decide"): "nobody voted on what is put into a state",
    ("writeoff", "writeoff reverse"): "what is put into a state has no entry that could be mirrored",
}
"""Commands that everybody whom a row names may give here, and that a guard of the case then refuses."""

__all__ = [
    "AGREEMENT", "ALONG", "BENEFICIARY", "CO_APPLICANT", "FUND", "GUARDED", "LEAD", "OUTSIDER", "OWN", "PARTIES",
    "SUBJECTS", "Fund", "Subject", "Walk", "built", "cast", "refusal",
]  # fmt: skip
