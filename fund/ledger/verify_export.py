"""Check an exported ledger with nothing but this file and Python 3.11: no program of the fund, no database.

    python verify_export.py EXPORT_FOLDER [--anchor FILE]... [--key PUBLIC_KEY]
    python verify_export.py PROOF_FILE [--key PUBLIC_KEY]

It makes every hash, sum and signature anew and names each entry that is not right (exit code 1). The public key (64
hexadecimal digits) and anchors are worth most when they come from elsewhere: a site, a letter, another partner.

How a thing is written before it is hashed: each field as "<number of bytes>:<UTF-8 text>,", an absent one as "-,".
A seal is SHA-256 over the fields: what kind of thing it is, version 1, the hash before it, and what it says; what a
period, a set of accounts or an anchor says stands in its line in the order in which it is sealed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

GENESIS = "00" * 32
FINDINGS: list[str] = []
Book = dict[tuple[str, str, str], dict[str, list[int]]]  # code, layer, currency: by month the debit and the credit side


def check(right: bool, where: str, what: str) -> None:
    """Keep a finding where something is not right."""
    if not right:
        FINDINGS.append(f"{where}: {what}")


def fields(values: Iterable[object]) -> bytes:
    """Fields one after the other: text, whole numbers, lists of fields, or nothing."""
    found = bytearray()
    for value in values:
        data = fields(value) if isinstance(value, list) else str(value).encode("utf-8", "surrogateescape")
        found += b"-," if value is None else b"%d:%s," % (len(data), data)
    return bytes(found)


def seal(kind: str, previous: str, said: bytes) -> str:
    """The hash that binds what is said to everything before it."""
    return hashlib.sha256(fields((kind, 1, previous)) + b"%d:%s," % (len(said), said)).hexdigest()


def entry_hash(book: str, entry: dict[str, Any]) -> str:
    """The hash of an entry: its number, instant and id, what was asked, and its legs."""
    names = ("idempotency_key", "effective_on", "kind", "memo", "actor", "metadata", "reverses", "reason")
    legs = fields(value for leg in entry["legs"] for value in leg)
    said = fields((entry["seq"], entry["recorded_at"], entry["id"], book, *(entry[name] for name in names)))
    return seal("entry", entry["previous_hash"], said + b"%d:%s," % (len(legs), legs))


def row_hash(kind: str, book: str, row: dict[str, Any]) -> str:
    """The hash of a period, a set of accounts or an anchor."""
    outside = ("format", "book", "version", "previous_hash", "hash", "signature")
    return seal(kind, row["previous_hash"], fields((book, *(row[name] for name in row if name not in outside))))


def leaf(hash: str) -> bytes:
    """An entry in the tree over all entries, which is that of RFC 6962."""
    return hashlib.sha256(b"\x00" + bytes.fromhex(hash)).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Two halves of the tree in one."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(peaks: list[tuple[int, bytes]], hash: str) -> None:
    """One more entry: ``peaks`` are the full trees so far, the widest first."""
    width, top = 1, leaf(hash)
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


# Signatures are Ed25519, RFC 8032: points of a curve over the numbers below P.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """The sum of two points of the curve."""
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """A point added to itself so many times."""
    sum: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            sum = add(sum, point)
        point, number = add(point, point), number >> 1
    return sum


def point_of(data: bytes) -> Point | None:
    """The point behind 32 bytes, if there is one."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed this message."""
    key, r, s = point_of(public_key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER or (len(public_key), len(signature)) != (32, 64):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    left, right = times(s, BASE or key), add(r, times(h, key))
    return all((left[n] * right[2] - right[n] * left[2]) % P == 0 for n in (0, 1))


def check_anchor(anchor: dict[str, Any], book: str, key: str | None) -> None:
    """Its seal, and its signature by the key that was given, or else the one that it names."""
    where = f"anchor {anchor['number']}"
    check(anchor["book"] == book, where, f"it is of book {anchor['book']}")
    check(row_hash("anchor", anchor["book"], anchor) == anchor["hash"], where, "its hash is not of what it says")
    told = [bytes.fromhex(one) for one in (key or anchor["public_key"], anchor["hash"], anchor["signature"])]
    check(signed(*told), where, "its signature is not of this key")


def lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The objects in a file of the export, one by one."""
    with (folder / name).open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            yield json.loads(line)


def check_entry(entry: dict[str, Any], seen: dict[int, bytes]) -> None:
    """The entry by itself: it balances, and a reversal is the mirror of its original, once."""
    where = f"entry {entry['seq']}"
    sums: dict[tuple[str, str], int] = {}
    for _code, _type, layer, currency, cents in entry["legs"]:
        check(isinstance(cents, int) and cents != 0, where, "a leg is not a whole number of cents")
        sums[layer, currency] = sums.get((layer, currency), 0) + cents
    check(len(entry["legs"]) >= 2 and not any(sums.values()), where, "it does not balance")
    seen[entry["seq"]] = hashlib.sha256(fields(v for leg in entry["legs"] for v in leg)).digest()[:16]
    if entry["reverses"] is not None:
        mirror = fields(v for leg in entry["legs"] for v in (*leg[:4], -leg[4]))
        same = seen.pop(entry["reverses"], b"") == hashlib.sha256(mirror).digest()[:16]
        check(same, where, f"it is not the one mirror of entry {entry['reverses']}")


def trial_balance(book: Book, until: str) -> list[list[Any]]:
    """Every account that moved until a month, with the sums of both its sides."""
    sides = {key: [book[key][month] for month in book[key] if month <= until] for key in sorted(book)}
    return [[*key, sum(s[0] for s in found), sum(s[1] for s in found)] for key, found in sides.items() if found]


def check_export(folder: Path, given: list[dict[str, Any]], key: str | None) -> None:
    """All of an export, and the anchors that were kept elsewhere."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    name, previous, seq, recorded_at, legs = manifest["book"], GENESIS, 0, 0, 0
    for file, digest in manifest["files"].items():
        with (folder / file).open("rb") as content:
            same = hashlib.file_digest(content, "sha256").hexdigest() == digest
        check(same, file, "it is not the file that was exported")
    anchors = [*lines(folder, "anchors.jsonl"), *given]
    steps = {kind: list(lines(folder, f"{kind}s.jsonl")) for kind in ("period", "account_set")}
    heads = {row["head_seq"] for row in (*anchors, *steps["period"], *steps["account_set"])}
    states: dict[int, tuple[str, str, int]] = {0: (GENESIS, root([]), 0)}
    peaks: list[tuple[int, bytes]] = []
    book: Book = {}
    keys: set[str] = set()
    seen: dict[int, bytes] = {}
    for entry in lines(folder, "entries.jsonl"):
        where, seq = f"entry {entry['seq']}", seq + 1
        check(entry["seq"] == seq, where, f"entry {seq} should stand here")
        check(entry["previous_hash"] == previous, where, "it does not follow the entry before it")
        check(entry_hash(name, entry) == entry["hash"], where, "its hash is not of what it says")
        check(entry["recorded_at"] >= recorded_at, where, "it was written before the entry before it")
        check(entry["idempotency_key"] not in keys, where, "its key is used twice")
        keys.add(entry["idempotency_key"])
        check_entry(entry, seen)
        for code, _type, layer, currency, cents in entry["legs"]:
            side = book.setdefault((code, layer, currency), {}).setdefault(entry["effective_on"][:7], [0, 0])
            side[cents < 0] += abs(cents)
        previous, recorded_at, legs = entry["hash"], entry["recorded_at"], legs + len(entry["legs"])
        grown(peaks, previous)
        if seq in heads:
            states[seq] = (previous, root(peaks), legs)
    head = (manifest["entries"], manifest["head_hash"], manifest["root"])
    check((seq, previous, root(peaks)) == head, "manifest.json", f"it names another head than entry {seq}")
    told, sums = [list(line.values()) for line in lines(folder, "trial_balance.jsonl")], trial_balance(book, "9999-12")
    for sides in (sides for sides in (*told, *sums) if sides not in told or sides not in sums):
        check(False, f"account {sides[0]}", "its balance is not the sum of its legs")
    for kind, rows in steps.items():
        before, number = GENESIS, 0
        for row in rows:
            where, number = f"{kind} {row['number']}", number + 1
            follows = row["number"] == number and row["previous_hash"] == before
            check(follows, where, "it does not follow the one before it")
            check(row_hash(kind.replace("_", "-"), name, row) == row["hash"], where, "its hash is not of what it says")
            at = states.get(row["head_seq"], ("", "", 0))
            check(at[0] == row["head_hash"], where, f"it was not made at entry {row['head_seq']}")
            before = row["hash"]
    for month, row in {row["month"]: row for row in steps["period"]}.items():
        now = seal("trial-balance", GENESIS, fields(trial_balance(book, month)))
        same = row["trial_balance_hash"] in (None, now)
        check(same, f"month {month}", "its trial balance is not the one that was frozen")
    for anchor in anchors:
        check_anchor(anchor, name, key)
        same = states.get(anchor["head_seq"]) == (anchor["head_hash"], anchor["root"], anchor["legs"])
        check(same, f"anchor {anchor['number']}", f"the entries until {anchor['head_seq']} are not what they were")
    print(f"{name}: {seq} entries, {legs} legs, {len(sums)} accounts, {len(anchors)} anchors; head {previous}")


def check_proof(proof: dict[str, Any], key: str | None) -> None:
    """Entries that are shown to be under an anchor; or that one anchor's ledger only added to another's."""
    if proof["format"] == "fund-ledger-growth":
        old, new = proof["from"], proof["to"]
        for anchor in (old, new):
            check_anchor(anchor, old["book"], key)
        place, last, path = old["head_seq"] - 1, new["head_seq"] - 1, list(proof["path"])
        while place > 0 and place % 2:
            place, last = place // 2, last // 2
        start = bytes.fromhex(path.pop(0)) if place > 0 and path else bytes.fromhex(old["root"])
        grew = (new["root"], old["root"]) == climbed(place, last, start, path) or old["head_seq"] == 0
        same = old["head_seq"] == new["head_seq"] and old["root"] == new["root"]
        check(same or grew, "growth", "the later ledger does not begin with the earlier one")
        print(f"{old['book']}: from {old['head_seq']} to {new['head_seq']} entries")
        return
    anchor = proof["anchor"]
    check_anchor(anchor, anchor["book"], key)
    for shown in proof["entries"]:
        entry, where = shown["entry"], f"entry {shown['entry']['seq']}"
        check(entry_hash(anchor["book"], entry) == entry["hash"], where, "its hash is not of what it says")
        place, last = entry["seq"] - 1, anchor["head_seq"] - 1
        top, _begin = climbed(place, last, leaf(entry["hash"]), shown["path"])
        check(0 <= place <= last and top == anchor["root"], where, "it is not under the anchor")
        legs = ", ".join(f"{leg[0]} {leg[4] / 100:+.2f}" for leg in entry["legs"])
        print(f"entry {entry['seq']} of {entry['effective_on']}: {entry['memo']}: {legs}")


def main(words: list[str]) -> int:
    """Check what is named on the command line."""
    FINDINGS.clear()
    if not words or len(words) % 2 == 0 or set(words[1::2]) - {"--key", "--anchor"}:
        print(__doc__)
        return 2
    options, target = list(zip(words[1::2], words[2::2], strict=True)), Path(words[0])
    key = next((value for name, value in options if name == "--key"), None)
    try:
        kept = [json.loads(Path(value).read_text(encoding="utf-8")) for name, value in options if name == "--anchor"]
        if target.is_dir():
            check_export(target, kept, key)
        else:
            check_proof(json.loads(target.read_text(encoding="utf-8")), key)
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as problem:
        check(False, str(target), f"it cannot be read: {type(problem).__name__} {problem}")
    for finding in FINDINGS:
        print("NOT RIGHT:", finding.encode("utf-8", "backslashreplace").decode())
    print("something is not right" if FINDINGS else "everything holds")
    return 1 if FINDINGS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
