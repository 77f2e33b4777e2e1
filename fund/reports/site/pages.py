"""The public pages of the fund as a whole: start, money, lessons, partners; each figure with what it is.

Experiments have a chapter of their own, and so have the pages about the fund and its data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fund.glossary import track_word
from fund.language import _, day, euros, ngettext
from fund.reports.site import words
from fund.reports.site.blocks import Block, Column, Facts, Grid, Heading, Link, Links, Page, Para, Quote, Run, percent
from fund.reports.site.experiments import card, explained, link_to, theme
from fund.reports.site.figures import FIGURES, chart_of
from fund.reports.site.public_fund import PublicFund
from fund.reports.site.shapes import Experiment, Lesson, Member
from fund.rules.valuation import nothing_free

NEWEST = 6
DECISIONS = 60
"""So many decisions on grants stand on the page, the newest; the file has them all."""
MOST = 600
"""A lesson longer than this is cut on the page of all lessons; the page of its experiment has it whole."""
MONEY = (
    ("cash_cents", 1),
    ("in_transit_cents", 1),
    ("owed_cents", -1),
    ("buffer_cents", -1),
    ("committed_cents", -1),
    ("free_to_commit_cents", 1),
)
"""What free to commit is made of, and the sign with which it counts; the last is the sum of those before."""


def _drawn(fund: PublicFund, *names: str) -> Iterator[Block]:
    for name in names:
        found = chart_of(fund, FIGURES[name])
        if found is not None:
            yield found


# ---------------------------------------------------------------------------------------------------------------- start


def start_page(fund: PublicFund) -> Page:
    """Four facts, the charts, what is new."""
    position = fund.position
    running = sum(each.group == "running" for each in fund.experiments.values())
    learned = sum(each.group == "learned" for each in fund.experiments.values())
    facts: list[tuple[str, list[Run], str]] = [
        (_("In the bank"), [euros(position["cash_cents"])], ""),
        (
            _("Free to commit"),
            [euros(max(position["free_to_commit_cents"], 0))],
            nothing_free(position["free_to_commit_cents"], position["capital_cents"])
            or _("what new experiments can get"),
        ),
        (
            _("Experiments"),
            [str(len(fund.experiments))],
            _("{running} running, of {learned} we learned why it does not work").format(
                running=running, learned=learned
            ),
        ),
        (_("Came back"), [euros(position["returned_cents"])], _("it goes to new experiments")),
    ]
    blocks: list[Block] = [
        Para(
            [
                _("Governments in the province of Utrecht put money together."),
                " ",
                _("With it they try new ways of working. What is paid back goes to the next experiment."),
            ],
            "lead",
        ),
        Facts(facts, big=True),
        *_open_rounds(fund),
        Heading(_("How the fund is doing")),
        *_drawn(fund, "saldo", "in-en-uit", "experimenten-per-toestand", "revolverendheid", "moeite"),
        Heading(_("What is new")),
        _news(fund),
        *explained("balance", "buffer", "revolving", "track", "roll_out"),
    ]
    return Page("index.html", _("The fund at a glance"), blocks)


def _open_rounds(fund: PublicFund) -> Iterator[Block]:
    """Where an idea can be handed in now, until when, and on what conditions."""
    if not fund.open_rounds:
        return
    yield Heading(_("Hand in an idea"))
    for each in fund.open_rounds:
        yield Facts(
            [
                (_("Round"), [Quote(each.title)], ""),
                (_("Opened"), [day(each.opens_on)], ""),
                (_("Last day"), [day(each.closes_on)], _("at the end of that day the round closes")),
                (_("Track"), [track_word(each.track)], _("one proposal asks {band}").format(band=each.rules.band())),
                (_("In all"), [euros(each.ceiling_cents)], _("what this round can give")),
            ]
        )
    yield Para([_("A partner of the fund hands in the idea. Everybody can think of one: talk to a partner near you.")])


def _news(fund: PublicFund) -> Block:
    if not fund.news:
        return Para([_("Nothing happened yet.")])
    return Links(
        [
            [f"{day(each.on)}: {_(words.NEWS[each.what])}, ", link_to(fund.experiments[each.experiment])]
            for each in fund.news[:NEWEST]
        ]
    )


# ---------------------------------------------------------------------------------------------------------------- money


def money_page(fund: PublicFund) -> Page:
    """What there is and what of it is free, what went to learning, what came back; every grant."""
    position, rules = fund.position, fund.rules
    names = {
        "cash_cents": (_("In the bank"), _("the accounts of the fund, the treasury's too")),
        "in_transit_cents": (_("Under way"), _("on its way to or from the bank")),
        "owed_cents": (_("To be paid"), _("approved, or not ours")),
        "buffer_cents": (_("Buffer"), _("the rules say that this stays in the bank")),
        "committed_cents": (_("Committed"), _("promised to experiments, not yet paid")),
        "free_to_commit_cents": (
            _("Free to commit") if position["free_to_commit_cents"] >= 0 else _("Short"),
            _("the sum of what is above"),
        ),
    }
    rows = [[names[key][0], names[key][1], euros(sign * position[key])] for key, sign in MONEY]
    year = fund.quantities.during(fund.as_of.replace(month=1, day=1))
    spent = year.main_balances.get("4200", 0)
    blocks: list[Block] = [
        Para([_("Here you see every euro: what came in, what went out, and what is left.")], "lead"),
        Grid(
            "t-free",
            _("What can still be given on {day}").format(day=day(fund.as_of)),
            [Column(_("What")), Column(_("Which means")), Column(_("Amount"), True)],
            rows[:-1],
            rows[-1],
        ),
        *_command(f"fund statement position --as-of {fund.as_of} --known-at {position['known_at']}"),
        *_drawn(fund, "in-en-uit"),
        Heading(_("What the fund is worth")),
        Grid(
            "t-worth",
            _("The value of the fund on {day}").format(day=day(fund.as_of)),
            [Column(_("What")), Column(_("Which means")), Column(_("Amount"), True)],
            [
                [_("Capital"), _("what partners were asked to pay in"), euros(position["capital_cents"])],
                [_("Still to be received"), _("asked, not paid yet"), euros(position["receivable_cents"])],
                [_("Outstanding"), _("what experiments still have to pay back"), euros(position["outstanding_cents"])],
                [_("Allowance"), _("what we think will not come back"), euros(position["allowance_cents"])],
                [
                    _("Net asset value"),
                    _("what the fund owns less what it owes"),
                    euros(position["net_asset_value_cents"]),
                ],
            ],
        ),
        Heading(_("What learning costs"), id="learning"),
        Para(
            [
                _("Some ideas are not right. If they were tried well, the money was not wasted: we learned from it."),
                " ",
                _("The rules set a budget for this."),
            ]
        ),
        Facts(
            [
                (_("Invested in learning"), [euros(position["learning_writeoffs_cents"])], _("since the start")),
                (_("Of which in {year}").format(year=fund.as_of.year), [euros(spent)], ""),
                (_("Budget for a year"), [euros(rules.learning_budget_cents)], _("beyond it more votes are needed")),
                (_("Given up for another reason"), [euros(position["other_writeoffs_cents"])], ""),
            ]
        ),
        Heading(_("Does the money come back?")),
        *_drawn(fund, "revolverendheid"),
        Para([_("There is more than one way to calculate this. Each has its own name.")]),
        _degrees(fund),
        Heading(_("Grants"), id="grants"),
        *_grants(fund),
        *explained("buffer", "revolving", "regulations", "award"),
    ]
    return Page("geld.html", _("The money"), blocks, "geld.html")


def _command(command: str) -> Iterator[Block]:
    yield Para([_("Check it yourself:")])
    yield Para([command], "command")


def _degrees(fund: PublicFund) -> Block:
    from fund.reports.indicators import INDICATORS

    names = ("realised_revolving_degree", "portfolio_revolving_degree", "fund_revolving_degree", "revolving_target")
    figures = fund.position["indicators"]
    rows = [
        [_(each.title), _(each.definition), percent(figures[each.name]["value"])]
        for each in INDICATORS
        if each.name in names
    ]
    return Grid(
        "t-degrees",
        _("Revolving degree, by name"),
        [Column(_("Figure")), Column(_("How it is calculated")), Column(_("Value"), True)],
        rows,
    )


def _grants(fund: PublicFund) -> Iterator[Block]:
    """The register: each decision, with what the law asks of it (Woo 3.3a)."""
    rows = fund.register["rows"]
    if not rows:
        yield Para([_("No money was awarded yet.")])
        return
    yield Para(
        [
            _("Each decision has a row: money given, changed, taken back, or settled at the end."),
            " ",
            _("The whole register is a file: "),
            Link("register.csv", "data/register.csv", shared=True),
            ".",
        ]
    )
    by_proposal = {each.proposal: each for each in fund.experiments.values()}
    newest = sorted(rows, key=lambda row: (row["decided_on"], row["fact"]), reverse=True)[:DECISIONS]
    yield Grid(
        "t-grants",
        _("The newest {shown} of {count} decisions on grants").format(shown=len(newest), count=len(rows))
        if len(newest) < len(rows)
        else _("All decisions on grants, the newest first"),
        [
            Column(_("Experiment")),
            Column(_("Decision")),
            Column(_("Recipient")),
            Column(_("Rules")),
            Column(_("Change"), True),
            Column(_("Granted"), True),
            Column(_("Settled"), True),
        ],
        [_decision(fund, row, by_proposal) for row in newest],
    )


def _decision(fund: PublicFund, row: Mapping[str, Any], by_proposal: Mapping[str, Experiment]) -> list[Run]:
    experiment = by_proposal.get(row["grant"])
    return [
        link_to(experiment) if experiment is not None else Quote(row["title"]),
        f"{_(words.DECISIONS[row['kind']])}, {day(row['decided_on'])}",
        fund.members[row["lead"]].short_name if row["lead"] in fund.members else row["lead_name"],
        row["scheme"],
        euros(row["change_cents"]),
        euros(row["granted_cents"]),
        "" if row["determined_cents"] is None else euros(row["determined_cents"]),
    ]


# -------------------------------------------------------------------------------------------------------------- lessons


def lessons_page(fund: PublicFund) -> Page:
    """Every lesson; those of ideas that were not right come first."""
    blocks: list[Block] = [
        Para([_("We try things out to learn. An idea that was not right teaches as much as one that was.")], "lead")
    ]
    if not fund.lessons:
        blocks.append(Para([_("No lessons were published yet.")]))
    learned = [each for each in fund.lessons if each.group in ("learned", "refuted")]
    others = [each for each in fund.lessons if each not in learned]
    for title, id, some in (
        (_("It did not work, and this is what we learned"), "learned", learned),
        (_("It worked, or is not clear yet"), "worked", others),
    ):
        if some:
            blocks.append(Heading(title, id=id))
            for each in some:
                blocks += _card(fund, each)
    return Page("geleerd.html", _("What we learned"), blocks, "geleerd.html")


def _card(fund: PublicFund, lesson: Lesson) -> Iterator[Block]:
    yield from card(fund, lesson, level=3, most=MOST)
    if lesson.themes:
        yield Para([_("Themes: {themes}").format(themes=", ".join(theme(each) for each in lesson.themes))])


# ------------------------------------------------------------------------------------------------------------- partners


def partners_page(fund: PublicFund) -> Page:
    """Every partner with what it paid in, received and takes part in."""
    members = list(fund.members.values())
    blocks: list[Block] = [
        Para(
            [
                ngettext(
                    "{count} government pays into the fund and takes part in experiments.",
                    "{count} governments pay into the fund and take part in experiments.",
                    len(members),
                ).format(count=len(members))
            ],
            "lead",
        )
    ]
    if members:
        blocks.append(
            Grid(
                "t-partners",
                _("The partners on {day}").format(day=day(fund.as_of)),
                [
                    Column(_("Partner")),
                    Column(_("Kind")),
                    Column(_("Paid in"), True),
                    Column(_("Received"), True),
                    Column(_("Experiments"), True),
                ],
                [
                    [
                        Link(each.short_name, f"partners/{each.id}.html"),
                        _(words.SORTS[each.sort]) if each.sort in words.SORTS else each.sort,
                        euros(each.paid_in_cents),
                        euros(each.received_cents),
                        str(len(each.takes_part)),
                    ]
                    for each in members
                ],
                [
                    _("Together"),
                    "",
                    euros(sum(each.paid_in_cents for each in members)),
                    euros(sum(each.received_cents for each in members)),
                    str(len(fund.experiments)),
                ],
            )
        )
    return Page("partners.html", _("Partners"), blocks, "partners.html")


def partner_page(fund: PublicFund, member: Member, *, council: str = "") -> Page:
    """One partner.

    Args:
        council: Where the page for its council stands as PDF; empty where there is none.
    """
    blocks: list[Block] = [
        Facts(
            [
                (_("Paid in"), [euros(member.paid_in_cents)], ""),
                (
                    _("Received"),
                    [euros(member.received_cents)],
                    _("paid to experiments that it leads, for all that take part"),
                ),
                (_("Experiments"), [str(len(member.takes_part))], _("that it takes part in")),
            ],
            big=True,
        ),
        Facts(
            [
                (_("Kind"), [_(words.SORTS[member.sort]) if member.sort in words.SORTS else member.sort], ""),
                (_("Asked in all"), [euros(member.called_cents)], ""),
                (_("Still to be paid"), [euros(member.called_cents - member.paid_in_cents)], ""),
                (_("Share of the capital"), [percent(member.share)], ""),
                (_("Number"), [member.id], ""),
            ]
        ),
        Heading(_("Experiments")),
    ]
    mine = [fund.experiments[ref] for ref in member.takes_part]
    if mine:
        blocks.append(
            Grid(
                "t-experiments",
                _("Experiments that {name} takes part in").format(name=member.short_name),
                [Column(_("Experiment")), Column(_("Role")), Column(_("State")), Column(_("Awarded"), True)],
                [
                    [
                        link_to(each),
                        _("lead") if each.lead == member.id else _("takes part"),
                        _(words.GROUPS[each.group]),
                        euros(each.award_cents),
                    ]
                    for each in mine
                ],
            )
        )
    else:
        blocks.append(Para([_("{name} does not take part in an experiment yet.").format(name=member.short_name)]))
    if member.calls:
        blocks += [
            Heading(_("Contributions")),
            Grid(
                "t-calls",
                _("What {name} was asked and paid").format(name=member.short_name),
                [Column(_("Call")), Column(_("Asked on")), Column(_("Asked"), True), Column(_("Paid"), True)],
                [
                    [each["ref"], day(each["called_on"]), euros(each["called_cents"]), euros(each["received_cents"])]
                    for each in member.calls
                ],
            ),
        ]
    if council:
        blocks += [
            Heading(_("For its council")),
            Para([Link(_("One page for the council of {name} (PDF)").format(name=member.name), council, shared=True)]),
        ]
    return Page(f"partners/{member.id}.html", member.name, blocks, "partners.html")
