"""The first round of the story: five proposals, three of which end before any money moves."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import MANAGER, MANAGER_2, signatory
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
)
from fund.demo.ideas import IDEAS, form_file
from fund.demo.stage import Stage, refusal_line
from fund.language import _, decimal_text, euros
from fund.rules.scoring import ADVICE


def first_round(stage: Stage) -> dict[str, str]:
    """Proposals are made, judged and decided; the refs by key of the idea."""
    stage.part(_("3. The first round: five ideas"))
    stage.clock(date(2024, 2, 29))
    round_ref = plan_round(
        stage,
        title="Voorjaar 2024",
        opens=date(2024, 3, 1),
        closes=date(2024, 4, 14),
        ceiling_cents=400_000_00,
        track="standard",
    )
    stage.clock(date(2024, 3, 11))
    refs: dict[str, str] = {}
    rid = IDEAS["rid"]
    refs["rid"] = draft(stage, IDEAS["rid"], round_ref, content=form_file(rid, round_ref, budget_short_cents=1_000_00))
    confirm_parties(stage, rid, refs["rid"])
    refusal = stage.refused(signatory(rid.lead), "proposal submit", ref=refs["rid"], informed_on=stage.now.date())
    stage.say(
        _('{lead} submits "{title}": {refusal}').format(
            lead=short(rid.lead), title=rid.title, refusal=refusal_line(refusal)
        )
    )
    stage.do(
        signatory(rid.lead),
        "proposal save",
        ref=refs["rid"],
        file={"name": "rid.toml", "content": form_file(rid, round_ref)},
    )
    confirm_parties(stage, rid, refs["rid"])
    submit(stage, rid, refs["rid"])
    stage.say(
        _("it mends the budget, all parties confirm the new text, and {ref} is submitted for {ask}.").format(
            ref=refs["rid"], ask=euros(rid.ask_cents)
        )
    )
    for key, on in (
        ("water", date(2024, 3, 18)),
        ("res", date(2024, 3, 25)),
        ("jeugd", date(2024, 4, 2)),
        ("rvs", date(2024, 4, 8)),
    ):
        stage.clock(on)
        refs[key] = propose(stage, IDEAS[key], round_ref)
        idea = IDEAS[key]
        stage.say(
            _('{lead} submits {ref} together with {others}: "{title}", {ask}.').format(
                lead=short(idea.lead),
                others=" + ".join(short(party) for party in idea.co),
                ref=refs[key],
                title=idea.title,
                ask=euros(idea.ask_cents),
            )
        )
    stage.clock(date(2024, 4, 9))
    stage.both(
        MANAGER, MANAGER_2, "proposal find-ineligible",
        ref=refs["rvs"], rule="not_already_funded", reason="Dezelfde kosten worden al uit een andere regeling betaald.",
    )  # fmt: skip
    stage.say(
        _("the rules found that {ref} is funded elsewhere already; two fund managers find it ineligible.").format(
            ref=refs["rvs"]
        )
    )
    eligible(stage, refs["rid"], refs["water"], refs["res"], refs["jeugd"])
    stage.clock(date(2024, 4, 12))
    stage.do(
        signatory(IDEAS["jeugd"].lead),
        "proposal withdraw",
        ref=refs["jeugd"],
        reason="De raad wil eerst de evaluatie van de wijkteams lezen.",
    )
    stage.say(
        _("{lead} withdraws {ref}: the council wants to wait.").format(
            lead=short(IDEAS["jeugd"].lead), ref=refs["jeugd"]
        )
    )
    return _judged(stage, refs)


def _judged(stage: Stage, refs: dict[str, str]) -> dict[str, str]:
    stage.clock(date(2024, 4, 16))
    panel = review(stage, refs["rid"], 3, 4, 3, 3, {"learning": 2})
    stage.say(
        _("round closed; five reviewers without a tie to {ref} score it under seal: {panel}.").format(
            ref=refs["rid"], panel=", ".join(panel)
        )
    )
    review(stage, refs["water"], {"business_case": 2}, 3, {"learning": 4}, 3, 3)
    low = {"ambition": 1, "interests": 1, "learning": 2, "business_case": 1, "exit": 1}
    review(stage, refs["res"], {**dict.fromkeys(("people", "organisation", "process"), 2), **low}, low, low, low, low)
    for key in ("rid", "water", "res"):
        shown = stage.ask("review show", user=MANAGER, ref=refs[key])
        stage.say(
            _('{ref} "{title}": {total} points, advice {advice}.').format(
                ref=refs[key],
                title=IDEAS[key].title,
                total=decimal_text(shown["result"]["total_rounded"]),
                advice=_(ADVICE[shown["result"]["advice"]]),
            )
        )
    stage.clock(date(2024, 5, 14))
    decide(stage, refs["rid"], amount_cents=IDEAS["rid"].ask_cents)
    decide(stage, refs["water"], amount_cents=IDEAS["water"].ask_cents, against=1)
    decide(
        stage, refs["res"], reject=True, against=8,
        reasons=[f"{each}=Onvoldoende uitgewerkt." for each in ("ambition", "interests", "business_case", "exit")],
    )  # fmt: skip
    stage.say(
        _(
            "the committee votes under seal: {rid} and {water} approved, {res} rejected with reasons per criterion."
        ).format(rid=refs["rid"], water=refs["water"], res=refs["res"])
    )
    stage.clock(date(2024, 5, 28))
    agree(stage, refs["rid"])
    agree(stage, refs["water"])
    stage.say(_("all parties and the chair sign the same text; both experiments run."))
    return refs
