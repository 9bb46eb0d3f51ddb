"""Synthetic demand: who drives from where to where in the peak hour, from buildings and from the roads at the edge.

A gravity model, for want of counts and surveys: useful to compare scenarios, flagged as synthetic in everything made
from it. Replace it by an observed matrix with the same dims where there is one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from twin.city.city import City
from twin.errors import ConvergenceError, InputError, MissingDataError
from twin.traffic import demand_parameters as parameters
from twin.traffic.assignment import travel_costs
from twin.traffic.graph import graph_from_network

if TYPE_CHECKING:
    from twin.city.roads import RoadNetwork

Floats = NDArray[np.float64]

CAVEAT_EN = (
    "Traffic demand is synthetic: a gravity model from residents, floor areas and assumed traffic at the edge of the "
    "map, not calibrated with counts."
)
CAVEAT_DE = (
    "Die Verkehrsnachfrage ist synthetisch: ein Gravitationsmodell aus Einwohnern, Geschossflächen und angenommenem "
    "Verkehr am Kartenrand, nicht an Zählungen kalibriert."
)


def gravity_demand(
    city: City,
    *,
    max_zones: int = 150,
    trips_per_person: float = parameters.TRIPS_PER_PERSON,
    driver_share: float = parameters.DRIVER_SHARE,
    peak_share: float = parameters.PEAK_SHARE,
    homeward_share: float = parameters.HOMEWARD_SHARE,
    external_share: float = parameters.EXTERNAL_SHARE,
    time_sensitivity: float = parameters.TIME_SENSITIVITY,
    gate_traffic: Mapping[str, float] | None = None,
) -> xr.DataArray:
    """Estimate the peak-hour car trips between nodes of the city's road network.

    Residents make trips between home and activities (workplaces by floor area, visits); a share of these trips has its
    other end outside, beyond a gate; what gates carry beyond that is through traffic. Zones are nodes with the
    buildings nearest to them. Trips inside and through traffic are doubly constrained (sums of rows and columns are
    met), trips over the edge are constrained at home and spread over the gates by their traffic and how far they are.
    Closed links count as open, so that demand stays the same across scenarios.

    Parameters
    ----------
    city : City
        With a road network; buildings with `residents` and `use`, if any.
    max_zones : int
        Most zones made of buildings, >= 1; gates come on top.
    trips_per_person, driver_share : float
        Trips per person and day, and the share of them that puts a car on the road.
    peak_share : float
        Share of a day's traffic in the hour modelled, 0 to 1.
    homeward_share : float
        Share of the residents' trips that lead home, 0 to 1 (0.6 suits an afternoon, 0.2 a morning peak).
    external_share : float
        Share of the residents' trips that cross the edge of the network, 0 to 1.
    time_sensitivity : float
        1/min, >= 0; deterrence is exp(-time_sensitivity * free-flow minutes).
    gate_traffic : mapping, optional
        Vehicles per day in both directions where a road leaves the network, by `ref` ("B 85") or by class
        ("primary"); the rest is taken from `demand_parameters.GATE_TRAFFIC`.

    Returns
    -------
    xr.DataArray (origin, destination)
        Vehicles per hour between node ids; attrs `synthetic` = 1, `caveat_en`, `caveat_de`, `parameters` (JSON), and
        sums: `residents`, `trips_by_residents`, `trips_over_the_edge`, `trips_through_gates`, and what could not be
        placed: `trips_without_gate` (no gate can be reached), `gate_traffic_left_out` (it goes where the map ends).

    Raises
    ------
    MissingDataError
        If the city has no network, or neither residents nor gates.
    InputError
        If a parameter is out of range.

    References
    ----------
    Wilson (1967), A statistical theory of spatial distribution models, Transportation Research 1, 253-269;
    Furness (1965), Time function iteration, Traffic Engineering and Control 7, 458-460;
    numbers: `twin.traffic.demand_parameters`.

    Examples
    --------
    >>> from twin.city.samples import sample_city
    >>> demand = gravity_demand(sample_city("bayreuth", resolution=50.0))
    >>> demand.dims, demand.attrs["synthetic"]
    (('origin', 'destination'), 1)
    """
    network = city.network
    if network is None:
        raise MissingDataError("the city has no road network; build it from an OpenStreetMap extract")
    _check_share(peak_share, "peak_share")
    _check_share(homeward_share, "homeward_share")
    _check_share(external_share, "external_share")
    _check_share(driver_share, "driver_share")
    for name, value in (("trips_per_person", trips_per_person), ("time_sensitivity", time_sensitivity)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} is {value!r}; it must be finite and >= 0")
    if max_zones < 1:
        raise InputError(f"max_zones is {max_zones}; it must be at least 1")

    zones, residents, activity = _zones(city, network, max_zones)
    gates = _gates(network, gate_traffic or {}, peak_share)
    external = external_share if len(gates.nodes) else 0.0
    trips = residents * trips_per_person * driver_share * peak_share
    total = float(trips.sum())
    if total == 0 and gates.entering.sum() == 0:
        raise MissingDataError("there is neither a resident nor a road that leaves the extract; no one travels")
    nodes = np.concatenate([zones, gates.nodes])
    count = len(zones)
    opened = replace(network, links=network.links.assign(closed=False))
    minutes = travel_costs(graph_from_network(opened), nodes, nodes) / 60.0
    deterrence = np.where(np.isfinite(minutes), np.exp(-time_sensitivity * np.minimum(minutes, 600.0)), 0.0)
    matrix = np.zeros((len(nodes), len(nodes)))
    inside = (1.0 - external) * trips
    matrix[:count, :count] = _within(
        deterrence[:count, :count], minutes[:count, :count], inside, activity, homeward_share
    )
    outside = external * trips
    outward, homeward = (1 - homeward_share) * outside, homeward_share * outside
    long_distance = np.where(gates.motorway, 1.0 / parameters.MOTORWAY_LOYALTY, 1.0)
    matrix[:count, count:] = _to_gates(deterrence[:count, count:], outward, gates.leaving * long_distance)
    matrix[count:, :count] = _to_gates(deterrence[count:, :count].T, homeward, gates.entering * long_distance).T
    matrix[count:, count:] = _through(
        network, gates, np.isfinite(minutes[count:, count:]), _by_motorway(network, gates),
        np.maximum(0.0, gates.entering - matrix[count:].sum(axis=1)),
        np.maximum(0.0, gates.leaving - matrix[:, count:].sum(axis=0)),
    )  # fmt: skip
    over_the_edge = float(matrix[:count, count:].sum() + matrix[count:, :count].sum())
    used = {
        "max_zones": max_zones, "trips_per_person": trips_per_person, "driver_share": driver_share,
        "peak_share": peak_share, "homeward_share": homeward_share, "external_share": external_share,
        "time_sensitivity": time_sensitivity, "gate_traffic": {**parameters.GATE_TRAFFIC, **dict(gate_traffic or {})},
    }  # fmt: skip
    return xr.DataArray(
        matrix,
        dims=("origin", "destination"),
        coords={"origin": nodes, "destination": nodes},
        name="demand",
        attrs={
            "units": "h-1",
            "long_name": "car trips in the peak hour",
            "long_name_de": "Pkw-Fahrten in der Spitzenstunde",
            "synthetic": 1,
            "caveat_en": CAVEAT_EN,
            "caveat_de": CAVEAT_DE,
            "parameters": json.dumps(used, sort_keys=True),
            "residents": float(residents.sum()),
            "trips_by_residents": total,
            "trips_through_gates": float(matrix[count:, count:].sum()),
            "trips_over_the_edge": over_the_edge,
            "trips_without_gate": max(0.0, float(outside.sum()) - over_the_edge),
            "gate_traffic_left_out": max(0.0, float(gates.entering.sum() - matrix[count:].sum())),
        },
    )


def balance(
    seed: ArrayLike, rows: ArrayLike, columns: ArrayLike, *, tolerance: float = 1e-12, max_iterations: int = 20_000
) -> Floats:
    """Scale rows and columns of `seed` in turn until both sums are met (Furness 1965).

    Parameters
    ----------
    seed : (o, d) >= 0
    rows, columns : (o,), (d,) >= 0
        Sums wanted; their totals must agree to 1e-9.
    tolerance : float
        Largest error of a sum, relative to the total.

    Raises
    ------
    InputError
        If an entry is negative or not finite, totals differ, or a wanted row or column has no positive seed.
    ConvergenceError
        If the pattern of zeros makes the sums impossible together.

    Examples
    --------
    >>> balance([[1.0, 1.0], [1.0, 1.0]], [30.0, 10.0], [20.0, 20.0]).tolist()
    [[15.0, 15.0], [5.0, 5.0]]
    """
    matrix = np.array(seed, dtype=np.float64)
    wanted_rows, wanted_columns = np.asarray(rows, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    if matrix.ndim != 2 or wanted_rows.shape != matrix.shape[:1] or wanted_columns.shape != matrix.shape[1:]:
        raise InputError(
            f"the seed has shape {matrix.shape}, rows {wanted_rows.shape} and columns {wanted_columns.shape}; "
            "they must fit"
        )
    for name, array in (("seed", matrix), ("rows", wanted_rows), ("columns", wanted_columns)):
        if not (np.isfinite(array) & (array >= 0)).all():
            raise InputError(
                f"{name} must be finite and >= 0; it holds {array[~(np.isfinite(array) & (array >= 0))][0]}"
            )
    total = float(wanted_rows.sum())
    if abs(total - float(wanted_columns.sum())) > 1e-9 * max(total, 1.0):
        raise InputError(f"rows sum to {total:g} and columns to {wanted_columns.sum():g}; the totals must agree")
    if total == 0.0:
        return np.zeros_like(matrix)
    for name, sums, wanted in (("row", matrix.sum(1), wanted_rows), ("column", matrix.sum(0), wanted_columns)):
        empty = (sums == 0) & (wanted > 0)
        if empty.any():
            at = int(np.flatnonzero(empty)[0])
            raise InputError(f"{name} {at} of the seed is all zero but {wanted[at]:g} are wanted there")
    error = math.inf
    for _ in range(max_iterations):
        matrix *= _ratio(wanted_rows, matrix.sum(axis=1))[:, None]
        matrix *= _ratio(wanted_columns, matrix.sum(axis=0))[None, :]
        error = float(np.abs(matrix.sum(axis=1) - wanted_rows).max()) / total
        if error <= tolerance:
            return matrix
    raise ConvergenceError(
        f"row sums still miss by {error:.2g} of the total after {max_iterations} rounds; the zeros of the seed do not "
        "allow these sums together"
    )


def _ratio(wanted: Floats, found: Floats) -> Floats:
    return np.asarray(np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0), dtype=np.float64)


def _check_share(value: float, name: str) -> None:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise InputError(f"{name} is {value!r}; it is a share, 0 to 1")


def _zones(city: City, network: RoadNetwork, max_zones: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Nodes that stand for buildings, their residents and their attraction in workplaces."""
    buildings = city.buildings
    if len(buildings) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    from scipy.spatial import cKDTree

    footprint = buildings.geometry.area.to_numpy(dtype=float)
    storeys = _column(buildings, "storeys", 1.0)
    residents = _column(buildings, "residents", 0.0)
    use = buildings["use"].astype(str).to_numpy() if "use" in buildings else np.full(len(buildings), "unknown")
    jobs = footprint * np.maximum(storeys, 1.0) / parameters.AREA_PER_JOB
    jobs[(residents > 0) | np.isin(use, parameters.NO_ACTIVITY)] = 0.0
    attraction = jobs + parameters.HOME_ATTRACTION * residents

    links = network.links
    local = ~links["road_class"].isin(("motorway", "motorway_link", "trunk", "trunk_link")).to_numpy()
    reachable = np.intersect1d(links["from_node"].to_numpy()[local], links["to_node"].to_numpy()[local])
    candidates = np.setdiff1d(reachable, network.nodes.index[network.nodes["gate"].to_numpy(dtype=bool)].to_numpy())
    if len(candidates) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    points = network.nodes.geometry.loc[candidates]
    xy = np.column_stack([points.x.to_numpy(), points.y.to_numpy()])
    centre = buildings.geometry.centroid
    _, nearest = cKDTree(xy).query(np.column_stack([centre.x.to_numpy(), centre.y.to_numpy()]))
    people: Floats = np.bincount(nearest, residents, len(candidates)).astype(np.float64)
    pull: Floats = np.bincount(nearest, attraction, len(candidates)).astype(np.float64)
    kept = _thin(xy, people + pull, max_zones)
    if len(kept) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    _, home = cKDTree(xy[kept]).query(xy)
    people = np.bincount(home, people, len(kept)).astype(np.float64)
    pull = np.bincount(home, pull, len(kept)).astype(np.float64)
    lively = people + pull > 0
    return np.asarray(candidates[kept][lively], dtype=np.int64), people[lively], pull[lively]


