"""Units that weather states for itself, turned into those of `twin.variables`; what is not known is refused by name.

A variable without `attrs["units"]` is taken to be in the house's unit.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError
from twin.units import to_si
from twin.variables import VARIABLES

_SPELLINGS = {
    "degC": ("degC", "°C", "C", "deg C", "celsius", "Celsius", "degree_Celsius", "degrees_Celsius"),
    "%": ("%", "percent"),
    "m s-1": ("m s-1", "m/s", "m s^-1", "m s**-1", "ms-1"),
    "W m-2": ("W m-2", "W/m2", "W/m²", "W m^-2", "W m**-2"),
    "1": ("1", "-", "", "dimensionless"),
}
"""Ways in which the house's units are written."""

_OTHERS: dict[str, dict[str, tuple[float, float]]] = {
    "degC": {
        "K": (1.0, -273.15),
        "kelvin": (1.0, -273.15),
        "degF": (5 / 9, -160 / 9),
        "°F": (5 / 9, -160 / 9),
    },
    "%": {"1": (100.0, 0.0)},
    "m s-1": {
        "km/h": (to_si("1 km/h", "m/s"), 0.0),
        "km h-1": (to_si("1 km/h", "m/s"), 0.0),
        "kn": (1852 / 3600, 0.0),
        "knots": (1852 / 3600, 0.0),
        "mph": (1609.344 / 3600, 0.0),
    },
    "W m-2": {"kW m-2": (1000.0, 0.0), "kW/m2": (1000.0, 0.0)},
    "1": {"%": (to_si("1 %", "1"), 0.0), "percent": (0.01, 0.0), "1/8": (1 / 8, 0.0), "okta": (1 / 8, 0.0)},
}
"""By unit of the house: other units, with the factor and the offset to it. Knot, mile and foot by definition (SI)."""


def in_house_units(values: xr.DataArray, name: str) -> tuple[NDArray[np.float64], str]:
    """Return the values of a weather variable in its unit of `twin.variables`, and what was converted in words.

    Parameters
    ----------
    values : xr.DataArray
        With or without ``attrs["units"]``.
    name : str
        Of the variable.

    Raises
    ------
    InputError
        If the unit is not known.

    Examples
    --------
    >>> wind = xr.DataArray([36.0, 18.0], dims="time", attrs={"units": "km/h"})
    >>> found, said = in_house_units(wind, "wind_speed")
    >>> found.round(6).tolist(), said
    ([10.0, 5.0], 'wind_speed is converted from km/h to m s-1')
    """
    if values.dtype.kind not in "fiub":
        raise InputError(f"{name} is of type {values.dtype}; weather holds numbers")
    array = np.array(values.values, dtype=np.float64)
    house = VARIABLES[name].units
    stated = values.attrs.get("units", house)
    if stated in _SPELLINGS[house]:
        return array, ""
    others = _OTHERS[house]
    if stated not in others:
        raise InputError(
            f"{name} states the unit {stated!r} in attrs['units'], which is not known; convert it to "
            f"{house} (twin.weather.weather_from_table takes sums and tenths too), or state one of: "
            f"{', '.join((house, *others))}"
        )
    factor, offset = others[stated]
    return array * factor + offset, f"{name} is converted from {stated} to {house}"
