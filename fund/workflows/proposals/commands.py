"""What can be asked of proposals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NotRequired, TypedDict

from fund.declarations import (
    ATTACHMENT,
    DAY,
    FINDINGS,
    FLAG,
    FORM_FILE,
    PARTNER,
    SECTION,
    TEXT,
    AsOf,
    Choice,
    Input,
    InputFile,
    Number,
    Question,
    accounting_day,
    argument,
    as_of,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, PROPOSAL, ROUND
from fund.rules.authority import FUND_MANAGER, PARTY_EDITOR, PARTY_SIGNATORY, Relation, Who

_EDITOR = Who(PARTY_EDITOR.roles, Relation.ANY)
_SIGNATORY = Who(PARTY_SIGNATORY.roles, Relation.ANY)


@command(
    "proposal draft",
    ".drafting:draft",
    _EDITOR,
    examples=(
        "fund --as fatima proposal draft loket.toml",
        "fund --as fatima proposal draft rollout.toml --follows A2026-003",
    ),
    permitted=N_("an editor or signatory of the lead"),
    see=("proposal template", "proposal submit"),
)
class DraftProposal(Input):
    """Keep a filled in form as a draft.

    Only your own partner and its co-applicants see a draft. Sums may still differ; submitting asks them.
    """

    follows: str | None = option("--follows", AGREEMENT, N_("The agreement that this rolls out"), default=None)
    file: InputFile = argument(FORM_FILE, N_("The filled in form"))
    attach: tuple[InputFile, ...] = option(
        "--attach", ATTACHMENT, N_("A file that the form names; repeat"), default=(), several=True
    )


@command(
    "proposal save",
    ".saving:save",
    _EDITOR,
    examples=("fund --as fatima proposal save 2026-003 loket.toml",),
    permitted=N_("an editor or signatory of the lead or a co-applicant"),
    see=("proposal show", "proposal confirm"),
)
class SaveProposal(Input):
    """Change a draft, or one that was returned.

    Whoever had confirmed must confirm again. After a request for changes only the sections it names may differ. What
    somebody else changed since your file was written is kept: the file says what it starts from.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    version: int | None = option(
        "--version", Number(least=1), N_("What you write over knowingly, as show tells"), default=None
    )
    file: InputFile = argument(FORM_FILE, N_("The filled in form"))
    attach: tuple[InputFile, ...] = option(
        "--attach", ATTACHMENT, N_("A file that the form names; repeat"), default=(), several=True
    )


@command(
    "proposal join",
    ".submitting:join",
    _SIGNATORY,
    examples=("fund --as lotte proposal join 2026-003 --informed-on 2026-11-12",),
    permitted=N_("a signatory of the lead or a co-applicant"),
    see=("proposal show", "proposal submit"),
)
class JoinProposal(Input):
    """Take part in a proposal as a partner.

    Confirms the revision as it is now. Any change afterwards asks it again.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    informed_on: date | None = option(
        "--informed-on", DAY, N_("When your council, states or board was informed"), default=None
    )


@command(
    "proposal confirm",
    ".submitting:confirm",
    _SIGNATORY,
    examples=("fund --as lotte proposal confirm 2026-003 --informed-on 2026-11-12",),
    permitted=N_("a signatory of the lead or a co-applicant"),
    see=("proposal show", "proposal submit"),
)
class ConfirmProposal(Input):
    """Confirm the revision as it is now.

    Every party confirms the same revision, and says when its council, states or board was informed on content.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    informed_on: date | None = option(
        "--informed-on", DAY, N_("When your council, states or board was informed"), default=None
    )


