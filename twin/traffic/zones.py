"""Zones: buildings gathered at junctions, with the people who start there and what attracts trips.

A zone is named by a node of the road network. Nothing here is random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.city.roads import RoadNetwork
from twin.traffic import demand_parameters as parameters

Floats = NDArray[np.float64]


def zones_of(city: City, network: RoadNetwork, max_zones: int) -> tuple[NDArray[np.int64], Floats, Floats]:
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
