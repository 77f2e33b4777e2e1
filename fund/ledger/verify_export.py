"""Check an exported ledger with nothing but this file and Python 3.11: no program of the fund, no database.

    python verify_export.py EXPORT_FOLDER [--anchor FILE]... [--key PUBLIC_KEY]
    python verify_export.py PROOF_FILE [--key PUBLIC_KEY]

It makes every hash, sum and signature anew and names each entry that is not right (exit code 1). The public key (64 hex
digits) and anchors are worth most when they come from elsewhere: a site, a letter, another partner.

How a thing is written before it is hashed: each field as "<number of bytes>:<UTF-8 text>,", an absent one as "-,".
A seal is SHA-256 over the fields: kind of thing, version 1, the hash before it, what it says (its fields by name).
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from typing import Any

GENESIS = "00" * 32
FINDINGS: list[str] = []
SAID = {  # what a row says, field by field, in the order in which it is sealed
    "period": "number month status head_seq head_hash trial_balance_hash actor second_actor reason recorded_at",
    "account-set": "number name members min_balance_cents max_balance_cents kinds valid_from valid_until head_seq"
    " head_hash actor recorded_at",
    "account-change": "number code name type layer currency normal_side min_balance_cents max_balance_cents status"
    " limit_kinds valid_from valid_until head_seq head_hash recorded_at",
    "anchor": "number head_seq head_hash root legs trial_balance_hash periods period_hash sets set_hash recorded_at"
    " public_key",
    "trial-balance": "code layer currency debit_cents credit_cents",
}


def check(right: bool, where: str, what: str) -> None:
    """Tell and keep a finding where something is not right, a thousand at most."""
    if not right and len(FINDINGS) < 1000:
        FINDINGS.append(f"{where}: {what}")
        print("NOT RIGHT:", FINDINGS[-1].encode("utf-8", "backslashreplace").decode())


def fields(values: Iterable[object]) -> bytes:
    """Fields one after the other: text, whole numbers, lists of fields, or nothing."""
    found = bytearray()
    for value in values:
        data = fields(value) if isinstance(value, list) else str(value).encode()
        found += b"-," if value is None else b"%d:%s," % (len(data), data)
    return bytes(found)


def seal(kind: str, previous: str, said: bytes) -> str:
    """The hash that binds what is said to everything before it."""
    return hashlib.sha256(fields((kind, 1, previous)) + b"%d:%s," % (len(said), said)).hexdigest()


def entry_hash(book: str, entry: dict[str, Any]) -> str:
    """The hash of an entry: its number, instant and id, what was asked, and its legs."""
    names = ("idempotency_key", "effective_on", "kind", "memo", "actor", "metadata", "reverses", "reason")
    asked, legs = (entry[name] for name in names), [value for leg in entry["legs"] for value in leg]
    said = fields((entry["seq"], entry["recorded_at"], entry["id"], book, *asked, legs))
    return seal("entry", entry["previous_hash"], said)


def row_hash(kind: str, book: str, row: dict[str, Any]) -> str:
    """The hash of a period, a set of accounts or an anchor."""
    return seal(kind, row["previous_hash"], fields((book, *(row[name] for name in SAID[kind].split()))))


def node(left: bytes, right: bytes, mark: bytes = b"\x01") -> bytes:
    """Two halves of the tree over all entries, that of RFC 6962, in one; an entry stands alone under another mark."""
    return hashlib.sha256(mark + left + right).digest()


def grown(peaks: list[tuple[int, bytes]], hash: str) -> None:
    """One more entry: ``peaks`` are the full trees so far, the widest first."""
    width, top = 1, node(b"", bytes.fromhex(hash), b"\x00")
    while peaks and peaks[-1][0] == width:
        width, top = width * 2, node(peaks.pop()[1], top)
    peaks.append((width, top))


def root(peaks: list[tuple[int, bytes]]) -> str:
    """The root as it is now."""
    top = peaks[-1][1] if peaks else hashlib.sha256(b"").digest()
    for _width, left in reversed(peaks[:-1]):
        top = node(left, top)
    return top.hex()


def climbed(place: int, last: int, start: bytes, path: list[str]) -> tuple[str, str]:
    """The roots to which a path leads: of the whole tree, and of the part of it that ended at ``place``."""
    whole = begin = start
    for beside in map(bytes.fromhex, path):
        if place % 2 or place == last:
            whole, begin = node(beside, whole), node(beside, begin)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            whole = node(whole, beside)
        place, last = place // 2, last // 2
    return (whole.hex(), begin.hex()) if last == 0 else ("", "")


# Signatures are Ed25519, RFC 8032: points of the curve y^2 - x^2 = 1 + D x^2 y^2 over the numbers below P.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points of the curve."""
    (x, y), (u, v) = a, b
    k = D * x * u * y * v % P
    return (x * v + u * y) * pow(1 + k, -1, P) % P, (y * v + x * u) * pow(1 - k, -1, P) % P


