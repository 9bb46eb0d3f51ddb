"""Weather that cannot be is refused by name, place and way out; small faults of sensors are corrected and said."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twin.errors import DataError, InputError, MissingDataError, TwinError
from twin.weather import (
    read_dwd_cdc,
    read_dwd_try,
    read_epw,
    read_umep_met,
    read_weather,
    select_day,
    weather_from_table,
)

PLACE = {"latitude": 49.49, "longitude": 8.46}
TABLE: dict[str, Any] = {"utc_offset": 1, "interval": "start"}


def _table(**columns: Any) -> pd.DataFrame:
    values = {"air_temperature": 25.0, "relative_humidity": 50.0, "wind_speed": 2.0} | columns
    return pd.DataFrame(values, index=pd.date_range("2018-07-26", periods=24, freq="h"))


def _light(factor: float = 1.0) -> np.ndarray:
    return factor * np.maximum(0.0, 850.0 * np.sin(np.pi * (np.arange(24) - 4.5) / 15.5)) * (np.arange(24) < 20)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"relative_humidity": 130.0}, r"relative_humidity is 130 % at 2018-07-26T00:00 .24 such values"),
        ({"relative_humidity": -3.0}, r"relative_humidity is -3 %"),
        ({"relative_humidity": 0.5}, r"share from 0 to 1"),
        ({"air_temperature": 298.0}, r"kelvin or tenths"),
        ({"air_temperature": np.linspace(150, 350, 24)}, r"tenths of a degree"),
        ({"air_temperature": np.inf}, r"air_temperature is inf"),
        ({"wind_speed": -2.0}, r"wind_speed is -2 m s-1"),
        ({"wind_speed": 95.0}, r"wind_speed is 95"),
        ({"global_irradiance": -50.0}, r"global_irradiance is -50 W m-2 at"),
        ({"global_irradiance": 3000.0}, r"kJ/m2 or J/m2"),
        ({"cloud_cover": 6.0}, r"cloud_cover is 6"),
        ({"air_pressure": 101.3}, r"looks like kPa"),
        ({"air_pressure": 101300.0}, r"looks like Pa"),
    ],
)
def test_impossible_values_and_units(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        weather_from_table(_table(**columns), **TABLE)


def test_sums_in_joule_are_not_taken_for_watts() -> None:
    table = _table(global_irradiance=_light(0.36))
    with pytest.raises(InputError, match="J/cm2"):
        weather_from_table(table, **TABLE, **PLACE)
    stated = weather_from_table(table, units={"global_irradiance": "J/cm2"}, **TABLE, **PLACE)
    assert float(stated.global_irradiance.max()) == pytest.approx(_light().max())
    weather_from_table(table, units={"global_irradiance": "W/m2"}, **TABLE, **PLACE)  # a dark day, if you say so


def test_a_dark_day_is_not_taken_for_joule() -> None:
    rng = np.random.default_rng(3)
    weather_from_table(_table(global_irradiance=_light(0.3) * rng.uniform(0.3, 1.0, 24)), **TABLE, **PLACE)


def test_sun_at_night_is_refused() -> None:
    with pytest.raises(InputError, match=r"sun is down at 49.49, 8.46 .*label_convention"):
        weather_from_table(_table(global_irradiance=np.roll(_light(), 12)), **TABLE, **PLACE)


def test_faults_of_sensors_are_corrected_and_said() -> None:
    light = _light()
    light[0], humid = -4.0, np.full(24, 60.0)
    humid[3] = 102.0
    weather = weather_from_table(_table(global_irradiance=light, relative_humidity=humid), **TABLE, **PLACE)
    assert float(weather.global_irradiance[0]) == 0.0
    assert float(weather.relative_humidity[3]) == 100.0
    assert "above 100 % set to 100 %" in weather.attrs["notes"]
    assert "slightly below 0 set to 0" in weather.attrs["notes"]


def test_codes_for_missing_values_are_missing() -> None:
    wind = np.full(24, 2.0)
    wind[[4, 5]] = -999.0
    weather = weather_from_table(_table(wind_speed=wind), **TABLE)
    assert np.isnan(weather.wind_speed.values).sum() == 2
    assert "2 values of wind_speed are the code -999: missing" in weather.attrs["notes"]


def test_missing_values_stop_the_day_with_their_times() -> None:
    wind = np.full(24, 2.0)
    wind[[4, 5]] = np.nan
    weather = weather_from_table(_table(wind_speed=wind, global_irradiance=_light()), **TABLE, **PLACE)
    with pytest.raises(InputError, match=r"wind_speed is missing at 2018-07-26T04:00, 2018-07-26T05:00; .*fill_gaps"):
        select_day(weather, "2018-07-26")


def test_times_out_of_order_doubled_or_off_the_steps() -> None:
    table = _table()
    with pytest.raises(InputError, match=r"2018-07-26T03:00 comes after 2018-07-26T04:00"):
        weather_from_table(table.iloc[[0, 1, 2, 4, 3, *range(5, 24)]], **TABLE)
    with pytest.raises(InputError, match="2018-07-26T01:00 is there twice"):
        weather_from_table(table.iloc[[0, 1, 1, *range(2, 24)]], **TABLE)
    odd = table.copy()
    odd.index = odd.index.where(np.arange(24) != 7, odd.index + pd.Timedelta(minutes=10))
    with pytest.raises(InputError, match="2018-07-26T07:10 does not lie on the steps of 60 min"):
        weather_from_table(odd, **TABLE)


def test_rows_that_are_missing_are_named_and_stay_empty() -> None:
    weather = weather_from_table(_table().drop(pd.Timestamp("2018-07-26T09:00")), **TABLE)
    assert weather.sizes["time"] == 24
    assert np.isnan(weather.air_temperature.values[9])
    assert "1 rows are missing in own table: 2018-07-26T09:00 to 2018-07-26T09:00" in weather.attrs["notes"]


def test_zone_and_label_are_never_guessed() -> None:
    with pytest.raises(InputError, match="times have no zone"):
        weather_from_table(_table(), interval="start")
    with pytest.raises(InputError, match="what a time label marks is not said"):
        weather_from_table(_table(), utc_offset=1)
    with pytest.raises(InputError, match="interval is 'middle'"):
        weather_from_table(_table(), utc_offset=1, interval="middle")


def test_summer_time_in_the_index_is_taken_out() -> None:
    index = pd.date_range("2018-07-26", periods=24, freq="h", tz="Europe/Berlin")
    weather = weather_from_table(_table().set_index(index), interval="start")
    assert weather.time.attrs["utc_offset_hours"] == 1.0
    assert weather.time.values[0] == np.datetime64("2018-07-25T23:00")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": {"Ta": "air_temperature"}}, "no column 'Ta'"),
        ({"columns": {"wind_speed": "windspeed"}}, "did you mean 'wind_speed'"),
        ({"units": {"air_temperature": "F"}}, "use one of: degC"),
        ({"units": {"cloud_cover": "1/8"}}, "does not hold"),
    ],
)
def test_unclear_columns_and_units(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        weather_from_table(_table(), **TABLE, **options)


def test_table_without_times_or_known_columns() -> None:
    with pytest.raises(InputError, match="make it times"):
        weather_from_table(_table().reset_index(drop=True), **TABLE)
    with pytest.raises(InputError, match="name them with columns"):
        weather_from_table(pd.DataFrame({"a": [1.0, 2.0]}, pd.date_range("2018", periods=2, freq="h")), **TABLE)
    with pytest.raises(InputError, match="DataFrame"):
        weather_from_table([1, 2, 3], **TABLE)  # type: ignore[arg-type]


READERS = {"epw": read_epw, "dwd_try": read_dwd_try, "dwd_cdc": read_dwd_cdc, "umep": read_umep_met}


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0", "no text|zero bytes|station product"),
        ("Straße;Haus\n1;2\n".encode("cp1252"), "does not hold|no station product"),
        ("LOCATION".encode("utf-16"), "UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, kind: str, content: bytes, words: str) -> None:
    file = tmp_path / "weather.txt"
    file.write_bytes(content)
    with pytest.raises(DataError, match=words):
        READERS[kind](file)


def test_a_file_given_to_the_wrong_reader_names_the_right_one(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 1)
    with pytest.raises(DataError, match=r"use twin\.weather\.read_epw"):
        read_dwd_try(file)
    with pytest.raises(DataError, match="no station product"):
        read_dwd_cdc(file)


def _damage(lines: list[str], how: str, separator: str | None) -> list[str]:
    middle = len(lines) - 5
    if how == "cut":
        return [*lines[:-1], lines[-1][: len(lines[-1]) // 2]]
    fields = lines[middle].split(separator)
    joint = " " if separator is None else separator
    if how == "word":
        fields[11] = "heiss"
    elif how == "month":
        fields[{",": 1}.get(str(separator), 2)] = "13"
    elif how == "hour":
        fields[{",": 3}.get(str(separator), 4)] = "25"
    return [*lines[:middle], joint.join(fields), *lines[middle + 1 :]]


@pytest.mark.parametrize("how", ["cut", "word", "month", "hour"])
@pytest.mark.parametrize("kind", ["epw", "dwd_try"])
def test_damaged_files_name_the_line(tmp_path: Path, minutes: Any, writers: Any, kind: str, how: str) -> None:
    file = getattr(writers, kind)(tmp_path / "a.txt", minutes, "2018-07-24", 2)
    lines = _damage(file.read_text().splitlines(), how, "," if kind == "epw" else None)
    if kind == "epw" and how == "word":
        lines = [line.replace("heiss", "0") if n != len(lines) - 5 else line for n, line in enumerate(lines)]
    file.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"line \d+"):
        READERS[kind](file)


def test_header_alone_and_header_without_place(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 1)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:8]))
    with pytest.raises(DataError, match="ends with its header"):
        read_epw(file)
    file.write_text("\n".join(["LOCATION,a,b,c,d,e,f,g,h,i", *lines[1:]]))
    with pytest.raises(DataError, match="latitude, longitude, zone"):
        read_epw(file)
    file.write_text("\n".join([lines[0], *lines[1:7], *lines[8:]]))
    with pytest.raises(DataError, match="DATA PERIODS"):
        read_epw(file)


def test_missing_codes_of_an_epw_stay_missing(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 2)
    lines = file.read_text().splitlines()
    fields = lines[20].split(",")
    fields[6], fields[8], fields[13], fields[21] = "99.9", "999", "9999", "999"
    file.write_text("\n".join([*lines[:20], ",".join(fields), *lines[21:]]))
    weather = read_epw(file)
    for name in ("air_temperature", "relative_humidity", "global_irradiance", "wind_speed"):
        assert np.flatnonzero(np.isnan(weather[name].values)).tolist() == [12]
    assert "dew_point_temperature" not in weather  # missing throughout


def test_typical_year_keeps_its_hours_and_names_its_years(tmp_path: Path, minutes: Any, writers: Any) -> None:
    july = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 2).read_text().splitlines()
    august = [line.replace("2018,7,", "2011,8,") for line in july[8:]]
    # a typical year runs through: 24 and 25 July of one year, 26 July named August here would leave a gap
    file = tmp_path / "tmy.epw"
    file.write_text("\n".join([*july, *august]))
    weather = read_epw(file)
    assert weather.attrs["years"] == "2011 (8), 2018 (7)"
    assert "typical year" in weather.attrs["notes"]
    assert str(weather.time.values[0])[:13] == "2001-07-24T00"
    assert float(weather.air_temperature.sel(time="2001-08-24T14:00")) == float(
        weather.air_temperature.sel(time="2001-07-24T14:00")
    )


def test_quarters_of_an_hour_in_an_epw(tmp_path: Path, minutes: Any, writers: Any) -> None:
    hourly = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 2).read_text().splitlines()
    head = [line.replace("DATA PERIODS,1,1,", "DATA PERIODS,1,4,") for line in hourly[:8]]
    rows = [
        ",".join([*line.split(",")[:4], str(quarter), *line.split(",")[5:]])
        for line in hourly[8:]
        for quarter in (15, 30, 45, 60)
    ]
    file = tmp_path / "quarter.epw"
    file.write_text("\n".join(head + rows))
    weather = read_epw(file)
    assert weather.time.attrs["step_seconds"] == 900.0
    assert weather.sizes["time"] == 192
    assert str(weather.time.values[1])[:16] == "2018-07-24T00:15"


def test_station_files_that_do_not_belong_together(tmp_path: Path, minutes: Any, writers: Any) -> None:
    one = writers.cdc(tmp_path / "one", minutes, "2018-07-24", 1, archive=False)
    other = writers.cdc(tmp_path / "other", minutes, "2018-07-24", 1, archive=False, station=1420)
    ten = writers.cdc_ten(tmp_path / "ten", minutes, "2018-07-24", 1)
    tu = sorted(one.glob("*_tu_*"))
    with pytest.raises(DataError, match="several stations"):
        read_dwd_cdc([*tu, *sorted(other.glob("*_ff_*"))])
    with pytest.raises(DataError, match="several lengths"):
        read_dwd_cdc([*tu, *sorted(ten.glob("*_ff_*"))])
    with pytest.raises(InputError, match=r"true solar time .* latitude"):
        read_dwd_cdc(one)
    with pytest.raises(DataError, match="place is not that of station 5906"):
        read_dwd_cdc(one, latitude=54.0, longitude=13.4)
    with pytest.raises(InputError, match="hold nothing between"):
        read_dwd_cdc(tu, period=("2020-01-01", "2020-01-02"))
    text = tu[0].read_text().splitlines()
    tu[0].write_text("\n".join([*text[:5], text[7], *text[5:]]))
    with pytest.raises(DataError, match=r"line 7: .* comes after|line 8: .* twice|line \d+"):
        read_dwd_cdc(tu)
    with pytest.raises(InputError, match="no file is named"):
        read_dwd_cdc([])


def test_missing_hours_of_a_station_stay_missing(tmp_path: Path, minutes: Any, writers: Any) -> None:
    folder = writers.cdc(tmp_path / "cdc", minutes, "2018-07-24", 3, archive=False)
    file = next(folder.glob("*_st_*"))
    lines = [line for line in file.read_text().splitlines() if not line.split(";")[1].startswith("2018072511:")]
    file.write_text("\n".join(lines))
    weather = read_dwd_cdc(folder, **PLACE)
    gap = weather.time.values[np.isnan(weather.global_irradiance.values)]
    inside = [str(t)[5:13] for t in gap if "07-25" in str(t)]
    assert inside == ["07-25T11", "07-25T12"]  # CET: the lost hour of solar time touches two of the clock
    with pytest.raises(InputError, match="missing at 2018-07-25T11:00, 2018-07-25T12:00"):
        select_day(weather, "2018-07-25")


def test_ten_minute_labels_before_2000_are_central_european(tmp_path: Path) -> None:
    row = "5906;199907260{}{}0;3;-999;20.0;-999;50.0;-999;eor\n"
    rows = "".join(row.format(hour, ten) for hour in range(3) for ten in range(6))
    file = tmp_path / "produkt_zehn_min_tu.txt"
    file.write_text("STATIONS_ID;MESS_DATUM;  QN;PP_10;TT_10;TM5_10;RF_10;TD_10;eor\n" + rows)
    weather = read_dwd_cdc(file)
    assert str(weather.time.values[0])[:16] == "1999-07-25T23:50"  # label 00:00 CET ends the step, written in CET


def test_weather_arrives_in_archives_and_gzip(tmp_path: Path, minutes: Any, writers: Any) -> None:
    plain = writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 1)
    packed = tmp_path / "b.epw.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/a.epw", plain.read_text())
    first = read_epw(plain)
    for other in (packed, archive):
        np.testing.assert_array_equal(read_weather(other).air_temperature, first.air_temperature)


def test_windows_1252_header_is_read(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.dwd_try(tmp_path / "a.dat", minutes, "2018-07-24", 1)
    text = file.read_text().replace("Hoehenlage", "Höhenlage")
    file.write_bytes(text.encode("cp1252"))
    assert read_dwd_try(file).attrs["elevation"] == 103.0


def test_test_reference_year_of_2010(tmp_path: Path) -> None:
    """Form of 2010, written here after its published description: place in degrees and minutes, 19 columns."""
    head = [
        "TRY00   SYNTHETISCH, fuer Tests erzeugt",
        "Station: keine                           WMO-Nummer: 00000",
        "Lage: 51°24'N <- B.   6°58'O <- L.   152 Meter über NN",
        "Art des TRY    : extremer Sommer",
        "Bezugszeitraum : 1988-2007",
        "RG    IS  MM  DD  HH  N   WR      WG       t       p        x   RF   W     B     D IK    A      E IL",
        "***",
    ]
    air = "9  999     2.5    22.1    985.7     9.8   56  24"
    rows = [
        f" 5     1   7   1  {h:2d}  {air}   {b:3d}   {d:3d} 9   382   -414  9"
        for h, b, d in [(h, 400 if 8 < h < 18 else 0, 100 if 6 < h < 20 else 0) for h in range(1, 25)]
    ]
    file = tmp_path / "TRY2010.dat"
    file.write_bytes("\n".join(head + rows).encode("cp1252"))
    with pytest.raises(InputError, match="holds 2 days; 20 are needed"):
        read_dwd_try(file)
    weather = read_dwd_try(file, interval="end")
    assert weather.attrs["latitude"] == pytest.approx(51.4)
    assert weather.attrs["longitude"] == pytest.approx(6 + 58 / 60)
    assert weather.attrs["elevation"] == 152.0
    assert weather.attrs["years"] == "extremer Sommer, 1988-2007"
    assert np.isnan(weather.cloud_cover).all()
    assert np.isnan(weather.wind_direction).all()
    assert float(weather.global_irradiance.sel(time="2001-07-01T12:00")) == 500.0


def test_try_without_a_place_asks_for_it(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.dwd_try(tmp_path / "a.dat", minutes, "2018-07-24", 1)
    text = file.read_text()
    east = text.split("Rechtswert        : ")[1].split()[0]
    file.write_text(text.replace(east, "9999999"))
    with pytest.raises(DataError, match="do not lie in Germany"):
        read_dwd_try(file)


def test_sun_of_a_try_may_be_dark_but_not_by_night(tmp_path: Path, minutes: Any, writers: Any) -> None:
    file = writers.dwd_try(tmp_path / "a.dat", minutes, "2018-07-24", 2)
    lines = file.read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("***")) + 1
    rows = [line.split() for line in lines[first:]]
    shifted = [[*row[:4], str((int(row[4]) + 11) % 24 + 1), *row[5:]] for row in rows]
    shifted = [row for _, row in sorted(enumerate(shifted), key=lambda pair: (pair[1][3], int(pair[1][4])))]
    file.write_text("\n".join([*lines[:first], *(" ".join(row) for row in shifted)]))
    with pytest.raises(DataError, match="sun is down"):
        read_dwd_try(file)


def test_unknown_kinds_and_options(tmp_path: Path, minutes: Any, writers: Any) -> None:
    other = tmp_path / "a.csv"
    other.write_text("a;b\n1;2\n")
    with pytest.raises(DataError, match="weather_from_table"):
        read_weather(other)
    with pytest.raises(InputError, match="kind is 'csv'"):
        read_weather(other, kind="csv")
    with pytest.raises(InputError, match="has no option 'zone'"):
        read_weather(writers.epw(tmp_path / "a.epw", minutes, "2018-07-24", 1), zone=1)


@pytest.mark.parametrize(
    "read",
    [
        lambda path: read_epw(path),
        lambda path: read_dwd_cdc(path),
        lambda path: read_weather(path),
    ],
)
def test_missing_files(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(TwinError, match="does not exist"):
        read(tmp_path / "nowhere.epw")


def test_wind_and_radiation_that_are_missing_altogether_are_asked_for() -> None:
    table = _table(global_irradiance=_light()).drop(columns="wind_speed")
    weather = weather_from_table(table, **TABLE, **PLACE)
    with pytest.raises(MissingDataError, match="give wind_speed"):
        select_day(weather, "2018-07-26")
    day = select_day(weather, "2018-07-26", wind_speed=1.5)
    assert "wind of 1.5 m/s, none was measured" in day.attrs["caveats"]
    with pytest.raises(MissingDataError, match="estimate_irradiance"):
        select_day(weather_from_table(_table(), **TABLE, **PLACE), "2018-07-26")


def test_units_that_a_dataset_states_itself_are_converted_or_refused() -> None:
    table = _table(wind_speed=7.2).rename_axis("time").to_xarray()
    table["wind_speed"].attrs["units"] = "km/h"
    assert weather_from_table(table, **TABLE).wind_speed.values == pytest.approx(2.0)
    assert weather_from_table(table, units={"wind_speed": "m/s"}, **TABLE).wind_speed.values == pytest.approx(7.2)
    table["wind_speed"].attrs["units"] = "furlong per fortnight"
    with pytest.raises(InputError, match=r"wind_speed states the unit 'furlong per fortnight'.*units="):
        weather_from_table(table, **TABLE)
    again = weather_from_table(weather_from_table(_table(), **TABLE), interval="start")  # units of this project
    assert "notes" not in again.attrs


def test_columns_that_are_not_read_are_named() -> None:
    table = _table(junk=1.0).rename(columns={"wind_speed": "wnd_speed"})
    notes = weather_from_table(table, **TABLE).attrs["notes"]
    assert "columns not read: wnd_speed (meant as wind_speed? columns={'wnd_speed': 'wind_speed'}), junk" in notes
    assert "notes" not in weather_from_table(_table(), **TABLE).attrs
