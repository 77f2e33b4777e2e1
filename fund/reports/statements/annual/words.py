"""What the annual accounts say in words: lines, groups and columns, results, reasons, and the accounting policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from fund.language import N_, _, day, decimal_text, euros
from fund.reports.burden import REASONS
from fund.reports.layout import percent_text
from fund.words import HYPOTHESES, VERDICTS, all_words, choice_word

GROUPS: Mapping[str, str] = {
    "financial_fixed_assets": N_("Financial fixed assets"),
    "short_receivables": N_("Short-term receivables"),
    "cash": N_("Cash"),
    "equity": N_("Equity"),
    "deferred_income": N_("Received for the purpose, not spent yet"),
    "long_debts": N_("Long-term debts"),
    "short_debts": N_("Short-term debts"),
    "accruals": N_("Accruals"),
    "other": N_("Other"),
}
_LINES: Mapping[str, str] = {
    "accumulated_result": N_("Result of earlier years"),
    "result_of_the_year": N_("Result of the year"),
}
COLUMNS: Mapping[str, str] = {
    "opening": N_("1 January"),
    "closing": N_("31 December"),
    "called": N_("Called"),
    "left": N_("Left with partners"),
    "received": N_("Received"),
    "settled": N_("Settled on leaving"),
    "approved": N_("Approved to pay"),
    "repaid": N_("Repaid"),
    "unspent": N_("Unspent, came back"),
    "written_off": N_("Written off"),
    "refinanced": N_("Refinanced"),
    "added": N_("Added"),
    "released": N_("Released"),
    "used": N_("Used by write-offs"),
    "awarded": N_("Awarded"),
    "taken_off": N_("Taken off"),
    "result": N_("Result of the year"),
    "exits": N_("Partners that left"),
    "other": N_("Other"),
}
"""The columns of the movement tables."""


def group_title(name: str) -> str:
    """A group of lines, in the language in use."""
    return _(GROUPS[name])


def line_title(name: str, mains: list[str]) -> str:
    """A line, in the language in use: its account's name where it is one account."""
    return _(_LINES[name]) if name in _LINES else account_title(mains[0])


def account_title(main: str) -> str:
    """The name of a main account, in the language in use."""
    return next((word.in_language() for word in all_words() if word.source == f"accounts.csv {main}"), main)


FLOWS: Mapping[str, str] = {
    "opening": N_("On 1 January"),
    "contributions": N_("Contributions of partners"),
    "repaid": N_("Repaid by experiments"),
    "other_income": N_("Interest and other income"),
    "advances_paid": N_("Paid to experiments, to be repaid"),
    "grants_paid": N_("Paid to experiments, as a grant"),
    "costs_paid": N_("Costs of the fund"),
    "held_for_others": N_("Received for others, or not explained yet"),
    "refunds_under_way": N_("Refunds under way"),
    "under_way": N_("Between the fund's own accounts, or not explained yet"),
    "closing": N_("On 31 December"),
}
"""The lines of the cash flow statement."""
BUDGETS: Mapping[str, str] = {
    "learning": N_("Gone into learning (budget {amount})"),
    "costs": N_("Costs of the fund (budget {amount})"),
}
_DECISIONS: Mapping[str, str] = {
    "decision.approved": N_("On {day} {ref} was awarded {amount}."),
    "decision.conditional": N_("On {day} {ref} was awarded {amount}, on conditions."),
    "agreement.amended": N_("On {day} agreement {ref} was changed, by {amount}."),
    "agreement.completed": N_("On {day} agreement {ref} was completed; {amount} of its award was free again."),
    "agreement.terminated": N_("On {day} agreement {ref} was ended early; {amount} of its award was free again."),
    "writeoff.decided": N_("On {day} it was decided to write off {amount} ({ref})."),
    "writeoff.posted": N_("On {day} {amount} was written off ({ref})."),
    "partner.notice_given": N_("On {day} {ref} gave notice that it leaves."),
    "partner.admitted": N_("On {day} {ref} joined."),
    "exit.settled": N_("On {day} {ref} was settled with; {amount} of the fund capital was its part."),
}

SHEETS: Mapping[str, str] = {
    "balance": N_("Balance sheet"),
    "income": N_("Income and costs"),
    "cash": N_("Cash"),
    "capital": N_("Fund capital"),
    "advances": N_("Advances"),
    "allowances": N_("Allowance"),
    "commitments": N_("Commitments"),
    "debts": N_("Debts"),
    "deferred": N_("Deferred income"),
    "figures": N_("Figures"),
    "experiments": N_("Experiments"),
}
"""The sheets of the workbook."""


