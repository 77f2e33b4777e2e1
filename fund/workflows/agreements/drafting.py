"""From an approved proposal to an agreement that holds: drafted, signed by all, activated (A1, A2, P20, R1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from fund import files
from fund.dates import add_months, day_of
from fund.errors import FundError
from fund.errors.agreements import (
    AlreadySigned,
    AwardChanged,
    BoardsNotHeard,
    DecidedAnew,
    DocumentDiffers,
    InstalmentsDoNotAddUp,
    MilestonesDoNotAddUp,
    NotADecidedProposal,
    SignedAsDecided,
    SigningTermOver,
    TermsMissing,
)
from fund.errors.proposals import ContentLost
from fund.events import Envelope
from fund.events.agreements import AgreementActivated, AgreementDrafted, AgreementSigned, MilestonePlanned
from fund.events.decisions import DecisionReopened
from fund.events.repayments import PlanActivated
from fund.events.values import AgreementTerms, MilestoneTerms, PlanTerms
from fund.language import N_, _
from fund.rules import schedules
from fund.rules.authority import Role
from fund.schemas.agreements import Agreement, Amendment, TermsFile, parse_terms
from fund.schemas.capital import Partner
from fund.schemas.proposals import Proposal, ProposalForm
from fund.schemas.reviews import Decision
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.agreements.benefits import plan_benefits
from fund.workflows.agreements.deciding_amendments import sign_as_new_lead
from fund.workflows.agreements.document import FORM, document, standard_terms
from fund.workflows.agreements.lifecycle import AgreementState
from fund.workflows.proposals.access import rules_for
from fund.workflows.repayments.reminders import plan_timers

FUND = "fund"
"""The party that the chair signs for."""


def draft(uow: UnitOfWork, *, ref: str, terms: Mapping[str, Any] | None = None) -> Envelope:
    """The text of the agreement on a proposal exists, and everybody it binds can sign it (A1).

    Amounts, repayable share, milestones and plan follow from the proposal as decided; the repayable share stays
    for life.

    Args:
        ref: The proposal (``2026-003``).
        terms: Name and content of a TOML file with what the agreement says otherwise: milestones, repayment,
            exit terms.

    Raises:
        NotADecidedProposal: The proposal is not approved.
        SignedAsDecided: Everybody signed the text before, and nothing was decided since.
        TermsMissing: Stop rule, exit terms, owner of what is made, repayment or milestones are nowhere.
        MilestonesDoNotAddUp, InstalmentsDoNotAddUp: Both totals and their difference.
        FaultyAgreementTerms: The file, by place.
    """
    proposal = uow.case(Proposal, ref.removeprefix("A"))
    agreement_ref = f"A{proposal.ref}"
    before = uow.maybe(Agreement, agreement_ref)
    if before is None:
        step = uow.begin("agreement draft", Agreement, of=proposal, ref=agreement_ref)
    else:
        step = uow.transition("agreement draft", before)
    _require_approved(proposal)
    if before is not None and before.state == AgreementState.SIGNED and reopened_since(uow, before) is None:
        raise SignedAsDecided(ref=agreement_ref, award_cents=proposal.award_cents)
    asked = parse_terms(bytes(terms["content"]), str(terms["name"])) if terms else TermsFile()
    agreed = _terms(uow, agreement_ref, proposal, asked)
    _require_totals(agreement_ref, proposal.ref, agreed)
    text = document(agreement_ref, agreed, fund=_fund_name(uow))
    digest = files.put(uow, text.encode(), name=f"{agreement_ref}.md")
    event = step.record(
        AgreementDrafted(
            ref=agreement_ref,
            proposal=proposal.ref,
            terms=agreed,
            document_sha256=digest,
            sign_before_on=uow.today + timedelta(days=rules_for(uow, proposal).terms.signing_days),
        )
    )
    uow.result.update(ref=agreement_ref, document_sha256=digest)
    uow.next_step = f"fund agreement show {agreement_ref} --document"
    return event


def reopened_since(snapshot: Snapshot, agreement: Agreement) -> Envelope | None:
    """The fact by which the decision was taken back after the text was drafted; ``None`` where it was not."""
    drafted = snapshot.store.facts.last_of(agreement.stream, AgreementDrafted.wire)
    reopened = snapshot.store.facts.last_of(f"proposal/{agreement.proposal}", DecisionReopened.wire)
    return reopened if reopened is not None and (drafted is None or reopened.seq > drafted.seq) else None


def _require_approved(proposal: Proposal) -> None:
    if proposal.state != "approved":
        raise NotADecidedProposal(ref=proposal.ref, state=proposal.state, allowed="approved")


def _terms(uow: UnitOfWork, ref: str, proposal: Proposal, asked: TermsFile) -> AgreementTerms:
    form = proposal.form
    award = proposal.award_cents
    share_bps = form.share_bps
    repayable = schedules.repayable_of(award, share_bps)
    decided_on = proposal.decided_on or uow.today
    starts_on = asked.starts_on or decided_on
    milestones = _milestones(proposal, asked, starts_on)
    ends_on = max(part.due_on for part in milestones)
    partners = tuple(dict.fromkeys((proposal.lead, *form.applicants, *form.parties)))
    told = {
        "exit_terms": asked.exit_terms or form.exit_rules or _light(proposal, "exit_terms"),
        "stop_rule": asked.stop_rule or form.stop_rule,
        "assets_owner": asked.assets_owner or form.assets or _light(proposal, "assets_owner"),
    }
    for field, value in told.items():
        if not value.strip():
            raise TermsMissing(ref=proposal.ref, field=_(_FIELDS[field]))
    return AgreementTerms(
        form=FORM,
        names={partner: _name(uow, partner) for partner in partners},
        proposal=proposal.ref,
        title=proposal.title,
        track=proposal.track,
        sort=form.sort,
        lead=proposal.lead,
        co_applicants=tuple(party for party in form.co_applicants if party != proposal.lead),
        beneficiaries=tuple(party for party in form.parties if party not in form.applicants),
        award_cents=award,
        repayable_cents=repayable,
        share_bps=share_bps,
        milestones=milestones,
        plan=_plan(proposal, asked, repayable, starts_on, ends_on),
        hypothesis=asked.hypothesis or form.hypothesis,
        measurement=form.measurement,
        boards_heard=_boards_heard(proposal),
        conditions=_conditions(uow, proposal),
        decided_on=proposal.decided_on,
        regulations=rules_for(uow, proposal).version,
        starts_on=starts_on,
        ends_on=ends_on,
        exit_terms=told["exit_terms"],
        stop_rule=told["stop_rule"],
        assets_owner=told["assets_owner"],
    )


_FIELDS = {"exit_terms": N_("exit terms"), "stop_rule": N_("stop rule"), "assets_owner": N_("owner of what is made")}


def _light(proposal: Proposal, field: str) -> str:
    """What the light track does not ask stands in the text as the fund's standard terms."""
    return standard_terms()[field] if proposal.track == "light" else ""


