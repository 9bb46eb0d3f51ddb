"""The beam against a slow traversal of cells, written on its own, and what must not change a bit of it.

Rule for ties: every comparison is made in single precision as (elevation - receiver) against the rise of the beam, so
that the reference, which finds its cells in another way, decides alike in every cell.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from twin import kernels
from twin.errors import InputError
from twin.heat.distant import coarse_heights, make_distant
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.shade import sample_positions, sunlight
from twin.heat.window import Window

AZIMUTHS = (11.3, 33.0, 61.7, 97.9, 123.0, 158.2, 199.6, 238.4, 291.5, 342.8)  # oblique, in all octants
Float32 = np.float32


def _traverse(azimuth: float, position: tuple[float, float], cells: int) -> list[tuple[int, int, float, float]]:
    """Cells on a line, from edge to edge (Amanatides and Woo 1987): row, column, where entered, where left."""
    speed = (-math.cos(math.radians(azimuth)), math.sin(math.radians(azimuth)))  # rows southwards, columns eastwards
    begin = (position[1], position[0])
    step = [1 if v > 0 else -1 for v in speed]
    between = [1 / abs(v) for v in speed]
    following = [(0.5 - s * p) / abs(v) for s, p, v in zip(step, begin, speed, strict=True)]
    count, place, at, found = [0, 0], [0, 0], 0.0, []
    first = list(following)
    while max(abs(place[0]), abs(place[1])) <= cells:
        axis = 0 if following[0] < following[1] else 1
        found.append((place[0], place[1], at, following[axis]))
        at = following[axis]
        place[axis] += step[axis]
        count[axis] += 1
        following[axis] = first[axis] + count[axis] * between[axis]
    return found


def _reference(
    o: Obstacles,
    altitude: float,
    azimuth: float,
    *,
    position: tuple[float, float] = (0.0, 0.0),
    usual: float = 0.25,
    stand: Any = None,
    here: Any = None,
    box: Any = None,
    plane: Any = None,
    slope: Any = None,
) -> np.ndarray:
    """Follow every receiver's line, cell by cell, through what is around it."""
    rows, columns = o.ground.shape
    tangent = math.tan(math.radians(altitude))
    line = _traverse(azimuth, position, max(rows, columns))
    stand = o.ground if stand is None else stand
    here = ~o.roof if here is None else here
    box = np.where(o.roof, o.solid, -np.inf) if box is None else box
    plane = np.where(o.roof, -np.inf, o.solid) if plane is None else plane
    slope = o.slope if slope is None else slope
    sine, cosine = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    aside, down = Float32(position[0] * o.resolution), Float32(position[1] * o.resolution)
    result = np.zeros((rows, columns), Float32)
    for i in range(rows):
        for j in range(columns):
            if not here[i, j]:
                continue
            z = stand[i, j] + (slope[0, i, j] * aside + slope[1, i, j] * down)
            share = Float32(1.0)
            for n, (r, c, near, far) in enumerate(line):
                a, b = i + r, j + c
                if not (0 <= a < rows and 0 <= b < columns):
                    break
                enter, leave = (tangent * (d * o.resolution) for d in (near, far))
                if n > 0:
                    middle = (near + far) / 2
                    east = Float32((position[0] + middle * sine - c) * o.resolution)
                    south = Float32((position[1] - middle * cosine - r) * o.resolution)
                    tilt = slope[0, a, b] * east + slope[1, a, b] * south
                    if box[a, b] - z > Float32(enter) or (plane[a, b] - z) + tilt > Float32((enter + leave) / 2):
                        share = Float32(0.0)
                        break
                met = o.top[a, b] - z > Float32(enter) and o.base[a, b] - z < Float32(leave)
                if o.top[a, b] > o.base[a, b] and met:
                    own = Float32(np.nan) if o.transmissivity is None else o.transmissivity[a, b]
                    share = min(share, Float32(usual) if np.isnan(own) else own)
            result[i, j] = share
    return result


