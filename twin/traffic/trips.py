"""Trips as a model takes them: a matrix between nodes of the network, checked before any work."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import limits
from twin.errors import InputError
from twin.traffic.graph import Graph

Floats = NDArray[np.float64]


def check_demand(graph: Graph, demand: xr.DataArray) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return the demand as (o, d) floats with the positions of its origins and destinations, or refuse it.

    Raises
    ------
    InputError
        If it is no matrix over nodes of the network, or an entry is negative or not finite.
    LimitError
        If there are more pairs than `twin.limits.MAX_OD_PAIRS`.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> graph = graph_from_arrays([1], [2], [1.0], [1.0])
    >>> trips = xr.DataArray([[5.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    >>> check_demand(graph, trips)[0].tolist()
    [[5.0]]
    """
    if not isinstance(demand, xr.DataArray) or set(demand.dims) != {"origin", "destination"}:
        dims = getattr(demand, "dims", type(demand).__name__)
        raise InputError(f"demand has dims {dims}; it must be an xr.DataArray over (origin, destination)")
    for name in ("origin", "destination"):
        if name not in demand.coords:
            raise InputError(f"demand has no coordinate {name!r}; it must hold node ids of the network")
        if len(np.unique(demand[name].values)) != demand.sizes[name]:
            raise InputError(f"demand names a node twice along {name!r}; sum the rows or columns first")
    limits.check(
        demand.size, "MAX_OD_PAIRS", f"demand has {demand.sizes['origin']} x {demand.sizes['destination']} pairs"
    )
    values = np.ascontiguousarray(demand.transpose("origin", "destination").values, dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row, column = (int(i[0]) for i in np.nonzero(wrong))
        raise InputError(
            f"demand is {values[row, column]} veh/h from node {demand['origin'].values[row]} to node "
            f"{demand['destination'].values[column]}; it must be finite and >= 0"
        )
    return (
        values,
        positions(graph, demand["origin"].values, "origin"),
        positions(graph, demand["destination"].values, "destination"),
    )


def positions(graph: Graph, ids: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Return where the nodes with these ids stand in the graph; `what` names them in messages.

    Raises
    ------
    InputError
        If an id is no integer or no node of the network.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> positions(graph_from_arrays([10], [20], [1.0], [1.0]), np.array([20]), "origin").tolist()
    [1]
    """
    if ids.size == 0:
        return np.zeros(0, dtype=np.int64)
    if ids.dtype.kind not in "iu":
        raise InputError(f"{what} ids have type {ids.dtype}; they must be integer node ids of the network")
    at = np.searchsorted(graph.nodes, ids)
    known = (at < len(graph.nodes)) & (graph.nodes[np.minimum(at, len(graph.nodes) - 1)] == ids)
    if not known.all():
        raise InputError(f"{what} {ids[~known][0]} is not a node of the network ({len(graph.nodes)} nodes)")
    return at.astype(np.int64)
