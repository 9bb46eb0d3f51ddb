"""Grids for the flood tests: from arrays, and the synthetic town."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pyproj import CRS

from twin import GridSpec


@pytest.fixture(scope="session")
def make_grid():
    """Grid from an elevation array (m), Manning's n and further fields by name."""

    def make(elevation, manning=0.03, size=2.0, **fields):
        elevation = np.asarray(elevation, dtype=np.float64)
        spec = GridSpec(500_000.0, 5_500_000.0, size, *elevation.shape, CRS.from_epsg(25832))
        values = {"surface_elevation": elevation, "manning": manning, **fields}
        return spec.dataset().assign(
            {name: (("y", "x"), np.broadcast_to(value, elevation.shape).copy()) for name, value in values.items()}
        )

    return make


@pytest.fixture(scope="session")
def town():
    """The module with the synthetic town."""
    place = importlib.util.spec_from_file_location("city_2m", Path(__file__).with_name("city_2m.py"))
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def town_grid(town, make_grid):
    """Grid of the synthetic town with n x n cells."""

    def make(n, **fields):
        elevation, manning, *_ = town.city(n)
        return make_grid(elevation, manning, **fields)

    return make


@pytest.fixture(scope="session")
def on_grid():
    """A field as a DataArray over (y, x)."""
    return lambda values: xr.DataArray(np.asarray(values, dtype=np.float64), dims=("y", "x"))
