"""The permission matrix: which role makes, checks, votes on and reads what, by group of commands.

One table for code, documentation and tests. A row of a lifecycle says who may do one thing in one state; the matrix
bounds what a row may say, and ``tests/rules/test_permissions.py`` holds every row, command and query to it. What goes
beyond it stands in :data:`BEYOND` with the row that asks for it, what it promises and nobody can do yet in
:data:`NOT_YET`. Source: lifecycle.md 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fund.language import iban_mask
from fund.rules.authority import Actor, Relation, Role, Who


class Mark(StrEnum):
    """What a role may do in a group."""

    MAKE = "M"
    CHECK = "C"
    VOTE = "V"
    READ = "R"


COLUMNS: Mapping[str, tuple[Role, ...]] = {
    "PE": (Role.PARTNER_EDITOR,),
    "PS": (Role.PARTNER_SIGNATORY,),
    "FM": (Role.FUND_MANAGER,),
    "TR": (Role.TREASURER,),
    "RV": (Role.REVIEWER,),
    "CM/CC": (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR),
    "AU": (Role.AUDITOR,),
    "AD": (Role.ADMIN,),
    "SY": (Role.SYSTEM,),
}
"""The columns of the matrix and the roles behind each."""

_WORDS: Mapping[str, frozenset[Mark]] = {
    "M": frozenset({Mark.MAKE}),
    "C": frozenset({Mark.CHECK}),
    "V": frozenset({Mark.VOTE}),
    "R": frozenset({Mark.READ}),
    "asks": frozenset({Mark.MAKE}),
    "prepares": frozenset({Mark.MAKE}),
    "nominates": frozenset({Mark.MAKE}),
    "signs": frozenset({Mark.MAKE, Mark.CHECK}),
    "agrees": frozenset({Mark.MAKE}),
    "settles": frozenset({Mark.MAKE}),
    "matches": frozenset({Mark.MAKE}),
    "plans": frozenset({Mark.MAKE}),
}
"""The words of the matrix, and the marks they stand for: who signs both makes and confirms."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column may do in one group, in the words of the matrix: ``M own``, ``V / C``, ``C (CC)``."""

    text: str = ""

    @property
    def marks(self) -> frozenset[Mark]:
        """The marks behind the words."""
        found = (_WORDS[word] for word in re.findall(r"[A-Za-z]+", self.text) if word in _WORDS)
        return frozenset().union(*found)

    @property
    def own(self) -> bool:
        """Whether it holds for the own cases only: of the own partner, or assigned to the person."""
        return "own" in self.text or "assigned" in self.text

    @property
    def chair_only(self) -> bool:
        """Whether of the committee only the chair, or the deputy in the place of the chair, checks."""
        return "(CC)" in self.text


@dataclass(frozen=True, slots=True)
class Group:
    """One row of the matrix: what belongs together, who may do it, and the commands and queries in it."""

    name: str
    title: str
    cells: Mapping[str, Cell]
    commands: tuple[str, ...]
    """Words as typed; what only the service does stands under the words of its row in the lifecycle."""
    queries: tuple[str, ...] = ()


def _group(name: str, title: str, cells: str, commands: str, queries: str = "") -> Group:
    texts = [text.strip() for text in cells.split("|")]
    return Group(
        name,
        title,
        dict(zip(COLUMNS, map(Cell, texts), strict=True)),
        tuple(each.strip() for each in commands.split(",") if each.strip()),
        tuple(each.strip() for each in queries.split(",") if each.strip()),
    )


