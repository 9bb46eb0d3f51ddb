"""Sky view and shade: analytic solutions, an independent all-pairs reference, and symmetry."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import kernels
from twin.errors import InputError
from twin.heat import crown_kernels, influence_kernels, radiation_tables
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.rays import even_azimuths, ray_table
from twin.heat.shade import sunlight
from twin.heat.views import NEAR, RANGES, look_around, sky_view_factor

# what 64 azimuths and square cells may miss of an analytic value
ANALYTIC = 0.005


def _walls(height: np.ndarray, resolution: float = 1.0) -> Obstacles:
    return make_obstacles(np.zeros(height.shape), height, height > 0, resolution=resolution)


@pytest.mark.parametrize("width", [6, 10, 21, 40])
@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("along", ["north", "east"])
def test_infinite_canyon(width: int, ratio: float, along: str) -> None:
    """At distances a and b from walls of height H: (cos(atan(H/a)) + cos(atan(H/b))) / 2; mid floor cos(atan(2H/W))."""
    wall = np.zeros((14 * width, width + 4))
    wall[:, :2] = wall[:, -2:] = ratio * width
    centre = (wall.shape[0] // 2, 2 + width // 2)
    a = width // 2 + 0.5
    expected = 0.5 * sum(math.cos(math.atan(ratio * width / d)) for d in (a, width - a))
    if along == "east":
        wall, centre = wall.T, centre[::-1]
    # the streets here are 14 widths long, not infinite: cut where views of the ends begin to count
    got = sky_view_factor(_walls(wall))[centre]
    assert got == pytest.approx(expected, abs=ANALYTIC)


@pytest.mark.parametrize(("width", "height", "resolution"), [(11, 20, 1.0), (20, 10, 1.0), (15, 30, 1.0), (14, 6, 0.5)])
def test_every_cell_across_a_canyon(width: int, height: float, resolution: float) -> None:
    """Also in the cells beside the walls, where the horizon falls within a few degrees of azimuth."""
    wall = np.zeros((401, width + 4))
    wall[:, :2] = wall[:, -2:] = height
    flat = np.zeros_like(wall)
    got = sky_view_factor(make_obstacles(flat, wall, wall > 0, resolution=resolution))[200, 2:-2]
    a = (np.arange(width) + 0.5) * resolution
    expected = 0.5 * (np.cos(np.arctan(height / a)) + np.cos(np.arctan(height / (width * resolution - a))))
    np.testing.assert_allclose(got, expected, atol=ANALYTIC)


@pytest.mark.parametrize("size", [61, 121])
@pytest.mark.parametrize("distance", [3, 10, 20])
def test_one_long_wall(size: int, distance: int) -> None:
    """Half the sky is free, the other half is seen over the wall: (1 + cos b) / 2."""
    height = np.zeros((20 * distance + 1, size))
    height[:, size // 2 + distance :] = 10.0
    b = math.atan(10.0 / (distance - 0.5))
    got = sky_view_factor(_walls(height))[10 * distance, size // 2]
    assert got == pytest.approx((1 + math.cos(b)) / 2, abs=ANALYTIC)


@pytest.mark.parametrize("radius", [15.0, 30.0, 60.0])
def test_basin(radius: float) -> None:
    """In the middle of a round basin: cos2 of its horizon."""
    n = int(radius) + 2
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    wall = np.where(np.hypot(x, y) > radius, 20.0, 0.0)
    got = sky_view_factor(_walls(wall))[n, n]
    # the wall's cells begin up to half a cell from the circle
    margin = abs(math.cos(math.atan(20 / radius)) ** 2 - math.cos(math.atan(20 / (radius + 0.5))) ** 2)
    assert got == pytest.approx(math.cos(math.atan(20 / radius)) ** 2, abs=max(ANALYTIC, margin))


@pytest.mark.parametrize("slope", [0.02, 0.1, 0.3])
def test_inclined_plane_has_no_stairs(slope: float) -> None:
    """A smooth slope of angle b leaves a level receiver (1 + cos b) / 2 of the sky, as a long wall does."""
    n = 80
    ground = slope * np.arange(2 * n + 1)[:, None] + np.zeros((2 * n + 1, 2 * n + 1))
    flat = np.zeros(ground.shape, bool)
    got = sky_view_factor(make_obstacles(ground, ground, flat, resolution=1.0))[n, n]
    assert got == pytest.approx((1 + math.cos(math.atan(slope))) / 2, abs=ANALYTIC)


def test_open_plane_sees_the_whole_sky() -> None:
    factors = look_around(_walls(np.zeros((5, 7)))).factors
    expected = np.broadcast_to(np.float32([1, 0, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0])[:, None, None], factors.shape)
    np.testing.assert_allclose(factors, expected, atol=1e-6)


def test_closed_forest_hides_the_sky() -> None:
    flat = np.zeros((41, 41))
    roof = flat > 0
    forest = make_obstacles(flat, flat, roof, resolution=1.0, canopy_height=flat + 20, canopy_base_height=flat + 0.5)
    assert sky_view_factor(forest)[20, 20] < 0.02


# --- an independent reference: every cell against every other, by the slabs of its square ---


def _slabs(azimuth: float, shape: tuple[int, int], resolution: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances at which a line from the middle of cell (0, 0) enters and leaves the cell at each offset."""
    rows = np.arange(-shape[0] + 1, shape[0])[:, None]
    columns = np.arange(-shape[1] + 1, shape[1])[None, :]
    near = np.zeros((rows.size, columns.size))
    far = np.full_like(near, np.inf)
    for centre, speed in (
        (rows, -math.cos(math.radians(azimuth))),
        (columns, math.sin(math.radians(azimuth))),
    ):
        first, second = (centre - 0.5) / speed, (centre + 0.5) / speed
        near, far = np.maximum(near, np.minimum(first, second)), np.minimum(far, np.maximum(first, second))
    far = np.where(far > near, far, -1.0)
    return near * resolution, far * resolution


