"""Whether the coordinates of a layer can belong to its CRS: swapped axes, degrees and foreign zones are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry.reference_systems import must_swap_axes


def needed_crs(system: Any, file: Path) -> Any:
    """Return a CRS, or raise `DataError` with the way out if there is none.

    Examples
    --------
    >>> needed_crs(None, Path("trees.csv"))
    Traceback (most recent call last):
    twin.errors.DataError: trees.csv names no CRS; give it: crs='EPSG:25832' or 'EPSG:25833' for UTM in Germany
    """
    if system is None:
        raise DataError(f"{file} names no CRS; give it: crs='EPSG:25832' or 'EPSG:25833' for UTM in Germany")
    return system


def check_places(
    x: NDArray[np.float64], y: NDArray[np.float64], system: Any, file: Path, *, meant: bool = False
) -> None:
    """Refuse coordinates that cannot belong to the CRS, naming the likely cause.

    Parameters
    ----------
    x, y : (n,) float64
        First and second coordinate.
    system : pyproj.CRS
        The CRS they are said to be in.
    file : pathlib.Path
        For the message.
    meant : bool
        The caller said where the places lie; a place that is only unlikely is then believed.

    Raises
    ------
    DataError
        If the axes are swapped, degrees are not degrees or metres, or they lie where the CRS does not hold.

    Examples
    --------
    >>> from pyproj import CRS
    >>> check_places(np.array([11.5]), np.array([50.0]), CRS("EPSG:4326"), Path("trees.geojson"))
    """
    if len(x) == 0:
        return
    if not system.is_geographic:
        if must_swap_axes(x, y, system, str(file)):
            raise DataError(
                f"{file} has the northing first, as {system.name} defines it; exchange the coordinates: x is the "
                "easting, y the northing"
            )
        return
    east, north = float(np.median(x)), float(np.median(y))
    found = f"{file} has coordinates like ({east:.5f}, {north:.5f}) in {system.name}"
    if abs(east) > 180 or abs(north) > 90:
        raise DataError(f"{found}: these are no degrees; name the CRS they are in with crs=, such as 'EPSG:25832'")
    if not meant and 45 < east < 56 and 5 < north < 16:
        raise DataError(
            f"{found}: longitude and latitude seem to be swapped (a place in Central Europe); exchange them, or give "
            "bounds= if the trees do stand there"
        )
