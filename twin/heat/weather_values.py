"""Which weather the heat model takes, and how it says no: gaps, impossible values, times, light without sun.

What can be mended by a stated rule is mended and said; everything else is refused by name, time and value.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError
from twin.heat.known_sky import SKY, check_sky
from twin.heat.weather_units import in_house_units
from twin.variables import VARIABLES

NEEDED = ("air_temperature", "relative_humidity", "wind_speed")
LIGHT = ("global_irradiance", "direct_normal_irradiance", "diffuse_irradiance")

WEATHER_HINT = (
    "heat takes an xarray.Dataset over time: make one with twin.weather.weather_from_table (of a table), read_weather "
    "(of a file) or hot_day"
)
"""Said where weather is something else."""

MOST_HUMID = 110.0
"""Humidity up to which a reading over 100 % counts as saturated air, percent: sensors drift; above, it is an error."""

DARK = 20.0
"""Light in a step in which the sun is down all the time, from which the time must be wrong, W/m2: at the end of
civil twilight a clear sky gives less than 1, with the sun on the horizon about 15."""

OPEN_BALANCE, OPEN_SHARE = 50.0, 0.1
"""What global, direct and diffuse light may leave open in the median step by day, W/m2 and share of the global: far
above the error of sensors, so that only wrong units, times or meanings are refused."""

CALM = 0.5
"""Wind 10 m above ground below which indices count more than there is, m/s."""

Float = NDArray[np.float64]
Times = NDArray[np.datetime64]


def check_weather(weather: xr.Dataset) -> tuple[dict[str, Float], float, list[str]]:
    """Return the weather's values, its step (s) and what was changed; refuse what is impossible.

    Parameters
    ----------
    weather : xr.Dataset
        See `twin.heat.forcing.make_forcing`.

    Raises
    ------
    InputError, MissingDataError

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> values, step, said = check_weather(day)
    >>> step, said
    (3600.0, [])
    """
    if not isinstance(weather, xr.Dataset):
        raise InputError(f"the weather is a {type(weather).__name__}; {WEATHER_HINT}")
    if "time" not in weather.coords or weather["time"].dims != ("time",):
        raise InputError("the weather has no coordinate 'time'; see twin.weather.hot_day for what it must hold")
    there = [name for name in LIGHT if name in weather]
    for name in NEEDED:
        if name not in weather:
            raise MissingDataError(f"the weather has no variable {name!r}; heat needs {', '.join(NEEDED)} and light")
    if "global_irradiance" not in there and len(there) < 2:
        missing = [name for name in LIGHT[1:] if name not in there]
        raise MissingDataError(
            f"the weather has no variable {missing[0]!r}; heat needs two of {', '.join(LIGHT)}, or the first alone, "
            "which is then split"
        )
    step = _check_times(weather["time"])
    caveats: list[str] = []
    values: dict[str, Float] = {}
    for name in (*NEEDED, *there, *(name for name in SKY if name in weather)):
        if weather[name].dims != ("time",):
            raise InputError(f"{name} has dims {weather[name].dims}; weather is over ('time',) only")
        array, converted = in_house_units(weather[name], name)
        caveats += [converted] if converted else []
        if name in SKY:
            check_sky(name, array, values["air_temperature"], weather["time"].values)
        else:
            if name == "relative_humidity":
                caveats += _humidity(array)
            _check_range(name, array, weather["time"].values)
        values[name] = array
    calm = values["wind_speed"] < CALM
    if calm.any():
        caveats.append(
            f"wind is as low as {values['wind_speed'].min():g} m/s, below {CALM} in {int(calm.sum())} steps: UTCI "
            "counts calm air as 0.5 m/s at 10 m, perceived temperature as 0.1 and WBGT as 0.13 m/s at the person, "
            "PET as it is"
        )
    return values, step, caveats


def light_by_night(
    values: dict[str, Float], sine: Float, highest: Float, instants: Times, starts: Times
) -> tuple[Float, Float, list[str]]:
    """Return beam and diffuse light, W/m2, split where only the global is known; refuse light without sun.

    Parameters
    ----------
    values : dict
        Of `check_weather`.
    sine : array (steps,)
        Of the sun's altitude, mean while it is up; 0 at night.
    highest : array (steps,)
        Highest altitude of the sun in each step, degrees.
    instants, starts : array
        Moments in each step, UTC, and its beginning as the weather counts.

    References
    ----------
    D. Erbs, S. Klein, J. Duffie (1982): Estimation of the diffuse radiation fraction for hourly, daily and
    monthly-average global radiation. Solar Energy 28, 293-302, as implemented by pvlib.

    Examples
    --------
    >>> noon = np.array(["2018-07-26T11"], "M8[ns]")
    >>> light = {"global_irradiance": np.array([800.0])}
    >>> beam, diffuse, said = light_by_night(light, np.array([0.85]), np.array([58.0]), noon[:, None], noon)
    >>> round(float(beam[0] * 0.85 + diffuse[0]), 6), len(said)
    (800.0, 1)
    """
    _refuse_light_at_night(values, highest, starts)
    _refuse_open_balance(values, sine)
    day = sine > 0
    divisor = np.where(day, sine, 1.0)
    whole = values.get("global_irradiance")
    beam, diffuse = values.get("direct_normal_irradiance"), values.get("diffuse_irradiance")
    said: list[str] = []
    if whole is not None and beam is None and diffuse is None:
        beam, diffuse = _split(whole, sine, instants)
        said.append("direct and diffuse irradiance are estimated from the global after Erbs et al. (1982)")
    elif beam is None and whole is not None and diffuse is not None:
        # close to the horizon a small error would be divided by the sine
        beam = np.where(sine > 0.02, np.maximum(whole - diffuse, 0.0) / divisor, 0.0)
        said.append("direct irradiance is what the global leaves beside the diffuse")
    elif diffuse is None and whole is not None and beam is not None:
        diffuse = np.maximum(whole - beam * sine, 0.0)
        said.append("diffuse irradiance is what the global leaves beside the direct")
    assert beam is not None
    assert diffuse is not None
    return np.where(day, np.minimum(beam, 1500.0), 0.0), diffuse, said


def _split(whole: Float, sine: Float, instants: Times) -> tuple[Float, Float]:
    from pvlib.irradiance import erbs

    middle = instants[:, instants.shape[1] // 2]
    day = ((middle - middle.astype("datetime64[Y]")) / np.timedelta64(1, "D")).astype(np.int64) + 1
    zenith = np.degrees(np.arccos(np.clip(sine, 0.0, 1.0)))
    found = erbs(whole, zenith, day)
    diffuse = np.where(sine > 0, np.clip(np.nan_to_num(np.asarray(found["dhi"])), 0.0, whole), whole)
    beam = np.where(sine > 0, (whole - diffuse) / np.where(sine > 0, sine, 1.0), 0.0)
    return beam, diffuse


def _refuse_light_at_night(values: dict[str, Float], highest: Float, starts: Times) -> None:
    for name in LIGHT:
        if name not in values:
            continue
        wrong = np.flatnonzero((values[name] > DARK) & (highest < -1.0))
        if len(wrong):
            n = wrong[0]
            raise InputError(
                f"{name} is {values[name][n]:g} W m-2 at {np.datetime_as_string(starts[n], unit='m')}, when the sun is "
                f"{-highest[n]:.1f} degrees below the horizon; check the place, time.attrs['utc_offset_hours'] and "
                "time.attrs['interval']"
            )


def _refuse_open_balance(values: dict[str, Float], sine: Float) -> None:
    high = sine > np.sin(np.radians(10.0))
    if not all(name in values for name in LIGHT) or not high.any():
        return
    whole, beam, diffuse = (values[name][high] for name in LIGHT)
    left = np.abs(whole - (diffuse + beam * sine[high]))
    typical, share = float(np.median(left)), float(np.median(left / np.maximum(whole, 1.0)))
    if typical > OPEN_BALANCE and share > OPEN_SHARE:
        raise InputError(
            f"global_irradiance and diffuse_irradiance plus direct_normal_irradiance on the ground differ by "
            f"{typical:.0f} W m-2 ({100 * share:.0f} %) in the median step with the sun above 10 degrees; they must "
            f"agree within {OPEN_BALANCE:g} W m-2 or {100 * OPEN_SHARE:g} %: check the labels of the times with "
            "twin.weather.label_convention, and that all are W m-2 and the direct is that on a surface facing the sun"
        )


def _check_times(time: xr.DataArray) -> float:
    if time.dtype.kind != "M":
        raise InputError(f"the weather's time is of type {time.dtype}; it must be datetime64")
    if "utc_offset_hours" not in time.attrs:
        raise InputError(
            "the weather's time does not say its zone, and an hour's error moves every shadow; set "
            "weather.time.attrs['utc_offset_hours'] (1.0 for German standard time, 0.0 for UTC)"
        )
    _check_offset(time.attrs["utc_offset_hours"])
    if time.attrs.get("interval", "start") not in ("start", "end"):
        raise InputError(f"time.attrs['interval'] is {time.attrs['interval']!r}; it must be 'start' or 'end'")
    if np.isnat(time.values).any():
        raise InputError("a time of the weather is missing (NaT); every step needs one")
    seconds = np.diff(time.values) / np.timedelta64(1, "s")
    back = np.flatnonzero(seconds <= 0)
    said = np.datetime_as_string(time.values, unit="m")
    if len(back):
        raise InputError(
            f"the weather's times are out of order: {said[back[0] + 1]} follows {said[back[0]]}; sort them and "
            "drop doubles; the time steps must be regular and ascending"
        )
    if len(seconds) == 0 or not np.allclose(seconds, seconds[0], rtol=0, atol=1e-3):
        raise InputError("the weather's time steps are not regular and ascending; resample them to one step")
    step = float(seconds[0])
    if abs(round(86400 / step) * step - 86400) > 1e-3 or len(time) < round(86400 / step) or step > 3 * 3600:
        raise InputError(
            f"the weather holds {len(time)} steps of {step:g} s; it must cover a whole day in steps of at most 3 h "
            "that divide a day, because the ground's warmth depends on the hours before"
        )
    return step


def _check_offset(offset: object) -> None:
    number = isinstance(offset, (int, float, np.number)) and not isinstance(offset, bool)
    if not number or not -12.0 <= float(offset) <= 14.0:  # type: ignore[arg-type]
        raise InputError(
            f"time.attrs['utc_offset_hours'] is {offset!r}; it must be a number of hours in -12 to 14, such as 1.0 for "
            "German standard time"
        )


def _humidity(array: Float) -> list[str]:
    """Refuse what looks like a share; cut readings of drifting sensors, in place."""
    if len(array) and np.nanmax(array, initial=-np.inf) <= 1.0:
        raise InputError(
            f"relative_humidity is at most {np.nanmax(array, initial=-np.inf):g} % at all times, which looks like a "
            "share; multiply it by 100, or state attrs['units'] = '1'"
        )
    over = (array > 100.0) & (array <= MOST_HUMID)
    if not over.any():
        return []
    array[over] = 100.0
    return [f"relative_humidity over 100 % in {int(over.sum())} steps counts as 100 %"]


def _check_range(name: str, array: Float, time: Times) -> None:
    rule = VARIABLES[name]
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    wrong = np.flatnonzero(~((array >= low) & (array <= high)))
    if len(wrong):
        n = wrong[0]
        if np.isnan(array[n]):
            raise InputError(
                f"{name} is missing (nan) at {np.datetime_as_string(time[n], unit='m')}, and in "
                f"{int(np.isnan(array).sum())} steps in all; fill short gaps with twin.weather.fill_gaps(weather, "
                "longest='2 h'), or take another day"
            )
        raise InputError(
            f"{name} is {array[n]:g} {rule.units} at {np.datetime_as_string(time[n], unit='m')}; "
            f"it must lie in {low:g} to {high:g}"
        )
