"""Refusals of money out: payees, disbursements, batches and what the bank did with them."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal, WrongUsage
from fund.language import N_


class SignatoryNeeded(RuleRefusal):
    message = N_("{requested_by} cannot ask to record an account of {partner}: this takes one of its signatories")
    hint = N_("fund user list")


class PartnerOrSupplier(WrongUsage):
    message = N_("`payee record` takes a partner, whose signatory asks, or --supplier with a document; not both")
    hint = N_("fund payee record --help")


class SupplierWithoutDocument(RuleRefusal):
    """A supplier has no signatory who could ask: its account is recorded on a document that both people see."""

    message = N_("the account of supplier {supplier} is recorded on a document, and none was given")
    hint = N_("add --file FILE: its invoice or letter, with the account on it")


class UnusableSupplierName(FaultyInput):
    message = N_(
        "{supplier} cannot be the short name of a supplier: small letters, digits and hyphens, 3 to 30 of them"
    )
    hint = N_("fund payee record --supplier drukkerij --iban IBAN --name NAME --file FILE")


class SupplierNameTaken(RuleRefusal):
    message = N_("{supplier} is a partner, and no supplier")
    hint = N_("fund payee record {supplier} --iban IBAN --name NAME --requested-by SIGNATORY")


class IbanKnown(RuleRefusal, codes={"state": "payee"}):
    message = N_("{iban} is on record already as {known} ({state})")
    hint = N_("fund payee list")


class AccountOfTheFund(RuleRefusal):
    message = N_("{iban} is an account of the fund itself ({account}), and no payee")
    hint = N_("fund payee list")


class NoBankAccount(RuleRefusal):
    message = N_("no bank account of the fund is registered for account {account}, so nothing can be paid from it")
    hint = N_("fund bank register IBAN --account {account}")


class NoPayee(RuleRefusal):
    message = N_("{payee} has no verified account, so {ref} cannot be paid")
    hint = N_("fund payee record {payee} --iban IBAN --name NAME --requested-by SIGNATORY")


class WrongAccount(RuleRefusal):
    message = N_("{ref} asks to pay {asked}, the verified account of {payee} is {verified}")
    hint = N_("refuse the request, or record the new account: fund payee record --help")


class CoolingOff(RuleRefusal):
    """A new account cannot be paid for some days."""

    message = N_("the account of {payee} ({payee_ref}) can be paid from {usable_on} on, not on {on}")
    hint = N_("wait until {usable_on}, then repeat the command")


class PayeeReplaced(RuleRefusal):
    message = N_("{ref} goes to {payee_ref}, which has to be verified again before it is paid: {why}")
    hint = N_("fund payment retry {ref}")


class PayeeNotParty(RuleRefusal):
    message = N_("{payee} cannot be paid from {agreement}: its parties are {parties}")
    hint = N_("fund agreement show {agreement}")


class PaymentsStopped(RuleRefusal, codes={"state": "agreement"}):
    message = N_("nothing can be paid from {agreement} now: it is {state}")
    hint = N_("fund agreement show {agreement}")


class MilestoneNotAccepted(RuleRefusal, codes={"state": "milestone"}):
    message = N_("milestone {milestone} is {state}, it must be accepted before money is asked for it")
    hint = N_("fund milestone list {agreement}")


class MilestoneExceeded(RuleRefusal):
    message = N_(
        "{asked_cents} is asked for milestone {milestone}: it is worth {milestone_cents}, "
        "of which {live_cents} was asked before"
    )
    hint = N_("ask for at most {left_cents}")


class OnAccountNotAllowed(RuleRefusal):
    message = N_(
        "{asked_cents} cannot be paid on account: {agreement} allows {allowed_cents}, "
        "of which {live_cents} was asked before"
    )
    hint = N_("have a milestone accepted first: fund milestone list {agreement}")


class AwardExceeded(RuleRefusal):
    message = N_(
        "{asked_cents} cannot be asked from {agreement}: {award_cents} was awarded, "
        "of which {live_cents} was asked before"
    )
    hint = N_("ask for at most {left_cents}")


class CommitmentExceeded(RuleRefusal):
    message = N_("cannot approve {ref} for {amount_cents}: {left_cents} stands committed to {proposal}")
    hint = N_("fund ledger card 9000.{proposal}")


class InsufficientCash(RuleRefusal):
    message = N_("cannot approve {ref} for {amount_cents}: {available_cents} is available on {on}")
    hint = N_("fund statement position --as-of {on}")


class NothingToPay(RuleRefusal):
    message = N_("there is nothing to pay on {execution_on}; approved and left out: {left_out}{why}")
    hint = N_("fund payment list")


class NotAPaymentDay(RuleRefusal):
    message = N_("payments cannot be carried out on {execution_on}: {why}")
    hint = N_("choose {next_on} or a later working day")


class DisbursementInBatch(RuleRefusal):
    message = N_("{ref} is in batch {batch} already")
    hint = N_("fund payment batch --replaces {batch}")


class BatchExpired(RuleRefusal):
    message = N_("batch {batch} cannot be sent: its execution day {execution_on} lies before today, {today}")
    hint = N_("fund payment batch --replaces {batch}")


class DebitsUnexplained(RuleRefusal):
    message = N_(
        "batch {batch} cannot be sent: {count} debits on the bank are unexplained, {total_cents} in all ({first})"
    )
    hint = N_("fund bank unmatched")


class BatchFileChanged(RuleRefusal):
    message = N_("the file of batch {batch} would have hash {found}, it was made with {expected}")
    hint = N_("fund payment batch --replaces {batch}")


class PaymentDoesNotMatch(RuleRefusal):
    message = N_(
        "{ref} is a payment of {expected_cents}; the bank line is {found_cents}, a difference of {difference_cents}"
    )
    hint = N_("fund payment list")


class NothingToReceive(RuleRefusal):
    message = N_("receipt {receipt} holds {left_cents} that is not allocated yet, {asked_cents} is needed")
    hint = N_("fund bank unmatched")


class CostBudgetExceeded(RuleRefusal):
    message = N_(
        "{asked_cents} goes beyond the cost budget of {year}: of {budget_cents}, {spent_cents} was spent or approved"
    )
    hint = N_("at most {left_cents} can be approved; another budget comes with new regulations")


class AlreadyRepaid(RuleRefusal):
    """What was approved is undone while its advance is outstanding whole: no advance goes below zero."""

    message = N_(
        "{ref} cannot be undone: {repayable_cents} of it is repayable, "
        "{outstanding_cents} is outstanding on {agreement}"
    )
    hint = N_("see what was repaid: fund ledger card 1200.{agreement}")


class RefundExceeded(RuleRefusal):
    message = N_(
        "{asked_cents} cannot come back on {ref}: {paid_cents} was paid, of which {refunded_cents} came back before"
    )
    hint = N_("allocate the rest by hand: fund bank match {receipt} --to REF")


class AccountNotOfTheFund(RuleRefusal):
    message = N_("{iban} is not registered as an account of the fund on {account}")
    hint = N_("fund bank list")


class AccountHoldsLess(RuleRefusal):
    """More would be transferred than the account holds beside the payments under way."""

    message = N_("cannot transfer {amount_cents}: {held_cents} can leave {account} on {on}")
    hint = N_("fund ledger card {account}")


class TransferSeen(RuleRefusal):
    """What the bank showed on a statement happened: it can come back, and cannot be recalled."""

    message = N_("{ref} cannot be recalled: the bank showed that {amount_cents} left {account}")
    hint = N_("import the statement of the other account: fund bank import FILE")


class UnknownPaymentMessage(RuleRefusal):
    message = N_("{file}:{line}: it is about payment file {message_id}, which the fund did not send")
    hint = N_("fund payment list")


class StatusReportDoesNotFit(RuleRefusal):
    message = N_("{file}:{line}: it does not fit batch {batch}: {found}, where the batch has {expected}")
    hint = N_("fund payment file {batch}")


class StatusReportChanged(RuleRefusal):
    message = N_("{file}: report {message_id} on batch {batch} came before with other content")
    hint = N_("fund payment list --batch {batch}")


class PaymentFileDiffers(RuleRefusal):
    message = N_("{path} is not the file of batch {batch}: it has hash {found}, the batch {expected}")
    hint = N_("find out what it is; then write to another name: fund payment file {batch} --output FILE")
