"""What time labels mean is found from the radiation alone, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError, MissingDataError
from twin.weather import label_convention, read_epw, read_umep_met, relabel
from twin.weather.sun import clear_sky_irradiance, solar_position

NAMES = ("global_irradiance", "diffuse_irradiance", "direct_normal_irradiance")


def _series(
    interval: str,
    offset: float,
    latitude: float,
    longitude: float,
    day: str,
    *,
    step: int = 60,
    seed: int | None = None,
) -> xr.Dataset:
    """A day measured by the minute, averaged over steps, labelled by one of the conventions."""
    first = np.datetime64(day, "ns") - np.timedelta64(round(offset * 60), "m")
    lag = {"start": 0, "end": step, "instant": step // 2}[interval]
    count = 1440 // step
    starts = first + (np.arange(count) * step - lag) * np.timedelta64(60, "s")
    minute = starts[:, None] + (np.arange(step) * 60 + 30).astype("timedelta64[s]")
    if interval == "instant":
        minute = (starts + np.timedelta64(lag * 60, "s"))[:, None]
    flat = minute.ravel()
    _, beam, diffuse = clear_sky_irradiance(flat, latitude=latitude, longitude=longitude)
    altitude, _ = solar_position(flat, latitude=latitude, longitude=longitude)
    if seed is not None:  # clouds by the hour
        cover = np.random.default_rng(seed).uniform(0.2, 1.0, 1 + len(flat) // 60)
        beam = beam * np.repeat(cover, 60)[: len(flat)]
    total = beam * np.maximum(np.sin(np.radians(altitude)), 0) + diffuse
    labels = np.datetime64(day, "ns") + np.arange(count) * np.timedelta64(step * 60, "s")
    values = (total, diffuse, beam)
    means = {
        name: ("time", array.reshape(minute.shape).mean(axis=1)) for name, array in zip(NAMES, values, strict=True)
    }
    return xr.Dataset(means, {"time": labels})


@given(
    interval=st.sampled_from(["start", "end", "instant"]),
    offset=st.integers(-11, 11),
    latitude=st.floats(-55, 62),
    within=st.floats(-7, 7),
    day=st.dates().map(lambda date: f"2018-{date.month:02d}-{min(date.day, 28):02d}"),
    seed=st.one_of(st.none(), st.integers(0, 99)),
)
@settings(max_examples=25)
def test_meaning_is_found_on_a_known_clock(
    interval: str, offset: int, latitude: float, within: float, day: str, seed: int | None
) -> None:
    longitude = offset * 15 + within
    weather = _series(interval, offset, latitude, longitude, day, seed=seed)
    sunny = int((weather.direct_normal_irradiance > 20).sum())
    if sunny < 6 and abs(latitude) > 45:  # a winter day near the circle may be too dark to tell
        return
    found = label_convention(weather, latitude=latitude, longitude=longitude, utc_offset=offset)
    assert found.interval == interval
    assert found.residual < 0.5 * min(v for k, v in found.residuals.items() if k != interval)


@given(offset=st.sampled_from([0.0, 1.0, 2.0, 5.5, -5.0]), interval=st.sampled_from(["start", "end"]))
@settings(max_examples=10)
def test_instants_of_the_sun_are_found_on_an_unknown_clock(offset: float, interval: str) -> None:
    """The start in UTC+1 and the end in UTC are one: the reading found puts the steps where they were."""
    weather = _series(interval, offset, 49.5, 8.5, "2018-07-26")
    found = label_convention(weather, latitude=49.5, longitude=8.5)
    starts = relabel(_unknown(weather), interval=found.interval, utc_offset=found.utc_offset)
    begin = starts.time.values[0] - np.timedelta64(round(found.utc_offset * 60), "m")
    true = np.datetime64("2018-07-26", "ns") - np.timedelta64(
        round(offset * 60 + (60 if interval == "end" else 0)), "m"
    )
    assert abs((begin - true) / np.timedelta64(1, "m")) <= 1
    assert len(found.equivalent) == 2


def _unknown(weather: xr.Dataset) -> xr.Dataset:
    weather.time.attrs["interval"] = "unknown"
    return weather


@pytest.mark.parametrize(
    ("file", "most"),
    [
        ("goteborg_kronenhuset_obs/MetFile_Prepared.txt", 4.0),
        ("goteborg_gvc_obs/MetFile20100707_Prepared.txt", 1.0),
        ("goteborg_gvc_obs/MetFile20100712_Prepared.txt", 1.0),
    ],
)
def test_measured_days_of_goteborg_label_the_start(shared_data: Callable[[str], Path], file: str, most: float) -> None:
    weather = read_umep_met(shared_data(f"heat/{file}"), latitude=57.7, longitude=11.97)
    assert weather.attrs["source_times"] == "label at the start of the interval, UTC+1"
    found = label_convention(relabelled(weather), latitude=57.7, longitude=11.97)
    assert found.residual < most  # 3.6, 0.5 and 0.5 W/m2
    assert 20 < found.residuals["instant"] < 26
    assert 40 < found.residuals["end"] < 50


def relabelled(weather: xr.Dataset) -> xr.Dataset:
    return weather.assign_coords(time=("time", weather.time.values))


def test_typical_year_of_goteborg_labels_the_end(shared_data: Callable[[str], Path]) -> None:
    weather = read_umep_met(
        shared_data("heat/goteborg_tmy/GBG_TMY_1977.txt"), latitude=57.7, longitude=11.97, utc_offset=1
    )
    assert weather.attrs["source_times"] == "label at the end of the interval, UTC+1"


def test_header_of_an_epw_is_right_about_athens(shared_data: Callable[[str], Path]) -> None:
    weather = read_epw(shared_data("heat/athens/athens_2023.epw"))
    found = label_convention(weather, latitude=38.0, longitude=23.75, utc_offset=2)
    assert found.interval == "start"  # the reader writes starts; the file has ends
    assert found.residual < 1.5
    assert found.residuals["instant"] > 30


def test_no_sun_no_answer() -> None:
    weather = _series("start", 1, 49.5, 8.5, "2018-07-26")
    weather["direct_normal_irradiance"][:] = 0.0
    with pytest.raises(InputError, match=r"direct sun shines in 0 steps.*relabel"):
        label_convention(weather, latitude=49.5, longitude=8.5)


def test_balance_that_nothing_closes_is_told_with_its_residuals() -> None:
    weather = _series("start", 1, 49.5, 8.5, "2018-07-26")
    weather["diffuse_irradiance"][:] *= 2.5
    with pytest.raises(InputError, match=r"no meaning .* closes .*start of the interval \d+\.\d W/m2"):
        label_convention(weather, latitude=49.5, longitude=8.5)


def test_minutes_are_too_short_to_tell() -> None:
    weather = _series("end", 1, 49.5, 8.5, "2018-07-26", step=1)
    with pytest.raises(InputError, match=r"two meanings .* alike"):
        label_convention(weather, latitude=49.5, longitude=8.5, utc_offset=1)


def test_direct_radiation_on_the_ground_is_not_taken_for_normal() -> None:
    weather = _series("start", 1, 49.5, 8.5, "2018-07-26")
    weather["direct_normal_irradiance"][:] = weather.global_irradiance - weather.diffuse_irradiance
    with pytest.raises(InputError, match="falls on the ground"):
        label_convention(weather, latitude=49.5, longitude=8.5)


def test_missing_radiation_is_named() -> None:
    with pytest.raises(MissingDataError, match="diffuse_irradiance"):
        label_convention(
            _series("start", 1, 49.5, 8.5, "2018-07-26").drop_vars("diffuse_irradiance"), latitude=49.5, longitude=8.5
        )


def test_wrong_place_does_not_close() -> None:
    with pytest.raises(InputError, match="Place or columns are wrong"):
        label_convention(_series("start", 1, 49.5, 8.5, "2018-07-26"), latitude=10.0, longitude=8.5, utc_offset=1)


def test_weather_of_unknown_labels_is_refused_by_models_and_days(tmp_path: Path, minutes: Any, writers: Any) -> None:
    from twin.weather import select_day

    file = writers.umep(tmp_path / "met.txt", minutes, "2018-07-24", 3)
    weather = read_umep_met(file)
    assert weather.time.attrs["interval"] == "unknown"
    with pytest.raises(InputError, match="label_convention"):
        select_day(weather, "2018-07-25")
    with pytest.raises(InputError, match="known already"):
        relabel(relabel(weather, interval="start", utc_offset=1), interval="end", utc_offset=1)


def test_reference_years_of_2010_tell_by_their_light(tmp_path: Path) -> None:
    """Light of the full hours, as where radiation was computed, and means of the hour before: both are found."""
    from twin.weather import read_dwd_try

    head = [
        "SYNTHETISCH, fuer Tests erzeugt",
        "Lage: 51°24'N <- B.   6°58'O <- L.   152 Meter über NN",
        "RG    IS  MM  DD  HH  N   WR      WG       t       p        x   RF   W     B     D IK    A      E IL",
        "***",
    ]
    place = {"latitude": 51.4, "longitude": 6 + 58 / 60}
    rng = np.random.default_rng(1)
    for interval, lag in (("instant", 60), ("end", 90)):
        labels = np.datetime64("2001-06-01T01", "ns") + np.arange(24 * 40) * np.timedelta64(3600, "s")
        middle = labels - np.timedelta64(lag, "m")  # CET
        total, beam, _ = clear_sky_irradiance(middle, **place)
        cover = np.repeat(rng.uniform(0.25, 1.0, len(labels) // 4), 4)
        direct = np.maximum(total - 0.15 * total, 0) * np.where(beam > 0, cover, 0)
        rows = []
        for label, b, d in zip(labels, direct, 0.15 * total + 0.4 * (total - direct), strict=True):
            start = label - np.timedelta64(3600, "s")
            day, hour = str(start)[:10].split("-"), int(str(start)[11:13]) + 1
            rows.append(
                f" 5 1 {int(day[1])} {int(day[2])} {hour} 4 200 2.5 22.1 985.7 9.8 56 0 {b:.1f} {d:.1f} 9 382 -414 9"
            )
        file = tmp_path / f"{interval}.dat"
        file.write_text("\n".join(head + rows))
        weather = read_dwd_try(file)
        assert f"found to label the {interval} from the course" in weather.attrs["notes"]
        lead = np.timedelta64(30 if interval == "instant" else 60, "m")
        assert weather.time.values[0] == labels[0] - lead
