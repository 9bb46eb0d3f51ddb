"""Forcing of the models: sun, cloudless hot day, design rain. Names are loaded when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.contents import lazily
from twin.weather.hot_day import hot_day  # at once: its module has the same name

_CONTENTS = {
    "solar_position": "twin.weather.sun:solar_position",
    "clear_sky_irradiance": "twin.weather.sun:clear_sky_irradiance",
    "block_rain": "twin.weather.rain:block_rain",
    "euler_ii_rain": "twin.weather.rain:euler_ii_rain",
}

__all__ = ["block_rain", "clear_sky_irradiance", "euler_ii_rain", "hot_day", "solar_position"]

if TYPE_CHECKING:
    from twin.weather.rain import block_rain, euler_ii_rain
    from twin.weather.sun import clear_sky_irradiance, solar_position


__getattr__, __dir__ = lazily(__name__, _CONTENTS)
