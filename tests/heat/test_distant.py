"""The skyline of the whole city beyond the reach of its parts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.heat.distant import BLOCK, FIRST, NOTHING, coarse_heights, make_distant
from twin.heat.lines import along_rows, far_cells
from twin.heat.obstacles import make_obstacles
from twin.heat.rays import even_azimuths
from twin.heat.views import look_around
from twin.heat.window import Window


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=20)
def test_distant_skyline_is_the_highest_on_each_line(seed: int) -> None:
    random = np.random.default_rng(seed)
    heights = np.asarray(random.uniform(0, 300, (3, int(random.integers(40, 90)), int(random.integers(2, 60)))), "f4")
    origin = (int(random.integers(-50, 50)), int(random.integers(-50, 50)))
    distant = make_distant(heights, 2.0, 8, origin=origin)
    azimuth = even_azimuths(8)
    lines = far_cells(azimuth, (BLOCK,), ((FIRST, 1e5 / BLOCK),), 2.0)
    by_row = along_rows(azimuth)
    for _ in range(5):
        i, j = (int(random.integers(0, size)) for size in distant.skyline.shape[2:])
        d = int(random.integers(0, 8))
        row, column = (2 * (distant.corner[k] + (i, j)[k]) - origin[k] for k in (0, 1))
        own = [
            heights[2, a, b]
            for a in (row, row + 1)
            for b in (column, column + 1)
            if 0 <= a < heights.shape[1] and 0 <= b < heights.shape[2]
        ]
        ground = np.mean(own)
        best = -1.0
        for n in range(*lines.line[0, d]):
            a, b = row + lines.row[n], column + lines.column[n]
            if 0 <= a < heights.shape[1] and 0 <= b < heights.shape[2]:
                distance = 0.5 / lines.near[n] + 0.5 / lines.far[n]
                best = max(best, (heights[0 if by_row[d] else 1, a, b] - ground) / distance)
        tangent, near = distant.skyline[:, d, i, j]
        assert tangent - ground * near == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("azimuth", [7.0, 93.0, 140.0, 181.0, 261.0, 301.0])
def test_a_mountain_throws_its_shadow_over_the_plain(azimuth: float) -> None:
    """Along the line to the sun, H less distance times the tangent of its altitude; only from beyond reach."""
    heights = np.zeros((3, 121, 121), np.float32)
    heights[:2, 59:62, 59:62] = 400.0
    shade = make_distant(heights, 10.0, 4).beam(altitude=3.0, azimuth=azimuth)
    y, x = np.mgrid[-60:61, -60:61]
    east, south = math.sin(math.radians(azimuth)), -math.cos(math.radians(azimuth))
    along, across = x * east + y * south, y * east - x * south
    distance = -along * BLOCK * 10.0
    on_line = (np.abs(across) < 0.5) & (along < -33 - 3)
    expected = 400.0 - distance * math.tan(math.radians(3.0))
    # a block of the mountain stands up to two blocks nearer than its middle
    tolerance = 2.5 * BLOCK * 10.0 * math.tan(math.radians(3.0))
    lit = on_line & (expected > tolerance)
    assert lit.any()
    np.testing.assert_allclose(shade[lit], expected[lit], atol=tolerance)
    near = np.hypot(x, y) * BLOCK < FIRST - 3 * BLOCK
    assert (shade[near & (np.abs(across) > 3)] <= 0).all()
    assert (shade[(along > 3) | (np.abs(across) > 4)] <= 0).all()


def test_parts_of_a_city_give_the_heights_of_the_whole() -> None:
    random = np.random.default_rng(3)
    ground, height = random.uniform(0, 5, (70, 90)), np.maximum(random.uniform(-30, 20, (70, 90)), 0)

    def part(rows: slice, columns: slice, origin: tuple[int, int]) -> np.ndarray:
        cut = (rows, columns)
        made = make_obstacles(ground[cut], (ground + height)[cut], height[cut] > 0, resolution=1.0, origin=origin)
        return coarse_heights(made)

    whole = part(slice(None), slice(None), (5, -3))
    assert whole.shape == (3, 5, 7)  # rows 5 to 74, columns -3 to 86
    west = part(slice(None), slice(0, 35), (5, -3))
    east = part(slice(None), slice(35, None), (5, 32))
    np.testing.assert_array_equal(np.concatenate([west, east], axis=2), whole)


def test_smooth_slope_has_its_mean_and_a_wall_its_height_where_it_is_crossed() -> None:
    ground = 0.5 * np.arange(16)[:, None] + np.zeros((16, 16))
    height = np.zeros((16, 16))
    height[:, 4] = 10.0
    plain = make_obstacles(ground, ground, height > 99, resolution=1.0)
    walled = make_obstacles(ground * 0, height, height > 0, resolution=1.0)
    np.testing.assert_allclose(coarse_heights(plain)[:, 0, 0], [3.75] * 3)
    # one of 16 lines from row to row runs in the wall; all lines from column to column meet it
    np.testing.assert_allclose(coarse_heights(walled)[:, 0, 0], [10 / 16, 10.0, 0.0])


def test_a_far_ridge_is_seen_over_the_end_of_reach() -> None:
    """An east-west ridge of height H at distance D to the north: the horizon there is atan(H cos(azimuth) / D)."""
    shape = (1400, 96)
    ground = np.zeros(shape)
    ground[:200] = 150.0
    scene = make_obstacles(ground, ground, ground < -1, resolution=1.0)
    views = look_around(scene, window=Window(1100, 40, 8, 8))
    distance = 1104 - 200
    for d in (0, 63):  # 2.8 degrees off north: the line leaves the strip of land after 900 cells
        expected = math.degrees(math.atan(150 * math.cos(math.radians(2.8125)) / distance))
        assert float(views.horizon[d, 4, 4]) * 90 / 255 == pytest.approx(expected, abs=0.5)
    assert views.horizon[32].max() == 0
    assert NOTHING < -1e5
