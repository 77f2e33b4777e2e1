"""Refusals of partners, distribution keys, capital calls, and of what came in on the bank."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal, WrongUsage
from fund.language import N_


class FaultyPartnerFile(FaultyInput):
    """A line of the partner file cannot be taken in."""

    message = N_("{file}:{line}: {excerpt}: {problem}")
    hint = N_("nothing was imported; correct line {line} and repeat the command")


class FoundersOnly(RuleRefusal):
    """Partners are imported before the first call only; who comes later is admitted."""

    message = N_("{partner} cannot be imported as a founder: capital was called before, on {called_on} ({call})")
    hint = N_("import only partners that are known: fund partner list")


class NotTakingPart(RuleRefusal, codes={"state": "partner", "allowed": "partner"}):
    message = N_("{command} is not possible for {partner}: it is {state}, it must be {allowed}")
    hint = N_("fund partner show {partner}")


class NoActivePartners(RuleRefusal):
    message = N_("{command}: the fund has {count} active partners, at least 1 is needed")
    hint = N_("fund partner import")


class AmountNotPositive(FaultyInput):
    message = N_("{command}: {amount_cents} is asked, at least {least_cents} is needed")
    hint = N_("give a larger amount: --amount 0.01 or more")


class KeyOrPartner(WrongUsage):
    """A key divides over everybody; one partner is called without a key."""

    message = N_("`capital call` takes --key {key} or --partner {partner}, not both")
    hint = N_("fund capital call --partner {partner} --amount AMOUNT")


class InstalmentsUnclear(WrongUsage):
    message = N_(
        "{instalments} instalments and {days} last days to pay do not say when each of 1 to {most} parts is due"
    )
    hint = N_("fund capital call --amount AMOUNT --instalments 4 --every 3")


class DueDaysOutOfOrder(FaultyInput):
    message = N_("`capital call`: {later} cannot follow {earlier}: each last day to pay comes after the one before")
    hint = N_("give later days, in order: --due DATE --due DATE")


class CalledAfterNotice(RuleRefusal):
    message = N_(
        "{partner} gave notice on {notice_on} and is called only for what was committed until then; "
        "named is {commitment}"
    )
    hint = N_("name an award of before that day: fund capital call --partner {partner} --amount AMOUNT --for REF")


class MoreThanCommitted(RuleRefusal):
    message = N_("{asked_cents} cannot be called for {commitment}: {room_cents} of it is open and not called yet")
    hint = N_("fund proposal show {commitment}")


class NothingToPayInto(RuleRefusal):
    message = N_("no bank account of the fund is registered for account {account}: there is nothing to pay into")
    hint = N_("fund bank register IBAN --account {account}")


class NoKeyInForce(RuleRefusal):
    message = N_("no distribution key is in force on {on}; the first holds from {first}")
    hint = N_("fund key show")


class KeyNotInForce(RuleRefusal, codes={"state": "key"}):
    message = N_("key {key} ({state}) is not in force on {on}: calls of that day follow key {in_force}")
    hint = N_("fund key show {in_force}")


class FaultyKeyFile(FaultyInput):
    """The key file cannot be proposed as it is."""

    message = N_("{file}: {place}: {problem}")
    hint = N_("correct the file, then: fund key adopt {file}")


class KeyLeavesNothing(FaultyInput):
    message = N_(
        "base and fixed shares take {taken_bps} of 10000, and leave nothing for the {municipalities} municipalities"
    )
    hint = N_("lower `base_bps` or `fixed_bps`, as in: fund regulations template")


class KeyExists(RuleRefusal, codes={"state": "key"}):
    message = N_("there is a key {key} already ({state}); a changed key gets another name")
    hint = N_("fund key show {key}")


class KeyReachesBack(RuleRefusal):
    message = N_("key {key} cannot hold from {from_on}: today is {today}, and past calls stay as they are")
    hint = N_("set `from_on` to {today} or later")


class InhabitantsMissing(FaultyInput):
    message = N_("the inhabitants of {partner} in {year} are not known; known years are {known}")
    hint = N_("choose one of those years as `reference_year`")


class AlreadyVoted(RuleRefusal):
    message = N_("somebody else of {partner} voted on {ref} before; each partner has one vote")
    hint = N_("fund key show {ref}")


class UnknownVote(FaultyInput, codes={"known": "typed"}):
    message = N_('"{choice}" is not a vote; votes are {known}')
    hint = N_("fund decision vote {ref} --choice {first}")


class BankAccountExists(RuleRefusal):
    message = N_("{iban} is registered already, on account {account} since {from_on}")
    hint = N_("fund bank list")


class NotABankAccountCode(FaultyInput):
    message = N_("{account} is not a bank account of the fund; bank money is kept on {known}")
    hint = N_("fund bank register {iban} --account 1000")


class ReceiptAlreadyAllocated(RuleRefusal):
    message = N_("{ref} of {amount_cents} is allocated whole ({allocated_cents}, {targets})")
    hint = N_("if that is wrong: fund bank unmatch {ref} --reason TEXT")


class MoreThanReceived(RuleRefusal):
    message = N_("{asked_cents} of {ref} cannot be used: {waiting_cents} waits")
    hint = N_("fund bank unmatched")


class SeveralCandidates(RuleRefusal):
    message = N_("{ref} of {amount_cents} has {count} candidates ({candidates}); exactly 1 can be left unnamed")
    hint = N_("fund bank match {ref} --to REF")


class NothingOpen(RuleRefusal):
    message = N_("{ref} cannot be set against {target}: {open_cents} is open there, {waiting_cents} waits")
    hint = N_("{look}")


class NothingToUndo(RuleRefusal, codes={"state": "receipt"}):
    message = N_("{ref} has {count} matches to undo: it is {state}, {allocated_cents} of {amount_cents} is allocated")
    hint = N_("fund bank unmatched")


class MoreThanOverpaid(RuleRefusal):
    message = N_("{asked_cents} cannot go back to {payer}: {overpaid_cents} was paid too much, on {on}")
    hint = N_("fund repayment overpaid")


class CallOfAnother(RuleRefusal):
    message = N_("{call} is a call of {partner}; what {payer} paid too much cannot go there")
    hint = N_("fund capital list --partner {payer} --open")


class ConsentNeeded(WrongUsage):
    """Money of a partner pays a call when somebody who may sign for that partner agreed."""

    message = N_("nobody of {partner} is named who agreed that {call} is paid with what was paid too much")
    hint = N_("fund repayment refund {partner} --to {call} --consent NAME")


class SurplusRefunded(RuleRefusal):
    message = N_("{ref} stays matched: {surplus_cents} of it was owed back to {partner}, of which {owed_cents} is left")
    hint = N_("fund repayment overpaid")


class PartnerKnown(RuleRefusal, codes={"state": "partner"}):
    message = N_("{partner} is known already ({state}); a candidate is somebody new")
    hint = N_("fund partner show {partner}")


class PartnerNameTaken(RuleRefusal):
    """A supplier goes by the id of a partner that is new: what is owed to the one would be paid to the other."""

    message = N_("a supplier is paid as {partner} ({payee_ref}): the partner needs another id")
    hint = N_("fund payee list --partner {partner}")


class NotACandidate(RuleRefusal, codes={"state": "partner"}):
    message = N_("{partner} is {state}, and no candidate: there is nothing to join")
    hint = N_("fund partner show {partner}")


class AccessionChanged(RuleRefusal):
    message = N_(
        "{ref} cannot be carried out: {partner} was to be called {voted_cents}, and it would be {par_cents} now, "
        "by key {key}"
    )
    hint = N_("fund partner admit {partner} --reason TEXT")
