"""Radiation on a person: closed forms of its parts."""

from __future__ import annotations

import numpy as np
import pytest

from twin.heat.radiation import mean_radiant_temperature, projected_area_factor, sky_emissivity

SIGMA = 5.670374419e-8


def test_body_in_a_black_enclosure_takes_its_temperature() -> None:
    for temperature in (-20.0, 0.0, 35.0, 60.0):
        flux = SIGMA * (temperature + 273.15) ** 4
        assert float(mean_radiant_temperature(np.zeros(6), np.full(6, flux))) == pytest.approx(temperature, abs=1e-9)


def test_weights_of_the_six_directions_add_up_to_one() -> None:
    # 100 W/m2 from everywhere is 100 W/m2 on the body, whatever the direction it is asked by
    one = [float(mean_radiant_temperature(np.zeros(6), 400.0 + 6.0 * np.eye(6)[k])) + 273.15 for k in range(6)]
    absorbed = np.array([SIGMA * t**4 for t in one]) - 400.0
    np.testing.assert_allclose(absorbed, 6.0 * np.array([0.06, 0.06, 0.22, 0.22, 0.22, 0.22]), atol=1e-9)


def test_projected_area_of_a_standing_body() -> None:
    # VDI 3787 part 2: 0.308 cos(h (1 - h2 / 48402)); arguments 0, 29.442 and 74.939 degrees
    np.testing.assert_allclose(projected_area_factor([0, 30, 90]), [0.308, 0.26822, 0.08003], atol=1e-5)


def test_sky_emissivity_of_prata_by_hand() -> None:
    # e = 15 hPa, T = 300 K: w = 2.325, exp(-sqrt(8.175)) = 0.057314, 1 - 3.325 * 0.057314 = 0.80943
    assert float(sky_emissivity(26.85, 15.0)) == pytest.approx(0.80943, abs=2e-5)
