"""Plates cover a grid once, and what surrounds them is wide enough."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.heat.plates import WHOLE, plates, regions, surrounded, within
from twin.heat.window import Window

sizes = st.integers(1, 90)


@settings(deadline=None)
@given(rows=sizes, columns=sizes, size=st.integers(1, 40))
def test_plates_cover_every_cell_once(rows: int, columns: int, size: int) -> None:
    count = np.zeros((rows, columns), int)
    for plate in plates((rows, columns), size):
        plate.of(count)[...] += 1
    assert (count == 1).all()


def test_regions_consist_of_whole_plates() -> None:
    shape = (WHOLE + 500, 2500)
    starts = {(plate.row, plate.column) for plate in plates(shape, 384)}
    for region in regions(shape, 384):
        assert {
            (region.row + p.row, region.column + p.column) for p in plates((region.rows, region.columns), 384)
        } <= starts


@settings(deadline=None)
@given(
    row=st.integers(0, 60),
    column=st.integers(0, 60),
    reach=st.integers(0, 40),
    origin=st.tuples(st.integers(-50, 50), st.integers(-50, 50)),
    block=st.sampled_from([1, 2, 8, 16]),
)
def test_surroundings_reach_far_enough_and_end_between_blocks(
    row: int, column: int, reach: int, origin: tuple[int, int], block: int
) -> None:
    shape = (80, 77)
    window = Window(row, column, 12, 9)
    part = surrounded(window, shape, reach, origin=origin, block=block)
    for begin, count, least, most, size, shift in (
        (part.row, part.rows, row - reach, row + 12 + reach, shape[0], origin[0]),
        (part.column, part.columns, column - reach, column + 9 + reach, shape[1], origin[1]),
    ):
        assert 0 <= begin <= max(least, 0)
        assert size >= begin + count >= min(most, size)
        assert begin == 0 or (begin + shift) % block == 0
        assert begin + count == size or (begin + count + shift) % block == 0
    field = np.arange(80 * 77).reshape(shape)
    assert np.array_equal(within(window, part).of(part.of(field)), window.of(field))
