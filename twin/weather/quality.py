"""Is this weather possible? Values out of range, wrong units, codes for missing values: named, with place and way out.

Small excesses of sensors (humidity up to 105 %, radiation down to -10 W/m2 at night) are cut to the possible and noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.variables import VARIABLES
from twin.weather.sun_steps import outside_air, sine_while_up

if TYPE_CHECKING:
    from twin.weather.steps import Origin

MISSING_CODES = (-999.0, -9999.0, -99999.0)
SENSOR_NOISE = -10.0
"""Pyranometers cool to the sky at night and then show up to some W/m2 below zero."""
SENSOR_HUMIDITY = 105.0
"""Capacitive sensors in fog, percent."""

IRRADIANCES = ("global_irradiance", "direct_normal_irradiance", "diffuse_irradiance")
Float = NDArray[np.float64]


def check_values(
    values: Mapping[str, Float],
    times: NDArray[np.datetime64],
    source: str,
    notes: list[str],
    error: type[TwinError],
) -> dict[str, Float]:
    """Return the values cleaned of codes and sensor noise; add to `notes` what was done.

    Parameters
    ----------
    values : mapping of name to array
        In the units of `twin.variables`.
    times : array of datetime64
        For messages.
    source : str
        For messages.
    notes : list of str
        Lengthened in place.
    error : type
        What is raised.

    Raises
    ------
    TwinError
        `error`, if a value is impossible or looks like another unit.

    Examples
    --------
    >>> from twin.errors import DataError
    >>> notes = []
    >>> times = np.datetime64("2024-07-01", "h") + np.arange(2)
    >>> check_values({"relative_humidity": np.array([101.0, 50.0])}, times, "x", notes, DataError)
    {'relative_humidity': array([100.,  50.])}
    >>> notes
    ['1 values of relative_humidity above 100 % set to 100 %']
    """
    clean: dict[str, Float] = {}
    for name, given in values.items():
        array = np.array(given, dtype=np.float64)
        code = np.isin(array, MISSING_CODES)
        if code.any():
            array[code] = np.nan
            notes.append(f"{int(code.sum())} values of {name} are the code {given[code][0]:g}: missing")
        _check_unit(name, array, source, error)
        if name == "relative_humidity":
            wet = (array > 100.0) & (array <= SENSOR_HUMIDITY)
            if wet.any():
                array[wet] = 100.0
                notes.append(f"{int(wet.sum())} values of {name} above 100 % set to 100 %")
        if name in IRRADIANCES:
            dark = (array < 0.0) & (array >= SENSOR_NOISE)
            if dark.any():
                array[dark] = 0.0
                notes.append(f"{int(dark.sum())} values of {name} slightly below 0 set to 0")
        _check_range(name, array, times, source, error)
        clean[name] = array
    return clean


def check_radiation(
    values: Mapping[str, Float],
    starts: NDArray[np.datetime64],
    step: float,
    latitude: float,
    longitude: float,
    origin: Origin,
) -> None:
    """Refuse global radiation that shines at night, or that is as weak as sums in J/cm2 taken for W/m2.

    Parameters
    ----------
    values : mapping of name to array
        Only `global_irradiance` is looked at.
    starts : array of datetime64
        Of the steps, UTC.
    step : float
        s.
    latitude, longitude : float
        Degrees.
    origin : Origin
        For messages, and whether the units are certain.

    Raises
    ------
    TwinError
        `origin.error`.
    """
    if "global_irradiance" not in values or step > 3 * 3600:
        return
    light = np.asarray(values["global_irradiance"])
    known = np.flatnonzero(light > 0)
    if len(known) == 0:
        return
    known = known[:: max(1, len(known) // 20_000)]
    sine, up = sine_while_up(starts[known], step, latitude=latitude, longitude=longitude)
    night = (up == 0) & (light[known] > 100.0)
    if night.sum() >= 3:
        n = known[night.argmax()]
        raise origin.error(
            f"{origin.name}: global_irradiance is {light[n]:g} W/m2 at {_stamp(starts[n])} UTC, when the sun is down "
            f"at {latitude:.2f}, {longitude:.2f} ({int(night.sum())} times); place, zone or the meaning of the time "
            "labels is wrong: twin.weather.label_convention finds the latter"
        )
    if not origin.units_stated:
        _check_energy_unit(light[known], starts[known], sine, up, origin)


def _check_energy_unit(light: Float, starts: NDArray[np.datetime64], sine: Float, up: Float, origin: Origin) -> None:
    high = (up == 1) & (sine > 0.3)
    if high.sum() < 6:
        return
    ratio = light[high] / (outside_air(starts[high]) * sine[high])
    days = starts[high].astype("datetime64[D]")
    means = np.array([ratio[days == day].mean() for day in np.unique(days) if (days == day).sum() >= 6])
    spread = np.array([ratio[days == day].std() for day in np.unique(days) if (days == day).sum() >= 6])
    if len(means) == 0:
        return
    # an hour's J/cm2 is 0.36 of its W/m2: clear days then show 0.28 of the light outside the air, and as smooth as ever
    smooth = bool(((means > 0.15) & (means < 0.36) & (spread < 0.12 * means)).any())
    dim = len(means) >= 10 and float(means.max()) < 0.32
    if smooth or dim:
        raise origin.error(
            f"{origin.name}: global_irradiance never exceeds {float(ratio.max()):.0%} of the light outside the air, "
            + ("on a day as smooth as a cloudless one" if smooth else f"in {len(means)} days")
            + "; it looks like hourly sums in J/cm2 taken for W/m2: state its unit, units={'global_irradiance': "
            "'J/cm2'} or 'W/m2'"
        )


def _check_unit(name: str, array: Float, source: str, error: type[TwinError]) -> None:
    seen = array[np.isfinite(array)]
    if len(seen) == 0:
        return
    low, high = float(seen.min()), float(seen.max())
    words = ""
    if name in ("air_temperature", "dew_point_temperature") and high > 60:
        if low > 180 and high < 340:
            words = "it looks like kelvin or tenths of a degree"
        elif high < 600:
            words = "it looks like tenths of a degree or Fahrenheit"
    elif name == "relative_humidity" and len(seen) >= 12 and high <= 1.0 and low >= 0 and high > 0.05:
        words = "it looks like a share from 0 to 1"
    elif name == "air_pressure" and (high < 120 or low > 40_000):
        words = "it looks like kPa" if high < 120 else "it looks like Pa"
    elif name in IRRADIANCES and high > 1800:
        words = "it looks like kJ/m2 or J/m2"
    if words:
        unit = VARIABLES[name].units
        raise error(f"{source}: {name} runs from {low:g} to {high:g}; {words}, and {unit} is expected: convert it")


def _check_range(name: str, array: Float, times: NDArray[np.datetime64], source: str, error: type[TwinError]) -> None:
    rule = VARIABLES.get(name)
    if rule is None:
        return
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    wrong = np.isinf(array) | (array < low) | (array > high)
    if wrong.any():
        n = int(wrong.argmax())
        raise error(
            f"{source}: {name} is {array[n]:g} {rule.units} at {_stamp(times[n])} ({int(wrong.sum())} such values); it "
            f"must lie in {low:g} to {high:g}; mark missing values as such, or correct the file"
        )


def _stamp(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m"))
