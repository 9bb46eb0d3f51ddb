"""Traffic over the edge of the map: what gates carry, who uses them, and who only passes through.

Gates are nodes where a road leaves the network; volumes are vehicles per hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.city.roads import RoadNetwork
from twin.errors import InputError
from twin.traffic import demand_parameters as parameters
from twin.traffic.balancing import balance, ratio
from twin.traffic.graph import graph_from_network
from twin.traffic.skims import travel_costs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gates:
    """Where roads leave the network: node, road, vehicles per hour into and out of the network."""

    nodes: NDArray[np.int64]
    ref: NDArray[np.str_]
    motorway: NDArray[np.bool_]
    entering: Floats
    leaving: Floats


def gates_of(network: RoadNetwork, told: Mapping[str, float], peak_share: float) -> Gates:
    """Return the gates of a network with their peak-hour volumes.

    Parameters
    ----------
    network : RoadNetwork
    told : mapping
        Vehicles per day in both directions by road number or class; `demand_parameters.GATE_TRAFFIC` for the rest.
    peak_share : float
        Share of a day's traffic in the hour modelled.

    Raises
    ------
    InputError
        If `told` names neither a road number nor a class, or a volume is negative or not finite.
    """
    links = network.links
    known = {part.strip() for text in links["ref"] for part in str(text).split(";")} | set(parameters.GATE_TRAFFIC)
    for name, value in told.items():
        if name not in known:
            raise InputError(f"gate_traffic names {name!r}, which is neither a road number of the network nor a class")
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"gate_traffic of {name!r} is {value!r} vehicles per day; it must be finite and >= 0")
    nodes = network.nodes.index[network.nodes["gate"].to_numpy(dtype=bool)].to_numpy().astype(np.int64)
    entering, leaving = np.zeros(len(nodes)), np.zeros(len(nodes))
    motorway = np.zeros(len(nodes), dtype=bool)
    refs = [""] * len(nodes)
    for i, gate in enumerate(nodes):
        for column, volume in (("from_node", entering), ("to_node", leaving)):
            table = links[links[column] == gate]
            for ref, road in zip(table["ref"], table["road_class"], strict=True):
                names = [*(part.strip() for part in str(ref).split(";")), road]
                daily = next((told[name] for name in names if name in told), parameters.GATE_TRAFFIC.get(road, 0.0))
                if daily / 2 * peak_share >= volume[i]:
                    volume[i], refs[i] = daily / 2 * peak_share, str(ref)
                motorway[i] |= road in ("motorway", "motorway_link")
    return Gates(nodes, np.array(refs, dtype=str), motorway, entering, leaving)


def to_gates(seed: Floats, trips: Floats, size: Floats) -> Floats:
    """Trips of each zone over the gates, by their traffic and how far they are: constrained at the zone."""
    weight = seed * size[None, :]
    sums = weight.sum(axis=1)
    return np.asarray(weight * ratio(trips, sums)[:, None], dtype=np.float64)


def by_motorway(network: RoadNetwork, gates: Gates) -> NDArray[np.bool_]:
    """Pairs of gates that a driver can join without leaving motorways."""
    other = ~network.links["road_class"].isin(("motorway", "motorway_link")).to_numpy()
    graph = graph_from_network(replace(network, links=network.links.assign(closed=other)))
    return np.isfinite(travel_costs(graph, gates.nodes, gates.nodes))


def through_traffic(
    network: RoadNetwork, gates: Gates, connected: NDArray[np.bool_], by_motorway_alone: NDArray[np.bool_],
    entering: Floats, leaving: Floats,
) -> Floats:  # fmt: skip
    """Traffic from gate to gate, balanced together with one more row and column for "elsewhere".

    What a gate carries to places that the network does not hold (a motorway that leaves the map and has no other
    end on it) goes elsewhere and is not part of the result.
    """
    count = len(gates.nodes)
    if count < 2 or entering.sum() == 0 or leaving.sum() == 0:
        return np.zeros((count, count))
    point = network.nodes.geometry.loc[gates.nodes]
    x, y = point.x.to_numpy(), point.y.to_numpy()
    angle = np.arctan2(y - y.mean(), x - x.mean())
    # gates on the same side: no one crosses the town to go back; opposite sides: the natural way through
    across = np.sin((angle[:, None] - angle[None, :]) / 2) ** 2 * connected
    apart = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :]) > parameters.SAME_PLACE
    across[~apart] = 0.0
    on_motorway = gates.motorway[:, None] | gates.motorway[None, :]
    same_road = (gates.ref[:, None] == gates.ref[None, :]) & (gates.ref[:, None] != "") | by_motorway_alone
    weight = np.where(on_motorway, 1.0 / parameters.MOTORWAY_LOYALTY, 1.0)
    weight[same_road] = parameters.SAME_ROAD
    goes_on = same_road & (across > 0)
    stranded_in = gates.motorway & ~(goes_on & (leaving > 0)[None, :]).any(axis=1)
    stranded_out = gates.motorway & ~(goes_on & (entering > 0)[:, None]).any(axis=0)
    seed = np.ones((count + 1, count + 1))
    seed[:count, :count] = across * weight
    seed[:count, count] = np.where(stranded_in, parameters.SAME_ROAD, parameters.ELSEWHERE)
    seed[count, :count] = np.where(stranded_out, parameters.SAME_ROAD, parameters.ELSEWHERE)
    elsewhere = max(float(entering.sum()), float(leaving.sum()))
    full = balance(
        seed,
        np.append(entering, elsewhere + max(0.0, float(leaving.sum() - entering.sum()))),
        np.append(leaving, elsewhere + max(0.0, float(entering.sum() - leaving.sum()))),
    )
    return np.ascontiguousarray(full[:count, :count])
