"""Quantities with units, turned into SI at the edge of the library.

Nothing inside `twin` knows millimetres per hour or minutes: `to_si` is called where a user's word enters.
A bare number is taken to be in the target unit already.
"""

from __future__ import annotations

import math
import re
from numbers import Real

from twin.errors import InputError

Quantity = float | int | str
"""A number in SI units, or a string such as ``"44 mm"``."""

# unit -> (dimension, factor to the SI unit of that dimension)
_UNITS: dict[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "mm": ("length", 1e-3),
    "cm": ("length", 1e-2),
    "km": ("length", 1e3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "m/s": ("speed", 1.0),
    "km/h": ("speed", 1 / 3.6),
    "mm/h": ("speed", 1e-3 / 3600.0),
    "mm/min": ("speed", 1e-3 / 60.0),
    "l/(s ha)": ("speed", 1e-7),
    "m2": ("area", 1.0),
    "m²": ("area", 1.0),
    "ha": ("area", 1e4),
    "km2": ("area", 1e6),
    "km²": ("area", 1e6),
    "m3/s": ("discharge", 1.0),
    "m³/s": ("discharge", 1.0),
    "l/s": ("discharge", 1e-3),
    "1": ("share", 1.0),
    "%": ("share", 1e-2),
    "degC": ("temperature", 1.0),
    "°C": ("temperature", 1.0),
    "W/m2": ("irradiance", 1.0),
    "W/m²": ("irradiance", 1.0),
}

_PATTERN = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


def to_si(
    value: Quantity, unit: str, *, name: str = "value", minimum: float | None = None, maximum: float | None = None
) -> float:
    """Turn a quantity into a float in `unit`, one of the SI units of this module.

    Parameters
    ----------
    value : number or str
        A number already in `unit`, or text such as ``"44 mm"`` or ``"60 min"``.
    unit : str
        The unit wanted, for example ``"m"``, ``"s"`` or ``"m/s"``.
    name : str
        What the quantity is called in messages.
    minimum, maximum : float, optional
        Smallest and largest value allowed, in `unit`.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the text cannot be read, the dimension differs, or the number is not finite or out of range.

    Examples
    --------
    >>> to_si("60 min", "s")
    3600.0
    >>> round(to_si("36 km/h", "m/s"), 12)
    10.0
    """
    dimension, target = _UNITS[unit]
    if isinstance(value, str):
        match = _PATTERN.fullmatch(value)
        if match is None or not match[2]:
            raise InputError(f"{name} is {value!r}; write a number and a unit, such as {_example(dimension)!r}")
        given = _UNITS.get(match[2])
        if given is None or given[0] != dimension:
            known = ", ".join(u for u, (d, _) in _UNITS.items() if d == dimension)
            raise InputError(f"{name} is {value!r}, whose unit is not one of {dimension}; use one of: {known}")
        number = float(match[1]) * given[1] / target
    elif isinstance(value, (float, int, Real)) and not isinstance(value, bool):
        number = float(value)
    else:
        raise InputError(f"{name} is {value!r}; give a number in {unit} or text such as {_example(dimension)!r}")
    if not math.isfinite(number):
        raise InputError(f"{name} is {value!r}; it must be a finite number in {unit}")
    if minimum is not None and number < minimum:
        raise InputError(f"{name} is {value!r}; it must be at least {minimum:g} {unit}")
    if maximum is not None and number > maximum:
        raise InputError(f"{name} is {value!r}; it must be at most {maximum:g} {unit}")
    return number


def _example(dimension: str) -> str:
    examples = {
        "length": "44 mm",
        "time": "60 min",
        "speed": "30 km/h",
        "area": "2 ha",
        "discharge": "20 l/s",
        "share": "30 %",
        "temperature": "35 °C",
        "irradiance": "900 W/m2",
    }
    return examples[dimension]
