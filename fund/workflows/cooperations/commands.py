"""What can be asked of cooperations."""

from __future__ import annotations

from typing import TypedDict

from fund.declarations import (
    PARTNER,
    TEXT_FILE,
    THEME,
    Input,
    InputFile,
    Question,
    Reference,
    Template,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.rules.authority import FUND_MANAGER


@command(
    "cooperation import",
    ".register:import_register",
    FUND_MANAGER,
    examples=("fund --as anna cooperation import cooperations.json",),
    permitted=N_("a fund manager"),
    see=("cooperation template", "cooperation list"),
)
class ImportCooperations(Input):
    """Import the register of cooperations.

    A JSON file as `fund cooperation template` gives it: who takes part, whether the law asks it, traits, themes, since
    and until when. The whole file or nothing; what it does not name stays as it is, and one that ended gets its last
    day. Ties between reviewers and a lead are computed from it from then on.
    """

    file: InputFile = argument(TEXT_FILE, N_("The JSON file; - for standard input"))


class MemberRow(TypedDict):
    partner: str
    name: str
    role: str


class CooperationRow(TypedDict):
    ref: str
    name: str
    short_name: str | None
    challenge: str
    themes: list[str]
    members: list[MemberRow]
    mandatory: bool | None
    traits: dict[str, str]
    service: bool
    since_on: str | None
    until_on: str | None
    remarks: list[str]
    revision: int
    source: str


class RevisionRow(TypedDict):
    revision: int
    seq: int
    recorded_on: str
    by: str
    source: str


class CooperationDetail(CooperationRow):
    revisions: list[RevisionRow]


class Cooperations(TypedDict):
    cooperations: list[CooperationRow]


@query(
    "cooperation list",
    ".register:listed",
    lists={"cooperations": ""},
    examples=("fund cooperation list", "fund cooperation list --partner Zeist --theme energy"),
    see=("cooperation show", "partner list"),
)
class CooperationList(Question[Cooperations]):
    """List the existing cooperations.

    Those of the report of 2025, until the fund imports a register of its own; the list is never complete.
    """

    partner: str = option("--partner", PARTNER, N_("In which this partner takes part"), default="")
    theme: str = option("--theme", THEME, N_("About this theme: T04, or its name"), default="")


@query("cooperation show", ".register:show", examples=("fund cooperation show rid-utrecht",), see=("cooperation list",))
class CooperationShow(Question[CooperationDetail]):
    """Show one cooperation and who takes part."""

    ref: str = argument(Reference(listed=(("cooperation list", "cooperations", "ref"),)), N_("The cooperation"))


@query(
    "cooperation template",
    ".register:template",
    examples=("fund cooperation template > cooperations.json",),
    see=("cooperation import",),
)
class CooperationTemplate(Question[Template]):
    """Print the register as a file to change and import."""
