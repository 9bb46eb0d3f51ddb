"""Zones count cells by the area they share: parts add up to the whole, whatever the cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.compare import value_at, zone_statistics
from twin.compare.examples import hamlet
from twin.compare.zones import zone_cells
from twin.errors import InputError

CITY, RESULT = hamlet()
FIELD = value_at(RESULT, "utci", 14)


def zones_of(*shapes):
    moved = [shapely.transform(shape, lambda xy: xy + np.array([500000.0, 5500000.0])) for shape in shapes]
    return gpd.GeoDataFrame(geometry=moved, crs=CITY.spec.crs)


def test_a_zone_across_the_edge_of_the_shade_has_the_mean_by_area():
    found = zone_statistics(FIELD, CITY, zones_of(shapely.box(21, 1, 25, 4)), above=32, classes="utci")
    assert found["value"].iloc[0] == pytest.approx((36 * 3 + 30 * 1) / 4)
    assert found["known_area"].iloc[0] == pytest.approx(12.0)
    assert found["share_above"].iloc[0] == pytest.approx(75.0)
    assert found["share_strong_heat_stress"].iloc[0] == pytest.approx(75.0)
    assert found["share_moderate_heat_stress"].iloc[0] == pytest.approx(25.0)
    assert found[["value_min", "value_max"]].values.tolist() == [[30.0, 36.0]]


def test_buildings_do_not_count():
    found = zone_statistics(FIELD, CITY, zones_of(shapely.box(6, 18, 14, 22)))
    assert found["known_area"].iloc[0] == pytest.approx(16.0)  # half of it is the house
    assert found["zone_share"].iloc[0] == pytest.approx(0.5)


@settings(max_examples=40)
@given(st.floats(-5, 55), st.floats(-5, 30), st.floats(0, np.pi))
def test_two_halves_of_a_zone_add_up_to_it(x, y, angle):
    whole = shapely.Point(x, y).buffer(11.0)
    far = 200.0 * np.array([np.cos(angle), np.sin(angle)])
    side = shapely.Polygon([(x - far[0], y - far[1]), (x + far[0], y + far[1]), (x - 3 * far[1], y + 3 * far[0])])
    parts = zones_of(shapely.intersection(whole, side), shapely.difference(whole, side), whole)
    found = zone_statistics(FIELD, CITY, parts)
    heat = (found["value"].fillna(0.0) * found["known_area"]).to_numpy()
    assert heat[0] + heat[1] == pytest.approx(heat[2], rel=1e-9, abs=1e-6)  # sliver areas of the cut


def test_shared_areas_are_those_of_the_polygon_itself():
    shape = shapely.transform(shapely.Point(24, 12).buffer(9.3), lambda xy: xy + np.array([500000.0, 5500000.0]))
    assert zone_cells(shape, CITY.spec)[1].sum() == pytest.approx(shape.area, rel=1e-9)


def test_zones_off_the_grid_are_unknown_and_keep_their_row():
    found = zone_statistics(FIELD, CITY, zones_of(shapely.box(500, 500, 510, 510), shapely.Polygon()), above=30)
    assert found["value"].isna().all()
    assert found["known_area"].tolist() == [0.0, 0.0]
    assert zone_statistics(FIELD, CITY, zones_of()).empty


def test_hostile_zones_are_refused_by_name():
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    with pytest.raises(InputError, match="make_valid"):
        zone_statistics(FIELD, CITY, zones_of(bow))
    with pytest.raises(InputError, match="zone 0 is a LineString; give polygons"):
        zone_statistics(FIELD, CITY, zones_of(shapely.LineString([(0, 0), (5, 5)])))
    with pytest.raises(InputError, match=r"use zones\.to_crs"):
        zone_statistics(FIELD, CITY, zones_of(shapely.box(0, 0, 4, 4)).to_crs(4326))
    with pytest.raises(InputError, match="column 'value' already"):
        zone_statistics(FIELD, CITY, zones_of(shapely.box(0, 0, 4, 4)).assign(value=1))
    with pytest.raises(InputError, match="on the city's grid"):
        zone_statistics(FIELD[:3], CITY, zones_of(shapely.box(0, 0, 4, 4)))
    with pytest.raises(InputError, match="'open' or 'all'"):
        zone_statistics(FIELD, CITY, zones_of(shapely.box(0, 0, 4, 4)), ground="roofs")
