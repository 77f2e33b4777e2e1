"""The whole ledger as lines of JSON that an auditor checks without us, and proofs of single entries.

Everything is written line by line: a ledger of a million entries is never in memory as a whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from fund.errors.usage import NothingToProve
from fund.ledger import Account, Ledger, TrialBalanceRow, flushed
from fund.reports.exports.excerpt import STEP, Held, stepped, taken
from fund.reports.exports.files import MANIFEST, folder_beside
from fund.unit_of_work import Snapshot

VERIFIER = "verify_export.py"


def jsonl(
    snapshot: Snapshot,
    *,
    folder: str,
    since: date | None = None,
    until: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """The whole ledger in a folder, one object a line, with a manifest and the program that checks it.

    With days, or a number, only the entries of these: :func:`_stretch`.

    Raises:
        ExportTurnedAround: The last day lies before the first.
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    if since is None and until is None and known_at is None:
        return ledger_folder(snapshot.full_ledger, Path(folder))
    return _stretch(snapshot, folder, since, until, known_at)


def _stretch(
    snapshot: Snapshot, folder: str, since: date | None, until: date | None, known_at: int | None
) -> dict[str, Any]:
    """The entries of some days, between what stood before and what stands after.

    The manifest says which numbers they are. Entries bear their hashes as in the whole ledger, so each can be sealed
    again and those that follow each other are linked; that nothing is missing shows the whole ledger alone, or a proof
    (``ledger prove``). So the program that checks a chain from its beginning does not lie beside them.
    """
    excerpt, held = taken(snapshot, since, until, known_at), Held()
    with folder_beside(folder) as part:
        exported = snapshot.full_ledger.export_entries(since=since, as_of=until, until_seq=known_at)
        files = {
            "accounts.jsonl": _write(part / "accounts.jsonl", map(_account, excerpt.accounts.values())),
            "opening.jsonl": _write(part / "opening.jsonl", map(_sides, excerpt.before)),
            "entries.jsonl": _write(part / "entries.jsonl", _holding(exported, held, excerpt.last_seq)),
            "closing.jsonl": _write(part / "closing.jsonl", map(_sides, excerpt.moved)),
        }
        manifest = excerpt.manifest("fund-ledger-stretch", held, files)
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return {"folder": folder, "manifest": manifest}


def _holding(entries: Iterable[Mapping[str, Any]], held: Held, total: int) -> Iterator[Mapping[str, Any]]:
    seen = 0
    for entry in entries:
        held.add(entry["seq"])
        if entry["seq"] - seen >= STEP:
            stepped(total, entry["seq"] - seen)
            seen = entry["seq"]
        yield entry


def ledger_folder(ledger: Ledger, folder: Path) -> dict[str, Any]:
    """As :func:`jsonl`, for any ledger."""
    with folder_beside(str(folder)) as part:
        head = ledger.head()
        flushed(ledger.connection)
        counted = _Counted(ledger)
        files = {
            "entries.jsonl": _write(part / "entries.jsonl", counted.through(ledger.export_entries())),
            "trial_balance.jsonl": _write(part / "trial_balance.jsonl", map(_sides, ledger.trial_balance())),
            "accounts.jsonl": _write(part / "accounts.jsonl", map(_account, ledger.accounts())),
            "account_changes.jsonl": _write(part / "account_changes.jsonl", ledger.told_steps("account_change")),
            "periods.jsonl": _write(part / "periods.jsonl", ledger.told_steps("period")),
            "account_sets.jsonl": _write(part / "account_sets.jsonl", ledger.told_steps("account_set")),
            "anchors.jsonl": _write(part / "anchors.jsonl", (one.as_json() for one in ledger.anchors())),
        }
        with resources.as_file(resources.files("fund.ledger") / VERIFIER) as program:
            shutil.copyfile(program, part / VERIFIER)
        manifest = {
            "format": "fund-ledger-export",
            "version": 1,
            "book": ledger.book,
            "currency": ledger.currency,
            "entries": counted.tree.size,
            "head_hash": head.hash.hex(),
            "root": counted.tree.root.hex(),
            "files": files,
        }
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return {"folder": str(folder), "manifest": manifest}


class _Counted:
    """The tree over the entries that went by, and how many there are in all."""

    def __init__(self, ledger: Ledger) -> None:
        self.total = ledger.head().seq
        self.tree = ledger.tree()

    def through(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for entry in entries:
            self.tree.add(bytes.fromhex(entry["hash"]))
            if self.tree.size % STEP == 0:
                stepped(self.total, STEP)
            yield entry


def _write(path: Path, objects: Iterable[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256()
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with path.open("wb") as file:
        for one in objects:
            line = encode(one).encode("utf-8", "surrogateescape") + b"\n"
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def _sides(row: TrialBalanceRow) -> dict[str, Any]:
    """What moved on both sides of an account, from the first day on."""
    return {
        "code": row.code,
        "layer": row.layer.value,
        "currency": row.currency,
        "debit_cents": row.debit_cents,
        "credit_cents": row.credit_cents,
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "code": account.code,
        "name": account.name,
        "type": account.type.value,
        "normal_side": account.normal_side.value,
        "status": account.status.value,
    }


def prove(
    snapshot: Snapshot,
    *,
    seqs: Sequence[int] = (),
    account: str | None = None,
    since: int | None = None,
    anchor: int | None = None,
) -> dict[str, Any]:
    """That entries are under an anchor, or that an older anchor's ledger was only added to; the proof alone tells.

    Args:
        account: Every entry on it that the anchor covers, besides those of ``seqs``.
        since: The number of the older anchor.

    Raises:
        NothingToProve: Neither entries nor an older anchor were named.
        UnknownAnchor, UnknownEntry, UnknownAccount, FaultyAnchor: As they say.
    """
    ledger = snapshot.full_ledger
    if since is not None:
        return {"proof": ledger.prove_growth(since, anchor)}
    named = list(seqs)
    if account is not None:
        until = ledger.anchor_numbered(anchor).head_seq
        named += [entry.seq for entry in ledger.entries(account=account, until_seq=until)]
    if not named:
        raise NothingToProve(account=account or "-")
    return {"proof": ledger.prove(named, anchor=anchor)}
