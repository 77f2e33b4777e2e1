"""The books themselves: accounts, entries, balances, and whether they are whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from fund.declarations import InputFile
from fund.ledger import Anchor, Entry, public_key
from fund.unit_of_work import Snapshot

if TYPE_CHECKING:
    from fund.ledger import Verification


def accounts(snapshot: Snapshot) -> dict[str, Any]:
    """The chart of accounts with its sub-accounts, in the order of codes."""
    return {
        "accounts": [
            {
                "code": account.code,
                "name": account.name,
                "type": account.type.value,
                "layer": account.layer.value,
                "normal_side": account.normal_side.value,
                "currency": account.currency,
                "status": account.status.value,
            }
            for account in snapshot.ledger.accounts()
        ]
    }


def entry_json(found: Entry) -> dict[str, Any]:
    """An entry as ``ledger entries --json`` gives it."""
    return {
        "seq": found.seq,
        "id": found.id,
        "effective_on": found.effective_on.isoformat(),
        "recorded_at": found.recorded_at.isoformat(),
        "kind": found.kind,
        "memo": found.memo,
        "event_id": found.metadata.get("event_id"),
        "reverses_seq": found.reverses,
        "reason": found.reason,
        "hash": found.hash.hex(),
        "postings": [{"account": posting.account, "amount_cents": posting.amount_cents} for posting in found.postings],
    }


def entries(
    snapshot: Snapshot,
    *,
    account: str | None = None,
    kind: str | None = None,
    event_id: str | None = None,
    since_seq: int = 0,
    as_of: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """Entries in the order of their numbers; ``since_seq`` is left out, ``known_at`` is the last.

    Raises:
        UnknownAccount: No such account.
    """
    found = snapshot.ledger.entries(
        account=account, kind=kind, event_id=event_id, since_seq=since_seq, until_seq=known_at, as_of=as_of
    )
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "known_at": known_at,
        "account": account,
        "entries": [entry_json(each) for each in found],
    }


def entry(snapshot: Snapshot, *, seq: int) -> dict[str, Any]:
    """One entry, with the fact behind it.

    Raises:
        UnknownEntry: No such entry.
    """
    found = snapshot.ledger.entry(seq)
    event_id = found.metadata.get("event_id")
    envelope = snapshot.store.facts.get(str(event_id)) if event_id else None
    reversal = snapshot.ledger.reversal_of(seq)
    return {
        "entry": {
            **entry_json(found),
            "previous_hash": found.previous_hash.hex(),
            "actor": found.actor,
            "metadata": dict(found.metadata),
            "reversed_by_seq": reversal.seq if reversal else None,
        },
        "event": {
            "seq": envelope.seq,
            "type": envelope.type,
            "stream": envelope.stream,
            "actor": envelope.actor,
            "made_by": envelope.made_by,
            "hash": envelope.hash.hex(),
        }
        if envelope
        else None,
    }


def balance(
    snapshot: Snapshot, *, account: str, as_of: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """What stands on an account, debit positive; of a main code with its sub-accounts.

    Raises:
        UnknownAccount: No such account.
    """
    return {
        "account": account,
        "as_of": (as_of or snapshot.today).isoformat(),
        "known_at": known_at,
        "balance_cents": snapshot.ledger.balance(account, as_of=as_of, known_at=known_at),
    }


def verification(
    snapshot: Snapshot,
    *,
    anchors: Sequence[InputFile] = (),
    key: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The ledger's own checks, every entry read again; and whether it still holds what kept anchors say.

    Args:
        anchors: Files of anchors. key: the public key that must have signed them, in hexadecimal.
        progress: Is told how many entries were looked at, and how many there are.

    Raises:
        FaultyAnchor: A file is no anchor, or the key no key.
    """
    kept = [Anchor.read(file["content"]) for file in anchors]
    signer = None if key is None else public_key(key)
    found = snapshot.full_ledger.verify(full=True, anchors=kept, public_key=signer, progress=progress)
    checks = ledger_checks(found)
    return {
        "ok": found.ok,
        "checks": checks,
        "head": {"seq": found.head.seq, "hash": found.head.hash.hex()},
        "first_bad_seq": found.first_bad_seq,
    }


def ledger_checks(found: Verification, *, prefix: str = "") -> list[dict[str, Any]]:
    """The checks of the ledger as JSON; ``prefix`` stands before their names."""
    return [
        {
            "name": f"{prefix}{check.name}",
            "ok": check.ok,
            "checked": check.checked,
            "findings": [
                {"seq": finding.seq, "place": finding.place, "message": finding.message} for finding in check.findings
            ],
        }
        for check in found.checks
    ]


def first_bad(checks: list[dict[str, Any]], prefix: str = "") -> int | None:
    """The lowest number that a finding names, among checks whose name starts with ``prefix``."""
    seqs = [
        finding["seq"]
        for check in checks
        if check["name"].startswith(prefix)
        for finding in check["findings"]
        if finding["seq"] is not None
    ]
    return min(seqs, default=None)
