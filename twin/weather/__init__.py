"""Forcing of the models: sun, weather from files and tables, design days, design rain. Names load when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.contents import lazily
from twin.weather.hot_day import hot_day  # at once: its module has the same name

_CONTENTS = {
    "solar_position": "twin.weather.sun:solar_position",
    "clear_sky_irradiance": "twin.weather.sun:clear_sky_irradiance",
    "block_rain": "twin.weather.rain:block_rain",
    "euler_ii_rain": "twin.weather.rain:euler_ii_rain",
    "hesse_day": "twin.weather.design_day:hesse_day",
    "constant_weather": "twin.weather.unchanging:constant_weather",
    "read_weather": "twin.weather.weather_files:read_weather",
    "read_epw": "twin.weather.epw:read_epw",
    "read_dwd_try": "twin.weather.dwd_try:read_dwd_try",
    "read_dwd_cdc": "twin.weather.dwd_stations:read_dwd_cdc",
    "read_umep_met": "twin.weather.umep:read_umep_met",
    "weather_from_table": "twin.weather.weather_table:weather_from_table",
    "LabelConvention": "twin.weather.closure:LabelConvention",
    "label_convention": "twin.weather.closure:label_convention",
    "relabel": "twin.weather.steps:relabel",
    "day_from_file": "twin.weather.file_day:day_from_file",
    "select_day": "twin.weather.days:select_day",
    "hottest_day": "twin.weather.days:hottest_day",
    "typical_hot_day": "twin.weather.days:typical_hot_day",
    "fill_gaps": "twin.weather.gaps:fill_gaps",
    "longer_steps": "twin.weather.gaps:longer_steps",
    "split_global": "twin.weather.radiation_split:split_global",
    "estimate_irradiance": "twin.weather.radiation_split:estimate_irradiance",
    "wind_at": "twin.weather.wind_profile:wind_at",
    "relative_humidity": "twin.weather.humidity:relative_humidity",
    "pressure_at": "twin.weather.humidity:pressure_at",
}

__all__ = [
    "LabelConvention",
    "block_rain",
    "clear_sky_irradiance",
    "constant_weather",
    "day_from_file",
    "estimate_irradiance",
    "euler_ii_rain",
    "fill_gaps",
    "hesse_day",
    "hot_day",
    "hottest_day",
    "label_convention",
    "longer_steps",
    "pressure_at",
    "read_dwd_cdc",
    "read_dwd_try",
    "read_epw",
    "read_umep_met",
    "read_weather",
    "relabel",
    "relative_humidity",
    "select_day",
    "solar_position",
    "split_global",
    "typical_hot_day",
    "weather_from_table",
    "wind_at",
]

if TYPE_CHECKING:
    from twin.weather.closure import LabelConvention, label_convention
    from twin.weather.days import hottest_day, select_day, typical_hot_day
    from twin.weather.design_day import hesse_day
    from twin.weather.dwd_stations import read_dwd_cdc
    from twin.weather.dwd_try import read_dwd_try
    from twin.weather.epw import read_epw
    from twin.weather.file_day import day_from_file
    from twin.weather.gaps import fill_gaps, longer_steps
    from twin.weather.humidity import pressure_at, relative_humidity
    from twin.weather.radiation_split import estimate_irradiance, split_global
    from twin.weather.rain import block_rain, euler_ii_rain
    from twin.weather.steps import relabel
    from twin.weather.sun import clear_sky_irradiance, solar_position
    from twin.weather.umep import read_umep_met
    from twin.weather.unchanging import constant_weather
    from twin.weather.weather_files import read_weather
    from twin.weather.weather_table import weather_from_table
    from twin.weather.wind_profile import wind_at


__getattr__, __dir__ = lazily(__name__, _CONTENTS)
