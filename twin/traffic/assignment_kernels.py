"""Kernels of the user equilibrium: shortest paths, path pool, gradient projection.

Serial on purpose: origins are treated in order, each on the costs that the one before left (Gauss-Seidel), so a
result does not depend on the number of threads.

Symbols
  s          states of the search graph (a junction, or a junction with the link a driver came by)
  a          arcs of the search graph; arc_link[a] is the link they drive on, `links` for arcs without a road
  link       links; volume[link] veh/h, cost[link] and slope[link] = d cost / d volume
  fixed, t0, b, capacity, power
             c(v) = fixed + t0 (1 + b (v / capacity)^power)
  od         origin-destination pairs, sorted by origin; od_start[o]..od_start[o+1] belong to origin o
  first[od], next[p]
             the paths of a pair as a linked list, -1 ends it
  start[p], length[p], flow[p], key[p]
             links of path p are pool[start[p] : start[p]+length[p]], from destination to origin
  counters   0 paths in use, 1 pool in use, 2 head of the list of free paths, 3 stamp
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.kernels import jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

DONE, POOL_FULL, PATHS_FULL = 0, 1, 2


@jit
def update_link(
    link: int, volume: Floats,
    fixed: Floats, t0: Floats, b: Floats, capacity: Floats, power: Floats, cost: Floats, slope: Floats,
) -> None:  # fmt: skip
    """Cost and slope of one link at its volume; powers 0, 1 and 4 without pow (half the run time with it)."""
    p = power[link]
    if b[link] == 0.0 or t0[link] == 0.0:
        cost[link] = fixed[link] + t0[link]
        slope[link] = 0.0
        return
    x = volume[link] / capacity[link]
    if p == 4.0:
        cubed = x * x * x
        cost[link] = fixed[link] + t0[link] * (1.0 + b[link] * cubed * x)
        slope[link] = 4.0 * t0[link] * b[link] * cubed / capacity[link]
    elif p == 1.0:
        cost[link] = fixed[link] + t0[link] * (1.0 + b[link] * x)
        slope[link] = t0[link] * b[link] / capacity[link]
    elif p == 0.0:
        cost[link] = fixed[link] + t0[link] * (1.0 + b[link])
        slope[link] = 0.0
    elif x <= 0.0:
        cost[link] = fixed[link] + t0[link]
        slope[link] = 0.0
    else:
        y = x ** (p - 1.0)
        cost[link] = fixed[link] + t0[link] * (1.0 + b[link] * y * x)
        slope[link] = p * t0[link] * b[link] * y / capacity[link]


@jit
def update_links(
    volume: Floats, fixed: Floats, t0: Floats, b: Floats, capacity: Floats, power: Floats, cost: Floats, slope: Floats
) -> None:
    """Cost and slope of every link."""
    for link in range(len(volume)):
        update_link(link, volume, fixed, t0, b, capacity, power, cost, slope)


@jit
def _search(
    source: int, wanted: int, arc_start: Longs, arc_head: Ints, arc_link: Ints, cost: Floats, stamp: int,
    target: Longs, seen: Longs, distance: Floats, parent: Ints, heap: Ints, place: Ints,
) -> int:  # fmt: skip
    """Dijkstra's search with a 4-ary heap; stops when `wanted` states with target == stamp are settled.

    seen[s] is 2 stamp while s waits in the heap and 2 stamp + 1 when it is settled, so nothing needs clearing.
    Returns how many targets were not reached.
    """
    waiting, settled = 2 * stamp, 2 * stamp + 1
    distance[source] = 0.0
    parent[source] = -1
    seen[source] = waiting
    heap[0] = source
    place[source] = 0
    size = 1
    while size > 0:
        s = heap[0]
        seen[s] = settled
        if target[s] == stamp:
            wanted -= 1
            if wanted == 0:
                return 0
        size -= 1
        if size > 0:  # move the last entry to the top and let it sink
            moved = heap[size]
            d = distance[moved]
            hole = 0
            while True:
                child = 4 * hole + 1
                if child >= size:
                    break
                best = child
                best_distance = distance[heap[child]]
                for other in range(child + 1, min(child + 4, size)):
                    if distance[heap[other]] < best_distance:
                        best = other
                        best_distance = distance[heap[other]]
                if best_distance >= d:
                    break
                heap[hole] = heap[best]
                place[heap[hole]] = hole
                hole = best
            heap[hole] = moved
            place[moved] = hole
        base = distance[s]
        for a in range(arc_start[s], arc_start[s + 1]):
            head = arc_head[a]
            state = seen[head]
            if state == settled:
                continue
            d = base + cost[arc_link[a]]
            if state == waiting:
                if d >= distance[head]:
                    continue
                hole = place[head]
            elif d < np.inf:
                seen[head] = waiting
                hole = size
                size += 1
            else:
                continue
            distance[head] = d
            parent[head] = a
            while hole > 0:
                above = (hole - 1) >> 2
                if distance[heap[above]] <= d:
                    break
                heap[hole] = heap[above]
                place[heap[hole]] = hole
                hole = above
            heap[hole] = head
            place[head] = hole
    return wanted


@jit
def shortest_costs(
    od_start: Longs, source: Ints, sink: Ints, arc_start: Longs, arc_head: Ints, arc_link: Ints, cost: Floats,
    counters: Longs, target: Longs, seen: Longs, distance: Floats, parent: Ints, heap: Ints, place: Ints,
    shortest: Floats,
) -> None:  # fmt: skip
    """Cost of the cheapest path of every pair; infinity where there is none."""
    for o in range(len(source)):
        counters[3] += 1
        stamp = counters[3]
        wanted = 0
        for od in range(od_start[o], od_start[o + 1]):
            if target[sink[od]] != stamp:
                target[sink[od]] = stamp
                wanted += 1
        if wanted > 0:
            _search(
                source[o],
                wanted,
                arc_start,
                arc_head,
                arc_link,
                cost,
                stamp,
                target,
                seen,
                distance,
                parent,
                heap,
                place,
            )
        for od in range(od_start[o], od_start[o + 1]):
            shortest[od] = distance[sink[od]] if seen[sink[od]] == 2 * stamp + 1 else np.inf


@jit
def improve(
    origin: int, sweeps: int, tolerance: float,
    od_start: Longs, source: Ints, sink: Ints, demand: Floats,
    arc_start: Longs, arc_tail: Ints, arc_head: Ints, arc_link: Ints,
    fixed: Floats, t0: Floats, b: Floats, capacity: Floats, power: Floats,
    counters: Longs, target: Longs, seen: Longs, distance: Floats, parent: Ints, heap: Ints, place: Ints,
    mark: Longs, other_mark: Longs, trace: Ints,
    first: Ints, next_path: Ints, start: Longs, length: Ints, flow: Floats, key: Longs, pool: Ints,
    volume: Floats, cost: Floats, slope: Floats, excess: Floats, unserved: NDArray[np.bool_],
) -> tuple[int, int]:  # fmt: skip
    """One pass over the origins from `origin` on: find cheaper paths, then shift flow among the known ones.

    Returns a status and the origin where it stopped; a full pool is enlarged outside and the pass goes on.
    excess[o] becomes the sum over paths of flow times (cost - cheapest cost), as found before any shift.
    """
    links = len(volume)
    for o in range(origin, len(source)):
        counters[3] += 1
        stamp = counters[3]
        wanted = 0
        for od in range(od_start[o], od_start[o + 1]):
            if not unserved[od] and target[sink[od]] != stamp:
                target[sink[od]] = stamp
                wanted += 1
        if wanted == 0:
            continue
        _search(
            source[o], wanted, arc_start, arc_head, arc_link, cost, stamp, target, seen, distance, parent, heap, place
        )
        above = 0.0
        for od in range(od_start[o], od_start[o + 1]):
            if unserved[od]:
                continue
            s = sink[od]
            if seen[s] != 2 * stamp + 1:
                unserved[od] = True
                continue
            cheapest = np.inf
            spent = 0.0
            p = first[od]
            while p >= 0:
                c = 0.0
                for i in range(start[p], start[p] + length[p]):
                    c += cost[pool[i]]
                spent += c * flow[p]
                cheapest = min(cheapest, c)
                p = next_path[p]
            if first[od] >= 0:
                above += max(0.0, spent - demand[od] * distance[s])
                if cheapest <= distance[s] * (1.0 + 4e-16):
                    continue
            n = 0
            code = np.int64(1469598103934665603)
            while parent[s] >= 0:
                a = parent[s]
                if arc_link[a] < links:
                    trace[n] = arc_link[a]
                    code = (code ^ np.int64(arc_link[a])) * np.int64(1099511628211)
                    n += 1
                s = arc_tail[a]
            known = False
            p = first[od]
            while p >= 0 and not known:
                if key[p] == code and length[p] == n:
                    known = True
                    for i in range(n):
                        if pool[start[p] + i] != trace[i]:
                            known = False
                            break
                p = next_path[p]
            if known:
                continue
            if counters[1] + n > len(pool):
                return POOL_FULL, o
            p = counters[2]
            if p >= 0:
                counters[2] = next_path[p]
            else:
                if counters[0] >= len(flow):
                    return PATHS_FULL, o
                p = counters[0]
                counters[0] += 1
            start[p] = counters[1]
            length[p] = n
            key[p] = code
            for i in range(n):
                pool[counters[1] + i] = trace[i]
            counters[1] += n
            flow[p] = 0.0
            if first[od] < 0:  # a pair's first path takes all of its demand
                flow[p] = demand[od]
                for i in range(n):
                    volume[trace[i]] += demand[od]
                    update_link(trace[i], volume, fixed, t0, b, capacity, power, cost, slope)
            next_path[p] = first[od]
            first[od] = p
        excess[o] = above
        for _ in range(sweeps):
            left, carried = shift_flows(
                od_start[o], od_start[o + 1], fixed, t0, b, capacity, power, counters, mark, other_mark,
                first, next_path, start, length, flow, pool, volume, cost, slope,
            )  # fmt: skip
            if left <= tolerance * carried:
                break
    return DONE, len(source)


@jit
def _move(
    moved: float, k0: int, k1: int, b0: int, b1: int, on_this: int, on_best: int, mark: Longs, other_mark: Longs,
    pool: Ints, fixed: Floats, t0: Floats, b: Floats, capacity: Floats, power: Floats,
    volume: Floats, cost: Floats, slope: Floats,
) -> float:  # fmt: skip
    """Move flow from one path (links k0 to k1 of the pool) to another (b0 to b1); returns what the first costs more."""
    difference = 0.0
    for i in range(k0, k1):
        link = pool[i]
        if mark[link] != on_best:
            volume[link] = max(0.0, volume[link] - moved)
            update_link(link, volume, fixed, t0, b, capacity, power, cost, slope)
            difference += cost[link]
    for i in range(b0, b1):
        link = pool[i]
        if other_mark[link] != on_this:
            volume[link] = max(0.0, volume[link] + moved)
            update_link(link, volume, fixed, t0, b, capacity, power, cost, slope)
            difference -= cost[link]
    return difference


@jit
def shift_flows(
    begin: int, end: int, fixed: Floats, t0: Floats, b: Floats, capacity: Floats, power: Floats,
    counters: Longs, mark: Longs, other_mark: Longs,
    first: Ints, next_path: Ints, start: Longs, length: Ints, flow: Floats, pool: Ints,
    volume: Floats, cost: Floats, slope: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Move flow of each pair from dearer paths to its cheapest by one Newton step each (gradient projection).

    The step is the cost difference over the sum of slopes on links that only one of the two paths uses, at most
    the flow there is; where that does not halve the difference, it is bisected until it does, so that every move
    brings the objective down, however the costs bend. Paths left without flow go back to the free list. Returns the
    excess found and the cost carried.
    """
    left = 0.0
    carried = 0.0
    for od in range(begin, end):
        p = first[od]
        if p < 0 or next_path[p] < 0:
            continue
        best = -1
        cheapest = np.inf
        while p >= 0:
            c = 0.0
            for i in range(start[p], start[p] + length[p]):
                c += cost[pool[i]]
            if c < cheapest:
                cheapest = c
                best = p
            p = next_path[p]
        counters[3] += 1
        on_best = counters[3]
        b0 = start[best]
        b1 = b0 + length[best]
        for i in range(b0, b1):
            mark[pool[i]] = on_best
        before = -1
        p = first[od]
        while p >= 0:
            after = next_path[p]
            if p == best:
                before = p
                p = after
                continue
            if flow[p] > 0.0:
                counters[3] += 1
                on_this = counters[3]
                k0 = start[p]
                k1 = k0 + length[p]
                difference = 0.0
                steepness = 0.0
                for i in range(k0, k1):
                    link = pool[i]
                    other_mark[link] = on_this
                    if mark[link] != on_best:
                        difference += cost[link]
                        steepness += slope[link]
                for i in range(b0, b1):
                    link = pool[i]
                    if other_mark[link] != on_this:
                        difference -= cost[link]
                        steepness += slope[link]
                left += flow[p] * max(difference, 0.0)
                carried += flow[p] * cheapest
                bound = flow[p] if difference >= 0.0 else -flow[best]
                moved = bound
                if abs(difference) < steepness * abs(bound):
                    moved = difference / steepness
                if moved != 0.0:
                    rest = _move(
                        moved, k0, k1, b0, b1, on_this, on_best, mark, other_mark, pool,
                        fixed, t0, b, capacity, power, volume, cost, slope,
                    )  # fmt: skip
                    half = 0.5 * abs(difference)
                    # the costs bend too much for Newton's step: halve the range in which the two paths cost the same
                    if abs(rest) > half and half > 1e-12 * cheapest:
                        near, far = 0.0, moved
                        if rest * difference > 0.0:
                            near, far = moved, bound
                        for halving in range(100):
                            middle = 0.5 * (near + far)
                            if near != 0.0 and halving == 0:
                                middle = bound
                            if middle == moved:
                                break
                            rest = _move(
                                middle - moved, k0, k1, b0, b1, on_this, on_best, mark, other_mark, pool,
                                fixed, t0, b, capacity, power, volume, cost, slope,
                            )  # fmt: skip
                            moved = middle
                            if abs(rest) <= half or (moved == bound and rest * difference > 0.0):
                                break
                            if rest * difference > 0.0:
                                near = middle
                            else:
                                far = middle
                    flow[p] -= moved
                    flow[best] += moved
            if flow[p] <= 0.0:
                if before < 0:
                    first[od] = after
                else:
                    next_path[before] = after
                next_path[p] = counters[2]
                counters[2] = p
            else:
                before = p
            p = after
    return left, carried


