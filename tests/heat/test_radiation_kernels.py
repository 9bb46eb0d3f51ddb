"""Kernels of the radiation budget against plain Python in float64, and against computation by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city.gridspec import GridSpec
from twin.heat import materials, radiation_kernels
from twin.heat.forcing import Forcing, make_forcing
from twin.heat.obstacles import make_obstacles
from twin.heat.radiation import FACES, RECEIVERS
from twin.heat.radiation_budget import fluxes, radiate
from twin.heat.radiation_tables import Tables, footprint, make_tables
from twin.heat.rays import even_azimuths
from twin.heat.views import Views, look_around

SIGMA = 5.670374419e-8
DIRECTIONS = 8


@pytest.fixture(scope="module")
def forcing(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> Forcing:
    return make_forcing(day, GridSpec.from_dataset(make_grid((4, 4))), directions=DIRECTIONS)


def _reference(
    t: Tables,
    view: np.ndarray,
    horizon: np.ndarray,
    crowns: np.ndarray,
    field: np.ndarray,
    walls: np.ndarray,
    hidden: float,
    sunlit: np.ndarray,
    start: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow one cell through a day: absorbed from above, and sent up by the ground; the balance as it is written."""
    air, steps = t.air.astype(float), len(t.air)
    k_take, l_take, wall_emissivity, dt = t.body.astype(float)
    albedo, emissivity, admittance, evaporation = field
    a, green = walls
    total = np.zeros(t.table.shape[2])
    for d, q in enumerate(horizon):
        total += t.table[d, q]
        for place in range(8):
            total += t.leaves[d, place, (int(crowns[d]) >> (4 * place)) & 15]
    sectors = range(len(horizon))
    w = np.array([t.view[0, d, horizon[d]] for d in sectors], float)
    g = np.array([t.view[1, d, horizon[d]] for d in sectors], float)
    cot = np.array([t.cotangent[horizon[d]] for d in sectors], float)
    sky_side, crown_side = view[2::2].mean(), view[3::2].mean()
    wall_side = max(0.0, 0.5 - sky_side - crown_side)
    beam = np.zeros((steps, 2))
    diffuse, arriving = np.zeros(steps), np.zeros(steps)
    for n in range(steps):
        if t.light[n] < 0:
            continue
        if t.sun[n] >= 0:
            q = horizon[t.sun[n]]
            reach = t.climb[n] * t.cotangent[q] if q > 0 else 1.0
            lit = np.minimum(1.0, reach + t.wall_drop[n] * cot) * t.wall_beam[n]
            beam[n] = (w * lit).sum(), (g * lit).sum()
        # light on the ground and diffuse light on walls, each reflecting the other's, as two linear equations
        mean = beam[n, 0] / (w.sum() + 1e-6)
        matrix = np.array([[1.0, -g.sum() * a], [-0.5 * albedo, 1.0 - a * wall_side]])
        given = [
            total[t.light[n]] + air[n, 3] * sunlit[n] + a * beam[n, 1],
            air[n, 5] * sky_side + wall_side * a * mean,
        ]
        arriving[n], diffuse[n] = np.linalg.solve(matrix, given)
    omega = 2 * math.pi / 86400
    store, hold = admittance / math.sqrt(2 * omega) / dt, admittance * math.sqrt(omega / 2)
    surface = deep = start
    warm, deep_walls, up = np.zeros(2), np.zeros(2), 0.0
    seen = np.array([w.sum(), g.sum()])
    above, sent = np.zeros(steps), np.zeros(steps)
    for _ in range(4):
        means, mean_surface = np.zeros(2), 0.0
        for n in range(steps):
            extra = 0.5 * up + (0.5 - sky_side) * (air[n, 6] - air[n, 7])
            drive = (1 - a) * beam[n] + seen * ((1 - a) * diffuse[n] + wall_emissivity * extra)
            new = (air[n, 10] * warm + drive + air[n, 9] * deep_walls) / (air[n, 9] + air[n, 10] + air[n, 11])
            middle, warm = (warm + new) / 2, new
            bare = air[n, 12] * middle
            bare = bare + air[n, 14] * bare**2 / (seen + 1e-6)
            from_walls = (1 - green) * (seen * (air[n, 8] + (1 - wall_emissivity) * extra) + bare)
            from_walls = from_walls + green * (seen * air[n, 15] + air[n, 13] * drive)
            longwave = total[steps + n] + from_walls[1]
            light = (1 - albedo) * arriving[n]
            net = light + emissivity * longwave - emissivity * SIGMA * surface**4
            h = air[n, 1] / (1 - min(0.9, evaporation * air[n, 2])) if net > 0 else air[n, 1]
            slope = 4 * emissivity * SIGMA * surface**3
            change = (net - h * (surface - air[n, 0]) - hold * (surface - deep)) / (store + slope + h + hold)
            half, surface = surface + change / 2, surface + change
            out = emissivity * SIGMA * half**4 + (1 - emissivity) * longwave
            up = out - air[n, 6]
            means, mean_surface = means + middle / steps, mean_surface + half / steps
            walls_sent = k_take * a * (beam[n, 0] + seen[0] * diffuse[n]) + l_take * from_walls[0]
            foot = walls_sent / (seen[0] + 1e-6) if seen[0] > 1e-4 else k_take * a * diffuse[n] + l_take * air[n, 8]
            above[n] = total[n] + air[n, 4] * sunlit[n] + walls_sent + hidden * foot
            sent[n] = k_take * albedo * arriving[n] + l_take * out
        deep, deep_walls = mean_surface, means
    return above, sent


