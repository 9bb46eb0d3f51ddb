"""Who passes through: traffic between gates, by where they lie and which road they carry."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from twin.traffic.gates import Gates, through_traffic

WEST, WEST_BESIDE, EAST, NORTH = range(4)


def passing(refs=("", "", "", ""), apart=300.0, connected=None):
    """Traffic between four gates with 100 vehicles each way: two in the west, `apart` m from each other."""
    places = [(0.0, 0.0), (0.0, apart), (8000.0, 0.0), (4000.0, 6000.0)]
    nodes = gpd.GeoDataFrame(index=np.arange(4), geometry=[Point(p) for p in places], crs=25832)
    network = SimpleNamespace(nodes=nodes)
    volume, none = np.full(4, 100.0), np.zeros(4, bool)
    gates = Gates(np.arange(4), np.array(refs, dtype=str), none, volume, volume)
    joined = ~np.eye(4, dtype=bool) if connected is None else connected
    return through_traffic(network, gates, joined, np.zeros((4, 4), bool), volume, volume)


def test_nobody_crosses_the_town_to_leave_where_they_came_in():
    trips = passing(apart=300.0)
    assert trips[WEST, WEST_BESIDE] == trips[WEST_BESIDE, WEST] == 0.0
    assert passing(apart=3000.0)[WEST, WEST_BESIDE] > 0.0


def test_a_gate_carries_no_more_than_its_traffic():
    trips = passing()
    assert (trips.sum(axis=0) <= 100.0 + 1e-9).all()
    assert (trips.sum(axis=1) <= 100.0 + 1e-9).all()
    assert trips.sum() > 0.0


def test_most_stay_on_their_road():
    plain, same = passing(), passing(refs=("B 1", "", "B 1", ""))
    assert plain[WEST, EAST] < 50.0 < same[WEST, EAST]  # of 100


def test_gates_that_no_road_joins_exchange_nothing():
    joined = ~np.eye(4, dtype=bool)
    joined[WEST, EAST] = False
    trips = passing(connected=joined)
    assert trips[WEST, EAST] == 0.0
    assert trips[EAST, WEST] > 0.0


def test_a_single_gate_has_no_through_traffic():
    nodes = gpd.GeoDataFrame(index=[5], geometry=[Point(0, 0)], crs=25832)
    one, none = np.array([100.0]), np.zeros(1, bool)
    gates = Gates(np.array([5]), np.array(["B 1"]), none, one, one)
    alone = through_traffic(
        SimpleNamespace(nodes=nodes), gates, np.eye(1, dtype=bool), np.zeros((1, 1), bool), one, one
    )
    assert alone.tolist() == [[pytest.approx(0.0)]]
