"""Refusals of leaving the fund: notice, settlement, payment of what is due."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal, WrongUsage
from fund.language import N_


class DecisionFileMissing(FaultyInput):
    message = N_("the notice of {partner} has {files} files; 1 decision of its council, states or board is needed")
    hint = N_("fund partner give-notice {partner} --decision FILE --decided-on DATE")


class NoticeTooShort(RuleRefusal):
    """Between notice and leaving lies the term of the regulations. That is the only thing asked of the day."""

    message = N_("{partner} cannot leave on {leaves_on}: the term of notice is {months} months, so {first_on} or later")
    hint = N_("fund partner give-notice {partner} --decision FILE --leaves-on {first_on}")


class SettlementOfNobody(WrongUsage):
    message = N_("`partner propose-settlement` takes a partner or --all; given were {given} and {everybody}")
    hint = N_("fund partner propose-settlement --all --reason TEXT")


class ValuationDayOutside(RuleRefusal):
    message = N_("{partner} cannot be valued on {on}: from {first_on}, the day it leaves, until {today}")
    hint = N_("{look}")


class SettledBeforeValuation(RuleRefusal):
    message = N_("the settlement of {partner} cannot be booked on {on}: it was valued on {valued_on}")
    hint = N_("fund partner settle {partner} --on {valued_on}")


class SettlementUnchanged(RuleRefusal, codes={"state": "partner"}):
    message = N_("the settlement of {partner} on {on} is {net_cents} again, as it is {state} already")
    hint = N_("fund partner show {partner}")


class SettlementSettled(RuleRefusal):
    """What was undisputed is booked: from there on only the amount of an expert can settle the rest."""

    message = N_("the undisputed {settled_cents} of {partner} is booked already; a new quote would change nothing")
    hint = N_("fund partner agree-settlement {partner} --amount AMOUNT --advice FILE")


class AdviceMissing(RuleRefusal):
    message = N_("{partner}: {asked_cents} instead of {net_cents} takes the advice of an expert, given after a dispute")
    hint = N_("fund partner agree-settlement {partner} --amount AMOUNT --advice FILE")


class MoreOwedThanCalled(RuleRefusal):
    """What a partner owes when it leaves, it pays on its calls: more than is open on them cannot be asked there."""

    message = N_(
        "{partner} would owe {owed_cents} when it leaves, and {unpaid_cents} is open on its calls: "
        "more cannot be settled with it"
    )
    hint = N_("see what it would get without costs: fund partner exit-quote {partner}")


class BelowUndisputed(RuleRefusal):
    message = N_("{asked_cents} is less than the {settled_cents} that {partner} was given as undisputed")
    hint = N_("fund partner agree-settlement {partner} --amount AMOUNT --advice FILE")


class NothingUndisputed(RuleRefusal):
    message = N_("of the {net_cents} that {partner} disputes, {undisputed_cents} is undisputed and not settled yet")
    hint = N_("fund partner agree-settlement {partner} --amount AMOUNT --advice FILE")


class CapitalMoved(RuleRefusal):
    """The partner's own capital changed after the valuation: it was called for an earlier commitment."""

    message = N_("{partner} had {valued_cents} of capital when it was valued on {on}, and has {capital_cents} now")
    hint = N_("fund partner propose-settlement {partner}")


class BeyondSettlement(RuleRefusal):
    message = N_("{asked_cents} is asked, {due_cents} of the settlement of {partner} is due now")
    hint = N_("fund partner show {partner}")


class OwnAgreementsOpen(RuleRefusal):
    message = N_("{partner} leads {agreements}; nothing is paid before each is kept, taken over or set off")
    hint = N_("fund partner pay-settlement {partner} --keep {first}")


class SetOffNotSigned(FaultyInput):
    message = N_("{amount_cents} of {agreement} is set off only with a paper that {partner} signed")
    hint = N_("fund partner pay-settlement {partner} --set-off {agreement} --signed FILE")


class LongStopNotReached(RuleRefusal):
    """Until the long-stop the later part is paid as money comes in."""

    message = N_("the later part of {partner} is closed out from {first} on, not on {today}")
    hint = N_("fund partner show {partner}")
