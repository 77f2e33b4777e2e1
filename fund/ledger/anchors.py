"""Anchors: a Merkle tree over the hashes of all entries, its proofs, and the signature of the head; pure.

The tree is the one of RFC 6962: a leaf is SHA-256 of a zero byte and the entry's hash, a node of a one byte and its two
halves, the left half the largest power of two that leaves something on the right. What somebody keeps of yesterday is
an anchor; with it a path shows that one entry is in the ledger, and another that today's ledger only added to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from fund.errors.ledger import FaultyAnchor, FaultyKey
from fund.language import _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "fund-ledger-anchor"
MOST = 2**63 - 1
"""The largest number that a field may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A signed statement of what the ledger was: small enough to be sent to everybody, and kept.

    Attributes:
        number: The how manieth of the book.
        head_seq: The last entry; there are as many entries.
        root: The root of the tree over the hashes of all entries.
        legs: How many legs these have.
        periods, period_hash: The last step of a month. sets, set_hash: the last set of accounts.
        recorded_at: When it was made: microseconds since 1970 UTC.
        previous_hash: The hash of the anchor before it.
        hash: The seal of all that.
        signature: Of the hash, by the key.
    """

    book: str
    number: int
    head_seq: int
    head_hash: bytes
    root: bytes
    legs: int
    trial_balance_hash: bytes
    periods: int
    period_hash: bytes
    sets: int
    set_hash: bytes
    recorded_at: int
    public_key: bytes
    previous_hash: bytes
    version: int
    hash: bytes
    signature: bytes

    def as_json(self) -> dict[str, Any]:
        """What is sent: hashes in hexadecimal."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {"format": FORMAT} | {
            name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()
        }

    @classmethod
    def read(cls, content: bytes) -> Anchor:
        """The anchor in a file.

        Raises:
            FaultyAnchor: There is none in it.
        """
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as problem:
            raise FaultyAnchor(reason=str(problem)) from problem
        return cls.from_json(document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Anchor:
        """The anchor that somebody kept.

        Raises:
            FaultyAnchor: It is none.
        """
        if not isinstance(document, Mapping) or document.get("format") != FORMAT:
            raise FaultyAnchor(reason=_("its format is not {format}").format(format=FORMAT))
        try:
            values = {one.name: _read(one.type, document[one.name]) for one in fields(cls)}
        except (KeyError, TypeError, ValueError) as problem:
            raise FaultyAnchor(reason=str(problem)) from problem
        return cls(**values)


def _read(kind: object, value: Any) -> Any:
    """What a field of this kind (its annotation) holds, as it is sent."""
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "int":
        if type(value) is not int or not 0 <= value <= MOST:
            raise FaultyAnchor(reason=_("a field that must hold a number holds something else"))
        return value
    if not isinstance(value, str):
        raise FaultyAnchor(reason=_("a field that must hold text holds something else"))
    value.encode()  # half a surrogate pair has no bytes, and no hash
    return value


# --------------------------------------------------------------------------------------------------------------- tree


def leaf_of(hash: bytes) -> bytes:
    """The leaf of an entry's hash."""
    return hashlib.sha256(b"\x00" + hash).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root of a growing tree, in memory of the order of its height."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, hash: bytes) -> None:
        """One more entry."""
        self.size += 1
        width, node = 1, leaf_of(hash)
        while self._peaks and self._peaks[-1][0] == width:
            node = _node(self._peaks.pop()[1], node)
            width *= 2
        self._peaks.append((width, node))

    @property
    def root(self) -> bytes:
        """The root as it is now; of nothing, the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        node = self._peaks[-1][1]
        for _width, left in reversed(self._peaks[:-1]):
            node = _node(left, node)
        return node


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over these entry hashes, in order."""
    tree = Tree()
    for hash in hashes:
        tree.add(hash)
    return tree.root


# A node is named by its height and its place from the left; where the tree is ragged on the right, it stands for what
# there is. So the proofs of many entries take one reading of the hashes, of which none stays in memory.
Place = tuple[int, int]


def path_nodes(size: int, place: int) -> list[Place]:
    """The nodes beside the way from entry ``place`` (from zero) to the root of ``size`` entries, lowest first."""
    return _beside(0, place, size - 1)


def growth_nodes(size: int, first: int) -> list[Place]:
    """The nodes that show that the tree over ``size`` entries begins with the tree over the ``first`` ones."""
    if not 0 < first < size:
        return []
    height, place, last = 0, first - 1, size - 1
    while place % 2:
        height, place, last = height + 1, place // 2, last // 2
    return [*([(height, place)] if place else []), *_beside(height, place, last)]


def _beside(height: int, place: int, last: int) -> list[Place]:
    found: list[Place] = []
    while last:
        if place % 2 or place < last:
            found.append((height, place ^ 1))
        height, place, last = height + 1, place // 2, last // 2
    return found


def nodes_of(hashes: Iterable[bytes], wanted: Iterable[Place]) -> dict[Place, bytes]:
    """The nodes at these places of the tree over entry hashes, which are read once."""
    asked = set(wanted)
    found: dict[Place, bytes] = {}
    peaks: list[tuple[int, int, bytes]] = []  # height, place, node: the full trees so far, the widest first
    for number, hash in enumerate(hashes):
        height, place, node = 0, number, leaf_of(hash)
        if (0, place) in asked:
            found[0, place] = node
        while peaks and peaks[-1][0] == height:
            height, place, node = height + 1, place // 2, _node(peaks.pop()[2], node)
            if (height, place) in asked:
                found[height, place] = node
        peaks.append((height, place, node))
    ragged: dict[int, bytes] = {}  # by the first entry under it
    for height, place, node in reversed(peaks):
        start = place << height
        ragged[start] = _node(node, min(ragged.items())[1]) if ragged else node
    for height, place in asked - set(found):
        found[height, place] = ragged[place << height]
    return found


# ---------------------------------------------------------------------------------------------------------- signature


def _key(pem: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as problem:
        raise FaultyKey(reason=str(problem).split("\n", 1)[0]) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise FaultyKey(reason=_("it is of another kind than Ed25519"))
    return key


def public_key_of(pem: bytes) -> bytes:
    """The 32 bytes of the public key that belongs to a private one.

    Raises:
        FaultyKey: The text is no private Ed25519 key in PEM, without a password.
    """
    return _key(pem).public_key().public_bytes_raw()


def public_key(text: str) -> bytes:
    """The public key that is written in 64 hexadecimal digits.

    Raises:
        FaultyAnchor: It is written otherwise.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise FaultyAnchor(reason=_("a public key has 64 hexadecimal digits"))
    return key


def sign(pem: bytes, hash: bytes) -> bytes:
    """The signature of a hash.

    Raises:
        FaultyKey: As :func:`public_key_of`.
    """
    return _key(pem).sign(hash)


def signed(public_key: bytes, hash: bytes, signature: bytes) -> bool:
    """Whether this key signed this hash."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, hash)
    except (InvalidSignature, ValueError):
        return False
    return True