def times(number: int, point: tuple[int, int]) -> tuple[int, int]:
    """A point added to itself so many times."""
    half = times(number // 2, add(point, point)) if number else (0, 1)
    return add(half, point) if number % 2 else half


def point_of(data: bytes) -> Any:
    """The point behind 32 bytes, if there is one."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == sign else P - x, y) if y < P and x * x % P == square and (x or not sign) else None


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed this message."""
    key, r, s = point_of(public_key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER or (len(public_key), len(signature)) != (32, 64):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return times(s, point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))) == add(r, times(h, key))


def check_anchor(anchor: dict[str, Any], book: str, key: str | None) -> None:
    """Its seal, and its signature by the key that was given, or else the one that it names."""
    where = f"anchor {anchor['number']}"
    check(anchor["book"] == book, where, f"it is of book {anchor['book']}")
    check(row_hash("anchor", anchor["book"], anchor) == anchor["hash"], where, "its hash is not of what it says")
    told = [bytes.fromhex(one) for one in (key or anchor["public_key"], anchor["hash"], anchor["signature"])]
    check(signed(*told), where, "its signature is not of this key")


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """The objects in a small file of the export."""
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def check_correction(entry: dict[str, Any], where: str, taken: dict[int, Any], earlier: Callable[[int], Any]) -> None:
    """A reversal, a part, a replacement; ``taken``: of an entry what its parts took back by account, None if all."""
    whole, stated = entry["reverses"], json.loads(entry["metadata"]).get("correction", {})
    if whole is not None:
        mirror = [[*leg[:4], -leg[4]] for leg in earlier(whole)] == entry["legs"]
        check(mirror and whole not in taken, where, f"it is not the one mirror of entry {whole}")
        taken[whole] = None
    if (part := stated.get("part_of")) not in (None, whole):
        before, left = taken.get(part, {}), Counter[str]()
        now = taken[part] = Counter[str](before)
        for code, *_account, cents in earlier(part):
            left[code] -= cents
        for code, *_account, cents in entry["legs"]:
            now[code] += cents
        within = all(min(0, left[code]) <= now[code] <= max(0, left[code]) for code in now)
        check(within and before is not None, where, f"it takes back more than entry {part} moved")
    if (old := stated.get("replaces")) is not None:
        right = old in taken and -old not in taken
        check(right, where, f"entry {old}, which it replaces, was not taken back before, or is replaced already")
        taken[-old] = None  # a negative number: it is replaced


