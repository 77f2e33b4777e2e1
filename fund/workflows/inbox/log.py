"""What waits for whom, until when, and the command to type; the log of facts, and the letters that did not arrive.

A line of the inbox follows from the state of a case and from who may act in it; nothing is stored for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fund.dates import add_months, day_of, term_end, weeks
from fund.errors import UnknownDelivery, UnknownRef
from fund.events import DeliveryRetried, Envelope
from fund.language import AMSTERDAM, N_, _, euros
from fund.rules.authority import ADMIN, FUND_MANAGER, ROLE_NAMES, Actor, Role, either
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import DistributionKey, Partner, Receipt
from fund.schemas.disbursements import Batch, Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal, Round
from fund.schemas.repayments import AllowanceRun
from fund.schemas.reviews import Decision, Review
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Command, Query, UnitOfWork, View
from fund.workflows.decisions import waiting_votes
from fund.workflows.proposals import may_see
from fund.workflows.receipts import gaps, unexplained_debits
from fund.workflows.repayments import quarter_of

__all__ = ["COMMANDS", "LIVES", "QUERIES", "Waiting", "event_line", "inbox"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: for these roles (of that partner), until a day, with the command that does it."""

    what: str
    command: str
    roles: frozenset[Role]
    until: date | None = None
    partner: str | None = None
    """Only people of this partner, where it is given."""
    not_by: tuple[str, ...] = ()
    """User ids that may not do it: they acted on it before."""
    only: tuple[str, ...] = ()
    """User ids of whom it waits for, where it waits for these and no others."""

    def is_for(self, actor: Actor) -> bool:
        """Whether this person could do it."""
        if not actor.roles & self.roles or actor.user_id in self.not_by:
            return False
        if self.only and actor.user_id not in self.only:
            return False
        return self.partner is None or actor.partner == self.partner


SOURCES: list[Callable[[View], Iterator[Waiting]]] = []
"""Each chapter that lets something wait adds a function here; see the foot of this file."""


def inbox(view: View, *, everybody: bool = False) -> dict[str, Any]:
    """What waits for the one who looks (or, with ``everybody``, for anybody), soonest first."""
    actor = None if everybody else view.actor
    lines = [line for source in SOURCES for line in source(view) if actor is None or line.is_for(actor)]
    lines.sort(key=lambda line: (line.until or date.max, line.command))
    names = {one.ref: one.short_name for one in view.cases(Partner)} if any(line.partner for line in lines) else {}
    return {
        "as_of": view.today.isoformat(),
        "user": view.actor.name if view.actor else None,
        "roles": sorted(role.value for role in view.actor.roles) if view.actor else [],
        "everybody": actor is None,
        "items": [
            {
                "until": line.until.isoformat() if line.until else None,
                "what": line.what,
                "command": line.command,
                "roles": ", ".join(_(ROLE_NAMES[role]) for role in sorted(line.roles)),
                "partner": line.partner,
                "partner_name": names.get(line.partner or "", ""),
            }
            for line in lines
        ],
    }


def _confirmations(view: View) -> Iterator[Waiting]:
    for row in view.store.work.pendings():
        if row.expires_at <= view.now:
            continue
        until = row.expires_at.astimezone(ZoneInfo(AMSTERDAM)).date()
        what = _(N_("confirm {command} of {maker}")).format(command=row.name, maker=view.name(row.made_by))
        roles = frozenset(Role(name) for name in json.loads(row.needs))
        yield Waiting(what, f"fund confirm {row.ref}", roles, until, not_by=(row.made_by,))


SOURCES.append(_confirmations)


