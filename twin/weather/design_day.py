"""Design days of climate analyses: a cloudless, calm summer day by convention, so that plans can be compared.

They are assumptions; results say so.
"""

from __future__ import annotations

import xarray as xr

from twin.weather.hot_day import hot_day

DATE, MAXIMUM, HOUR = "08-01", 29.0, 14
"""Day of the year, highest air temperature (degC) and hour at which PET is mapped, by the convention."""

CALM = 1.0
"""Wind at 10 m, m/s, of a day without overlying wind: light air of thermal origin alone. The convention names no speed;
indices need one, and the UTCI is defined from 0.5 m/s on."""


def hesse_day(
    *,
    latitude: float,
    longitude: float,
    year: int = 2001,
    max_temperature: float = MAXIMUM,
    wind_speed: float = CALM,
    elevation: float = 0.0,
) -> xr.Dataset:
    """Make the design day of the Hessian climate analysis: an autochthonous summer day, PET mapped at 14:00.

    1 August, cloudless, 29 degC, no overlying wind. Wind within the town (of 1 m/s here) and humidity are assumptions
    of this package. 14:00 is taken as local standard time; the value of the step that begins then is the one to map.

    Parameters
    ----------
    latitude, longitude : float
        Degrees.
    year : int
        In which 1 August is written; the sun differs by less than 0.2 degrees.
    max_temperature : float
        degC.
    wind_speed : float
        m/s at 10 m.
    elevation : float
        m above sea level, for the air mass.

    Returns
    -------
    xr.Dataset
        As `hot_day`; ``attrs["map_hour"]`` is 14.

    Raises
    ------
    InputError
        If a value is impossible.

    References
    ----------
    Land Hessen, statewide climate analysis (Landesweite Klimaanalyse): PET at 14:00 on an autochthonous summer day.

    Examples
    --------
    >>> day = hesse_day(latitude=50.1, longitude=8.7)
    >>> str(day.time.values[14])[:13], round(float(day.air_temperature.max()), 1), day.attrs["map_hour"]
    ('2001-08-01T14', 29.0, 14)
    """
    day = hot_day(
        f"{year}-{DATE}",
        max_temperature=max_temperature,
        latitude=latitude,
        longitude=longitude,
        wind_speed=wind_speed,
        elevation=elevation,
    )
    title = f"design day of the Hessian climate analysis: 1 August, cloudless, {max_temperature:g} degC"
    caveat = f"{day.attrs['caveats']}; design day by convention (1 August, {max_temperature:g} degC, no overlying wind)"
    return day.assign_attrs(title=title, caveats=caveat, map_hour=HOUR)