def check_entries(folder: Path, name: str, made: dict[int, list[Any]]) -> tuple[Counter[Any], dict[int, Any]]:
    """Every entry; what moved, and the last hash, the root and the number of legs at the end.

    And where rows (anchors, months, limits) were ``made``: what a month froze there is looked at, though it may have
    been reopened since, corrected and closed again.
    """
    previous, seq, recorded_at, legs = GENESIS, 0, 0, 0
    book, states, peaks = Counter[Any](), {0: (GENESIS, root([]), 0)}, list[tuple[int, bytes]]()
    taken, starts, keys = dict[int, Any](), array("Q", [0]), array("q")  # where lines begin; hashes of eight bytes
    with (folder / "entries.jsonl").open("rb") as file, (folder / "entries.jsonl").open("rb") as again:

        def earlier(number: int) -> Any:
            again.seek(starts[number - 1] if 0 < number < seq else 0)
            return json.loads(again.readline())["legs"] if 0 < number < seq else []

        for line in file:
            entry, seq = json.loads(line), seq + 1
            where = f"entry {entry['seq']}"
            check(entry["seq"] == seq, where, f"entry {seq} should stand here")
            check(entry["previous_hash"] == previous, where, "it does not follow the entry before it")
            check(entry_hash(name, entry) == entry["hash"], where, "its hash is not of what it says")
            check(entry["recorded_at"] >= recorded_at, where, "it was written before the entry before it")
            left, month = Counter[str](), entry["effective_on"][:7]
            for code, _type, layer, currency, cents in entry["legs"]:
                check(isinstance(cents, int) and cents != 0, where, "a leg is not a whole number of cents")
                left[layer + currency] += cents
                book[code, layer, currency, month, cents < 0] += abs(cents)
            check(len(entry["legs"]) >= 2 and not any(left.values()), where, "it does not balance")
            check_correction(entry, where, taken, earlier)
            starts.append(starts[-1] + len(line))
            keys.append(hash(entry["idempotency_key"]))
            previous, recorded_at, legs = entry["hash"], entry["recorded_at"], legs + len(entry["legs"])
            grown(peaks, previous)
            for row in made.get(seq, []):
                states[seq] = (previous, root(peaks), legs)
                check_frozen(book, row)
    for one in [one for one, other in pairwise(sorted(keys)) if one == other]:
        check(False, f"entry {keys.index(one, keys.index(one) + 1) + 1}", "its key is used twice")
    return book, states | {seq: (previous, root(peaks), legs)}


def trial_balance(book: Counter[Any], until: str) -> list[list[Any]]:
    """Every account that moved until a month, with the sums of both its sides."""
    sides: dict[Any, list[int]] = {}
    for (*account, month, credit), cents in book.items():
        if month <= until:
            sides.setdefault(tuple(account), [0, 0])[credit] += cents
    return [[*account, *sides[account]] for account in sorted(sides)]


def check_frozen(book: Counter[Any], row: dict[str, Any]) -> None:
    """What a month froze when it was closed is its trial balance."""
    if "month" in row and row["trial_balance_hash"] is not None:
        now = seal("trial-balance", GENESIS, fields(trial_balance(book, row["month"])))
        check(row["trial_balance_hash"] == now, f"month {row['month']}", "its trial balance is not as it was frozen")