def _town(seed: int, shape: tuple[int, int], relief: float, trees: float = 0.1, resolution: float = 1.0) -> Obstacles:
    """Blocks of houses of whole metres, some trees, and hills."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    ground = relief * (np.sin(x / 9.0) + np.cos(y / 7.0) + 0.03 * x)
    height = np.zeros(shape)
    for _ in range(shape[0] * shape[1] // 120):
        i, j = random.integers(0, shape[0]), random.integers(0, shape[1])
        height[i : i + random.integers(1, 9), j : j + random.integers(1, 9)] = random.integers(3, 26)
    canopy = np.where(random.random(shape) < trees, random.uniform(3, 18, shape), 0.0)
    return make_obstacles(
        ground,
        ground + height,
        height > 0,
        resolution=resolution,
        canopy_height=canopy,
        canopy_base_height=canopy * random.uniform(0, 0.8, shape),
    )


@pytest.fixture(scope="module")
def hills() -> Obstacles:
    return _town(3, (31, 100), relief=6.0)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_no_cell_differs_from_the_traversal_of_cells(hills: Obstacles, azimuth: float) -> None:
    for altitude in (6.0, 34.0):
        got = sunlight(hills, altitude=altitude, azimuth=azimuth, canopy_transmissivity=0.25)
        np.testing.assert_array_equal(got, _reference(hills, altitude, azimuth))


@pytest.mark.parametrize("resolution", [0.5, 2.0, 5.0])
def test_no_cell_differs_at_other_cell_sizes_and_on_flat_ground(resolution: float) -> None:
    for relief in (0.0, 300.0):  # flat, and so steep that slopes are cut to steps
        town = _town(5, (30, 67), relief, resolution=resolution)
        got = sunlight(town, altitude=22.0, azimuth=213.7, canopy_transmissivity=0.25)
        np.testing.assert_array_equal(got, _reference(town, 22.0, 213.7))


@pytest.mark.parametrize("position", [(-0.375, 0.1), (0.2, 0.49), (0.4999, -0.4999)])
def test_no_cell_differs_for_receivers_beside_the_centre(hills: Obstacles, position: tuple[float, float]) -> None:
    got = sunlight(hills, altitude=21.0, azimuth=236.0, canopy_transmissivity=0.25, position=position)
    np.testing.assert_array_equal(got, _reference(hills, 21.0, 236.0, position=position))


def test_no_cell_differs_where_crowns_let_their_own_light_through(hills: Obstacles) -> None:
    random = np.random.default_rng(1)
    own = random.choice([np.nan, 0.1, 0.5, 0.9], hills.ground.shape).astype(Float32)
    scene = replace(hills, transmissivity=own)
    got = sunlight(scene, altitude=24.0, azimuth=131.0, canopy_transmissivity=0.25)
    np.testing.assert_array_equal(got, _reference(scene, 24.0, 131.0))
    assert {0.1, 0.25, 0.5, 0.9} <= {round(float(share), 2) for share in np.unique(got)}


def test_no_cell_differs_on_roofs(hills: Obstacles) -> None:
    """Flat roofs: boxes, with receivers on them."""
    everywhere = np.ones(hills.roof.shape, bool)
    level = replace(hills, ground=hills.ground * 0, slope=hills.slope * 0)
    level = replace(level, solid=np.where(hills.roof, np.round(hills.solid), Float32(0.0)))
    level = replace(level, top=level.solid, base=level.solid)
    houses, _ = _blocks_apart(level)
    got = sunlight(houses, altitude=19.0, azimuth=77.0, receivers="surface")
    expected = _reference(houses, 19.0, 77.0, stand=houses.solid, here=everywhere, box=houses.solid)
    np.testing.assert_array_equal(got, expected)
    assert 0.05 < got[houses.roof].mean() < 1.0


def _blocks_apart(scene: Obstacles) -> tuple[Obstacles, int]:
    """Roofs in steps steeper than any pitch, so that they are flat."""
    stepped = np.where(scene.roof, np.floor(scene.solid / 4) * 4 + 4, scene.solid).astype(Float32)
    return replace(scene, solid=stepped, top=stepped, base=stepped), 4


def test_windows_and_crops_give_the_same_bits(hills: Obstacles) -> None:
    for receivers in ("ground", "surface"):
        options: dict[str, Any] = {"altitude": 12.0, "azimuth": 249.0, "receivers": receivers, "position": (0.3, -0.2)}
        all_of_it = sunlight(hills, **options)
        for window in (Window(0, 0, 31, 100), Window(7, 13, 20, 70), Window(30, 99, 1, 1), Window(3, 36, 9, 64)):
            np.testing.assert_array_equal(sunlight(hills, window=window, **options), window.of(all_of_it))
    # the sun stands in the north-east: what lies south and west of a place is of no account
    options = {"altitude": 12.0, "azimuth": 31.0}
    crop = make_obstacles(
        hills.ground[:20, 30:],
        hills.solid[:20, 30:],
        hills.roof[:20, 30:],
        resolution=1.0,
        origin=(0, 30),
    )
    crop = replace(
        crop, slope=np.ascontiguousarray(hills.slope[:, :20, 30:]), top=hills.top[:20, 30:], base=hills.base[:20, 30:]
    )
    np.testing.assert_array_equal(sunlight(crop, **options), sunlight(hills, **options)[:20, 30:])


def test_one_and_two_threads_give_the_same_shade(hills: Obstacles) -> None:
    found = []
    for threads in (1, 2):
        with kernels.running(threads):
            found.append(sunlight(hills, altitude=9.0, azimuth=146.0))
    np.testing.assert_array_equal(found[0], found[1])


def test_weighted_shares_are_added() -> None:
    flat = np.zeros((2, 3))
    scene = make_obstacles(flat, flat, flat > 0, resolution=1.0)
    total = np.full((2, 3), 0.25, Float32)
    assert sunlight(scene, altitude=30, azimuth=10, weight=0.5, add_to=total) is total
    assert (total == 0.75).all()


def test_pitched_roof_lies_in_its_own_shade_only_when_the_sun_is_below_its_plane() -> None:
    """A gable of 30 degrees, ridge from west to east, on 1 m cells; sun in the south."""
    rise = math.tan(math.radians(30.0))
    section = np.concatenate([np.zeros(8), 6 + rise * np.arange(1, 8), 6 + rise * np.arange(6, 0, -1), np.zeros(8)])
    height = np.repeat(section[:, None], 20, axis=1)
    height[:, :2] = height[:, -2:] = 0.0
    scene = make_obstacles(0 * height, height, height > 0, resolution=1.0)
    north, south, inner = slice(8, 14), slice(15, 21), slice(6, 14)
    for altitude in (5.0, 20.0, 29.0, 31.0, 45.0):
        lit = sunlight(scene, altitude=altitude, azimuth=180.0, receivers="surface")
        assert (lit[south, inner] == 1.0).all()
        assert (lit[north, inner] == (1.0 if altitude > 30.0 else 0.0)).all()
    # beams aslant cut corners of the ridge's cells, which are as high as the ridge: only half a cell beside it
    lit = sunlight(scene, altitude=36.0, azimuth=203.0, receivers="surface")
    assert (lit[8:13, inner] == 1.0).all()


def test_samples_over_the_cell_and_the_hour_tend_to_the_share_of_area_and_time() -> None:
    """Against cells a tenth as long and thirty instants of the hour, over all cells that a shadow's edge passes."""
    random = np.random.default_rng(4)
    coarse = np.zeros((24, 24))
    for _ in range(6):
        i, j = random.integers(2, 20, 2)
        coarse[i : i + 3, j : j + 3] = random.integers(4, 12)
    tenth = np.kron(coarse, np.ones((10, 10)))
    fine = make_obstacles(0 * tenth, tenth, tenth > 0, resolution=0.2)
    place = make_obstacles(0 * coarse, coarse, coarse > 0, resolution=2.0)

    def sun(part: float) -> dict[str, Any]:
        return {"altitude": 32.0 + 8.0 * part, "azimuth": 120.0 + 17.0 * part}

    exact = np.mean([sunlight(fine, **sun((n + 0.5) / 30)) for n in range(30)], axis=0)
    exact = exact.reshape(24, 10, 24, 10).mean(axis=(1, 3))
    edge = (coarse == 0) & (exact > 0.0) & (exact < 1.0)

    def error(count: int, positions: np.ndarray) -> float:
        samples = [sunlight(place, **sun((n + 0.5) / count), position=tuple(positions[n])) for n in range(count)]
        return float(np.sqrt(((np.mean(samples, axis=0) - exact)[edge] ** 2).mean()))

    errors = {count: error(count, sample_positions(count)) for count in (3, 6, 12, 24, 48)}
    centres = {count: error(count, np.zeros((count, 2))) for count in errors}
    # found: 0.145, 0.063, 0.050, 0.040, 0.019; with receivers at the centre 0.143, 0.087, 0.101, 0.090, 0.089
    for count, most in ((6, 0.07), (12, 0.055), (24, 0.045), (48, 0.022)):
        assert errors[count] < most
    assert all(errors[count] < 0.8 * centres[count] for count in errors if count >= 6)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_positions_lie_within_the_cell_around_its_centre(count: int) -> None:
    places = sample_positions(count)
    assert places.shape == (count, 2)
    assert np.abs(places).max() < 0.5
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"position": (0.5, 0.0)}, "within 0.4999"),
        ({"position": (math.nan, 0.0)}, "within 0.4999"),
        ({"receivers": "roofs"}, "'ground' or 'surface'"),
        ({"walls": "middle"}, "'edges' or 'centres'"),
        ({"walls": "centres", "position": (0.1, 0.0)}, "centres"),
        ({"canopy_transmissivity": 1.5}, "0 to 1"),
    ],
)
def test_unknown_options_are_refused(hills: Obstacles, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sunlight(hills, altitude=30.0, azimuth=10.0, **options)


def test_sun_in_the_zenith_is_shaded_by_crowns_alone(hills: Obstacles) -> None:
    lit = sunlight(hills, altitude=90.0, azimuth=10.0, canopy_transmissivity=0.25)
    under = hills.top > hills.base
    np.testing.assert_array_equal(lit[~hills.roof], np.where(under, 0.25, 1.0)[~hills.roof])


def test_far_mountain_shades_through_the_skyline_beyond_reach() -> None:
    """A ridge of 300 m, 650 to 700 cells of 2 m east of the west border, seen through blocks of 16 cells."""
    ground = np.zeros((48, 704))
    ground[:, 660:] = 300.0
    scene = make_obstacles(ground, ground, ground < -1, resolution=2.0, origin=(5, 9))
    distant = make_distant(coarse_heights(scene), 2.0, 8, origin=(0, 0))
    sun: dict[str, Any] = {"altitude": 14.0, "azimuth": 88.0}
    near = sunlight(scene, **sun, distant=distant)
    all_of_it = sunlight(scene, **sun)
    # the ridge's shadow is 300 / tan(14) / 2 = 602 cells long; all but the last 16 cells of its rim are the same
    assert not all_of_it[24, 70:300].any()
    differs = (near != all_of_it)[32:44]  # lines from farther north leave the grid before the ridge
    assert differs.any(axis=0).sum() <= 24
    assert not differs[:, 110:].any()
    window = Window(8, 30, 20, 100)
    np.testing.assert_array_equal(sunlight(scene, **sun, distant=distant, window=window), window.of(near))
