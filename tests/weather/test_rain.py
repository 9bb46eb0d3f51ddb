"""Design rain brings exactly the depth asked for, and series are read as what they say."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError, MissingDataError
from twin.weather.rain import block_rain, cumulative_rain, euler_ii_rain


def _total(rain):
    return float((rain.rain_rate.values[:-1] * np.diff(rain.time.values)).sum())


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.5), st.floats(60, 86400), st.floats(30, 3600))
def test_block_rain_brings_its_depth_in_its_duration(depth, duration, step):
    rain = block_rain(depth, duration, step=step)
    assert _total(rain) == pytest.approx(depth, rel=1e-12, abs=1e-15)
    assert float(rain.time[-1]) == duration
    assert float(rain.rain_rate[-1]) == 0.0
    assert np.diff(rain.time).max() <= step * (1 + 1e-9)


def test_block_rain_has_the_rate_of_its_words():
    rain = block_rain("90 mm", "1 h")
    np.testing.assert_allclose(rain.rain_rate[:-1], 90e-3 / 3600, rtol=1e-15)
    assert rain.rain_rate.attrs["units"] == "m s-1"


# rising by ever smaller steps, as statistics of heavy rain do
TABLE = {"5 min": "9.6 mm", "10 min": "13.9 mm", "15 min": "16.8 mm", "20 min": "18.9 mm", "30 min": "22.2 mm",
         "45 min": "25.5 mm", "60 min": "28.1 mm"}  # fmt: skip


def test_euler_ii_brings_the_depth_of_the_longest_duration():
    assert _total(euler_ii_rain(TABLE)) == pytest.approx(28.1e-3, rel=1e-12)


def test_euler_ii_peaks_in_minutes_15_to_20_of_an_hour():
    """DWA-A 118: the strongest step begins at 0.3 of the duration, rounded down to 5 minutes."""
    rates = euler_ii_rain(TABLE).rain_rate.values
    assert int(rates.argmax()) == 3
    assert (np.diff(rates[:4]) > 0).all()
    assert (np.diff(rates[3:]) <= 0).all()


def test_no_window_of_euler_ii_brings_more_than_the_table():
    times, depths = cumulative_rain(euler_ii_rain(TABLE))
    known_minutes = [0, 5, 10, 15, 20, 30, 45, 60]
    known = [0, 9.6, 13.9, 16.8, 18.9, 22.2, 25.5, 28.1]
    for a, b in itertools.combinations(range(len(times)), 2):
        most = np.interp((times[b] - times[a]) / 60, known_minutes, known) * 1e-3
        assert depths[b] - depths[a] <= most + 1e-12


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "empty"),
        ({"7 min": "9 mm"}, "7 min"),
        ({"5 min": "9 mm", "10 min": "8 mm"}, "falls to 8 mm at 10 min"),
        ({"5 min": "-1 mm"}, "at least 0"),
        ({"5 min": "9 mm", "300 s": "9 mm"}, "5 min"),
    ],
)
def test_tables_that_make_no_storm_are_refused(table, words):
    with pytest.raises(InputError, match=words):
        euler_ii_rain(table)


@pytest.mark.parametrize(
    "arguments", [("-1 mm", "1 h"), ("1 mm", "0 h"), ("1 mm", "1 mm"), (float("nan"), 60), ("1", 60)]
)
def test_impossible_block_rain_is_refused(arguments):
    with pytest.raises(InputError):
        block_rain(*arguments)


def test_too_many_steps_are_refused():
    with pytest.raises(InputError, match="100,000"):
        block_rain("1 mm", "1 d", step=0.1)


def _series(values, times, **attributes):
    return xr.DataArray(values, {"time": times}, "time", attrs=attributes)


def test_a_rate_holds_until_the_next_time():
    times, depths = cumulative_rain(_series([1e-5, 2e-5, 0.0], [0.0, 100.0, 150.0]))
    assert times.tolist() == [0.0, 100.0, 150.0]
    np.testing.assert_allclose(depths, [0, 1e-3, 2e-3], rtol=1e-15)


def test_the_last_rate_holds_as_long_as_the_one_before():
    times, depths = cumulative_rain(_series([1e-5, 2e-5], [0.0, 100.0]))
    assert times.tolist() == [0.0, 100.0, 200.0]
    np.testing.assert_allclose(depths, [0, 1e-3, 3e-3], rtol=1e-15)


def test_dates_durations_and_minutes_are_read_alike():
    values = [3e-6, 0.0, 6e-6, 0.0]
    minutes = np.array([0, 10, 20, 30])
    forms = [
        _series(values, minutes * 60),
        _series(values, minutes.astype("timedelta64[m]").astype("timedelta64[ns]")),
        _series(values, np.datetime64("2024-07-01T14:00", "ns") + minutes.astype("timedelta64[m]")),
        _series(np.array(values) * 3.6e6, minutes, units="mm/h"),
    ]
    forms[3]["time"].attrs["units"] = "min"
    for form in forms:
        times, depths = cumulative_rain(form)
        np.testing.assert_allclose(times, minutes * 60)
        np.testing.assert_allclose(depths, [0, 1.8e-3, 1.8e-3, 5.4e-3], rtol=1e-12)


def test_a_dry_tail_is_cut_and_dry_series_are_zero():
    times, depths = cumulative_rain(_series([1e-5, 0.0, 0.0], [0.0, 100.0, 900.0]))
    assert times.tolist() == [0.0, 100.0]
    times, depths = cumulative_rain(_series([0.0, 0.0], [0.0, 100.0]))
    assert times.tolist() == [0.0]
    assert depths.tolist() == [0.0]


def test_a_negative_rate_is_named_with_its_time():
    dates = np.array(["2024-07-01T14:00", "2024-07-01T14:10"], dtype="datetime64[ns]")
    with pytest.raises(InputError, match=r"rain_rate is -3 mm/h at 2024-07-01T14:10:00; rates must be >= 0"):
        cumulative_rain(_series([0.0, -3.0], dates, units="mm/h"))


@pytest.mark.parametrize(
    ("rain", "words"),
    [
        (_series([np.nan, 0.0], [0.0, 60.0]), "finite"),
        (_series([60.0, 0.0], [0.0, 60.0]), "mm/h"),  # given in mm/h without saying so
        (_series([1e-5, 0.0], [60.0, 60.0]), "ascend"),
        (_series([1e-5, 0.0], [60.0, 0.0]), "ascend"),
        (_series([1e-5], [0.0]), "single value"),
        (_series([1e-5, 0.0], [0.0, 60.0], units="inch/h"), "inch/h"),
        (_series([1e-5, 0.0], ["a", "b"]), "type"),
        (xr.DataArray(np.zeros((2, 2)), dims=("y", "x")), "series over"),
    ],
)
def test_series_that_cannot_be_rain_are_refused(rain, words):
    with pytest.raises(InputError, match=words):
        cumulative_rain(rain)


def test_a_dataset_without_rain_is_refused():
    with pytest.raises(MissingDataError, match="rain_rate"):
        cumulative_rain(xr.Dataset({"utci": ("time", [1.0])}))
