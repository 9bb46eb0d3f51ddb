"""One synthetic week of changing sun, minute by minute, and the same week written as every kind of file.

All of it is made here from formulas: no file of a weather service is part of the tests.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from twin.weather.sun import clear_sky_irradiance, solar_position

LATITUDE, LONGITUDE, ELEVATION = 49.49, 8.46, 103.0


@dataclass(frozen=True)
class Minutes:
    """Weather at every minute; instants in UTC."""

    utc: np.ndarray
    values: dict[str, np.ndarray]
    latitude: float
    longitude: float

    def mean(self, name: str, starts: np.ndarray, seconds: float) -> np.ndarray:
        """Mean of a value over steps (UTC starts), from its cumulated sum."""
        total = np.r_[0.0, np.cumsum(self.values[name])]
        begin = np.round((starts - self.utc[0]) / np.timedelta64(60, "s")).astype(int)
        end = begin + round(seconds / 60)
        return (total[end] - total[begin]) / (end - begin)

    def at(self, name: str, instants: np.ndarray) -> np.ndarray:
        """Value at instants (UTC)."""
        return self.values[name][np.round((instants - self.utc[0]) / np.timedelta64(60, "s")).astype(int)]


def make_minutes(
    day: str = "2018-07-24",
    days: int = 5,
    latitude: float = LATITUDE,
    longitude: float = LONGITUDE,
    cloud: float = 0.0,
    seed: int = 0,
) -> Minutes:
    """Clear sky of `days` days from `day` on (and a day on either side), dimmed by passing clouds."""
    utc = np.datetime64(day, "ns") - np.timedelta64(1, "D")
    utc = utc + np.arange((days + 2) * 1440) * np.timedelta64(60, "s")
    middle = utc + np.timedelta64(30, "s")
    _, beam, diffuse = clear_sky_irradiance(middle, latitude=latitude, longitude=longitude, elevation=ELEVATION)
    altitude, _ = solar_position(middle, latitude=latitude, longitude=longitude)
    shade = np.ones(len(utc))
    if cloud:
        knots = np.random.default_rng(seed).uniform(0.05, 1.0, (days + 2) * 8 + 1)
        shade = np.interp(np.arange(len(utc)), np.arange(len(knots)) * 180, np.minimum(1.0, knots + 1.0 - cloud))
    beam = beam * shade
    hours = (utc - utc[0]) / np.timedelta64(1, "h")
    air = 24.0 + 0.05 * hours - 8.0 * np.cos(2 * np.pi * (hours + longitude / 15 - 3) / 24)
    return Minutes(
        utc,
        {
            "global_irradiance": beam * np.maximum(np.sin(np.radians(altitude)), 0.0) + diffuse,
            "direct_normal_irradiance": beam,
            "diffuse_irradiance": diffuse,
            "air_temperature": air,
            "relative_humidity": 60.0 - 1.2 * (air - 20.0),
            "wind_speed": 2.0 + np.sin(2 * np.pi * hours / 24),
            "longwave_irradiance": 360.0 + 2.0 * (air - 20.0),
            "cloud_cover": np.full(len(utc), 0.25),
        },
        latitude,
        longitude,
    )


@pytest.fixture(scope="session")
def minutes() -> Minutes:
    return make_minutes()


@pytest.fixture(scope="session")
def minutes_maker() -> Callable[..., Minutes]:
    return make_minutes


def clock(day: str, days: int, offset: float = 1.0) -> Iterator[tuple[pd.Timestamp, np.datetime64]]:
    """Yield the starts of hours on a clock, and in UTC."""
    for hour in range(24 * days):
        local = pd.Timestamp(day) + pd.Timedelta(hours=hour)
        yield local, np.datetime64(local - pd.Timedelta(hours=offset), "ns")


def hourly(source: Minutes, day: str, days: int, offset: float = 1.0) -> tuple[list[pd.Timestamp], pd.DataFrame]:
    pairs = list(clock(day, days, offset))
    starts = np.array([utc for _, utc in pairs])
    return [local for local, _ in pairs], pd.DataFrame(
        {name: source.mean(name, starts, 3600.0) for name in source.values}
    )


def write_epw(path: Path, source: Minutes, day: str, days: int, offset: float = 1.0) -> Path:
    """EPW: hours 1 to 24, labelled by their end, in the zone of the header."""
    local, table = hourly(source, day, days, offset)
    lines = [
        f"LOCATION,Synthetic,-,DEU,made for tests,000000,{source.latitude},{source.longitude},{offset},{ELEVATION}",
        "DESIGN CONDITIONS,0",
        "TYPICAL/EXTREME PERIODS,0",
        "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
        'COMMENTS 1,"synthetic, made for tests"',
        "COMMENTS 2,",
        "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
    ]
    for stamp, row in zip(local, table.itertuples(), strict=True):
        fields = [stamp.year, stamp.month, stamp.day, stamp.hour + 1, 60, "?9?9?9?9E0"]
        fields += [f"{row.air_temperature:.3f}", 99.9, f"{row.relative_humidity:.3f}", 999999, 9999, 9999]
        fields += [f"{row.longwave_irradiance:.2f}", f"{row.global_irradiance:.3f}"]
        fields += [f"{row.direct_normal_irradiance:.3f}", f"{row.diffuse_irradiance:.3f}"]
        fields += [999999, 999999, 999999, 9999, 999, f"{row.wind_speed:.3f}", 2, 2, 9999, 99999, 9, 999999999]
        fields += [999, 0.999, 999, 99, 999, 999, 99]
        lines.append(",".join(map(str, fields)))
    path.write_text("\n".join(lines) + "\n")
    return path


TRY_HEADER = """Koordinatensystem : Lambert konform konisch
Rechtswert        : {east} Meter
Hochwert          : {north} Meter
Hoehenlage        : 103 Meter ueber NN
SYNTHETISCH, fuer Tests erzeugt

