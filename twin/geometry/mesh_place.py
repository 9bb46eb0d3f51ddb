"""What a caller says about the place of a mesh, and whether it can be a building at that size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, InputError

_SMALLEST, _LARGEST, _TALLEST = 0.5, 2000.0, 1000.0
_UNITS = {"millimetres": 0.001, "centimetres": 0.01, "inches": 0.0254, "feet": 0.3048, "kilometres": 1000.0}


def checked_place(
    place: Sequence[float] | None, *, needs_crs: bool = False
) -> tuple[tuple[float, float] | None, float | None]:
    """Return where a mesh is placed and, if given, at which elevation.

    Parameters
    ----------
    place : (easting, northing) or (easting, northing, elevation), optional
        As a caller gave it, m.
    needs_crs : bool
        Refuse a place, because its CRS is not known.

    Raises
    ------
    InputError
        If it is none of these or not finite.

    Examples
    --------
    >>> checked_place((1, 2)), checked_place((1, 2, 3)), checked_place(None)
    (((1.0, 2.0), None), ((1.0, 2.0), 3.0), (None, None))
    """
    if place is None:
        return None, None
    try:
        numbers = [float(value) for value in place]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (2, 3) or not all(math.isfinite(value) for value in numbers):
        raise InputError(f"place is {place!r}; give (easting, northing) or (easting, northing, elevation) in metres")
    if needs_crs:
        raise InputError("place needs the crs its coordinates are in, such as crs='EPSG:25832'")
    return (numbers[0], numbers[1]), (numbers[2] if len(numbers) == 3 else None)


def check_numbers(rotation: Any, scale: Any, up: Any, anchor: Any) -> None:
    """Refuse a rotation, scale, axis or anchor that is impossible."""
    for what, value in (("rotation", rotation), ("scale", scale)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise InputError(f"{what} is {value!r}; it must be a finite number")
    if scale <= 0:
        raise InputError(f"scale is {scale!r}; it must be above 0: metres in one unit of the file")
    if up not in (None, "y", "z"):
        raise InputError(f"up is {up!r}; use 'y', 'z' or None")
    if anchor not in ("origin", "centre"):
        raise InputError(f"anchor is {anchor!r}; use 'origin' or 'centre'")


def check_size(extent: NDArray[np.float64], scale: float, source: str) -> None:
    """Refuse what is too small or too large for a building, and name the unit that would make it one."""
    largest = float(extent.max())
    if _SMALLEST <= largest <= _LARGEST and extent[2] <= _TALLEST:
        return
    size = " x ".join(f"{value:.4g}" for value in extent)
    likely = [
        f"its unit is probably {unit}: give scale={scale * factor:g}"
        for unit, factor in _UNITS.items()
        if 2.0 <= largest * factor <= 500.0 and extent[2] * factor <= 400.0
    ]
    hint = likely[0] if likely else "give the scale, in metres for one unit of the file"
    raise DataError(f"{source} measures {size} m (x, y, up), as no building does; {hint}")
