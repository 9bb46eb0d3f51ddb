"""The polygons of a layer made fit for painting: two-dimensional, valid, whole; what cannot be one is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geometry.records import Refusal
from twin.geometry.surfaces import FARTHEST

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


def repaired_polygons(
    shapes: Sequence[Any], labels: Sequence[str]
) -> tuple[NDArray[Any], list[Refusal], list[Refusal]]:
    """Return every shape as a valid polygon or multipolygon, None where it cannot be one, and what was done.

    Parameters
    ----------
    shapes : sequence of shapely geometry or None
        As read.
    labels : sequence of str
        What each is called.

    Returns
    -------
    polygons : (n,) array of object
    repaired, refused : lists of Refusal
        One entry for each shape that crosses itself, one for each kind of refusal.

    Examples
    --------
    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> polygons, repaired, refused = repaired_polygons([bow, shapely.Point(0, 0), None], ["a", "b", "c"])
    >>> polygons[0].area, repaired[0].id, [one.reason for one in refused]
    (2.0, 'a', ['no polygon but Point (first: b)', 'no geometry (first: c)'])
    """
    out = np.array(list(shapes), dtype=object)
    refused: list[Refusal] = []
    repaired: list[Refusal] = []
    kind = shapely.get_type_id(out)
    for row in np.flatnonzero(kind == _COLLECTION):
        areal = [part for part in shapely.get_parts(out[row]) if part.geom_type in ("Polygon", "MultiPolygon")]
        if areal:
            out[row] = shapely.union_all(areal) if len(areal) > 1 else areal[0]
    kind = shapely.get_type_id(out)
    empty = (kind < 0) | shapely.is_empty(out)
    areal = (kind == _POLYGON) | (kind == _MULTIPOLYGON)
    for number in np.unique(kind[~empty & ~areal]):
        which = ~empty & (kind == number)
        _refuse(refused, which, labels, f"no polygon but {out[np.argmax(which)].geom_type}")
    _refuse(refused, empty, labels, "no geometry")
    good = areal & ~empty
    out[~good] = None
    wild = good & ~_finite(out)
    _refuse(refused, wild, labels, "coordinates that are NaN or infinite, or beyond the Earth")
    out[wild] = None
    good &= ~wild
    out[good] = shapely.force_2d(out[good])
    bad = good & ~shapely.is_valid(out)
    for row in np.flatnonzero(bad):
        reason = shapely.is_valid_reason(out[row])
        out[row] = _valid(out[row])
        if out[row] is not None:
            repaired.append(Refusal(labels[int(row)], f"{reason}; repaired"))
    flat = good & (np.nan_to_num(shapely.area(out)) <= 0.0)
    _refuse(refused, flat, labels, "no area")
    out[flat] = None
    return out, repaired, refused


def _finite(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), bool)
    with np.errstate(invalid="ignore"):
        finite[owner[~(np.abs(points) <= FARTHEST).all(axis=1)]] = False
    return finite


def _valid(shape: Any) -> Any:
    """Return a valid polygon or multipolygon of the same outline, None if there is none."""
    repairs: tuple[Callable[[], Any], ...] = (
        lambda: shapely.make_valid(shape, method="structure", keep_collapsed=False),
        lambda: shapely.make_valid(shape),  # the first can fail where rings coincide in part
        lambda: shapely.buffer(shape, 0.0),
    )
    for repair in repairs:
        try:
            found = _areal(repair())
        except shapely.GEOSException:
            continue
        if found is None or shapely.is_valid(found):
            return found
    return None


def _areal(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return None if not parts else parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _refuse(refused: list[Refusal], which: NDArray[np.bool_], labels: Sequence[str], reason: str) -> None:
    count = int(which.sum())
    if count:
        first = labels[int(np.argmax(which))]
        refused.append(Refusal(f"{count} areas", f"{reason} (first: {first})"))
