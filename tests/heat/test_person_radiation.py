"""Radiation on a person: closed forms, hand computation of the open plane, kernels against plain NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from twin.city.gridspec import GridSpec
from twin.heat import materials, radiation_kernels
from twin.heat.forcing import exchange_coefficient, make_forcing
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


def test_open_plane_is_the_six_flux_sum_by_hand(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    """One step of a flat meadow, from weather to Tmrt, in scalar arithmetic that shares no code with the kernels."""
    grid = make_grid((3, 3))
    result = twin.heat.simulate(grid, day, sun_samples=1)
    forcing = make_forcing(day, GridSpec.from_dataset(grid), samples=1, directions=32)
    albedo, emissivity, admittance, evaporation = materials.ground_fields(grid.land_cover.values)[0, 0].astype(float)
    omega = 2 * np.pi / 86400
    ta = day.air_temperature.values + 273.15
    e = day.relative_humidity.values / 100 * 6.1094 * np.exp(17.625 * (ta - 273.15) / (243.04 + ta - 273.15))
    sky = (1 - (1 + 46.5 * e / ta) * np.exp(-np.sqrt(1.2 + 3 * 46.5 * e / ta))) * SIGMA * ta**4
    total = day.direct_normal_irradiance.values * np.sin(np.radians(np.maximum(forcing.altitude[:, 0], 0)))
    total = total + day.diffuse_irradiance.values
    slope = 4098.0 * 6.1094 * np.exp(17.625 * (ta - 273.15) / (ta - 30.11)) / (ta - 30.11) ** 2 * 17.625 * 243.04 / 4098
    share = evaporation * slope / (slope + 0.66)
    h = exchange_coefficient(day.wind_speed.values)
    deep = surface = ta.mean()
    for _ in range(4):
        middle = np.zeros(24)
        for n in range(24):
            net = (1 - albedo) * total[n] + emissivity * (sky[n] - SIGMA * surface**4)
            exchange = h[n] / (1 - share[n]) if net > 0 else h[n]
            store = admittance / np.sqrt(2 * omega) / 3600
            hold = admittance * np.sqrt(omega / 2)
            change = net - exchange * (surface - ta[n]) - hold * (surface - deep)
            change /= store + 4 * emissivity * SIGMA * surface**3 + exchange + hold
            middle[n] = surface + change / 2
            surface += change
        deep, last = middle.mean(), middle
    up_l = emissivity * SIGMA * last**4 + (1 - emissivity) * sky
    up_k = albedo * total
    # the light around the sun counts as beam (Hay and Davies): what is not there comes from all sides
    beam, diffuse = forcing.air[:, 2], forcing.air[:, 3]
    np.testing.assert_allclose(forcing.air[:, 1] + diffuse, total, rtol=1e-9, atol=1e-9)
    side_k, side_l = 0.5 * diffuse + 0.5 * up_k, 0.5 * sky + 0.5 * up_l
    absorbed = 0.7 * (0.06 * (diffuse + up_k) + 4 * 0.22 * side_k)
    absorbed += 0.97 * (0.06 * (sky + up_l) + 4 * 0.22 * side_l)
    altitude = np.clip(forcing.altitude[:, 0], 0, 90)
    absorbed += 0.7 * 0.308 * np.cos(np.radians(altitude * (1 - altitude**2 / 48402))) * beam
    expected = (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15
    # 0.02 K: two formulas of saturation vapour pressure, and results kept as float32
    np.testing.assert_allclose(result.mean_radiant_temperature.values[:, 1, 1], expected, atol=0.02)


def _reference_surroundings(
    view: np.ndarray, lit: float, field: np.ndarray, share: float, state: np.ndarray, through: float, wall_albedo: float
) -> tuple[np.ndarray, np.ndarray]:
    """Six shortwave and longwave fluxes without the ground's part: down, then four sides; plain sums."""
    sky = view[0::2] + through * view[1::2]
    crown = (1 - through) * view[1::2]
    wall = np.maximum(np.array([1, 0.5, 0.5, 0.5, 0.5]) - view[0::2] - view[1::2], 0)
    on_walls = state[3] * sky[1:].mean() + 0.5 * field[0] * (state[1] * share + state[3] * sky[0])
    wall_k = wall_albedo * (state[11:15] * lit + on_walls)
    wall_l = lit * state[15:19] + (1 - lit) * state[19]
    seen = wall[1:].sum()
    mean_k, mean_l = (wall[1:] @ wall_k / seen, wall[1:] @ wall_l / seen) if seen > 0 else (0.0, 0.0)
    up = wall[0] if seen > 0 else 0.0
    k = sky * state[3] + crown * state[7] + np.concatenate([[up * mean_k], wall[1:] * wall_k])
    longwave = sky * state[5] + crown * state[6] + np.concatenate([[up * mean_l], wall[1:] * wall_l])
    return k, longwave


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_kernel_of_a_person_equals_plain_numpy(seed: int) -> None:
    random = np.random.default_rng(seed)
    free = random.uniform(0, 1, 5)
    crowns = random.uniform(0, 1, 5) * (1 - free)
    view = np.empty(10)
    view[0::2] = free * [1, 0.5, 0.5, 0.5, 0.5]
    view[1::2] = crowns * [1, 0.5, 0.5, 0.5, 0.5]
    view = view.astype(np.float32)
    field = np.array([0.2, 0.95, 1000, 0.5], np.float32)
    state = np.zeros(22)
    state[0] = random.uniform(270, 310)
    state[1], state[2], state[3], state[7] = random.uniform(0, 600), random.uniform(0, 800), random.uniform(0, 300), 40
    state[4], state[5], state[6] = random.uniform(0.1, 3), random.uniform(250, 400), random.uniform(300, 480)
    state[8] = 0.25
    state[11:15], state[15:20] = random.uniform(0, 500, 4), random.uniform(350, 550, 5)
    state[20], state[21] = random.integers(-1, 4), 2
    horizon = random.integers(0, 250, 4).astype(np.uint8)
    share, through, wall_albedo = random.uniform(0, 1), random.uniform(0, 0.3), random.uniform(0, 0.6)
    lit = 0.0
    if state[20] >= 0:
        to_sun, opposite = np.tan(horizon[[int(state[20]), 2]] * np.pi / 510)
        lit = float(np.clip(1 - (to_sun - 2 * state[4]) / opposite, 0, 1)) if min(to_sun, opposite) > 0 else 1.0
    k, longwave = _reference_surroundings(
        view.astype(float), lit, field.astype(float), share, state, through, wall_albedo
    )
    ground = random.uniform(280, 330)
    k_up = field[0] * (state[1] * share + k[0])
    l_up = field[1] * SIGMA * ground**4 + (1 - field[1]) * longwave[0]
    expected = mean_radiant_temperature(
        np.array([k[0], k_up, *(k[1:] + 0.5 * k_up)]), np.array([longwave[0], l_up, *(longwave[1:] + 0.5 * l_up)])
    )
    kelvin = (float(expected) + 273.15) ** 4 + 0.7 * 0.25 * state[2] * share / (0.97 * SIGMA)
    expected = kelvin**0.25 - 273.15
    radiant = np.zeros((1, 1), np.float32)
    radiation_kernels.feel(
        view[:, None, None],
        horizon[:, None, None],
        field[None, None],
        np.full((1, 1), share, np.float32),
        np.full((1, 1), ground, np.float32),
        state,
        through,
        wall_albedo,
        radiant,
    )
    # float32 inputs and outputs: 1e-4 K in some 300 K
    assert radiant[0, 0] == pytest.approx(expected, abs=2e-3)


