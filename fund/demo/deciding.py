"""From idea to agreement, as the story plays it: rounds, proposals, reviews, the committee, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.demo.cast import CHAIR, COMMITTEE, MANAGER, MANAGER_2, short, signatory
from fund.demo.ideas import Idea, form_file
from fund.demo.stage import Stage, material
from fund.language import _, euros

CRITERIA = ("ambition", "interests", "people", "organisation", "process", "learning", "business_case", "exit")


def about(idea: Idea) -> dict[str, str]:
    """What sentences say of an idea."""
    return {"title": idea.title, "ask": euros(idea.ask_cents), "who": short(idea.lead), "lead": short(idea.lead)}


def plan_round(stage: Stage, title: str, *, more_cents: int = 0) -> str:
    """A round is planned by two people; it opens and closes by itself. With a ceiling of so much more."""
    terms = material("rounds.toml")[title]
    terms["ceiling_cents"] += more_cents
    ref = str(stage.both(MANAGER, CHAIR, "round plan", title=title, **terms)["result"]["round"])
    stage.say(
        _("anna plans round {ref} ({title}), open from {opens} to {closes}, ceiling {ceiling}; the chair confirms."),
        ref=ref,
        title=title,
        ceiling=euros(terms["ceiling_cents"]),
        opens=terms["opens"],
        closes=terms["closes"],
    )
    return ref


def draft(stage: Stage, idea: Idea, round_ref: str, *, follows: str | None = None, **form: Any) -> str:
    """The lead drafts a proposal from a file (``form``: what is other than the idea); its ref."""
    file = form_file(idea, round_ref, **form)
    more = {} if follows is None else {"follows": follows}
    return str(stage.do(signatory(idea.lead), "proposal draft", file=file, **more)["result"]["ref"])


def confirm_parties(stage: Stage, idea: Idea, ref: str) -> None:
    """Every co-applicant confirms the same text."""
    for party in idea.co:
        stage.do(signatory(party), "proposal confirm", ref=ref, informed_on=stage.now.date())


def submit(stage: Stage, idea: Idea, ref: str) -> None:
    """The lead submits, which is its own confirmation."""
    stage.do(signatory(idea.lead), "proposal submit", ref=ref, informed_on=stage.now.date())


def propose(stage: Stage, idea: Idea, round_ref: str, *, follows: str | None = None) -> str:
    """An idea is drafted, confirmed by its parties and submitted; its ref."""
    ref = draft(stage, idea, round_ref, follows=follows)
    confirm_parties(stage, idea, ref)
    submit(stage, idea, ref)
    return ref


def eligible(stage: Stage, *refs: str) -> None:
    """The rules ran by themselves; the fund manager finds the proposals eligible."""
    for ref in refs:
        stage.do(MANAGER, "proposal find-eligible", ref=ref)


def ineligible(stage: Stage, ref: str) -> None:
    """Two fund managers find that a proposal is funded elsewhere already."""
    reason = "Dezelfde kosten worden al uit een andere regeling betaald."
    stage.both(MANAGER, MANAGER_2, "proposal find-ineligible", ref=ref, rule="not_already_funded", reason=reason)


def score(stage: Stage, name: str, ref: str, scores: Mapping[str, int] | int) -> None:
    """A reviewer hands in a file: one score for all criteria, or one each."""
    given = dict.fromkeys(CRITERIA, scores) if isinstance(scores, int) else {**dict.fromkeys(CRITERIA, 3), **scores}
    lines = ['declaration = "none"', "[scores]", *(f"{criterion} = {score}" for criterion, score in given.items())]
    stage.do(name, "review score", ref=ref, file={"name": f"{name}.toml", "content": "\n".join(lines).encode()})


def review(stage: Stage, ref: str, *scores: Mapping[str, int] | int) -> list[str]:
    """The panel that the service proposed scores under seal, each its own, until the review closes by itself: with
    the last score, in the light track with the second.
    """
    stage.do(MANAGER, "review open", ref=ref)
    panel = [str(seat["name"]) for seat in stage.ask("review show", ref=ref)["panel"]]
    for number, name in enumerate(panel):
        if stage.ask("review show", ref=ref)["state"] == "closed":
            break
        score(stage, name, ref, scores[number % len(scores)])
    return panel


def vote(stage: Stage, ref: str, *, against: int = 0, command: str = "decision vote") -> None:
    """As many members as the quorum asks vote, the last ``against`` of them against.

    More than half of the seats without a conflict are enough: those of the members, and the chair's. They come from
    both ends of the list, so that they are of several kinds of organisation.
    """
    shown = stage.ask("proposal show", ref=ref.removeprefix("A").split("-W")[0])
    parties = {party["partner"] for party in shown["parties"]}
    free = [name for name in COMMITTEE if COMMITTEE[name] not in parties]
    mixed = [free[place // 2 if place % 2 == 0 else -1 - place // 2] for place in range(len(free))]
    voting = mixed[: (len(free) + 1) // 2 + 1]
    for number, name in enumerate(voting):
        choice = "against" if number >= len(voting) - against else "for"
        stage.do(name, command, ref=ref, choice=choice)


def decide(stage: Stage, ref: str, *, against: int = 0, **outcome: Any) -> None:
    """The committee votes under seal, the chair decides."""
    vote(stage, ref, against=against)
    stage.do(CHAIR, "decision decide", ref=ref, **outcome)


def agree(stage: Stage, ref: str) -> str:
    """The agreement is drafted from what was decided and signed by every party and the chair; its ref."""
    terms = 'assets_owner = "De penvoerder; alle partners mogen gebruiken wat gemaakt is."\n'
    stage.do(MANAGER, "agreement draft", ref=ref, terms={"name": "terms.toml", "content": terms.encode()})
    agreement = f"A{ref}"
    shown = stage.ask("agreement show", ref=agreement)
    for party in shown["unsigned"]:
        name = CHAIR if party == "fund" else signatory(party)
        stage.do(name, "agreement sign", ref=agreement, hash=shown["document_sha256"])
    return agreement