@command(
    "proposal submit",
    ".submitting:submit",
    _SIGNATORY,
    examples=("fund --as fatima proposal submit 2026-003",),
    permitted=N_("a signatory of the lead"),
    see=("proposal confirm", "proposal show"),
)
class SubmitProposal(Input):
    """Hand in a proposal for the round.

    Submitting is your own confirmation too. The rules are checked at once, by themselves.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    informed_on: date | None = option(
        "--informed-on", DAY, N_("When your council, states or board was informed"), default=None
    )


@command(
    "proposal resubmit",
    ".submitting:resubmit",
    _SIGNATORY,
    examples=("fund --as fatima proposal resubmit 2026-003",),
    permitted=N_("a signatory of the lead"),
    see=("proposal save", "proposal show"),
)
class ResubmitProposal(Input):
    """Hand in a returned proposal again."""

    ref: str = argument(PROPOSAL, N_("The proposal"))
    informed_on: date | None = option(
        "--informed-on", DAY, N_("When your council, states or board was informed"), default=None
    )


@command(
    "proposal request-changes",
    ".eligibility:request_changes",
    FUND_MANAGER,
    examples=('fund --as anna proposal request-changes 2026-003 --section milestones --reason "no evidence named"',),
    permitted=N_("a fund manager who is of no party"),
    see=("proposal show",),
)
class RequestProposalChanges(Input):
    """Ask the parties to change some sections.

    Only the sections named here may change. Without a day they have the term of the regulations.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    sections: tuple[str, ...] = option(
        "--section", SECTION, N_("A section of the form; repeat"), several=True, metavar="NAME"
    )
    reason: str = option("--reason", TEXT, N_("Why; the parties read it"))
    due_on: date | None = option("--due", DAY, N_("The last day to hand it in again"), default=None)


@command(
    "proposal find-eligible",
    ".eligibility:find_eligible",
    FUND_MANAGER,
    examples=(
        "fund --as anna proposal find-eligible 2026-003",
        'fund --as anna proposal find-eligible 2026-003 --evidence "state_aid=letter of the lawyer"',
    ),
    permitted=N_("a fund manager who is of no party"),
    see=("proposal show", "review open"),
)
class FindEligible(Input):
    """Find that a proposal meets every rule.

    Shows on each rule what it found. Other evidence counts for rules that judge words, not for sums.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    evidence: Mapping[str, str] | None = option(
        "--evidence", FINDINGS, N_("What else shows that a rule is met; repeat"), default=None
    )


@command(
    "proposal find-ineligible",
    ".eligibility:find_ineligible",
    FUND_MANAGER,
    second=FUND_MANAGER,
    examples=('fund --as anna proposal find-ineligible 2026-003 --rule public_task --reason "no public task"',),
    permitted=N_("a fund manager who is of no party; a second fund manager confirms"),
    see=("proposal show", "confirm"),
)
class FindIneligible(Input):
    """Find that a proposal fails a rule.

    Names the rule and why. The lead may object within the term of the regulations.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    rule: str = option("--rule", TEXT, N_("The rule that is not met"), metavar="NAME")
    reason: str = option("--reason", TEXT, N_("Why; the parties read it"))


@command(
    "proposal withdraw",
    ".ending:withdraw",
    _SIGNATORY,
    examples=('fund --as fatima proposal withdraw 2026-003 --reason "no people"',),
    permitted=N_("a signatory of the lead"),
    see=("proposal show",),
)
class WithdrawProposal(Input):
    """Take a proposal back.

    Possible until an agreement holds. What was set aside for it is free again.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "proposal object",
    ".ending:object_to",
    _SIGNATORY,
    examples=('fund --as fatima proposal object 2026-003 --grounds "the task is ours by law"',),
    permitted=N_("a signatory of the lead or a co-applicant"),
    see=("proposal show",),
)
class ObjectToDecision(Input):
    """Object to a rejection or to ineligibility.

    Within six weeks, unless the regulations say otherwise. People who took no part judge it.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    grounds: str = option("--grounds", TEXT, N_("Why the decision is wrong"))


class ProposalRow(TypedDict):
    ref: str
    title: str
    lead_partner: str
    lead_name: str
    state: str
    ask_cents: int
    round: str
    track: str
    sort: str
    award_cents: int
    due_on: str | None


class Proposals(TypedDict):
    as_of: str
    proposals: list[ProposalRow]


class HistoryRow(TypedDict):
    seq: int
    type: str
    stream: str
    occurred_at: str
    recorded_at: str
    effective_on: str
    actor: str
    actor_name: str
    made_by: str | None
    made_by_name: str | None
    on_behalf_of: str | None
    command_id: str
    causation_id: str | None
    hash: str
    payload: Mapping[str, Any]


