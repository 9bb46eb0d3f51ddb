"""Fluxes at chosen places, from the same tables as the map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

import twin
from twin.errors import InputError

SIGMA = 5.670374419e-8


def test_station_and_map_agree_in_the_shade(town: xr.Dataset, day: xr.Dataset) -> None:
    """Where no beam arrives, six fluxes weighed like a standing body are the mean radiant temperature of the map."""
    result = twin.heat.simulate(town, day, directions=16)
    row, column = 12, 17
    place = (float(town.x[column]), float(town.y[row]))
    found = twin.heat.radiation_fluxes(town, day, [place], directions=16).isel(place=0)
    weight = xr.DataArray([0.06, 0.06, 0.22, 0.22, 0.22, 0.22], dims="direction", coords={"direction": found.direction})
    absorbed = ((0.70 * found.shortwave + 0.97 * found.longwave) * weight).sum("direction")
    expected = (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15
    dark = result.sunlit_fraction.isel(y=row, x=column).values == 0
    assert dark.sum() >= 8
    # the second order of walls' warmth is taken once for a body and face by face for six: 0.1 K
    seen = result.mean_radiant_temperature.isel(y=row, x=column).values
    np.testing.assert_allclose(seen[dark], expected.values[dark], atol=0.1)


def test_beam_on_a_face_is_that_of_the_weather(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    grid = make_grid((6, 6))
    found = twin.heat.radiation_fluxes(grid, day, [(float(grid.x[3]), float(grid.y[3]))], sky="isotropic").isel(place=0)
    from twin.city.gridspec import GridSpec
    from twin.heat.forcing import make_forcing

    forcing = make_forcing(day, GridSpec.from_dataset(grid), sky="isotropic")
    down = found.shortwave.sel(direction="down").values
    np.testing.assert_allclose(down, forcing.horizontal + forcing.diffuse, rtol=1e-4, atol=0.01)
    up = found.shortwave.sel(direction="up").values
    flat = np.cos(np.radians(forcing.altitude)) * np.maximum(-np.cos(np.radians(forcing.azimuth)), 0)
    south = forcing.beam * (flat * (forcing.weight > 0)).sum(axis=1) / np.maximum((forcing.weight > 0).sum(axis=1), 1)
    south = south + 0.5 * (forcing.diffuse + up)
    # meadow all around; float32 temperature of some 400 K per W/m2 to the fourth: 0.05
    np.testing.assert_allclose(found.shortwave.sel(direction="south").values, south, rtol=2e-4, atol=0.05)


def test_places_off_the_grid_or_on_a_roof_are_refused(town: xr.Dataset, day: xr.Dataset) -> None:
    with pytest.raises(InputError, match="lies outside the grid"):
        twin.heat.radiation_fluxes(town, day, [(0.0, 0.0)])
    with pytest.raises(InputError, match="lies on a roof"):
        twin.heat.radiation_fluxes(town, day, [(float(town.x[5]), float(town.y[5]))], directions=16)