Art des TRY       : mittleres Jahr
Bezugszeitraum    : 1995-2012
Datenbasis        : keine, aus Formeln gerechnet

     RW      HW MM DD HH     t    p  WR   WG N    x  RF    B    D   A    E IL
*** 
"""  # noqa: W291


def write_try(path: Path, source: Minutes, day: str, days: int) -> Path:
    """Test reference year of 2017: hours 1 to 24 CET, labelled by their end, direct radiation on the ground."""
    from pyproj import Transformer

    east, north = Transformer.from_crs(4326, 3034, always_xy=True).transform(source.longitude, source.latitude)
    local, table = hourly(source, day, days)
    text = TRY_HEADER.format(east=round(east), north=round(north))
    for stamp, row in zip(local, table.itertuples(), strict=True):
        direct = row.global_irradiance - row.diffuse_irradiance
        text += (
            f"{round(east):7d} {round(north):7d} {stamp.month:2d} {stamp.day:2d} {stamp.hour + 1:2d} "
            f"{row.air_temperature:6.3f} {1004:4d} {210:3d} {row.wind_speed:5.3f} 2 {9.5:4.1f} "
            f"{row.relative_humidity:6.3f} {direct:8.3f} {row.diffuse_irradiance:8.3f} {row.longwave_irradiance:6.1f} "
            f"{-420:4d}  1\n"
        )
    path.write_text(text)
    return path


def write_umep(path: Path, source: Minutes, day: str, days: int, interval: str = "start", offset: float = 1.0) -> Path:
    """UMEP: year, day of the year, hour, minute and 20 columns; nothing says what an hour labels."""
    lag = {"start": 0, "end": 60, "instant": 30}[interval]
    lines = ["iy id it imin qn qh qe qs qf U RH Tair pres rain kdown snow ldown fcld wuh xsmd lai kdiff kdir wdir"]
    for local, utc in clock(day, days, offset):
        one = np.array([utc - np.timedelta64(lag, "m")])  # the step that the label `local` stands for
        value = {name: float(source.mean(name, one, 3600.0)[0]) for name in source.values}
        if interval == "instant":
            value = {name: float(source.at(name, np.array([utc]))[0]) for name in source.values}
        row = [local.year, local.day_of_year, local.hour, 0, *[-999.0] * 5, value["wind_speed"]]
        row += [value["relative_humidity"], value["air_temperature"], 100.4, -999.0, value["global_irradiance"], -999.0]
        row += [value["longwave_irradiance"], 0.25, *[-999.0] * 3]
        row += [value["diffuse_irradiance"], value["direct_normal_irradiance"], 210.0]
        lines.append(" ".join(f"{number:.3f}" if n > 3 else str(number) for n, number in enumerate(row)))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_cdc(folder: Path, source: Minutes, day: str, days: int, *, archive: bool = True, station: int = 5906) -> Path:
    """Station products: temperature at the label, wind of the hour before, radiation in hours of true solar time."""
    span = pd.date_range(pd.Timestamp(day) - pd.Timedelta(hours=6), periods=24 * days + 12, freq="h")
    tu = ["STATIONS_ID;MESS_DATUM;QN_9;TT_TU;RF_TU;eor"]
    ff = ["STATIONS_ID;MESS_DATUM;QN_3;   F;   D;eor"]
    n = ["STATIONS_ID;MESS_DATUM;QN_8;V_N_I; V_N;eor"]
    for stamp in span:
        at = np.array([np.datetime64(stamp, "ns")])
        text = stamp.strftime("%Y%m%d%H")
        air, humid = (float(source.at(name, at)[0]) for name in ("air_temperature", "relative_humidity"))
        wind = float(source.mean("wind_speed", at - np.timedelta64(3600, "s"), 3600.0)[0])
        tu.append(f"{station:11d};{text};    3;{air:7.3f};{humid:7.3f};eor")
        ff.append(f"{station:11d};{text};    3;{wind:7.3f}; 210;eor")
        n.append(f"{station:11d};{text};    3;   I;   2;eor")
    st = ["STATIONS_ID;MESS_DATUM;QN_592;ATMO_LBERG;FD_LBERG;FG_LBERG;SD_LBERG;ZENIT;MESS_DATUM_WOZ;eor"]
    for stamp in span:
        offset = equation_of_time(stamp) + 4 * source.longitude  # minutes that solar time is ahead of UTC
        end = stamp - pd.Timedelta(minutes=round(offset) % 60)
        utc = np.array([np.datetime64(end, "ns")])
        start = utc - np.timedelta64(3600, "s")
        energy = {
            key: float(source.mean(name, start, 3600.0)[0]) * 0.36  # W/m2 over an hour in J/cm2
            for key, name in (
                ("atmo", "longwave_irradiance"),
                ("fd", "diffuse_irradiance"),
                ("fg", "global_irradiance"),
            )
        }
        middle = utc - np.timedelta64(1800, "s")
        zenith = 90 - solar_position(middle, latitude=source.latitude, longitude=source.longitude)[0][0]
        solar = (end + pd.Timedelta(minutes=round(offset))).strftime("%Y%m%d%H:%M")
        st.append(
            f"{station:11d};{end.strftime('%Y%m%d%H:%M')};    1;{energy['atmo']:9.4f};{energy['fd']:9.4f};"
            f"{energy['fg']:9.4f};   0;{zenith:7.2f};{solar};eor"
        )
    geography = [
        "Stations_id;Stationshoehe;Geogr.Breite;Geogr.Laenge;von_datum;bis_datum;Stationsname",
        f"{station};{ELEVATION};{source.latitude:.4f};{source.longitude:.4f};19800101;;Synthetisch",
    ]
    folder.mkdir(exist_ok=True)
    for name, lines in (("tu", tu), ("ff", ff), ("n", n), ("st", st)):
        text = "\n".join(lines) + "\n"
        product = f"produkt_{name}_stunde_{span[0]:%Y%m%d}_{span[-1]:%Y%m%d}_{station:05d}.txt"
        if archive:
            with zipfile.ZipFile(folder / f"stundenwerte_{name.upper()}_{station:05d}.zip", "w") as file:
                file.writestr(f"Metadaten_Geographie_{station:05d}.txt", "\n".join(geography))
                file.writestr(product, text)
        else:
            (folder / product).write_text(text)
    return folder


def write_cdc_ten_minutes(folder: Path, source: Minutes, day: str, days: int, station: int = 5906) -> Path:
    """Station products of 10 minutes: labelled by the end of the interval, UTC."""
    span = pd.date_range(pd.Timestamp(day) - pd.Timedelta(hours=3), periods=144 * days + 36, freq="10min")
    starts = (span - pd.Timedelta(minutes=10)).to_numpy().astype("datetime64[ns]")
    mean = {name: source.mean(name, starts, 600.0) for name in source.values}
    tu = ["STATIONS_ID;MESS_DATUM;  QN;PP_10;TT_10;TM5_10;RF_10;TD_10;eor"]
    ff = ["STATIONS_ID;MESS_DATUM;  QN;FF_10;DD_10;eor"]
    solar = ["STATIONS_ID;MESS_DATUM;  QN;DS_10;GS_10;SD_10;LS_10;eor"]
    for n, stamp in enumerate(span):
        head = f"{station:11d};{stamp:%Y%m%d%H%M};    3"
        tu.append(f"{head};1004.0;{mean['air_temperature'][n]:.3f};-999;{mean['relative_humidity'][n]:.3f};-999;eor")
        ff.append(f"{head};{mean['wind_speed'][n]:.3f};210;eor")
        sums = [mean[k][n] * 0.06 for k in ("diffuse_irradiance", "global_irradiance", "longwave_irradiance")]
        solar.append(f"{head};{sums[0]:.4f};{sums[1]:.4f};0.167;{sums[2]:.4f};eor")
    folder.mkdir(exist_ok=True)
    for name, lines in (("tu", tu), ("ff", ff), ("solar", solar)):
        (folder / f"produkt_zehn_min_{name}_{station:05d}.txt").write_text("\n".join(lines) + "\n")
    return folder


def equation_of_time(stamp: pd.Timestamp) -> float:
    """Minutes that the true sun is ahead of the mean sun (Spencer 1971)."""
    angle = 2 * np.pi * (stamp.day_of_year - 1) / 365
    return 229.18 * (
        7.5e-5 + 1.868e-3 * np.cos(angle) - 3.2077e-2 * np.sin(angle)
        - 1.4615e-2 * np.cos(2 * angle) - 4.0849e-2 * np.sin(2 * angle)
    )  # fmt: skip


@pytest.fixture(scope="session")
def writers() -> SimpleNamespace:
    return SimpleNamespace(
        epw=write_epw, dwd_try=write_try, umep=write_umep, cdc=write_cdc, cdc_ten=write_cdc_ten_minutes, hourly=hourly
    )


@pytest.fixture(scope="session")
def expected(minutes: Minutes) -> xr.Dataset:
    """What every file should say of 26 July 2018: means of the hours of German standard time."""
    local, table = hourly(minutes, "2018-07-26", 1)
    return xr.Dataset({name: ("time", table[name].to_numpy()) for name in table}, {"time": pd.DatetimeIndex(local)})