@given(seed=st.integers(0, 10**6), name=st.sampled_from(["standing", "sphere", "east"]))
@settings(deadline=None, max_examples=25)
def test_kernel_of_a_day_equals_plain_python(forcing: Forcing, seed: int, name: str) -> None:
    random = np.random.default_rng(seed)
    receiver = RECEIVERS.get(name) or FACES[name]
    t = make_tables(forcing, receiver, 0, 24, 0.1)
    cells = 3
    horizon = random.integers(0, 240, (DIRECTIONS, cells)).astype(np.uint8)
    horizon[random.random(horizon.shape) < 0.3] = 0
    low = np.round(31 * np.sin(horizon * np.pi / 510) ** 2).astype(np.uint32)
    crowns = random.integers(0, 2**31, (DIRECTIONS, cells)).astype(np.uint32) & ~((np.uint32(1) << low) - np.uint32(1))
    views = np.zeros((10, cells), np.float32)
    views[0::2], views[1::2] = random.uniform(0, 0.25, (5, cells)), random.uniform(0, 0.25, (5, cells))
    fields = materials.ground_fields(random.choice([1, 2, 5, 6, 10], (1, cells)))[0]
    walls = random.uniform(0, 1, (cells, 2)).astype(np.float32)
    hidden = random.uniform(0, 0.3, cells).astype(np.float32)
    sunlit = random.uniform(0, 1, (24, cells)).astype(np.float32)
    state = np.zeros((7, cells), np.float32)
    state[:2] = 298.0
    above, sent = np.zeros((24, cells), np.float32), np.zeros((24, cells), np.float32)
    radiation_kernels.receive(
        *(views, horizon, crowns, True, fields, walls, hidden, sunlit, t.table, t.leaves, t.view, t.cotangent, t.climb),
        *(t.air, t.light, t.sun, t.wall_beam, t.wall_drop, t.body, 24, 3, state, above, sent),
    )
    for c in range(cells):
        expected = _reference(
            t,
            views[:, c].astype(float),
            horizon[:, c],
            crowns[:, c],
            fields[c].astype(float),
            walls[c].astype(float),
            float(hidden[c]),
            sunlit[:, c].astype(float),
            298.0,
        )
        # float32 through 96 implicit steps: 0.03 of some 500 W/m2, a hundredth of a kelvin
        np.testing.assert_allclose(above[:, c], expected[0], rtol=2e-4, atol=0.05)
        np.testing.assert_allclose(sent[:, c], expected[1], rtol=2e-4, atol=0.05)


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=25)
def test_look_down_equals_plain_python(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = 15, 18
    points = footprint(RECEIVERS["standing"], 2.0)
    roof = random.random((rows, columns)) < 0.15
    ground, above = (random.uniform(100, 500, (2, rows, columns)).astype(np.float32) for _ in range(2))
    found = np.zeros((2, 9, 10), np.float32)
    full = np.float32(0.97 * SIGMA)
    geometry = (roof, points.row, points.column, points.weight, points.rings, points.own)
    radiation_kernels.look_down(*geometry, ground, above, full, np.array([2, 5]), found)
    for i in range(9):
        for j in range(10):
            r, c = i + 2, j + 5
            if roof[r, c]:
                assert np.isnan(found[:, i, j]).all()
                continue
            total = above[:, r, c].astype(float) + float(points.own) * ground[:, r, c]
            for ray in range(0, len(points.row), points.rings):
                for m in range(ray, ray + points.rings):
                    y, x = r + points.row[m], c + points.column[m]
                    inside = 0 <= y < rows and 0 <= x < columns
                    if inside and roof[y, x]:
                        break
                    total += float(points.weight[m]) * (ground[:, y, x] if inside else ground[:, r, c])
            np.testing.assert_allclose(found[:, i, j], (total / full) ** 0.25 - 273.15, atol=1e-3)  # float32


def test_open_plane_is_the_six_flux_sum_by_hand(make_grid: Callable[..., xr.Dataset], day: xr.Dataset) -> None:
    """A flat meadow under an isotropic sky, from weather to Tmrt, in scalar arithmetic that shares no code."""
    grid = make_grid((3, 3))
    forcing = make_forcing(day, GridSpec.from_dataset(grid), samples=1, sky="isotropic")
    flat = np.zeros((3, 3))
    views = look_around(make_obstacles(flat, flat, flat > 0, resolution=2.0))
    ground = materials.ground_fields(grid.land_cover.values)
    found = radiate(views, ground, np.ones((24, 3, 3), np.float32), forcing)[:, 1, 1]
    albedo, emissivity, admittance, evaporation = ground[0, 0].astype(float)
    omega = 2 * np.pi / 86400
    ta = day.air_temperature.values + 273.15
    altitude = np.clip(forcing.altitude[:, 0], 0, 90)
    beam, diffuse = day.direct_normal_irradiance.values * (altitude > 0), day.diffuse_irradiance.values
    sky = (1 - (1 - forcing.emissivity) * (1 - forcing.clouds)) * SIGMA * ta**4
    whole = beam * np.sin(np.radians(altitude)) + diffuse
    slope = 6.1094 * np.exp(17.625 * (ta - 273.15) / (ta - 30.11)) / (ta - 30.11) ** 2 * 17.625 * 243.04
    share = evaporation * slope / (slope + 0.66)
    h = 11.8 + 1.4 * day.wind_speed.values
    deep = surface = ta.mean()
    for _ in range(4):
        middle = np.zeros(24)
        for n in range(24):
            net = (1 - albedo) * whole[n] + emissivity * (sky[n] - SIGMA * surface**4)
            exchange = h[n] / (1 - share[n]) if net > 0 else h[n]
            store, hold = admittance / np.sqrt(2 * omega) / 3600, admittance * np.sqrt(omega / 2)
            change = net - exchange * (surface - ta[n]) - hold * (surface - deep)
            change /= store + 4 * emissivity * SIGMA * surface**3 + exchange + hold
            middle[n] = surface + change / 2
            surface += change
        deep, last = middle.mean(), middle
    up_l, up_k = emissivity * SIGMA * last**4 + (1 - emissivity) * sky, albedo * whole
    absorbed = 0.7 * (0.06 * (diffuse + up_k) + 4 * 0.22 * 0.5 * (diffuse + up_k))
    absorbed += 0.97 * (0.06 * (sky + up_l) + 4 * 0.22 * 0.5 * (sky + up_l))
    absorbed += 0.7 * 0.308 * np.cos(np.radians(altitude * (1 - altitude**2 / 48402))) * beam
    # 0.02 K: two formulas of saturation vapour pressure, and results kept as float32
    np.testing.assert_allclose(found, (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15, atol=0.02)
    six = fluxes(views, ground, np.ones((24, 3, 3), np.float32), forcing, [(1, 1)])
    # 0.15 W/m2: 0.02 K of some 6 W m-2 K-1
    np.testing.assert_allclose(six.shortwave.sel(direction="down")[0], whole, rtol=1e-4, atol=0.01)
    np.testing.assert_allclose(six.longwave.sel(direction="down")[0], sky, rtol=1e-4)
    np.testing.assert_allclose(six.longwave.sel(direction="up")[0], up_l, atol=0.15)
    np.testing.assert_allclose(six.shortwave.sel(direction="up")[0], up_k, rtol=2e-4, atol=0.01)


def test_fluxes_and_map_are_one_physics(forcing: Forcing) -> None:
    """Six fluxes weighed like a standing body are the map, but for the beam, which meets a body and not a box."""
    height = np.zeros((40, 40))
    height[8:16, 10:30] = 10.0
    obstacles = make_obstacles(np.zeros_like(height), height, height > 0, resolution=1.0)
    views = look_around(obstacles, directions=DIRECTIONS)
    ground = materials.ground_fields(np.full(height.shape, 1))
    shade = np.zeros((24, 40, 40), np.float32)
    six = fluxes(views, ground, shade, forcing, [(18, 20)])
    weight = xr.DataArray([0.06, 0.06, 0.22, 0.22, 0.22, 0.22], dims="direction", coords={"direction": six.direction})
    absorbed = ((0.70 * six.shortwave + 0.97 * six.longwave) * weight).sum("direction").values[0]
    expected = (absorbed / (0.97 * SIGMA)) ** 0.25 - 273.15
    found = radiate(views, ground, shade, forcing)[:, 18, 20]
    # walls' second-order warmth is taken once for a body and face by face for six: 0.05 K
    np.testing.assert_allclose(found, expected, atol=0.05)


@pytest.mark.parametrize("across", [3, 10, 17])
def test_sunlit_part_of_a_street_wall_is_exact_wherever_one_stands(across: int) -> None:
    """A street 20 m wide between walls of 10 m, sun 20 degrees high across it: 20 tan(20) m are lit."""
    west, east = math.atan2(10, across), math.atan2(10, 20 - across)
    cot = np.array([1 / math.tan(angle) for angle in (west, east)])
    climb = math.tan(math.radians(20))
    # the wall to the west is lit from the east: its beam passes the receiver's horizon to the east
    reach = np.array([climb * cot[1]], np.float32)
    lit, floor = np.zeros(1, np.float32), np.zeros(1, np.float32)
    one = np.ones((1, 1), np.float32)
    radiation_kernels.light_walls(
        one,
        one,
        np.full((1, 1), cot[0], np.float32),
        reach,
        np.array([1.0], np.float32),
        np.array([climb], np.float32),
        lit,
        floor,
    )
    assert lit[0] == pytest.approx(20 * climb / 10, abs=1e-5)


def test_beam_of_a_wall_near_the_sun_is_none(forcing: Forcing) -> None:
    t = make_tables(forcing, RECEIVERS["standing"], 0, 24, 0.04)
    azimuth = even_azimuths(DIRECTIONS)
    for n in np.flatnonzero(t.sun >= 0):
        towards = azimuth[t.sun[n]]
        behind = np.abs((azimuth - towards + 180) % 360 - 180) < 60  # walls seen below the sun face away from it
        assert (t.wall_beam[n, behind] == 0).all()


def test_anisotropic_sky_leaves_less_longwave_in_a_courtyard(
    make_grid: Callable[..., xr.Dataset], day: xr.Dataset
) -> None:
    spec = GridSpec.from_dataset(make_grid((4, 4)))
    ground = materials.ground_fields(np.full((1, 1), 1))
    views = Views(np.full((10, 1, 1), 0.1, np.float32), np.full((16, 1, 1), 140, np.uint8), even_azimuths(16))
    down = {}
    for sky in ("anisotropic", "isotropic"):
        weather = make_forcing(day, spec, directions=16, sky=sky)
        found = fluxes(views, ground, np.zeros((24, 1, 1), np.float32), weather, [(0, 0)])
        down[sky] = float(found.longwave.sel(direction="down").mean())
    assert 1 < down["isotropic"] - down["anisotropic"] < 15