GROUPS: tuple[Group, ...] = (
    #                                     PE | PS | FM | TR | RV | CM/CC | AU | AD | SY
    _group(
        "regulations", "Regulations, rounds, rubric, form versions",
        "R|R|M|R|R|C|R||",
        "regulations adopt, round plan, round open, round close, round decide",
        "regulations show, regulations template, round list, round show",
    ),
    _group(
        "draft", "Draft, save (a draft is nobody else's)",
        "M own|M own|||||R||",
        "proposal draft, proposal save",
        "proposal list, proposal show, proposal history, proposal file,"
        " proposal file list, proposal file get",
    ),
    _group(
        "submit", "Confirm, submit, sign, withdraw",
        "|M own|||||R||",
        "proposal join, proposal confirm, proposal submit, proposal resubmit, proposal withdraw, proposal object",
    ),
    _group(
        "eligibility", "Eligibility, request changes",
        "R own|R own|M, C(2nd)||||R||",
        "proposal screen, proposal request-changes, proposal find-eligible, proposal find-ineligible",
    ),
    _group(
        "panel", "Assign reviewers, conflicts",
        "||M||M own declaration|C (CC)|R||",
        "review propose, review open, review assign, review declare, review recuse, review exclude, review bar,"
        " review top-up, review recompute, review reopen, review extend, review close, cooperation import",
        "cooperation list, cooperation show, cooperation template",
    ),
    _group(
        "scores", "Score, consensus",
        "||R after close||M assigned|R|R after close||",
        "review score, review consensus",
        "review show, review spread",
    ),
    _group(
        "decide", "Decide, reopen, restructure, write-off",
        "|asks own|prepares|R||V / C|R||",
        "decision prepare, decision vote, decision decide, decision evidence, decision meet-conditions,"
        " decision reopen, decision decide-objection, repayment restructure, writeoff propose, writeoff vote,"
        " writeoff decide, writeoff reverse",
        "decision show, writeoff list,"
        " decision file list, decision file get, writeoff file list, writeoff file get",
    ),
    _group(
        "agreement", "Agreement: draft, amend, suspend, complete, end",
        "R own|signs own|M, C(2nd)|C||C|R||",
        "agreement draft, agreement sign, agreement activate, agreement amend, agreement suspend, agreement resume,"
        " agreement decide, agreement complete, agreement terminate, agreement refinance, agreement close",
        "agreement list, agreement show,"
        " agreement file list, agreement file get",
    ),
    _group(
        "results", "Milestone, benefit, evaluation",
        "M own|M own|C||M peer review|R|R||",
        "milestone plan, milestone evidence, milestone accept, milestone request-changes, milestone reject,"
        " agreement benefits, evaluation plan, evaluation fall-due, evaluation submit, evaluation peer-review,"
        " evaluation accept, evaluation return, evaluation publish, evaluation invite",
        "milestone list, agreement business-case, evaluation list, evaluation show, evaluation lessons,"
        " evaluation carried-over,"
        " milestone file list, milestone file get, evaluation file list, evaluation file get",
    ),
    _group(
        "payments", "Disbursement, payment, payee, costs",
        "R own|asks own|M|C|||R||settles",
        "disbursement request, disbursement check, disbursement approve, disbursement refuse, disbursement withdraw,"
        " disbursement cancel, disbursement refund, payment batch, payment send, payment status, payment settle,"
        " payment fail, payment found, payment retry, payment cancel, payment return, payee record, bank register,"
        " debit record,"
        " debit reverse,"
        " cost approve, cost charge, cost income, cost transfer, cost sweep, cost settle, cost recall",
        "disbursement list, disbursement show, payment list, payment file, payee list, cost list,"
        " payee file list, payee file get, cost file list, cost file get",
    ),
    _group(
        "receipts", "Receipts, matching, posting write-offs",
        "R own|asks own|C (manual), M write-off|M, C write-off|||R||matches",
        "bank import, bank propose, bank reverse, bank match, bank unmatch, repayment allocate, repayment reallocate,"
        " repayment demand, repayment charge, repayment waive-charge, repayment prepay, repayment refund,"
        " capital receive, writeoff post, writeoff recover",
        "bank list, bank unmatched, repayment list, repayment plan, repayment schedule, repayment arrears,"
        " repayment overpaid",
    ),
    _group(
        "key", "Key, admission, calls, notice, settlement",
        "R own|R own, agrees, M own notice|M|C||C (CC)|R||plans",
        "partner import, partner add, partner admit, partner join, partner give-notice, partner propose-settlement,"
        " partner agree-settlement, partner dispute-settlement, partner wind-up, partner settle,"
        " partner pay-settlement, partner leave, partner fall-due, partner close-out, key adopt, capital call",
        "partner list, partner show, partner exit-quote, partner accession-quote, key compare, key show, key review,"
        " capital list, capital letter,"
        " partner file list, partner file get",
    ),
    _group(
        "ledger", "Ledger, statements, event export",
        "R own|R own|R|R||R|R all + verify||",
        "",
        "ledger accounts, ledger entries, ledger entry, ledger balance, ledger card, ledger trial-balance,"
        " ledger verify, ledger prove, statement position, statement agreement, statement partner,"
        " statement treasury, statement annual, statement council, statement site,"
        " export 360giving, export beancount, export csv, export duties, export hledger, export jsonl, export register,"
        " export xaf,"
        " forecast liquidity, forecast revolving, event list, event show, explain",
    ),
    _group(
        "periods", "Period close, reversal, anchor",
        "||M|C|||R||",
        "period lock, period close, period reopen, ledger post, ledger reverse, ledger anchor, repayment allowance",
        "period list, period show",
    ),
    _group(
        "deliveries", "Deliveries: retry, skip, release",
        "||M, C(2nd)||||R|M retry|",
        "event retry",
        "event deliveries, event dead",
    ),
    _group(
        "users", "Users, roles, configuration",
        "|nominates own||||C (CC)|R|M|",
        "user add, user change, user revoke",
        "user list",
    ),
    _group(
        "deadlines", "Reminders, expiry, ageing",
        "||||||R||M",
        "proposal announce, proposal expire, repayment activate, repayment start, repayment escalate,"
        " repayment warn, agreement ask-benefits, capital remind, key announce-review,"
        " evaluation announce, evaluation expire",
        "inbox, pending show",
    ),
)  # fmt: skip
"""The rows of the matrix, in its order."""