def _line_above(o: Obstacles, near: np.ndarray, far: np.ndarray, i: int, j: int, azimuth: float) -> np.ndarray:
    """Elevation of the inclined ground half-way through each cell on the line from cell (i, j)."""
    middle = (near + far) / 2
    y, x = np.mgrid[: o.ground.shape[0], : o.ground.shape[1]]
    east = middle * math.sin(math.radians(azimuth)) - (x - j) * o.resolution
    south = -middle * math.cos(math.radians(azimuth)) - (y - i) * o.resolution
    return o.solid + o.slope[0] * east + o.slope[1] * south


def _reference_sunlight(o: Obstacles, altitude: float, azimuth: float, transmissivity: float) -> np.ndarray:
    rows, columns = o.ground.shape
    near, far = _slabs(azimuth, o.ground.shape, o.resolution)
    t = math.tan(math.radians(altitude))
    result = np.zeros(o.ground.shape, np.float32)
    for i in range(rows):
        for j in range(columns):
            if o.roof[i, j]:
                continue
            n = near[rows - 1 - i : 2 * rows - 1 - i, columns - 1 - j : 2 * columns - 1 - j]
            f = far[rows - 1 - i : 2 * rows - 1 - i, columns - 1 - j : 2 * columns - 1 - j]
            z = np.float64(o.ground[i, j])
            met = f > 0
            rise = np.where(o.roof, o.solid, _line_above(o, n, f, i, j, azimuth)) - z
            other = np.ones(met.shape, bool)
            other[i, j] = False
            blocked = met & other & np.where(o.roof, rise > t * n, rise > t * (n + f) / 2)
            crown = met & (o.top > o.base) & (o.top - z > t * n) & (o.base - z < t * f)
            result[i, j] = 0.0 if blocked.any() else transmissivity if crown.any() else 1.0
    return result