def _milestones(proposal: Proposal, asked: TermsFile, starts_on: date) -> tuple[MilestoneTerms, ...]:
    """As in the file; else those of the proposal, in proportion when the award is not the ask."""
    award = proposal.award_cents
    if asked.milestones:
        return tuple(
            MilestoneTerms(
                number=number,
                title=part.title,
                due_on=part.due_on,
                amount_cents=part.amount_cents,
                criteria=part.criteria,
            )
            for number, part in enumerate(asked.milestones, start=1)
        )
    planned = proposal.form.milestones
    if not planned:
        title = proposal.form.measurement or proposal.title
        result = MilestoneTerms(
            number=1, title=title, due_on=add_months(starts_on, 12), amount_cents=award, criteria=(title,)
        )
        return (result,)
    whole = sum(part.amount_cents for part in planned)
    amounts = _in_proportion([part.amount_cents for part in planned], whole, award)
    return tuple(
        MilestoneTerms(
            number=number,
            title=part.title,
            due_on=part.due_on,
            amount_cents=cents,
            criteria=(part.evidence or part.title,),
        )
        for number, (part, cents) in enumerate(zip(planned, amounts, strict=True), start=1)
    )


def _in_proportion(parts: Sequence[int], whole: int, award: int) -> list[int]:
    if whole in (0, award):
        return list(parts)
    marks, reached = [0], 0
    for cents in parts:
        reached += cents
        marks.append(award * reached // whole)
    return [after - before for before, after in pairwise(marks)]


def _plan(proposal: Proposal, asked: TermsFile, repayable_cents: int, starts_on: date, ends_on: date) -> PlanTerms:
    form = proposal.form
    if asked.repayment is not None:
        said = asked.repayment
        return schedules.build(
            said.plan,
            repayable_cents,
            starts_on=starts_on,
            grace_months=said.grace_months,
            count=said.instalments,
            interval_months=said.months_between,
            savings_bps=said.savings_share_bps,
            ends_on=said.ends_on,
            early=said.early,
            works_until=ends_on,
        ).model_copy(update={"allocation": said.allocation})
    if form.repayment is None:
        if repayable_cents and proposal.track != "light":
            raise TermsMissing(ref=proposal.ref, field=_("repayment plan"))
        return schedules.build("fixed", repayable_cents, starts_on=starts_on, grace_months=24)
    return schedules.build(
        form.repayment.plan,
        repayable_cents,
        starts_on=starts_on,
        grace_months=form.repayment.grace_months,
        count=form.repayment.instalments,
        interval_months=form.repayment.months_between,
        savings_bps=form.repayment.savings_share_bps or 0,
        ends_on=form.repayment.ends_on,
        works_until=ends_on,
    )


def _require_totals(ref: str, proposal: str, terms: AgreementTerms) -> None:
    """Milestones are the award, instalments the repayable share, to the cent.

    Raises:
        MilestonesDoNotAddUp, InstalmentsDoNotAddUp: Both totals and their difference.
    """
    milestones = sum(part.amount_cents for part in terms.milestones)
    if milestones != terms.award_cents:
        raise MilestonesDoNotAddUp(
            ref=proposal,
            total_cents=milestones,
            award_cents=terms.award_cents,
            difference_cents=abs(milestones - terms.award_cents),
        )
    instalments = schedules.total(terms.plan.instalments)
    if instalments != terms.repayable_cents:
        raise InstalmentsDoNotAddUp(
            ref=proposal,
            total_cents=instalments,
            repayable_cents=terms.repayable_cents,
            difference_cents=abs(instalments - terms.repayable_cents),
        )


def _conditions(snapshot: Snapshot, proposal: Proposal) -> tuple[str, ...]:
    """What the decision was made on, all met by now: it binds who signs."""
    decision = snapshot.maybe(Decision, proposal.ref)
    conditions = decision.conditions if decision is not None else ()
    return tuple(f"{each.text} ({_name(snapshot, each.owner)}, {each.evidence})" for each in conditions)


def _boards_heard(proposal: Proposal) -> bool:
    """Whether every applicant told its council, states or general board, by its confirmation or in the form."""
    told = {*proposal.informed, *(board.partner for board in proposal.form.boards if board.informed_on is not None)}
    return _applicants(proposal.form) <= told


def _applicants(form: ProposalForm) -> set[str]:
    return set(form.applicants)


def _name(snapshot: Snapshot, partner: str) -> str:
    found = snapshot.maybe(Partner, partner)
    return found.name if found else partner


def _fund_name(snapshot: Snapshot) -> str:
    return snapshot.store.work.setting("founded") or ""


def text_of(snapshot: Snapshot, agreement: Agreement) -> str:
    """The text that was, or is to be, signed: the kept bytes, else made again from the terms."""
    try:
        return files.get(snapshot, agreement.document_sha256).decode()
    except ContentLost:
        return document(agreement.ref, agreement.terms, fund=_fund_name(snapshot))


# ------------------------------------------------------------------------------------------------------------ signing


def sign(uow: UnitOfWork, *, ref: str, hash: str | None = None) -> Envelope:
    """A party, or the chair for the fund, put its name under the text with this hash (A2).

    On an amendment that makes another party the lead, that party signs (A3).

    Args:
        hash: The hash that the signer read, or its first twelve characters; it must be that of the document.

    Raises:
        DocumentDiffers: Another text was signed.
        AlreadySigned: This party signed before.
        SigningTermOver: The last day for signing has passed.
        AwardChanged, DecidedAnew, NotADecidedProposal: The proposal was decided anew after the draft.
    """
    if uow.maybe(Amendment, ref) is not None:
        return sign_as_new_lead(uow, ref=ref)
    agreement = uow.case(Agreement, ref)
    by_partner = uow.maker.has(Role.PARTNER_SIGNATORY) and uow.maker.partner in agreement.applicants
    step = uow.transition("agreement sign", agreement)
    party = str(uow.maker.partner) if by_partner else FUND
    given = (agreement.document_sha256 if hash is None else hash).lower().replace(" ", "")
    if len(given) < 12 or not agreement.document_sha256.startswith(given):
        raise DocumentDiffers(ref=ref, given=given, expected=agreement.document_sha256)
    if party in agreement.signatures:
        raise AlreadySigned(ref=ref, party=party, unsigned=agreement.unsigned)
    if uow.today > agreement.sign_before_on:
        raise SigningTermOver(ref=ref, proposal=agreement.proposal, until=agreement.sign_before_on, today=uow.today)
    _require_as_decided(uow, agreement)
    event = step.record(
        AgreementSigned(
            ref=ref,
            proposal=agreement.proposal,
            party=party,
            document_sha256=agreement.document_sha256,
            complete=agreement.unsigned == (party,),
        ),
        on_behalf_of=None if party == FUND else party,
    )
    signed = uow.case(Agreement, ref)
    uow.result.update(ref=ref, party=party, document_sha256=agreement.document_sha256, unsigned=list(signed.unsigned))
    uow.next_step = f"fund agreement show {ref}"
    return event


def _require_as_decided(uow: Snapshot, agreement: Agreement) -> None:
    """Nothing, when the text says what was decided, and nothing was decided since.

    Raises:
        NotADecidedProposal, AwardChanged, DecidedAnew: As they say.
    """
    proposal = uow.case(Proposal, agreement.proposal)
    _require_approved(proposal)
    if proposal.award_cents != agreement.award_cents:
        raise AwardChanged(
            ref=agreement.ref,
            proposal=proposal.ref,
            drafted_cents=agreement.award_cents,
            award_cents=proposal.award_cents,
        )
    reopened = reopened_since(uow, agreement)
    if reopened is not None:
        on = day_of(reopened.recorded_at)
        raise DecidedAnew(ref=agreement.ref, proposal=proposal.ref, reopened_on=on)


# --------------------------------------------------------------------------------------------------------- activating


def activate(uow: UnitOfWork, *, ref: str, boards_heard: bool = False) -> Envelope:
    """The agreement holds: milestones, repayment plan and evaluation are planned, the proposal is agreed (P20, R1).

    The service does it at the last signature; a fund manager where a council, states or general board had to
    be heard first.

    Args:
        boards_heard: Every council, states or general board was heard (track major, and every roll-out).

    Raises:
        BoardsNotHeard: Track major or a roll-out, and no word of it.
        NotADecidedProposal, AwardChanged, DecidedAnew: The proposal was decided anew after the draft.
    """
    agreement = uow.case(Agreement, ref)
    step = uow.transition("agreement activate", agreement)
    blocked = _blocked(uow, agreement, boards_heard=boards_heard)
    if blocked is not None:
        raise blocked
    terms = agreement.terms
    event = step.record(
        AgreementActivated(
            ref=ref,
            proposal=agreement.proposal,
            title=terms.title,
            track=terms.track,
            lead=terms.lead,
            co_applicants=terms.co_applicants,
            beneficiaries=terms.beneficiaries,
            award_cents=agreement.award_cents,
            repayable_cents=agreement.repayable_cents,
            share_bps=agreement.share_bps,
            document_sha256=agreement.document_sha256,
            milestones=terms.milestones,
            plan=terms.plan,
            hypothesis=terms.hypothesis,
            stop_rule=terms.stop_rule,
            started_on=uow.today,
            ends_on=terms.ends_on,
            evaluation_due_on=terms.ends_on,
            boards_heard=boards_heard,
        )
    )
    for part in terms.milestones:
        uow.record(
            MilestonePlanned(
                ref=f"{ref}-{part.number}",
                agreement=ref,
                proposal=agreement.proposal,
                number=part.number,
                title=part.title,
                due_on=part.due_on,
                amount_cents=part.amount_cents,
                criteria=part.criteria,
            ),
            cause=event,
            reaction="agreements.plan",
        )
    planned = uow.record(
        PlanActivated(
            ref=ref,
            proposal=agreement.proposal,
            lead=terms.lead,
            repayable_cents=agreement.repayable_cents,
            plan=terms.plan,
        ),
        cause=event,
        reaction="agreements.plan",
    )
    plan_timers(uow, planned)
    plan_benefits(uow, event)
    uow.next_step = f"fund milestone list {ref}"
    return event


def _blocked(uow: Snapshot, agreement: Agreement, *, boards_heard: bool = False) -> FundError | None:
    """Why the agreement cannot hold yet; ``None`` when it can."""
    try:
        _require_as_decided(uow, agreement)
        _require_totals(agreement.ref, agreement.proposal, agreement.terms)
    except FundError as problem:
        return problem
    asks_boards = agreement.track == "major" or agreement.terms.sort == "rollout"
    if asks_boards and not (boards_heard or agreement.terms.boards_heard):
        return BoardsNotHeard(ref=agreement.ref, track=agreement.track)
    return None


def activate_when_signed(uow: UnitOfWork, event: Envelope) -> None:
    """After the last signature the agreement holds by itself, unless a fund manager has to say more first."""
    fact = event.fact
    if not isinstance(fact, AgreementSigned) or not fact.complete:
        return
    agreement = uow.maybe(Agreement, fact.ref)
    if agreement is None or agreement.state != AgreementState.SIGNED or _blocked(uow, agreement) is not None:
        return
    activate(uow, ref=fact.ref)
