"""Weather that never changes: for tests of a model, and for what-if questions. It is an assumption and says so."""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.units import Quantity, to_si
from twin.weather.steps import Origin, make_weather
from twin.weather.weather_table import NAMES


def constant_weather(
    date: str,
    *,
    utc_offset: float,
    step: Quantity = "1 h",
    latitude: float | None = None,
    longitude: float | None = None,
    **values: float,
) -> xr.Dataset:
    """Make a day on which nothing changes: for tests of a model, and for what-if questions.

    Parameters
    ----------
    date : str
        Day, such as ``"2024-07-01"``; the sun still moves in models that ask for it.
    utc_offset : float
        Hours that local standard time is ahead of UTC.
    step : number or str
        Length of a step, s or text; must divide a day.
    latitude, longitude : float, optional
        Degrees.
    **values : float
        By name of `twin.variables`, in its unit: ``air_temperature=30, relative_humidity=40, wind_speed=2``. Radiation
        that is not given is 0.

    Returns
    -------
    xr.Dataset
        Over `time`, flagged as assumed weather.

    Raises
    ------
    InputError
        If a name is not known or a value impossible.

    Examples
    --------
    >>> day = constant_weather("2024-07-01", utc_offset=1, air_temperature=30, relative_humidity=40, wind_speed=2)
    >>> float(day.air_temperature.min()), float(day.direct_normal_irradiance.max()), day.attrs["caveats"]
    (30.0, 0.0, 'assumed weather: constant through the day')
    """
    for key in values:
        if key not in NAMES or key == "direct_horizontal":
            raise InputError(f"{key!r} is not known; constant weather takes {', '.join(NAMES)}")
    seconds = to_si(step, "s", name="step", minimum=60, maximum=10800)
    count = round(86400 / seconds)
    if abs(count * seconds - 86400) > 1e-6:
        raise InputError(f"step is {seconds:g} s; it must divide a day of 86400 s, such as '1 h'")
    try:
        day = np.datetime64(date, "D")
    except (TypeError, ValueError) as error:
        raise InputError(f"date is {date!r}; write it as '2024-07-01'") from error
    radiation = dict.fromkeys(("global_irradiance", "direct_normal_irradiance", "diffuse_irradiance"), 0.0)
    arrays = {name: np.full(count, float(value)) for name, value in (radiation | values).items()}
    labels = day.astype("datetime64[ns]") + (np.arange(count) * seconds * 1e9).astype("timedelta64[ns]")
    origin = Origin(
        name="constant weather",
        kind="assumption",
        caveats=("assumed weather: constant through the day",),
        error=InputError,
    )
    result = make_weather(arrays, labels, origin, interval="start", utc_offset=utc_offset, step=seconds)
    for key, place in (("latitude", latitude), ("longitude", longitude)):
        if place is not None:
            result.attrs[key] = float(place)
    return result
