"""Refusals about agreements, milestones and repayment plans."""

from __future__ import annotations

from fund.errors.base import FaultyInput, RuleRefusal
from fund.language import N_

__all__ = [
    "AgreementNotRunning",
    "AllowanceUpToDate",
    "AlreadySigned",
    "AmendmentNeedsCommittee",
    "AwardChanged",
    "BeyondCommitment",
    "BoardsNotHeard",
    "CriteriaNotTicked",
    "DisbursementsOpen",
    "DocumentDiffers",
    "EvidenceMissing",
    "FaultyAgreementTerms",
    "InstalmentsDoNotAddUp",
    "MilestoneNotOpen",
    "MilestonesDoNotAddUp",
    "NotADecidedProposal",
    "NothingToChange",
    "PrepaymentExceedsPlan",
    "QuarterNotOver",
    "ReportMissing",
    "SignedAsDecided",
    "SigningTermOver",
    "TermsMissing",
    "UnknownCriterion",
    "UnknownTerminationGround",
]


class NotADecidedProposal(RuleRefusal):
    """An agreement is made of an approved proposal."""

    message = N_("an agreement for {ref} is not possible: the proposal is {state}, it must be {allowed}")
    hint = N_("fund proposal show {ref}")


class FaultyAgreementTerms(FaultyInput):
    """The file with terms of an agreement cannot be read as it is."""

    message = N_("{file}: {problem}")
    hint = N_("fund agreement draft --help")


class TermsMissing(RuleRefusal):
    """Exit terms, stop rule, owner of what is made: an agreement holds them all (P20)."""

    message = N_("the agreement on {ref} cannot be drafted: {field} is missing")
    hint = N_("give it in a file: fund agreement draft {ref} --terms terms.toml")


class MilestonesDoNotAddUp(RuleRefusal):
    """The milestones together are the award, to the cent."""

    message = N_(
        "the milestones of {ref} add up to {total_cents}, the award is {award_cents}, difference {difference_cents}"
    )
    hint = N_("give the milestones in a file: fund agreement draft {ref} --terms terms.toml")


class InstalmentsDoNotAddUp(RuleRefusal):
    """The instalments together are the repayable share, to the cent (R1)."""

    message = N_(
        "the instalments of {ref} add up to {total_cents}, the repayable share is {repayable_cents}, "
        "difference {difference_cents}"
    )
    hint = N_("give the repayment plan in a file: fund agreement draft {ref} --terms terms.toml")


class AwardChanged(RuleRefusal):
    """The proposal was decided again after the agreement was drafted."""

    message = N_("{ref} was drafted for {drafted_cents}, the award is {award_cents} now")
    hint = N_("fund agreement draft {proposal}")


class SignedAsDecided(RuleRefusal):
    """Everybody signed the text and the decision behind it stands: it is not drafted anew (A1, P20)."""

    message = N_("{ref} cannot be drafted again: everybody signed it, and {award_cents} still stands as it was decided")
    hint = N_("fund agreement activate {ref} --boards-heard")


class DocumentDiffers(RuleRefusal):
    """Everybody signs the same text: the hash typed is not that of the document."""

    message = N_("{ref} cannot be signed: you signed {given}, the document is {expected}")
    hint = N_("fund agreement show {ref} --document")


class AlreadySigned(RuleRefusal):
    """One signature per party."""

    message = N_("{party} signed {ref} already; still to sign: {unsigned}")
    hint = N_("fund agreement show {ref}")


class SigningTermOver(RuleRefusal):
    """The term for signing has passed."""

    message = N_("{ref} could be signed until {until}, today is {today}")
    hint = N_("fund agreement draft {proposal}")


class BoardsNotHeard(RuleRefusal):
    """A major agreement needs word that councils, states and general boards were heard."""

    message = N_("{ref} cannot be activated: for track {track} every council, states or general board must be heard")
    hint = N_("fund agreement activate {ref} --boards-heard")


class BeyondCommitment(RuleRefusal):
    """A cut stays within what was not asked for yet."""

    message = N_("{ref} cannot be cut by {cut_cents}: {open_cents} is not asked for yet")
    hint = N_("fund agreement show {ref}")


class AmendmentNeedsCommittee(RuleRefusal):
    """From the threshold amount on, the committee decides about an award."""

    message = N_("{ref} cannot become {award_cents} this way: from {threshold_cents} on the committee decides")
    hint = N_("fund proposal new --help")


class NothingToChange(FaultyInput):
    """An amendment changes something."""

    message = N_("{ref} would stay as it is: a change of {change_cents}")
    hint = N_("fund agreement amend --help")


class DisbursementsOpen(RuleRefusal):
    """An agreement ends when every request is paid, refused, withdrawn or cancelled."""

    message = N_("{ref} cannot end: {count} disbursements are not settled ({open})")
    hint = N_("fund disbursement list")


class ReportMissing(RuleRefusal):
    """Completion takes a final report, or is ex officio with a reason (4:47)."""

    message = N_("{ref} cannot be completed: there is no final report, and no reason to complete it ex officio")
    hint = N_("fund agreement complete {ref} --ex-officio --reason TEXT")


class UnknownTerminationGround(FaultyInput):
    """An agreement ends early by its stop rule or for a breach."""

    message = N_('"{ground}" is no ground to end {ref}; grounds are {known}')
    hint = N_("fund agreement terminate {ref} --ground stop_rule --reason TEXT")


class AgreementNotRunning(RuleRefusal):
    """Milestones and plans live as long as their agreement does."""

    message = N_("{command} is not possible for {ref}: agreement {agreement} is {state}, it must be {allowed}")
    hint = N_("fund agreement show {agreement}")


class EvidenceMissing(FaultyInput):
    """A milestone is shown with a file at least."""

    message = N_("{ref} needs evidence: no file was given")
    hint = N_("fund milestone evidence {ref} FILE")


class UnknownCriterion(FaultyInput):
    """The milestone has no criterion of this number."""

    message = N_("{ref} has {count} criteria, there is no number {number}")
    hint = N_("fund milestone list {agreement}")


class CriteriaNotTicked(RuleRefusal):
    """A milestone is accepted when each criterion was ticked."""

    message = N_("{ref} cannot be accepted: {ticked} of {count} criteria were ticked, missing: {missing}")
    hint = N_("fund milestone request-changes {ref} --reason TEXT")


class MilestoneNotOpen(RuleRefusal):
    """An amendment changes a milestone that is not judged yet."""

    message = N_("milestone {ref} cannot be changed: it is {state}")
    hint = N_("fund milestone list {agreement}")


class PrepaymentExceedsPlan(RuleRefusal):
    """Nobody repays more than is open."""

    message = N_("{amount_cents} cannot be repaid early on {ref}: {open_cents} is open")
    hint = N_("fund repayment plan {ref}")


class QuarterNotOver(RuleRefusal):
    """The allowance is reckoned over a quarter that is over, or up to today."""

    message = N_("the allowance of {quarter} cannot be reckoned on {on}: today is {today}")
    hint = N_("fund repayment allowance --on {today}")


class AllowanceUpToDate(RuleRefusal):
    """The allowance of the quarter stands as it should."""

    message = N_("the allowance of {quarter} was reckoned before ({count} times), and nothing changed since")
    hint = N_("fund repayment list")
