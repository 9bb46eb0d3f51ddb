"""Cool places are contiguous, large enough and open to the public; walks to them are worked out by hand."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from twin.city.roads import RoadNetwork
from twin.compare import CoolPlaceRule, cool_places, homes_near, residents_near
from twin.compare.examples import hamlet
from twin.errors import InputError, MissingDataError

COOL = CoolPlaceRule(at_most=32.0)


def felt(city, result, field):
    values = np.where(city.grid["building_id"].values > 0, np.nan, field).astype(np.float32)
    return result.assign(utci=(("time", "y", "x"), np.repeat(values[None], 4, axis=0)))


def at(x, y):
    return (500000.0 + x, 5500000.0 + y)


def network_of(city, *lines):
    shapes = [shapely.LineString([at(*point) for point in line]) for line in lines]
    links = gpd.GeoDataFrame({"foot": True}, index=[f"w{i}" for i in range(len(shapes))], geometry=shapes, crs=25832)
    nothing = gpd.GeoDataFrame(geometry=[], crs=25832)
    return RoadNetwork(nothing, links, pd.DataFrame())


def test_cells_that_meet_at_a_corner_are_two_places():
    city, result = hamlet()
    field = np.full(city.spec.shape, 36.0)
    field[6:8, 0:2] = field[8:10, 2:4] = 30.0  # two squares of 16 m2 that share a corner
    small = dataclasses.replace(COOL, least_area=16.0)
    places = cool_places(felt(city, result, field), city, small)
    assert places["area"].tolist() == [16.0, 16.0]
    assert cool_places(felt(city, result, field), city, dataclasses.replace(COOL, least_area=17.0)).empty


def test_places_have_their_area_and_temperature():
    city, result = hamlet()
    places = cool_places(result, city, COOL)
    assert places["area"].tolist() == [24 * 24 - 16.0]
    assert places.geometry.area.tolist() == [24 * 24 - 16.0]
    assert places["utci"].tolist() == [30.0]


def test_carriageways_fields_and_water_are_no_place_to_stay():
    city, result = hamlet()
    from twin.city.surfaces import CODES

    cover = city.grid["land_cover"].copy(deep=True)
    cover[:, 12:18], cover[:, 18:] = CODES["asphalt"], CODES["water"]
    paved = city.with_changes(grid=city.grid.assign(land_cover=cover))
    assert cool_places(result, paved, COOL).empty
    assert len(cool_places(result, paved, dataclasses.replace(COOL, land_cover=()))) == 1


def test_shade_can_be_asked_for_instead_of_temperature():
    city, result = hamlet()
    shade = CoolPlaceRule(at_most=None, shaded_at_least=0.5)
    assert cool_places(result, city, shade)["area"].tolist() == [560.0]
    bright = result.assign(sunlit_fraction=result["sunlit_fraction"] * 0 + 1.0)
    assert cool_places(bright, city, shade).empty


def test_yards_that_no_way_comes_near_are_left_out():
    city, result = hamlet()
    near, far = network_of(city, [(0, 8), (15, 8)]), network_of(city, [(0, 8), (13, 8)])
    assert cool_places(result, city, COOL, network=near)["access"].tolist() == ["way"]  # 9 m from x = 24
    left_out = cool_places(result, city, COOL, network=far)  # 11 m
    assert left_out.empty
    assert any("no way comes near" in note for note in left_out.attrs["notes"])


def test_public_ground_bounds_the_places():
    city, result = hamlet()
    park = gpd.GeoDataFrame(geometry=[shapely.box(*at(30, 0), *at(46, 14))], crs=25832)
    places = cool_places(result, city, COOL, public=park)
    assert places["area"].tolist() == [16 * 14.0]
    assert places["access"].tolist() == ["public"]
    assert cool_places(result, city, COOL, public=park.iloc[:0]).empty


def test_the_walk_goes_along_the_ways():
    city, result = hamlet()
    # from the first house (6-10, 18-22) down its lane, along the street, to where shade begins at x = 24
    ways = network_of(city, [(8, 16), (8, 6)], [(8, 6), (40, 6)])
    homes = homes_near(cool_places(result, city, COOL), city, network=ways, distance=30, access=0.0)
    # 2 m to the lane, 10 m down, 16 m along; ways are cut into pieces of up to 5 m, so that one enters up to 5 m later
    assert homes["distance"].iloc[0] == pytest.approx(28.0, abs=5.0)
    assert homes["distance"].iloc[0] >= 28.0
    assert homes["distance"].iloc[1] == 0.0
    assert homes.attrs["distance"] == "along ways"


def test_a_walk_is_never_shorter_than_the_straight_line():
    city, result = hamlet()
    ways = network_of(city, [(0, 23), (8, 6)], [(8, 6), (48, 2)])
    places = cool_places(result, city, COOL)
    straight, walked = homes_near(places, city), homes_near(places, city, network=ways)
    assert (walked["distance"] >= straight["distance"] - 1e-9).all()


def test_no_way_to_a_place_is_an_endless_walk():
    city, result = hamlet()
    lane = network_of(city, [(0, 16), (10, 16)])
    homes = homes_near(cool_places(result, city, COOL), city, network=lane)
    assert np.isinf(homes["distance"].iloc[0])
    assert not homes["near"].iloc[0]


def test_the_order_and_direction_of_ways_does_not_matter():
    city, result = hamlet()
    lines = [[(8, 16), (8, 6)], [(8, 6), (40, 6)], [(40, 6), (40, 20)]]
    places = cool_places(result, city, COOL)
    forth = homes_near(places, city, network=network_of(city, *lines), access=1.0)
    turned = [line[::-1] for line in lines[::-1]]
    back = homes_near(places, city, network=network_of(city, *turned), access=1.0)
    np.testing.assert_allclose(forth["distance"], back["distance"], atol=1e-3)  # points are joined to the millimetre


def test_people_are_counted_by_group():
    city, result = hamlet()
    aged = city.with_changes(buildings=city.buildings.assign(age_over_65=[3.0, 1.0]))
    table = residents_near(homes_near(cool_places(result, aged, COOL), aged, distance=10))
    assert table.loc["age_over_65"].tolist() == [4.0, 1.0, 3.0, 25.0]
    empty = aged.with_changes(buildings=aged.buildings.assign(residents=0.0))
    nobody = residents_near(homes_near(cool_places(result, empty, COOL), empty))
    assert np.isnan(nobody.loc["residents", "share"])


def test_without_any_cool_place_everybody_is_without():
    city, result = hamlet()
    homes = homes_near(cool_places(result, city, CoolPlaceRule(at_most=10.0)), city)
    assert np.isinf(homes["distance"]).all()
    assert residents_near(homes).loc["residents", "without"] == 10.0


@pytest.mark.parametrize(
    ("change", "words"),
    [({"at_most": None}, "neither"), ({"at_most": float("nan")}, "finite"), ({"shaded_at_least": 2.0}, "shaded_at"),
     ({"least_area": -1.0}, "least_area"), ({"land_cover": ("lawn",)}, "'lawn' is unknown")],
)  # fmt: skip
def test_impossible_rules_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        CoolPlaceRule(**change)


def test_hostile_input_is_refused():
    city, result = hamlet()
    places = cool_places(result, city, COOL)
    with pytest.raises(InputError, match="to_crs"):
        homes_near(places.to_crs(4326), city)
    with pytest.raises(InputError, match="distance is -1"):
        homes_near(places, city, distance=-1)
    with pytest.raises(MissingDataError, match="neither 'pet_max'"):
        cool_places(result, city, CoolPlaceRule(index="pet"))
    with pytest.raises(MissingDataError, match="no column 'residents'"):
        residents_near(homes_near(places, city).drop(columns="residents"))
