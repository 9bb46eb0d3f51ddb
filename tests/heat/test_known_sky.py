"""What the weather says of the sky's warmth is used, told, and refused where it contradicts physics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

import twin.heat
from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat import sky
from twin.heat.forcing import Forcing, make_forcing

SIGMA = 5.670374419e-8


@pytest.fixture(scope="module")
def spec(make_grid: Callable[..., xr.Dataset]) -> GridSpec:
    return GridSpec.from_dataset(make_grid((4, 4)))


def _received(forcing: Forcing) -> np.ndarray:
    """What a free horizontal surface receives of the sky, W/m2."""
    share = sky.longwave_sky(forcing.emissivity, forcing.clouds) @ sky.ring_weights()
    return share * SIGMA * (forcing.temperature + 273.15) ** 4


def test_a_free_surface_receives_the_longwave_radiation_that_was_measured(day: xr.Dataset, spec: GridSpec) -> None:
    measured = np.linspace(300.0, 420.0, 24)
    measured[5:8] = np.nan
    found = make_forcing(day.assign(longwave_irradiance=("time", measured)), spec)
    known = np.isfinite(measured)
    np.testing.assert_allclose(_received(found)[known], measured[known], rtol=1e-12)
    np.testing.assert_array_equal(_received(found)[~known], _received(make_forcing(day, spec))[~known])
    said = "longwave_irradiance of the weather (21 of 24 steps), clouds estimated from the light (3 of 24 steps)"
    assert f"warmth of the sky: {said}" in found.caveats


def test_cloud_cover_warms_the_sky_as_unsworth_and_monteith_say(day: xr.Dataset, spec: GridSpec) -> None:
    clear = make_forcing(day.assign(cloud_cover=("time", np.zeros(24))), spec)
    half = make_forcing(day.assign(cloud_cover=("time", np.full(24, 0.5))), spec)
    black = SIGMA * (half.temperature + 273.15) ** 4
    # emissivity (1 - 0.84 c) e + 0.84 c
    np.testing.assert_allclose(_received(half), 0.58 * _received(clear) + 0.42 * black, rtol=1e-12)
    assert "warmth of the sky: cloud_cover of the weather (24 of 24 steps)" in half.caveats


def test_radiation_comes_before_clouds_and_empty_columns_change_nothing(day: xr.Dataset, spec: GridSpec) -> None:
    both = day.assign(longwave_irradiance=("time", np.full(24, 350.0)), cloud_cover=("time", np.ones(24)))
    np.testing.assert_allclose(_received(make_forcing(both, spec)), 350.0, rtol=1e-12)
    empty = day.assign(longwave_irradiance=("time", np.full(24, np.nan)), cloud_cover=("time", np.full(24, np.nan)))
    assert make_forcing(empty, spec).caveats == make_forcing(day, spec).caveats
    np.testing.assert_array_equal(make_forcing(empty, spec).emissivity, make_forcing(day, spec).emissivity)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("longwave_irradiance", 0.0, r"longwave_irradiance is 0 W m-2 at 2018-07-26T03:00 \(1 steps\).*100 to"),
        ("longwave_irradiance", 640.0, r"longwave_irradiance is 640 W m-2 .* 1\.2 of a black body"),
        ("longwave_irradiance", -40.0, "longwave_irradiance is -40"),
        ("cloud_cover", 8.0, r"cloud_cover is 8 at 2018-07-26T03:00.*0 to 1;.*drop_vars\('cloud_cover'\)"),
        ("cloud_cover", -0.1, "cloud_cover is -0.1"),
    ],
)
def test_a_sky_that_contradicts_physics_is_named(
    day: xr.Dataset, spec: GridSpec, name: str, value: float, words: str
) -> None:
    values = np.full(24, 350.0 if name == "longwave_irradiance" else 0.5)
    values[3] = value
    with pytest.raises(InputError, match=words):
        make_forcing(day.assign({name: ("time", values)}), spec)


def test_a_cloudy_night_keeps_people_warmer(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    """40 W/m2 from the upper half warm a person by 3 to 4 K: half of it is seen, 4 sigma T^3 is 5.8 W/m2 K."""
    grid = make_grid((6, 6))
    night = {"hours": "02:00", "hourly": "mean_radiant_temperature", "directions": 8}
    base = make_forcing(day, GridSpec.from_dataset(grid))
    warmer = day.assign(longwave_irradiance=("time", _received(base) + 40.0))
    found = [twin.heat.simulate(grid, one, **night) for one in (day, warmer)]
    rise = float((found[1] - found[0]).mean_radiant_temperature.mean())
    assert 2.5 < rise < 7.0
    assert "longwave_irradiance of the weather (24 of 24 steps)" in found[1].attrs["caveats"]
