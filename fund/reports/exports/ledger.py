"""The whole ledger as lines of JSON that an auditor checks without us, and proofs of single entries.

Everything is written line by line: a ledger of a million entries is never in memory as a whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from fund.errors import ExportFolderInUse, FileUnreadable, NothingToProve
from fund.ledger import Ledger, flushed
from fund.reports.exports.excerpt import STEP, stepped
from fund.unit_of_work import View

__all__ = ["jsonl", "ledger_folder", "prove"]

VERIFIER = "verify_export.py"


def jsonl(view: View, *, folder: str) -> dict[str, Any]:
    """The ledger in a folder, one object a line, with a manifest and the program that checks it.

    Raises:
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    return ledger_folder(view.ledger, Path(folder))


def ledger_folder(ledger: Ledger, folder: Path) -> dict[str, Any]:
    """As :func:`jsonl`, for any ledger; the manifest comes last, so that a folder without one is no export."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ExportFolderInUse(path=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        head = ledger.head()
        flushed(ledger.connection)
        counted = _Counted(ledger)
        files = {
            "entries.jsonl": _write(folder / "entries.jsonl", counted.through(ledger.told())),
            "trial_balance.jsonl": _write(folder / "trial_balance.jsonl", _trial_balance(ledger)),
            "accounts.jsonl": _write(folder / "accounts.jsonl", _accounts(ledger)),
            "account_changes.jsonl": _write(folder / "account_changes.jsonl", ledger.told_steps("account_change")),
            "periods.jsonl": _write(folder / "periods.jsonl", ledger.told_steps("period")),
            "account_sets.jsonl": _write(folder / "account_sets.jsonl", ledger.told_steps("account_set")),
            "anchors.jsonl": _write(folder / "anchors.jsonl", (one.as_json() for one in ledger.anchors())),
        }
        with resources.as_file(resources.files("fund.ledger") / VERIFIER) as program:
            shutil.copyfile(program, folder / VERIFIER)
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
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    except OSError as problem:
        raise FileUnreadable(path=str(folder), reason=problem.strerror or str(problem)) from problem
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


def _trial_balance(ledger: Ledger) -> Iterator[dict[str, Any]]:
    for row in ledger.trial_balance():
        yield {
            "code": row.code,
            "layer": row.layer.value,
            "currency": row.currency,
            "debit_cents": row.debit_cents,
            "credit_cents": row.credit_cents,
        }


def _accounts(ledger: Ledger) -> Iterator[dict[str, Any]]:
    for account in ledger.accounts():
        yield {
            "code": account.code,
            "name": account.name,
            "type": account.type.value,
            "normal_side": account.normal_side.value,
            "status": account.status.value,
        }


def prove(
    view: View,
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
    ledger = view.ledger
    if since is not None:
        return {"proof": ledger.prove_growth(since, anchor)}
    named = list(seqs)
    if account is not None:
        until = ledger.anchor_numbered(anchor).head_seq
        named += [entry.seq for entry in ledger.entries(account=account, until_seq=until)]
    if not named:
        raise NothingToProve(account=account or "-")
    return {"proof": ledger.prove(named, anchor=anchor)}
