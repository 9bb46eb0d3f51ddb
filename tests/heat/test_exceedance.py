"""Hours and degree hours above a threshold."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import InputError
from twin.heat.exceedance import degree_hours, hours_above


def test_hours_and_degree_hours_of_half_hours() -> None:
    values = np.array([[31.0, 33.0], [32.0, np.nan], [36.0, 40.0]], dtype=np.float32)[:, None, :]
    np.testing.assert_array_equal(hours_above(values, 32.0, step=1800.0), [[0.5, np.nan]])
    np.testing.assert_array_equal(degree_hours(values, 32.0, step=1800.0), [[2.0, np.nan]])


def test_impossible_questions_are_refused() -> None:
    for function in (hours_above, degree_hours):
        with pytest.raises(InputError, match="step is 0 s"):
            function(np.zeros((1, 1)), 32.0, step=0.0)
