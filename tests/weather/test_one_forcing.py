"""The same weather, whatever file it comes in: label conventions, zones and units leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from twin.weather import (
    longer_steps,
    read_dwd_cdc,
    read_dwd_try,
    read_epw,
    read_umep_met,
    read_weather,
    select_day,
    weather_from_table,
)

DAY, DAYS = "2018-07-24", 4
PLACE = {"latitude": 49.49, "longitude": 8.46}

# files hold three decimals; a TRY's B becomes normal through the mean sine of the hour, which knows nothing of how the
# beam grows within the first hour of sun (its part on the ground is exact); hours of solar time are spread by the sine
TOLERANCE = {
    "exact": {"global_irradiance": 0.01, "diffuse_irradiance": 0.01, "direct_normal_irradiance": 0.01},
    "split": {"global_irradiance": 0.01, "diffuse_irradiance": 3.0, "direct_normal_irradiance": 50.0},
    "shifted": {"global_irradiance": 8.0, "diffuse_irradiance": 8.0, "direct_normal_irradiance": 100.0},
}


def _same(day: xr.Dataset, expected: xr.Dataset, tolerance: str, air: float = 1e-3) -> None:
    assert day.time.attrs["utc_offset_hours"] == 1.0
    assert day.time.attrs["interval"] == "start"
    assert [str(t)[5:16] for t in day.time.values] == [str(t)[5:16] for t in expected.time.values]
    for name in ("air_temperature", "relative_humidity", "wind_speed"):
        np.testing.assert_allclose(day[name], expected[name], atol=air, err_msg=name)
    for name, limit in TOLERANCE[tolerance].items():
        np.testing.assert_allclose(day[name], expected[name], atol=limit, err_msg=name)
    if tolerance != "exact":  # above 15 degrees of sun nothing is left of it
        high = expected.global_irradiance.values > 250
        normal, wanted = (data.direct_normal_irradiance[high] for data in (day, expected))
        np.testing.assert_allclose(normal, wanted, rtol=0.02)
        assert float(day.global_irradiance.sum()) == pytest.approx(float(expected.global_irradiance.sum()), rel=5e-3)


def test_epw(tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset) -> None:
    file = writers.epw(tmp_path / "a.epw", minutes, DAY, DAYS)
    _same(select_day(read_epw(file), "2018-07-26"), expected, "exact")


def test_epw_of_another_zone_tells_the_same_instants(
    tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset
) -> None:
    file = writers.epw(tmp_path / "a.epw", minutes, DAY, DAYS, offset=0.0)
    weather = read_epw(file)
    assert weather.time.attrs["utc_offset_hours"] == 0.0
    at = pd.Timestamp("2018-07-26T10:00")
    assert float(weather.global_irradiance.sel(time=at)) == pytest.approx(
        float(expected.global_irradiance.sel(time=at + pd.Timedelta(hours=1))), abs=1e-3
    )


def test_try_of_2017(tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset) -> None:
    file = writers.dwd_try(tmp_path / "TRY.dat", minutes, DAY, DAYS)
    _same(select_day(read_dwd_try(file), "07-26"), expected, "split")


def test_hourly_products_of_the_weather_service(
    tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset
) -> None:
    folder = writers.cdc(tmp_path / "cdc", minutes, DAY, DAYS)
    # readings at full hours become means between two of them: the curve of an hour differs by 0.02 K
    _same(select_day(read_dwd_cdc(folder), "2018-07-26"), expected, "shifted", air=0.06)


def test_products_of_ten_minutes(tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset) -> None:
    folder = writers.cdc_ten(tmp_path / "ten", minutes, DAY, DAYS)
    fine = read_dwd_cdc(folder, **PLACE)
    assert fine.time.attrs["step_seconds"] == 600.0
    _same(select_day(longer_steps(fine), "2018-07-26"), expected, "split")


@pytest.mark.parametrize("interval", ["start", "end"])
def test_umep_file_that_says_nothing(
    tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset, interval: str
) -> None:
    file = writers.umep(tmp_path / "met.txt", minutes, DAY, DAYS, interval)
    weather = read_umep_met(file, **PLACE)
    assert "found to mark" in weather.attrs["notes"]
    _same(select_day(weather, "2018-07-26"), expected, "exact", air=2e-3)


def test_umep_file_of_instants_keeps_the_sun_at_its_instants(
    tmp_path: Path, minutes: Any, writers: SimpleNamespace
) -> None:
    file = writers.umep(tmp_path / "met.txt", minutes, DAY, DAYS, "instant")
    weather = read_umep_met(file, **PLACE)
    assert weather.attrs["source_times"].startswith("label at the instant")
    noon = weather.sel(time="2018-07-26T11:30")  # the middle of its step is the instant 12:00
    instant = minutes.at("global_irradiance", np.array(["2018-07-26T11:00"], "M8[ns]"))[0]
    assert float(noon.global_irradiance) == pytest.approx(instant, abs=1e-2)


@pytest.mark.parametrize(
    ("interval", "zone"), [("start", None), ("end", None), ("start", "Europe/Berlin"), ("end", "UTC")]
)
def test_own_table(
    minutes: Any, writers: SimpleNamespace, expected: xr.Dataset, interval: str, zone: str | None
) -> None:
    local, table = writers.hourly(minutes, DAY, DAYS)
    index = pd.DatetimeIndex(local) + pd.Timedelta(hours=1 if interval == "end" else 0)
    if zone is not None:
        index = (index - pd.Timedelta(hours=1)).tz_localize("UTC").tz_convert(zone)
    offset = {"UTC": 1.0, None: 1.0}.get(zone)
    day = select_day(weather_from_table(table.set_index(index), utc_offset=offset, interval=interval, **PLACE), "07-26")
    _same(day, expected, "exact", air=1e-9)


def test_own_table_in_other_units(minutes: Any, writers: SimpleNamespace, expected: xr.Dataset) -> None:
    local, table = writers.hourly(minutes, DAY, DAYS)
    table = table.assign(
        air_temperature=table.air_temperature + 273.15,
        relative_humidity=table.relative_humidity / 100,
        wind_speed=table.wind_speed * 3.6,
        global_irradiance=table.global_irradiance * 0.36,
        diffuse_irradiance=table.diffuse_irradiance * 3.6,
    ).rename(columns={"air_temperature": "Lufttemperatur"})
    day = select_day(
        weather_from_table(
            table.set_index(pd.DatetimeIndex(local)),
            columns={"Lufttemperatur": "air_temperature"},
            units={
                "air_temperature": "K",
                "relative_humidity": "1",
                "wind_speed": "km/h",
                "global_irradiance": "J/cm2",
                "diffuse_irradiance": "kJ/m2",
            },
            utc_offset=1,
            interval="start",
            **PLACE,
        ),
        "07-26",
    )
    _same(day, expected, "exact", air=1e-9)


def test_kind_is_known_by_the_first_lines(tmp_path: Path, minutes: Any, writers: SimpleNamespace) -> None:
    files = {
        "EnergyPlus": writers.epw(tmp_path / "one.txt", minutes, DAY, DAYS),
        "test reference": writers.dwd_try(tmp_path / "two.txt", minutes, DAY, DAYS),
        "station 05906": writers.cdc(tmp_path / "cdc", minutes, DAY, DAYS),
        "UMEP": writers.umep(tmp_path / "three.txt", minutes, DAY, DAYS),
    }
    for words, file in files.items():
        assert words in read_weather(file).attrs["source_kind"]


@pytest.mark.parametrize("latitude", [49.49, -33.9, 0.0, 64.0])
def test_hours_of_solar_time_keep_their_energy(latitude: float, minutes_maker: Callable[..., Any]) -> None:
    from twin.weather.solar_time import to_clock_hours

    source = minutes_maker(latitude=latitude, longitude=8.46)
    ends = source.utc[1440] + np.arange(-3, 60) * np.timedelta64(3600, "s") + np.timedelta64(26, "m")
    means = source.mean("global_irradiance", ends - np.timedelta64(3600, "s"), 3600.0)
    hours = source.utc[1440] + np.arange(0, 49) * np.timedelta64(3600, "s")
    out = to_clock_hours(means, ends, hours, latitude=latitude, longitude=8.46, by_sun=True)
    true = source.mean("global_irradiance", hours - np.timedelta64(3600, "s"), 3600.0)
    assert out.sum() == pytest.approx(true.sum(), rel=2e-4)  # at the two ends an hour is cut
    assert np.abs(out - true).max() < 12.0


def test_info_of_a_file_says_what_it_holds(tmp_path: Path, minutes: Any, writers: SimpleNamespace, capsys: Any) -> None:
    from twin import cli

    file = writers.dwd_try(tmp_path / "TRY.dat", minutes, DAY, DAYS)
    assert cli.main(["info", str(file)]) == 0
    said = capsys.readouterr().out
    for words in (
        "a test reference year",
        "49.49",
        "label at the end of the interval, UTC+1",
        "Datenbasis: Deutscher Wetterdienst",
        "mittleres Jahr, 1995-2012",
        "air_temperature",
    ):
        assert words in said
    folder = writers.cdc(tmp_path / "cdc", minutes, DAY, 1)
    assert cli.main(["info", str(next(folder.glob("*_ST_*")))]) == 0
    assert "global_irradiance" in capsys.readouterr().out


def test_epw_that_contradicts_its_labels_says_so_and_can_be_put_right(
    tmp_path: Path, minutes: Any, writers: SimpleNamespace, expected: xr.Dataset
) -> None:
    """Some services write the instants 0:00, 1:00 ... as hours 1, 2 ...: half an hour before what the format means."""
    from twin.weather import relabel

    lines = writers.epw(tmp_path / "a.epw", minutes, DAY, DAYS).read_text().splitlines()
    for n, line in enumerate(lines[8:]):
        instant = np.array([np.datetime64(DAY, "ns") + np.timedelta64(n * 60 - 60, "m")])
        fields = line.split(",")
        for column, name in ((13, "global"), (14, "direct_normal"), (15, "diffuse")):
            fields[column] = f"{minutes.at(f'{name}_irradiance', instant)[0]:.3f}"
        lines[8 + n] = ",".join(fields)
    file = tmp_path / "b.epw"
    file.write_text("\n".join(lines))
    weather = read_epw(file)
    assert "time labels contradict the radiation: as the format means them" in weather.attrs["caveats"]
    assert "interval='instant', utc_offset=1, anew=True" in weather.attrs["caveats"]
    right = relabel(weather, interval="instant", utc_offset=1, anew=True)
    assert right.attrs["caveats"] == "time labels read otherwise than their source says"
    noon = right.global_irradiance.sel(time="2018-07-26T11:30")  # the step around the instant 12:00
    at_noon = minutes.at("global_irradiance", np.array(["2018-07-26T11:00"], "M8[ns]"))[0]
    assert float(noon) == pytest.approx(at_noon, abs=0.01)
    assert "caveats" not in read_epw(tmp_path / "a.epw").attrs


def test_products_without_weather_are_named(tmp_path: Path, minutes: Any, writers: SimpleNamespace) -> None:
    folder = writers.cdc(tmp_path / "cdc", minutes, DAY, 1, archive=False)
    rain = "STATIONS_ID;MESS_DATUM;QN_8;  R1;RS_IND;WRTR;eor\n5906;2018072400;3;0.0;0;-999;eor\n"
    (folder / "produkt_rr_stunde_05906.txt").write_text(rain)
    weather = read_dwd_cdc(folder, **PLACE)
    assert "no column of produkt_rr_stunde_05906.txt is read" in weather.attrs["notes"]
