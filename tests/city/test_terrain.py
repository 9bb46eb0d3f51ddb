"""Elevations onto the grid: copied where cells coincide, otherwise resampled once, and said."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from twin import GridSpec
from twin.city.terrain import onto_grid
from twin.errors import DataError


def raster(spec: GridSpec, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, spec.coordinates(), ("y", "x"))


def plane(spec: GridSpec) -> np.ndarray:
    x, y = np.meshgrid(spec.x, spec.y)
    return 30.0 + 0.01 * (x - 389000) - 0.02 * (y - 5819000)


WIDE = GridSpec(388999.5, 5819040.5, 1.0, 40, 50, "EPSG:25833")


@given(st.integers(-5, 45), st.integers(-5, 35), st.integers(1, 20), st.integers(1, 20))
def test_cells_that_coincide_are_copied_bit_for_bit(left, top, rows, columns) -> None:
    values = np.random.default_rng(1).normal(34, 2, WIDE.shape)
    part = GridSpec(WIDE.left + left, WIDE.top - top, 1.0, rows, columns, "EPSG:25833")
    expected = np.full((rows, columns), np.nan)
    for row in range(rows):
        for column in range(columns):
            if 0 <= top + row < 40 and 0 <= left + column < 50:
                expected[row, column] = values[top + row, left + column]
    if np.isnan(expected).all():
        with pytest.raises(DataError, match="no value on the grid"):
            onto_grid(raster(WIDE, values), part)
        return
    field = onto_grid(raster(WIDE, values), part)
    assert field.how == "copied"
    assert np.array_equal(field.values, expected, equal_nan=True)


def test_cells_half_a_cell_off_are_resampled_and_said() -> None:
    part = GridSpec(389005.0, 5819030.0, 1.0, 10, 10, "EPSG:25833")
    field = onto_grid(raster(WIDE, plane(WIDE)), part)
    assert "bilinear" in field.how
    assert np.allclose(field.values, plane(part), atol=1e-5)  # a plane is reproduced; GDAL works in float32 near 34 m


def test_a_cell_size_off_by_a_ten_thousandth_is_not_taken_for_equal() -> None:
    drifting = WIDE.coordinates() | {"x": ("x", 389000.0 + 0.99989 * np.arange(50))}
    field = onto_grid(xr.DataArray(plane(WIDE), drifting, ("y", "x")), WIDE)
    assert field.how != "copied"


def test_finer_terrain_is_averaged() -> None:
    coarse = GridSpec(388999.5, 5819040.5, 5.0, 8, 10, "EPSG:25833")
    values = np.random.default_rng(2).normal(34, 2, WIDE.shape)
    field = onto_grid(raster(WIDE, values), coarse)
    assert "area" in field.how
    assert np.allclose(field.values, values.reshape(8, 5, 10, 5).mean(axis=(1, 3)), atol=1e-4)


def test_coarse_terrain_in_degrees_is_interpolated_and_its_spacing_known() -> None:
    from pyproj import Transformer

    lon, lat = 11.46 + np.arange(60) / 1200, 50.06 - np.arange(60) / 1200
    spec = GridSpec.from_bounds((678700, 5543100, 678900, 5543300), 4, "EPSG:25832")
    degrees = raster_in_degrees(lon, lat, 300 + 2000 * (lat[:, None] - 50) + 1000 * (lon[None, :] - 11.4))
    field = onto_grid(degrees, spec)
    x, y = np.meshgrid(spec.x, spec.y)
    east, north = Transformer.from_crs(25832, 4326, always_xy=True).transform(x, y)
    # linear in degrees, so linear interpolation reproduces it to float32
    assert np.allclose(field.values, 300 + 2000 * (north - 50) + 1000 * (east - 11.4), atol=0.01)
    assert field.spacing == pytest.approx(92.7, abs=0.5)  # 3 arc seconds of latitude


def raster_in_degrees(lon, lat, values) -> xr.DataArray:
    from pyproj import CRS

    wkt = CRS(4326).to_wkt()
    spatial_ref = xr.Variable((), 0, {"crs_wkt": wkt, "spatial_ref": wkt})
    return xr.DataArray(values, {"y": lat, "x": lon, "spatial_ref": spatial_ref}, ("y", "x"))


def test_gaps_stay_gaps() -> None:
    values = plane(WIDE)
    values[3:5, 7] = np.nan
    field = onto_grid(raster(WIDE, values), WIDE)
    assert np.isnan(field.values).sum() == 2


def test_terrain_elsewhere_names_both_places() -> None:
    far = GridSpec(500000.5, 5819040.5, 1.0, 10, 10, "EPSG:25833")
    with pytest.raises(
        DataError, match=r"the terrain has no value on the grid, which covers x 500000.*reaches x 389000"
    ):
        onto_grid(raster(WIDE, plane(WIDE)), far, what="terrain")
