"""Refusals of the ledger: what an entry, an account or a period does not allow."""

from __future__ import annotations

from fund.errors import FaultyInput, NotReady, RuleRefusal
from fund.language import N_


class UnbalancedEntry(FaultyInput, codes={"layer": "word"}):
    message = N_(
        "entry {key} does not balance in layer {layer} ({currency}): "
        "debit {debit_cents}, credit {credit_cents}, a difference of {difference_cents}"
    )
    hint = N_("every entry sums to zero within each layer: add the missing posting or correct an amount")


class TooFewPostings(FaultyInput):
    message = N_("entry {key} has {count} postings: an entry has at least two")
    hint = N_("say where the money comes from and where it goes")


class ZeroPosting(FaultyInput):
    message = N_("entry {key} has a posting of 0 cents on {account}")
    hint = N_("leave the posting out")


class NotPositive(FaultyInput):
    message = N_("{value} cents on {account}: the amount of a debit or credit is above zero")
    hint = N_("for the other direction use the other side")


class EmptyText(FaultyInput, codes={"field": "typed"}):
    message = N_("{field} is empty: {value}")
    hint = N_("an entry needs a kind, a memo, an actor and a key; a reversal a reason")


class WrongDay(FaultyInput):
    message = N_("{value} is not an accounting day")
    hint = N_("give a day without a time")


class WrongInstant(FaultyInput):
    message = N_("{value} is not an instant with a time zone")


class NotCanonical(FaultyInput):
    message = N_("{value} cannot be sealed: {reason}")
    hint = N_("metadata is text, whole numbers, yes or no, lists and mappings")


class InvalidAccount(FaultyInput):
    message = N_("account {account} cannot be opened: {reason}")


class UnfitAccount(FaultyInput):
    message = N_("account {account} ({what}) does not fit account {other} ({other_what})")
    hint = N_("a main account is the sum of its sub-accounts: all are of one type and currency")


class AccountExists(FaultyInput):
    message = N_("account {account} exists already in book {book}")
    hint = N_("fund ledger accounts")


class UnknownAccount(FaultyInput):
    message = N_("book {book} has no account {account}")
    hint = N_("fund ledger accounts")


class ClosedAccount(RuleRefusal):
    message = N_("account {account} is closed and takes no entries")
    hint = N_("fund ledger accounts")


class LimitExceeded(RuleRefusal):
    """An entry would take an account below its minimum or above its maximum, on some day."""

    message = N_("account {account} would stand at {balance_cents}; its limit is {limit_cents}")
    hint = N_("fund ledger card {account}")


class SetLimitExceeded(RuleRefusal, codes={"set": "typed"}):
    """An entry would take a set of accounts below its minimum or above its maximum, on some day."""

    message = N_("the accounts of {set} would stand at {balance_cents} together; their limit is {limit_cents}")
    hint = N_("fund ledger trial-balance")


class AccountNotValid(RuleRefusal):
    message = N_("account {account} takes entries from {valid_from} until {valid_until}; {day} lies outside")
    hint = N_("fund ledger accounts")


class InvalidSet(FaultyInput):
    message = N_("the set {set} cannot be made: {reason}")


class UnknownBook(FaultyInput):
    message = N_("there is no book {book}: this database has {books}")
    hint = N_("fund init")


class BookExists(FaultyInput):
    message = N_("book {book} exists already")


class UnknownEntry(FaultyInput):
    message = N_("there is no entry {seq}: the last one is {last}")
    hint = N_("fund ledger entries")


class AlreadyReversed(RuleRefusal):
    message = N_("entry {seq} is reversed already, by entry {reversal}")
    hint = N_("fund ledger entries")


class PartlyReversed(RuleRefusal):
    message = N_("part of entry {seq} is taken back already, by entry {part}")
    hint = N_("take back the rest as a part too")


class BeyondOriginal(RuleRefusal):
    """Parts together would take back more than an entry moved on an account, or move it the same way."""

    message = N_("entry {seq} moved {original_cents} on {account}; taken back would be {taken_cents}")
    hint = N_("fund ledger entry {seq}")


class NotReversed(RuleRefusal):
    message = N_("entry {seq} is not taken back: that comes before another takes its place")
    hint = N_("fund ledger entry {seq}")


class AlreadyReplaced(RuleRefusal):
    message = N_("entry {seq} is replaced already, by entry {replacement}")
    hint = N_("fund ledger entry {seq}")


class ReservedMetadata(FaultyInput):
    message = N_("entry {key}: the name {name} in the metadata belongs to the ledger")


class UnknownReasonCode(FaultyInput, codes={"known": "typed"}):
    message = N_("{reason_code} is no reason for a correction: there are {known}")


class NotTheMirror(RuleRefusal):
    message = N_("the postings are not the mirror of entry {seq}")


class ClosedPeriod(RuleRefusal, codes={"status": "period", "kind": "event"}):
    message = N_("{day} lies in {month}, which is {status}: no entry ({kind}) can be booked there")
    hint = N_("book it on a later day, or fund period reopen {month} --reason TEXT")
    year_hint = N_("book it on a later day, or fund period reopen {year} --reason TEXT")
    """Where the year of the month is closed: then the month cannot be opened by itself. The ledger knows no years, so
    whoever asked it gives ``year``.
    """

    @property
    def advice(self) -> str:
        return self._hint(self.year_hint if "year" in self.details else self.hint)


class PeriodOutOfOrder(RuleRefusal, codes={"status": "period", "wanted": "period"}):
    """Months are locked and closed in order, and only the latest can be reopened."""

    message = N_("{month} is {status} and cannot become {wanted}: {reason}")
    hint = N_("fund period list")


class IdempotencyConflict(RuleRefusal):
    message = N_("key {key} belongs to entry {seq}, which says something else")
    hint = N_("repeat exactly what was asked, or use a new key")


class EntryExists(RuleRefusal):
    message = N_("entry {entry_id} is sealed: it takes no more postings and is not written twice")
    hint = N_("reverse the entry and book it anew")


class PostingsWithoutEntry(RuleRefusal):
    message = N_("postings without their entry: {entry_id}")


class AppendOnly(RuleRefusal, codes={"table": "typed"}):
    message = N_("{table} is append-only: {operation} is refused")
    hint = N_("a mistake is reversed, not edited")


class UnsealedAccount(RuleRefusal):
    message = N_("account {account} is not what the sealed chart says of it")
    hint = N_("fund ledger verify")


class FaultyKey(FaultyInput):
    message = N_("the key cannot sign: {reason}")
    hint = N_("openssl genpkey -algorithm ed25519 -out anchor.pem")


class FaultyAnchor(FaultyInput):
    message = N_("it is no anchor: {reason}")
    hint = N_("fund ledger anchor --key anchor.pem --output anchor.json")


class UnknownAnchor(FaultyInput):
    message = N_("there is no anchor {number}: the last one is {last}")
    hint = N_("fund ledger anchor --key anchor.pem --output anchor.json")


class JournalInDoubt(RuleRefusal):
    message = N_("the balances are not rebuilt: the entries themselves are in doubt ({checks})")
    hint = N_("fund ledger verify")


class UnfinishedCheck(NotReady):
    """A process that looked at entries ended before it was done; what it would have found is not known."""

    message = N_("entries {first} to {last} were not checked to the end: {reason}")
    hint = N_("fund ledger verify")


class BrokenChain(RuleRefusal):
    """A sequence number, previous hash, hash or instant that does not follow the last entry."""

    message = N_("the entry does not follow the last one of its book: {reason}")
    hint = N_("fund ledger verify")
