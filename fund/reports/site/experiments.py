"""Public pages on experiments: the list, and one page each from question to lesson."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fund.glossary import theme_names, track_word
from fund.language import _, day, euros, language, ngettext
from fund.reports.site import words
from fund.reports.site.blocks import Block, Column, Facts, Grid, Heading, Link, Links, Page, Para, Quote, Run
from fund.reports.site.figures import FIGURES, chart_of
from fund.reports.site.public_fund import PublicFund
from fund.reports.site.shapes import Experiment, Lesson

SECTION = "experimenten.html"


def href_of(experiment: Experiment) -> str:
    """Where its page stands."""
    return f"experimenten/{experiment.ref}.html"


def link_to(experiment: Experiment) -> Link:
    """Its title, that leads to its page."""
    return Link(experiment.title, href_of(experiment), lang="nl")


def partner_links(fund: PublicFund, ids: Sequence[str]) -> list[Run]:
    """Partners by name, each leading to its page, with commas between."""
    found: list[Run] = []
    for each in ids:
        found += [", "] if found else []
        member = fund.members.get(each)
        found.append(Link(member.short_name, f"partners/{each}.html") if member is not None else each)
    return found


def theme(id: str) -> str:
    """A theme as people call it, in the language in use."""
    names = theme_names().get(id)
    return id if names is None else names[0 if language() == "nl" else 1]


def list_page(fund: PublicFund) -> Page:
    """Every experiment by where it stands; by theme and by partner as links."""
    blocks: list[Block] = [
        Para(
            [_("Partners try something new with money of the fund. Not every idea works. We show all of them.")], "lead"
        )
    ]
    if not fund.experiments:
        blocks.append(Para([_("There are no experiments yet.")]))
    drawn = chart_of(fund, FIGURES["experimenten-per-toestand"])
    blocks += [drawn] if drawn is not None else []
    for group, some in fund.grouped().items():
        blocks += [
            Heading(_(words.GROUPS[group]), id=group),
            Para([_(words.MEANING[group])]),
            Grid(
                f"t-{group}",
                ngettext("{count} experiment", "{count} experiments", len(some)).format(count=len(some)),
                [Column(_("Experiment")), Column(_("Lead")), Column(_("Awarded"), True), Column(_("Came back"), True)],
                [
                    [
                        link_to(each),
                        *(partner_links(fund, [each.lead])),
                        euros(each.award_cents),
                        euros(each.returned_cents),
                    ]
                    for each in some
                ],
            ),
        ]
    blocks += _by_theme(fund)
    if any(each.takes_part for each in fund.members.values()):
        blocks += [
            Heading(_("By partner"), id="partners"),
            Links(
                [
                    [Link(each.short_name, f"partners/{each.id}.html"), f" ({len(each.takes_part)})"]
                    for each in fund.members.values()
                    if each.takes_part
                ]
            ),
        ]
    return Page(SECTION, _("Experiments"), blocks, SECTION)


def _by_theme(fund: PublicFund) -> Iterator[Block]:
    found: dict[str, list[Experiment]] = {}
    for each in fund.experiments.values():
        for id in each.themes:
            found.setdefault(id, []).append(each)
    if found:
        yield Heading(_("By theme"), id="themes")
    for id in sorted(found):
        yield Heading(theme(id), level=3)
        yield Links([[link_to(each)] for each in found[id]])


def experiment_pages(fund: PublicFund) -> Iterator[Page]:
    """One page for each."""
    for each in fund.experiments.values():
        yield Page(href_of(each), Quote(each.title), list(_told(fund, each)), SECTION)


def _told(fund: PublicFund, each: Experiment) -> Iterator[Block]:
    yield Para([_(words.MEANING[each.group])], "lead")
    yield Heading(_("What is the question?"))
    for text in (each.question, each.ambition):
        if text:
            yield Para([Quote(text)])
    if not each.question and not each.ambition:
        yield Para([_("The partners have not written it down yet.")])
    yield Facts(
        [
            (_("Where it stands"), [_(words.GROUPS[each.group])], ""),
            (_("Lead"), partner_links(fund, [each.lead]), ""),
            (_("Take part"), partner_links(fund, each.parties), ""),
            *(((_("Themes"), [", ".join(theme(id) for id in each.themes)], ""),) if each.themes else ()),
            (_("Track"), [track_word(each.track)], ""),
            *_days(each),
            (_("Number"), [each.ref], ""),
        ]
    )
    yield from _came_of_it(each)
    yield from _lessons(fund, each)
    yield Heading(_("The money"))
    yield Facts(list(_money(each)))
    yield from _plan(each)
    yield from _lineage(fund, each)
    yield from explained("award", "grant", "track")


def _days(each: Experiment) -> Iterator[tuple[str, list[Run], str]]:
    for name, on in (
        (_("Money awarded on"), each.decided_on),
        (_("Started on"), each.started_on),
        (_("Finished on"), each.ended_on),
    ):
        if on is not None:
            yield name, [day(on)], ""


def _came_of_it(each: Experiment) -> Iterator[Block]:
    if each.published_on is None:
        return
    yield Heading(_("What came of it?"))
    if each.learned:
        for text in each.learned.split("\n\n"):
            yield Para([Quote(text.strip())])
    yield Facts(
        [
            (_("The idea"), [_(words.HYPOTHESES[each.group])], ""),
            *(((_("Next"), [_(words.VERDICTS[each.verdict])], ""),) if each.verdict in words.VERDICTS else ()),
            (_("Published on"), [day(each.published_on)], ""),
        ]
    )


def _lessons(fund: PublicFund, each: Experiment) -> Iterator[Block]:
    if each.lessons:
        yield Heading(_("What can others learn?"))
    for lesson in each.lessons:
        yield from card(fund, lesson, level=3, from_where=False)


def explained(*names: str) -> list[Block]:
    """What words of the fund mean that stand on the page."""
    rows: list[tuple[str, list[Run], str]] = [
        (_(word), [_(meaning)], "") for word, meaning in (words.EXPLAINED[name] for name in names)
    ]
    return [Heading(_("Words on this page")), Facts(rows)]


def card(
    fund: PublicFund, lesson: Lesson, *, level: int, from_where: bool = True, most: int | None = None
) -> Iterator[Block]:
    """A lesson: title, text, where it comes from, who took it over.

    Args:
        most: Cut the text after about so many signs; whole when absent.
    """
    yield Heading(Quote(lesson.title), level)
    text = lesson.text
    if most is not None and len(text) > most:
        text = f"{text[:most].rsplit(' ', 1)[0]} …"
    yield Para([Quote(text)], "card")
    about: list[Run] = []
    if from_where:
        about += [_("From: "), link_to(fund.experiments[lesson.experiment]), f". {_(words.GROUPS[lesson.group])}. "]
    if lesson.used_by:
        about += [_("Taken over by: "), *partner_links(fund, lesson.used_by), "."]
    if about:
        yield Para(about)


def _money(each: Experiment) -> Iterator[tuple[str, list[Run], str]]:
    yield _("Awarded"), [euros(each.award_cents)], ""
    yield _("To be paid back"), [euros(each.repayable_cents)], _("of what was awarded, the rest is a grant")
    yield _("Paid out"), [euros(each.paid_cents)], ""
    yield _("Came back"), [euros(each.returned_cents)], ""
    yield _("Still to come back"), [euros(each.outstanding_cents)], ""
    if each.learning_writeoff_cents:
        what = _("does not come back; the experiment was done well, and taught us something")
        yield _("Invested in learning"), [euros(each.learning_writeoff_cents)], what
    if each.other_writeoff_cents:
        yield _("Given up for another reason"), [euros(each.other_writeoff_cents)], ""


def _plan(each: Experiment) -> Iterator[Block]:
    if not (each.measurement or each.stop_rule or each.milestones):
        return
    yield Heading(_("The plan"))
    rows: list[tuple[str, list[Run], str]] = []
    if each.measurement:
        rows.append((_("How we measure"), [Quote(each.measurement)], ""))
    if each.stop_rule:
        rows.append((_("When we stop"), [Quote(each.stop_rule)], ""))
    if rows:
        yield Facts(rows)
    if each.milestones:
        yield Grid(
            "t-milestones",
            _("Milestones"),
            [Column(_("Milestone")), Column(_("Due")), Column(_("State")), Column(_("Amount"), True)],
            [
                [Quote(one.title), day(one.due_on), _(words.MILESTONES[one.state]), euros(one.amount_cents)]
                for one in each.milestones
            ],
        )


def _lineage(fund: PublicFund, each: Experiment) -> Iterator[Block]:
    if each.follows in fund.experiments:
        yield Heading(_("What came before?"))
        yield Links([[link_to(fund.experiments[each.follows])]])
    after = [fund.experiments[ref] for ref in each.followed_by if ref in fund.experiments]
    if after:
        yield Heading(_("What came next?"))
        yield Links([[link_to(one)] for one in after])
