"""Windows: parts of a grid, without a copy."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import InputError
from twin.heat.window import Window, whole


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