def _column(table: Any, name: str, missing: float) -> Floats:
    if name not in table:
        return np.full(len(table), missing)
    return np.asarray(table[name].astype(float).fillna(missing).to_numpy(), dtype=np.float64)


def _thin(xy: Floats, weight: Floats, most: int) -> NDArray[np.int64]:
    """Positions of at most `most` points, heaviest first, no two closer than a distance found by bisection."""
    from scipy.spatial import cKDTree

    order = np.lexsort((np.arange(len(weight)), -weight))
    order = order[weight[order] > 0]
    if len(order) <= most:
        return np.sort(order)
    tree = cKDTree(xy)
    low, high = 0.0, float(np.hypot(*np.ptp(xy, axis=0))) + 1.0
    chosen = order[:1]
    for _ in range(24):
        distance = (low + high) / 2
        covered = np.zeros(len(xy), dtype=bool)
        taken = []
        for i in order:
            if not covered[i]:
                taken.append(i)
                covered[tree.query_ball_point(xy[i], distance)] = True
            if len(taken) > most:
                break
        if len(taken) > most:
            low = distance
        else:
            high, chosen = distance, np.array(taken)
    return np.sort(chosen)


@dataclass(frozen=True)
class _Gates:
    """Where roads leave the network: node, road, vehicles per hour into and out of the network."""

    nodes: NDArray[np.int64]
    ref: NDArray[np.str_]
    motorway: NDArray[np.bool_]
    entering: Floats
    leaving: Floats


