"""Trees are placed as an exhaustive search would place them, and their gains are true."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
import xarray as xr

import twin
from twin.city.trees import stamp_crowns
from twin.errors import InputError
from twin.heat import place_trees, prepare
from twin.heat.rerun import HeatRun
from twin.heat.tree_placement import places_for_trees

Build = Callable[..., xr.Dataset]
COARSE: dict[str, Any] = {"directions": 16, "sun_samples": 1, "hourly": "utci", "hours": ("11:00", "14:00")}
SIZE = {"height": 9.0, "crown_diameter": 6.0, "crown_base": 3.0}


@pytest.fixture(scope="module")
def yard(make_grid: Build) -> xr.Dataset:
    """A yard of 36 x 32 m between houses, paved in the west and green in the east."""
    roof = np.zeros((24, 22))
    roof[:3], roof[-3:], roof[:, :3], roof[:, -3:] = 9.0, 12.0, 8.0, 15.0
    cover = np.full((24, 22), 6, np.uint8)
    cover[:, :11] = 1
    cover[20, 12] = 10
    return make_grid((24, 22), 2.0, roof_height=roof, land_cover=np.where(roof > 0, 3, cover).astype(np.uint8))


@pytest.fixture(scope="module")
def run(yard: xr.Dataset, day: xr.Dataset) -> HeatRun:
    return prepare(yard, day, **COARSE)


def _total(result: xr.Dataset, objective: str, weight: np.ndarray) -> float:
    field = result[objective]
    field = field.astype(float)
    values = (field.mean("time") if "time" in field.dims else field).values
    return float(np.nansum(values * weight))


def _planted(grid: xr.Dataset, positions: Any) -> xr.Dataset:
    top, base = stamp_crowns(grid, positions, SIZE["height"], SIZE["crown_diameter"], SIZE["crown_base"])
    return grid.assign(canopy_height=top, canopy_base_height=base)


@pytest.mark.parametrize("objective", ["utci_degree_hours", "utci"])
def test_places_are_those_of_a_search_through_all_of_them(
    yard: xr.Dataset, run: HeatRun, day: xr.Dataset, objective: str
) -> None:
    """Every place is tried anew for every tree with full runs of the model."""
    people = np.zeros((24, 22))
    people[5:12, 5:12] = 1.0
    found = place_trees(run, 2, objective=objective, weight=people, lattice=8.0, **SIZE)
    candidates = places_for_trees(run, None, SIZE["crown_diameter"] / 4, 8.0)
    assert len(candidates) > 4
    chosen: list[Any] = []
    best_of_all: list[float] = []
    left = _total(run.result, objective, people)
    for _ in range(2):
        totals = {}
        for place in map(tuple, candidates):
            if all(np.hypot(*(np.array(place) - other)) >= SIZE["crown_diameter"] for other in chosen):
                grid = _planted(yard, [*chosen, place])
                totals[place] = _total(twin.heat.simulate(grid, day, **COARSE), objective, people)
        best = min(totals, key=lambda place: totals[place])
        chosen.append(best)
        best_of_all.append(left - totals[best])
        left = totals[best]
    np.testing.assert_allclose(found.positions, chosen)
    np.testing.assert_allclose(found.gains, best_of_all, rtol=1e-9)


def test_gains_are_those_of_a_full_run(yard: xr.Dataset, run: HeatRun, day: xr.Dataset) -> None:
    found = place_trees(run, 3, lattice=8.0, **SIZE)
    after = twin.heat.simulate(_planted(yard, found.positions), day, **COARSE)
    area = np.full((24, 22), 4.0)
    name = "strong_heat_stress_duration"
    assert found.unit == "h m2"
    assert found.gains.sum() == pytest.approx(_total(run.result, name, area) - _total(after, name, area))
    np.testing.assert_array_equal(found.run.result.utci.values, after.utci.values)
    np.testing.assert_array_equal(found.grid.canopy_height, _planted(yard, found.positions).canopy_height)


def test_lazy_search_tries_less_than_all_places_every_time(run: HeatRun) -> None:
    found = place_trees(run, 4, lattice=6.0, **SIZE)
    first = place_trees(run, 1, lattice=6.0, **SIZE).tried
    assert found.tried < 4 * first
    assert (found.gains > 0).all()


def test_trees_stand_apart_in_the_asked_area_and_clear_of_houses(yard: xr.Dataset, run: HeatRun) -> None:
    area = shapely.box(691008.0, 5537008.0, 691030.0, 5537040.0)
    found = place_trees(run, 5, where=area, spacing=9.0, clearance=4.0, lattice=4.0, **SIZE)
    assert len(found.positions) >= 3
    for a, b in itertools.combinations(found.positions, 2):
        assert np.hypot(*(a - b)) >= 9.0
    roof = yard.building_id.values > 0
    y, x = np.meshgrid(yard.y, yard.x, indexing="ij")
    for place in found.positions:
        assert shapely.contains_xy(area, *place)
        assert np.hypot(x[roof] - place[0], y[roof] - place[1]).min() >= 4.0 + 1.0


def test_the_result_is_the_same_for_any_number_of_threads(run: HeatRun) -> None:
    one, two = (place_trees(run, 2, lattice=8.0, threads=threads, **SIZE) for threads in (1, 2))
    np.testing.assert_array_equal(one.positions, two.positions)
    np.testing.assert_array_equal(one.gains, two.gains)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 0}, "count is 0"),
        ({"objective": "comfort"}, "no 'comfort'"),
        ({"weight": np.full((24, 22), -1.0)}, "weight must hold"),
        ({"weight": np.ones((3, 3))}, "24 x 22"),
        ({"where": np.ones((3, 3), bool)}, "where must be"),
        ({"where": np.zeros((24, 22), bool)}, "no place for a tree"),
        ({"spacing": -1.0}, "spacing is -1.0"),
        ({"lattice": -2.0}, "lattice is -2.0"),
        ({"height": 300.0}, "height"),
    ],
)
def test_impossible_wishes_are_refused(run: HeatRun, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        place_trees(run, **{"count": 1, "lattice": 8.0, **options})