@jit
def gather(
    first: Ints, next_path: Ints, start: Longs, length: Ints, flow: Floats, key: Longs, pool: Ints, counters: Longs,
    new_next: Ints, new_start: Longs, new_length: Ints, new_flow: Floats, new_key: Longs, new_pool: Ints,
) -> None:  # fmt: skip
    """Copy the paths in use, pair by pair, into larger arrays."""
    paths = 0
    used = 0
    for od in range(len(first)):
        p = first[od]
        before = -1
        while p >= 0:
            new_start[paths] = used
            new_length[paths] = length[p]
            new_flow[paths] = flow[p]
            new_key[paths] = key[p]
            new_next[paths] = -1
            for i in range(length[p]):
                new_pool[used + i] = pool[start[p] + i]
            used += length[p]
            if before < 0:
                first[od] = paths
            else:
                new_next[before] = paths
            before = paths
            paths += 1
            p = next_path[p]
    counters[0] = paths
    counters[1] = used
    counters[2] = -1


@jit
def sum_volumes(
    first: Ints, next_path: Ints, start: Longs, length: Ints, flow: Floats, pool: Ints, demand: Floats, volume: Floats
) -> None:
    """Link volumes anew from the path flows, first scaled to the demand: ends the drift of many small steps."""
    volume[:] = 0.0
    for od in range(len(first)):
        total = 0.0
        p = first[od]
        while p >= 0:
            total += flow[p]
            p = next_path[p]
        p = first[od]
        while p >= 0:
            if total > 0.0:
                flow[p] *= demand[od] / total
            for i in range(start[p], start[p] + length[p]):
                volume[pool[i]] += flow[p]
            p = next_path[p]


def scratch(states: int, links: int) -> dict[str, Any]:
    """Return working arrays for the searches and marks of one run."""
    return {
        "counters": np.array([0, 0, -1, 0], dtype=np.int64),
        "target": np.zeros(states, dtype=np.int64),
        "seen": np.zeros(states, dtype=np.int64),
        "distance": np.zeros(states),
        "parent": np.full(states, -1, dtype=np.int32),
        "heap": np.zeros(states + 1, dtype=np.int32),
        "place": np.zeros(states, dtype=np.int32),
        "mark": np.zeros(links, dtype=np.int64),
        "other_mark": np.zeros(links, dtype=np.int64),
        "trace": np.zeros(states + 1, dtype=np.int32),
    }
