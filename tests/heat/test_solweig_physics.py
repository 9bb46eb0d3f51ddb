"""The radiation of SOLWEIG on our views and shade: by hand on a plane, symmetric, nothing of the sun at night."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from twin.errors import InputError
from twin.heat.solweig_physics import lit_share_of_walls, solweig_like
from twin.heat.solweig_sky import clearness

SIGMA = 5.67e-8


def test_a_plane_by_hand(make_grid, day) -> None:  # type: ignore[no-untyped-def]
    # grass is 0.16 bright; 35 cells from the border on nothing but lit ground is seen
    found = solweig_like(make_grid((80, 80), 1.0), day).isel(y=40, x=40, time=13)
    light = float(day["global_irradiance"][13])
    assert float(found.shortwave_down) == pytest.approx(light, rel=0.002)
    assert float(found.shortwave_up) == pytest.approx(0.16 * light, rel=0.002)
    air = SIGMA * (float(day["air_temperature"][13]) + 273.15) ** 4
    # at 14 o'clock (end of the step) it is 0.21 * 59.4 - 3.38 = 9.1 K above the air; a quarter is of the hour before
    warmth = (float(found.longwave_up) / 0.94 / SIGMA) ** 0.25 - 273.15 - float(day["air_temperature"][13])
    assert warmth == pytest.approx(9.1 - 0.25 * 0.5, abs=0.3)
    assert 0.8 < float(found.longwave_down) / air < 0.87  # Prata (1996) for 15 to 20 hPa


def test_at_night_all_is_as_warm_as_the_air_but_the_sky(make_grid, day) -> None:  # type: ignore[no-untyped-def]
    roof = np.zeros((30, 30))
    roof[10:20, 10:20] = 12.0
    found = solweig_like(make_grid((30, 30), 2.0, roof_height=roof), day).isel(time=2)
    outside = roof == 0
    for name in ("shortwave_down", "shortwave_up"):
        assert (found[name].values[outside] == 0).all()
    air = SIGMA * (float(day["air_temperature"][2]) + 273.15) ** 4
    np.testing.assert_allclose(found.longwave_up.values[outside], 0.94 * air, rtol=1e-5)
    felt = found.mean_radiant_temperature.values
    assert np.isnan(felt[~outside]).all()
    assert felt[9, 15] > felt[0, 0] + 1  # walls are warmer than the sky
    assert felt[outside].max() < float(day["air_temperature"][2])


def test_a_street_mirrored_is_the_mirrored_street_at_night(make_grid, day) -> None:  # type: ignore[no-untyped-def]
    roof = np.zeros((24, 24))
    roof[4:9, 3:12] = 10.0
    names = ["longwave_down", "longwave_up"]
    one, other = (
        solweig_like(make_grid((24, 24), 2.0, roof_height=height), day)[names].isel(time=1)
        for height in (roof, roof[:, ::-1])
    )
    for name in names:
        # views follow lines in single precision, and horizons are bytes
        np.testing.assert_allclose(one[name].values, other[name].values[:, ::-1], rtol=1e-4)


def test_lit_share_of_a_round_court_agrees_with_a_sum_over_its_wall() -> None:
    angle = (np.arange(20000) + 0.5) / 20000 * np.pi / 2
    for view in (0.1, 0.5, 0.9):
        tangent = np.sqrt(1 - view) / np.sqrt(view)
        for altitude in (3.0, 30.0, 80.0):
            drop = 2 * np.cos(angle) * np.tan(np.radians(altitude)) / tangent  # in heights of the wall
            expected = np.minimum(drop, 1.0).mean() / 2  # the other half of the wall has its back to the sun
            assert float(lit_share_of_walls(np.array(view), altitude)) == pytest.approx(expected, abs=1e-6)


def test_a_cloudless_day_is_clear_and_half_the_light_is_not() -> None:
    whole = [np.array([value]) for value in (844.7, 59.39, 207.0, 34.4, 36.0)]
    assert float(clearness(*whole, 50.0)[0]) == pytest.approx(1.0, abs=0.03)
    assert float(clearness(whole[0] / 2, *whole[1:], 50.0)[0]) < 0.6


def test_crowns_are_refused(make_grid, day) -> None:  # type: ignore[no-untyped-def]
    grid: xr.Dataset = make_grid((20, 20), 2.0, canopy_height=np.full((20, 20), 5.0, np.float32))
    with pytest.raises(InputError, match="crowns"):
        solweig_like(grid, day)
