"""The search graph: junctions expanded into states, so that every path through it is one a driver may take.

A state is the junction reached, plus the link driven on where a turn from it is forbidden, plus, off the public
network, whether the trip comes from there or goes there. The public network is the largest part connected both ways
by roads open to all. Roads for residents only serve trips from and to the junctions that it does not reach.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


def search_graph(
    count: int,
    tail: Longs,
    head: Longs,
    usable: NDArray[np.bool_],
    residents: NDArray[np.bool_],
    through: NDArray[np.bool_],
    turns: Iterable[tuple[int, int]],
) -> tuple[Longs, Ints, Ints, Ints, Ints, Ints]:
    """Expand nodes into states: (node, phase, link driven on if a turn from it is forbidden, else -1).

    Public nodes have phase 1. A node off the public network is left in phase 0, on the way out to it, and entered in
    phase 2, on the way in from it, so that no one drives in and out again. A centroid has -1 (start) and -2 (end).
    """
    links = len(tail)
    forbidden: dict[int, set[int]] = {}
    for before, after in turns:
        forbidden.setdefault(int(before), set()).add(int(after))
    order = np.argsort(tail, kind="stable")
    bounds = np.searchsorted(tail[order], np.arange(count + 1)).tolist()
    leaving, heads = order.tolist(), head.tolist()
    open_link, quiet, passes = usable.tolist(), (residents & usable).tolist(), through.tolist()
    public = public_nodes(count, tail, head, usable, residents).tolist()
    start = [(n, (1 if public[n] else 0) if passes[n] else -1, -1) for n in range(count)]
    number = {state: i for i, state in enumerate(start)}
    states = list(start)
    arcs: list[list[tuple[int, int]]] = []
    done = 0
    while done < len(states):
        node, phase, came_by = states[done]
        out: list[tuple[int, int]] = []
        if phase != -2:
            banned = forbidden.get(came_by, ()) if came_by >= 0 else ()
            for link in leaving[bounds[node] : bounds[node + 1]]:
                if not open_link[link] or link in banned:
                    continue
                to = heads[link]
                if public[to]:
                    # nobody needs a residents' road between two public junctions: its houses are reached from both
                    if phase == 2 or (public[node] and quiet[link]):
                        continue
                    after = 1
                else:
                    after = 2 if public[node] else phase if phase >= 0 else 0
                if not passes[to]:
                    state = (to, -2, -1)
                else:
                    state = (to, after, link if link in forbidden else -1)
                if state not in number:
                    number[state] = len(states)
                    states.append(state)
                out.append((number[state], link))
        arcs.append(out)
        done += 1

    source = np.arange(count, dtype=np.int32)
    sink = np.arange(count, dtype=np.int32)
    of_node: dict[int, list[int]] = {}
    for i, (node, _, _) in enumerate(states[count:], start=count):
        of_node.setdefault(node, []).append(i)
    total = len(states)
    for node, others in of_node.items():
        sink[node] = total
        arcs.append([])
        for i in [node, *others]:
            arcs[i].append((total, links))
        total += 1
    lengths = np.array([len(out) for out in arcs], dtype=np.int64)
    arc_start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    arc_tail = np.repeat(np.arange(total, dtype=np.int32), lengths)
    flat = [pair for out in arcs for pair in out]
    arc_head = np.array([to for to, _ in flat], dtype=np.int32)
    arc_link = np.array([link for _, link in flat], dtype=np.int32)
    return arc_start, arc_tail, arc_head, arc_link, source, sink


def public_nodes(
    count: int, tail: Longs, head: Longs, usable: NDArray[np.bool_], residents: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Nodes of the largest part that is connected both ways by roads open to all; every node if all roads are."""
    if not (residents & usable).any():
        return np.ones(count, dtype=bool)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    free = usable & ~residents
    graph = coo_matrix((np.ones(int(free.sum()), dtype=np.int8), (tail[free], head[free])), shape=(count, count))
    _, part = connected_components(graph, directed=True, connection="strong")
    largest = np.bincount(part)[part]
    return np.asarray(part == part[int(largest.argmax())], dtype=bool)  # the first node decides between equals
