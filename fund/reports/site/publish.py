"""The public site as files: every page in both languages, the data beside them, put in place as a whole.

Everything is read in one reading transaction and written beside its place; then the folder takes the place of the one
before. A folder that is there already is only replaced when it is a site of ours: it holds the marker file. Same head,
same day: same bytes. Source: people.md (statement site).
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from fund import language
from fund.errors.usage import CouncilPageTooLong, NotOurSite, SiteAroundShell
from fund.language import _, day
from fund.paths import unwritable
from fund.reports.exports.giving import as_package
from fund.reports.exports.register import REGISTER_FORMATS
from fund.reports.site import about, blocks, experiments, pages
from fund.reports.site.figures import FIGURES
from fund.reports.site.public_fund import PublicFund, share_text
from fund.reports.site.shapes import Experiment, Lesson, Member
from fund.reports.statements.council.paper import council_pdf
from fund.reports.statements.formats import as_csv, as_json
from fund.unit_of_work import Snapshot

MARKER = ".fund-site.json"
"""The file by which a folder is known as a site of ours."""
LANGUAGES = ("nl", "en")
Files = dict[str, bytes]
Watch = Callable[[int, int], None]


def site(
    snapshot: Snapshot,
    *,
    folder: str,
    as_of: date | None = None,
    known_at: int | None = None,
    papers: bool = True,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """The public site of the fund at the end of a day, as it was known at an entry, in a folder.

    Args:
        folder: A new folder, or that of an earlier site, which it replaces; not the one that the shell stands in.
        papers: Whether the page for the council of each partner goes along as PDF, in Dutch.
        watch: Hears after each page how many are done, and of how many.

    Raises:
        NotOurSite, SiteAroundShell: As they say; nothing was written.
        ReportsMissing: The extra is not installed.
        FileUnreadable: It cannot be written.
    """
    require_ours(Path(folder))
    fund = PublicFund(snapshot, as_of or snapshot.today, known_at)
    made, too_long = files_of(fund, papers=papers, watch=watch)
    put_in_place(Path(folder), made)
    return {
        "folder": folder,
        "as_of": fund.as_of.isoformat(),
        "known_at": fund.position["known_at"],
        "head": dict(fund.head),
        "pages": sum(name.endswith(".html") for name in made),
        "papers": sum(name.endswith(".pdf") for name in made),
        "left_out_papers": too_long,
        "files": len(made),
        "bytes": sum(len(content) for content in made.values()),
    }


# ----------------------------------------------------------------------------------------------------------- the files


def files_of(fund: PublicFund, *, papers: bool = False, watch: Watch | None = None) -> tuple[Files, list[str]]:
    """Every file of the site by its path, in the order of the paths; and the partners whose paper is too long.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    data = _data(fund)
    columns = {
        name: sorted({column for row in rows for column in row})
        for name, rows in data.items()
        if isinstance(rows, list)
    }
    made: Files = {MARKER: as_json({"made_by": "fund statement site", "as_of": fund.as_of.isoformat(), **_head(fund)})}
    for name, rows in data.items():
        whole = {"as_of": fund.as_of.isoformat(), **_head(fund), "lines": rows} if isinstance(rows, list) else rows
        made[f"data/{name}.csv"] = _csv(rows)
        made[f"data/{name}.json"] = as_json(whole)
    made.update(_public_files(fund))
    done, total = 0, len(LANGUAGES) * (8 + len(fund.experiments) + len(fund.members)) + papers * len(fund.members)

    def step() -> None:
        nonlocal done
        done += 1
        if watch is not None:
            watch(done, total)

    too_long: list[str] = []
    for member in fund.members if papers else ():
        try:
            with _spoken("nl"):
                made[_paper(member)] = council_pdf(fund.councils[member])
        except CouncilPageTooLong:
            too_long.append(member)
        step()
    days: dict[str, str] = {}
    for code in LANGUAGES:
        with _spoken(code):
            shared = _shared(fund)
            days[code] = shared.day
            for page in _pages(fund, columns, made):
                below = "" if code == "nl" else f"{code}/"
                made[f"{below}{page.path}"] = blocks.drawn(page, shared).encode()
                step()
    made["stijl.css"] = blocks.style(days).encode()
    return dict(sorted(made.items())), too_long


def _paper(member: str) -> str:
    return f"partners/{member}/raad.pdf"


def _public_files(fund: PublicFund) -> Files:
    """The files of others' standards: the register of grants, and the package of 360Giving."""
    made = {f"data/register.{name}": form(fund.register) for name, form in REGISTER_FORMATS.items()}
    if fund.giving is not None:
        made["data/360giving.json"] = b"".join(as_package(fund.giving))
    return made