def _reference_views(o: Obstacles, i: int, j: int, directions: int) -> tuple[float, float]:
    """Free sky and crowns seen upwards; the crowns' elevations as exact unions of intervals."""
    rows, columns = o.ground.shape
    z = np.float64(o.ground[i, j])
    sky = crowns = 0.0
    for azimuth in even_azimuths(directions):
        near, far = _slabs(azimuth, o.ground.shape, o.resolution)
        n = near[rows - 1 - i : 2 * rows - 1 - i, columns - 1 - j : 2 * columns - 1 - j]
        f = far[rows - 1 - i : 2 * rows - 1 - i, columns - 1 - j : 2 * columns - 1 - j]
        met = f > 0
        other = met.copy()
        other[i, j] = False
        rise = (np.where(o.roof, o.solid, _line_above(o, n, f, i, j, float(azimuth))) - z)[other]
        at = np.where(o.roof, n, (n + f) / 2)[other]
        t = max(0.0, float((rise / at).max(initial=0.0)))
        wall = t * t / (1 + t * t)
        has = met & (o.top > o.base)
        low = np.maximum(o.base - z, 0.0)[has] / f[has]
        high = np.divide((o.top - z)[has], n[has], out=np.full(int(has.sum()), np.inf), where=n[has] > 0)
        intervals = sorted(
            (max(a * a / (1 + a * a), wall), 1.0 if math.isinf(b) else b * b / (1 + b * b))
            for a, b in zip(low, high, strict=True)
            if b > 0
        )
        reach, hidden = wall, 0.0
        for a, b in intervals:
            if b > max(a, reach):
                hidden += b - max(a, reach)
                reach = b
        sky += (1 - wall - hidden) / directions
        crowns += hidden / directions
    return sky, crowns


def _random_scene(seed: int, trees: bool = True, largest: int = 14, relief: float = 2.0) -> Obstacles:
    random = np.random.default_rng(seed)
    shape = (int(random.integers(1, largest + 1)), int(random.integers(2, largest + 1)))
    ground = random.uniform(0, 1, shape) * relief
    roof = random.random(shape) < 0.25
    roof[0, 0] = False
    surface = np.where(roof, ground + random.uniform(2, 20, shape), ground)
    canopy = np.where(random.random(shape) < 0.2, random.uniform(2, 15, shape), 0.0) * trees
    return make_obstacles(
        ground,
        surface,
        roof,
        resolution=float(random.choice([0.5, 1.0, 2.0])),
        canopy_height=canopy,
        canopy_base_height=canopy * random.uniform(0, 0.9, shape),
    )


@given(seed=st.integers(0, 10**6), altitude=st.floats(1, 89), azimuth=st.floats(0.1, 359.9))
@settings(deadline=None, max_examples=60)
def test_shade_equals_the_all_pairs_reference_in_every_cell(seed: int, altitude: float, azimuth: float) -> None:
    if min(abs(azimuth % 45), 45 - azimuth % 45) < 0.01:
        azimuth += 0.1  # along axes and diagonals the reference divides by zero or meets corners
    scene = _random_scene(seed)
    got = sunlight(scene, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.25)
    np.testing.assert_array_equal(got, _reference_sunlight(scene, altitude, azimuth, 0.25))


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=15)
def test_sky_view_equals_the_all_pairs_reference(seed: int) -> None:
    # all of these scenes is neighbourhood, which is followed exactly, in single precision: open ground up to 6 cells,
    # all else up to 24; crowns are noted in bands of 1/31: each of up to four beginnings and ends is off by half a band
    for trees, largest, relief, tolerance in ((False, 4, 2.0, 2e-6), (False, 16, 0.0, 2e-6), (True, 11, 2.0, 2 / 31)):
        scene = _random_scene(seed, trees, largest, relief)
        factors = look_around(scene, directions=8).factors
        i, j = np.argwhere(~scene.roof)[seed % int((~scene.roof).sum())]
        sky, crowns = _reference_views(scene, i, j, 8)
        assert factors[0, i, j] == pytest.approx(sky, abs=tolerance)
        assert factors[1, i, j] == pytest.approx(crowns, abs=tolerance)


