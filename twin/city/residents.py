"""Residents of statistical units onto dwellings, by floor area: what the units count is what the buildings hold.

People live where the source says somebody lives; how they spread within a unit is an assumption that each building's
`residents_source` names. Age groups go the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.errors import InputError
from twin.geometry.records import ReadReport, Refusal

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.geometry.records import UnitRecords

COUNTED = "statistical units, by floor area"
"""`residents_source` of a building whose residents all come from units."""

PARTLY = "statistical units and estimate from floor area"
"""The same where a part of the building lies in units that withhold their number, or in none."""

WITHHELD = "estimated from floor area (withheld in the units)"
OUTSIDE = "estimated from floor area (outside the units)"
NO_DWELLING = "no dwelling"

_DWELLINGS = ("residential", "mixed")
_SECOND = ("unknown",)


@dataclass(frozen=True)
class _Shares:
    """Which part of which building lies in which unit.

    building, unit : (n,) rows
    fraction : (n,) of the building's footprint
    weight : (n,) floor area, m2
    """

    building: NDArray[np.int64]
    unit: NDArray[np.int64]
    fraction: NDArray[np.float64]
    weight: NDArray[np.float64]


def assign_residents(
    buildings: gpd.GeoDataFrame, units: UnitRecords, *, covered: Sequence[float] | Any = None
) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """Spread the residents of statistical units on the dwellings in them.

    A unit's residents go to its dwellings (`use` residential or mixed) by floor area; where it has none, to buildings
    of unknown use; where it has none of these either, they are reported and go nowhere. Buildings in units that
    withhold their number, or outside all units, keep their estimate.

    Parameters
    ----------
    buildings : GeoDataFrame
        As in `twin.city.city.City`: `use`, `storeys`, `residents` (the estimate so far), footprints.
    units : UnitRecords
        From `twin.geometry.read_units`.
    covered : (xmin, ymin, xmax, ymax) or polygon, optional
        The area from which all buildings are in the table, in their CRS. Of a unit that reaches beyond it, only the
        share of its area inside counts; without it all of its residents live in the buildings there are.

    Returns
    -------
    buildings : GeoDataFrame
        A copy with `residents`, `residents_source` and the units' `age_...` columns.
    report : ReadReport
        `found` and `used` count units.

    Raises
    ------
    InputError
        If the buildings have no CRS or lack a column, or no unit reaches them.

    Examples
    --------
    >>> import geopandas
    >>> from pyproj import CRS
    >>> from twin.geometry.records import UnitRecords
    >>> houses = geopandas.GeoDataFrame(
    ...     {"use": ["residential", "residential", "commercial"], "storeys": [1.0, 2.0, 1.0], "residents": [2.0, 4, 0]},
    ...     geometry=[shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)], crs=25832)
    >>> block = geopandas.GeoDataFrame({"id": ["1"], "name": [""], "residents": [30.0], "age_over_65": [6.0]},
    ...     geometry=[shapely.box(-5, -5, 60, 20)], crs=25832)
    >>> placed, report = assign_residents(houses, UnitRecords(block, CRS(25832), ReadReport("blocks", 1, 1)))
    >>> placed["residents"].tolist(), placed["age_over_65"].tolist()
    ([10.0, 20.0, 0.0], [2.0, 4.0, 0.0])
    """
    _check(buildings)
    shapes = np.asarray(units.units.to_crs(buildings.crs).geometry.values, dtype=object)
    counted = units.units["residents"].to_numpy(np.float64)
    ages = sorted(str(name) for name in units.units.columns if str(name).startswith("age_"))
    people = np.column_stack([counted, *(units.units[name].to_numpy(np.float64) for name in ages)])
    notes: list[str] = []
    people = people * _inside(shapes, covered, notes)[:, None]

    footprints = np.asarray(buildings.geometry.values, dtype=object)
    use = buildings["use"].to_numpy(object)
    shares = _shares(footprints, buildings["storeys"].to_numpy(np.float64), shapes)
    if len(shares.building) == 0:
        raise InputError(
            f"none of the {len(shapes)} units of {units.report.source} reaches a building; the units lie in "
            f"({', '.join(f'{value:.0f}' for value in shapely.total_bounds(shapes))}), the buildings in "
            f"({', '.join(f'{value:.0f}' for value in buildings.total_bounds)})"
        )
    weight = _chosen(shares, use, len(shapes))
    total = np.bincount(shares.unit, weight, len(shapes))
    home = total > 0
    known = np.isfinite(counted)
    share = np.divide(weight, total[shares.unit], out=np.zeros(len(weight)), where=home[shares.unit])

    count = len(buildings)
    estimate = np.nan_to_num(buildings["residents"].to_numpy(np.float64))
    placed = _sums(shares.building, share * np.nan_to_num(people[shares.unit, 0]), count)
    in_known = _sums(shares.building, shares.fraction * known[shares.unit], count)
    in_withheld = _sums(shares.building, shares.fraction * ~known[shares.unit], count)
    outside = np.clip(1.0 - in_known - in_withheld, 0.0, 1.0)
    if units.grid_size is not None:  # between the cells of the census nobody lives
        xmin, ymin, xmax, ymax = shapely.total_bounds(shapes)
        middle = shapely.centroid(footprints)
        x, y = shapely.get_x(middle), shapely.get_y(middle)
        outside[(x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax)] = 0.0
    unknown = np.where(in_withheld + outside > 1e-9, in_withheld + outside, 0.0)
    residents = placed + estimate * unknown

    columns: dict[str, Any] = {"residents": residents}
    columns["residents_source"] = _sources(use, placed, estimate * unknown, in_withheld)
    for column, name in enumerate(ages, start=1):
        values = people[shares.unit, column]
        group = _sums(shares.building, share * np.nan_to_num(values), count)
        told = _sums(shares.building, share * np.isfinite(values), count) > 0
        columns[name] = np.where(told | (residents == 0), group, np.nan)
    lost = [
        Refusal(str(units.units["id"].iloc[row]), f"{people[row, 0]:g} residents, but no building to live in")
        for row in np.flatnonzero(known & ~home & (np.nan_to_num(people[:, 0]) > 0))
    ]
    notes += _notes(people[:, 0], known, home, shares, use, unknown, estimate)
    used = int((known & home).sum())
    report = ReadReport(units.report.source, len(shapes), used, (), tuple(lost), tuple(notes))
    return buildings.assign(**columns), report


def _check(buildings: gpd.GeoDataFrame) -> None:
    missing = [name for name in ("use", "storeys", "residents") if name not in buildings.columns]
    if missing:
        raise InputError(f"the buildings lack the column {missing[0]!r}; use the buildings of a City")
    if buildings.crs is None:
        raise InputError("the buildings have no CRS; set it with set_crs")
    if len(buildings) == 0:
        raise InputError("there are no buildings to live in; the table is empty")


def _inside(shapes: NDArray[Any], covered: Any, notes: list[str]) -> NDArray[np.float64]:
    """Return which share of each unit lies in the area that the buildings cover."""
    if covered is None:
        return np.ones(len(shapes))
    area = covered if isinstance(covered, shapely.Geometry) else shapely.box(*covered)
    whole = shapely.area(shapes)
    part = np.divide(
        shapely.area(shapely.intersection(shapes, area)), whole, out=np.zeros(len(shapes)), where=whole > 0
    )
    part[part > 1.0 - 1e-9] = 1.0
    cut = int((part < 1.0).sum())
    if cut:
        notes.append(f"{cut} units reach beyond the area of the buildings; of their residents the share inside counts")
    return np.asarray(part)


def _shares(footprints: NDArray[Any], storeys: NDArray[np.float64], units: NDArray[Any]) -> _Shares:
    size = shapely.area(footprints)
    tree = shapely.STRtree(units)
    building, unit = tree.query(footprints, predicate="intersects")
    whole = shapely.covers(units[unit], footprints[building])
    part = np.where(whole, size[building], 0.0)
    part[~whole] = shapely.area(shapely.intersection(footprints[building[~whole]], units[unit[~whole]]))
    # units that overlap would let a building count twice
    claimed = np.bincount(building, part, len(footprints))
    part = part * np.divide(size, claimed, out=np.ones(len(size)), where=claimed > size)[building]
    keep = part > 0.0
    building, unit, part = building[keep], unit[keep], part[keep]
    floors = np.where(np.isfinite(storeys) & (storeys > 0), storeys, 1.0)
    return _Shares(building, unit, part / size[building], part * floors[building])


def _chosen(shares: _Shares, use: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Return the floor area that counts: of dwellings, in units without them of buildings of unknown use."""
    dwelling = np.isin(use, _DWELLINGS)[shares.building]
    first = np.where(dwelling, shares.weight, 0.0)
    bare = np.bincount(shares.unit, first, count) == 0
    second = np.where(np.isin(use, _SECOND)[shares.building] & bare[shares.unit], shares.weight, 0.0)
    return np.asarray(first + second)