@given(seed=st.integers(0, 10**6), temperature=st.floats(-20, 50))
@settings(deadline=None, max_examples=40)
def test_enclosure_of_one_temperature_closes_the_balance(seed: int, temperature: float) -> None:
    """Sky, crowns, walls and ground all radiate like one black body: the person must take its temperature, any view."""
    random = np.random.default_rng(seed)
    free, crown = random.uniform(0, 0.5, 5), random.uniform(0, 0.5, 5)
    view = np.empty(10, np.float32)
    view[0::2], view[1::2] = free, crown
    view[2:] *= 0.5
    flux = SIGMA * (temperature + 273.15) ** 4
    state = np.zeros(22)
    state[0] = temperature + 273.15
    state[5] = state[6] = flux
    state[15:20] = flux
    state[20] = state[21] = -1
    radiant = np.zeros((1, 1), np.float32)
    radiation_kernels.feel(
        view[:, None, None],
        np.zeros((4, 1, 1), np.uint8),
        np.array([[[0.2, 0.9, 1000, 0.5]]], np.float32),
        np.zeros((1, 1), np.float32),
        np.full((1, 1), temperature + 273.15, np.float32),
        state,
        0.1,
        0.2,
        radiant,
    )
    assert radiant[0, 0] == pytest.approx(temperature, abs=1e-3)