def test_crown_over_a_roof_shades_only_from_above_it() -> None:
    flat = np.zeros((1, 30))
    roof, tree = flat.copy(), flat.copy()
    roof[0, 20:], tree[0, 20:] = 6.0, 10.0
    plain = make_obstacles(flat, roof, roof > 0, resolution=1.0)
    overhung = make_obstacles(flat, roof, roof > 0, resolution=1.0, canopy_height=tree, canopy_base_height=tree * 0.2)
    one, two = (sunlight(o, altitude=45.0, azimuth=90.0, canopy_transmissivity=0.25)[0, :20] for o in (plain, overhung))
    assert one.tolist() == [1.0] * 14 + [0.0] * 6
    assert two.tolist() == [1.0] * 10 + [0.25] * 4 + [0.0] * 6


def test_shadow_of_a_tower_has_its_length() -> None:
    """H / tan(altitude), from the wall's face at the cell's edge, measured to cell centres."""
    height = np.zeros((1, 60))
    height[0, 40] = 10.0
    lit = sunlight(_walls(height), altitude=30.0, azimuth=90.0)[0]
    length = 10.0 / math.tan(math.radians(30.0))
    centres = 40.0 - (np.arange(40) + 0.5)
    np.testing.assert_array_equal(lit[:40] == 0.0, centres < length)


def test_sun_at_the_horizon_lights_nothing() -> None:
    assert not sunlight(_walls(np.zeros((3, 3))), altitude=0.0, azimuth=90.0).any()


@pytest.mark.parametrize("distance", [30, 40])
def test_walls_at_centres_stand_half_a_cell_farther_off(distance: int) -> None:
    """Where blocks look: half the sky over a wall at its cells' middle, (1 + cos b) / 2."""
    height = np.zeros((20 * distance + 1, 121))
    height[:, 60 + distance :] = 10.0
    got = look_around(_walls(height), walls="centres").factors[0, 10 * distance, 60]
    assert got == pytest.approx((1 + math.cos(math.atan(10.0 / distance))) / 2, abs=ANALYTIC)


def test_walls_stand_at_edges_or_centres() -> None:
    with pytest.raises(InputError, match="walls is 'corners'"):
        look_around(_walls(np.zeros((3, 3))), walls="corners")  # type: ignore[arg-type]


# --- symmetry, units, threads ---


def _town_obstacles(town: xr.Dataset, resolution: float = 2.0, scale: float = 1.0) -> Obstacles:
    return make_obstacles(
        (town.ground_elevation.values - 300.0) * scale,
        (town.surface_elevation.values - 300.0) * scale,
        town.building_id.values > 0,
        resolution=resolution,
        canopy_height=town.canopy_height.values * scale,
    )


def _turned(o: Obstacles, turn: Any) -> Obstacles:
    layers = {name: np.ascontiguousarray(turn(getattr(o, name))) for name in ("ground", "solid", "roof", "top", "base")}
    again = make_obstacles(layers["ground"], layers["solid"], layers["roof"], resolution=o.resolution)
    return replace(again, top=layers["top"], base=layers["base"])


def _same_but_for_the_skyline(one: np.ndarray, other: np.ndarray) -> None:
    """Beyond 24 cells lines follow cells that are counted from one corner: a wall there may stand a cell elsewhere."""
    difference = (one - other)[:, ~np.isnan(one[0])]
    assert np.abs(difference).max() < 0.025
    assert np.sqrt((difference**2).mean()) < 0.003


def test_mirrored_and_turned_neighbourhoods_are_the_same() -> None:
    for seed in range(20):
        scene = _random_scene(seed, trees=False, relief=0.0)
        views = look_around(scene).factors
        mirrored = look_around(_turned(scene, lambda a: a[:, ::-1])).factors
        np.testing.assert_allclose(mirrored, views[[0, 1, 2, 3, 8, 9, 6, 7, 4, 5]][..., ::-1], atol=2e-6)
        turned = look_around(_turned(scene, np.rot90)).factors
        np.testing.assert_allclose(turned, np.rot90(views[[0, 1, 4, 5, 6, 7, 8, 9, 2, 3]], axes=(1, 2)), atol=2e-6)


