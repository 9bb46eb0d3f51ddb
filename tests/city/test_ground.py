"""The ground of a city: gaps filled on request, ground from a city model, and what every cell says of its origin."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from twin import GridSpec, build_city
from twin.city.gap_filling import fill_gaps
from twin.city.ground import place_ground
from twin.city.model_terrain import FURTHEST_GROUND, terrain_from_buildings
from twin.city.samples import sample_folder
from twin.errors import DataError, InputError
from twin.geometry import read_citygml
from twin.variables import VARIABLES, flag

SPEC = GridSpec(500000.0, 5600040.0, 1.0, 40, 40, "EPSG:25832")


def raster(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, np.float64), SPEC.coordinates(), ("y", "x"))


def plane(east: float = 0.3, south: float = -0.2) -> np.ndarray:
    rows, columns = np.mgrid[:40, :40]
    return 100.0 + east * columns + south * rows


def flags(*words: str) -> set[int]:
    return {flag("ground_source", word) for word in words}


@settings(max_examples=30)
@given(st.floats(-2, 2), st.floats(-2, 2), st.integers(1, 12), st.integers(1, 12))
def test_a_gap_in_a_slope_is_filled_with_the_slope(east: float, south: float, high: int, wide: int) -> None:
    values = plane(east, south)
    holed = values.copy()
    holed[10 : 10 + high, 12 : 12 + wide] = np.nan
    filled, where = fill_gaps(holed, 1.0, 50.0)
    assert where.sum() == high * wide
    np.testing.assert_allclose(filled, values, atol=1e-9)


def test_only_what_is_near_enough_is_filled() -> None:
    holed = plane()
    holed[:, 20:] = np.nan
    filled, where = fill_gaps(holed, 2.0, 10.0)  # five cells of 2 m
    assert where.sum() == 40 * 5
    assert np.isnan(filled[:, 25:]).all()
    # open to the edge: the nearest known elevation
    assert np.array_equal(filled[:, 20:25], np.repeat(holed[:, 19:20], 5, axis=1))


def test_known_elevations_stay_and_the_argument_too() -> None:
    holed = plane()
    holed[5:9, 5:9] = np.nan
    before = holed.copy()
    filled, where = fill_gaps(holed, 1.0, 10.0)
    assert np.array_equal(filled[~where], holed[~where])
    assert np.array_equal(holed, before, equal_nan=True)


@pytest.mark.parametrize("known", [0, 1, 2])
def test_hardly_any_ground_is_no_reason_to_fail(known: int) -> None:
    values = np.full((5, 5), np.nan)
    values[2, 1 : 1 + known] = 7.0
    filled, where = fill_gaps(values, 1.0, 100.0)
    assert where.sum() == (25 - known if known else 0)
    assert np.unique(filled[where]).tolist() == ([7.0] if known else [])


def test_gaps_are_filled_only_on_request_and_flagged() -> None:
    holed = plane()
    holed[5:9, 5:9] = np.nan
    plain = build_city("t", SPEC, terrain=raster(holed))
    assert int(plain.grid.ground_elevation.isnull().sum()) == 16
    assert set(np.unique(plain.grid.ground_source)) == flags("missing", "elevation_model")
    assert any("fill_terrain" in c.text_en and "fill_terrain" in c.text_de for c in plain.meta.caveats)
    city = build_city("t", SPEC, terrain=raster(holed), fill_terrain=10.0)
    assert not city.grid.ground_elevation.isnull().any()
    assert (city.grid.ground_source.values[5:9, 5:9] == flag("ground_source", "interpolated")).all()
    assert int((city.grid.ground_source == flag("ground_source", "interpolated")).sum()) == 16
    said = [c.text_en for c in city.meta.caveats if c.topic == "terrain"]
    assert any(
        "Gaps of the terrain (1.0% of the grid) are filled by interpolation, up to 10 m" in text for text in said
    )
    assert "interpolated 1 %" in city.info()


@pytest.mark.parametrize("distance", [-1.0, float("nan"), float("inf")])
def test_an_impossible_distance_is_refused(distance: float) -> None:
    with pytest.raises(InputError, match="fill_terrain is"):
        build_city("t", SPEC, terrain=raster(plane()), fill_terrain=distance)


def test_a_city_without_any_ground_is_refused_with_a_way_out() -> None:
    with pytest.raises(InputError, match="give terrain=, or buildings= of a 3-D city model"):
        build_city("t", SPEC)


@pytest.fixture(scope="module")
def models():
    return read_citygml(sample_folder("tiergarten") / "lod2_3890_5819.gml.gz")


def test_terrain_from_buildings_lies_where_the_reference_says(models, tiergarten) -> None:
    """Against the DGM1 of the same place; ground surfaces alone lay -0.34 m in the median, 5th percentile -2.60 m."""
    terrain = terrain_from_buildings(models, tiergarten.spec)
    error = terrain.values - tiergarten.grid.ground_elevation.values
    source = terrain["ground_source"].values
    under = error[source == flag("ground_source", "city_model")]
    between = error[source == flag("ground_source", "city_model_interpolated")]
    assert np.median(under) == pytest.approx(-0.28, abs=0.02)
    assert np.percentile(under, 5) == pytest.approx(-2.60, abs=0.02)
    assert abs(np.median(between)) < 0.05  # measured: -0.02 m, mean absolute 0.69 m, over a flat park
    assert np.abs(between).mean() < 0.8
    assert np.isnan(terrain.values).mean() == pytest.approx(0.074, abs=0.005)


def test_a_model_alone_gives_a_city_its_ground_and_says_so(models) -> None:
    spec = GridSpec(389700.0, 5820034.0, 2.0, 60, 60, "EPSG:25833")
    city = build_city("Reichstag", spec, buildings=models)
    assert set(np.unique(city.grid.ground_source)) == flags("city_model", "city_model_interpolated")
    assert any("from the ground surfaces of buildings" in c.text_en for c in city.meta.caveats)
    assert city.grid.ground_elevation.attrs.get("vertical_datum") == models.vertical_datum
    # under a building the ground is that of its own surface
    roofs = city.grid.building_id.values > 0
    known = city.grid.ground_source.values == flag("ground_source", "city_model")
    assert (known & roofs).sum() > 0.95 * roofs.sum()


def test_far_from_every_building_the_ground_stays_unknown(models) -> None:
    x, y = models.surfaces.vertices[:, 0].max(), models.surfaces.vertices[:, 1].max()
    spec = GridSpec(float(np.floor(x)), float(np.floor(y)) + 600.0, 10.0, 60, 60, "EPSG:25833")
    terrain = terrain_from_buildings(models, spec)
    known = np.isfinite(terrain.values)
    assert 0 < known.sum() < known.size
    assert (terrain["ground_source"].values[~known] == 0).all()
    rows, columns = np.nonzero(known)
    corners = models.surfaces.vertices[:, :2]
    nearest = [np.hypot(*(corners - [spec.x[c], spec.y[r]]).T).min() for r, c in zip(rows, columns, strict=True)]
    assert max(nearest) <= FURTHEST_GROUND + spec.resolution


def test_models_elsewhere_or_in_another_system_are_refused(models) -> None:
    with pytest.raises(DataError, match="no ground surface on or near the grid"):
        terrain_from_buildings(models, GridSpec(400000.0, 5820000.0, 1.0, 10, 10, "EPSG:25833"))
    with pytest.raises(InputError, match="give the grid the CRS of the model"):
        terrain_from_buildings(models, SPEC)


def test_the_origin_of_a_model_terrain_survives_on_its_own_cells_only(models) -> None:
    spec = GridSpec(389700.0, 5820034.0, 2.0, 60, 60, "EPSG:25833")
    terrain = terrain_from_buildings(models, spec)
    ground = place_ground(terrain, spec)
    assert np.array_equal(ground.source, terrain["ground_source"].values)
    coarse = place_ground(terrain, GridSpec(389700.0, 5820034.0, 6.0, 20, 20, "EPSG:25833"))
    assert set(np.unique(coarse.source)) == flags("city_model")


@pytest.mark.parametrize("name", ["bayreuth", "tiergarten"])
def test_every_cell_of_a_sample_says_where_it_comes_from(name: str, request) -> None:
    city: twin.City = request.getfixturevalue(name)
    grid = city.grid
    for layer in ("ground_source", "building_source", "canopy_source", "land_cover_source", "infiltration_class"):
        words = [word for word, _ in VARIABLES[layer].flags]
        assert grid[layer].attrs["flag_meanings"].split() == words
        assert grid[layer].attrs["flag_values"].tolist() == list(range(len(words)))
        assert grid[layer].dtype == np.uint8
        assert int(grid[layer].max()) < len(words)
        assert layer in city.info()
    roof = grid.building_id.values > 0
    assert np.array_equal(grid.building_source.values > 0, roof)
    assert np.array_equal(grid.land_cover_source.values == flag("land_cover_source", "building"), roof)
    assert np.array_equal(grid.canopy_source.values > 0, grid.canopy_height.values > 0)
    assert np.array_equal(grid.ground_source.values == 0, np.isnan(grid.ground_elevation.values))
