"""`GridSpec`: the lattice of a city, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.transform import xy

from twin import GridSpec, limits
from twin.city.gridspec import check_grid
from twin.errors import InputError, LimitError, MissingDataError

UTM = "EPSG:25833"
corners = st.tuples(st.floats(2e5, 8e5), st.floats(5.2e6, 6.1e6))
resolutions = st.sampled_from([0.25, 0.5, 1.0, 2.0, 5.0, 10.0])


@given(corners, st.floats(1, 500), st.floats(1, 500), resolutions)
def test_the_grid_covers_its_bounds_with_less_than_a_cell_to_spare(corner, width, height, resolution) -> None:
    xmin, ymin = corner
    spec = GridSpec.from_bounds((xmin, ymin, xmin + width, ymin + height), resolution, UTM)
    left, bottom, right, top = spec.bounds
    slack = 1.01e-6 * resolution  # the tolerance of the lattice
    assert left <= xmin + slack
    assert bottom <= ymin + slack
    assert right >= xmin + width - slack
    assert top >= ymin + height - slack
    assert xmin - left < resolution
    assert right - (xmin + width) < resolution


@given(corners, st.integers(1, 40), st.integers(2, 40), resolutions)
def test_a_grid_survives_its_own_coordinates(corner, rows, columns, resolution) -> None:
    spec = GridSpec(round(corner[0]), round(corner[1]), resolution, rows, columns, CRS(UTM))
    again = GridSpec.from_dataset(spec.dataset())
    assert again.shape == spec.shape
    assert again.bounds == pytest.approx(spec.bounds, rel=0, abs=1e-6)
    assert again.crs.to_epsg() == 25833


def test_grids_of_one_lattice_share_cells() -> None:
    small = GridSpec.from_bounds((389003, 5819003, 389011, 5819009), 2.0, UTM)
    large = GridSpec.from_bounds((388000, 5818000, 390000, 5820000), 2.0, UTM)
    assert np.isin(small.x, large.x).all()
    assert np.isin(small.y, large.y).all()


def test_the_anchor_moves_the_lattice() -> None:
    spec = GridSpec.from_bounds((389000, 5819000, 389010, 5819010), 1.0, UTM, anchor=(0.5, 0.5))
    assert spec.left % 1 == 0.5
    assert spec.shape == (11, 11)


def test_round_off_does_not_add_a_cell() -> None:
    assert GridSpec.from_bounds((0.3, 0.0, 0.3 + 0.1 * 3, 0.3), 0.1, UTM).shape == (3, 3)


def test_the_transform_places_cell_centres() -> None:
    spec = GridSpec.from_bounds((389000, 5819000, 389010, 5819020), 2.0, UTM)
    assert xy(spec.transform, 0, 0) == (spec.x[0], spec.y[0])
    assert xy(spec.transform, 9, 4) == (spec.x[-1], spec.y[-1])
    assert spec.cell_area == 4.0


@pytest.mark.parametrize("resolution", [0, -1, 0.05, 1001, math.nan, math.inf])
def test_impossible_cell_sizes_are_refused(resolution: float) -> None:
    with pytest.raises(InputError, match=r"cells must measure 0\.1 to 1000 m"):
        GridSpec.from_bounds((0, 0, 10000, 10000), resolution, UTM)


@pytest.mark.parametrize(
    "bounds", [(0, 0, 0, 10), (10, 0, 0, 10), (0, 10, 10, 0), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)]
)
def test_impossible_bounds_are_refused(bounds) -> None:
    with pytest.raises(InputError, match="min < max"):
        GridSpec.from_bounds(bounds, 1.0, UTM)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263"])
def test_degrees_and_feet_are_refused(crs: str) -> None:
    with pytest.raises(InputError, match="projected CRS in metres"):
        GridSpec.from_bounds((0, 0, 10, 10), 1.0, crs)


def test_a_compound_crs_is_refused() -> None:
    with pytest.raises(InputError, match="compound"):
        GridSpec.from_bounds((0, 0, 10, 10), 1.0, "EPSG:25833+7837")


def test_a_grid_that_fills_the_memory_is_refused_before_it_does() -> None:
    with pytest.raises(LimitError, match="MAX_GRID_CELLS"):
        GridSpec.from_bounds((0, 0, 1e6, 1e6), 0.1, UTM)
    assert limits.MAX_GRID_CELLS < 1e14


def test_ascending_y_is_refused_with_the_way_out() -> None:
    grid = GridSpec.from_bounds((0, 0, 10, 10), 1.0, UTM).dataset()
    with pytest.raises(InputError, match="sortby"):
        GridSpec.from_dataset(grid.sortby("y"))


def test_an_irregular_axis_is_refused() -> None:
    grid = GridSpec.from_bounds((0, 0, 10, 10), 1.0, UTM).dataset()
    x = grid.x.values.copy()
    x[4] += 0.3
    with pytest.raises(InputError, match="not square and regular"):
        GridSpec.from_dataset(grid.assign_coords(x=x))


def test_a_grid_without_crs_is_refused() -> None:
    with pytest.raises(InputError, match="no CRS"):
        GridSpec.from_dataset(xr.Dataset(coords={"x": [0.5, 1.5], "y": [1.5, 0.5]}))


def test_not_a_number_among_the_coordinates_is_refused() -> None:
    grid = GridSpec.from_bounds((0, 0, 3, 3), 1.0, UTM).dataset()
    with pytest.raises(InputError, match="NaN"):
        GridSpec.from_dataset(grid.assign_coords(x=[0.5, math.nan, 2.5]))


def test_a_missing_variable_is_named_with_those_there_are() -> None:
    spec = GridSpec.from_bounds((0, 0, 3, 3), 1.0, UTM)
    grid = spec.dataset().assign(albedo=(("y", "x"), np.zeros((3, 3))))
    assert check_grid(grid, ["albedo"]).shape == (3, 3)
    with pytest.raises(MissingDataError, match=r"'manning'; it holds: albedo"):
        check_grid(grid, ["manning"])
    with pytest.raises(InputError, match="must be"):
        check_grid(grid.transpose("x", "y"), ["albedo"])


def test_the_geographic_centre_of_a_grid_on_the_central_meridian() -> None:
    # easting 500 km is the central meridian of zone 32, 9 degrees east; 0 m north is the equator
    longitude, latitude = GridSpec.from_bounds((499900, -100, 500100, 100), 10.0, "EPSG:32632").geographic_centre
    assert (longitude, latitude) == pytest.approx((9.0, 0.0), abs=1e-9)
