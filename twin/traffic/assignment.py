"""Assignment: from a road network and a demand to flows, times and totals, with units and provenance.

Times are seconds, flows vehicles per hour. The equilibrium itself is found in `twin.traffic.equilibrium`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import xarray as xr

from twin import provenance, variables
from twin.city.roads import RoadNetwork
from twin.errors import InputError
from twin.traffic.equilibrium import user_equilibrium
from twin.traffic.graph import BPR_B, BPR_POWER, Graph, graph_from_network


def assign(
    network: RoadNetwork | Graph,
    demand: xr.DataArray,
    *,
    gap: float = 1e-6,
    max_iterations: int = 500,
    volume_delay: Literal["bpr", "free_flow"] = "bpr",
    b: float = BPR_B,
    power: float = BPR_POWER,
    passable: xr.DataArray | Mapping[str, float] | None = None,
    allow_unconverged: bool = False,
    threads: int | None = None,
) -> xr.Dataset:
    """Assign demand to the roads so that no driver can save time by another route.

    Parameters
    ----------
    network : RoadNetwork or Graph
        Roads; times of a `Graph` must be in seconds.
    demand : xr.DataArray (origin, destination)
        Vehicles per hour between node ids, finite and >= 0.
    gap : float
        Relative gap to reach, 1e-14 to 1.
    max_iterations : int
        Most passes over all origins.
    volume_delay : {"bpr", "free_flow"}
        t0 (1 + b (v / capacity)^power), or the free-flow time whatever the volume (all or nothing).
    b, power : float
        Parameters of the volume-delay function of a RoadNetwork; a Graph brings its own.
    passable : xr.DataArray over `link`, or mapping of link id to float, optional
        Share of the free-flow speed that remains, 0 (closed) to 1; for a RoadNetwork.
    allow_unconverged : bool
        Return the best flows found instead of raising, with `converged = 0` in the attributes.
    threads : int, optional
        Accepted as by all models; the solver runs on one thread and its result never depends on it.

    Returns
    -------
    xr.Dataset
        Over `link`: `road_flow` (1/h), `travel_time` and `free_flow_time` (s), `road_speed` (m/s),
        `volume_capacity_ratio`; closed links carry 0 with time and speed NaN. Scalars: `relative_gap`,
        `total_travel_time` (vehicle hours), `vehicle_distance` (vehicle km), `unserved_demand`, `intrazonal_demand`
        and `assigned_demand` (1/h).

    Raises
    ------
    InputError
        If the demand or an option is impossible.
    LimitError
        If the demand has more pairs than `limits.MAX_OD_PAIRS`.
    ConvergenceError
        If the gap is not reached; the message says which was.

    References
    ----------
    Jayakrishnan, Tsai, Prashker & Rajadhyaksha (1994), A faster path-based algorithm for traffic assignment,
    Transportation Research Record 1443; Bertsekas & Gallager (1992), Data Networks, section 5.7;
    Bureau of Public Roads (1964), Traffic Assignment Manual.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> two_roads = graph_from_arrays([1, 1], [2, 2], [60.0, 60.0], [600.0, 600.0], length=1000.0)
    >>> trips = xr.DataArray([[900.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    >>> assign(two_roads, trips).road_flow.values.round(3).tolist()
    [450.0, 450.0]
    """
    if volume_delay not in ("bpr", "free_flow"):
        raise InputError(f"volume_delay is {volume_delay!r}; it must be 'bpr' or 'free_flow'")
    if isinstance(network, RoadNetwork):
        graph = graph_from_network(network, b=b if volume_delay == "bpr" else 0.0, power=power, passable=passable)
    else:
        if passable is not None:
            raise InputError("passable works on a RoadNetwork; close links of a Graph when it is made")
        graph = network if volume_delay == "bpr" else _without_congestion(network)
    solved = user_equilibrium(
        graph, demand, gap=gap, max_iterations=max_iterations, allow_unconverged=allow_unconverged, threads=threads
    )
    time = np.where(graph.open, solved.cost - graph.fixed_cost, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(graph.open & (time > 0), graph.length / time, np.nan)
        ratio = np.where(graph.capacity > 0, solved.volume / graph.capacity, np.where(solved.volume > 0, np.inf, 0.0))
    served = float(demand.values.sum()) - float(solved.unserved.sum()) - solved.intrazonal
    result = xr.Dataset(
        {
            "road_flow": ("link", solved.volume),
            "travel_time": ("link", time),
            "free_flow_time": ("link", np.where(graph.open, graph.free_flow_time, np.nan)),
            "road_speed": ("link", speed),
            "volume_capacity_ratio": ("link", ratio),
            "relative_gap": solved.relative_gap,
            "total_travel_time": float(np.nansum(solved.volume * time)) / 3600.0,
            "vehicle_distance": float(np.sum(solved.volume * graph.length)) / 1000.0,
            "unserved_demand": float(solved.unserved.sum()),
            "intrazonal_demand": solved.intrazonal,
            "assigned_demand": served,
        },
        coords={"link": graph.links},
    )
    options = {
        "gap": gap, "max_iterations": max_iterations, "volume_delay": volume_delay, "b": b, "power": power,
        "passable": None if passable is None else provenance.fingerprint(_plain(passable)),
        "allow_unconverged": allow_unconverged,
    }  # fmt: skip
    result = provenance.stamp(
        variables.describe(result),
        model="traffic",
        options=options,
        inputs=_fingerprint(graph, demand),
        validation="user equilibrium verified on TransportationNetworks test problems; "
        "demand, capacities and times not validated against counts",
        validation_de="Nutzergleichgewicht an Testnetzen von TransportationNetworks geprüft; "
        "Nachfrage, Kapazitäten und Zeiten nicht an Zählungen validiert",
    )
    synthetic = {key: demand.attrs[key] for key in ("synthetic", "caveat_en", "caveat_de") if key in demand.attrs}
    return result.assign_attrs(
        converged=int(solved.relative_gap <= gap),
        iterations=solved.iterations,
        beckmann_objective=solved.objective,
        **synthetic,
    )


def _without_congestion(graph: Graph) -> Graph:
    from dataclasses import replace

    return replace(graph, b=np.zeros_like(graph.b))


def _plain(passable: xr.DataArray | Mapping[str, float]) -> object:
    return passable if isinstance(passable, xr.DataArray) else dict(passable)


def _fingerprint(graph: Graph, demand: xr.DataArray) -> str:
    return provenance.fingerprint(
        graph.links, graph.nodes, graph.tail, graph.head, graph.free_flow_time, graph.fixed_cost, graph.capacity,
        graph.b, graph.power, graph.open, graph.arc_start, graph.arc_head, graph.arc_link,
        demand.transpose("origin", "destination").values, demand["origin"].values, demand["destination"].values,
    )  # fmt: skip