VOTES = ("decision vote", "writeoff vote")
"""Commands that are a vote: they ask the mark V."""

_SY = Role.SYSTEM

BEYOND: Mapping[tuple[str, Role], str] = {
    ("decision vote", Role.PARTNER_SIGNATORY): "the full board votes, a signatory for each partner",
    ("writeoff vote", Role.PARTNER_SIGNATORY): "a write-off follows the rule of necessity: the full board",
    ("decision meet-conditions", Role.FUND_MANAGER): "P16: a fund manager and a second person, who may be one too",
    ("decision meet-conditions", Role.TREASURER): "P16: a fund manager and a second person",
    ("review declare", Role.COMMITTEE_MEMBER): "a member declares what bars; chair and member judge a soft conflict",
    ("writeoff reverse", Role.TREASURER): "W5: the chair and a treasurer",
    ("evaluation accept", Role.COMMITTEE_CHAIR): "accepted by the chair",
    ("evaluation accept", Role.DEPUTY_CHAIR): "accepted by the chair, whose deputy acts",
    ("evaluation return", Role.COMMITTEE_CHAIR): "returned once at most, by whoever would accept it",
    ("evaluation return", Role.DEPUTY_CHAIR): "returned once at most, by whoever would accept it",
    ("payment send", Role.FUND_MANAGER): "D4: a treasurer and a second person",
    ("cost transfer", Role.FUND_MANAGER): "C4: a treasurer and a second person",
    ("cost recall", Role.FUND_MANAGER): "C4: a treasurer and a second person, as it was decided",
    ("partner pay-settlement", Role.FUND_MANAGER): "K8: a treasurer and a second person",
    ("partner close-out", Role.FUND_MANAGER): "K10: a treasurer and a second person",
    ("user revoke", Role.FUND_MANAGER): "where the last chair leaves, nobody else could confirm it",
    ("round open", _SY): "at the instants of the round",
    ("round close", _SY): "at the instants of the round",
    ("round decide", _SY): "at the last decision",
    ("proposal screen", _SY): "P4: the rules run by themselves",
    ("review propose", _SY): "P9: the panel is proposed",
    ("review exclude", _SY): "a conflict found after scoring removes the score",
    ("review bar", _SY): "whoever has a conflict that bars has no part in the case",
    ("review top-up", _SY): "P23: proposed by the service",
    ("review recompute", _SY): "a score that was removed counts no more",
    ("review reopen", _SY): "the quorum is computed anew; P11, P23: without it the panel is topped up",
    ("review extend", _SY): "P11: extended once",
    ("review close", _SY): "P11: at the deadline, or with the last review",
    ("review consensus", _SY): "P12: without agreement the means stand",
    ("decision prepare", _SY): "P13: the service prepares the file",
    ("decision decide", _SY): "K12: with the vote that settles it, a key is adopted or rejected",
    ("agreement activate", _SY): "P20: at the last signature",
    ("agreement resume", _SY): "A4: the term of a suspension is over",
    ("agreement close", _SY): "A7: derived",
    ("milestone plan", _SY): "P20: planned with the agreement",
    ("evaluation plan", _SY): "P20: planned with the agreement",
    ("evaluation fall-due", _SY): "due by itself",
    ("evaluation publish", _SY): "published by itself",
    ("evaluation invite", _SY): "the roll-out is invited",
}
"""What a row of a lifecycle gives a role and the matrix does not, with that row: (command, role) -> the row."""

