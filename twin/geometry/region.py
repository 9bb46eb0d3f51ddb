"""What a caller tells a reader about place: the CRS of a file that names none, and the box that is wanted."""

from __future__ import annotations

import math

from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import InputError
from twin.geometry.reference_systems import split_compound

Bounds = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in the units of a CRS."""


def given_crs(crs: CRS | str | int | None) -> CRS | None:
    """Return the horizontal CRS that a caller gives, None if none is given.

    Raises
    ------
    InputError
        If it is no CRS.

    Examples
    --------
    >>> given_crs("EPSG:25832+7837").to_epsg()
    25832
    """
    if crs is None:
        return None
    try:
        return split_compound(CRS.from_user_input(crs))[0]
    except CRSError as error:
        raise InputError(f"crs is {crs!r}, which is no CRS ({error}); give one like 'EPSG:25832'") from None


def checked_bounds(bounds: Bounds | None) -> Bounds | None:
    """Return the box that a caller wants as floats, None if none is given.

    Raises
    ------
    InputError
        If it is not finite, or its lower corner is not below the upper one.

    Examples
    --------
    >>> checked_bounds((0, 0, 10, 20))
    (0.0, 0.0, 10.0, 20.0)
    """
    if bounds is None:
        return None
    xmin, ymin, xmax, ymax = (float(value) for value in bounds)
    if not all(math.isfinite(value) for value in (xmin, ymin, xmax, ymax)) or xmin >= xmax or ymin >= ymax:
        raise InputError(f"bounds are {bounds}; they must be finite, as (xmin, ymin, xmax, ymax) with min < max")
    return xmin, ymin, xmax, ymax