def decision_sentence(decision: Mapping[str, Any]) -> str:
    """What was decided after the balance date, as a sentence."""
    return _(_DECISIONS[decision["type"]]).format(
        day=day(decision["on"]), ref=decision["name"], amount=euros(decision["amount_cents"] or 0)
    )


def result_text(evaluation: Mapping[str, Any] | None) -> str:
    """What came out of an experiment, in a few words; empty while nothing is published."""
    if evaluation is None or evaluation["hypothesis"] is None:
        return ""
    learning = decimal_text(format(float(Fraction(evaluation["learning"])), "g"))
    sentence = _("{hypothesis}, learning {learning} of 4, verdict: {verdict}")
    return sentence.format(
        hypothesis=_(HYPOTHESES[evaluation["hypothesis"]]),
        learning=learning,
        verdict=_(VERDICTS[evaluation["verdict"]]),
    )


def why(row: Mapping[str, Any]) -> str:
    """Why proposals of a track asked more than the target, in a sentence."""
    reasons = ", ".join(f"{_(REASONS[reason])} ({count})" for reason, count in row["extra"].items())
    form = _("Track {track}: {count} of {all} asked more than the target")
    sentence = form.format(
        track=choice_word(row["track"]), count=row["proposals"] - row["within"], all=row["proposals"]
    )
    return f"{sentence}: {reasons}." if reasons else f"{sentence}."


def change_words(change: Mapping[str, str]) -> dict[str, str]:
    """A number of the regulations before and after, with its unit; its place stands as in their file."""
    name, shown = change["name"], _plain
    if name.endswith("_cents"):
        name, shown = name.removesuffix("_cents"), _amount
    elif name.endswith("_bps"):
        name, shown = name.removesuffix("_bps"), _percent
    return {"name": name, "before": shown(change["before"]), "after": shown(change["after"])}


def _plain(value: str) -> str:
    return value or "-"


def _amount(value: str) -> str:
    return euros(int(value)) if value else "-"


def _percent(value: str) -> str:
    return percent_text(Fraction(int(value), 10_000), 2) if value else "-"


def quarter_sentence(row: Mapping[str, Any]) -> str:
    """How a quarter lies to the threshold of the treasury."""
    words = {
        "quarter": row["quarter"],
        "threshold": euros(row["threshold_cents"]),
        "excess": euros(row["excess_cents"]),
    }
    if row["within"]:
        return _("{quarter}: within the {threshold} that may stand outside the treasury on average.").format(**words)
    return _("{quarter}: {excess} more than the {threshold} that may stand outside the treasury on average.").format(
        **words
    )


def policies(found: Mapping[str, Any]) -> Iterable[str]:
    """How things are valued and shown, in short sentences, with the articles of the BBV."""
    host = found["legal_form"] == "host"
    yield _("These accounts follow the BBV. Everything is in euros and counts on its accounting day.")
    yield (
        _("What partners pay in is money that the host holds for a purpose: deferred income (BBV 49 b, 52a).")
        if host
        else _("What partners pay in is capital of the fund (BBV 43).")
    )
    yield (
        _("Partners may get their contribution back: it is a capital provision of theirs (BBV 36 a 2, 36 b 1).")
        if found["contributions"] == "repayable"
        else _("Partners pay in for good (a fonds perdu): it is an expense of theirs.")
    )
    yield _("An advance amounts to what was approved to pay and has not come back (BBV 63).")
    yield _("What we expect not to come back is taken off the advances (BBV 52b, 63 lid 8, 65).")
    yield _("Its rates are in regulations {version}. There are no other provisions (BBV 44, 45).").format(
        version=found["regulations"]
    )
    yield _("What went into learning is written off in full and shown apart from losses.")
    yield _("An award that is not approved to pay is no debt: it is shown beside the balance sheet (9000).")
    yield _("A partner that left is owed one part now and one part later (2200, 2210).")
    if not host:
        yield _("The result of a year goes to the accumulated result when the year is closed (BBV 42).")
    if all(quarter["threshold_cents"] is None for quarter in found["treasury"]["quarters"]):
        yield _("The regulations do not say the budget of the host: no threshold of the treasury is tested (BBV 52c).")
    else:
        yield _("Money outside the treasury is tested per quarter, by the average of day balances (BBV 52c).")


def whole(value: str) -> int:
    """A fraction as a whole number, rounded half up."""
    return int((Fraction(value) + Fraction(1, 2)) // 1)
