"""Statistics of a day, step by step, against the same from all steps at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import kernels
from twin.heat import statistics
from twin.heat.statistics_kernels import add_border
from twin.stress_classes import STRESS_CLASSES
from twin.variables import VARIABLES

NAMES = ("mean_radiant_temperature", *STRESS_CLASSES, "wbgt")


@pytest.mark.parametrize("name", NAMES)
def test_every_statistic_has_a_name_and_a_unit(name: str) -> None:
    for key in statistics.statistics_of(name):
        assert VARIABLES[key].dims == ("y", "x")


def test_hours_of_strong_heat_stress_begin_above_32_degrees_of_utci() -> None:
    assert ("strong_heat_stress_duration", 32.0) in statistics.STRESS["utci"]


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(NAMES),
    steps=st.integers(1, 30),
    hours=st.sampled_from([0.5, 1.0, 3.0]),
    seed=st.integers(0, 10**6),
)
def test_step_by_step_is_all_at_once(name: str, steps: int, hours: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(-10, 60, (steps, 4, 5)).astype(np.float32)
    values[:, 1, 2] = np.nan
    found = {}
    for threads in (1, 2):
        running = statistics.begin(name, (4, 5))
        with kernels.running(threads):
            for step in values:
                statistics.add(running, name, step, hours)
        found[threads] = statistics.finish(running, name, steps)
    for key, field in found[1].items():
        np.testing.assert_array_equal(field, found[2][key])
    expected = {f"{name}_max": values.max(axis=0), f"{name}_mean": values.astype(float).mean(axis=0)}
    for key, bound in statistics.STRESS.get(name, ()):
        expected[key] = np.where(np.isnan(values[0]), np.nan, (values > bound).sum(axis=0) * hours)
    if name in statistics.DEGREE_HOURS:
        over = np.maximum(values.astype(float) - statistics.DEGREE_HOURS[name], 0.0)
        expected[f"{name}_degree_hours"] = over.sum(axis=0) * hours
    assert set(found[1]) == set(statistics.statistics_of(name)) == set(expected)
    for key, field in found[1].items():
        assert field.dtype == np.float32
        # degree hours are summed in single precision: 30 steps of up to 100 K h, each rounded to 2e-7 of the sum
        np.testing.assert_allclose(field, expected[key], rtol=1e-5, atol=1e-5)


def test_a_low_sun_from_the_south_can_be_blocked_from_beyond_the_southern_border() -> None:
    """10 m above the ground at 45 degrees: the ten southernmost rows of 1 m."""
    height = np.zeros((30, 4), np.float32)
    exposed = np.zeros((30, 4), np.float32)
    south = (np.array([0.0]), np.array([1.0]), np.array([1.0]), np.array([2.5]))
    add_border(height, 0, 0, (30, 4), 10.0, 1.0, *south, exposed)
    assert (exposed[:20] == 0.0).all()
    assert (exposed[20:] == 2.5).all()


@settings(deadline=None, max_examples=25)
@given(
    azimuth=st.floats(0, 360),
    altitude=st.floats(2, 89),
    top=st.floats(0, 40),
    row=st.integers(0, 9),
    resolution=st.sampled_from([0.5, 2.0]),
)
def test_border_shade_is_what_a_walk_to_the_border_finds(
    azimuth: float, altitude: float, top: float, row: int, resolution: float
) -> None:
    shape = (20, 17)
    height = np.random.default_rng(row).uniform(0, 3, (4, 6)).astype(np.float32)
    exposed = np.zeros((4, 6), np.float32)
    east, south = np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth))
    tangent = np.tan(np.radians(altitude))
    one = [np.array([value]) for value in (east, south, tangent, 1.0)]
    add_border(height, row, 3, shape, top, resolution, *one, exposed)
    for i in range(4):
        for j in range(6):
            inside = np.arange(0.0, 60.0, 0.01)
            y, x = row + i + 0.5 + inside * south, 3 + j + 0.5 + inside * east
            leaves = inside[(y < 0) | (y > shape[0]) | (x < 0) | (x > shape[1])][0]
            # the walk goes in steps of a hundredth of a cell
            if abs(height[i, j] + leaves * resolution * tangent - top) > 0.02 * resolution * tangent:
                assert (exposed[i, j] == 1.0) == (height[i, j] + leaves * resolution * tangent < top)
