"""The sky: luminance, emissivity by angle, clouds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.heat.sky import (
    clear_sky_emissivity,
    cloud_share,
    longwave_sky,
    perez_luminance,
    ring_elevations,
    ring_weights,
    shortwave_sky,
    sky_brightness,
    sky_clearness,
)


def test_clearness_and_brightness_by_hand() -> None:
    # zenith 60 degrees = 1.0472 rad: 1.041 z3 = 1.19547; (800 / 100 + 1.19547) / 2.19547 = 4.18839
    assert float(sky_clearness(700.0, 100.0, 30.0)) == pytest.approx(4.18839, abs=1e-4)
    # air mass of Kasten and Young at 30 degrees: 1.99430
    assert float(sky_brightness(100.0, 30.0, 1367.0)) == pytest.approx(1.99430 * 100 / 1367, abs=1e-5)


def test_luminance_by_hand() -> None:
    """Clearness 7, brightness 0.1, sun 45 degrees high, straight overhead: table 1 of the paper, by calculator."""
    z = np.pi / 4
    a = -1.05 + 0.0289 * z + 0.1 * (0.426 + 0.359 * z)
    b = -0.325 + 0.1156 * z + 0.1 * (0.7781 + 0.0025 * z)
    c = 31.0625 - 14.5 * z + 0.1 * (-46.1148 + 55.375 * z)
    d = -7.2312 + 0.405 * z + 0.1 * (13.35 + 0.6234 * z)
    e = 1.5 - 0.6426 * z + 0.1 * (1.8564 + 0.5636 * z)
    expected = (1 + a * np.exp(b)) * (1 + c * np.exp(d * z) + e * np.cos(z) ** 2)
    found = perez_luminance(90.0, 0.0, altitude=45.0, clearness=7.0, brightness=0.1)
    assert float(found) == pytest.approx(expected, rel=1e-5)  # the law is taken in float32


@given(
    altitude=st.floats(0.1, 89.0),
    direct=st.floats(0, 1000),
    diffuse=st.floats(1, 600),
    azimuth=st.floats(-180, 540),
)
@settings(deadline=None, max_examples=60)
def test_spread_light_is_the_diffuse_irradiance_and_nowhere_negative(
    altitude: float, direct: float, diffuse: float, azimuth: float
) -> None:
    sky = shortwave_sky(
        np.arange(16) * 22.5,
        sun_altitude=altitude,
        sun_azimuth=azimuth,
        direct=direct,
        diffuse=diffuse,
        extraterrestrial=1360.0,
    )
    assert (sky >= 0).all()
    assert (sky @ ring_weights()).mean() == pytest.approx(diffuse, rel=1e-9)


def test_clear_sky_is_brightest_at_the_sun_and_overcast_sky_overhead() -> None:
    azimuth = np.arange(5.0, 360.0, 10.0)
    clear = shortwave_sky(azimuth, sun_altitude=40, sun_azimuth=185, direct=800, diffuse=90, extraterrestrial=1350)
    sector, ring = np.unravel_index(clear.argmax(), clear.shape)
    assert azimuth[sector] == pytest.approx(185, abs=5)
    assert ring_elevations()[ring] == pytest.approx(40, abs=2)
    overcast = shortwave_sky(
        azimuth, sun_altitude=40, sun_azimuth=185, direct=0, diffuse=150, extraterrestrial=1350
    ).mean(axis=0)
    assert overcast[-1] > 1.5 * overcast[10]


def test_sky_turns_with_the_sun() -> None:
    azimuth = np.arange(16) * 22.5
    given = {"sun_altitude": 30.0, "direct": 600.0, "diffuse": 120.0, "extraterrestrial": 1360.0}
    south = shortwave_sky(azimuth, sun_azimuth=180.0, **given)
    west = shortwave_sky(azimuth, sun_azimuth=270.0, **given)
    # the cosine of the difference in azimuth is taken in float32
    np.testing.assert_allclose(np.roll(south, 4, axis=0), west, rtol=1e-3)


@given(emissivity=st.floats(0.5, 1.0), clouds=st.floats(0, 1))
@settings(max_examples=50)
def test_longwave_rings_keep_the_emissivity_of_the_hemisphere(emissivity: float, clouds: float) -> None:
    for angular in (True, False):
        rings = longwave_sky([emissivity], [clouds], angular=angular)[0]
        assert rings @ ring_weights() == pytest.approx(1 - (1 - emissivity) * (1 - clouds), abs=1e-12)
        assert (np.diff(rings) <= 1e-15).all()  # never colder towards the horizon
        assert rings.max() <= 1.0


def test_emissivity_of_berdahl_and_martin_by_hand() -> None:
    # dew point 10 degC (12.28 hPa): 0.711 + 0.056 + 0.0073 = 0.7743; at midnight 0.013 more, at noon less
    found = clear_sky_emissivity(20.0, 12.28, [0.0, 6.0, 12.0])
    np.testing.assert_allclose(found, [0.7873, 0.7743, 0.7613], atol=2e-4)


def test_clouds_of_the_evening_and_the_morning_meet_at_night() -> None:
    altitude = np.array([30.0, 20.0, 5.0, -10.0, -20.0, -5.0, 15.0, 30.0])
    clear = np.array([500.0, 300.0, 50.0, 0.0, 0.0, 0.0, 200.0, 500.0])
    light = np.array([500.0, 150.0, 25.0, 0.0, 0.0, 0.0, 200.0, 500.0])
    found = cloud_share(light, clear, altitude)
    np.testing.assert_allclose(found, [0.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0], atol=1e-12)
    assert (cloud_share(light * 0, clear * 0, altitude - 90) == 0).all()
