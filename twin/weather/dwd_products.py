"""Which columns of the station products of the Deutscher Wetterdienst mean what, in which unit and for which time.

Taken from the data set descriptions beside the files (DESCRIPTION_obsgermany_climate_hourly_*, ..._10min_*): times are
UTC (10-minute products before 2000: CET); an hour's wind, radiation and sunshine are those of the hour before the
label, its temperature, humidity, pressure and cloud are read at the label; 10-minute values belong to the
interval before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MISSING = -999.0

J_PER_CM2 = 1e4
"""Joule per square metre in a J/cm2."""


@dataclass(frozen=True)
class Column:
    """One column of a product.

    variable : name in twin.variables
    kind : ``"mean"`` of the interval before the label, ``"sum"`` over it (J/cm2), ``"share"`` of it (minutes or
        hours), or ``"instant"`` at the label
    factor : to the unit of the variable; sums are divided by the length of the interval besides
    missing : a further value that means missing
    """

    variable: str
    kind: Literal["mean", "sum", "share", "instant"]
    factor: float = 1.0
    missing: float | None = None


HOURLY: dict[str, Column] = {
    "TT_TU": Column("air_temperature", "instant"),
    "RF_TU": Column("relative_humidity", "instant"),
    "TT_STD": Column("air_temperature", "instant"),
    "RF_STD": Column("relative_humidity", "instant"),
    "TD_STD": Column("dew_point_temperature", "instant"),
    "P_STD": Column("air_pressure", "instant"),
    "TT": Column("air_temperature", "instant"),
    "TD": Column("dew_point_temperature", "instant"),
    "P0": Column("air_pressure", "instant"),
    "V_N": Column("cloud_cover", "instant", 1 / 8, missing=-1.0),
    "F": Column("wind_speed", "mean"),
    "D": Column("wind_direction", "mean"),
    "SD_SO": Column("sunshine_fraction", "share", 60.0),
    "FG_LBERG": Column("global_irradiance", "sum", J_PER_CM2),
    "FD_LBERG": Column("diffuse_irradiance", "sum", J_PER_CM2),
    "ATMO_LBERG": Column("longwave_irradiance", "sum", J_PER_CM2),
    "FG_STRAHL": Column("global_irradiance", "sum", J_PER_CM2),
    "FD_STRAHL": Column("diffuse_irradiance", "sum", J_PER_CM2),
    "ATMO_STRAHL": Column("longwave_irradiance", "sum", J_PER_CM2),
}

TEN_MINUTES: dict[str, Column] = {
    "TT_10": Column("air_temperature", "mean"),
    "RF_10": Column("relative_humidity", "mean"),
    "TD_10": Column("dew_point_temperature", "mean"),
    "PP_10": Column("air_pressure", "mean"),
    "FF_10": Column("wind_speed", "mean"),
    "DD_10": Column("wind_direction", "mean"),
    "SD_10": Column("sunshine_fraction", "share", 3600.0),
    "GS_10": Column("global_irradiance", "sum", J_PER_CM2),
    "DS_10": Column("diffuse_irradiance", "sum", J_PER_CM2),
    "LS_10": Column("longwave_irradiance", "sum", J_PER_CM2),
}

SOLAR_TIME = "MESS_DATUM_WOZ"
ZENITH = "ZENIT"
EOR = "EOR"
PLAIN = ("STATIONS_ID", "MESS_DATUM", "QN", "QN_3", "QN_4", "QN_6", "QN_7", "QN_8", "QN_9", "QN_592", EOR, "")
"""Columns that hold no weather."""
