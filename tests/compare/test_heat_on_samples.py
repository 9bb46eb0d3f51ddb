"""On real towns the products agree with one another, whatever the town looks like; results are made up by formula."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import twin
from twin import variables
from twin.compare import (
    CoolPlaceRule,
    cool_places,
    home_exposure,
    homes_near,
    place_exposure,
    street_shade,
    stress_class_areas,
    value_at,
    walking_shade,
    zone_statistics,
)

SAMPLES = {
    "bayreuth": ((678950, 5543350, 679350, 5543750), 4.0),
    "tiergarten": ((389000, 5819600, 389400, 5820000), 4.0),
}


@pytest.fixture(scope="module", params=SAMPLES)
def town(request):
    bounds, resolution = SAMPLES[request.param]
    city = twin.sample_city(request.param, bounds=bounds, resolution=resolution)
    roof = city.grid["building_id"].values > 0
    crown = city.grid["canopy_height"].values > 0
    # shade under crowns, and east of houses as far as two cells
    shade = crown | np.roll(roof, 1, axis=1) | np.roll(roof, 2, axis=1)
    sun = np.where(roof, np.nan, np.where(shade, 0.0, 1.0)).astype(np.float32)
    felt = np.where(roof, np.nan, np.where(shade, 34.0, 40.0)).astype(np.float32)
    times = np.datetime64("2018-07-26T11", "ns") + np.arange(6) * np.timedelta64(1, "h")
    result = city.spec.dataset().assign_coords(time=times)
    for name, field in (("sunlit_fraction", sun), ("utci", felt)):
        result[name] = (("time", "y", "x"), np.repeat(field[None], 6, axis=0))
    return city, variables.describe(result), shade & ~roof, ~roof


def test_ways_are_known_no_longer_than_they_are_and_shares_are_shares(town):
    city, result, _, _ = town
    ways = street_shade(result, city)
    assert not ways.empty
    assert (ways["known_length"] <= ways["length"] * (1 + 1e-6) + 0.2).all()
    assert ways["shaded_share"].between(0, 1).all()
    assert (ways["shaded_share_best_side"] >= ways["shaded_share"] - 1e-9).all()
    np.testing.assert_allclose(ways["utci"], 40.0 - 6.0 * ways["shaded_share"], atol=1e-5)  # float32 fields
    share = walking_shade(ways)["shaded_share"]
    assert ways["shaded_share"].min() <= share <= ways["shaded_share"].max()


def test_classes_and_zones_cover_the_open_ground(town):
    city, result, shade, ground = town
    areas = stress_class_areas(result, city)
    cell = city.spec.cell_area
    assert areas.loc["strong_heat_stress", "area"] == shade.sum() * cell
    assert areas.loc["very_strong_heat_stress", "area"] == (ground & ~shade).sum() * cell
    xmin, ymin, xmax, ymax = city.spec.bounds
    middle, across = xmin + 0.37 * (xmax - xmin), ymin + 0.61 * (ymax - ymin)
    blocks = [(xmin, ymin, middle, across), (middle, ymin, xmax, across), (xmin, across, middle, ymax)]
    blocks.append((middle, across, xmax, ymax))
    zones = gpd.GeoDataFrame(geometry=[shapely.box(*block) for block in blocks], crs=city.spec.crs)
    found = zone_statistics(value_at(result, "utci", 14), city, zones, above=38.0)
    assert found["known_area"].sum() == pytest.approx(ground.sum() * cell, rel=1e-9)
    hot = (found["share_above"] * found["known_area"]).sum() / 100.0
    assert hot == pytest.approx((ground & ~shade).sum() * cell, rel=1e-9)


def test_cool_places_lie_in_the_shade_and_homes_walk_to_them(town):
    city, result, shade, _ = town
    places = cool_places(result, city, CoolPlaceRule(land_cover=()))
    assert (places["area"] >= 200.0).all()
    assert places["area"].is_monotonic_decreasing
    np.testing.assert_allclose(places.geometry.area, places["area"], rtol=1e-9)
    assert places["area"].sum() <= shade.sum() * city.spec.cell_area
    straight = homes_near(places, city)
    walked = homes_near(places, city, network=city.network)
    assert (walked["distance"] >= straight["distance"] - 1e-9).all()
    assert straight["near"].sum() >= walked["near"].sum()


def test_homes_and_places_lie_between_shade_and_sun(town):
    city, result, _, _ = town
    homes = home_exposure(result, city)
    known = homes[homes["cells"] > 0]
    assert known["utci"].between(34.0, 40.0).all()
    np.testing.assert_allclose(known["utci"], 40.0 - 6.0 * known["shaded_share"], atol=1e-5)  # float32 fields
    places = place_exposure(result, city, kinds=None)
    assert places["where"].isin(["inside", "around", "none", "outside"]).all()


def test_tables_go_into_a_geopackage_and_come_back(town, tmp_path):
    city, result, _, _ = town
    ways = street_shade(result, city)
    twin.export.write_geopackage({"shade": ways, "homes": home_exposure(result, city)}, tmp_path / "heat.gpkg")
    back = gpd.read_file(tmp_path / "heat.gpkg", layer="shade")
    assert len(back) == len(ways)
    np.testing.assert_allclose(sorted(back["shaded_share"]), sorted(ways["shaded_share"]))
