"""The end of experiments: evaluations, a refuted hypothesis with good lessons, the learning write-off, a roll-out."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import CHAIR, EXTERNALS, MANAGER, MANAGER_2, PARTNERS, TREASURER, signatory
from fund.demo.deciding import (
    agree,
    confirm_parties,
    decide,
    draft,
    eligible,
    plan_round,
    propose,
    review,
    short,
    submit,
    vote,
)
from fund.demo.housekeeping import from_the_treasury
from fund.demo.ideas import IDEAS
from fund.demo.large_round import LargeRound, ceiling_cents
from fund.demo.money import batch, disburse, earn, payee
from fund.demo.running import pay_instalment
from fund.demo.stage import Stage, refusal_line
from fund.language import _, euros


def _evaluation(hypothesis: str, verdict: str, learned: str, lesson: str, text: str, theme: str) -> bytes:
    return (
        f'hypothesis = "{hypothesis}"\nverdict = "{verdict}"\nlearned = "{learned}"\n\n'
        f'[[lessons]]\ntitle = "{lesson}"\ntext = "{text}"\nthemes = ["{theme}"]\n'
    ).encode()


def evaluate(stage: Stage, key: str, agreement: str, content: bytes, *, learning: tuple[int, int]) -> None:
    """The lead tells what came of it, two peers judge how well was learned, the chair accepts, all 34 read it."""
    stage.do(
        signatory(IDEAS[key].lead),
        "evaluation submit",
        ref=agreement,
        file={"name": f"evaluatie-{key}.toml", "content": content},
    )
    for name, mark in zip(EXTERNALS[:2], learning, strict=True):
        stage.do(name, "evaluation peer-review", ref=agreement, learning=mark)
    stage.do(CHAIR, "evaluation accept", ref=agreement)


def light_round(stage: Stage, *, others: int = 0) -> str:
    """A light proposal of a small municipality: two reviews, decided by two people, paid by itself; its ref.

    With ``others``, so many small proposals more are in the round, each with a life of its own.
    """
    stage.part(_("7. A light proposal"))
    idea = IDEAS["loket"]
    stage.clock(date(2025, 6, 10))
    round_ref = plan_round(
        stage,
        title="Licht 2025",
        opens=date(2025, 6, 16),
        closes=date(2025, 7, 13),
        ceiling_cents=100_000_00 + ceiling_cents(others),
        track="light",
    )
    many = LargeRound(stage, round_ref, others) if others else None
    stage.clock(date(2025, 6, 23))
    payee(stage, idea.lead)
    ref = propose(stage, IDEAS["loket"], round_ref)
    stage.say(
        _('fatima submits {ref} for {who}: "{title}", {ask}.').format(
            ref=ref, who=short(idea.lead), title=idea.title, ask=euros(idea.ask_cents)
        )
    )
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
    stage.say(
        _("two people decide a light proposal: the other fund manager and the chair approve {ref}.").format(ref=ref)
    )
    if many:
        many.decide()
        from_the_treasury(stage, many.promised_cents, on=date(2025, 7, 24))
    stage.clock(date(2025, 7, 28))
    if many:
        many.decide_the_rest()
        many.agreed()
    agreement = agree(stage, ref)
    asked = [row for row in stage.ask("disbursement list")["disbursements"] if row["agreement"] == agreement]
    for row in asked:
        stage.do(MANAGER, "disbursement check", ref=row["ref"])
        stage.do(TREASURER, "disbursement approve", ref=row["ref"])
    batch(stage, date(2025, 7, 31))
    stage.say(
        _("{agreement} is signed; the service asked the one payment by itself, and it is paid.").format(
            agreement=agreement
        )
    )
    return ref


def second_round(stage: Stage) -> dict[str, str]:
    """A second round of standard proposals: one is agreed, one stays a draft until the clock ends it; the refs."""
    stage.part(_("8. The second round"))
    stage.clock(date(2025, 8, 4))
    round_ref = plan_round(
        stage,
        title="Najaar 2025",
        opens=date(2025, 8, 11),
        closes=date(2025, 8, 31),
        ceiling_cents=200_000_00,
        track="standard",
    )
    stage.clock(date(2025, 8, 18))
    refs = {"ggd": draft(stage, IDEAS["ggd"], round_ref)}
    zou = IDEAS["zou"]
    payee(stage, zou.lead)
    refs["zou"] = propose(stage, IDEAS["zou"], round_ref)
    stage.say(
        _('{one} leaves {draft} a draft; {two} submits {ref}: "{title}", {ask}.').format(
            one=short(IDEAS["ggd"].lead),
            draft=refs["ggd"],
            two=short(zou.lead),
            ref=refs["zou"],
            title=zou.title,
            ask=euros(zou.ask_cents),
        )
    )
    eligible(stage, refs["zou"])
    stage.clock(date(2025, 9, 2))
    review(stage, refs["zou"], 3, 4, 3, 4, 3)
    stage.clock(date(2025, 9, 16))
    decide(stage, refs["zou"], amount_cents=zou.ask_cents)
    agreement = agree(stage, refs["zou"])
    stage.clock(date(2025, 9, 22))
    earn(stage, agreement, 1, zou.lead)
    ref = disburse(stage, agreement, 1, zou.lead)
    batch(stage, date(2025, 9, 25))
    stage.say(
        _("{agreement} is agreed, its milestone reached and {ref} paid within the month.").format(
            agreement=agreement, ref=ref
        )
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
        _("anna proposes to write off {agreement} at once: {refusal}").format(
            agreement=water, refusal=refusal_line(refusal)
        )
    )
    stage.both(
        MANAGER, CHAIR, "agreement terminate", ref=water, ground="stop_rule",
        reason="Een heel seizoen sturen scheelde vier procent water; de grens was een tiende.",
    )  # fmt: skip
    stage.say(
        _(
            "a whole season saved four per cent, the stop rule said a tenth: anna and the "
            "chair end {agreement}, nobody's fault; what was not paid is free again."
        ).format(agreement=water)
    )
    stage.clock(date(2025, 10, 13))
    evaluate(
        stage, "water", water,
        _evaluation(
            "refuted", "stop", "Stuwen die van elkaar weten scheelden te weinig, omdat de sloten al vol stonden.",
            "Meet eerst hoe vol de sloten "
            "staan", "Sturen helpt pas als er ruimte is om water vast te houden.", "T05",
        ),
        learning=(4, 3),
    )  # fmt: skip
    stage.say(
        _(
            "{who} evaluates: hypothesis refuted, learning quality high; its lesson goes to all {count} partners."
        ).format(who=short(idea.lead), count=len(PARTNERS))
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
        ).format(cents=euros(cents))
    )


def repaid(stage: Stage, refs: dict[str, str]) -> None:
    """The first experiment is evaluated, completed and repaid to the last cent: its agreement closes by itself."""
    stage.part(_("10. Repaid"))
    rid, idea = f"A{refs['rid']}", IDEAS["rid"]
    stage.clock(date(2025, 11, 3))
    evaluate(
        stage, "rid", rid,
        _evaluation(
            "confirmed", "iterate", "Een gedeelde balie scheelde een derde van de telefoontjes.",
            "Begin met de vragen die overal gelijk "
            "zijn", "Verhuizen en paspoort samen zijn de helft van de winst.", "T09",
        ),
        learning=(3, 3),
    )  # fmt: skip
    report = {
        "name": "eindverslag.txt",
        "content": b"Eindverslag van de digitale balie: activiteiten verricht, doelen gehaald.\n",
    }
    stage.both(MANAGER, MANAGER_2, "agreement complete", ref=rid, report=report)
    pay_instalment(stage, rid, 3, idea.lead, date(2025, 11, 5))
    cents = pay_instalment(stage, rid, 4, idea.lead, date(2025, 11, 13))
    shown = stage.ask("agreement show", ref=rid)
    stage.say(
        _(
            "{who} pays the last instalment, {cents}; {agreement} is {state}: everything came back and was used again."
        ).format(who=short(idea.lead), cents=euros(cents), agreement=rid, state=shown["state"])
    )


def rolled_out(stage: Stage, refs: dict[str, str]) -> dict[str, str]:
    """A confirmed experiment is scaled: the service invites a follow-on, which municipalities take up; the refs."""
    stage.part(_("12. From experiment to roll-out"))
    zou, idea = f"A{refs['zou']}", IDEAS["zou"]
    stage.clock(date(2026, 2, 2))
    evaluate(
        stage, "zou", zou,
        _evaluation(
            "confirmed", "scale", "In elke buurt met een coach daalde het aantal lichte zorgvragen.",
            "Laat de coach in de buurt wonen", "Wie er woont, hoort het eerder.", "T06",
        ),
        learning=(4, 4),
    )  # fmt: skip
    report = {
        "name": "eindverslag.txt",
        "content": b"Eindverslag van de buurtcoach: in drie buurten gewerkt zoals afgesproken.\n",
    }
    stage.both(MANAGER, MANAGER_2, "agreement complete", ref=zou, report=report)
    stage.say(
        _(
            "the hypothesis of {agreement} is confirmed, the verdict is to scale: the service invites a follow-on."
        ).format(agreement=zou)
    )
    round_ref = plan_round(
        stage,
        title="Uitrol 2026",
        opens=date(2026, 2, 9),
        closes=date(2026, 3, 31),
        ceiling_cents=300_000_00,
        track="major",
    )
    stage.clock(date(2026, 3, 9))
    key = "uitrol"
    ref = draft(stage, IDEAS[key], round_ref, follows=zou)
    confirm_parties(stage, IDEAS[key], ref)
    submit(stage, IDEAS[key], ref)
    stage.say(
        _("{who} submits the roll-out {ref} with {count} adopting municipalities: {ask}.").format(
            who=short(idea.lead), ref=ref, count=len(IDEAS[key].adopters), ask=euros(IDEAS[key].ask_cents)
        )
    )
    eligible(stage, ref)
    stage.clock(date(2026, 4, 2))
    review(stage, ref, {"business_case": 4, "learning": 4}, 3, 4, 3, 4)
    stage.clock(date(2026, 4, 14))
    decide(stage, ref, amount_cents=IDEAS[key].ask_cents)
    agreement = agree(stage, ref)
    stage.clock(date(2026, 9, 14))
    earn(stage, agreement, 1, IDEAS[key].lead)
    paid = disburse(stage, agreement, 1, IDEAS[key].lead)
    batch(stage, date(2026, 9, 17))
    stage.say(
        _("two thirds of the committee approve; {agreement} runs, and {ref} is paid.").format(
            agreement=agreement, ref=paid
        )
    )
    return {key: ref}


def last_year(stage: Stage, refs: dict[str, str]) -> None:
    """What happens around the roll-out: instalments of the first coach, a draft that lapses, the bank's own costs."""
    zou, lead = f"A{refs['zou']}", IDEAS["zou"].lead
    stage.part(_("13. The year goes on"))
    cents = pay_instalment(stage, zou, 1, lead, date(2026, 9, 21))
    stage.say(_("{who} pays back {cents} of {agreement}.").format(who=short(lead), cents=euros(cents), agreement=zou))
    state = stage.ask("proposal show", signatory(IDEAS["ggd"].lead), ref=refs["ggd"])["state"]
    stage.say(
        _("{ref} was a draft for a year: warned twice, it is {state} by the clock.").format(
            ref=refs["ggd"], state=state
        )
    )