def _sums(building: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.bincount(building, values, count).astype(np.float64)


def _sources(
    use: NDArray[Any], placed: NDArray[np.float64], estimated: NDArray[np.float64], in_withheld: NDArray[np.float64]
) -> NDArray[Any]:
    guess = estimated > 0
    return np.select(
        [(placed > 0) & guess, placed > 0, guess & (in_withheld > 0), guess, np.isin(use, _DWELLINGS)],
        [PARTLY, COUNTED, WITHHELD, OUTSIDE, COUNTED],
        NO_DWELLING,
    ).astype(object)


def _notes(
    people: NDArray[np.float64], known: NDArray[np.bool_], home: NDArray[np.bool_], shares: _Shares, use: NDArray[Any],
    unknown: NDArray[np.float64], estimate: NDArray[np.float64],
) -> list[str]:  # fmt: skip
    reached = np.zeros(len(people), bool)
    reached[shares.unit] = True
    dwelling = np.zeros(len(people), bool)
    dwelling[shares.unit[np.isin(use, _DWELLINGS)[shares.building]]] = True
    notes = [f"{np.nansum(people[known & home]):,.0f} residents of {int((known & home).sum())} units are placed"]
    stand_in = int((known & home & ~dwelling & (np.nan_to_num(people) > 0)).sum())
    if stand_in:
        notes.append(f"in {stand_in} units without dwellings they live in buildings of unknown use")
    withheld = int((~known & reached).sum())
    if withheld:
        notes.append(f"{withheld} units withhold their residents; buildings there keep the estimate from floor area")
    guessed = float((estimate * unknown).sum())
    if guessed > 0:
        notes.append(f"{guessed:,.0f} residents remain estimated from floor area")
    return notes
