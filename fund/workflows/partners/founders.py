"""Founders come in a file, before the first call; the founding key comes with the regulations."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date

from fund.declarations import InputFile
from fund.errors.capital import FaultyPartnerFile, FoundersOnly, PartnerNameTaken
from fund.events import Envelope
from fund.events.capital import KeyAdopted, PartnerAdmitted
from fund.language import _
from fund.rules.keys import Share, fraction_text, shares, year_of
from fund.schemas.capital import Call, Partner, members_of
from fund.schemas.disbursements import Payee
from fund.schemas.people import RegulationsFile
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.partners.reviewing import plan_review

SORTS = ("municipality", "water_board", "region", "province")
_ID = re.compile(r"[a-z]{2}[a-z0-9-]{1,30}", re.ASCII)
_COLUMNS = ("id", "naam", "korte_naam", "kind_en", "size_class_en", "inwoners", "inwoners_peiljaar", "regio_id")


def import_partners(uow: UnitOfWork, *, file: InputFile, on: date | None = None) -> None:
    """The founders take part from a day on, and the founding key of the regulations holds over them.

    The whole file or nothing. Partners that are known already stay as they are and are counted; so the same file twice
    changes nothing.

    Args:
        file: A CSV file with the columns of ``fund/data/partners.csv``.
        on: The day from which they take part, default today.

    Raises:
        FaultyPartnerFile: A column, value or line is wrong; the message names the line.
        FoundersOnly: A new partner after the first call.
        PartnerNameTaken: A supplier goes by the id of a new partner.
        InhabitantsMissing: The founding key needs inhabitants that are not known.
        KeyLeavesNothing: The founding key takes more than the whole of these partners.
    """
    day = on or uow.today
    rows = read_partners(file["content"], file["name"])
    new = [row for row in rows if uow.maybe(Partner, row.ref) is None]
    if new:
        first = next(iter(uow.cases(Call)), None)
        if first is not None:
            raise FoundersOnly(partner=new[0].ref, called_on=first.called_on, call=first.ref)
    for row in new:
        require_no_supplier(uow, row.ref)
    last: Envelope | None = None
    for row in new:
        last = uow.record(row.model_copy(update={"joined_on": day}), effective_on=day)
    if last is not None:
        _adopt_founding_key(uow, last)
    uow.result.update(partners_new=len(new), partners_known=len(rows) - len(new))
    uow.next_step = "fund key compare --amount 100000"


def require_no_supplier(snapshot: Snapshot, ref: str) -> None:
    """Nothing, unless a supplier goes by this id: what the partner is owed would go to the account of the supplier.

    Raises:
        PartnerNameTaken: One does.
    """
    taken = next(iter(snapshot.cases(Payee, partner=ref)), None)
    if taken is not None:
        raise PartnerNameTaken(partner=ref, payee_ref=taken.ref)


def _adopt_founding_key(uow: UnitOfWork, cause: Envelope) -> None:
    """The key of the regulations over everybody who takes part now; partners that join later only re-scale it."""
    rules = uow.regulations().key
    adopted = sorted(case.from_on for case in uow.cases(RegulationsFile))
    members = members_of(uow.cases(Partner, states=["active"]))
    if not any(member.sort == "municipality" for member in members) and rules.family != "equal":
        return
    year = year_of(rules.family, rules.reference_year)
    divided = shares(rules.family, members, reference_year=year, base_bps=rules.base_bps, fixed_bps=rules.fixed_bps)
    fact = KeyAdopted(
        ref=rules.name,
        family=rules.family,
        reference_year=year,
        base_bps=rules.base_bps,
        fixed_bps=dict(rules.fixed_bps),
        from_on=min(adopted[0], uow.today),
        shares=texts_of(divided),
        founding=True,
    )
    plan_review(uow, uow.record(fact, cause=cause, reaction="partners.founding_key"))


def read_partners(content: bytes, name: str) -> list[PartnerAdmitted]:
    """The rows of a partner file, as founders; the day from which they take part is still open.

    Raises:
        FaultyPartnerFile: A column, value or line is wrong; the message names the line.
    """

    def faulty(line: int, excerpt: str, problem: str) -> FaultyPartnerFile:
        return FaultyPartnerFile(file=name, line=line, excerpt=excerpt[:60], problem=problem)

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise faulty(line, "", _("it is not UTF-8")) from problem
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise faulty(
            1,
            ",".join(reader.fieldnames or ()),
            _("these columns are missing: {columns}").format(columns=", ".join(missing)),
        )
    rows: list[PartnerAdmitted] = []
    seen: dict[str, int] = {}
    try:
        records = [(reader.line_num, row) for row in reader]
    except csv.Error as problem:
        told = _("the line cannot be read: {problem}").format(problem=problem)
        raise faulty(reader.line_num + 1, "", told) from problem
    for line, row in records:
        values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
        excerpt = ",".join(values.values())
        if None in row or any(value is None for value in row.values()):
            raise faulty(line, excerpt, _("the line has another number of fields than the header"))
        ref = values["id"]
        if not _ID.fullmatch(ref):
            raise faulty(line, excerpt, _('"{value}" is not a partner id such as `gm0344`').format(value=ref))
        if ref in seen:
            raise faulty(line, excerpt, _("{partner} is on line {first} as well").format(partner=ref, first=seen[ref]))
        seen[ref] = line
        if not values["naam"]:
            raise faulty(line, excerpt, _("the name (naam) is empty"))
        if values["kind_en"] not in SORTS:
            raise faulty(
                line,
                excerpt,
                _('"{value}" is not a kind of partner; kinds are {known}').format(
                    value=values["kind_en"], known=", ".join(SORTS)
                ),
            )
        for number in (values["inwoners"], values["inwoners_peiljaar"]):
            if number and not re.fullmatch(r"[0-9]{1,9}", number, re.ASCII):
                raise faulty(line, excerpt, _('"{value}" is not a whole number').format(value=number))
        rows.append(
            PartnerAdmitted(
                ref=ref,
                name=values["naam"],
                short_name=values["korte_naam"] or values["naam"],
                sort=values["kind_en"],
                size_class="" if values["size_class_en"] == "n/a" else values["size_class_en"],
                region=values["regio_id"] or None,
                inhabitants=int(values["inwoners"]) if values["inwoners"] else None,
                inhabitants_year=int(values["inwoners_peiljaar"]) if values["inwoners_peiljaar"] else None,
                joined_on=date.min,
            )
        )
    if not rows:
        raise faulty(1, ",".join(reader.fieldnames or ()), _("there is no partner in it"))
    return rows


def texts_of(divided: Sequence[Share]) -> dict[str, str]:
    """The weight of each partner that has one, as the exact fraction a fact keeps."""
    return {share.partner: fraction_text(share.weight) for share in divided if share.weight}
