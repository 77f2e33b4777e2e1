"""How people fill in a form, rightly: typed forms of every track, for properties."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from hypothesis import strategies as st

from fund.errors.commands import UnprintableText
from fund.events import require_printable
from fund.forms import form
from fund.schemas.proposals import ProposalForm
from tests.factories import a_form

PARTNERS = ("gm0307", "gm0308", "gm0327", "gm0342", "ws0155")
EVERYDAY = st.sampled_from(
    [
        "Eén loket 🏛️",
        "مكتب واحد",
        "משרד אחד",
        "窓口",
        "Ωmega",
        'a "b" \\ c',
        "'''",
        "# geen commentaar",
        "[tabel]",
        "= x",
    ]
)


def _seen(text: str) -> bool:
    try:
        require_printable(text)
    except UnprintableText:
        return False
    return text.strip() == text != "" and not set("\t\r\n") & set(text)


LINES = EVERYDAY | st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40
).map(lambda text: unicodedata.normalize("NFC", text)).filter(lambda text: _seen(text) and len(text) <= 60)
TEXTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join).filter(lambda text: '"""' not in text)
CENTS = st.integers(1, 10**11)


def _distinct(draw: st.DrawFn, most: int) -> list[str]:
    """Lines of which no two are the same to somebody who reads them."""
    return draw(st.lists(LINES, min_size=1, max_size=most, unique_by=lambda text: " ".join(text.casefold().split())))


def _choices(path: str) -> tuple[str, ...]:
    return next(question.field.codes for question in form().questions if question.path == path)


@st.composite
def filled_in(draw: st.DrawFn) -> ProposalForm:
    """A form in which nothing contradicts: complete for every track."""
    first = draw(st.integers(2000, 2900))
    years = sorted(draw(st.sets(st.integers(first, first + 4), min_size=1, max_size=4)))
    first, last = years[0], years[-1]
    stones = [
        date(first, 1, 1) + timedelta(days=draw(st.integers(0, (date(last, 12, 31) - date(first, 1, 1)).days)))
        for _number in range(draw(st.integers(1, 3)))
    ]
    plan = draw(st.sampled_from(["fixed", "savings_linked", "on_success"]))
    others = draw(st.lists(st.sampled_from(PARTNERS), unique=True))
    return a_form(
        title=draw(LINES),
        ambition=draw(LINES),
        summary=draw(TEXTS),
        hypothesis=draw(TEXTS),
        stop_rule=draw(TEXTS),
        sort=draw(st.sampled_from(_choices("proposal.sort"))),
        state_aid=draw(st.sampled_from(_choices("proposal.state_aid"))),
        cooperation=draw(st.sampled_from(_choices("proposal.cooperation"))),
        ask_cents=draw(CENTS),
        share_bps=draw(st.integers(0, 10_000)),
        own_share_cents=draw(CENTS),
        cost_cents=draw(CENTS),
        themes=tuple(draw(st.lists(st.sampled_from(_choices("proposal.themes")), min_size=1, unique=True))),
        co_applicants=tuple(others),
        adopters=tuple(draw(st.lists(st.sampled_from(PARTNERS), unique=True))),
        budget=tuple({"year": year, "amount_cents": draw(CENTS)} for year in years),
        categories=tuple({"category": name, "amount_cents": draw(CENTS)} for name in _distinct(draw, 3)),
        cofinancing=tuple({"source": name, "amount_cents": draw(CENTS)} for name in _distinct(draw, 2)),
        interests=tuple(
            {"party": name, "interest": draw(LINES), "gives": draw(LINES), "gets": draw(LINES)}
            for name in _distinct(draw, 2)
        ),
        milestones=tuple(
            {"title": draw(LINES), "due_on": day, "amount_cents": draw(CENTS), "evidence": draw(LINES)}
            for day in stones
        ),
        repayment={
            "plan": plan,
            "grace_months": draw(st.integers(0, 12)),
            "instalments": draw(st.integers(1, 8)),
            "savings_share_bps": draw(st.integers(1, 10_000)) if plan == "savings_linked" else None,
            "ends_on": date(last + draw(st.integers(4, 30)), 12, 31),
        },
        team=tuple(
            {"partner": "gm0351", "function": f"taak {number}", "hours": draw(st.integers(0, 168))}
            for number in range(draw(st.integers(1, 3)))
        ),
        attachments=tuple(
            {"title": draw(LINES), "sha256": f"{number:064x}"} for number in range(draw(st.integers(0, 2)))
        ),
        reflection=draw(st.dictionaries(st.sampled_from(["motivatie", "bijdrage"]), TEXTS)),
    )


def names_of(filled: ProposalForm) -> tuple[str, ...]:
    """Names for the team of a form."""
    return tuple(f"Naam {number}" for number, _member in enumerate(filled.team, start=1))