def check_export(folder: Path, given: list[dict[str, Any]], key: str | None) -> None:
    """All of an export, and the anchors that were kept elsewhere."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for file, digest in manifest["files"].items():
        with (folder / file).open("rb") as content:
            now = hashlib.file_digest(content, "sha256").hexdigest()
        check(now == digest, file, "it is not the file that was exported")
    name, anchors = manifest["book"], [*lines(folder, "anchors.jsonl"), *given]
    steps = {kind: lines(folder, f"{kind}s.jsonl") for kind in ("period", "account_set")}
    made_at: dict[int, list[Any]] = {}
    for row in chain(anchors, *steps.values()):
        made_at.setdefault(row["head_seq"], []).append(row)
    book, states = check_entries(folder, name, made_at)
    seq, (last, top, legs) = list(states.items())[-1]
    head = [manifest[one] for one in ("entries", "head_hash", "root")]
    check([seq, last, top] == head, "manifest.json", f"it names another head than entry {seq}")
    told = [[row[name] for name in SAID["trial-balance"].split()] for row in lines(folder, "trial_balance.jsonl")]
    made = trial_balance(book, "9999-12")
    for sides in [one for pair in zip_longest(told, made) if pair[0] != pair[1] for one in pair if one]:
        check(False, f"account {sides[0]}", "its balance is not the sum of its legs")
    for kind, rows in steps.items():
        for row, before in zip(rows, [{"number": 0, "hash": GENESIS}, *rows], strict=False):
            where = f"{kind} {row['number']}"
            follows = (row["number"], row["previous_hash"]) == (before["number"] + 1, before["hash"])
            check(follows, where, "it does not follow the one before it")
            check(row_hash(kind.replace("_", "-"), name, row) == row["hash"], where, "its hash is not of what it says")
            check(states.get(row["head_seq"], [""])[0] == row["head_hash"], where, "it was not made at that entry")
    for row in {row["month"]: row for row in steps["period"]}.values():  # as each stands: nothing came since
        check_frozen(book, row)
    for anchor in anchors:
        check_anchor(anchor, name, key)
        same = states.get(anchor["head_seq"]) == (anchor["head_hash"], anchor["root"], anchor["legs"])
        check(same, f"anchor {anchor['number']}", f"the entries until {anchor['head_seq']} are not what they were")
        for kind, number, hash in (("period", "periods", "period_hash"), ("account_set", "sets", "set_hash")):
            now = {row["number"]: row["hash"] for row in steps[kind]}.get(anchor[number], GENESIS)
            check(now == anchor[hash], f"anchor {anchor['number']}", f"the {number} are not what they were")
    print(f"{name}: {seq} entries, {legs} legs, {len(made)} accounts, {len(anchors)} anchors; head {last}")


def check_proof(proof: dict[str, Any], key: str | None) -> None:
    """Entries that are shown to be under an anchor; or that one anchor's ledger only added to another's."""
    if proof["format"] == "fund-ledger-growth":
        old, new, path = proof["from"], proof["to"], list(proof["path"])
        check_anchor(old, old["book"], key)
        check_anchor(new, old["book"], key)
        place, last = old["head_seq"] - 1, new["head_seq"] - 1
        while place > 0 and place % 2:
            place, last = place // 2, last // 2
        start = bytes.fromhex(path.pop(0) if place > 0 and path else old["root"])
        right = climbed(place, last, start, path) == (new["root"], old["root"]) or old["head_seq"] == 0
        right = right or (old["head_seq"], old["root"]) == (new["head_seq"], new["root"])
        check(right, "growth", "the later ledger does not begin with the earlier one")
        print(f"{old['book']}: from {old['head_seq']} to {new['head_seq']} entries")
        return
    anchor = proof["anchor"]
    check_anchor(anchor, anchor["book"], key)
    for entry, path in ((shown["entry"], shown["path"]) for shown in proof["entries"]):
        where, place, last = f"entry {entry['seq']}", entry["seq"] - 1, anchor["head_seq"] - 1
        check(entry_hash(anchor["book"], entry) == entry["hash"], where, "its hash is not of what it says")
        top, _begin = climbed(place, last, node(b"", bytes.fromhex(entry["hash"]), b"\x00"), path)
        check(0 <= place <= last and top == anchor["root"], where, "it is not under the anchor")
        legs = ", ".join(f"{leg[0]} {leg[4] / 100:+.2f}" for leg in entry["legs"])
        print(f"{where} of {entry['effective_on']}: {entry['memo']}: {legs}")


def main(words: list[str]) -> int:
    """Check what is named on the command line."""
    FINDINGS.clear()
    options = list(zip(words[1::2], words[2::2], strict=False))
    if len(words) % 2 == 0 or {name for name, _value in options} - {"--key", "--anchor"}:
        print(__doc__)
        return 2
    target, key = Path(words[0]), dict(options).get("--key")
    try:
        kept = [json.loads(Path(value).read_bytes()) for name, value in options if name == "--anchor"]
        if target.is_dir():
            check_export(target, kept, key)
        else:
            check_proof(json.loads(target.read_bytes()), key)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError) as problem:
        check(False, str(target), f"it cannot be read: {type(problem).__name__} {problem}")
    print("something is not right" if FINDINGS else "everything holds")
    return 1 if FINDINGS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