def _gates(network: RoadNetwork, told: Mapping[str, float], peak_share: float) -> _Gates:
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
    return _Gates(nodes, np.array(refs, dtype=str), motorway, entering, leaving)


def _within(deterrence: Floats, minutes: Floats, trips: Floats, activity: Floats, homeward_share: float) -> Floats:
    """Trips between zones, doubly constrained in each part of the network whose zones reach each other.

    Residents go to activities of their part; where there is none, to each other.
    """
    from scipy.sparse.csgraph import connected_components

    matrix = np.zeros_like(deterrence)
    if len(trips) == 0:
        return matrix
    _, part = connected_components(np.isfinite(minutes) & np.isfinite(minutes.T), directed=False)
    for number in range(part.max() + 1):
        zones = np.flatnonzero(part == number)
        total = float(trips[zones].sum())
        if total == 0.0:
            continue
        pull = activity[zones] if activity[zones].sum() > 0 else trips[zones]
        share = pull / pull.sum() * total
        starts = (1 - homeward_share) * trips[zones] + homeward_share * share
        ends = homeward_share * trips[zones] + (1 - homeward_share) * share
        seed = deterrence[np.ix_(zones, zones)].copy()
        if len(zones) > 2:  # a car trip within a zone of a few hundred metres is rare
            np.fill_diagonal(seed, 0.0)
            # a zone that holds most of all trips could not meet its sums without trips to itself
            heavy = np.flatnonzero(starts + ends > 0.5 * total)
            seed[heavy, heavy] = 1.0
        matrix[np.ix_(zones, zones)] = balance(seed, starts, ends * (starts.sum() / ends.sum()))
    return matrix


def _to_gates(seed: Floats, trips: Floats, size: Floats) -> Floats:
    """Trips of each zone over the gates, by their traffic and how far they are: constrained at the zone."""
    weight = seed * size[None, :]
    sums = weight.sum(axis=1)
    return np.asarray(weight * _ratio(trips, sums)[:, None], dtype=np.float64)


def _by_motorway(network: RoadNetwork, gates: _Gates) -> NDArray[np.bool_]:
    """Pairs of gates that a driver can join without leaving motorways."""
    other = ~network.links["road_class"].isin(("motorway", "motorway_link")).to_numpy()
    graph = graph_from_network(replace(network, links=network.links.assign(closed=other)))
    return np.isfinite(travel_costs(graph, gates.nodes, gates.nodes))


def _through(
    network: RoadNetwork, gates: _Gates, connected: NDArray[np.bool_], by_motorway_alone: NDArray[np.bool_],
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
    by_motorway = gates.motorway[:, None] | gates.motorway[None, :]
    same_road = (gates.ref[:, None] == gates.ref[None, :]) & (gates.ref[:, None] != "") | by_motorway_alone
    weight = np.where(by_motorway, 1.0 / parameters.MOTORWAY_LOYALTY, 1.0)
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
