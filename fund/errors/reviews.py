"""Refusals of reviews and decisions: panel, seal, quorum, votes, awards, conditions, objections."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal
from fund.language import N_


class RoundNotClosed(RuleRefusal, codes={"state": "round"}):
    """Reviews begin when the round has closed, so that every proposal is read beside the others."""

    message = N_("the review of {ref} cannot open: round {round} is {state}, it closes on {closes_at}")
    hint = N_("fund round show {round}")


class QuorumNotFeasible(RuleRefusal):
    message = N_(
        "the review of {ref} cannot reach its quorum: {missing}; {free} reviewers have no conflict, "
        "{external} of them external (the rule of necessity asks 3)"
    )
    hint = N_("fund review open {ref} --necessity")


class NecessityNotNeeded(RuleRefusal):
    message = N_(
        "the rule of necessity is not open to {ref}: {free} reviewers have no conflict, {needed} make a quorum"
    )
    hint = N_("fund review open {ref}")


class PanelTooSmall(RuleRefusal):
    message = N_("the panel of {ref} is not enough: {missing}")
    hint = N_("fund review open {ref}")


class UnknownRegulations(RuleRefusal):
    message = N_("the regulations {version} of the review of {ref} are not among those adopted")
    hint = N_("fund regulations show")


class NotEligibleReviewer(RuleRefusal):
    message = N_("{user} cannot review {ref}: {ground}")
    hint = N_("fund user list")


class AlreadyAssigned(RuleRefusal):
    message = N_("{user} is in the panel of {ref} already")
    hint = N_("fund review show {ref}")


class NotAssigned(RuleRefusal):
    message = N_("{actor} is not in the panel of {ref}")
    hint = N_("fund review show {ref}")


class DeclarationMissing(RuleRefusal):
    message = N_("{actor} cannot score {ref}: there is no declaration for revision {revision}")
    hint = N_("fund review declare {ref} --none")


class RevisionChanged(RuleRefusal):
    message = N_("{ref} is at revision {found}, the review was opened on {opened}")
    hint = N_("fund review show {ref}")


class FaultyScores(FaultyInput):
    """The score file cannot be taken as it is: every fault with its line."""

    message = N_("{faults}")
    hint = N_("fund review show {ref}")


class ScoreOpened(RuleRefusal):
    """A score that was opened stands: a review is reopened for whoever joins, not to score again knowing the others."""

    message = N_("{actor} cannot score {ref} again: this score was opened before, and it counts")
    hint = N_("fund review show {ref}")


class UnknownGround(FaultyInput, codes={"known": "typed"}):
    """A conflict that bars has one of the grounds of the rules; anything else is declared as a possible one."""

    message = N_('"{ground}" is no ground that bars somebody from {ref}; grounds are {known}')
    hint = N_("fund review declare {ref} --ground TEXT")


class ReviewQuorumNotMet(RuleRefusal):
    """Too few complete reviews, organisations, kinds or external people, or too few scores on a criterion."""

    message = N_("the review of {ref} cannot close: {missing}")
    hint = N_("fund review assign {ref} NAME")


class SealBroken(RuleRefusal):
    """What is under seal does not give the commitment in the facts: somebody changed the rows."""

    message = N_("the seal of {ref} is broken: {person} committed to {committed}, what is kept gives {found}")
    hint = N_("fund verify")


class ConsensusNotForced(RuleRefusal):
    message = N_("{ref} asks no consensus: totals differ {spread} points, {needed} would ask it")
    hint = N_("fund decision prepare {ref}")


class NotPanelChair(RuleRefusal):
    """The chair of the panel (its first seat) writes down what it may agree on."""

    message = N_("{actor} is not the chair of the panel of {ref}: that is {chair}")
    hint = N_("fund review show {ref}")


class NothingDeclared(RuleRefusal):
    message = N_("{reviewer} has declared no possible conflict with {ref}")
    hint = N_("fund review show {ref}")


class NothingToAgree(RuleRefusal):
    message = N_("there is nothing yet to agree with in the panel of {ref}: its chair, {chair}, proposes first")
    hint = N_("fund review show {ref}")


class ConsensusPending(RuleRefusal, codes={"criteria": "typed"}):
    message = N_("the decision on {ref} cannot be prepared: its panel seeks consensus on {criteria} until {until_at}")
    hint = N_("fund review show {ref}")


class NotAVoter(RuleRefusal):
    message = N_("{actor} has no vote on {ref}: {ground}")
    hint = N_("{look}")


class VotingOver(RuleRefusal):
    """The chair opened the votes and knows what they say: nobody votes any more."""

    message = N_("{actor} cannot vote on {ref} any more: {chair} opened the votes on {at}")
    hint = N_("fund decision show {ref}")


class UnknownDeferralGround(FaultyInput, codes={"known": "typed"}):
    message = N_('"{ground}" is no ground to defer {ref}; grounds are {known}')
    hint = N_("fund decision decide {ref} --defer improve --until DATE")


class UnknownMatter(FaultyInput):
    message = N_("no body votes on {ref}: there is no proposal, key or other matter of that name")
    hint = N_("fund inbox")


class CommitteeQuorumNotMet(RuleRefusal):
    """Too few votes, too few kinds, or not more than half of the seats without a conflict."""

    message = N_("{ref} cannot be decided: {missing}")
    hint = N_("{command}")


class DecidedByVotesAlone(FaultyInput):
    message = N_("{ref} is decided by its votes alone: leave out amount, reasons, conditions and the rest")
    hint = N_("fund decision decide {ref}")


class DecidedOtherwise(RuleRefusal, codes={"asked": "proposal", "voted": "proposal"}):
    message = N_("{ref} cannot be {asked}: the votes make it {voted}")
    hint = N_("fund decision decide {ref}")


class OneDecisionOnly(FaultyInput, codes={"options": "typed"}):
    message = N_("{ref} cannot be decided with {options} together: it is approved, rejected or deferred")
    hint = N_("fund decision decide --help")


class DecisionIncomplete(FaultyInput):
    message = N_("the decision on {ref} misses {missing}")
    hint = N_("fund decision decide --help")


class AwardAboveAsk(RuleRefusal):
    message = N_("cannot award {award_cents} to {ref}: {ask_cents} was asked, difference {difference_cents}")
    hint = N_("fund decision decide {ref} --amount {amount}")


class AwardAboveCeiling(RuleRefusal):
    message = N_(
        "cannot award {award_cents} to {ref}: {left_cents} is left of the ceiling of round {round}, "
        "{difference_cents} short"
    )
    hint = N_("fund round show {round}")


class AwardAboveRolloutCap(RuleRefusal):
    message = N_(
        "cannot award {award_cents} to {ref}: a roll-out takes at most {cap_cents} of {free_cents} free to commit, "
        "{difference_cents} short"
    )
    hint = N_("fund statement position")


class InsufficientFreeToCommit(RuleRefusal):
    """The fund would promise more than it has free: cash, less what is owed, promised and kept as buffer."""

    message = N_(
        "cannot commit {amount_cents} to {ref}: {free_cents} is free to commit on {on}, {difference_cents} short"
    )
    hint = N_("fund statement position --as-of {on}")


class GateIsBinding(RuleRefusal, codes={"gates": "typed"}):
    """Under the rule of necessity the externals' advice on gates binds."""

    message = N_("cannot approve {ref}: the external reviewers' advice binds, and it misses {gates}")
    hint = N_("fund review show {ref}")


