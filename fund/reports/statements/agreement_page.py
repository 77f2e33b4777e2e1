"""The statement of an agreement as its lead and the auditor read it, from award to lessons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.language import N_, _, day
from fund.reports.layout import Column, Page, Table, fact_table
from fund.reports.statements.partner_page import moved_table, standings_table
from fund.words import HYPOTHESES, VERDICTS, choice_word

CHANGES = {
    "amended": N_("award changed"),
    "lead_changed": N_("another lead"),
    "suspended": N_("suspended"),
    "resumed": N_("went on"),
}


def agreement_page(found: Mapping[str, Any]) -> Page:
    """All tables of the statement, in the order in which they are read; those without rows only where they are asked
    for at once: award, milestones, payments and the schedule."""
    tables = [
        _summary(found),
        standings_table(found["standings"], None),
        _amendments(found),
        _milestones(found),
        _disbursements(found),
        _payments(found),
        _schedule(found),
        _receipts(found),
        _charges(found),
        _writeoffs(found),
        _benefits(found),
        _lessons(found),
        moved_table(found["movements"]),
    ]
    always = ("summary", "balances", "milestones", "payments", "schedule", "movements")
    return Page(
        name="agreement",
        title=_("{ref} {title} on {day}").format(ref=found["ref"], title=found["title"], day=day(found["as_of"])),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[each for each in tables if each.name in always or each.rows],
        command=f"fund statement agreement {found['ref']} --as-of {found['as_of']} --known-at {found['known_at']}",
    )


def _summary(found: Mapping[str, Any]) -> Table:
    evaluation = found["evaluation"] or {}
    realised = [row["realised_cents"] for row in found["benefits"] if row["realised_cents"] is not None]
    return fact_table(
        "summary",
        _("In short"),
        [
            (_("lead"), found["lead_partner"]),
            (_("parties"), ", ".join(found["parties"])),
            (_("state"), found["state"], "state", "agreement"),
            (_("started on"), found["started_on"], "date"),
            (_("ends on"), found["ends_on"], "date"),
            (_("ended on"), found["ended_on"], "date"),
            (_("award"), found["award_cents"], "amount"),
            (_("to be repaid"), found["repayable_cents"], "amount"),
            (_("determined at"), found["determined_cents"], "amount"),
            (_("committed"), found["committed_cents"], "amount"),
            (_("paid out repayable"), found["paid_repayable_cents"], "amount"),
            (_("paid out as a grant"), found["paid_grant_cents"], "amount"),
            (_("repaid"), found["repaid_cents"], "amount"),
            (_("outstanding"), found["outstanding_cents"], "amount"),
            (_("allowance"), found["allowance_cents"], "amount"),
            (_("invested in learning"), found["learning_writeoffs_cents"], "amount"),
            (_("other write-offs"), found["other_writeoffs_cents"], "amount"),
            (_("recovered of that"), found["recovered_cents"], "amount"),
            (_("refinanced"), found["refinanced_cents"] or None, "amount"),
            (_("evaluation"), evaluation.get("state"), "state", "evaluation"),
            (_("brought so far"), sum(realised) if realised else None, "amount"),
        ],
        sheet=_("In short"),
    )


def _amendments(found: Mapping[str, Any]) -> Table:
    return Table(
        name="amendments",
        title=_("Changes"),
        columns=[
            Column("on", N_("Day"), "date"),
            Column("change", N_("What"), "text"),
            Column("state", N_("State"), "state", "amendment"),
            Column("change_cents", N_("Change"), "amount"),
            Column("award_cents", N_("Award"), "amount"),
            Column("lead_partner", N_("Lead"), "ref"),
            Column("reason", N_("Reason"), "text"),
        ],
        rows=[{**row, "change": _(CHANGES[row["what"]])} for row in found["amendments"]],
        sheet=_("Changes"),
    )


def _milestones(found: Mapping[str, Any]) -> Table:
    return Table(
        name="milestones",
        title=_("Milestones"),
        columns=[
            Column("ref", N_("Milestone"), "ref"),
            Column("title", N_("Title"), "text"),
            Column("due_on", N_("Due"), "date"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("state", N_("State"), "state", "milestone"),
            Column("judged_on", N_("Judged"), "date"),
        ],
        rows=found["milestones"],
        empty=_("There are none."),
        sheet=_("Milestones"),
    )


def _disbursements(found: Mapping[str, Any]) -> Table:
    return Table(
        name="disbursements",
        title=_("Disbursements"),
        columns=[
            Column("ref", N_("Disbursement"), "ref"),
            Column("payee", N_("Payee"), "ref"),
            Column("state", N_("State"), "state", "disbursement"),
            Column("requested_on", N_("Requested"), "date"),
            Column("paid_on", N_("Paid on"), "date"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("repayable_cents", N_("Repayable"), "amount"),
            Column("grant_cents", N_("Grant"), "amount"),
            Column("refunded_cents", N_("Refunded"), "amount"),
        ],
        rows=found["disbursements"],
        sheet=_("Disbursements"),
    )


def _payments(found: Mapping[str, Any]) -> Table:
    keys = ("amount_cents", "repayable_cents", "grant_cents")
    return Table(
        name="payments",
        title=_("Payments by the bank; below zero what came back"),
        columns=[
            Column("effective_on", N_("Day"), "date"),
            Column("ref", N_("Disbursement"), "ref"),
            Column("payee", N_("Payee"), "ref"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("repayable_cents", N_("Repayable"), "amount"),
            Column("grant_cents", N_("Grant"), "amount"),
            Column("seq", N_("Entry"), "count"),
        ],
        rows=found["payments"],
        total={"ref": _("Total"), **{key: sum(row[key] for row in found["payments"]) for key in keys}},
        empty=_("Nothing was paid."),
        sheet=_("Payments"),
    )


def _schedule(found: Mapping[str, Any]) -> Table:
    keys = ("amount_cents", "paid_cents", "cancelled_cents", "open_cents")
    return Table(
        name="schedule",
        title=_("Repayment plan"),
        columns=[
            Column("no", N_("No."), "count"),
            Column("due_on", N_("Due"), "date"),
            Column("amount_cents", N_("Agreed"), "amount"),
            Column("paid_cents", N_("Paid"), "amount"),
            Column("cancelled_cents", N_("Cancelled"), "amount"),
            Column("open_cents", N_("Open"), "amount"),
        ],
        rows=found["instalments"],
        total={key: sum(row[key] for row in found["instalments"]) for key in keys},
        empty=_("Nothing is to be repaid."),
        sheet=_("Repayment plan"),
    )


def _receipts(found: Mapping[str, Any]) -> Table:
    rows = [{**row, "numbers": ", ".join(str(part["no"]) for part in row["instalments"])} for row in found["receipts"]]
    return Table(
        name="receipts",
        title=_("What came in on it"),
        columns=[
            Column("receipt", N_("Receipt"), "ref"),
            Column("valued_on", N_("Value date"), "date"),
            Column("partner", N_("Payer"), "ref"),
            Column("used_cents", N_("Used"), "amount"),
            Column("numbers", N_("Instalments"), "text"),
        ],
        rows=rows,
        total={"receipt": _("Total"), "used_cents": sum(row["used_cents"] for row in rows)},
        sheet=_("Receipts"),
    )


def _charges(found: Mapping[str, Any]) -> Table:
    return Table(
        name="charges",
        title=_("Costs and interest on what was late"),
        columns=[
            Column("no", N_("No."), "count"),
            Column("word", N_("What"), "text"),
            Column("claimed_on", N_("Claimed"), "date"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("paid_cents", N_("Paid"), "amount"),
            Column("waived_cents", N_("Waived"), "amount"),
        ],
        rows=[{**row, "word": choice_word(row["ground"])} for row in found["charges"]],
        sheet=_("Costs and interest"),
    )


def _writeoffs(found: Mapping[str, Any]) -> Table:
    return Table(
        name="writeoffs",
        title=_("Write-offs"),
        columns=[
            Column("ref", N_("Write-off"), "ref"),
            Column("word", N_("Ground"), "text"),
            Column("state", N_("State"), "state", "writeoff"),
            Column("amount_cents", N_("Proposed"), "amount"),
            Column("posted_cents", N_("Written off"), "amount"),
            Column("recovered_cents", N_("Recovered"), "amount"),
        ],
        rows=[{**row, "word": choice_word(row["ground"])} for row in found["writeoffs"]],
        sheet=_("Write-offs"),
    )


def _benefits(found: Mapping[str, Any]) -> Table:
    return Table(
        name="benefits",
        title=_("What it brings"),
        columns=[
            Column("partner", N_("Partner"), "ref"),
            Column("year", N_("Year"), "count"),
            Column("planned_cents", N_("Planned"), "amount"),
            Column("expected_cents", N_("Expected"), "amount"),
            Column("realised_cents", N_("So far"), "amount"),
        ],
        rows=found["benefits"],
        sheet=_("Benefits"),
    )


def _lessons(found: Mapping[str, Any]) -> Table:
    evaluation = found["evaluation"] or {}
    rows = [{"title": lesson["title"], "text": lesson["text"]} for lesson in evaluation.get("lessons", ())]
    notes = []
    if evaluation.get("hypothesis"):
        notes.append(
            _("The hypothesis is {hypothesis}; advice: {verdict}.").format(
                hypothesis=_(HYPOTHESES[evaluation["hypothesis"]]), verdict=_(VERDICTS[evaluation["verdict"]])
            )
        )
    return Table(
        name="lessons",
        title=_("What was learned"),
        columns=[Column("title", N_("Lesson"), "text"), Column("text", N_("In words"), "text")],
        rows=rows,
        notes=notes,
        sheet=_("Lessons"),
    )
