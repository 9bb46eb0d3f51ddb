"""Skims: what the cheapest paths between nodes cost, as a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin import kernels, limits
from twin.traffic import assignment_kernels as compiled
from twin.traffic.graph import Graph
from twin.traffic.trips import positions

Floats = NDArray[np.float64]

SEARCH = ("counters", "target", "seen", "distance", "parent", "heap", "place")
"""Work arrays of a search for cheapest paths, in the order in which the kernels take them."""


def travel_costs(
    graph: Graph, origins: NDArray[Any], destinations: NDArray[Any], *, volume: Floats | None = None
) -> Floats:
    """Cost of the cheapest permitted path between nodes, at the given volumes (empty roads by default).

    Parameters
    ----------
    graph : Graph
    origins, destinations : arrays of node ids
    volume : (l,), optional
        veh/h.

    Returns
    -------
    (o, d) float array
        Infinity where there is no path; 0 from a node to itself.

    Raises
    ------
    InputError
        If an id is no node of the network.
    LimitError
        If there are more pairs than `twin.limits.MAX_OD_PAIRS`.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> graph = graph_from_arrays([1, 2], [2, 3], [10.0, 5.0], [1.0, 1.0])
    >>> travel_costs(graph, [1], [2, 3]).tolist()
    [[10.0, 15.0]]
    """
    start, end = (
        positions(graph, np.asarray(origins), "origin"),
        positions(graph, np.asarray(destinations), "destination"),
    )
    limits.check(len(start) * len(end), "MAX_OD_PAIRS", f"the matrix has {len(start)} x {len(end)} pairs")
    working = compiled.scratch(graph.states, len(graph.links))
    cost = np.append(graph.link_cost(np.zeros(len(graph.links)) if volume is None else volume), 0.0)
    result = np.empty(len(start) * len(end))
    with kernels.running(1):
        arguments: tuple[Any, ...] = (
            np.arange(len(start) + 1, dtype=np.int64) * len(end),
            graph.source[start], np.tile(graph.sink[end], len(start)),
            graph.arc_start, graph.arc_head, graph.arc_link, cost,
            *(working[k] for k in SEARCH), result,
        )  # fmt: skip
        compiled.shortest_costs(*arguments)
    matrix = result.reshape(len(start), len(end))
    matrix[start[:, None] == end[None, :]] = 0.0
    return matrix
