"""The public pages about the fund, about its data, and the accessibility statement.

What is said about a file of data is said here once: its columns, and what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from fund.language import N_, _, day, language
from fund.reports.exports.register import columns as columns_of_the_register
from fund.reports.site.blocks import Block, Column, Facts, Grid, Heading, Link, Links, Page, Para, Run, percent
from fund.reports.site.public_fund import PublicFund

FILES: Mapping[str, str] = {
    "register": N_("The register of grants, as the law on open government asks it: a row for each decision"),
    "360giving": N_("The same in the standard 360Giving, with payments and what came back"),
    "positie": N_("The position of the fund: every figure, with its definition and what it is made of"),
    "experimenten": N_("Every experiment: parties, where it stands, money"),
    "lessen": N_("Every published lesson"),
    "partners": N_("Every partner: paid in, received, experiments"),
    "saldo": N_("What was in the bank at the end of each month or quarter, and what is expected"),
    "in-en-uit": N_("What came in and went out, by purpose"),
    "experimenten-per-toestand": N_("Experiments by where they stand"),
    "revolverendheid": N_("What came back, what is expected, the target"),
    "moeite": N_("What proposals asked of people, by track and year"),
}
"""The files of data, without their ending, and what each holds."""
TESTED_ON = date(2026, 11, 26)
"""The day on which the pages were last tested as the accessibility statement says."""
COLUMNS: Mapping[str, str] = {
    "amount_cents": N_("an amount in whole cents; out is below zero"),
    "award_cents": N_("awarded, in cents"),
    "balance_cents": N_("in the bank and in the treasury at the end of the day, in cents"),
    "buffer_cents": N_("the buffer of the regulations of that day, in cents"),
    "high_cents": N_("the upper side of what is expected, in cents"),
    "known": N_("true for what happened, false for what is expected"),
    "low_cents": N_("the lower side of what is expected: nine times in ten there is more, in cents"),
    "called_cents": N_("asked of the partner in all, in cents"),
    "days": N_("days from the close of the round to the first payment, on average, as an exact fraction"),
    "decided_on": N_("the day of the decision"),
    "ended_on": N_("the day on which the work ended"),
    "experiment": N_("the number of the experiment"),
    "experiments": N_("how many experiments"),
    "group": N_(
        "where it stands: `awarded`, `running`, `evaluating`, `confirmed`, `inconclusive`, "
        "`learned`, `refuted`, `stopped`"
    ),
    "id": N_("the number of the partner"),
    "kind": N_("`returned`, `expected` or `target`"),
    "lead": N_("the number of the partner that leads"),
    "learned": N_("whether it did not work and we know why"),
    "learning_writeoff_cents": N_("invested in learning: it does not come back, in cents"),
    "name": N_("what it is called"),
    "on": N_("the day"),
    "other_writeoff_cents": N_("given up for another reason, in cents"),
    "outstanding_cents": N_("still to come back, in cents"),
    "over_target": N_("how many asked more than the target"),
    "paid_cents": N_("paid out, in cents"),
    "paid_in_cents": N_("paid by the partner, in cents"),
    "parties": N_("the numbers of the partners that take part"),
    "people": N_("how many people, on average, as an exact fraction"),
    "proposals": N_("how many proposals"),
    "published_on": N_("the day of publication"),
    "received_cents": N_("paid to experiments that the partner leads, in cents"),
    "repayable_cents": N_("of the award, what must come back, in cents"),
    "returned_cents": N_("what came back, in cents"),
    "share": N_("a share as an exact fraction"),
    "sort": N_("the kind of government"),
    "started_on": N_("the day on which the work started"),
    "state": N_("where it stands, see `group`"),
    "steps": N_("steps by people from draft to first payment, on average, as an exact fraction"),
    "takes_part": N_("how many experiments it takes part in"),
    "target": N_("what is aimed at, as an exact fraction"),
    "target_days": N_("the target for days"),
    "target_people": N_("the target for people"),
    "target_steps": N_("the target for steps"),
    "text": N_("the lesson"),
    "themes": N_("the numbers of the themes"),
    "title": N_("what it is called"),
    "total": N_("whether it is what is left, and not something that moved"),
    "track": N_("`light`, `standard` or `major`"),
    "used_by": N_("the numbers of the partners that took it over"),
    "year": N_("the year of the first payment"),
}
"""What each column means."""


def data_page(fund: PublicFund, columns: Mapping[str, Sequence[str]], published: Sequence[str]) -> Page:
    """The files, their columns, and how to check a figure.

    Args:
        columns: By file of figures (without its ending) its columns.
        published: Every file of data there is, by its path.
    """
    head = fund.head
    blocks: list[Block] = [
        Para([_("All figures of this site are here as files. You may use them for anything.")], "lead"),
        Para([_("CSV opens in a spreadsheet. JSON is for programs. Amounts are in whole cents.")]),
        Heading(_("The files")),
        Links(list(_files(published))),
        Heading(_("The columns")),
        Grid(
            "t-columns",
            _("Columns of the files, and what they mean"),
            [Column(_("Column")), Column(_("What it means")), Column(_("In which file"))],
            [
                [
                    column,
                    _(COLUMNS[column]) if column in COLUMNS else "",
                    ", ".join(name for name, held in columns.items() if column in held),
                ]
                for column in sorted({each for held in columns.values() for each in held})
            ],
        ),
        _register_columns(),
        Heading(_("How to check a figure")),
        Para(
            [
                _("All figures come from one ledger. Each entry holds the hash of the one before, so none can change."),
                " ",
                _("This site was made when entry {seq} was the last.").format(seq=head["seq"]),
            ]
        ),
        Facts([(_("Last entry"), [str(head["seq"])], ""), (_("Its hash"), [head["hash"]], "")]),
        Para([_("Whoever has the fund on their computer gets the same figures with these commands:")]),
        Para([f"fund statement position --as-of {fund.as_of} --known-at {head['seq']}"], "command"),
        Para([f"fund ledger trial-balance --as-of {fund.as_of} --known-at {head['seq']}"], "command"),
        Para(["fund verify"], "command"),
        Para([_("Others ask the auditor of the fund, or the contact on the page about the fund.")]),
    ]
    return Page("data.html", _("Data"), blocks, "data.html")


def _files(published: Sequence[str]) -> Iterator[list[Run]]:
    for name, what in FILES.items():
        line: list[Run] = []
        for path in (f"data/{name}.csv", f"data/{name}.json"):
            if path in published:
                line += [", "] if line else []
                line.append(Link(path.removeprefix("data/"), path, shared=True))
        if line:
            yield [*line, f": {_(what)}"]


def _register_columns() -> Block:
    tongue = "nl" if language() == "nl" else "en"
    return Grid(
        "t-register",
        _("Columns of the register"),
        [Column(_("Column")), Column(_("What it means"))],
        [[each["column"], each[tongue]] for each in columns_of_the_register()],
    )


def about_page(fund: PublicFund) -> Page:
    """What the fund is, how it works, whom to ask."""
    target = percent(f"{fund.rules.revolving_target_bps}/10000")
    owners = _(
        "The fund belongs to the governments that pay into it: municipalities, water boards, regions, a province."
    )
    parts: list[tuple[str, list[list[Run]]]] = [
        (
            _("How it works"),
            [
                [_("A partner has an idea for a better way of working. It looks for others that want to try it too.")],
                [_("Together they ask the fund for money. Others judge the idea. A committee of partners decides.")],
                [
                    _("Part of the money must be paid back. We aim at {target}.").format(target=target),
                    " ",
                    _("Then others can use it again."),
                ],
                [
                    _("Sometimes an idea is not right. Then the partners say so, and tell what they learned."),
                    " ",
                    _("They need not pay that part back."),
                ],
            ],
        ),
        (
            _("Who is who"),
            [
                [_("The partners are the owners."), " ", Link(_("These are the partners"), "partners.html"), "."],
                [_("A fund manager does the daily work. A treasurer looks after the money. An auditor checks both.")],
                [_("Nobody can pay alone: each payment needs three people.")],
            ],
        ),
        (_("Contact"), [*_reach(fund), [_("Your own municipality, water board, region or province can help you.")]]),
        (
            _("About this site"),
            [
                [_("The site holds no names of people. It sets no cookies, and it does not follow you.")],
                [
                    _("The figures are of {day}.").format(day=day(fund.as_of)),
                    " ",
                    Link(_("This is how you check them"), "data.html"),
                    ".",
                ],
            ],
        ),
    ]
    blocks: list[Block] = [Para([owners], "lead")]
    for title, paragraphs in parts:
        blocks += [Heading(title), *(Para(each) for each in paragraphs)]
    return Page("over.html", _("About the fund"), blocks, "over.html")


def _reach(fund: PublicFund) -> list[list[Run]]:
    """How the fund is reached, where its regulations say so."""
    contact = fund.rules.contact
    if contact is None or not (contact.telephone or contact.mail):
        return [[_("Ask the fund manager. Every partner knows how to reach them.")]]
    lines: list[list[Run]] = [[_("Ask the fund manager.")]]
    if contact.telephone:
        lines.append([_("Telephone: {number}").format(number=contact.telephone)])
    if contact.mail:
        lines.append([_("Mail: {address}").format(address=contact.mail)])
    return lines


def accessibility_page() -> Page:
    """The accessibility statement: what was done, how it was tested, what is not right yet, whom to tell."""
    blocks: list[Block] = [
        Para([_("Everybody must be able to use this site. This is how far we are.")], "lead"),
        Heading(_("Status")),
        Para(
            [
                _("The site was made to meet WCAG 2.2, levels A and AA (EN 301 549)."),
                " ",
                _("We checked it ourselves. No outside office has tested it yet."),
            ]
        ),
        Heading(_("How we tested")),
        Links(
            [
                [_("A program (axe-core) looked at every page of an example: wide, narrow, light, dark. No faults.")],
                [_("Other tests run with every change: headings, landmarks, tables, links, colours, size.")],
                [_("We looked at the pages on a wide and a narrow screen, in the dark, and on paper.")],
                [_("People who use a screen reader have not tested it yet.")],
            ]
        ),
        Heading(_("What you can count on")),
        Links(
            [
                [_("It works with the keyboard alone, and without scripts.")],
                [_("Each chart has a description, and the same figures as a table and as a file.")],
                [_("Colour is never the only sign: a word, a mark or a dash says the same.")],
                [_("You can make the text twice as large. It follows the dark mode of your device.")],
            ]
        ),
        Heading(_("What is not right yet")),
        Links(
            [
                [_("Texts of partners are in Dutch only, on the English pages too.")],
                [_("Wide tables scroll sideways within their own frame on a narrow screen.")],
            ]
        ),
        Heading(_("Tell us")),
        Para(
            [
                _("Does something not work for you? Tell the fund manager: that is a fault, not a wish."),
                " ",
                Link(_("Contact"), "over.html"),
                ".",
            ]
        ),
        Para([_("We tested last on {day}.").format(day=day(TESTED_ON))]),
    ]
    return Page("toegankelijkheid.html", _("Accessibility"), blocks)
