"""How an agreement, its amendments and its benefits read on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cli.output import Column, day_text, facts, say, short_hash, state_text, table, write_output
from fund.language import N_, _, day, euros
from fund.rules.charges import PRINCIPAL_FIRST


def party_name(party: str, names: Mapping[str, str] | None = None) -> str:
    return _("the fund") if party == "fund" else (names or {}).get(party, party)


def amended(answer: Mapping[str, Any]) -> list[str]:
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


def decided(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]
    votes = list(fact["payload"]["votes"].values())
    about = {"ref": fact["payload"]["ref"], "yes": votes.count("for"), "no": votes.count("against")}
    if fact["type"] == "amendment.agreed":
        return [_("{ref} is agreed: {yes} for, {no} against.").format(**about), *_changed(answer["result"])]
    return [_("{ref} is refused: {yes} for, {no} against; the agreement stays as it is.").format(**about)]


def refinanced(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    line = _("{resolution} lies before the committee: {amount} of {ref} would be owed under {child}.")
    return [line.format(**{**result, "amount": euros(result["amount_cents"])})]


def reported(answer: Mapping[str, Any]) -> list[str]:
    rows = answer["result"]["reported"]
    years = ", ".join(str(year) for year in sorted({year for _partner, year in rows}))
    return [_("The benefits of {ref} over {year} are kept.").format(ref=answer["result"]["ref"], year=years)]


def show_benefits(data: Mapping[str, Any]) -> None:
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


def _business_case(data: Mapping[str, Any], part: str, title: str) -> None:
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


def show_agreement(data: Mapping[str, Any]) -> None:
    if "document" in data:
        write_output("-", data["document"].encode())
        return
    facts(
        _("Agreement {ref}: {title}, state of {day}").format(
            ref=data["ref"], title=data["title"], day=day(data["as_of"])
        ),
        [
            (_("State"), state_text("agreement", data["state"])),
            (_("Proposal"), data["proposal"]),
            (_("Parties"), ", ".join(data["names"].values())),
            (_("Award"), euros(data["award_cents"])),
            (_("Repayable"), euros(data["repayable_cents"])),
            (_("Not asked for yet"), euros(data["committed_cents"])),
            (_("Outstanding"), euros(data["outstanding_cents"])),
            (_("Refinanced to"), data["refinanced_to"]),
            (_("Refinanced from"), ", ".join(data["refinanced_agreements"]) or None),
            (_("Repaid"), euros(data["repaid_cents"])),
            (_("Paid first"), _("principal") if data["allocation"] == PRINCIPAL_FIRST else ""),
            (_("Document"), short_hash(data["document_sha256"])),
            (_("Signed"), ", ".join(party_name(row["party"], data["names"]) for row in data["signatures"])),
            (_("Still to sign"), ", ".join(party_name(party, data["names"]) for party in data["unsigned"])),
            (_("Sign before"), day_text(data["sign_before_on"]) if data["state"] == "drafted" else ""),
            (_("Runs"), _span(data["started_on"], data["ends_on"])),
            (_("Suspended until"), day_text(data["suspended_until_on"]) if data["suspended_until_on"] else ""),
            (_("Stop rule"), data["stop_rule"]),
            (_("Set at"), _set_at(data)),
            (_("Follows"), ", ".join(row["agreement"] for row in data["follows"])),
            (_("Followed by"), ", ".join(row["agreement"] or row["proposal"] for row in data["followed_by"])),
        ],
    )
    say()
    _milestones(_("Milestones of {ref}").format(ref=data["ref"]), data["milestones"])
    if data["amendments"]:
        say()
        _amendments(data)
    if data["total_benefit"]["planned_cents"] or data["benefits"]:
        say()
        about = {name: euros(data["total_benefit"][f"{name}_cents"]) for name in ("planned", "outlook")}
        say(
            _("Planned to bring {planned}, now {outlook}: fund agreement benefits {ref}").format(
                ref=data["ref"], **about
            )
        )


def _set_at(data: Mapping[str, Any]) -> str:
    if data["determined_cents"] is None:
        return ""
    return _("{amount}, {reclaimed} to be paid back").format(
        amount=euros(data["determined_cents"]), reclaimed=euros(data["reclaimed_cents"])
    )


def _amendments(data: Mapping[str, Any]) -> None:
    """What was changed after signing, and what waits."""
    table(
        _("Amendments of {ref}").format(ref=data["ref"]),
        (
            Column("on", N_("Day"), "date"),
            Column("what", N_("What"), "text"),
            Column("change_cents", N_("Change"), "amount"),
            Column("reason", N_("Reason"), "text"),
        ),
        [{**row, "what": _what(row)} for row in data["amendments"]],
    )


def _what(row: Mapping[str, Any]) -> str:
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


def _milestones(title: str, rows: list[Mapping[str, Any]]) -> None:
    """The milestones with day, state and amount."""
    table(
        title,
        (
            Column("ref", N_("Milestone"), "ref"),
            Column("due_on", N_("Due"), "date"),
            Column("state", N_("State"), "state", kind="milestone"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("title", N_("Title"), "text"),
        ),
        rows,
        total={"amount_cents": sum(row["amount_cents"] for row in rows)},
        empty=_("No milestone yet."),
    )
