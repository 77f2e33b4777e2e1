"""The end of experiments: evaluations, a refuted hypothesis with good lessons, the learning write-off, a roll-out."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import CHAIR, EXTERNALS, MANAGER, MANAGER_2, PARTNERS, TREASURER, short, signatory
from fund.demo.deciding import about, agree, decide, draft, eligible, plan_round, propose, review, vote
from fund.demo.housekeeping import from_the_treasury
from fund.demo.ideas import IDEAS
from fund.demo.large_round import LargeRound, ceiling_cents
from fund.demo.money import approve_asked, batch, pay_milestone, payee
from fund.demo.running import pay_instalment
from fund.demo.stage import Stage, material_file, refusal_line
from fund.language import _, euros


def evaluate(stage: Stage, key: str, agreement: str, *, learning: tuple[int, int]) -> None:
    """The lead tells what came of it, two peers judge how well was learned, the chair accepts, all 34 read it."""
    file = material_file(f"evaluatie-{key}.toml")
    stage.do(signatory(IDEAS[key].lead), "evaluation submit", ref=agreement, file=file)
    for name, mark in zip(EXTERNALS[:2], learning, strict=True):
        stage.do(name, "evaluation peer-review", ref=agreement, learning=mark)
    stage.do(CHAIR, "evaluation accept", ref=agreement)


def complete(stage: Stage, agreement: str, of_what: str, how: str) -> None:
    """The final report is in: two fund managers find that what was agreed was done."""
    report = {"name": "eindverslag.txt", "content": f"Eindverslag van de {of_what}: {how}.\n".encode()}
    stage.both(MANAGER, MANAGER_2, "agreement complete", ref=agreement, report=report)


def light_round(stage: Stage, *, others: int = 0) -> str:
    """A light proposal of a small municipality: two reviews, decided by two people, paid by itself; its ref.

    With ``others``, so many small proposals more are in the round, each with a life of its own.
    """
    stage.part(_("7. A light proposal"))
    idea = IDEAS["loket"]
    stage.clock(date(2025, 6, 10))
    round_ref = plan_round(stage, "Licht 2025", more_cents=ceiling_cents(others))
    many = LargeRound(stage, round_ref, others) if others else None
    stage.clock(date(2025, 6, 23))
    payee(stage, idea.lead)
    ref = propose(stage, idea, round_ref)
    stage.say(_('fatima submits {ref} for {who}: "{title}", {ask}.'), ref=ref, **about(idea))
    if many:
        many.hand_in()
    eligible(stage, ref)
    if many:
        stage.clock(date(2025, 6, 30))
        many.look_again()
    stage.clock(date(2025, 7, 15))
    if many:
        many.judge()
    review(stage, ref, 3)
    stage.clock(date(2025, 7, 22))
    stage.both(MANAGER_2, CHAIR, "decision decide", ref=ref, amount_cents=idea.ask_cents)
    stage.say(_("two people decide a light proposal: the other fund manager and the chair approve {ref}."), ref=ref)
    if many:
        many.decide()
        from_the_treasury(stage, many.promised_cents, on=date(2025, 7, 24))
    stage.clock(date(2025, 7, 28))
    if many:
        many.decide_the_rest()
        many.agreed()
    agreement = agree(stage, ref)
    approve_asked(stage, [agreement])
    batch(stage, date(2025, 7, 31))
    stage.say(
        _("{agreement} is signed; the service asked the one payment by itself, and it is paid."), agreement=agreement
    )
    return ref


def second_round(stage: Stage) -> dict[str, str]:
    """A second round of standard proposals: one is agreed, one stays a draft until the clock ends it; the refs."""
    stage.part(_("8. The second round"))
    stage.clock(date(2025, 8, 4))
    round_ref = plan_round(stage, "Najaar 2025")
    stage.clock(date(2025, 8, 18))
    refs = {"ggd": draft(stage, IDEAS["ggd"], round_ref)}
    zou = IDEAS["zou"]
    payee(stage, zou.lead)
    refs["zou"] = propose(stage, zou, round_ref)
    stage.say(
        _('{one} leaves {draft} a draft; {two} submits {ref}: "{title}", {ask}.'),
        one=short(IDEAS["ggd"].lead),
        draft=refs["ggd"],
        two=short(zou.lead),
        ref=refs["zou"],
        **about(zou),
    )
    eligible(stage, refs["zou"])
    stage.clock(date(2025, 9, 2))
    review(stage, refs["zou"], 3, 4, 3, 4, 3)
    stage.clock(date(2025, 9, 16))
    decide(stage, refs["zou"], amount_cents=zou.ask_cents)
    agreement = agree(stage, refs["zou"])
    stage.clock(date(2025, 9, 22))
    ref = pay_milestone(stage, agreement, 1, zou.lead, date(2025, 9, 25))
    stage.say(
        _("{agreement} is agreed, its milestone reached and {ref} paid within the month."), agreement=agreement, ref=ref
    )
    return refs


def refuted(stage: Stage, refs: dict[str, str]) -> None:
    """The stop rule is met: the experiment ends without fault, its lessons are published, its advance is learning."""
    stage.part(_("9. A refuted hypothesis is a good result"))
    water, idea = f"A{refs['water']}", IDEAS["water"]
    stage.clock(date(2025, 9, 29))
    asking = signatory(idea.lead)
    refusal = stage.refused(MANAGER, "writeoff propose", ref=water, reason="De proef is mislukt.", requested_by=asking)
    stage.say(
        _("anna proposes to write off {agreement} at once: {refusal}"), agreement=water, refusal=refusal_line(refusal)
    )
    stage.both(
        MANAGER, CHAIR, "agreement terminate", ref=water, ground="stop_rule",
        reason="Een heel seizoen sturen scheelde vier procent water; de grens was een tiende.",
    )  # fmt: skip
    stage.say(
        _(
            "a whole season saved four per cent, the stop rule said a tenth: anna and the "
            "chair end {agreement}, nobody's fault; what was not paid is free again."
        ),
        agreement=water,
    )
    stage.clock(date(2025, 10, 13))
    evaluate(stage, "water", water, learning=(4, 3))
    stage.say(
        _("{who} evaluates: hypothesis refuted, learning quality high; its lesson goes to all {count} partners."),
        who=short(idea.lead),
        count=len(PARTNERS),
    )
    stage.clock(date(2025, 10, 27))
    made = stage.do(
        MANAGER, "writeoff propose", ref=water, requested_by=asking,
        reason="Weerlegd en goed geleerd; de lessen staan voor iedereen klaar.",
    )  # fmt: skip
    ref = next(str(event["payload"]["ref"]) for event in made["events"] if event["type"] == "writeoff.proposed")
    vote(stage, ref, command="writeoff vote")
    stage.do(CHAIR, "writeoff decide", ref=ref)
    posted = stage.both(MANAGER, TREASURER, "writeoff post", ref=ref)
    cents = sum(
        leg["amount_cents"]
        for entry in posted["entries"]
        for leg in entry["postings"]
        if leg["account"].startswith("4200")
    )
    stage.say(
        _(
            "the committee decides, anna makes and bram checks: {cents} is invested in "
            "learning (4200), its allowance released."
        ),
        cents=euros(cents),
    )


def repaid(stage: Stage, refs: dict[str, str]) -> None:
    """The first experiment is evaluated, completed and repaid to the last cent: its agreement closes by itself."""
    stage.part(_("10. Repaid"))
    rid, idea = f"A{refs['rid']}", IDEAS["rid"]
    stage.clock(date(2025, 11, 3))
    evaluate(stage, "rid", rid, learning=(3, 3))
    complete(stage, rid, "digitale balie", "activiteiten verricht, doelen gehaald")
    pay_instalment(stage, rid, 3, idea.lead, date(2025, 11, 5))
    cents = pay_instalment(stage, rid, 4, idea.lead, date(2025, 11, 13))
    shown = stage.ask("agreement show", ref=rid)
    stage.say(
        _("{who} pays the last instalment, {cents}; {agreement} is {state}: everything came back and was used again."),
        who=short(idea.lead),
        cents=euros(cents),
        agreement=rid,
        state=shown["state"],
    )


def rolled_out(stage: Stage, refs: dict[str, str]) -> dict[str, str]:
    """A confirmed experiment is scaled: the service invites a follow-on, which municipalities take up; the refs."""
    stage.part(_("12. From experiment to roll-out"))
    zou, idea = f"A{refs['zou']}", IDEAS["uitrol"]
    stage.clock(date(2026, 2, 2))
    evaluate(stage, "zou", zou, learning=(4, 4))
    complete(stage, zou, "buurtcoach", "in drie buurten gewerkt zoals afgesproken")
    stage.say(
        _("the hypothesis of {agreement} is confirmed, the verdict is to scale: the service invites a follow-on."),
        agreement=zou,
    )
    round_ref = plan_round(stage, "Uitrol 2026")
    stage.clock(date(2026, 3, 9))
    ref = propose(stage, idea, round_ref, follows=zou)
    stage.say(
        _("{who} submits the roll-out {ref} with {count} adopting municipalities: {ask}."),
        ref=ref,
        count=len(idea.adopters),
        **about(idea),
    )
    eligible(stage, ref)
    stage.clock(date(2026, 4, 2))
    review(stage, ref, {"business_case": 4, "learning": 4}, 3, 4, 3, 4)
    stage.clock(date(2026, 4, 14))
    decide(stage, ref, amount_cents=idea.ask_cents)
    agreement = agree(stage, ref)
    stage.clock(date(2026, 9, 14))
    paid = pay_milestone(stage, agreement, 1, idea.lead, date(2026, 9, 17))
    stage.say(
        _("two thirds of the committee approve; {agreement} runs, and {ref} is paid."), agreement=agreement, ref=paid
    )
    return {"uitrol": ref}


def last_year(stage: Stage, refs: dict[str, str]) -> None:
    """What happens around the roll-out: instalments of the first coach, a draft that lapses, the bank's own costs."""
    zou, lead = f"A{refs['zou']}", IDEAS["zou"].lead
    stage.part(_("13. The year goes on"))
    cents = pay_instalment(stage, zou, 1, lead, date(2026, 9, 21))
    stage.say(_("{who} pays back {cents} of {agreement}."), who=short(lead), cents=euros(cents), agreement=zou)
    state = stage.ask("proposal show", signatory(IDEAS["ggd"].lead), ref=refs["ggd"])["state"]
    stage.say(
        _("{ref} was a draft for a year: warned twice, it is {state} by the clock."), ref=refs["ggd"], state=state
    )
