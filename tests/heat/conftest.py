"""Small scenes for the heat tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from twin.city.gridspec import GridSpec
from twin.weather import hot_day


@pytest.fixture(scope="session")
def make_grid() -> Callable[..., xr.Dataset]:
    """Build a city's grid near Bayreuth from arrays; everything not given is flat, open grass."""

    def build(shape: tuple[int, int] = (20, 24), resolution: float = 2.0, **fields: Any) -> xr.Dataset:
        left, bottom = 691000.0, 5537000.0
        bounds = (left, bottom, left + shape[1] * resolution, bottom + shape[0] * resolution)
        spec = GridSpec.from_bounds(bounds, resolution, 25832)
        roof_height = np.asarray(fields.pop("roof_height", np.zeros(shape)))
        ground = np.broadcast_to(fields.pop("ground_elevation", 0.0), shape).astype(np.float32)
        layers = {
            "ground_elevation": ground,
            "surface_elevation": ground + roof_height.astype(np.float32),
            "building_id": (roof_height > 0).astype(np.int32),
            "land_cover": np.full(shape, 6, np.uint8),
        }
        layers |= {name: np.broadcast_to(value, shape).copy() for name, value in fields.items()}
        return spec.dataset().assign({name: (("y", "x"), value) for name, value in layers.items()})

    return build


@pytest.fixture(scope="session")
def day() -> xr.Dataset:
    """A cloudless 26 July near Bayreuth."""
    return hot_day("2018-07-26", max_temperature=35.0, latitude=49.95, longitude=11.66, elevation=340.0)


@pytest.fixture(scope="session")
def town(make_grid: Callable[..., xr.Dataset]) -> xr.Dataset:
    """Houses, trees, asphalt and a slope on 30 by 26 cells of 2 m."""
    random = np.random.default_rng(7)
    shape = (30, 26)
    roof = np.zeros(shape)
    roof[3:9, 4:11], roof[14:22, 15:20], roof[24:28, 3:12] = 8.0, 14.0, 5.0
    trees = np.where((random.random(shape) < 0.08) & (roof == 0), random.uniform(4, 12, shape), 0.0)
    slope = 300.0 + 0.03 * np.arange(shape[0])[:, None] + np.zeros(shape)
    cover = np.where(roof > 0, 3, np.where(random.random(shape) < 0.5, 1, 6)).astype(np.uint8)
    return make_grid(
        shape,
        roof_height=roof,
        ground_elevation=slope,
        canopy_height=trees.astype(np.float32),
        land_cover=cover,
    )
