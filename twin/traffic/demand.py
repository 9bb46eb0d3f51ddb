"""Synthetic demand: who drives from where to where in the peak hour, from buildings and from the roads at the edge.

A gravity model, for want of counts and surveys: useful to compare scenarios, flagged as synthetic in everything made
from it. Replace it by an observed matrix with the same dims where there is one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError, MissingDataError
from twin.traffic import demand_parameters as parameters
from twin.traffic.balancing import balance
from twin.traffic.gates import by_motorway, gates_of, through_traffic, to_gates
from twin.traffic.graph import graph_from_network
from twin.traffic.skims import travel_costs
from twin.traffic.zones import zones_of

if TYPE_CHECKING:
    pass

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

    zones, residents, activity = zones_of(city, network, max_zones)
    gates = gates_of(network, gate_traffic or {}, peak_share)
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
    matrix[:count, count:] = to_gates(deterrence[:count, count:], outward, gates.leaving * long_distance)
    matrix[count:, :count] = to_gates(deterrence[count:, :count].T, homeward, gates.entering * long_distance).T
    matrix[count:, count:] = through_traffic(
        network, gates, np.isfinite(minutes[count:, count:]), by_motorway(network, gates),
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


def _check_share(value: float, name: str) -> None:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise InputError(f"{name} is {value!r}; it is a share, 0 to 1")


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