class ReasonsPerCriterionMissing(RuleRefusal, codes={"outcome": "proposal", "subjects": "typed"}):
    """A rejection, or a decision other than advised, says why."""

    message = N_("the decision on {ref} ({outcome}, advice {advice}) asks a reason on {subjects}")
    hint = N_("fund decision decide {ref} {reasons}")


class FaultyReason(FaultyInput, codes={"subjects": "typed"}):
    message = N_('the reason "{typed}" is not SUBJECT=TEXT with a subject from {subjects}')
    hint = N_("fund review show {ref}")


class DeputyNotNeeded(RuleRefusal):
    message = N_("{actor} is deputy: {command} for {ref} is up to {chair}, who is not barred")
    hint = N_("fund --as {chair} inbox")


class DeferredBefore(RuleRefusal, codes={"ground": "word"}):
    message = N_("{ref} was deferred before ({ground}): now it is approved or rejected")
    hint = N_("fund decision show {ref}")


class FaultyCondition(FaultyInput):
    message = N_('the condition "{typed}" of {ref} is not PARTY;EVIDENCE;YYYY-MM-DD;TEXT: {problem}')
    hint = N_("fund decision decide --help")


class UnknownCondition(FaultyInput):
    message = N_("{ref} has no condition {number}; it has {known}")
    hint = N_("fund decision show {ref}")


class ConditionExpired(RuleRefusal):
    message = N_("condition {number} of {ref} expired on {expires_on}, today is {today}")
    hint = N_("fund decision evidence {ref} {number} --extend-to DATE")


class ConditionExtendedBefore(RuleRefusal):
    message = N_("condition {number} of {ref} got more time before, until {expires_on}")
    hint = N_("fund decision show {ref}")


class ConditionsNotMet(RuleRefusal):
    message = N_("the conditions of {ref} are not all met: {open} of {total} without evidence")
    hint = N_("fund decision show {ref}")


class ObjectionVotesMissing(RuleRefusal):
    message = N_("the objection to {ref} cannot be decided: {found} of {needed} members who took no part have voted")
    hint = N_("fund decision vote {ref} --uphold")