NOT_YET: Mapping[tuple[str, str, Mark], str] = {
    ("users", "PS", Mark.MAKE): "a partner names its people to the admin; there is no command for it"
}
"""Marks of the matrix that no command gives anybody yet, with what is missing: (group, column, mark) -> why."""

_BY_COMMAND = {command: group for group in GROUPS for command in (*group.commands, *group.queries)}
_BY_NAME = {group.name: group for group in GROUPS}


def group_of(command: str) -> Group:
    """The row of the matrix that a command or query belongs to.

    Raises:
        KeyError: It is in none: every command names its group the day it is born.
    """
    return _BY_COMMAND[command]


def column_of(role: Role) -> str:
    """The column of a role."""
    return next(column for column, roles in COLUMNS.items() if role in roles)


def cell_of(command: str, role: Role) -> Cell:
    """What a role may do in the group of a command."""
    return group_of(command).cells[column_of(role)]


def may(role: Role, command: str, *, second: bool = False) -> bool:
    """Whether the matrix lets a role give this command, or confirm it as the second person.

    Who gives it makes or checks, by the row; who confirms it checks; a vote asks the mark of a vote.
    """
    return (command, role) in BEYOND or within(role, command, second=second)


def within(role: Role, command: str, *, second: bool = False) -> bool:
    """As :func:`may`, by the matrix alone."""
    cell = cell_of(command, role)
    if role is Role.COMMITTEE_MEMBER and cell.chair_only:
        return False
    if command in VOTES:
        return Mark.VOTE in cell.marks
    needed = {Mark.CHECK} if second else {Mark.MAKE, Mark.CHECK}
    return bool(cell.marks & needed)


def readers(name: str) -> frozenset[Role]:
    """The roles that read every case of a group, whosever it is; parties read their own besides."""
    return frozenset(
        role
        for column, cell in _BY_NAME[name].cells.items()
        if cell.marks and not cell.own
        for role in COLUMNS[column]
        if role is not Role.SYSTEM
    )


def who_reads(name: str) -> Who:
    """Who reads a case of a group: those who read every case, and people of its parties where the matrix says own."""
    cells = _BY_NAME[name].cells
    own = frozenset(role for column in ("PE", "PS") if cells[column].own for role in COLUMNS[column])
    return Who(readers(name), others=(Who(own, Relation.PARTY),) if own else ())


def sees_accounts(actor: Actor | None, *, of: str | None = None) -> bool:
    """Whether somebody reads account numbers whole: whoever reads every payment, and a partner its own (``of``). Others
    see them masked.
    """
    if actor is None:
        return False
    return actor.has(*readers("payments")) or (of is not None and actor.organisation == of)


def account_for(actor: Actor | None, iban: str, *, of: str | None = None) -> str:
    """An account number as somebody may see it: see :func:`sees_accounts`."""
    return iban if sees_accounts(actor, of=of) else iban_mask(iban)
