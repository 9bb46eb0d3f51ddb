"""Postings as a lattice: which CRS their coordinates are in, how far apart they lie, which cell each one fills.

A posting that does not fit is refused with its line, never moved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from twin.errors import DataError
from twin.geometry.reference_systems import must_swap_axes
from twin.geometry.xyz_form import Form
from twin.geometry.xyz_postings import Floats, line_of

_OFF = 0.01  # share of the spacing by which a posting may miss its place: coordinates are rounded to centimetres
_FARTHEST = 1e9  # m, and spacings: no tile is as wide
_VOIDS = (-9999.0, -32768.0, -99999.0)
_ZONES = {31: (25831, 5649), 32: (25832, 4647), 33: (25833, 5650)}  # without and with the zone in the easting


def placed(x: Floats, y: Floats, given: CRS | None, file: Path) -> tuple[CRS, Floats, Floats, list[str]]:
    """Return the CRS and the coordinates in it: zone prefixes removed, axes exchanged where the CRS wants it."""
    zone = int(x[0] // 1e6)
    low, high = float(x.min()), float(x.max())
    code = given.to_epsg() if given is not None else None
    notes: list[str] = []
    if zone in _ZONES and float(y[0]) < 1e7:
        plain, prefixed = _ZONES[zone]
        if int(low // 1e6) != zone or int(high // 1e6) != zone:
            raise DataError(f"{file} has eastings from {low:.2f} to {high:.2f}, with and without zone {zone}: cut it")
        if code not in (None, plain, prefixed) or (given is not None and code is None):
            name = given.name if given is not None else ""
            raise DataError(f"{file}: eastings like {x[0]:.2f} carry zone {zone} (EPSG:{plain}), but {name} was given")
        x = x - zone * 1e6
        given = CRS.from_epsg(plain)
        notes.append(f"the eastings carry the zone {zone}; it was removed and EPSG:{plain} is used")
    elif code in {prefixed for _, prefixed in _ZONES.values()}:
        plain = next(plain for plain, prefixed in _ZONES.values() if prefixed == code)
        raise DataError(f"{file}: eastings like {x[0]:.2f} carry no zone, as EPSG:{code} has; give crs='EPSG:{plain}'")
    if given is None:
        raise DataError(
            f"{file} names no CRS, as no XYZ file does; give it as crs='EPSG:25832' (or 'EPSG:25833' in the east of "
            "Germany; the publisher's page says which)"
        )
    some = slice(None, None, max(1, len(x) // 1000))
    if must_swap_axes(x[some], y[some], given, str(file)):
        x, y = y, x
        notes.append("the file gives northing before easting, as its CRS defines; they were exchanged")
    return given, x, y, notes


def row_by_row(x: Floats, y: Floats) -> tuple[int, int, int, int] | None:
    """Return how a tile without gaps is written, as most are: (step, number) of columns and of rows; None otherwise.

    Then the places of a thousand columns and rows tell those of a million postings.
    """
    for first, second, by_rows in ((x, y, True), (y, x, False)):
        count = int(np.argmax(second != second[0]))
        if count == 0 or len(first) % count:
            continue
        inner, outer = first.reshape(-1, count), second.reshape(-1, count)
        if (inner != inner[0]).any() or (outer != outer[:, :1]).any():
            continue
        if np.unique(inner[0]).size == count and np.unique(outer[:, 0]).size == len(outer):
            return (1, count, count, len(outer)) if by_rows else (count, len(outer), 1, count)
    return None


def places(
    values: Floats, name: str, file: Path, form: Form, stride: int
) -> tuple[NDArray[np.int64], float, float | None]:
    """Return the place of each posting along an axis, the lowest coordinate and the spacing (None for one place)."""
    low, high = float(values.min()), float(values.max())
    if high == low:
        return np.zeros(len(values), np.int64), low, None
    step = float(values[values > low].min()) - low
    if not high - low <= min(_FARTHEST, _FARTHEST * step):
        with np.errstate(over="ignore"):
            posting = int(np.argmax(np.abs(values - np.median(values))))
        raise DataError(
            f"{file}, line {line_of(file, form, posting * stride)}: {name} {values[posting]:.10g} lies far from the "
            f"others; postings reach from {low:.10g} to {high:.10g}, spacing {step:.3g}. Correct or remove the line"
        )
    offset = values - low
    count = round((high - low) / step)
    # a posting beside its place makes a spacing of its own, finer than the one that nearly all others have
    if (count + 1) ** 2 > 2 * len(values) or abs((high - low) / step - count) > _OFF:
        spacings = np.diff(np.unique(values))
        usual = float(np.median(spacings))
        if len(spacings) > 8 and (np.abs(spacings - usual) <= _OFF * usual).mean() >= 0.8:
            step, count = usual, round((high - low) / usual)
    step = (high - low) / max(count, 1)
    places = np.rint(offset / step)
    wrong = np.abs(offset - places * step) > _OFF * step
    if wrong.any():
        posting = int(np.argmax(wrong))
        raise DataError(
            f"{file}, line {line_of(file, form, posting * stride)}: {name} {values[posting]:.10g} is out of step; "
            f"postings start at {low:.10g} and lie {step:.6g} m apart. Resample the tile to a regular spacing"
        )
    return places.astype(np.int64), low, step


def check_void(z: Floats, nodata: float | None, file: Path) -> None:
    """Refuse a height that means "empty" in most files and is not declared as that."""
    real: Any = True if nodata is None else z != nodata
    low, high = float(np.min(z, initial=np.inf, where=real)), float(np.max(z, initial=-np.inf, where=real))
    for value in (low, high):
        if value in _VOIDS or 1e30 < abs(value) < np.inf:
            raise DataError(
                f"{file} holds the height {value:g}, which commonly means 'empty'; give nodata={value:.9g} if so"
            )


def repeated(
    values: NDArray[np.float32],
    cells: NDArray[np.int64],
    z: NDArray[np.float32],
    x: Floats,
    y: Floats,
    file: Path,
    form: Form,
) -> int:
    """Return how many postings repeat another; refuse two heights at one place."""
    wrong = values[cells] != z
    if wrong.any():
        posting = int(np.argmax(wrong))
        other = float(values[cells[posting]])
        raise DataError(
            f"{file}, line {line_of(file, form, posting)}: height {z[posting]:g} at E {x[posting]:.2f}, "
            f"N {y[posting]:.2f}, where another line says {other:g}; one place has one height: remove one of them"
        )
    return len(z) - int(np.unique(cells).size)
