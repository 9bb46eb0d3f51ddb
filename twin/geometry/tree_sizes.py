"""Sizes of trees: cells of a table to metres, and what is missing from what is known.

An estimate is never taken for a measurement: each size carries where it comes from, one of `ORIGINS`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ORIGINS = ("measured", "class", "estimated", "dummy", "assumed")
"""Where a size comes from: the table's number; the middle of the table's class; estimated because the table has none;
estimated because the table's number is impossible or stands for "unknown"; assumed because nothing is known."""

TALLEST, WIDEST, THICKEST = 60.0, 40.0, 15.0
"""Heights, crown diameters and trunk circumferences above these (m) are no tree's in Central Europe."""

UNKNOWN_CODES = (999.0, 9999.0)
"""Numbers that stand for "unknown" in tables; 99 m is no height and no crown anyway, but 99 cm is a good trunk."""

CROWN_PER_TRUNK = 25.5
"""Crown diameter over trunk diameter: mean ratios of 24 to 27 in 400 urban trees of four species, nearly independent
of species and site (Coombes, Martin and Slater 2019, Urban For. Urban Green. 44, 126421); the middle."""

HEIGHT_OF_TRUNK = (3.29515, 0.30021, -0.00109)
"""Height (m) as a polynomial of trunk diameter (cm): London planes in Queens, New York, R2 = 0.89 (McPherson, van
Doorn and Peper 2016, Urban Tree Database, USDA PSW-GTR-253, region NoEast). One species stands for all, so the medians
of the table correct it wherever the table allows."""

THICKEST_FITTED = 1.0
"""Trunk diameter (m) beyond which the relations are held constant; the polynomial would soon bend down."""

ASSUMED_HEIGHT, ASSUMED_CROWN = 10.0, 6.0
"""Sizes (m) of a tree of which nothing is known; an assumption."""

FEWEST = 10
"""A median over fewer measured trees than this is not used."""

_RANGE = re.compile(r"^(?:von\s+)?(\d+(?:[.,]\d+)?)\s*m?\s*(?:-|–|—|bis|to|/)\s*(?:unter\s+)?(\d+(?:[.,]\d+)?)\s*m?$")
_BELOW = re.compile(r"^(?:<=?|bis|unter|up to|under)\s*(\d+(?:[.,]\d+)?)\s*m?$")
_ABOVE = re.compile(r"^(?:(?:>=?|ueber|über|ab|over)\s*(\d+(?:[.,]\d+)?)\s*m?|(\d+(?:[.,]\d+)?)\s*m?\s*\+)$")
_UNIT = re.compile(r"\s*(?:m|cm|meter)$")


def number(text: object, decimal: str | None = None) -> float:
    """Return the number a cell holds, NaN if it holds none.

    Parameters
    ----------
    text : object
        With a decimal point or comma, with or without thousands marks and a unit.
    decimal : str, optional
        ``"."`` or ``","``; without it the last of both marks is the decimal one, and a comma alone is too.

    Examples
    --------
    >>> number("12,5"), number("389.123,25"), number("7 m"), number("1,234", "."), number("tall")
    (12.5, 389123.25, 7.0, 1234.0, nan)
    """
    if isinstance(text, (int, float, np.integer, np.floating)):
        return float(text)
    if not isinstance(text, str):
        return float("nan")
    cell = _UNIT.sub("", text.strip().lower().replace("\u00a0", "")).replace(" ", "")
    if decimal is None:
        comma, point = cell.rfind(","), cell.rfind(".")
        decimal = "," if comma > point else "."
        if comma < 0 and cell.count(".") > 1:
            decimal = ","  # 5.819.000: points between thousands
    cell = cell.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", cell):
        return float("nan")
    return float(cell)


def size(text: object, decimal: str | None = None) -> tuple[float, bool]:
    """Return the size a cell holds and whether it is the middle of a class.

    Parameters
    ----------
    text : object
        A number or a class: ``"10-15 m"`` counts as its middle, ``"bis 5 m"`` as half of it, ``"> 20 m"`` as its edge.
    decimal : str, optional
        As in `number`.

    Examples
    --------
    >>> size("10-15 m"), size("bis 5 m"), size("über 20 m"), size("12,5")
    ((12.5, True), (2.5, True), (20.0, True), (12.5, False))
    """
    if isinstance(text, str):
        cell = " ".join(text.strip().lower().split())
        if found := _RANGE.match(cell):
            low, high = (number(part, decimal) for part in found.groups())
            return ((low + high) / 2, True) if low <= high else (float("nan"), True)
        if found := _BELOW.match(cell):
            return number(found.group(1), decimal) / 2, True
        if found := _ABOVE.match(cell):
            return number(found.group(1) or found.group(2), decimal), True
    return number(text, decimal), False


