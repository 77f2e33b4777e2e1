"""Why a repayment plan stays as it is: receipts that are in order, sums that do not fit, claims that are nobody's."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal
from fund.language import N_


class ReceiptsInOrder(RuleRefusal):
    message = N_("nothing of {ref} is reallocated: its receipts ({count}) paid in the order of their value dates")
    hint = N_("fund repayment plan {ref}")


class SurplusGone(RuleRefusal):
    """What was owed back to a payer, and would repay the advance in the right order, was given back meanwhile."""

    message = N_("{moved_cents} of {ref} cannot move to the advance: {owed_cents} is still owed back to {partner}")
    hint = N_("fund repayment plan {ref}")


class InstalmentNotLate(RuleRefusal):
    """Only what is past its day, and was paid out, can be demanded."""

    message = N_("instalment {no} of {ref} cannot be demanded: {late_cents} of it is late, it is due on {due_on}")
    hint = N_("fund repayment schedule {ref}")


class ChargeNotDemanded(RuleRefusal):
    message = N_("nothing is charged on {ref}: {late_cents} of it is late, of which {demanded_cents} was demanded")
    hint = N_("fund repayment demand {ref}")


class ChargeBelowMinimum(RuleRefusal, codes={"ground": "word"}):
    """So little is not due (Awb 4:98): the regulations of the day say from which amount on it is."""

    message = N_("{amount_cents} ({ground}) is not charged on {ref}: it is due from {least_cents} on")
    hint = N_("fund regulations show")


class ChargeAboveMaximum(RuleRefusal, codes={"ground": "word"}):
    """A demand costs no more than the law (Awb 4:113) and the regulations of that day allow."""

    message = N_(
        "{amount_cents} ({ground}) is not charged on {ref}: a demand of {demanded_cents} costs {most_cents} at most"
    )
    hint = N_("fund regulations show")


class FeeClaimedBefore(RuleRefusal):
    message = N_("the demand of {demanded_on} costs {ref} nothing more: its costs were claimed as number {no}")
    hint = N_("fund repayment plan {ref}")


class ChargePaid(RuleRefusal):
    """Only what is open can be waived; what was paid by mistake is unmatched first."""

    message = N_("number {no} of {ref} is not waived: {open_cents} of it is open")
    hint = N_("fund repayment plan {ref}")


class FaultySchedule(FaultyInput):
    """The file with other instalments cannot be read as it is."""

    message = N_("{file}: {problem}")
    hint = N_("fund repayment restructure --help")


class ScheduleNotSaid(FaultyInput):
    """Other instalments need a file, or a first day and a number, or a share of savings and a last day."""

    message = N_("which instalments {ref} gets is not said: the first day is {first}, their number {count}")
    hint = N_("fund repayment restructure {ref} --help")


class NothingToRestructure(RuleRefusal):
    message = N_("{ref} gets no other instalments: {open_cents} is open")
    hint = N_("fund repayment plan {ref}")


class RequestNeedsSignatory(RuleRefusal):
    message = N_("{requested_by} cannot ask for other instalments of {ref}: this takes a signatory of {partner}")
    hint = N_("fund user list")


class RestructuringDiffers(RuleRefusal):
    """Other instalments are together what is outstanding and the repayable part of what is still to be paid out."""

    message = N_("the new instalments of {ref} are together {total_cents}, and {open_cents} is open")
    hint = N_("fund repayment restructure {ref} --help")


class RestructuringInPast(RuleRefusal):
    message = N_("an instalment of {ref} would fall due on {due_on}: today is {today}")
    hint = N_("fund repayment restructure {ref} --help")


class InstalmentNotPositive(RuleRefusal):
    message = N_("the instalment of {due_on} of {ref} is {amount_cents}: each is {least_cents} or more")
    hint = N_("fund repayment restructure {ref} --help")


class InstalmentsDisordered(RuleRefusal):
    message = N_("the instalments of {ref} do not follow one another: {next_on} comes after {due_on}")
    hint = N_("fund repayment restructure {ref} --help")


class UnknownPlanVersion(FaultyInput):
    message = N_("the plan of {ref} has no version {version}: it has {known}")
    hint = N_("fund repayment plan {ref} --version {last}")
