"""Windows: parts of a grid, without a copy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat.window import Window, global_origin, whole


def test_a_window_is_a_view_of_its_part() -> None:
    field = np.arange(24.0).reshape(2, 3, 4)
    part = Window(1, 2, 2, 2).of(field)
    assert part.tolist() == [[[6, 7], [10, 11]], [[18, 19], [22, 23]]]
    assert np.shares_memory(part, field)
    assert whole((3, 4)).of(field).shape == field.shape


@pytest.mark.parametrize("numbers", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)])
def test_a_window_without_cells_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="at least one cell"):
        Window(*numbers)


@given(
    left=st.floats(-1e6, 1e6),
    top=st.floats(-1e7, 1e7),
    aside=st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.75]),
    resolution=st.sampled_from([0.2, 0.5, 1.0, 2.0, 3.3]),
    cut=st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)),
)
def test_a_part_of_a_grid_keeps_the_numbers_of_its_cells(
    left: float, top: float, aside: float, resolution: float, cut: tuple[int, int]
) -> None:
    """Also on lattices that lie a half or a third of a cell aside, where rounding of coordinates could tip a number."""
    left, top = ((round(value / resolution) + aside) * resolution for value in (left, top))
    row, column = global_origin(GridSpec(left, top, resolution, 5, 5, 25832))
    part = GridSpec(left + cut[1] * resolution, top - cut[0] * resolution, resolution, 3, 3, 25832)
    assert global_origin(part) == (row + cut[0], column + cut[1])
