"""Refusals of rounds, of the proposal form, and of what may be done with a proposal.

Those of a form point: the file, the line, what stands there, then the explanation. All faults of a file come at once.
"""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal, WrongUsage
from fund.language import N_

# ------------------------------------------------------------------------------------------------------------ rounds


class RoundOpensTooEarly(RuleRefusal):
    """A round is announced before it opens (4:27)."""

    message = N_("a round cannot open on {opens}: today is {today}, and it is announced before it opens")
    hint = N_("fund round plan --help")


class RoundClosesTooEarly(FaultyInput):
    message = N_("a round that opens on {opens} cannot close on {closes}")
    hint = N_("fund round plan --help")


class WrongCeiling(FaultyInput):
    message = N_("the ceiling of a round is above zero; {ceiling_cents} was given")
    hint = N_("fund round plan --help")


class UnknownTrack(WrongUsage, codes={"known": "typed"}):
    message = N_('"{track}" is not a track; tracks are {known}')
    hint = N_("fund round plan --help")


class RoundNotOpen(RuleRefusal, codes={"state": "round"}):
    message = N_(
        "{command} is not possible for {ref}: round {round} is {state},"
        " it takes proposals from {opens_at} until {closes_at}"
    )
    hint = N_("fund round list")


class NoRoundOpen(RuleRefusal):
    message = N_("no round is open now: {next}")
    hint = N_("fund round list")


# ---------------------------------------------------------------------------------------------------------- the form


class FormFault(FaultyInput):
    """One fault in a proposal file, with its place: ``file``, ``line``, ``field``."""

    message = N_("{file}:{line}: {field} is not right")
    hint = N_("fund proposal template --track {track}")


class FaultyForm(FaultyInput):
    """A proposal file with more than one fault; ``faults`` holds each with its code and place."""

    message = N_("{file} has {count} faults:\n{lines}")
    hint = N_("fund proposal template --track {track}")


class BrokenForm(FormFault):
    """The file is not TOML."""

    message = N_("{file}:{line}: {excerpt}: this line cannot be read: {reason}")
    hint = N_("fund proposal template")


class FormNotText(FormFault):
    message = N_("{file}:{line}: the file is not text in UTF-8")
    hint = N_("fund proposal template")


class FormTooLarge(FormFault):
    message = N_("{file}: the file is {size} bytes, at most {limit} are read")
    hint = N_("fund proposal template")


class UnknownFormVersion(FormFault):
    message = N_('{file}:{line}: form "{version}" does not exist here; the forms are {known}, in force is {current}')
    hint = N_("fund proposal template --track {track}")


class UnknownField(FormFault, codes={"nearest": "typed"}):
    message = N_("{file}:{line}: {field} is no field of the form; the nearest is {nearest}")


class FieldMissing(FormFault):
    message = N_("{file}:{line}: {field} is missing ({question})")


class BlockMissing(FormFault):
    message = N_("{file}:{line}: there is no block [[{field}]] ({question})")


class FieldEmpty(FormFault):
    message = N_("{file}:{line}: {field} is empty ({question})")


class WrongType(FormFault):
    message = N_("{file}:{line}: {excerpt}: {field} must be {expected}, this is {found}")


class UnclearAmount(FormFault):
    message = N_('{file}:{line}: {field} = "{text}" is not clear: {reason}; write 24000 or 24000,00')


class UnclearPercentage(FormFault):
    message = N_('{file}:{line}: {field} = "{text}" is not clear; write a percentage from 0 to 100: 70 or 66,67')


class UnreadableDay(FormFault):
    message = N_('{file}:{line}: {field} = "{text}" is not a day: {reason}; write 2027-06-30')


class FieldTooLong(FormFault):
    message = N_("{file}:{line}: {field} has {length} characters, at most {limit} fit")


class UnknownChoice(FormFault, codes={"known": "typed", "nearest": "typed"}):
    message = N_('{file}:{line}: {field} = "{text}" cannot be chosen; the nearest is {nearest}, all are {known}')


class UnclearName(FormFault):
    message = N_('{file}:{line}: {field} = "{text}" can be {choices}; write which one')


class NamedTwice(FormFault):
    message = N_("{file}:{line}: {field}: {text} is there twice")


class OutOfOrder(FormFault):
    message = N_("{file}:{line}: {field}: {text} comes after {before}; put the years in order")


