"""Refusals about agreements, milestones and repayment plans."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal
from fund.language import N_


class NotADecidedProposal(RuleRefusal, codes={"state": "proposal", "allowed": "proposal"}):
    message = N_("an agreement for {ref} is not possible: the proposal is {state}, it must be {allowed}")
    hint = N_("fund proposal show {ref}")


class FaultyAgreementTerms(FaultyInput):
    """The file with terms of an agreement cannot be read as it is."""

    message = N_("{file}: {problem}")
    hint = N_("fund agreement draft --help")


class TermsMissing(RuleRefusal):
    """Exit terms, stop rule, owner of what is made: an agreement holds them all."""

    message = N_("the agreement on {ref} cannot be drafted: {field} is missing")
    hint = N_("give it in a file: fund agreement draft {ref} --terms FILE")


class MilestonesDoNotAddUp(RuleRefusal):
    message = N_(
        "the milestones of {ref} add up to {total_cents}, the award is {award_cents}, difference {difference_cents}"
    )
    hint = N_("give the milestones in a file: fund agreement draft {ref} --terms FILE")


class InstalmentsDoNotAddUp(RuleRefusal):
    message = N_(
        "the instalments of {ref} add up to {total_cents}, the repayable share is {repayable_cents}, "
        "difference {difference_cents}"
    )
    hint = N_("give the repayment plan in a file: fund agreement draft {ref} --terms FILE")


class AwardChanged(RuleRefusal):
    message = N_("{ref} was drafted for {drafted_cents}, the award is {award_cents} now")
    hint = N_("fund agreement draft {proposal}")


class DecidedAnew(RuleRefusal):
    message = N_("{ref} was drafted before the decision on {proposal} was taken back on {reopened_on}")
    hint = N_("fund agreement draft {proposal}")


class SignedAsDecided(RuleRefusal):
    message = N_("{ref} cannot be drafted again: everybody signed it, and {award_cents} still stands as it was decided")
    hint = N_("fund agreement activate {ref} --boards-heard")


class DocumentDiffers(RuleRefusal):
    """Everybody signs the same text: the hash typed is not that of the document."""

    message = N_("{ref} cannot be signed: you signed {given}, the document is {expected}")
    hint = N_("fund agreement show {ref} --document")


class AlreadySigned(RuleRefusal, codes={"party": "party", "unsigned": "party"}):
    message = N_("{party} signed {ref} already; still to sign: {unsigned}")
    hint = N_("fund agreement show {ref}")


class SigningTermOver(RuleRefusal):
    message = N_("{ref} could be signed until {until}, today is {today}")
    hint = N_("fund proposal show {proposal}")


class BoardsNotHeard(RuleRefusal):
    message = N_("{ref} cannot be activated: for track {track} every council, states or general board must be heard")
    hint = N_("fund agreement activate {ref} --boards-heard")


class BeyondCommitment(RuleRefusal):
    message = N_("{ref} cannot be cut by {cut_cents}: {open_cents} is not asked for yet")
    hint = N_("fund agreement show {ref}")


class AmendmentStandsAlone(FaultyInput):
    message = N_("{ref} cannot get another lead and another amount or day in one amendment")
    hint = N_("fund agreement amend {ref} --lead {lead} --reason TEXT")


class AnotherHasTheWord(RuleRefusal):
    message = N_("amendment {ref} waits for {asks}")
    hint = N_("{way}")


class MilestoneNotNamed(FaultyInput):
    message = N_("{ref} cannot be amended: no milestone was named in which the change is made")
    hint = N_("fund milestone list {ref}")


class NotAParty(RuleRefusal):
    message = N_("{partner} cannot lead {ref}: the lead is one of those that signed it ({known})")
    hint = N_("fund agreement show {ref}")


class PlanCannotFollow(RuleRefusal):
    """An amendment changes the repayment plan by its repayable part, and the plan must be able to follow."""

    message = N_("the plan of {ref} cannot follow: it would change by {change_cents}, {open_cents} is open in it")
    hint = N_("fund repayment plan {ref}")


class NothingToChange(FaultyInput):
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


class NotLowerThanGranted(FaultyInput):
    """Set lower means lower than what was approved for payment, and not below nothing."""

    message = N_("{ref} cannot be set at {amount_cents}: {booked_cents} was approved for payment")
    hint = N_("fund agreement show {ref}")


class LoweringNeedsGround(RuleRefusal, codes={"known": "typed"}):
    """An agreement is set as granted, whatever the result; lower only on a ground of Awb 4:46, with the reason."""

    message = N_("{ref} cannot be set lower than granted: {problem}; grounds are {known}")
    hint = N_("fund agreement complete {ref} --help")


class EvaluationNotWaivable(RuleRefusal, codes={"ground": "word"}):
    """Only after a breach the chair may ask no evaluation: what a stop rule ended is what others learn from."""

    message = N_(
        "the evaluation of {ref} cannot be waived: the agreement ends by {ground}, and only a breach allows it"
    )
    hint = N_("fund agreement terminate {ref} --ground {ground} --reason TEXT")


class FaultyBenefits(FaultyInput):
    """The file with benefits cannot be read as it is."""

    message = N_("{file}: {problem}")
    hint = N_("fund agreement benefits --help")


class BenefitsNotOwn(RuleRefusal):
    message = N_("{partner} cannot be reported by {own} on {ref}: the lead, {lead}, and {partner} itself report it")
    hint = N_("fund agreement benefits {ref}")


class NothingReported(FaultyInput):
    message = N_("nothing was reported on {ref}: give a file, or a year and an amount")
    hint = N_("fund agreement benefits {ref} --year {year} --realised-benefit AMOUNT")


class YearNotBegun(RuleRefusal):
    message = N_("{year} is still to come on {today}: what it brings on {ref} can be expected, not realised")
    hint = N_("fund agreement benefits {ref} --year {year} --expected-benefit AMOUNT")


class UnknownTerminationGround(FaultyInput, codes={"known": "typed"}):
    message = N_('"{ground}" is no ground to end {ref}; grounds are {known}')
    hint = N_("fund agreement terminate {ref} --ground stop_rule --reason TEXT")


class AgreementNotRunning(RuleRefusal, codes={"state": "agreement", "allowed": "agreement"}):
    message = N_("{command} is not possible for {ref}: agreement {agreement} is {state}, it must be {allowed}")
    hint = N_("fund agreement show {agreement}")


class EvidenceMissing(FaultyInput):
    message = N_("{ref} needs evidence: no file was given")
    hint = N_("fund milestone evidence {ref} FILE")


class UnknownCriterion(FaultyInput):
    message = N_("{ref} has {count} criteria, there is no number {number}")
    hint = N_("fund milestone list {agreement}")


class CriteriaNotTicked(RuleRefusal):
    message = N_("{ref} cannot be accepted: {ticked} of {count} criteria were ticked, missing: {missing}")
    hint = N_("fund milestone request-changes {ref} --reason TEXT")


class RejectedMilestoneNeedsDay(RuleRefusal):
    """A rejected milestone is cut to nothing, or planned again with a day."""

    message = N_("milestone {ref} was rejected: {amount_cents} would stay in it without a day on which it is shown")
    hint = N_("fund agreement amend {agreement} --milestone {number} --due DATE --reason TEXT")


class DueDayPassed(FaultyInput):
    message = N_("milestone {ref} cannot be planned for {due_on}: today is {today}")
    hint = N_("fund milestone list {agreement}")


class MilestoneNotOpen(RuleRefusal, codes={"state": "milestone"}):
    """An amendment changes a milestone that waits for its evidence, or was rejected."""

    message = N_("milestone {ref} cannot be changed: it is {state}")
    hint = N_("fund milestone list {agreement}")


class PrepaymentExceedsPlan(RuleRefusal):
    message = N_("{amount_cents} cannot be repaid early on {ref}: {open_cents} is open")
    hint = N_("fund repayment plan {ref}")


class AllowanceUpToDate(RuleRefusal):
    message = N_("the allowance of {quarter} was calculated before ({count} times), and nothing changed since")
    hint = N_("fund repayment list")


class NotItsRollout(RuleRefusal):
    message = N_("{ref} cannot be refinanced by {child}, which follows {follows}: only its own roll-out takes it over")
    hint = N_("see what follows it: fund agreement show {ref}")


class VerdictNotGood(RuleRefusal, codes={"state": "evaluation"}):
    message = N_(
        "{ref} cannot be refinanced: its evaluation is {state} with verdict {verdict}; "
        "it must be published, to scale or to adopt"
    )
    hint = N_("fund evaluation show {ref}")


class CommitmentLeft(RuleRefusal):
    """Refinancing moves what was paid out; what is only promised is free again first."""

    message = N_("{ref} cannot be refinanced: {committed_cents} is still committed to it")
    hint = N_("complete it first: fund agreement complete {ref} --report FILE")


class NothingToRefinance(RuleRefusal):
    message = N_("{ref} cannot be refinanced: {outstanding_cents} is outstanding on {day}")
    hint = N_("fund agreement show {ref}")


class RefinancingChanged(RuleRefusal):
    message = N_(
        "{resolution} is about {agreed_cents} of {ref} to be owed by {agreed_lead}; "
        "now {outstanding_cents} is outstanding and {lead} leads {child}"
    )
    hint = N_("bring it anew: fund agreement refinance {ref} --to {child} --reason TEXT")
