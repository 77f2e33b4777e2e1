"""How an agreement, its amendments and its benefits read on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from cli.output import Column, day_text, facts, say, short_hash, state_text, table, write_output
from cli.output.views import ListView, sentence
from fund.declarations import Answer
from fund.language import N_, _, day, euros
from fund.rules.charges import PRINCIPAL_FIRST
from fund.workflows.agreements.commands import AgreementDetail, AmendmentRow, BusinessCase


def party_name(party: str, names: Mapping[str, str] | None = None) -> str:
    return _("the fund") if party == "fund" else (names or {}).get(party, party)


def amended(answer: Answer) -> list[str]:
    result = answer["result"]
    if result.get("asks") == "committee":
        line = _("Amendment {ref} lies before the committee: {agreement} would become {award}.")
        about = {"ref": result["amendment"], "agreement": result["ref"], "award": euros(result["award_cents"])}
        return [line.format(**about)]
    if result.get("asks") == "new_lead":
        line = _("Amendment {ref} waits for the signature of {partner}.")
        lead = answer["events"][0]["payload"]["new_lead"]
        return [line.format(ref=result["amendment"], partner=lead)]
    return _changed(result)


def _changed(result: Mapping[str, Any]) -> list[str]:
    return [
        _("{ref} is {award} now, of which {repayable} is repaid.").format(
            ref=result["ref"], award=euros(result["award_cents"]), repayable=euros(result["repayable_cents"])
        )
    ]


def decided(answer: Answer) -> list[str]:
    fact = answer["events"][0]
    votes = list(fact["payload"]["votes"].values())
    about = {"ref": fact["payload"]["ref"], "yes": votes.count("for"), "no": votes.count("against")}
    if fact["type"] == "amendment.agreed":
        return [_("{ref} is agreed: {yes} for, {no} against.").format(**about), *_changed(answer["result"])]
    return [_("{ref} is refused: {yes} for, {no} against; the agreement stays as it is.").format(**about)]


def refinanced(answer: Answer) -> list[str]:
    result = answer["result"]
    line = _("{resolution} lies before the committee: {amount} of {ref} would be owed under {child}.")
    return [line.format(**{**result, "amount": euros(result["amount_cents"])})]


def reported(answer: Answer) -> list[str]:
    rows = answer["result"]["reported"]
    years = ", ".join(str(year) for year in sorted({year for _partner, year in rows}))
    return [_("The benefits of {ref} over {year} are kept.").format(ref=answer["result"]["ref"], year=years)]


def show_benefits(data: BusinessCase) -> None:
    title = _("What {ref}, {title}, brings, state of {day}")
    _business_case(data, "benefit", title.format(ref=data["ref"], title=data["title"], day=day(data["as_of"])))
    if any(data["total"]["cost"][name] for name in ("planned_cents", "expected_cents", "realised_cents")):
        say()
        _business_case(data, "cost", _("What {ref} costs").format(ref=data["ref"]))
    for row in data["rows"]:
        if row["note"]:
            say(f"{row['partner_name']} {row['year']}: {row['note']}")
    for asked in data["asked"]:
        if asked["partners"]:
            who = ", ".join(asked["partners"])
            line = _("Asked of {partners} over {year}, until {day}: fund agreement benefits {ref} --year {year}")
            say(line.format(partners=who, year=asked["year"], day=day_text(asked["due_on"]), ref=data["ref"]))


def _business_case(data: BusinessCase, part: Literal["benefit", "cost"], title: str) -> None:
    """Rows per partner and year; below a partner of several years its own total; all of it last."""
    lines: list[Mapping[str, Any]] = []
    for partner in data["partners"]:
        own = [row for row in data["rows"] if row["partner"] == partner["partner"]]
        lines += [{"who": row["partner_name"], "year": row["year"], **row[part]} for row in own]
        if len(own) > 1 and len(data["partners"]) > 1:
            lines.append({"who": partner["partner_name"], "year": _("all"), **partner[part]})
    table(
        title,
        (
            Column("who", N_("Partner"), "name"),
            Column("year", N_("Year"), "ref"),
            Column("planned_cents", N_("Planned"), "amount"),
            Column("expected_cents", N_("Expected now"), "amount"),
            Column("realised_cents", N_("Realised"), "amount"),
            Column("difference_cents", N_("Difference"), "amount"),
        ),
        lines,
        total={"who": _("Total"), **data["total"][part]},
        empty=_("The business case names no benefits, and none were reported."),
    )


def show_agreement(data: AgreementDetail) -> None:
    if "document" in data:
        write_output("-", data["document"].encode())
        return
    facts(sentence(N_("Agreement {ref}: {title}, state of {as_of}"), data), (each.fact(data) for each in FACTS))
    say()
    MILESTONES(data)
    if data["amendments"]:
        say()
        AMENDMENTS(data)
    if data["total_benefit"]["planned_cents"] or data["benefits"]:
        say()
        form = N_("Planned to bring {planned_cents}, now {outlook_cents}: fund agreement benefits {ref}")
        say(sentence(form, data["total_benefit"], data))


def _set_at(data: AgreementDetail) -> str:
    if data["determined_cents"] is None:
        return ""
    return sentence(N_("{determined_cents}, {reclaimed_cents} to be paid back"), data)


def _what(row: AmendmentRow) -> str:
    if row["state"] != "done":
        word = state_text("amendment", row["state"])
        return f"{row['amendment']}: {word}"
    if row["lead"]:
        return _("lead {partner}").format(partner=row["lead"])
    if row["due_on"]:
        return _("milestone {number} on {day}").format(number=row["milestone"], day=day_text(row["due_on"]))
    return _("milestone {number}").format(number=row["milestone"])


def _span(first: date | str | None, last: date | str) -> str:
    if first is None:
        return ""
    return _("{first} to {last}").format(first=day_text(first), last=day_text(last))


FACTS = (
    Column("state", N_("State"), "state", kind="agreement"),
    Column("proposal", N_("Proposal")),
    Column("names", N_("Parties"), cell=lambda row: ", ".join(row["names"].values())),
    Column("award_cents", N_("Award"), "amount"),
    Column("repayable_cents", N_("Repayable"), "amount"),
    Column("committed_cents", N_("Not asked for yet"), "amount"),
    Column("outstanding_cents", N_("Outstanding"), "amount"),
    Column("refinanced_to", N_("Refinanced to")),
    Column("refinanced_agreements", N_("Refinanced from")),
    Column("repaid_cents", N_("Repaid"), "amount"),
    Column(
        "allocation", N_("Paid first"), cell=lambda row: _("principal") if row["allocation"] == PRINCIPAL_FIRST else ""
    ),
    Column("document_sha256", N_("Document"), cell=lambda row: short_hash(row["document_sha256"])),
    Column("signatures", N_("Signed"), cell=lambda row: _names(row, [each["party"] for each in row["signatures"]])),
    Column("unsigned", N_("Still to sign"), cell=lambda row: _names(row, row["unsigned"])),
    Column(
        "sign_before_on",
        N_("Sign before"),
        cell=lambda row: day_text(row["sign_before_on"]) if row["state"] == "drafted" else "",
    ),
    Column("runs", N_("Runs"), cell=lambda row: _span(row["started_on"], row["ends_on"])),
    Column("suspended_until_on", N_("Suspended until"), "date"),
    Column("stop_rule", N_("Stop rule")),
    Column("set_at", N_("Set at"), cell=lambda row: _set_at(row)),
    Column("follows", N_("Follows"), cell=lambda row: ", ".join(each["agreement"] for each in row["follows"])),
    Column(
        "followed_by",
        N_("Followed by"),
        cell=lambda row: ", ".join(each["agreement"] or each["proposal"] for each in row["followed_by"]),
    ),
)
AMENDMENTS = ListView(
    title=N_("Amendments of {ref}"),
    rows="amendments",
    columns=(
        Column("on", N_("Day"), "date"),
        Column("what", N_("What"), cell=_what),
        Column("change_cents", N_("Change"), "amount"),
        Column("reason", N_("Reason")),
    ),
)
MILESTONES = ListView(
    title=N_("Milestones of {ref}"),
    rows="milestones",
    columns=(
        Column("ref", N_("Milestone"), "ref"),
        Column("due_on", N_("Due"), "date"),
        Column("state", N_("State"), "state", kind="milestone"),
        Column("amount_cents", N_("Amount"), "amount"),
        Column("title", N_("Title")),
    ),
    sums=("amount_cents",),
    label="",
    empty=N_("No milestone yet."),
)


def _names(data: AgreementDetail, parties: Iterable[str]) -> str:
    return ", ".join(party_name(party, data["names"]) for party in parties)
