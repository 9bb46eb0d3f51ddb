"""Whether the coordinates of a layer can belong to its CRS: swapped axes, degrees and foreign zones are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from twin.city.gridspec import same_crs
from twin.errors import DataError
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.vector_layers import Layer


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


def common_crs(layers: Sequence[Layer], given: CRS | None) -> tuple[CRS, list[str]]:
    """Return the one CRS of several layers, and what the layers have to say.

    Parameters
    ----------
    layers : sequence of Layer
        At least one.
    given : pyproj.CRS or None
        What the caller wants to be used instead of what the files name.

    Raises
    ------
    DataError
        If a layer names no CRS and none is given, or two layers name different ones.
    """
    several = len(layers) > 1
    notes = [f"{one.file.name}: {note}" if several else note for one in layers for note in one.notes]
    if given is not None:
        for one in layers:
            if one.crs is not None and not same_crs(one.crs, given):
                start = f"{one.file.name}: " if several else ""
                notes.append(f"{start}the file names the CRS {one.crs.name}; {given.name} was given and is used")
        return given, notes
    systems = [needed_crs(one.crs, one.file) for one in layers]
    for one, system in zip(layers, systems, strict=True):
        check_same_crs(layers[0].file, systems[0], one.file, system)
    return systems[0], notes


def check_same_crs(first: Path, system: CRS, file: Path, other: CRS) -> None:
    """Refuse two files of one kind that are in different CRSs.

    Parameters
    ----------
    first, file : pathlib.Path
        The files.
    system, other : pyproj.CRS
        Their CRSs.

    Raises
    ------
    DataError
        Naming both, and the ways out.

    Examples
    --------
    >>> check_same_crs(Path("a.shp"), CRS("EPSG:25832"), Path("b.shp"), CRS("EPSG:25832"))
    """
    if not same_crs(system, other):
        raise DataError(
            f"{first} is in {system.name}, but {file} in {other.name}; read them apart, "
            "transform one of them, or give crs= if one of them names the wrong one"
        )


def check_extent(layer: Layer, system: CRS, *, meant: bool = False) -> None:
    """Refuse a layer whose coordinates cannot belong to the CRS.

    Parameters
    ----------
    layer : Layer
        The extent of all its features is judged where the file knows it, otherwise those that were read.
    system : pyproj.CRS
        The CRS they are said to be in.
    meant : bool
        As in `check_places`.

    Raises
    ------
    DataError
        As `check_places`.
    """
    bounds = np.array([layer.extent if layer.extent is not None else (np.nan,) * 4])
    if not np.isfinite(bounds).all():
        bounds = shapely.bounds(np.asarray(layer.table.geometry.values, dtype=object))
        bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds):
        with np.errstate(over="ignore"):
            x, y = (np.clip(np.median(bounds[:, axis::2]), -1e300, 1e300) for axis in (0, 1))
        check_places(np.array([x]), np.array([y]), system, layer.file, meant=meant)
