"""What a window's cells see does not depend on the part of the scene that was at hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from twin import kernels
from twin.errors import InputError
from twin.heat.distant import BLOCK, REACH, Distant, coarse_heights, make_distant
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.views import Views, look_around
from twin.heat.window import Window

DIRECTIONS = 16
RESOLUTION = 0.7
ORIGIN = (1003, -205)  # no multiple of any block
SHAPE = (1150, 620)


def _town() -> dict[str, np.ndarray]:
    """Houses, trees and hills, the highest far off."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    ground = 10 * np.sin(x / 90) + 8 * np.cos(y / 70) + 0.3 * np.maximum(y - 900, 0)
    height = np.zeros(SHAPE)
    for _ in range(500):
        row, column = random.integers(0, SHAPE[0]), random.integers(0, SHAPE[1])
        rows, columns = random.integers(4, 30, 2)
        height[row : row + rows, column : column + columns] = random.uniform(3, 40)
    tree = np.where((random.random(SHAPE) < 0.02) & (height == 0), random.uniform(3, 15, SHAPE), 0.0)
    return {"ground": ground, "surface": ground + height, "roof": height > 0, "canopy_height": tree}


def _part(town: dict[str, np.ndarray], row: int, column: int, end_row: int, end_column: int) -> Obstacles:
    cut = {name: field[row:end_row, column:end_column] for name, field in town.items()}
    return make_obstacles(**cut, resolution=RESOLUTION, origin=(ORIGIN[0] + row, ORIGIN[1] + column))


@pytest.fixture(scope="module")
def town() -> dict[str, np.ndarray]:
    return _town()


@pytest.fixture(scope="module")
def distant(town: dict[str, np.ndarray]) -> Distant:
    origin = (ORIGIN[0] // BLOCK, ORIGIN[1] // BLOCK)
    return make_distant(coarse_heights(_part(town, 0, 0, *SHAPE)), RESOLUTION, DIRECTIONS, origin=origin)


@pytest.fixture(scope="module")
def full(town: dict[str, np.ndarray]) -> Views:
    return look_around(_part(town, 0, 0, *SHAPE), directions=DIRECTIONS)


@pytest.mark.parametrize("window", [(560, 300, 41, 50), (0, 0, 9, 20), (1100, 580, 50, 40), (601, 77, 1, 1)])
def test_a_part_sees_bit_for_bit_what_the_whole_sees(
    town: dict[str, np.ndarray], distant: Distant, full: Views, window: tuple[int, int, int, int]
) -> None:
    row, column, rows, columns = window
    begin, end = [], []
    for first, count, size, origin in zip((row, column), (rows, columns), SHAPE, ORIGIN, strict=True):
        low = first - REACH
        low -= (origin + low) % BLOCK
        high = first + count + REACH
        high += -(origin + high) % BLOCK
        begin.append(max(low, 0))
        end.append(min(high, size))
    here = Window(row - begin[0], column - begin[1], rows, columns)
    views = look_around(_part(town, *begin, *end), directions=DIRECTIONS, window=here, distant=distant)
    there = Window(row, column, rows, columns)
    for name in ("factors", "horizon", "crowns"):
        assert_array_equal(getattr(views, name), there.of(getattr(full, name)), err_msg=name)


def test_windows_of_one_scene_and_threads_change_no_bit(town: dict[str, np.ndarray]) -> None:
    scene = _part(town, 300, 200, 500, 330)
    with kernels.running(1):
        whole_scene = look_around(scene, directions=DIRECTIONS)
    window = Window(13, 41, 150, 70)
    with kernels.running(2):
        part = look_around(scene, directions=DIRECTIONS, window=window)
    for name in ("factors", "horizon", "crowns"):
        assert_array_equal(getattr(part, name), window.of(getattr(whole_scene, name)))


def test_flat_and_treeless_parts_are_seen_as_in_the_whole() -> None:
    """What is left out where nothing slopes or grows must be what changes nothing."""
    shape = (128, 640)
    ground, height = np.full(shape, 100.3), np.zeros(shape)
    ground[:, 600:] += 0.4 * np.arange(40)
    height[20:90, 100:130], height[30:60, 420:440] = 12.0, 25.0
    tree = np.zeros(shape)
    tree[64, 610] = 9.0

    def part(columns: int) -> Obstacles:
        cut = (slice(None), slice(0, columns))
        roof = height[cut] > 0
        return make_obstacles(
            ground[cut], (ground + height)[cut], roof, resolution=1.0, canopy_height=tree[cut], origin=(0, 0)
        )

    scene = part(640)
    beyond = make_distant(coarse_heights(scene), 1.0, 8)
    window = Window(0, 0, 128, 64)
    one = look_around(scene, directions=8, window=window, distant=beyond)
    other = look_around(part(576), directions=8, window=window, distant=beyond)
    assert_array_equal(one.horizon, other.horizon)
    assert_array_equal(one.factors, other.factors)
    assert other.crowns is None


def test_a_skyline_of_other_directions_is_refused(town: dict[str, np.ndarray], distant: Distant) -> None:
    with pytest.raises(InputError, match=r"16 directions .* here are 8"):
        look_around(_part(town, 0, 0, 32, 32), directions=8, distant=distant)


def test_parts_of_work_are_all_done_and_errors_come_through() -> None:
    done: list[int] = []
    for threads in (1, 2):
        with kernels.running(threads):
            kernels.share_out(done.append, 5)
    assert sorted(done) == sorted([*range(5)] * 2)
    with kernels.running(2), pytest.raises(ZeroDivisionError):
        kernels.share_out(lambda part: 1 // part, 3)
