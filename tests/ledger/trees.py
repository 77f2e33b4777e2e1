"""Whether a path proves what it should, as RFC 6962 has it: written apart from the code that makes the paths."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fund.ledger.anchors import growth_nodes, leaf_of, nodes_of, path_nodes


def inclusion_path(hashes: Sequence[bytes], place: int) -> list[bytes]:
    """The path that the ledger gives for entry ``place`` (from zero), lowest first."""
    places = path_nodes(len(hashes), place)
    found = nodes_of(hashes, places)
    return [found[one] for one in places]


def consistency_path(hashes: Sequence[bytes], first: int) -> list[bytes]:
    """The path by which the ledger shows that these hashes begin with the first ones."""
    places = growth_nodes(len(hashes), first)
    found = nodes_of(hashes, places)
    return [found[one] for one in places]


def node_of(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(hash: bytes, place: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from an entry's hash at ``place`` to the root of ``size`` entries."""
    if not 0 <= place < size:
        return False
    node, last = leaf_of(hash), size - 1
    for beside in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            node = node_of(beside, node)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            node = node_of(node, beside)
        place, last = place // 2, last // 2
    return last == 0 and node == root


def consistent(first: int, first_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the tree of ``size`` entries begins with the one of ``first`` entries."""
    if first > size or first < 0:
        return False
    if first == size:
        return not path and first_root == root
    if first == 0:
        return not path and first_root == hashlib.sha256(b"").digest()
    nodes = list(path)
    place, last = first - 1, size - 1
    while place % 2:
        place, last = place // 2, last // 2
    if place:
        if not nodes:
            return False
        old = new = nodes.pop(0)
    else:
        old = new = first_root
    for beside in nodes:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_of(beside, old), node_of(beside, new)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            new = node_of(new, beside)
        place, last = place // 2, last // 2
    return last == 0 and old == first_root and new == root