class DayBeforeBudget(FormFault):
    """A milestone shows what the money did, so it does not come before the first year for which money is asked."""

    message = N_("{file}:{line}: {field}: {text} lies before the first year of the budget, {first}")


class RepaymentEndsTooEarly(FormFault):
    message = N_("{file}:{line}: {field}: {text} lies before the last milestone, {milestone}")


class RepaymentPlanTooLong(FormFault):
    message = N_("{file}:{line}: {field}: {text} is too early: with these instalments the last falls on {last} at best")


class TooManyBlocks(FormFault):
    message = N_("{file}:{line}: {field}: there are {number}, at most {limit} fit")


class FieldUnprintable(FormFault):
    """A text holds a character that steers a screen or cannot be seen; letters of every script and emoji are fine."""

    message = N_("{file}:{line}: {field} holds {character}, a character that nobody can see; type the text again")


class UnknownSection(FaultyInput, codes={"known": "typed"}):
    message = N_('"{section}" is no section of the form; sections are {known}')
    hint = N_("fund proposal template --track major")


# ---------------------------------------------------------------------------------------------------- what adds up


class BudgetDiffersFromAsk(RuleRefusal):
    message = N_(
        "{place}: {excerpt}: {command} is not possible for {ref}: the budget is {budget_cents}, asked is {ask_cents},"
        " difference {difference_cents}"
    )
    hint = N_("fund proposal save {ref} {file}")


class MilestonesDifferFromAsk(RuleRefusal):
    message = N_(
        "{place}: {excerpt}: {command} is not possible for {ref}: the milestones are {milestones_cents},"
        " asked is {ask_cents}, difference {difference_cents}"
    )
    hint = N_("fund proposal save {ref} {file}")


class CostDiffers(RuleRefusal):
    message = N_(
        "{place}: {excerpt}: {command} is not possible for {ref}: all costs together are {cost_cents},"
        " ask, own share and money of others are {paid_cents}, difference {difference_cents}"
    )
    hint = N_("fund proposal save {ref} {file}")


class CategoriesDifferFromCost(RuleRefusal):
    message = N_(
        "{place}: {excerpt}: {command} is not possible for {ref}: the kinds of cost are {categories_cents},"
        " ask, own share and money of others are {cost_cents}, difference {difference_cents}"
    )
    hint = N_("fund proposal save {ref} {file}")


# ------------------------------------------------------------------------------------------------------- life stories


class OutsideTrack(RuleRefusal):
    message = N_("{command} is not possible for {ref}: asked is {ask_cents}, a round on the track {track} takes {band}")
    hint = N_("fund round list")


class AboveCeiling(RuleRefusal):
    message = N_("{command} is not possible for {ref}: asked is {ask_cents}, round {round} has {ceiling_cents}")
    hint = N_("fund round show {round}")


class PartiesNotConfirmed(RuleRefusal):
    message = N_("{command} is not possible for {ref}: {missing} did not confirm revision {revision} ({hash})")
    hint = N_("fund proposal confirm {ref}")


class BoardNotInformed(RuleRefusal):
    message = N_(
        "{command} is not possible for {ref}: when was the council, states or board of {partner} informed on content?"
    )
    hint = N_("fund proposal {verb} {ref} --informed-on DATE")


class AttachmentMissing(RuleRefusal):
    """A file that the form names is not with the fund, or it is there with another case: then it is brought again."""

    message = N_("{command} is not possible for {ref}: attachment {title} ({hash}) is not with the fund")
    hint = N_("fund {again} FILE --attach PATH")


class AttachmentTooLarge(FaultyInput):
    message = N_("{file} is {size} bytes; the fund keeps files of at most {limit}")
    hint = N_("make the file smaller, or split it")


class UnknownAttachment(FaultyInput):
    message = N_(
        '{ref} has no file "{file}"; files in all: {count}. Give a number of the list, or six letters of the hash'
    )
    hint = N_("fund {noun} file list {ref}")


class FileNotNamed(FaultyInput):
    message = N_("{ref} has {count} files: say which, by its number")
    hint = N_("fund {noun} file list {ref}")


class ContentLost(FaultyInput):
    message = N_("file {hash} is not as it was stored: {problem}")
    hint = N_("fund verify")


class SameContentInRound(RuleRefusal):
    message = N_("{command} is not possible for {ref}: {other} has the same content in round {round}")
    hint = N_("fund proposal show {other}")


