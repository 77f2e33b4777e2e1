"""The text of an agreement: the same terms give the same bytes, for ever. Dutch, whatever the language of the screen.

Its SHA-256 is what everybody signs. The words stand in ``templates/agreement-<form>.md``; a new text is a new form, and
agreements of before keep theirs.
"""

from __future__ import annotations

import tomllib
from importlib import resources

from fund.bank import reference_spaced
from fund.events.values import AgreementTerms, PlanTerms
from fund.workflows.repayments.lifecycle import instalment_reference

FORM = "2026-1"
_PLANS = {"fixed": "vaste termijnen", "savings_linked": "naar besparing", "on_success": "bij succes"}
_EARLY = {
    "last_first": "Een vervroegde betaling gaat van de laatste termijn af.",
    "spread": "Een vervroegde betaling verlaagt elke termijn naar verhouding.",
}
_ALLOCATIONS = {
    "principal_first": " Een betaling gaat eerst van de hoofdsom af die opeisbaar is, daarna van kosten en rente."
}


def document(ref: str, terms: AgreementTerms, *, fund: str) -> str:
    """The whole text of the agreement as Markdown, ending in one line break."""
    template = (resources.files("fund") / "templates" / f"agreement-{terms.form}.md").read_text(encoding="utf-8")
    parties = (terms.lead, *terms.co_applicants)
    lines = [f"- {_named(terms, party)}{' (penvoerder)' if party == terms.lead else ''}" for party in parties]
    if terms.beneficiaries:
        lines += ["", "Ook betrokken: " + ", ".join(_named(terms, party) for party in terms.beneficiaries) + "."]
    conditions = [f"{number}. {text}" for number, text in enumerate(terms.conditions, start=1)]
    text = template.format(
        ref=ref,
        title=terms.title,
        proposal=terms.proposal,
        decided=f" van {terms.decided_on.isoformat()}" if terms.decided_on else "",
        parties="\n".join(lines),
        fund=fund,
        award=_euros(terms.award_cents),
        share=_percent(terms.share_bps),
        repayable=_euros(terms.repayable_cents),
        grant=_euros(terms.award_cents - terms.repayable_cents),
        hypothesis=terms.hypothesis or "-",
        measurement=terms.measurement or "-",
        stop_rule=terms.stop_rule,
        milestones="\n".join(
            f"| {part.number} | {_cell(part.title)} | {part.due_on} | {_euros(part.amount_cents)} "
            f"| {_cell('; '.join(part.criteria)) or '-'} |"
            for part in terms.milestones
        ),
        plan=_PLANS[terms.plan.plan_type],
        plan_terms=_plan_terms(terms.plan),
        plan_ends_on=terms.plan.ends_on.isoformat(),
        early=_EARLY[terms.plan.early] + _ALLOCATIONS.get(terms.plan.allocation, ""),
        instalments="\n".join(
            f"| {part.no} | {part.due_on} | {_euros(part.amount_cents)} "
            f"| {reference_spaced(instalment_reference(ref, part.no))} |"
            for part in terms.plan.instalments
        )
        or "| - | - | - | - |",
        exit_terms=terms.exit_terms,
        assets_owner=terms.assets_owner,
        starts_on=terms.starts_on.isoformat(),
        ends_on=terms.ends_on.isoformat(),
        regulations=terms.regulations,
        conditions="\n".join(["", "## 8 Voorwaarden", "", *conditions]) if conditions else "",
    )
    return text.rstrip("\n") + "\n"


def standard_terms(form: str = FORM) -> dict[str, str]:
    """What an agreement says where the light track asks nothing."""
    text = (resources.files("fund") / "templates" / f"agreement-{form}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _plan_terms(plan: PlanTerms) -> str:
    if plan.plan_type == "savings_linked":
        return f"Terugbetaald wordt {_percent(plan.savings_bps)} van de aanvaarde besparing, tot het bedrag hieronder."
    if plan.plan_type == "on_success":
        return "De termijnen beginnen bij een geslaagd experiment, en anders na zes maanden."
    return f"De eerste termijn komt na {plan.grace_months} maanden, daarna elke {plan.interval_months} maanden een."


def _named(terms: AgreementTerms, partner: str) -> str:
    name = terms.names.get(partner)
    return f"{name} ({partner})" if name else partner


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def _euros(cents: int) -> str:
    whole, part = divmod(cents, 100)
    return f"€ {whole:,}".replace(",", ".") + f",{part:02d}"


def _percent(bps: int) -> str:
    whole, part = divmod(bps, 100)
    return f"{whole},{part:02d}%" if part else f"{whole}%"
