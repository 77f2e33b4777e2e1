"""The first round of the story: five proposals, three of which end before any money moves."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import MANAGER, short, signatory
from fund.demo.deciding import (
    about,
    agree,
    confirm_parties,
    decide,
    draft,
    eligible,
    ineligible,
    plan_round,
    propose,
    review,
    submit,
)
from fund.demo.ideas import IDEAS, form_file
from fund.demo.stage import Stage, refusal_line
from fund.language import _, decimal_text, euros
from fund.rules.scoring import ADVICE


def first_round(stage: Stage) -> dict[str, str]:
    """Proposals are made, judged and decided; the refs by key of the idea."""
    stage.part(_("3. The first round: five ideas"))
    stage.clock(date(2024, 2, 29))
    round_ref = plan_round(stage, "Voorjaar 2024")
    stage.clock(date(2024, 3, 11))
    rid, jeugd = IDEAS["rid"], IDEAS["jeugd"]
    refs = {"rid": draft(stage, rid, round_ref, budget_short_cents=1_000_00)}
    confirm_parties(stage, rid, refs["rid"])
    refusal = stage.refused(signatory(rid.lead), "proposal submit", ref=refs["rid"], informed_on=stage.now.date())
    stage.say(_('{lead} submits "{title}": {refusal}'), refusal=refusal_line(refusal), **about(rid))
    stage.do(signatory(rid.lead), "proposal save", ref=refs["rid"], file=form_file(rid, round_ref))
    confirm_parties(stage, rid, refs["rid"])
    submit(stage, rid, refs["rid"])
    stage.say(
        _("it mends the budget, all parties confirm the new text, and {ref} is submitted for {ask}."),
        ref=refs["rid"],
        ask=euros(rid.ask_cents),
    )
    for key, month, day in (("water", 3, 18), ("res", 3, 25), ("jeugd", 4, 2), ("rvs", 4, 8)):
        stage.clock(date(2024, month, day))
        idea = IDEAS[key]
        refs[key] = propose(stage, idea, round_ref)
        stage.say(
            _('{lead} submits {ref} together with {others}: "{title}", {ask}.'),
            others=" + ".join(map(short, idea.co)),
            ref=refs[key],
            **about(idea),
        )
    stage.clock(date(2024, 4, 9))
    ineligible(stage, refs["rvs"])
    stage.say(
        _("the rules found that {ref} is funded elsewhere already; two fund managers find it ineligible."),
        ref=refs["rvs"],
    )
    eligible(stage, refs["rid"], refs["water"], refs["res"], refs["jeugd"])
    stage.clock(date(2024, 4, 12))
    reason = "De raad wil eerst de evaluatie van de wijkteams lezen."
    stage.do(signatory(jeugd.lead), "proposal withdraw", ref=refs["jeugd"], reason=reason)
    stage.say(_("{lead} withdraws {ref}: the council wants to wait."), ref=refs["jeugd"], **about(jeugd))
    stage.clock(date(2024, 4, 16))
    panel = review(stage, refs["rid"], 3, 4, 3, 3, {"learning": 2})
    stage.say(
        _("round closed; five reviewers without a tie to {ref} score it under seal: {panel}."),
        ref=refs["rid"],
        panel=", ".join(panel),
    )
    review(stage, refs["water"], {"business_case": 2}, 3, {"learning": 4}, 3, 3)
    low = {"ambition": 1, "interests": 1, "learning": 2, "business_case": 1, "exit": 1}
    review(stage, refs["res"], {**dict.fromkeys(("people", "organisation", "process"), 2), **low}, low, low, low, low)
    for key in ("rid", "water", "res"):
        shown = stage.ask("review show", user=MANAGER, ref=refs[key])
        stage.say(
            _('{ref} "{title}": {total} points, advice {advice}.'),
            ref=refs[key],
            title=IDEAS[key].title,
            total=decimal_text(shown["result"]["total_rounded"]),
            advice=_(ADVICE[shown["result"]["advice"]]),
        )
    stage.clock(date(2024, 5, 14))
    decide(stage, refs["rid"], amount_cents=IDEAS["rid"].ask_cents)
    decide(stage, refs["water"], amount_cents=IDEAS["water"].ask_cents, against=1)
    decide(
        stage, refs["res"], reject=True, against=8,
        reasons=[f"{each}=Onvoldoende uitgewerkt." for each in ("ambition", "interests", "business_case", "exit")],
    )  # fmt: skip
    stage.say(
        _("the committee votes under seal: {rid} and {water} approved, {res} rejected with reasons per criterion."),
        **refs,
    )
    stage.clock(date(2024, 5, 28))
    agree(stage, refs["rid"])
    agree(stage, refs["water"])
    stage.say(_("all parties and the chair sign the same text; both experiments run."))
    return refs
