"""Forcing of the models: sun, cloudless hot day, design rain. Names are loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twin.weather.hot_day import hot_day  # at once: its module has the same name

# public name -> module of this room
_CONTENTS = {
    "solar_position": "sun",
    "clear_sky_irradiance": "sun",
    "block_rain": "rain",
    "euler_ii_rain": "rain",
}

__all__ = ["block_rain", "clear_sky_irradiance", "euler_ii_rain", "hot_day", "solar_position"]

if TYPE_CHECKING:
    from twin.weather.rain import block_rain, euler_ii_rain
    from twin.weather.sun import clear_sky_irradiance, solar_position


def __getattr__(name: str) -> Any:
    module = _CONTENTS.get(name)
    if module is None:
        raise AttributeError(f"module 'twin.weather' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"twin.weather.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
