"""Find the transitions that lead back: without them, a graph has no loop."""

from __future__ import annotations

from collections.abc import Sequence


def leading_back(count: int, pairs: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the indices of the *pairs* that close a loop, in a walk from node 0 on.

    The nodes are 0 to *count* - 1, a pair is a source and a target. The walk follows the pairs in
    their order, and starts again at the next node that it hasn't seen. A pair from a node to
    itself isn't among them.
    """
    leaving: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for at, (source, target) in enumerate(pairs):
        if source != target:
            leaving[source].append((at, target))
    found: set[int] = set()
    seen: set[int] = set()
    for first in range(count):
        if first in seen:
            continue
        seen.add(first)
        open_nodes = {first}
        path = [(first, iter(leaving[first]))]
        while path:
            node, ways = path[-1]
            at, target = next(ways, (-1, -1))
            if at < 0:
                open_nodes.discard(node)
                path.pop()
            elif target in open_nodes:
                found.add(at)
            elif target not in seen:
                seen.add(target)
                open_nodes.add(target)
                path.append((target, iter(leaving[target])))
    return frozenset(found)
