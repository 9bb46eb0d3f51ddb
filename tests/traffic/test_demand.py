"""Synthetic demand: sums, determinism, hostile parameters, cities with little in them."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import box

from twin.city.city import City
from twin.city.gridspec import GridSpec
from twin.city.roads import build_road_network, close_links, small_network
from twin.errors import ConvergenceError, InputError, MissingDataError
from twin.geometry.records import OsmData, OsmWay
from twin.traffic import assign, balance, demand_parameters, gravity_demand


def city(network, homes=12, works=3, crs="EPSG:25832"):
    """Houses and workshops strewn over the network."""
    random = np.random.default_rng(3)
    left, bottom, right, top = network.nodes.total_bounds if network is not None else (0, 0, 1000, 1000)
    x, y = random.uniform(left, right, homes + works), random.uniform(bottom, top, homes + works)
    buildings = gpd.GeoDataFrame(
        {
            "use": ["residential"] * homes + ["commercial"] * works,
            "storeys": 2,
            "residents": [4.0] * homes + [0.0] * works,
        },
        geometry=[box(a, b, a + 12, b + 10) for a, b in zip(x, y, strict=True)],
        crs=crs,
    )
    trees = gpd.GeoDataFrame({"height": []}, geometry=[], crs=crs)
    return City("test", GridSpec(0.0, 10.0, 10.0, 1, 1, CRS.from_user_input(crs)).dataset(), buildings, network, trees)


def lattice(side=5, gates=True):
    """Streets on a square lattice, with federal roads that lead on to the west and to the east."""
    places = {1 + i * side + j: (11.5 + 0.005 * j, 50.0 + 0.003 * i) for i in range(side) for j in range(side)}
    rows = [[1 + i * side + j for j in range(side)] for i in range(side)]
    streets = rows + [list(column) for column in zip(*rows, strict=True)]
    ways = [OsmWay(100 + k, np.array(nodes), {"highway": "residential"}) for k, nodes in enumerate(streets)]
    if gates:
        places |= {901: (11.45, 50.006), 902: (11.6, 50.006)}
        middle = rows[side // 2]
        ways += [
            OsmWay(200, np.array([901, middle[0]]), {"highway": "primary", "ref": "B 1"}),
            OsmWay(201, np.array([middle[-1], 902]), {"highway": "primary", "ref": "B 1"}),
        ]
    ids = np.array(sorted(places))
    lon, lat = (np.array([places[int(i)][axis] for i in ids]) for axis in (0, 1))
    none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    return build_road_network(OsmData(ids, lon, lat, {}, tuple(ways), (), none, none, none, None, None), "EPSG:25832")


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_balancing_meets_both_sums(rows, columns, seed):
    random = np.random.default_rng(seed)
    wanted_rows, wanted_columns = random.uniform(0, 10, rows), random.uniform(0, 10, columns)
    wanted_columns *= wanted_rows.sum() / wanted_columns.sum()
    matrix = balance(random.uniform(0.01, 1, (rows, columns)), wanted_rows, wanted_columns)
    total = wanted_rows.sum()
    np.testing.assert_allclose(matrix.sum(axis=1), wanted_rows, atol=1e-11 * total)
    np.testing.assert_allclose(matrix.sum(axis=0), wanted_columns, atol=1e-11 * total)


def test_balancing_keeps_cross_ratios():
    # Furness scaling multiplies rows and columns, so odds ratios of the seed survive
    seed = np.array([[1.0, 2.0], [3.0, 5.0]])
    found = balance(seed, [7.0, 3.0], [4.0, 6.0])
    odds = found[0, 0] * found[1, 1] / (found[0, 1] * found[1, 0])
    assert odds == pytest.approx(5.0 / 6.0, rel=1e-12)


@pytest.mark.parametrize(
    ("seed", "rows", "columns", "message"),
    [
        ([[1.0, -1.0]], [2.0], [1.0, 1.0], "seed must be finite and >= 0"),
        ([[1.0, 1.0]], [np.nan], [1.0, 1.0], "rows must be finite"),
        ([[1.0, 1.0]], [2.0], [1.0, 2.0], "totals must agree"),
        ([[1.0, 0.0]], [2.0], [1.0, 1.0], "column 1 of the seed is all zero"),
        ([[1.0, 1.0]], [1.0, 1.0], [1.0, 1.0], "they must fit"),
    ],
)
def test_impossible_sums_are_refused(seed, rows, columns, message):
    with pytest.raises(InputError, match=message):
        balance(seed, rows, columns)


def test_a_pattern_of_zeros_that_forbids_the_sums_is_an_error():
    with pytest.raises(ConvergenceError, match="zeros of the seed"):
        balance([[1.0, 0.0], [1.0, 1.0]], [1.0, 9.0], [9.0, 1.0][::-1], max_iterations=200)


def test_residents_make_the_trips_that_surveys_count():
    place = city(lattice())
    found = gravity_demand(place)
    expected = 48 * 3.1 * 0.43 * 0.10
    assert found.attrs["trips_by_residents"] == pytest.approx(expected, rel=1e-12)
    gates = place.network.nodes.index[place.network.nodes.gate]
    inside = [node for node in found.origin.values if node not in gates]
    by_residents = found.sel(origin=inside).sum() + found.sel(destination=inside).sum()
    within = found.sel(origin=inside, destination=inside).sum()
    assert float(by_residents - within) == pytest.approx(expected, rel=1e-9)
    assert float(within) == pytest.approx(0.5 * expected, rel=1e-9)


def test_more_trips_lead_home_in_the_afternoon():
    place = city(lattice(), works=0)
    found = gravity_demand(place, homeward_share=0.6)
    gates = place.network.nodes.index[place.network.nodes.gate]
    inside = [node for node in found.origin.values if node not in gates]
    inward = float(found.sel(origin=gates, destination=inside).sum())
    outward = float(found.sel(origin=inside, destination=gates).sum())
    assert inward / outward == pytest.approx(1.5, rel=1e-9)


def test_in_the_afternoon_more_leave_work_than_home():
    # homes at one corner of the town, a works that outweighs them at the other
    network = lattice(gates=False)
    left, bottom, right, top = network.nodes.total_bounds
    place = city(network, homes=10, works=1)
    sites = [box(left, bottom, left + 12, bottom + 10)] * 10 + [box(right - 2000, top - 2000, right + 2000, top + 2000)]
    found = gravity_demand(place.with_changes(buildings=place.buildings.set_geometry(sites, crs="EPSG:25832")))
    home, work = (found.origin.values[at] for at in np.argsort(found.sum("origin").values)[::-1])
    there, back = float(found.sel(origin=home, destination=work)), float(found.sel(origin=work, destination=home))
    # 60 % of trips lead home, 40 % away from it; the few that homes attract change neither
    assert back - there == pytest.approx(0.2 * float(found.sum()), rel=0.01)


def test_nobody_drives_within_a_zone_of_many():
    found = gravity_demand(city(lattice(gates=False), homes=60, works=20))
    assert found.sizes["origin"] > 2
    assert (np.diag(found.values) == 0).all()


def test_gates_carry_the_counts_given_by_road_number():
    place = city(lattice())
    found = gravity_demand(place, gate_traffic={"B 1": 8000})
    gates = place.network.nodes.index[place.network.nodes.gate]
    # 8000 vehicles a day in both directions, 10 % in the peak hour, half of them each way; a little goes elsewhere
    entering = found.sel(origin=gates).sum("destination").values
    assert (entering <= 400 + 1e-9).all()
    assert (entering > 380).all()


def test_demand_is_flagged_as_synthetic_in_both_languages():
    found = gravity_demand(city(small_network()))
    assert found.attrs["synthetic"] == 1
    assert "synthetic" in found.attrs["caveat_en"]
    assert "synthetisch" in found.attrs["caveat_de"]
    assert json.loads(found.attrs["parameters"])["peak_share"] == demand_parameters.PEAK_SHARE
    assert assign(small_network(), found).attrs["synthetic"] == 1


def test_the_same_city_gives_the_same_bits():
    first, second = (gravity_demand(city(lattice()), max_zones=7) for _ in range(2))
    xr.testing.assert_identical(first, second)


def test_a_closed_road_does_not_change_demand():
    place = city(lattice())
    closed = place.with_changes(network=close_links(place.network, place.network.links.index[:6]))
    xr.testing.assert_identical(gravity_demand(closed), gravity_demand(place))


def test_zones_are_gathered_when_there_are_many():
    place = city(lattice(), homes=200, works=20)
    all_zones, few = gravity_demand(place), gravity_demand(place, max_zones=5)
    assert all_zones.sizes["origin"] > few.sizes["origin"]
    assert few.sizes["origin"] <= 5 + 2
    assert few.attrs["residents"] == all_zones.attrs["residents"] == 800.0


def test_farther_zones_are_less_attractive():
    place = city(lattice(gates=False), homes=60, works=20)
    near = gravity_demand(place, time_sensitivity=1.0)
    far = gravity_demand(place, time_sensitivity=0.0)
    hours = [float(assign(place.network, d, volume_delay="free_flow").total_travel_time / d.sum()) for d in (near, far)]
    assert hours[0] < hours[1]


def test_a_city_without_buildings_has_through_traffic_only():
    found = gravity_demand(city(lattice(), homes=0, works=0))
    assert found.attrs["residents"] == 0
    assert float(found.sum()) == pytest.approx(found.attrs["trips_through_gates"])
    assert float(found.sum()) > 0


def test_a_city_without_gates_keeps_its_trips_inside():
    found = gravity_demand(city(lattice(gates=False)))
    assert float(found.sum()) == pytest.approx(found.attrs["trips_by_residents"], rel=1e-9)


def test_villages_that_only_meet_outside_the_map_keep_their_trips_apart():
    # two roads cross the map side by side; the only way from one to the other lies beyond its edge
    places = {}
    ways = []
    for row in (0, 1):
        ids = [10 * row + k for k in range(1, 6)]
        places |= {n: (11.5 + 0.01 * k, 50.0 + 0.02 * row) for k, n in enumerate(ids)}
        ways.append(OsmWay(row + 1, np.array(ids[:2]), {"highway": "primary"}))
        ways += [OsmWay(10 * row + 3 + k, np.array(ids[k : k + 2]), {"highway": "primary"}) for k in (1, 2, 3)]
    ids = np.array(sorted(places))
    lon, lat = (np.array([places[int(i)][axis] for i in ids]) for axis in (0, 1))
    none = gpd.GeoDataFrame({"osm_id": [], "tags": []}, geometry=[], crs=4326)
    osm = OsmData(ids, lon, lat, {}, tuple(ways), (), none, none, none, None, None)
    place = city(build_road_network(osm, "EPSG:25832"), homes=30, works=1)
    found = gravity_demand(place)
    assert len(place.network.nodes) == 10
    assert found.attrs["trips_by_residents"] == pytest.approx(30 * 4 * 3.1 * 0.43 * 0.1)
    result = assign(place.network, found)
    assert float(result.unserved_demand) == 0.0


@pytest.mark.parametrize(("homes", "works"), [(1, 0), (2, 0), (1, 1), (3, 0)])
def test_a_hamlet_is_served_too(homes, works):
    for gates in (False, True):
        found = gravity_demand(city(lattice(gates=gates), homes=homes, works=works))
        assert np.isfinite(found.values).all()
        assert (found.values >= 0).all()


def test_without_network_or_anyone_to_travel_there_is_no_demand():
    with pytest.raises(MissingDataError, match="no road network"):
        gravity_demand(city(None))
    with pytest.raises(MissingDataError, match="neither a resident nor a road"):
        gravity_demand(city(lattice(gates=False), homes=0, works=0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peak_share": 1.5}, "peak_share is 1.5"),
        ({"external_share": -0.1}, "external_share is -0.1"),
        ({"trips_per_person": float("nan")}, "trips_per_person is nan"),
        ({"time_sensitivity": -1.0}, "time_sensitivity is -1.0"),
        ({"max_zones": 0}, "max_zones is 0"),
        ({"gate_traffic": {"B 99": 5}}, "'B 99', which is neither"),
        ({"gate_traffic": {"primary": -5}}, "-5 vehicles per day"),
    ],
)
def test_impossible_parameters_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        gravity_demand(city(lattice()), **options)