def sizes(cells: Sequence[object], decimal: str | None = None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the sizes of a column and which of them are middles of classes; `size` for each cell, but faster.

    Examples
    --------
    >>> values, classes = sizes(["12.5", "12,5", "10-15 m", ""])
    >>> values.tolist(), classes.tolist()
    ([12.5, 12.5, 12.5, nan], [False, False, True, False])
    """
    import pandas as pd

    column = pd.Series(list(cells), dtype=object)
    values = np.full(len(column), np.nan)
    if decimal != ",":
        # plain numbers at once; what is left over is looked at one by one
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, copy=True)
        values[~np.isfinite(values)] = np.nan
    classes = np.zeros(len(column), bool)
    for row in np.flatnonzero(np.isnan(values)):
        values[row], classes[row] = size(column.iloc[row], decimal)
    return values, classes


def crown_from_trunk(circumference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the crown diameter (m) usual for a trunk of some circumference (m); see `CROWN_PER_TRUNK`.

    Examples
    --------
    >>> crown_from_trunk(np.array([1.0])).round(1).tolist()
    [8.1]
    """
    return CROWN_PER_TRUNK * np.minimum(circumference / np.pi, THICKEST_FITTED)


def height_from_trunk(circumference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height (m) usual for a trunk of some circumference (m); see `HEIGHT_OF_TRUNK`.

    Examples
    --------
    >>> height_from_trunk(np.array([0.3, 1.0, 2.0])).round(1).tolist()
    [6.1, 11.7, 18.0]
    """
    centimetres = 100 * np.minimum(circumference / np.pi, THICKEST_FITTED)
    constant, linear, square = HEIGHT_OF_TRUNK
    return constant + linear * centimetres + square * centimetres**2


def trunk_from_crown(crown_diameter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the circumference (m) whose usual crown is that wide (m); the inverse of `crown_from_trunk`.

    Examples
    --------
    >>> trunk_from_crown(crown_from_trunk(np.array([1.5]))).round(6).tolist()
    [1.5]
    """
    return np.pi * np.minimum(crown_diameter / CROWN_PER_TRUNK, THICKEST_FITTED)


def trunk_from_height(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the circumference (m) whose usual height that is (m); at least 5 cm, the inverse of `height_from_trunk`.

    Examples
    --------
    >>> trunk_from_height(height_from_trunk(np.array([1.5]))).round(6).tolist()
    [1.5]
    """
    constant, linear, square = HEIGHT_OF_TRUNK
    tallest = constant + linear * 100 * THICKEST_FITTED + square * (100 * THICKEST_FITTED) ** 2
    root = np.sqrt(linear**2 - 4 * square * (constant - np.minimum(height, tallest)))
    centimetres = (-linear + root) / (2 * square)
    return np.maximum(np.pi * centimetres / 100, 0.05)


_LEAST = 0.01  # m


def fill(
    values: NDArray[np.float64],
    usual: Sequence[NDArray[np.float64]],
    species: Sequence[str],
    assumed: float,
    largest: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Fill missing sizes: from the other sizes of the tree, then from its species, then from the table, then assumed.

    A size usual for the tree's other sizes is multiplied by the median of known over usual sizes among the trees of
    its species in the same table, else of its genus, else of all trees, else by 1. A tree without other sizes takes
    the median of its species, genus or table. Medians need `FEWEST` trees.

    Parameters
    ----------
    values : (n,) float
        Known sizes, m; NaN where missing.
    usual : sequence of (n,) float
        What is usual for each tree by published relations, best first; NaN where unknown.
    species : sequence of str
        Botanical name of each tree, ``""`` if unknown.
    assumed : float
        Size (m) of trees of which nothing is known.
    largest : float
        No estimate is above this (m).

    Returns
    -------
    filled : (n,) float
    guessed : (n,) bool
        Trees whose size is assumed.

    Examples
    --------
    >>> known = np.array([16.0] * 10 + [np.nan])
    >>> filled, _ = fill(known, [np.full(11, 8.0)], ["Tilia cordata"] * 11, 10.0, 60.0)
    >>> filled[-1]
    np.float64(16.0)
    """
    filled = values.copy()
    kinds = [np.asarray([" ".join(name.lower().split()) for name in species], dtype=object)]
    kinds.append(np.asarray([name.split(" ")[0] for name in kinds[0]], dtype=object))
    kinds.append(np.full(len(values), "all", dtype=object))
    for usual_size in usual:
        with np.errstate(invalid="ignore"):  # a size of next to nothing tells nothing
            expected = np.where(usual_size > _LEAST, usual_size, np.nan)
        ratio = np.full(len(values), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = values / expected
        for kind in kinds:
            open_ = np.isnan(ratio)
            ratio[open_] = _medians(kind, shares)[open_]
        ratio[np.isnan(ratio)] = 1.0
        open_ = np.isnan(filled) & np.isfinite(expected)
        filled[open_] = (expected * ratio)[open_]
    for kind in kinds:
        open_ = np.isnan(filled)
        filled[open_] = _medians(kind, values)[open_]
    guessed = np.isnan(filled)
    filled[guessed] = assumed
    return np.minimum(filled, largest), guessed


def _medians(kind: NDArray[np.object_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give every tree the median over the trees of its kind, NaN where they are too few or their kind is unknown."""
    import pandas as pd

    groups = pd.Series(values).groupby(pd.Series(kind), sort=False)
    median = groups.transform("median").to_numpy(np.float64, copy=True)
    median[(groups.transform("count").to_numpy() < FEWEST) | (kind == "")] = np.nan
    return median