def test_mirrored_town_has_mirrored_views_and_shade(town: xr.Dataset) -> None:
    scene = _town_obstacles(town)
    mirror = _turned(scene, lambda a: a[:, ::-1])
    swap = [0, 1, 2, 3, 8, 9, 6, 7, 4, 5]  # east and west change places
    _same_but_for_the_skyline(look_around(mirror).factors, look_around(scene).factors[swap][..., ::-1])
    np.testing.assert_array_equal(
        sunlight(mirror, altitude=33.0, azimuth=360.0 - 117.3), sunlight(scene, altitude=33.0, azimuth=117.3)[:, ::-1]
    )


def test_town_turned_by_a_quarter_has_turned_views_and_shade(town: xr.Dataset) -> None:
    scene = _town_obstacles(town)
    turned = _turned(scene, np.rot90)  # anticlockwise: what lay to the east lies to the north
    roll = [0, 1, 4, 5, 6, 7, 8, 9, 2, 3]
    _same_but_for_the_skyline(look_around(turned).factors, np.rot90(look_around(scene).factors[roll], axes=(1, 2)))
    np.testing.assert_array_equal(
        sunlight(turned, altitude=33.0, azimuth=117.3 - 90.0), np.rot90(sunlight(scene, altitude=33.0, azimuth=117.3))
    )


def test_twice_the_cell_and_twice_the_height_is_the_same_town(town: xr.Dataset) -> None:
    one, two = _town_obstacles(town), _town_obstacles(town, resolution=4.0, scale=2.0)
    np.testing.assert_array_equal(look_around(one).factors, look_around(two).factors)
    np.testing.assert_array_equal(
        sunlight(one, altitude=20.0, azimuth=250.0), sunlight(two, altitude=20.0, azimuth=250.0)
    )


def test_views_add_up(town: xr.Dataset) -> None:
    factors = look_around(_town_obstacles(town)).factors
    factors = factors[:, ~np.isnan(factors[0])]
    assert (factors >= -1e-6).all()
    assert (factors[0] + factors[1] <= 1 + 1e-6).all()
    for face in (2, 4, 6, 8):
        assert (factors[face] + factors[face + 1] <= 0.5 + 1e-6).all()


def test_crowns_as_noted_add_up_to_what_is_seen_of_them(town: xr.Dataset) -> None:
    views = look_around(_town_obstacles(town))
    assert views.crowns is not None
    share = np.bitwise_count(views.crowns).mean(axis=0) / 31
    open_ground = ~np.isnan(views.factors[1])
    # a band that the horizon cuts counts by its free part in the factors and by a whole bit or none here
    np.testing.assert_allclose(share[open_ground], views.factors[1][open_ground], atol=1 / 31)
    assert not views.crowns[:, ~open_ground].any()


def test_one_and_two_threads_give_the_same_bits(town: xr.Dataset) -> None:
    scene = _town_obstacles(town)
    results = []
    for threads in (1, 2):
        with kernels.running(threads):
            views = look_around(scene)
            results.append((views.factors, views.horizon, sunlight(scene, altitude=25.0, azimuth=201.0)))
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


@given(azimuth=st.floats(0, 360), rows=st.integers(1, 30), columns=st.integers(1, 30))
@settings(deadline=None, max_examples=100)
def test_lines_are_followed_without_gaps(azimuth: float, rows: int, columns: int) -> None:
    table = ray_table(np.array([azimuth]), (rows, columns), 2.0)
    np.testing.assert_allclose(table.near[1:], table.far[:-1], atol=1e-8)
    assert table.near[0] == 0.0
    assert table.row[0] == table.column[0] == 0
    assert np.abs(table.row).max() < rows
    assert np.abs(table.column).max() < columns
    middle = (table.near + table.far) / 4.0  # in cells
    assert np.abs(middle * math.sin(math.radians(azimuth)) - table.column).max() <= 0.5 + 1e-6
    assert np.abs(-middle * math.cos(math.radians(azimuth)) - table.row).max() <= 0.5 + 1e-6


def test_all_count_crowns_and_blocks_alike() -> None:
    """Files that must not load the compiler repeat two numbers of those that do."""
    assert radiation_tables.BANDS == crown_kernels.BANDS
    levels = [distance for distance, _ in reversed(RANGES)]
    assert influence_kernels.RANGES[1:4] == tuple(levels)
    assert levels[0] == NEAR
