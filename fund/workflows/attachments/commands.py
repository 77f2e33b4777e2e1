"""What can be asked of the files of a case: the same for every noun whose cases have any."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fund.declarations import PARTNER, TEXT, Name, Question, Reference, argument, query
from fund.language import N_
from fund.references import ACCOUNT_OF_PAYEE, AGREEMENT, COST, EVALUATION, MILESTONE, PROPOSAL, WRITEOFF

if TYPE_CHECKING:
    from fund.unit_of_work import Snapshot


class FileList(Question[dict[str, Any]]):
    """List the files of a case.

    Each with its number, its size, and since when and from whom the fund has it.
    """

    ref: str = argument(Reference(), N_("The case"))


class FileGet(Question[dict[str, Any]]):
    """Write a file of a case to disk.

    The bytes are checked against the hash that was kept when the file came in. Nothing is written over a file that is
    there unless you say so.
    """

    ref: str = argument(Reference(), N_("The case"))
    file: str | None = argument(TEXT, N_("Its number or hash; not needed for one file"), default=None)


def _listing(noun: str) -> Callable[..., dict[str, Any]]:
    def listed(snapshot: Snapshot, *, ref: str) -> dict[str, Any]:
        from fund.workflows.attachments import reading

        return reading.listed(snapshot, noun, ref=ref)

    return listed


def _getting(noun: str) -> Callable[..., dict[str, Any]]:
    def got(snapshot: Snapshot, *, ref: str, file: str | None = None) -> dict[str, Any]:
        from fund.workflows.attachments import reading

        return reading.got(snapshot, noun, ref=ref, file=file)

    return got


def _declare(noun: str, case: str, example: str, kind: Reference | Name) -> None:
    """The two queries of a noun, each with an input that completes its own cases."""

    @query(
        f"{noun} file list",
        _listing(noun),
        examples=(f"fund --as joost {noun} file list {example}",),
        permitted=N_("whoever may read the case"),
        see=(f"{noun} file get",),
    )
    class _List(FileList):
        __doc__ = FileList.__doc__
        ref: str = argument(kind, case)

    @query(
        f"{noun} file get",
        _getting(noun),
        examples=(
            f"fund --as joost {noun} file get {example} 1",
            f"fund --as joost {noun} file get {example} 1 --output report.pdf",
        ),
        permitted=N_("whoever may read the case"),
        see=(f"{noun} file list",),
    )
    class _Get(FileGet):
        __doc__ = FileGet.__doc__
        ref: str = argument(kind, case)


for _noun, _case, _example, _ref in (
    ("proposal", N_("The proposal"), "2026-003", PROPOSAL),
    ("decision", N_("The proposal"), "2026-003", PROPOSAL),
    ("agreement", N_("The agreement"), "A2026-003", AGREEMENT),
    ("milestone", N_("The milestone"), "A2026-003-1", MILESTONE),
    ("evaluation", N_("The agreement"), "A2026-003", EVALUATION),
    ("writeoff", N_("The write-off"), "A2026-003-W1", WRITEOFF),
    ("partner", N_("The partner"), "gm0308", PARTNER),
    ("payee", N_("The account"), "drukker-1", ACCOUNT_OF_PAYEE),
    ("cost", N_("The cost"), "K2026-0004", COST),
):
    _declare(_noun, _case, _example, _ref)
