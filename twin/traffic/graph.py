"""Networks as arrays: links with their volume-delay parameters, and the search graph that honours turns.

Paths through the search graph (`twin.traffic.search_graph`) are exactly the permitted ones: no forbidden turn, no drive
through residents' roads, none through a centroid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from twin.city.road_parameters import MAJOR_CLASSES
from twin.city.roads import RoadNetwork
from twin.errors import InputError
from twin.traffic.search_graph import search_graph

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

BPR_B, BPR_POWER = 0.15, 4.0
"""Bureau of Public Roads (1964), Traffic Assignment Manual: t = t0 (1 + 0.15 (v / c)^4)."""


@dataclass(frozen=True)
class Graph:
    """A road network as arrays, ready for searching and assignment.

    links : (l,) ids; nodes : (n,) ids
    tail, head : (l,) positions of a link's ends in `nodes`
    free_flow_time, fixed_cost : (l,) s (any unit, if all costs have it); fixed costs such as tolls do not congest
    capacity : (l,) veh/h; b, power : (l,) parameters of t0 (1 + b (v / capacity)^power)
    length : (l,) m
    open : (l,) False for closed links
    arc_start, arc_tail, arc_head, arc_link : the search graph, arcs sorted by state; arc_link == l drives on no road
    source, sink : (n,) states where trips from and to a node begin and end
    """

    links: NDArray[Any]
    nodes: Longs
    tail: Longs
    head: Longs
    free_flow_time: Floats
    fixed_cost: Floats
    capacity: Floats
    b: Floats
    power: Floats
    length: Floats
    open: NDArray[np.bool_]
    arc_start: Longs
    arc_tail: Ints
    arc_head: Ints
    arc_link: Ints
    source: Ints
    sink: Ints

    @property
    def states(self) -> int:
        """Number of states of the search graph."""
        return len(self.arc_start) - 1

    def link_cost(self, volume: Floats) -> Floats:
        """Cost of each link at the given volumes (veh/h), in the unit of the free-flow times.

        Examples
        --------
        >>> graph = graph_from_arrays([1], [2], [10.0], [100.0])
        >>> round(float(graph.link_cost(np.array([100.0]))[0]), 9)
        11.5
        """
        congests = (self.b > 0) & (self.free_flow_time > 0)
        ratio = np.where(congests, volume / np.where(congests, self.capacity, 1.0), 0.0)
        delay = np.where(congests, self.b * ratio**self.power, 0.0)
        return np.asarray(self.fixed_cost + self.free_flow_time * (1.0 + delay), dtype=np.float64)

    def objective(self, volume: Floats) -> float:
        """Beckmann's objective: the sum over links of the integral of cost from 0 to the volume.

        Examples
        --------
        >>> graph = graph_from_arrays([1], [2], [10.0], [100.0])
        >>> round(graph.objective(np.array([100.0])), 9)
        1030.0
        """
        congests = (self.b > 0) & (self.free_flow_time > 0)
        ratio = np.where(congests, volume / np.where(congests, self.capacity, 1.0), 0.0)
        delay = np.where(congests, self.b * ratio**self.power / (self.power + 1.0), 0.0)
        return float(np.sum(volume * (self.fixed_cost + self.free_flow_time * (1.0 + delay))))


def graph_from_arrays(
    from_node: ArrayLike,
    to_node: ArrayLike,
    free_flow_time: ArrayLike,
    capacity: ArrayLike,
    *,
    b: ArrayLike = BPR_B,
    power: ArrayLike = BPR_POWER,
    fixed_cost: ArrayLike = 0.0,
    length: ArrayLike = 0.0,
    first_thru_node: int | None = None,
    closed: ArrayLike = False,
    residents_only: ArrayLike = False,
    turns: Iterable[tuple[int, int]] = (),
    link_ids: ArrayLike | None = None,
    nodes: ArrayLike | None = None,
) -> Graph:
    """Make a graph from plain arrays, one entry a directed link; parallel links stay apart.

    Parameters
    ----------
    from_node, to_node : (l,) int
        Node ids, any integers.
    free_flow_time : (l,) float >= 0
        s (or any one unit for all costs); 0 is allowed.
    capacity : (l,) float > 0
        veh/h; may be 0 only where b or free_flow_time is 0 or the link is closed.
    b, power : float or (l,) >= 0
        Volume-delay function t0 (1 + b (v / capacity)^power).
    fixed_cost : float or (l,) >= 0
        Added to the cost whatever the volume (toll in time, for example).
    length : float or (l,) >= 0
        m.
    first_thru_node : int, optional
        Nodes with a smaller id are centroids: paths start and end there but do not pass.
    closed, residents_only : bool or (l,)
        Closed links carry nothing; links for residents only carry trips from or to nodes that roads open to all do
        not connect both ways with the largest part of the network.
    turns : pairs of int
        Positions of links (from, to) that must not follow each other.
    link_ids : (l,), optional
        Names of the links, unique; by default 0, 1, ...
    nodes : (n,) int, optional
        All node ids, when some have no link.

    Returns
    -------
    Graph

    Raises
    ------
    InputError
        If a value is not finite, negative or of the wrong length, or an id is repeated.

    Examples
    --------
    >>> graph = graph_from_arrays([1, 1], [2, 2], [60.0, 90.0], [800.0, 800.0])
    >>> graph.links.tolist(), graph.nodes.tolist()
    ([0, 1], [1, 2])
    """
    tails, heads = _ids(from_node, "from_node"), _ids(to_node, "to_node")
    count = len(tails)
    if len(heads) != count:
        raise InputError(f"from_node has {count} links and to_node {len(heads)}; they must be as many")
    if count == 0:
        raise InputError("the network has no link")
    time = _per_link(free_flow_time, count, "free_flow_time")
    flow_capacity = _per_link(capacity, count, "capacity")
    factor, exponent = _per_link(b, count, "b"), _per_link(power, count, "power")
    fixed, metres = _per_link(fixed_cost, count, "fixed_cost"), _per_link(length, count, "length")
    shut = np.broadcast_to(np.asarray(closed, dtype=bool), count).copy()
    quiet = np.broadcast_to(np.asarray(residents_only, dtype=bool), count).copy()
    names = np.arange(count) if link_ids is None else np.asarray(link_ids)
    if len(names) != count or len(np.unique(names)) != count:
        raise InputError(f"link_ids must hold {count} different names; it holds {len(np.unique(names))}")
    useless = ~shut & (flow_capacity <= 0) & (factor > 0) & (time > 0)
    if useless.any():
        at = int(np.flatnonzero(useless)[0])
        raise InputError(
            f"capacity of link {names[at]} is {flow_capacity[at]:g} veh/h; an open link with congestion (b > 0) needs "
            "more than 0: close the link or set b to 0"
        )
    ids = np.unique(np.concatenate([tails, heads, _ids([] if nodes is None else nodes, "nodes")]))
    tail, head = np.searchsorted(ids, tails), np.searchsorted(ids, heads)
    through = np.ones(len(ids), dtype=bool) if first_thru_node is None else ids >= first_thru_node
    arcs = search_graph(len(ids), tail, head, ~shut, quiet, through, turns)
    return Graph(
        names, ids, tail.astype(np.int64), head.astype(np.int64), time, fixed, flow_capacity, factor, exponent, metres,
        ~shut, *arcs,
    )  # fmt: skip


def graph_from_network(
    network: RoadNetwork,
    *,
    b: float = BPR_B,
    power: float = BPR_POWER,
    passable: xr.DataArray | Mapping[str, float] | None = None,
) -> Graph:
    """Make the graph of a road network; costs are seconds.

    Turning round is forbidden on main roads (motorway to secondary), at signals and at junctions with a turn
    restriction for that arrival, and allowed elsewhere and at dead ends.

    Parameters
    ----------
    network : RoadNetwork
    b, power : float
        Parameters of the volume-delay function for all links; defaults of the Bureau of Public Roads (1964).
    passable : xr.DataArray over `link`, or mapping of link id to float, optional
        Share of the free-flow speed that remains, 0 to 1: 0 or False closes a link, 1 or True leaves it; links not
        named are left.

    Raises
    ------
    InputError
        If `passable` names an unknown link or a value outside 0 to 1.

    Examples
    --------
    >>> from twin.city.roads import small_network
    >>> graph = graph_from_network(small_network(), passable={"1:1:2": 0.0})
    >>> int(graph.open.sum())
    5
    """
    links = network.links
    share = _shares(links.index.to_numpy(), passable)
    closed = links["closed"].to_numpy(dtype=bool) | (share <= 0)
    speed = links["free_flow_speed"].to_numpy(dtype=float)
    wrong = ~(np.isfinite(speed) & (speed > 0))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError(f"free_flow_speed of link {links.index[at]} is {speed[at]} m/s; it must be above 0")
    time = links["length"].to_numpy(dtype=float) / (speed * np.where(share > 0, share, 1.0))
    return graph_from_arrays(
        links["from_node"].to_numpy(),
        links["to_node"].to_numpy(),
        time,
        links["capacity"].to_numpy(dtype=float),
        b=b,
        power=power,
        length=links["length"].to_numpy(dtype=float),
        closed=closed,
        residents_only=links["residents_only"].to_numpy(dtype=bool),
        turns=_turns(network, closed),
        link_ids=links.index.to_numpy(),
        nodes=network.nodes.index.to_numpy(),
    )


def _shares(links: NDArray[Any], passable: xr.DataArray | Mapping[str, float] | None) -> Floats:
    share = np.ones(len(links))
    if passable is None:
        return share
    if isinstance(passable, xr.DataArray):
        if passable.dims != ("link",) or "link" not in passable.coords:
            raise InputError(f"passable has dims {passable.dims}; it must have the one dimension 'link' with link ids")
        given = dict(zip(passable["link"].values.tolist(), passable.values.astype(float).tolist(), strict=True))
    else:
        given = {str(link): float(value) for link, value in passable.items()}
    position = {str(link): i for i, link in enumerate(links)}
    for link, value in given.items():
        if str(link) not in position:
            raise InputError(f"passable names link {link!r}, which the network does not have")
        if not 0.0 <= value <= 1.0:
            raise InputError(f"passable is {value} on link {link!r}; it is a share of the speed, 0 to 1")
        share[position[str(link)]] = value
    return share


def _turns(network: RoadNetwork, closed: NDArray[np.bool_]) -> set[tuple[int, int]]:
    """Positions of forbidden pairs: the table of turns, and turning round where it is forbidden."""
    links = network.links
    position = {link: i for i, link in enumerate(links.index)}
    pairs = {
        (position[before], position[after])
        for before, after in zip(network.turns["from_link"], network.turns["to_link"], strict=True)
    }
    restricted = {before for before, _ in pairs}
    tail, head = links["from_node"].to_numpy(), links["to_node"].to_numpy()
    signals = set(network.nodes.index[network.nodes["signals"].to_numpy(dtype=bool)].tolist())
    barriers = set(network.turns.loc[network.turns["restriction"] == 0, "from_link"])
    leaving: dict[int, list[int]] = {}
    for i in np.flatnonzero(~closed):
        leaving.setdefault(int(tail[i]), []).append(int(i))
    road_class, way = links["road_class"].to_numpy(), links["osm_way"].to_numpy()
    for i in np.flatnonzero(~closed):
        if links.index[i] in barriers:
            continue
        if not (i in restricted or int(head[i]) in signals or road_class[i] in MAJOR_CLASSES):
            continue
        ahead = leaving.get(int(head[i]), [])
        back = [j for j in ahead if head[j] == tail[i] and way[j] == way[i]]
        if any(j not in back and (int(i), j) not in pairs for j in ahead):  # not at a dead end
            pairs |= {(int(i), j) for j in back}
    return pairs


def _ids(values: ArrayLike, name: str) -> Longs:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{name} must be a one-dimensional array of integer node ids; its type is {array.dtype}")
    return array.astype(np.int64)


def _per_link(values: ArrayLike, count: int, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and len(array) != count):
        raise InputError(f"{name} has shape {array.shape}; it needs one value per link ({count})")
    array = np.broadcast_to(array, count).copy()
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError(f"{name} is {array[at]} on the link at position {at}; it must be finite and >= 0")
    return array
