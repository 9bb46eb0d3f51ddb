"""Maps of a heat result are the same whether taken from hours or from the maps of the day, and say what they lack."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.compare.heat_fields import (
    degree_hours,
    hours_above,
    shaded_share,
    step_hours,
    steps_at,
    stress_class_map,
    sunlit_hours,
    value_at,
)
from twin.errors import InputError, MissingDataError
from twin.stress_classes import stress_classes


def result_of(values, name="utci", first=10, step=1.0):
    values = np.asarray(values, np.float32)
    times = np.datetime64("2018-07-26", "ns") + (first + step * np.arange(len(values))) * np.timedelta64(3600, "s")
    field = (("time", "y", "x"), values.reshape(len(values), 1, -1))
    return xr.Dataset({name: field}, coords={"time": times.astype("datetime64[ns]")})


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.integers(20, 50)),
    st.sampled_from([26.0, 32.0, 35.5]),
)
def test_hours_and_degree_hours_are_sums_over_the_steps(values, threshold):
    result = result_of(values, step=2.0)
    np.testing.assert_allclose(hours_above(result, threshold).values[0], 2.0 * (values > threshold).sum(axis=0))
    excess = 2.0 * np.maximum(values - threshold, 0.0).sum(axis=0)
    np.testing.assert_allclose(degree_hours(result, threshold).values[0], excess, rtol=1e-6)  # float32 sums


def test_a_value_on_the_bound_is_not_above_it():
    assert hours_above(result_of([[32.0], [32.0]])).item() == 0.0


def test_maps_of_the_day_stand_for_hours_that_were_not_kept():
    day = xr.Dataset(
        {
            "strong_heat_stress_duration": (("y", "x"), [[5.0]]),
            "pet_strong_heat_stress_duration": (("y", "x"), [[7.0]]),
            "utci_degree_hours": (("y", "x"), [[11.0]]),
            "sunlit_hours": (("y", "x"), [[9.0]]),
            "utci_max": (("y", "x"), [[39.0]]),
        }
    )
    assert hours_above(day).item() == 5.0
    assert hours_above(day, 35.0, "pet").item() == 7.0
    assert degree_hours(day).item() == 11.0
    assert sunlit_hours(day).item() == 9.0
    assert value_at(day, "utci", None).item() == 39.0
    assert stress_classes("utci")[stress_class_map(day).item()].meaning == "very_strong_heat_stress"


@pytest.mark.parametrize("ask", [lambda r: hours_above(r, 33.0), lambda r: degree_hours(r, 30.0), sunlit_hours])
def test_what_was_not_kept_is_named_with_the_way_out(ask):
    day = xr.Dataset({"strong_heat_stress_duration": (("y", "x"), [[5.0]])})
    with pytest.raises(MissingDataError, match=r"heat\.simulate"):
        ask(day)


def test_the_highest_of_the_hours_is_the_map_of_the_day():
    result = result_of([[30.0, np.nan], [36.0, np.nan], [33.0, np.nan]])
    found = value_at(result, "utci", None)
    assert found.name == "utci_max"
    assert found.attrs["units"] == "degC"
    np.testing.assert_array_equal(found.values, [[36.0, np.nan]])


def test_an_hour_is_the_step_that_begins_nearest_and_never_far():
    result = result_of([[1.0], [2.0], [3.0]], first=12)
    assert value_at(result, hour=14).item() == 3.0
    assert value_at(result, hour=12.4).item() == 1.0
    with pytest.raises(MissingDataError, match=r"no step at 17 h; its steps begin at 12 to 14 h"):
        value_at(result, hour=17)
    for hour in (25, -1, float("nan"), "14"):
        with pytest.raises(InputError, match="clock hour"):
            value_at(result, hour=hour)


def test_hours_count_from_the_first_to_the_last_both_included():
    result = result_of([[0.0]] * 8, first=9)
    assert steps_at(result, 11, 13) == [2, 3, 4]
    with pytest.raises(MissingDataError, match="no step from 20 to 22 h"):
        steps_at(result, 20, 22)
    with pytest.raises(InputError, match="the first not after the last"):
        steps_at(result, 13, 11)


def test_unequal_steps_are_refused():
    result = result_of([[1.0]] * 3).isel(time=[0, 2]).copy()
    assert step_hours(result) == 2.0
    odd = xr.Dataset(coords={"time": result_of([[1.0]] * 4)["time"].values[[0, 1, 3]]})
    with pytest.raises(InputError, match="must be equal"):
        step_hours(odd)
    with pytest.raises(MissingDataError, match="length is not stated"):
        step_hours(result_of([[1.0]]))


def test_nothing_is_summed_over_a_day_of_which_only_some_hours_were_kept():
    day = result_of([[33.0], [34.0], [35.0]])
    said = day.assign_attrs(options='{"hours": ["14:00"]}')
    with pytest.raises(MissingDataError, match="kept only the hours"):
        degree_hours(said)
    gaps = day.isel(time=[0, 2])
    gaps["time"].attrs["step_seconds"] = 3600.0
    with pytest.raises(MissingDataError, match="1 h long but begin up to 2 h apart"):
        hours_above(gaps)
    assert value_at(gaps, hour=12).item() == 35.0


def test_shade_is_what_the_sun_leaves():
    result = result_of([[1.0, 0.0], [0.5, 0.0]], "sunlit_fraction", first=12)
    np.testing.assert_allclose(shaded_share(result, 12, 13).values, [[0.25, 1.0]])
    np.testing.assert_allclose(sunlit_hours(result).values, [[1.5, 0.0]])
    assert sunlit_hours(result).attrs["units"] == "h"


def test_roofs_stay_unknown_in_every_map():
    result = result_of([[33.0, np.nan], [34.0, np.nan]])
    assert np.isnan(hours_above(result).values[0, 1])
    assert np.isnan(degree_hours(result).values[0, 1])
    assert stress_class_map(result).values[0, 1] == 255


def test_an_index_without_classes_needs_a_threshold():
    result = result_of([[28.0], [31.0]], "wbgt")
    with pytest.raises(InputError, match="no classes"):
        hours_above(result, index="wbgt")
    assert hours_above(result, 30.0, "wbgt").item() == 1.0
    with pytest.raises(InputError, match="finite"):
        hours_above(result, float("nan"), "wbgt")