class OldFormVersion(RuleRefusal):
    """Only the form in force can be submitted; ``missing`` names each answer that it still asks."""

    message = N_(
        "{command} is not possible for {ref}: it is on form {version}, the form in force is {current}."
        " Still to be answered on it:\n{lines}"
    )
    hint = N_("fund proposal template --from {ref} --output {file}")


class OtherFormVersion(RuleRefusal):
    """A draft only moves to newer forms, and what was submitted stays on the form on which it was."""

    message = N_("`proposal save` is not possible for {ref}: it is on form {version}, {file} is on form {other}")
    hint = N_("fund proposal show {ref} --file")


class ChangedMeanwhile(RuleRefusal):
    """Somebody changed the proposal since the file was written; saving it would undo that unseen."""

    message = N_(
        "`proposal save` is not possible for {ref}: the file starts from revision {read}, {ref} "
        "is at {revision}:\n{lines}"
    )
    hint = N_("fund proposal show {ref} --file")


class SameIdeaAddedUp(RuleRefusal):
    """What the same parties ask for the same idea counts together for the track (proportionality)."""

    message = N_(
        "{command} is not possible for {ref}: asked is {ask_cents}, and {others} of the same parties for the same idea"
        " came to {earlier_cents}, together {together_cents}; a round on the track {track} takes {band}"
    )
    hint = N_("fund round list")


class AttachmentNotNamed(FaultyInput):
    message = N_("{attachment} is not named in {file}: its SHA-256 is now {hash}")
    hint = N_("put the SHA-256 of the file under [[attachments]] in {file}")


class PartnerNotActive(RuleRefusal, codes={"state": "partner"}):
    message = N_("{command} is not possible for {ref}: {partner} is {state}, a party must be active")
    hint = N_("fund partner list")


class ChangedElsewhere(RuleRefusal, codes={"changed": "typed", "allowed": "typed"}):
    """A returned proposal may change in the sections that were listed, and nowhere else."""

    message = N_("{command} is not possible for {ref}: {changed} changed, only {allowed} may")
    hint = N_("fund proposal show {ref}")


class DeadlinePassed(RuleRefusal):
    message = N_("{command} is not possible for {ref}: the last day was {due_on}, today is {today}")
    hint = N_("fund proposal show {ref}")


class NotForImprovement(RuleRefusal, codes={"ground": "word"}):
    message = N_("{command} is not possible for {ref}: it was deferred for {ground}, not to be improved")
    hint = N_("fund proposal show {ref}")


class NotImprovedYet(RuleRefusal):
    message = N_(
        "{command} is not possible for {ref}: it was deferred to be improved until {due_on}; the parties change it and "
        "hand it in, and its panel scores it again"
    )
    hint = N_("fund proposal show {ref}")


class UnknownRule(FaultyInput, codes={"known": "typed"}):
    message = N_('"{rule}" is not an eligibility rule; rules are {known}')
    hint = N_("fund proposal show {ref}")


class RuleNotMet(RuleRefusal, codes={"rule": "typed"}):
    message = N_("{ref} cannot be found eligible: {rule} is not met: {finding}")
    hint = N_("fund proposal find-ineligible {ref} --rule {rule} --reason TEXT")


class ObjectionTooLate(RuleRefusal):
    message = N_("objecting to {ref} was possible until {until_on}, today is {today}")
    hint = N_("fund proposal show {ref}")


class FollowonNotInvited(RuleRefusal):
    """A roll-out follows an invitation, within its term."""

    message = N_("a roll-out of {agreement} is not possible: {reason}")
    hint = N_("fund agreement show {agreement}")


class RolloutWithoutParent(RuleRefusal, codes={"sort": "typed"}):
    message = N_("{ref} has the kind {sort}: a roll-out is drafted with --follows AGREEMENT, and only a roll-out is")
    hint = N_("fund proposal draft --help")


class RolloutNotBudgeted(RuleRefusal):
    message = N_("every active partner was in {agreement}: its roll-out needs an own share, {own_share_cents} is named")
    hint = N_("fund agreement show {agreement}")


class TooFewAdopters(RuleRefusal):
    message = N_("a roll-out of {agreement} needs {needed} adopting partners that were not in it, {found} are named")
    hint = N_("fund agreement show {agreement}")
