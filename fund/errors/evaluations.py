"""Refusals of evaluations and write-offs."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal
from fund.errors.commands import UnknownWord
from fund.language import N_


class FaultyEvaluation(FaultyInput):
    """The evaluation file cannot be read as one; nothing changed."""

    message = N_("{file}:{line}: {field}: {problem}")
    hint = N_("correct line {line} and hand it in again: fund evaluation submit --help")


class EvaluationNotLate(RuleRefusal):
    message = N_(
        "the evaluation of {ref} is still the parties' to write: it fell due on {due_on}, they have until {late_on}"
    )
    hint = N_("fund evaluation show {ref}")


class PeerNotExternal(RuleRefusal):
    message = N_(
        "{actor} of {organisation} cannot judge {ref}: nobody was free of conflicts, so the peers are external"
    )
    hint = N_("ask a reviewer of no partner: fund user list")


class EvaluationNotPublished(RuleRefusal, codes={"state": "evaluation"}):
    """Until it is published an evaluation is read by its parties, reviewers, committee and the fund office."""

    message = N_("the evaluation of {ref} is {state}: everybody can read it when it is published")
    hint = N_("fund evaluation lessons")


class ReviewedBefore(RuleRefusal):
    message = N_("{actor} judged the evaluation of {ref} already: {given} of 4; a second peer is somebody else")
    hint = N_("ask another reviewer who is no party: fund user list")


class ScoreOutOfRange(FaultyInput):
    message = N_("{given} is no score for learning: it is 0, 1, 2, 3 or 4")
    hint = N_("fund evaluation peer-review {ref} --learning 3")


class ReturnedBefore(RuleRefusal):
    message = N_("the evaluation of {ref} went back {returned} time(s) before; once is the most")
    hint = N_("fund evaluation show {ref}")


class UnknownTheme(UnknownWord):
    message = N_('"{word}" is not a theme; themes are {known}')


class UnknownWriteoffGround(FaultyInput, codes={"known": "typed"}):
    message = N_('"{ground}" is no ground for a write-off; grounds are {known}')
    hint = N_("fund writeoff propose --help")


class EvaluationNotAccepted(RuleRefusal, codes={"state": "evaluation"}):
    message = N_("{ref} cannot be written off as learning: its evaluation is {state}, it must be accepted")
    hint = N_("fund evaluation list")


class LearningTooLow(RuleRefusal):
    message = N_(
        "{ref} cannot be written off as learning: the quality of learning is {learning}, at least {threshold} is needed"
    )
    hint = N_("fund statement agreement {ref}")


class LessonsNotPublished(RuleRefusal, codes={"state": "evaluation"}):
    message = N_(
        "{ref} cannot be written off as learning: its evaluation is {state}, "
        "the lessons must be published to every partner"
    )
    hint = N_("fund evaluation list")


class WorkNotEnded(RuleRefusal, codes={"state": "agreement"}):
    message = N_(
        "{ref} cannot be written off as learning: the agreement is {state}, "
        "it must be completed or ended by its stop rule"
    )
    hint = N_("fund agreement show {ref}")


class StopRuleMissing(RuleRefusal):
    message = N_(
        "{ref} cannot be written off as learning: the signed agreement holds {found}, "
        "it needs a hypothesis and a stop rule"
    )
    hint = N_("fund agreement show {ref}")


class MilestonesWithoutEvidence(RuleRefusal):
    message = N_(
        "{ref} cannot be written off as learning: no evidence yet for {milestones}, due on {due_on} at the latest"
    )
    hint = N_("fund milestone list {ref}")


class UnspentMoneyOut(RuleRefusal):
    """What was paid and not spent is back before an advance is written off as learning."""

    message = N_("{ref} cannot be written off as learning: disbursements are still under way ({disbursements})")
    hint = N_("fund disbursement list")


class SuspicionOpen(RuleRefusal):
    message = N_("{ref} cannot be written off as learning: it is suspended on a suspicion")
    hint = N_("fund agreement show {ref}")


class WriteoffWithoutFile(RuleRefusal, codes={"ground": "word"}):
    """Hardship, uncollectible and irregularity ask for the reminders and the legal view on file."""

    message = N_("a write-off of {ref} on ground {ground} needs its file: reminders and legal view")
    hint = N_("add --file FILE")


class WriteoffNotRequested(RuleRefusal):
    message = N_(
        "a learning write-off of {ref} is asked for by a signatory of {partner}, and {requested_by} signs nothing "
        "for it"
    )
    hint = N_("add --requested-by NAME; who signs: fund user list")


class WriteoffOpen(RuleRefusal, codes={"state": "writeoff"}):
    message = N_("{ref} has a write-off that is not finished: {open} is {state}")
    hint = N_("fund writeoff list")


class BeyondOutstanding(RuleRefusal):
    message = N_("{amount_cents} of {ref} cannot be written off: {outstanding_cents} is outstanding on {day}")
    hint = N_("fund ledger card 1200.{ref}")


class ReceiptNotNamed(RuleRefusal):
    message = N_("{ref}: {count} receipts wait, and none was named as what is recovered")
    hint = N_("add --receipt {first}, or see fund bank unmatched")


class NothingToRecover(RuleRefusal):
    message = N_("{amount_cents} cannot be taken as recovered on {ref}: {unidentified_cents} is on account 2300")
    hint = N_("fund bank unmatched")


class AdvanceMovedSince(RuleRefusal):
    """A loss, its reversal or a recovery is booked no earlier than what it follows: an advance of a past day stays."""

    message = N_("{ref} cannot be booked on {day}: what it follows was booked on {moved_on}")
    hint = N_("leave --on out, or give {moved_on} or later; see fund ledger card 1200.{agreement}")


class ReversalOfThisYear(RuleRefusal):
    """A write-off is taken back in the year of today, whatever the year in which it was booked."""

    message = N_("{ref} cannot be taken back on {day}: today is {today}, and its reversal belongs to that year")
    hint = N_("leave --on out")
