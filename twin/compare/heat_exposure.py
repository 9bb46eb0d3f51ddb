"""Heat where people live, play, learn and are cared for: one row for each home or place, and tables of them.

Homes are exposed to the open cells around their walls, places to the open cells inside their area; a place without
such cells, or drawn as a point, to those within reach around it. Nothing on a roof counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.exposure import ring_cells
from twin.compare.heat_fields import STRONG, Hour, hours_above, shaded_share, value_at
from twin.compare.indicators import outdoors
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City

NEXT_TO = 10.0
"""Width of the surroundings of a home or place, m: the pavement, the front garden, the yard."""

SENSITIVE = ("playground", "kindergarten", "school", "care_home", "hospital", "clinic")
"""Kinds of places whose users suffer most from heat, see `twin.city.places.KINDS`."""

INDICES = ("utci", "pet", "pet_wg", "perceived_temperature", "wbgt")


def exposure_maps(result: xr.Dataset, *, hour: Hour = 14.0, noon: float = 12.0) -> tuple[xr.Dataset, tuple[str, ...]]:
    """Return the maps that tables of exposure read, as far as the result holds them.

    Parameters
    ----------
    result : xr.Dataset
        Of heat.
    hour : float, numpy.datetime64 or None
        When the indices are read, see `value_at`; where the result kept no hours, the highest value of the day.
    noon : float
        Clock hour at which shade is read.

    Returns
    -------
    maps : xr.Dataset (y, x)
        `stress_hours` (h of strong heat stress, UTCI), each index at the hour (`utci`, `pet` ...) or its highest value
        (`utci_max` ...), `shaded_share` (0 to 1).
    notes : tuple of str
        What was taken instead, or is missing, and why.

    Raises
    ------
    MissingDataError
        If the result holds none of them.

    Examples
    --------
    >>> result = xr.Dataset({"utci_max": (("y", "x"), np.array([[31.0]]))})
    >>> maps, notes = exposure_maps(result)
    >>> list(maps), len(notes)
    (['utci_max'], 3)
    """
    found: dict[str, xr.DataArray] = {}
    notes: list[str] = []
    try:
        found["stress_hours"] = hours_above(result, STRONG["utci"], "utci")
    except MissingDataError as error:
        notes.append(f"no hours of strong heat stress: {error}")
    for index in INDICES:
        if index not in result and f"{index}_max" not in result:
            continue
        try:
            found[index] = value_at(result, index, hour)
        except MissingDataError as error:
            if hour is not None and f"{index}_max" not in result:
                raise
            found[f"{index}_max"] = value_at(result, index, None)
            notes.append(f"{index} is the highest of the day: {error}")
    try:
        found["shaded_share"] = shaded_share(result, noon)
    except MissingDataError as error:
        notes.append(f"no shaded share: {error}")
    if not found:
        raise MissingDataError(f"the result holds no map of heat that exposure could be read from: {'; '.join(notes)}")
    bare = {name: field.reset_coords(drop=True).variable for name, field in found.items()}
    return xr.Dataset(bare), tuple(notes)


def home_exposure(
    result: xr.Dataset,
    city: City,
    *,
    hour: Hour = 14.0,
    noon: float = 12.0,
    reach: float = NEXT_TO,
) -> gpd.GeoDataFrame:
    """Return the heat around every building on the grid, with who lives there.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, on the city's grid.
    city : City
    hour : float, numpy.datetime64 or None
        When the indices are read, see `value_at`.
    noon : float
        Clock hour at which shade is read.
    reach : float
        Width of the surroundings, m, from one cell.

    Returns
    -------
    GeoDataFrame
        Index `building_id`; columns `stress_hours` (h), the indices (degC) and `shaded_share` (0 to 1), each the mean
        over the open cells around the walls, as far as the result holds them; `cells` (used; 0: none in reach, values
        NaN), `use`, `residents` and every `age_...` column the buildings have, `geometry`. `attrs["notes"]` says what
        is missing or stands for something else.

    Raises
    ------
    MissingDataError
        If the city has no buildings on its grid, or the result no map of heat.
    InputError
        If the result is not on the city's grid.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> home_exposure(result, city)[["stress_hours", "utci", "residents"]].round(1).values.tolist()
    [[4.0, 36.0, 4.0], [0.0, 30.0, 6.0]]
    """
    import pandas as pd

    open_cells = outdoors(city)
    maps, notes = exposure_maps(result, hour=hour, noon=noon)
    _check_grid(maps, city)
    resolution = city.spec.resolution
    if not (math.isfinite(reach) and reach > 0):
        raise InputError(f"reach is {reach!r} m; it must be above 0")
    building, cell = ring_cells(np.asarray(city.grid["building_id"].values), max(float(reach) / resolution, 1.0))
    keep = open_cells.ravel()[cell]
    building, cell = building[keep], cell[keep]
    columns = {"building": building} | {str(n): np.asarray(f.values, np.float64).ravel()[cell] for n, f in maps.items()}
    around = pd.DataFrame(columns).dropna(how="all", subset=[str(name) for name in maps])
    groups = around.groupby("building")
    on_grid = np.unique(city.grid["building_id"].values)
    kept = ["use", "residents", *sorted(str(c) for c in city.buildings.columns if str(c).startswith("age_"))]
    table = city.buildings.loc[
        city.buildings.index.isin(on_grid), [c for c in kept if c in city.buildings.columns] + ["geometry"]
    ]
    means = groups.mean().reindex(table.index)
    table = table.assign(cells=groups.size().reindex(table.index, fill_value=0).astype(np.int64), **means)
    order = [*map(str, maps), "cells", *(c for c in kept if c in table.columns), "geometry"]
    table = table[order]
    table.attrs["notes"] = notes
    return table


def place_exposure(
    result: xr.Dataset,
    city: City,
    *,
    places: gpd.GeoDataFrame | None = None,
    kinds: Iterable[str] | None = SENSITIVE,
    hour: Hour = 14.0,
    noon: float = 12.0,
    reach: float = NEXT_TO,
) -> gpd.GeoDataFrame:
    """Return the heat on playgrounds, at schools, kindergartens, care homes, hospitals: one row for each place.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, on the city's grid.
    city : City
    places : GeoDataFrame, optional
        Points or areas in the city's CRS with a column `kind` (and `name`); those of the city if not given.
    kinds : iterable of str or None
        Which kinds; all if None.
    hour : float, numpy.datetime64 or None
        When the indices are read, see `value_at`.
    noon : float
        Clock hour at which shade is read.
    reach : float
        How far around a point, or an area without open cells, m, from 0.

    Returns
    -------
    GeoDataFrame
        Index as the places; columns `kind`, `name`, `where` (``"inside"`` the area, ``"around"`` it within reach,
        ``"none"``: no open cell in reach, ``"outside"``: not on the grid), `cells`, `area` (m2 of these cells),
        `share_on_grid` (of the place's area, 0 to 1), the means of `stress_hours` (h), the indices (degC) and
        `shaded_share` (0 to 1) over these cells, and `geometry`. `attrs["notes"]` says what is missing.

    Raises
    ------
    MissingDataError
        If the city knows no places, or the result holds no map of heat.
    InputError
        If the places lack a kind, are in another CRS, or a kind is not among them and unknown.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> place_exposure(result, city)[["kind", "where", "cells", "stress_hours"]].values.tolist()
    [['playground', 'inside', 4, 4.0], ['school', 'around', 70, 0.0]]
    """
    from twin.city.gridspec import same_crs

    table = city.places if places is None else places
    if table is None:
        raise MissingDataError(
            f"{city.name!r} knows no places; load it with OpenStreetMap data, or give places=GeoDataFrame with a "
            "column 'kind'"
        )
    if "kind" not in table.columns:
        raise InputError(f"the places have no column 'kind'; they have {', '.join(map(str, table.columns))}")
    if table.crs is None or not same_crs(table.crs, city.spec.crs):
        name = None if table.crs is None else table.crs.name
        raise InputError(f"the places are in {name}, the city in {city.spec.crs.name}; use places.to_crs(city's CRS)")
    if not (math.isfinite(reach) and reach >= 0):
        raise InputError(f"reach is {reach!r} m; it must be a number from 0")
    open_cells = outdoors(city)
    maps, notes = exposure_maps(result, hour=hour, noon=noon)
    _check_grid(maps, city)
    if kinds is not None:
        table = table[table["kind"].isin(_known_kinds(kinds, table))]
    fields = {str(name): np.asarray(field.values, np.float64) for name, field in maps.items()}
    known = open_cells & np.any([np.isfinite(field) for field in fields.values()], axis=0)
    rows = []
    for shape in table.geometry:
        cells, where = _cells_of(shape, known, city, reach)
        row: dict[str, object] = {"where": where, "cells": len(cells), "area": len(cells) * city.spec.cell_area}
        row["share_on_grid"] = _share_on_grid(shape, city)
        for name, field in fields.items():
            row[name] = float(_mean(field.ravel()[cells]))
        rows.append(row)
    names = table["name"] if "name" in table.columns else ""
    found = table[["geometry"]].assign(kind=table["kind"], name=names)
    for column in ("where", "cells", "area", "share_on_grid", *fields):
        found[column] = [row[column] for row in rows]
    found = found[["kind", "name", "where", "cells", "area", "share_on_grid", *fields, "geometry"]]
    found.attrs["notes"] = notes
    return found


def exposure_by_kind(places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table of `place_exposure` by kind: how many places, how many without open cells, and means over places.

    Parameters
    ----------
    places : GeoDataFrame
        From `place_exposure`.

    Returns
    -------
    DataFrame
        Index `kind`; columns `places`, `without_cells` (no open cell in reach, or off the grid), the means of the maps
        over the other places, each place counting once, and `stress_hours_max` (of the place hit hardest).

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> exposure_by_kind(place_exposure(result, city))[["places", "without_cells", "stress_hours"]].values.tolist()
    [[1.0, 0.0, 4.0], [1.0, 0.0, 0.0]]
    """
    import pandas as pd

    plain = pd.DataFrame(places.drop(columns="geometry"))
    groups = plain.groupby("kind", sort=True)
    table = pd.DataFrame(
        {"places": groups.size(), "without_cells": groups["cells"].agg(lambda cells: (cells == 0).sum())}
    )
    for name in _value_columns(places):
        table[name] = groups[name].mean()
    if "stress_hours" in plain:
        table["stress_hours_max"] = groups["stress_hours"].max()
    return table


def exposure_by_group(homes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table of `home_exposure` by group of residents: who they are, and what they meet around their homes.

    Parameters
    ----------
    homes : GeoDataFrame
        From `home_exposure`.

    Returns
    -------
    DataFrame
        Index `group` (``"residents"`` and every ``"age_..."`` column); columns `people` (in homes with values),
        `people_without_value` (in buildings without an open cell in reach), and the means of the maps over these
        people, each counting once.

    Raises
    ------
    MissingDataError
        If the homes have no residents.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> exposure_by_group(home_exposure(result, city))[["people", "stress_hours"]].round(2).values.tolist()
    [[10.0, 1.6]]
    """
    import pandas as pd

    groups = groups_of(homes)
    rows = {}
    for group in groups:
        people = homes[group].fillna(0.0).astype(np.float64)
        somewhere = homes["cells"] > 0
        row = {"people": float(people[somewhere].sum()), "people_without_value": float(people[~somewhere].sum())}
        for name in _value_columns(homes):
            known = homes[name].notna()
            total = float(people[known].sum())
            row[name] = float((people * homes[name])[known].sum() / total) if total > 0 else float("nan")
        rows[group] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "group"
    return table


def groups_of(homes: pd.DataFrame) -> list[str]:
    """Return the columns of a table of homes that count people: all residents first, then the age groups.

    Raises
    ------
    MissingDataError
        If there is no column `residents`.

    Examples
    --------
    >>> import pandas as pd
    >>> groups_of(pd.DataFrame({"age_over_65": [1.0], "residents": [4.0], "use": ["residential"]}))
    ['residents', 'age_over_65']
    """
    if "residents" not in homes.columns:
        raise MissingDataError(
            "the buildings have no column 'residents'; add it from the register of residents, or estimate it"
        )
    return ["residents", *sorted(str(name) for name in homes.columns if str(name).startswith("age_"))]


def _value_columns(table: pd.DataFrame) -> list[str]:
    wanted = {"stress_hours", "shaded_share", *INDICES, *(f"{index}_max" for index in INDICES)}
    return [str(name) for name in table.columns if name in wanted]


def _known_kinds(kinds: Iterable[str], table: gpd.GeoDataFrame) -> list[str]:
    from twin.city.places import KINDS

    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    there = set(table["kind"])
    for kind in wanted:
        if kind not in there and kind not in KINDS:
            raise InputError(f"{kind!r} is no kind of place; kinds are: {', '.join(sorted(there | set(KINDS)))}")
    return wanted


def _check_grid(maps: xr.Dataset, city: City) -> None:
    for name, field in maps.items():
        if field.dims != ("y", "x") or field.shape != city.spec.shape:
            raise InputError(
                f"the map {str(name)!r} has dims {dict(field.sizes)}; the result must lie on the city's grid, "
                f"{dict(zip(('y', 'x'), city.spec.shape, strict=True))}"
            )


def _cells_of(shape: Any, known: NDArray[np.bool_], city: City, reach: float) -> tuple[NDArray[np.int64], str]:
    """Return the flat indices of the open cells of a place, and where they lie."""
    import shapely

    nothing = np.empty(0, np.int64)
    if shape is None or shapely.is_empty(shape):
        return nothing, "outside"
    spec = city.spec
    west, south, east, north = shapely.bounds(shape)
    rows = np.flatnonzero((spec.y >= south - reach) & (spec.y <= north + reach))
    columns = np.flatnonzero((spec.x >= west - reach) & (spec.x <= east + reach))
    if not len(rows) or not len(columns):
        return nothing, "outside" if not shapely.intersects(shape, shapely.box(*spec.bounds)) else "none"
    x, y = np.meshgrid(spec.x[columns], spec.y[rows])
    flat = (rows[:, None] * spec.columns + columns[None, :]).ravel()
    is_open = known[np.ix_(rows, columns)].ravel()
    shapely.prepare(shape)
    if shapely.get_dimensions(shape) == 2:
        inside = flat[is_open & shapely.intersects_xy(shape, x.ravel(), y.ravel())]
        if len(inside):
            return inside, "inside"
    candidates, points = flat[is_open], shapely.points(x.ravel()[is_open], y.ravel()[is_open])
    near = candidates[shapely.dwithin(points, shape, reach)]
    return near, "around" if len(near) else "none"


def _share_on_grid(shape: Any, city: City) -> float:
    import shapely

    box = shapely.box(*city.spec.bounds)
    if shape is None or shapely.is_empty(shape):
        return 0.0
    area = float(shapely.area(shape))
    if area > 0:
        return float(shapely.area(shapely.intersection(shape, box))) / area
    return float(shapely.intersects(shape, box))


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")
