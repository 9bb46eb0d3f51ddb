"""Closed cases of the radiation budget: enclosures, open planes, canyons, windows, threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import kernels
from twin.city.gridspec import GridSpec
from twin.heat import materials
from twin.heat.forcing import Forcing, make_forcing
from twin.heat.obstacles import make_obstacles
from twin.heat.radiation import FACES, RECEIVERS, SIGMA
from twin.heat.radiation_budget import _radiate, ground_margin, radiate
from twin.heat.radiation_tables import footprint, make_tables, shortwave_radiance
from twin.heat.rays import even_azimuths
from twin.heat.shade import sunlight
from twin.heat.sky import ring_weights
from twin.heat.views import Views, look_around
from twin.heat.window import Window


@pytest.fixture(scope="module")
def forcing(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> Forcing:
    return make_forcing(day, GridSpec.from_dataset(make_grid((4, 4))), directions=32)


def _uniform(forcing: Forcing, temperature: float) -> Forcing:
    """Weather in which everything is as warm as the air and nothing shines."""
    steps = forcing.steps
    nothing = np.zeros(steps)
    black = np.full(steps, SIGMA * (temperature + 273.15) ** 4)
    ones = np.full(steps, temperature)
    wall = replace(forcing.wall, temperature=ones + 273.15, longwave=black)
    dark = {"beam": nothing, "diffuse": nothing, "horizontal": nothing}
    return replace(forcing, temperature=ones, emissivity=nothing + 1.0, clouds=nothing, wall=wall, **dark)


def _random_views(random: np.random.Generator, directions: int, shape: tuple[int, int]) -> Views:
    horizon = random.integers(0, 256, (directions, *shape)).astype(np.uint8)
    crowns = random.integers(0, 2**31, (directions, *shape)).astype(np.uint32)
    tangent = np.tan(horizon * np.pi / 510)
    low = np.round(31 * np.where(horizon == 255, 1.0, tangent**2 / (1 + tangent**2))).astype(np.uint32)
    crowns &= ~((np.uint32(1) << low) - np.uint32(1))
    factors = np.full((10, *shape), 0.25, np.float32)
    return Views(factors, horizon, even_azimuths(directions), crowns)


@given(seed=st.integers(0, 10**6), temperature=st.floats(-20, 50), name=st.sampled_from(["standing", "sphere", *FACES]))
@settings(deadline=None, max_examples=25)
def test_whatever_stands_around_an_enclosure_of_one_warmth_gives_it_back(
    forcing: Forcing, seed: int, temperature: float, name: str
) -> None:
    """Shares of sky, crowns, walls, their feet and ground add up to one: to 1e-3 K, float32 in some 300 K."""
    random = np.random.default_rng(seed)
    views = _random_views(random, 32, (9, 11))
    views.factors[:, random.random((9, 11)) < 0.2] = np.nan
    weather = _uniform(forcing, temperature)
    ground = materials.ground_fields(random.choice([1, 2, 6, 10], (9, 11)))
    receiver = RECEIVERS.get(name) or FACES[name]
    found = _radiate(views, ground, np.zeros((24, 9, 11), np.float32), weather, receiver, 0.1, 0.3, None, None)
    open_ground = ~np.isnan(views.factors[0])
    np.testing.assert_allclose(found[:, open_ground], temperature, atol=2e-3)
    assert np.isnan(found[:, ~open_ground]).all()


@pytest.mark.parametrize("kind", ["anisotropic", "isotropic"])
def test_free_sky_gives_the_diffuse_light_of_the_weather(
    make_grid: Callable[..., xr.Dataset], day: xr.Dataset, kind: str
) -> None:
    forcing = make_forcing(day, GridSpec.from_dataset(make_grid((4, 4))), directions=16, sky=kind)
    spread = shortwave_radiance(forcing, 0, 24)
    np.testing.assert_allclose((spread @ ring_weights()).mean(axis=1), forcing.diffuse, rtol=1e-12)
    tables = make_tables(forcing, FACES["down"], 0, 24, 0.04)
    light = tables.light >= 0
    received = tables.table[:, 0].sum(axis=0)[tables.light[light]]
    # float32 sums of 16 sectors
    np.testing.assert_allclose(received, forcing.diffuse[light], rtol=1e-5)


def test_isotropic_sky_over_a_horizon_is_the_closed_form(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    """Irradiance past an even horizon h: D cos2(h) from above, D (pi/2 - h - sin h cos h) / pi from each side."""
    forcing = make_forcing(day, GridSpec.from_dataset(make_grid((4, 4))), directions=16, sky="isotropic")
    for byte in (0, 40, 128, 250):
        h = byte * np.pi / 510
        closed = {"down": np.cos(h) ** 2, "north": (np.pi / 2 - h - np.sin(h) * np.cos(h)) / np.pi}
        for name, share in closed.items():
            tables = make_tables(forcing, FACES[name], 0, 24, 0.04)
            # the longwave of the isotropic sky is the same number everywhere
            black = SIGMA * (forcing.temperature + 273.15) ** 4
            emissivity = 1 - (1 - forcing.emissivity) * (1 - forcing.clouds)
            expected = share * (forcing.diffuse + emissivity * black)
            np.testing.assert_allclose(tables.table[:, byte, :24].sum(axis=0), expected, rtol=2e-5)


def test_receivers_views_add_up() -> None:
    azimuth = even_azimuths(64)
    for name, whole in (("standing", 1.0), ("sphere", 1.0)):
        above = RECEIVERS[name].view(azimuth, 5.625, [90.0]).sum()
        below = RECEIVERS[name].view(azimuth, 5.625, [90.0], below=True).sum()
        assert above + below == pytest.approx(whole, abs=1e-12)
    for name, face in FACES.items():
        above = face.view(azimuth, 5.625, [90.0]).sum()
        below = face.view(azimuth, 5.625, [90.0], below=True).sum()
        expected = {"down": (1.0, 0.0), "up": (0.0, 1.0)}.get(name, (0.5, 0.5))
        assert (above, below) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0, 5.0, 30.0])
def test_points_on_the_ground_stay_within_the_margin(resolution: float) -> None:
    points = footprint(RECEIVERS["standing"], resolution)
    reach = max(np.abs(points.row).max(initial=0), np.abs(points.column).max(initial=0))
    assert reach <= ground_margin(resolution)
    assert points.weight.sum() + points.own == pytest.approx(0.5, abs=1e-6)


def _scene(random: np.random.Generator, shape: tuple[int, int]) -> tuple[Views, np.ndarray, np.ndarray]:
    height = np.zeros(shape)
    height[5:12, 8:15], height[20:30, 20:24] = 9.0, 15.0
    crown = np.where((random.random(shape) < 0.05) & (height == 0), 8.0, 0.0)
    obstacles = make_obstacles(np.zeros(shape), height, height > 0, resolution=1.0, canopy_height=crown)
    views = look_around(obstacles, directions=32)
    ground = materials.ground_fields(random.choice([1, 6], shape))
    lit = sunlight(obstacles, altitude=40.0, azimuth=200.0)
    return views, ground, lit


def test_window_is_the_part_of_the_whole_bit_for_bit(forcing: Forcing) -> None:
    views, ground, lit = _scene(np.random.default_rng(3), (48, 50))
    sunlit = np.repeat(lit[None], 24, axis=0)
    everything = radiate(views, ground, sunlit, forcing)
    margin = ground_margin(forcing.resolution)
    window = Window(17, 19, 13, 11)
    part = Window(17 - margin, 19 - margin, 13 + 2 * margin, 11 + 2 * margin)
    cut = replace(
        views,
        **{name: np.ascontiguousarray(part.of(getattr(views, name))) for name in ("factors", "horizon", "crowns")},
    )
    of_ground = np.ascontiguousarray(part.of(np.moveaxis(ground, -1, 0)).transpose(1, 2, 0))
    found = radiate(
        cut, of_ground, np.ascontiguousarray(part.of(sunlit)), forcing, window=Window(margin, margin, 13, 11)
    )
    np.testing.assert_array_equal(found, window.of(everything))


def test_threads_change_no_bit(forcing: Forcing) -> None:
    views, ground, lit = _scene(np.random.default_rng(4), (40, 41))
    sunlit = np.repeat(lit[None], 24, axis=0)
    results = []
    for threads in (1, 2):
        with kernels.running(threads):
            results.append(radiate(views, ground, sunlit, forcing))
    np.testing.assert_array_equal(*results)


def test_second_of_two_equal_days_is_the_first(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    """The first day was repeated until it closed on itself, so the next one like it finds nothing new."""
    times = np.concatenate([day.time.values, day.time.values + np.timedelta64(1, "D")])
    twice = xr.concat([day, day.assign_coords(time=day.time.values + np.timedelta64(1, "D"))], "time")
    twice = twice.assign_coords(time=("time", times, day.time.attrs))
    forcing = make_forcing(twice, GridSpec.from_dataset(make_grid((4, 4))), directions=32, sky="isotropic")
    forcing = replace(
        forcing,
        **{
            name: np.tile(getattr(forcing, name)[:24], (2,) + (1,) * (getattr(forcing, name).ndim - 1))
            for name in ("altitude", "azimuth", "weight", "horizontal", "extraterrestrial", "emissivity", "clouds")
        },
    )
    views, ground, lit = _scene(np.random.default_rng(6), (34, 34))
    found = radiate(views, ground, np.repeat(lit[None], 48, axis=0), forcing)
    # what is left of the spin-up: see SPIN_UP_DAYS
    np.testing.assert_allclose(found[24:], found[:24], atol=0.1)