class History(TypedDict):
    ref: str
    title: str
    state: str
    events: list[HistoryRow]


class PartyRow(TypedDict):
    partner: str
    name: str
    confirmed: bool
    informed_on: str | None


class OtherRow(TypedDict):
    ref: str
    title: str
    amount_cents: int


class TeamRow(TypedDict):
    name: str | None
    partner: str
    function: str
    hours: int | None


class ProposalDetail(AsOf, ProposalRow):
    version: str
    revision: int
    revision_hash: str
    co_applicants: list[str]
    beneficiaries: list[str]
    follows: str | None
    followed_by: list[str]
    share_bps: int
    drafted_at: str
    submitted_at: str | None
    decided_on: str | None
    objection_until_on: str | None
    deferred_for: str | None
    failing_rule: str | None
    sections: list[str]
    parties: list[PartyRow]
    rules: list[Mapping[str, Any]]
    note: str | None
    form_version: str
    form_in_force: str
    advice: Mapping[str, Any] | None
    many_parties: Mapping[str, int] | None
    same_idea: list[OtherRow]
    alike: list[OtherRow]
    commands: list[str]
    team: list[TeamRow]
    names: Mapping[str, str]
    form: Mapping[str, Any]


class ProposalNotThere(TypedDict):
    """Of a day on which it was not there, or a draft of others."""

    as_of: str
    ref: str
    state: None


class OpenQuestion(TypedDict):
    code: str
    line: int
    field: str
    message: str


ProposalText = TypedDict(
    "ProposalText",
    {
        "ref": str,
        "version": str,
        "revision": int,
        "form": str,
        "from": NotRequired[str],
        "toml": str,
        "open": NotRequired[list[OpenQuestion]],
        "left": NotRequired[list[str]],
    },
)
"""A proposal as a file; on a newer form also ``from`` which, what is ``open``, and what was ``left`` out."""


@query(
    "proposal list",
    ".reading:proposals",
    lists={"proposals": "proposal"},
    examples=(
        "fund proposal list",
        "fund proposal list --round 2026-1 --state eligible",
        "fund proposal list --search water --sort -asked",
    ),
    see=("proposal show",),
)
class ProposalList(Question[Proposals]):
    """List the proposals.

    Drafts of others are left out.
    """

    round: str | None = option("--round", ROUND, N_("Only of this round"), default=None)
    partner: str | None = option("--partner", PARTNER, N_("Only where this partner is a party"), default=None)
    as_of: date | None = as_of(default=None)


@query(
    "proposal show",
    ".reading:show",
    examples=(
        "fund proposal show 2026-003",
        "fund proposal show 2026-003 --output 2026-003.pdf",
        "fund --as fatima proposal show 2026-003 --file > loket.toml",
    ),
    see=("proposal history", "proposal save", "proposal file list"),
)
class ProposalShow(Question[ProposalDetail | ProposalNotThere]):
    """Show a proposal whole.

    Where it stands, the plan, budget, repayment, milestones, interests, risks, and what the rules found. With --file
    it prints the form again, to change and save.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))
    as_of: date | None = as_of(default=None)


@query(
    "proposal history",
    ".reading:history",
    examples=("fund proposal history 2026-003", "fund proposal history 2026-003 --json"),
    see=("proposal show",),
)
class ProposalHistory(Question[History]):
    """Show the whole history of a proposal.

    Every fact about it: review, decision, agreement, money, repayment, lessons.
    """

    ref: str = argument(PROPOSAL, N_("The proposal"))


@query("proposal file", ".reading:file_of", see=("proposal show", "proposal save"))
class ProposalFile(Question[ProposalText]):
    """Give the form of a proposal again, to change and save."""

    ref: str = argument(PROPOSAL, N_("The proposal"))
    comments: str = option(
        "--comments", Choice("language", words={"nl": "nl", "en": "en", "both": "both"}),
        N_("The language of the remarks in it"), default="",
    )  # fmt: skip
    in_force: bool = option("--in-force", FLAG, N_("On the form that is in force"), default=False)
    name: str = option("--name", TEXT, N_("How the file will be called"), default="")