def _money_out(view: View) -> Iterator[Waiting]:
    """Disbursements and batches, each with the step that comes next and those who did not act on it yet."""
    manager, treasurer = frozenset({Role.FUND_MANAGER}), frozenset({Role.TREASURER})
    for case in view.cases(Disbursement, states=("requested", "checked", "approved", "failed")):
        about = {"ref": case.ref, "amount": euros(case.amount_cents)}
        if case.state == "requested":
            what = _(N_("check {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund disbursement check {case.ref}", manager, not_by=case.hands)
        elif case.state == "checked":
            what = _(N_("approve {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund disbursement approve {case.ref}", treasurer, not_by=case.hands)
        elif case.state == "failed" or case.to_verify:
            what = _(N_("verify the account again for {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund payment retry {case.ref}", manager, case.due_on)
        elif not case.batch:
            what = _(N_("pay {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund payment batch --ref {case.ref}", manager | treasurer, case.due_on)
    for batch in view.cases(Batch, states=("made",)):
        what = _(N_("send batch {ref} of {amount}")).format(ref=batch.ref, amount=euros(batch.total_cents))
        acted = tuple(hand for line in batch.lines for hand in view.case(Disbursement, line.ref).hands)
        yield Waiting(what, f"fund payment send {batch.ref}", treasurer, batch.execution_on, not_by=acted)
    for batch in view.cases(Batch, states=("sent",)):
        if batch.execution_on < view.today:
            what = _(N_("find batch {ref} on the bank statement")).format(ref=batch.ref)
            yield Waiting(what, "fund bank import FILE", treasurer, batch.execution_on)


SOURCES.append(_money_out)


def _money_in(view: View) -> Iterator[Waiting]:
    """Receipts and debits that nobody explained, statements that are missing, keys that ask the vote of a partner."""
    treasurer = frozenset({Role.TREASURER})
    for receipt in view.cases(Receipt, states=("recorded", "proposed")):
        amount = euros(receipt.waiting_cents)
        what = _(N_("say what {ref} of {amount} is for")).format(ref=receipt.ref, amount=amount)
        yield Waiting(what, f"fund bank match {receipt.ref} --to REF", treasurer)
    for debit in unexplained_debits(view):
        what = _(N_("explain {ref} of {amount}")).format(ref=debit.ref, amount=euros(debit.amount_cents))
        yield Waiting(what, f"fund cost charge {debit.ref} --reason TEXT", treasurer)
    for gap in gaps(view):
        if gap["missing"]:
            what = _(N_("import the statements that are missing of {iban}")).format(iban=gap["iban"])
            yield Waiting(what, "fund bank import FILE", treasurer)
    proposed = view.cases(DistributionKey, states=("proposed",))
    active = view.cases(Partner, states=("active",)) if proposed else []
    for key in proposed:
        what = _(N_("vote on key {ref}")).format(ref=key.ref)
        signatory = frozenset({Role.PARTNER_SIGNATORY})
        for partner in active:
            if partner.ref not in key.votes:
                yield Waiting(what, f"fund decision vote {key.ref} --for", signatory, partner=partner.ref)


SOURCES.append(_money_in)


def _looking_back(view: View) -> Iterator[Waiting]:
    """Evaluations and write-offs, each with the step that comes next and those who did not take it yet."""
    chair = frozenset({Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR})
    committee = chair | {Role.COMMITTEE_MEMBER}
    late = timedelta(days=view.regulations().terms.evaluation_days)
    for case in view.cases(Evaluation, states=("due", "submitted", "peer_reviewed")):
        about = {"ref": case.ref}
        if case.state == "due" and case.fell_due:
            what, roles = _(N_("evaluate {ref}")).format(**about), frozenset({Role.PARTNER_SIGNATORY})
            until = case.due_on + late
            yield Waiting(what, f"fund evaluation submit {case.ref} FILE", roles, until, partner=case.lead)
        elif case.state == "submitted":
            what, roles = _(N_("judge what {ref} learned")).format(**about), frozenset({Role.REVIEWER})
            command = f"fund evaluation peer-review {case.ref} --learning 3"
            yield Waiting(what, command, roles, not_by=tuple(case.peers))
        elif case.state == "peer_reviewed":
            what = _(N_("accept the evaluation of {ref}")).format(**about)
            yield Waiting(what, f"fund evaluation accept {case.ref}", chair)
    for writeoff in view.cases(Writeoff, states=("proposed", "decided")):
        about = {"ref": writeoff.ref, "amount": euros(writeoff.amount_cents)}
        if writeoff.state == "decided":
            what = _(N_("book write-off {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund writeoff post {writeoff.ref}", frozenset({Role.FUND_MANAGER}))
            continue
        what = _(N_("vote on write-off {ref} of {amount}")).format(**about)
        command = f"fund decision vote {writeoff.ref} --choice for"
        yield Waiting(what, command, committee, not_by=tuple(writeoff.commitments))
        if len(writeoff.commitments) >= view.regulations().committee.votes:
            what = _(N_("decide write-off {ref} of {amount}")).format(**about)
            yield Waiting(what, f"fund writeoff decide {writeoff.ref}", chair)


SOURCES.append(_looking_back)


def _proposals(view: View) -> Iterator[Waiting]:
    """Proposals until their review: to confirm, submit, change, find eligible. Drafts of others stay unseen."""
    signatory, manager = frozenset({Role.PARTNER_SIGNATORY}), frozenset({Role.FUND_MANAGER})
    for case in view.cases(Proposal, states=("draft", "returned", "deferred", "submitted")):
        if not may_see(view, case) or (case.state == "deferred" and case.deferred_for != "improve"):
            continue
        if case.state == "submitted":
            what = _(N_("judge whether {ref} is eligible")).format(ref=case.ref)
            yield Waiting(what, f"fund proposal find-eligible {case.ref}", manager, not_by=case.hands)
            continue
        closes = view.case(Round, case.round).closes_at - timedelta(seconds=1)
        until = case.due_on or closes.astimezone(ZoneInfo(AMSTERDAM)).date()
        if until < view.today:
            continue
        again = case.state != "draft"
        waiting = [party for party in case.applicants if case.confirmed.get(party) != case.revision_hash]
        for party in waiting:
            if party != case.lead:
                what = _(N_("confirm {ref}, {title}")).format(ref=case.ref, title=case.title)
                yield Waiting(what, f"fund proposal confirm {case.ref}", signatory, until, partner=party)
        if waiting in ([], [case.lead]):
            verb = "resubmit" if again else "submit"
            what = _(N_("hand in {ref}, {title}")).format(ref=case.ref, title=case.title)
            yield Waiting(what, f"fund proposal {verb} {case.ref}", signatory, until, partner=case.lead)


SOURCES.append(_proposals)


def _agreements(view: View) -> Iterator[Waiting]:
    """Agreements to draft, sign, let hold and complete; milestones to show and judge; the allowance of the quarter."""
    manager, chair = frozenset({Role.FUND_MANAGER}), frozenset({Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR})
    signatory = frozenset({Role.PARTNER_SIGNATORY})
    editor = signatory | {Role.PARTNER_EDITOR}
    for proposal in view.cases(Proposal, states=("approved",)):
        if view.maybe(Agreement, f"A{proposal.ref}") is None:
            what = _(N_("draft the agreement on {ref}")).format(ref=proposal.ref)
            yield Waiting(what, f"fund agreement draft {proposal.ref}", manager)
    unjudged: dict[str, list[Milestone]] = {}
    for milestone in view.cases(Milestone, states=("planned", "changes_requested", "evidenced")):
        unjudged.setdefault(milestone.agreement, []).append(milestone)
    for agreement in view.cases(Agreement, states=("drafted", "signed", "active", "suspended")):
        ref = agreement.ref
        if agreement.state in ("drafted", "signed"):
            decided = view.maybe(Proposal, agreement.proposal)
            if decided is not None and decided.state != "approved":
                continue  # taken back, lapsed or to be decided again: nobody can sign or activate it
        if agreement.state == "drafted":
            what = _(N_("sign agreement {ref}")).format(ref=ref)
            for party in agreement.unsigned:
                roles, partner = (chair, None) if party == "fund" else (signatory, party)
                yield Waiting(what, f"fund agreement sign {ref}", roles, agreement.sign_before_on, partner)
        elif agreement.state == "signed":
            what = _(N_("let agreement {ref} hold, once the boards were heard")).format(ref=ref)
            yield Waiting(what, f"fund agreement activate {ref} --boards-heard", manager)
        elif agreement.state == "suspended":
            what = _(N_("resume agreement {ref} or end it")).format(ref=ref)
            yield Waiting(what, f"fund agreement resume {ref} --reason TEXT", manager, agreement.suspended_until_on)
        if agreement.state in ("active", "suspended"):
            waiting = sorted(unjudged.get(ref, []), key=lambda each: each.number)
            yield from _milestones(agreement, waiting, manager, editor)
    yield from _allowance(view, manager)


def _milestones(
    agreement: Agreement, unjudged: list[Milestone], manager: frozenset[Role], editor: frozenset[Role]
) -> Iterator[Waiting]:
    for milestone in unjudged:
        if milestone.state == "evidenced":
            ticks = " ".join(f"--met {number}" for number in range(1, len(milestone.criteria) + 1))
            what = _(N_("judge milestone {ref}")).format(ref=milestone.ref)
            yield Waiting(what, f"fund milestone accept {milestone.ref} {ticks}".strip(), manager)
    waiting = [each for each in unjudged if each.state != "evidenced"]
    if waiting:
        what = _(N_("show milestone {ref}")).format(ref=waiting[0].ref)
        for party in agreement.signers:
            yield Waiting(what, f"fund milestone evidence {waiting[0].ref} FILE", editor, waiting[0].due_on, party)
    if not unjudged and agreement.state == "active" and not agreement.open_disbursements:
        what = _(N_("complete agreement {ref}")).format(ref=agreement.ref)
        yield Waiting(what, f"fund agreement complete {agreement.ref} --report FILE", manager, agreement.ends_on)


def _allowance(view: View, manager: frozenset[Role]) -> Iterator[Waiting]:
    """The allowance of the last quarter that is over, where something was outstanding at its end."""
    ended = date(view.today.year, (view.today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
    if view.maybe(AllowanceRun, quarter_of(ended)) is None and view.ledger.balance("1200", as_of=ended):
        what = _(N_("reckon the allowance of {quarter}")).format(quarter=quarter_of(ended))
        yield Waiting(what, f"fund repayment allowance --on {ended.isoformat()}", manager, add_months(ended, 1))


SOURCES.append(_agreements)


def _reviewing(view: View) -> Iterator[Waiting]:
    """Panels to open, scores that are missing, panels that must agree."""
    manager, reviewer = frozenset({Role.FUND_MANAGER}), frozenset({Role.REVIEWER})
    for proposal in view.cases(Proposal, states=("eligible",)):
        round_ = view.case(Round, proposal.round)
        if round_.state not in ("planned", "open") or round_.allocation != "score":
            what = _(N_("open the review of {ref}")).format(ref=proposal.ref)
            yield Waiting(what, f"fund review open {proposal.ref}", manager)
    for review in view.cases(Review, states=("open",)):
        if view.case(Proposal, review.ref).state != "in_review":
            continue
        until = day_of(review.closes_at) - timedelta(days=1) if review.closes_at else None
        missing = tuple(each for each in review.reviewers if each not in review.scored)
        if missing:
            what = _(N_("score {ref}: {missing} of {panel} scores are missing")).format(
                ref=review.ref, missing=len(missing), panel=len(review.reviewers)
            )
            yield Waiting(what, f"fund review score {review.ref} FILE", reviewer, until, only=missing)
        if review.extended and review.closes_at is not None and review.closes_at <= view.now:
            what = _(N_("add reviewers to the panel of {ref}")).format(ref=review.ref)
            yield Waiting(what, f"fund review assign {review.ref} NAME", manager)
    for review in view.cases(Review, states=("closed",)):
        talks = review.consensus_pending and view.case(Proposal, review.ref).state == "scored"
        if talks and review.consensus_until is not None and review.result is not None:
            takers = tuple(each.reviewer for each in review.result.scores)
            what = _(N_("agree with the panel on {ref}")).format(ref=review.ref)
            until = day_of(review.consensus_until) - timedelta(days=1)
            left = tuple(each for each in takers if each not in review.agreed_by)
            command = f"fund review consensus {review.ref} --agree"
            if not review.agreement:
                left, command = (review.chair,), f"fund review consensus {review.ref} --score CRITERION=SCORE"
            yield Waiting(what, command, reviewer, until, only=left)


SOURCES.append(_reviewing)


def _deciding(view: View) -> Iterator[Waiting]:
    """Votes that are missing, matters that can be decided, conditions to show, deferred matters that are back."""
    chair = frozenset({Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR})
    body = chair | {Role.COMMITTEE_MEMBER, Role.PARTNER_SIGNATORY}
    manager = frozenset({Role.FUND_MANAGER})
    for decision in view.cases(Decision, states=("decidable", "objected")):
        proposal, ref = view.case(Proposal, decision.ref), decision.ref
        if proposal.state != decision.state:
            continue
        decide, until = _(N_("decide on {ref}")).format(ref=ref), _decision_before(view, proposal)
        if decision.state == "decidable" and decision.prepared is not None and decision.prepared.mandated:
            yield Waiting(decide, f"fund decision decide {ref}", manager, until, not_by=proposal.hands)
            continue
        missing, ready, chairs = waiting_votes(view, proposal, decision)
        objected = decision.state == "objected"
        if missing:
            word = "uphold" if objected else "for"
            what = _(N_("vote on {ref}")).format(ref=ref)
            yield Waiting(what, f"fund decision vote {ref} --{word}", body, until, only=missing)
        if ready:
            command = f"fund decision decide-objection {ref} --uphold --advice FILE --reason TEXT"
            yield Waiting(decide, command if objected else f"fund decision decide {ref}", chair, until, only=chairs)
    for decision in view.cases(Decision, states=("conditional", "deferred")):
        proposal, ref = view.case(Proposal, decision.ref), decision.ref
        if proposal.state != decision.state:
            continue
        if decision.state == "deferred":
            if decision.deferred_for != "improve":
                what = _(N_("let {ref} come back")).format(ref=ref)
                yield Waiting(what, f"fund decision prepare {ref}", manager, decision.until_on)
            continue
        signatory = frozenset({Role.PARTNER_SIGNATORY})
        open_ = [each for each in decision.conditions if not each.evidence_sha256]
        for each in open_:
            what = _(N_("show condition {number} of {ref}")).format(number=each.number, ref=ref)
            command = f"fund decision evidence {ref} {each.number} FILE"
            yield Waiting(what, command, signatory, each.expires_on, each.owner)
        if not open_:
            what = _(N_("find the conditions of {ref} met")).format(ref=ref)
            yield Waiting(what, f"fund decision meet-conditions {ref}", manager, not_by=decision.hands)


def _decision_before(view: View, proposal: Proposal) -> date:
    """The last day for a decision: eight weeks after the round closed (4:13)."""
    closed = day_of(view.case(Round, proposal.round).closes_at) - timedelta(days=1)
    return term_end(closed, weeks(view.regulations().terms.decision_weeks))


SOURCES.append(_deciding)


def pending_shown(view: View, *, ref: str) -> dict[str, Any]:
    """What waits under a ref, as the first person was shown it.

    Raises:
        UnknownRef: Nothing waited under this ref.
    """
    row = view.store.work.pending(ref)
    if row is None:
        raise UnknownRef(kind="pending", ref=ref, suggestion="fund inbox")
    state = "lapsed" if row.state == "pending" and row.expires_at <= view.now else row.state
    return {
        "ref": row.ref,
        "command": row.name,
        "state": state,
        "made_by": view.name(row.made_by),
        "made_at": row.made_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "needs": json.loads(row.needs),
        "hash": row.shown_hash.hex(),
        "shown": json.loads(row.shown),
        "reason": row.reason,
    }


# ----------------------------------------------------------------------------------------------------------- the log


def event_line(view: View, envelope: Envelope) -> dict[str, Any]:
    """A fact as the log shows it; of a draft of others, that it is there and nothing more (lifecycle.md 10)."""
    kind, _slash, ref = envelope.stream.partition("/")
    case = view.maybe(Proposal, ref) if kind == "proposal" else None
    hidden = case is not None and not may_see(view, case)
    return {
        "seq": envelope.seq,
        "event_id": envelope.event_id,
        "type": envelope.type,
        "stream": envelope.stream,
        "occurred_at": envelope.occurred_at.isoformat(),
        "recorded_at": envelope.recorded_at.isoformat(),
        "effective_on": envelope.effective_on.isoformat(),
        "actor": envelope.actor,
        "actor_name": view.name(envelope.actor),
        "made_by": envelope.made_by,
        "command_id": envelope.command_id,
        "causation_id": envelope.causation_id,
        "payload": {} if hidden else json.loads(envelope.fact.payload()),
        "hash": envelope.hash.hex(),
    }


def event_list(view: View, *, stream: str = "", type: str = "", since_seq: int = 0, limit: int = 200) -> dict[str, Any]:
    """Facts in the order of knowledge: all, or of one life, or of one type."""
    if stream:
        found: Iterator[Envelope] = iter(view.store.facts.of_stream(stream))
    elif type:
        found = view.store.facts.of_types((type,), since_seq=since_seq)
    else:
        found = view.store.facts.all(since_seq=since_seq)
    lines: list[dict[str, Any]] = []
    more = False
    for envelope in found:
        if envelope.seq <= since_seq or (type and envelope.type != type):
            continue
        if len(lines) == limit:
            more = True
            break
        lines.append(event_line(view, envelope))
    return {"events": lines, "more": more, "head_seq": view.store.facts.head().seq}


def event_show(view: View, *, ref: str) -> dict[str, Any]:
    """One fact whole, by number or id, with the entries it made and what followed from it.

    Raises:
        UnknownRef: No such fact.
    """
    facts = view.store.facts
    number = ref.isascii() and ref.isdigit() and len(ref) <= 18
    envelope = facts.by_seq(int(ref)) if number else facts.get(ref)
    if envelope is None:
        raise UnknownRef(kind="event", ref=ref, suggestion="fund event list")
    entries = [entry.seq for entry in view.ledger.entries(event_id=envelope.event_id)]
    return {"event": event_line(view, envelope), "entries": entries, "prev_hash": envelope.prev_hash.hex()}


def deliveries(view: View) -> dict[str, Any]:
    """How many deliveries are in each state."""
    return dict(view.store.deliveries.counts())


def dead(view: View) -> dict[str, Any]:
    """The dead letters: what, why, how many wait behind each, and the command that tries again.

    A deadline that could not be acted upon is one too: of the fact that set it, under the name of the deadline.
    """
    rows = view.store.deliveries.in_state(("dead",))
    causes = [(timer, view.store.facts.get(timer.cause)) for timer in view.store.work.timers(state="dead")]
    late = [
        {
            "event_id": timer.cause,
            "seq": cause.seq if cause is not None else 0,
            "stream": timer.stream,
            "reaction": timer.timer_id,
            "attempts": timer.attempts,
            "error": timer.error,
            "waiting": 0,
            "command": f"fund event retry {timer.cause} {timer.timer_id}",
        }
        for timer, cause in causes
    ]
    return {
        "dead": late
        + [
            {
                "event_id": row.event_id,
                "seq": row.seq,
                "stream": row.stream,
                "reaction": row.reaction,
                "attempts": row.attempts,
                "error": row.error,
                "waiting": view.store.deliveries.waiting_behind(row),
                "command": f"fund event retry {row.event_id} {row.reaction}",
            }
            for row in rows
        ]
    }


def retry(uow: UnitOfWork, *, ref: str, reaction: str = "") -> dict[str, Any]:
    """Dead letters of a fact (for one reaction or deadline, or all of them) are tried again.

    Raises:
        UnknownDelivery: There is none.
    """
    found = [
        row
        for row in uow.store.deliveries.in_state(("dead",))
        if row.event_id == ref and reaction in ("", row.reaction)
    ]
    dead_timers = uow.store.work.timers(state="dead")
    late = [timer for timer in dead_timers if timer.cause == ref and reaction in ("", timer.timer_id)]
    if not found and not late:
        raise UnknownDelivery(ref=ref, reaction=reaction or "*")
    for timer in late:
        uow.store.work.retry_timer(timer.timer_id)
        uow.record(DeliveryRetried(event_id=ref, reaction=timer.timer_id))
    for row in found:
        uow.store.deliveries.retry(row.event_id, row.reaction)
        uow.record(DeliveryRetried(event_id=row.event_id, reaction=row.reaction))
    uow.next_step = "fund event deliveries"
    return {"retried": len(found) + len(late)}


COMMANDS = (Command("event retry", retry, either(FUND_MANAGER, ADMIN)),)
QUERIES = (
    Query("inbox", inbox),
    Query("pending show", pending_shown),
    Query("event list", event_list),
    Query("event show", event_show),
    Query("event deliveries", deliveries),
    Query("event dead", dead),
)
LIVES: dict[str, Any] = {}
