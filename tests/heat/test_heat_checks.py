"""What a grid must not hold: heights that cannot be meant, named with a cell and a way out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat import checks
from twin.heat.checks import inspect, inspect_again
from twin.heat.window import Window

Build = Callable[..., xr.Dataset]
SHAPE = (20, 24)


def _spec(grid: xr.Dataset) -> GridSpec:
    return GridSpec.from_dataset(grid)


def _trees(value: float) -> np.ndarray:
    crown = np.zeros(SHAPE, np.float32)
    crown[3:9, 4:12] = value
    return crown


def test_elevations_are_no_heights_of_crowns(make_grid: Build) -> None:
    """A surface model of trees, 350 m above the sea, given where heights above the ground belong."""
    grid = make_grid(ground_elevation=100.0, canopy_height=_trees(112.0))
    with pytest.raises(InputError, match=r"canopy_height is 112 m at x=.*ground lies at 100 m.*subtract"):
        inspect(grid, _spec(grid))


def test_a_raster_that_equals_the_ground_between_trees_is_no_height_of_crowns(make_grid: Build) -> None:
    crown = np.full(SHAPE, 34.0, np.float32)
    crown[3:9, 4:12] = 39.0
    grid = make_grid(ground_elevation=34.0, canopy_height=crown)
    with pytest.raises(InputError, match="these look like elevations"):
        inspect(grid, _spec(grid))


def test_one_giant_among_common_trees_is_believed(make_grid: Build) -> None:
    crown = _trees(12.0)
    crown[15, 15] = 62.0
    grid = make_grid(ground_elevation=300.0, canopy_height=crown)
    assert inspect(grid, _spec(grid)).highest == 362.0


def test_a_crown_below_its_base_is_named(make_grid: Build) -> None:
    base = np.zeros(SHAPE, np.float32)
    base[3:9, 4:12] = 2.0
    base[5, 7] = 9.0
    grid = make_grid(canopy_height=_trees(8.0), canopy_base_height=base)
    with pytest.raises(InputError, match=r"canopy_base_height is 9 m at x=691015.0, y=5537029.0.*of 8 m \(1 cells\)"):
        inspect(grid, _spec(grid))


def test_a_base_without_a_crown_means_nothing(make_grid: Build) -> None:
    grid = make_grid(canopy_height=_trees(0.0), canopy_base_height=np.float32(3.0))
    inspect(grid, _spec(grid))


def test_terrain_above_the_roofs_is_refused(make_grid: Build) -> None:
    roof = np.zeros(SHAPE)
    roof[2:8, 2:8] = 9.0
    grid = make_grid(roof_height=roof, ground_elevation=40.0)
    grid["surface_elevation"] = grid.surface_elevation - 45.0  # roofs in another height datum
    with pytest.raises(InputError, match="below ground_elevation in 36 of 36 building"):
        inspect(grid, _spec(grid))


def test_a_cellar_entrance_counts_as_high_as_the_ground_and_is_said(make_grid: Build) -> None:
    roof = np.zeros(SHAPE)
    roof[2:8, 2:8] = 9.0
    grid = make_grid(roof_height=roof)
    grid.surface_elevation[3, 3] = -4.0
    assert inspect(grid, _spec(grid)).caveats == ["1 building cells lie below the ground and count as high as it"]


def test_all_impossible_cells_of_all_bands_are_counted(make_grid: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BAND", 4)
    monkeypatch.setattr(checks, "READ", 8)
    ground = np.zeros(SHAPE, np.float32)
    ground[::3, 5] = np.nan
    grid = make_grid().assign(ground_elevation=(("y", "x"), ground))
    with pytest.raises(InputError, match=r"ground_elevation is nan at x=691011.0, y=5537039.0 \(7 cells\)"):
        inspect(grid, _spec(grid))


def test_bands_that_were_not_touched_keep_their_findings(make_grid: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BAND", 4)
    monkeypatch.setattr(checks, "READ", 8)
    before = make_grid(canopy_height=_trees(9.0))
    crown = _trees(9.0)
    crown[13:15, 2] = 17.0
    after = make_grid(canopy_height=crown)
    first = inspect(before, _spec(before))
    again = inspect_again(after, _spec(after), first, Window(13, 2, 2, 1))
    assert again == inspect(after, _spec(after))
    assert [a is b for a, b in zip(again.bands, first.bands, strict=True)] == [True, True, True, False, True]


def test_roofs_need_no_material_of_the_ground(make_grid: Build) -> None:
    roof = np.zeros(SHAPE)
    roof[2:8, 2:8] = 9.0
    albedo = np.where(roof > 0, 7.0, 0.2).astype(np.float32)
    grid = make_grid(roof_height=roof, albedo=albedo)
    inspect(grid, _spec(grid))


def test_terrain_above_an_open_surface_is_refused_without_any_building(make_grid: Build) -> None:
    grid = make_grid(ground_elevation=40.0)
    grid.surface_elevation[4, 6] = 31.0
    with pytest.raises(
        InputError, match=r"surface_elevation is 31 m at x=691013.0, y=5537031.0, below .*of 40 m \(1 c"
    ):
        inspect(grid, _spec(grid))


def test_shallow_hollows_count_as_ground_and_are_said_but_rounding_is_not(make_grid: Build) -> None:
    grid = make_grid(ground_elevation=40.0)
    grid.surface_elevation[2, 2:5] = 39.8
    grid.surface_elevation[3, 2:5] = 39.995
    assert inspect(grid, _spec(grid)).caveats == [
        "surface_elevation lies a little below open ground in 3 cells, which count as ground"
    ]


def _stand(low: float, high: float) -> np.ndarray:
    return np.random.default_rng(3).uniform(low, high, SHAPE).astype(np.float32)


LEVELS = np.repeat([5.0, 15.0, 28.0], 8)[None, :] + np.zeros(SHAPE)
"""Marsh, slope and sandy upland, as in Hamburg, m above the sea."""


@pytest.mark.parametrize("ground", [LEVELS, np.full(SHAPE, 15.0), np.full(SHAPE, 28.0)], ids=["levels", "15", "28"])
def test_elevations_on_low_ground_are_no_heights_of_crowns(make_grid: Build, ground: np.ndarray) -> None:
    """Trees of 4 to 25 m, given as elevations of their tops."""
    grid = make_grid(ground_elevation=ground, canopy_height=(_stand(4, 25) + ground).astype(np.float32))
    with pytest.raises(InputError, match=r"canopy_height is .* look like elevations; canopy_height is measured from"):
        inspect(grid, _spec(grid))


@pytest.mark.parametrize("ground", [LEVELS, np.linspace(5, 30, SHAPE[1])[None, :] + np.zeros(SHAPE), 1.5, 3.0, 30.0])
@pytest.mark.parametrize(("low", "high"), [(10, 35), (2, 25), (4, 12)])
def test_real_trees_on_low_ground_are_believed(make_grid: Build, ground: object, low: float, high: float) -> None:
    grid = make_grid(ground_elevation=ground, canopy_height=_stand(low, high))
    assert inspect(grid, _spec(grid)).caveats == []


@pytest.mark.parametrize(("low", "high"), [(9, 30), (10, 35), (20, 20.5)])
def test_what_could_be_either_on_level_ground_is_taken_and_said(make_grid: Build, low: float, high: float) -> None:
    """Trees of 9 to 30 m, or the tops of trees of 4 to 25 m on ground at 5 m: the numbers are the same."""
    grid = make_grid(ground_elevation=5.0, canopy_height=_stand(low, high))
    (said,) = inspect(grid, _spec(grid)).caveats
    assert "canopy_height may hold elevations" in said


def test_something_else_in_place_of_grid_or_weather_is_named(make_grid: Build, day: xr.Dataset) -> None:
    from types import SimpleNamespace

    import twin.heat

    grid = make_grid()
    with pytest.raises(InputError, match=r"the grid is a SimpleNamespace; .* give city.grid"):
        twin.heat.simulate(SimpleNamespace(grid=grid), day)
    for weather in (day.to_dataframe(), "weather.epw", None):
        with pytest.raises(InputError, match=f"the weather is a {type(weather).__name__}; .*weather_from_table"):
            twin.heat.simulate(grid, weather)