def _pages(fund: PublicFund, columns: Mapping[str, Sequence[str]], made: Files) -> Iterator[blocks.Page]:
    yield pages.start_page(fund)
    yield experiments.list_page(fund)
    yield from experiments.experiment_pages(fund)
    yield pages.money_page(fund)
    yield pages.lessons_page(fund)
    yield pages.partners_page(fund)
    for member in fund.members.values():
        paper = _paper(member.id)
        yield pages.partner_page(fund, member, council=paper if paper in made else "")
    yield about.data_page(fund, columns, published=[name for name in made if name.startswith("data/")])
    yield about.about_page(fund)
    yield about.accessibility_page()


def _shared(fund: PublicFund) -> blocks.Site:
    stand = _("Figures of {day}").format(day=day(fund.as_of))
    head = fund.head
    return blocks.Site(
        name=fund.name,
        stand=f"{stand}. " + _("Until entry {seq}, {hash}.").format(seq=head["seq"], hash=head["hash"][:12]),
        day=stand,
        menu=(
            ("index.html", _("Start")),
            ("experimenten.html", _("Experiments")),
            ("geld.html", _("Money")),
            ("geleerd.html", _("Learned")),
            ("partners.html", _("Partners")),
            ("data.html", _("Data")),
            ("over.html", _("About the fund")),
        ),
        foot=(("toegankelijkheid.html", _("Accessibility")), ("over.html", _("Contact"))),
        skip=_("To the content"),
        menu_name=_("Main menu"),
        as_table=_("The same as a table"),
    )


def _head(fund: PublicFund) -> dict[str, Any]:
    return {"known_at": fund.position["known_at"], "head": dict(fund.head)}


_BETWEEN_US = ("late_items", "collections")
"""What the position tells of single partners that pay late: for office and board, and not for everybody."""


EXPERIMENT = (
    "title group lead parties themes track decided_on started_on ended_on published_on award_cents repayable_cents"
    " paid_cents returned_cents outstanding_cents learning_writeoff_cents other_writeoff_cents"
)
LESSON = "experiment title text themes group lead used_by published_on"
MEMBER = "id name sort called_cents paid_in_cents share received_cents"
"""The columns of the data, in the order that is promised: attributes of the shape."""


def _data(fund: PublicFund) -> dict[str, Any]:
    """The figures by file: rows, or for the position the statement itself."""
    figures = {figure.name: list(figure.rows(fund)) for figure in FIGURES.values()}
    return {
        "positie": {name: value for name, value in fund.position.items() if name not in _BETWEEN_US},
        "experimenten": [{"experiment": each.ref, **_public(each, EXPERIMENT)} for each in fund.experiments.values()],
        "lessen": [_public(each, LESSON) for each in fund.lessons],
        "partners": [{**_public(each, MEMBER), "takes_part": len(each.takes_part)} for each in fund.members.values()],
        **figures,
    }


def _public(shape: Experiment | Lesson | Member, names: str) -> dict[str, Any]:
    """These attributes as JSON has them."""

    def plain(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Fraction):
            return share_text(value)
        return list(value) if isinstance(value, tuple) else value

    return {name: plain(getattr(shape, name)) for name in names.split()}


def _csv(rows: Any) -> bytes:
    if not isinstance(rows, list):
        return as_csv(rows)
    flat = [{key: " ".join(value) if isinstance(value, list) else value for key, value in row.items()} for row in rows]
    return as_csv({"lines": flat})


@contextmanager
def _spoken(code: str) -> Iterator[None]:
    """The pages of one language; afterwards the language of the command is in use again."""
    before = language.language()
    language.choose(code)
    try:
        yield
    finally:
        language.choose(before)


# ---------------------------------------------------------------------------------------------------------- the folder


def require_ours(target: Path) -> None:
    """Nothing, when there is no such folder, an empty one, or a site of ours.

    Raises:
        SiteAroundShell: It is the folder that this command runs in, or one above it.
        NotOurSite: Something else stands there.
    """
    here = Path.cwd()
    if target.resolve() in (here, *here.parents):
        raise SiteAroundShell(path=str(target), here=str(here), suggestion=str(here / "site"))
    if not (target.exists() or target.is_symlink()):
        return
    if target.is_dir() and not target.is_symlink() and ((target / MARKER).is_file() or not any(target.iterdir())):
        return
    raise NotOurSite(path=str(target))


def put_in_place(target: Path, made: Mapping[str, bytes]) -> None:
    """Write the files beside their place and let them take the place of what stands there, as a whole.

    What stood there stays until the new site is complete; if it cannot take its place, the old one comes back.

    Raises:
        FileUnreadable: It cannot be written.
    """
    target = target.absolute()
    tag = uuid.uuid4().hex[:8]
    beside, before = (target.with_name(f".{target.name}.{tag}.{end}") for end in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _swap(beside, target, before)
    except OSError as problem:
        raise unwritable(str(target), problem) from problem
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)


def _swap(beside: Path, target: Path, before: Path) -> None:
    if not target.exists():
        os.replace(beside, target)
        return
    os.replace(target, before)
    try:
        os.replace(beside, target)
    except BaseException:
        os.replace(before, target)
        raise
