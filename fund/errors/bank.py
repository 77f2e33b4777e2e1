"""Refusals of bank statements, payment files, account numbers and references.

Those of a file point: the name, the line, what stands there, then the explanation.
"""

from __future__ import annotations

from fund.errors import FaultyInput
from fund.language import N_


class BankFileTooLarge(FaultyInput):
    message = N_("{file}: the file is {size} bytes, at most {limit} are read")
    hint = N_("ask the bank for a file per day or per month")


class WrongEncoding(FaultyInput):
    message = N_("{file}:{line}: the file is not UTF-8: {reason}")
    hint = N_("download the file again; do not open and save it in an editor")


class ForbiddenDoctype(FaultyInput):
    """The file declares a document type; no bank does, and entities are a way to attack the reader."""

    message = N_("{file}:{line}: {excerpt}: a document type (DOCTYPE) or entity is not accepted in a bank file")
    hint = N_("this file does not come from the bank as it is: keep it, and tell the administrator")


class BrokenXml(FaultyInput):
    message = N_("{file}:{line}: {excerpt}: the XML is broken: {reason}")
    hint = N_("download the file again; it may have been cut off")


class NotABankStatement(FaultyInput):
    message = N_("{file}:{line}: this is not a bank statement (camt.053) or notification (camt.054): found {found}")
    hint = N_("download the statement as camt.053 (XML); MT940, camt.052 and PDF are not read")


class APaymentStatus(FaultyInput):
    """The file says what the bank did with payments of the fund (pain.002); it moves nothing on an account."""

    message = N_("{file}:{line}: this is a report on payments ({found}), not a bank statement")
    hint = N_("fund payment status {file}")


class NotAPaymentFile(FaultyInput):
    message = N_("{file}:{line}: this is not a payment file (pain.001): found {found}")
    hint = N_("write one with fund payment batch")


class NotAStatusReport(FaultyInput):
    message = N_("{file}:{line}: this is not a report on payments (pain.002): found {found}")
    hint = N_("bank statements (camt.053) come in by: fund bank import {file}")


class UnknownBankVersion(FaultyInput):
    message = N_("{file}:{line}: version {version} is not read; known are {known}")
    hint = N_("ask the bank for one of these versions")


class InvalidBankFile(FaultyInput):
    message = N_("{file}:{line}: {excerpt}: not valid as {version}: {reason}")
    hint = N_("download the file again; if it stays so, send this line to the bank")


class PartOfACent(FaultyInput):
    message = N_("{file}:{line}: the amount {text} has a part of a cent")
    hint = N_("send this line to the bank")


class WrongCurrency(FaultyInput):
    message = N_("{file}:{line}: {found} instead of EUR")
    hint = N_("the fund keeps its money in euros only; register no account in another currency")


class AccountWithoutIban(FaultyInput):
    message = N_("{file}:{line}: the account {account} of statement {statement} is not an IBAN")
    hint = N_("ask the bank for statements that name the IBAN")


class BankStatementWithoutBalance(FaultyInput):
    message = N_("{file}:{line}: statement {statement} has {count} balances of kind {kind} instead of one")
    hint = N_("download the whole statement; an intraday report (camt.052) has no such balances")


class BankStatementDoesNotAddUp(FaultyInput):
    message = N_(
        "{file}:{line}: statement {statement} does not add up: opening {opening_cents} and entries {entries_cents} "
        "make {computed_cents}, closing is {closing_cents}, a difference of {difference_cents}"
    )
    hint = N_("nothing was imported; download the statement again, it may miss entries")


class BatchDoesNotAddUp(FaultyInput):
    message = N_(
        "{file}:{line}: entry {entry} of statement {statement} is {amount_cents}, its transactions make "
        "{transactions_cents}, a difference of {difference_cents}"
    )
    hint = N_("nothing was imported; download the statement again")


class CountDoesNotMatch(FaultyInput):
    message = N_("{file}:{line}: {announced} transactions are announced, {found} are there")
    hint = N_("nothing was imported; download the file again, it may miss transactions")


class ControlSumDoesNotMatch(FaultyInput):
    message = N_(
        "{file}:{line}: the control sum is {control_cents}, the payments make {payments_cents}, "
        "a difference of {difference_cents}"
    )
    hint = N_("do not upload this file; write it again with fund payment batch")


class TransactionWithoutAmount(FaultyInput):
    message = N_(
        "{file}:{line}: transaction {position} of entry {entry} in statement {statement} has no amount in euros"
    )
    hint = N_("ask the bank for statements with the details of batches")


class OtherBankAccount(FaultyInput):
    message = N_("{file}: statement {statement} is of account {iban}; the accounts of the fund are {expected}")
    hint = N_("import the right file, or record the account first: fund bank register {iban} --account CODE")


class BankStatementChanged(FaultyInput):
    message = N_("{file}: statement {statement} of {iban} is known since {known_file} with other content")
    hint = N_("ask the bank which of the two is right; nothing of the second was imported")


class SumDoesNotMatch(FaultyInput):
    message = N_(
        "{file}:{line}: entries of {announced_cents} are announced, those that are there make {found_cents}, "
        "a difference of {difference_cents}"
    )
    hint = N_("nothing was imported; download the file again, it may miss entries")


class NoBankFileTakenIn(FaultyInput):
    message = N_("none of the {count} files was taken in: {reasons}")
    hint = N_("import them one by one to read what each needs: fund bank import FILE")


class InvalidIban(FaultyInput):
    message = N_('"{text}" is not an IBAN: {reason}')
    hint = N_("write it as it is on the letter of the bank, with or without spaces: NL91 ABNA 0417 1643 00")


class InvalidReference(FaultyInput):
    """The text is not an RF creditor reference (ISO 11649)."""

    message = N_('"{text}" is not an RF reference: {reason}')
    hint = N_("copy the reference from the request for payment, it starts with RF and two check digits")


class NameTooLong(FaultyInput):
    """A name does not fit in a payment, and names are never cut."""

    message = N_('the name "{text}" is {length} characters, a payment takes at most {limit}')
    hint = N_("record a shorter name for the payee: fund payee record --help")


class TextTooLong(FaultyInput, codes={"field": "typed"}):
    """A text or an identification does not fit in a payment, and texts are never cut."""

    message = N_('{field}: "{text}" is {length} characters, a payment takes at most {limit}')
    hint = N_("write it shorter")


class UnwritableCharacter(FaultyInput, codes={"field": "typed"}):
    message = N_('{field}: the character {character} in "{text}" cannot be written in a payment')
    hint = N_("write it in Latin letters, digits and / - ? : ( ) . , ' +")


class EmptyPaymentBatch(FaultyInput):
    message = N_("batch {batch} has no payments")
    hint = N_("fund payment list")


class DuplicatePayment(FaultyInput):
    message = N_("batch {batch} has two payments with the reference {reference}")
    hint = N_("fund payment list")


class PaymentAmountOutOfRange(FaultyInput):
    message = N_("payment {reference} is {amount_cents}; one payment carries from {least_cents} to {most_cents}")
    hint = N_("split the amount, or take it out of the batch")


class UnknownPaymentVersion(FaultyInput):
    message = N_("payment files are written as {known}, not as {version}")
    hint = N_("leave the version out, or choose one of these")
