"""Shade where people walk: for every street and footway the share of its length in shade, and the felt temperature.

A street is walked on its sidewalks, a path on itself; cells are read along these lines. Both directions of a link are
one section. Only what lies on the grid counts; how much of a section that is stands beside its values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.heat_fields import hourly, step_hours, steps_at
from twin.compare.indicators import outdoors
from twin.compare.streets import section_of_link
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City
    from twin.city.roads import RoadNetwork

HOURS = (11.0, 16.0)
"""Clock hours of the steps that count, both included: the hot part of the day."""

SHADED_BELOW = 0.5
"""A point lies in shade where less than this share of the direct sun arrives."""

SIDEWALK = 2.5
"""Width of a sidewalk, m (RASt 06, FGSV 2006, section 6.1.6.1: the usual side space for walking)."""

CARRIAGEWAY = {
    "primary": 6.5,
    "primary_link": 6.5,
    "secondary": 6.5,
    "secondary_link": 6.5,
    "tertiary": 6.5,
    "tertiary_link": 6.5,
    "trunk": 6.5,
    "trunk_link": 6.5,
    "unclassified": 5.5,
    "residential": 5.5,
}
"""Width of the carriageway between the sidewalks, m (RASt 06: 6.5 m where buses or lorries meet, 5.5 m in residential
streets). Ways of other classes are walked on themselves."""

FORBIDDEN = frozenset({"motorway", "motorway_link"})


def street_shade(
    result: xr.Dataset,
    city: City,
    *,
    network: RoadNetwork | None = None,
    hours: tuple[float, float] = HOURS,
    index: str = "utci",
    shaded_below: float = SHADED_BELOW,
) -> gpd.GeoDataFrame:
    """Return for every street and footway on the grid how much of its length lies in shade.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, with `sunlit_fraction` by hour.
    city : City
    network : RoadNetwork, optional
        Best ``build_road_network(osm, crs, mode="foot")``, which holds the footways; that of the city if not given.
    hours : (first, last)
        Clock hours of the steps that count, both included.
    index : str
        Index whose mean is given as well, where the result keeps it by hour.
    shaded_below : float
        A point lies in shade where less than this share of the direct sun arrives, above 0 to 1.

    Returns
    -------
    GeoDataFrame
        Index `link` (one direction stands for both). Columns `name`, `ref`, `road_class`, `length` (m, of the
        section), `known_length` (m, of it with open cells of the grid), `walked` (``"sidewalks"`` as the map says,
        ``"sidewalks assumed"`` on both sides, ``"itself"``), `shaded_share` (of the walked length, mean of the hours
        and of both sides; 0 to 1), `shaded_share_best_side` (always on the side with more shade in that hour),
        `shaded_share_11` ... for every hour, the mean of the index (degC), `geometry`. Ways without an open cell of
        the grid are left out. `attrs["notes"]` tells what was assumed, `attrs["hours"]` the hours used.

    Raises
    ------
    MissingDataError
        If there is no network, or the result holds no `sunlit_fraction` by hour or no step in these hours.
    InputError
        If the network lies in another CRS, or hours or bound are impossible.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> street = street_shade(result, city, hours=(12, 14)).iloc[0]
    >>> street["name"], street["walked"], float(street["shaded_share"]), float(street["utci"])
    ('Dorfstraße', 'itself', 0.5, 33.0)
    """
    import geopandas as gpd

    if not 0 < shaded_below <= 1:
        raise InputError(f"shaded_below is {shaded_below!r}; it must lie above 0 and up to 1")
    sunlit = hourly(result, "sunlit_fraction")
    steps = steps_at(result, *hours)
    wanted = int((hours[1] - hours[0]) / step_hours(result) + 1e-6) + 1
    if sunlit.shape[1:] != city.spec.shape:
        raise InputError(f"the result has {sunlit.shape[1:]} cells, the city {city.spec.shape}; they must be one grid")
    links, notes = _walkable(city, network)
    if len(steps) < wanted:
        notes.append(f"only {len(steps)} steps from {hours[0]:g} to {hours[1]:g} h were kept")
    felt = result[index] if index in result and result[index].dims == ("time", "y", "x") else None
    if felt is None:
        notes.append(f"no mean of {index}: the result does not hold it by hour")
    known = outdoors(city)
    for field in (sunlit,) if felt is None else (sunlit, felt):
        known = known & np.isfinite(np.asarray(field.isel(time=steps[0]).values))
    walk = _lay_out(links, city, known)

    table = links[["name", "ref", "road_class", "length"]].assign(
        known_length=walk.known_length, walked=links["walked"]
    )
    mean, best = np.zeros(len(links)), np.zeros(len(links))
    by_hour = {}
    for step in steps:
        shaded = (_at(sunlit, step, walk) < shaded_below).astype(np.float64)
        share = walk.along(walk.mean_of_sides(shaded))
        mean, best = mean + share, best + walk.along(walk.highest_of_sides(shaded))
        by_hour[f"shaded_share_{_clock_label(result['time'].values[step])}"] = share
    table = table.assign(shaded_share=mean / len(steps), shaded_share_best_side=best / len(steps), **by_hour)
    if felt is not None:
        total = np.zeros(len(links))
        for step in steps:
            total += walk.along(walk.mean_of_sides(_at(felt, step, walk)))
        table[index] = total / len(steps)
    found = gpd.GeoDataFrame(table, geometry=links.geometry, crs=links.crs)[walk.known_length > 0]
    assumed = float(found.loc[found["walked"] == "sidewalks assumed", "known_length"].sum())
    if assumed > 0:
        percent = 100.0 * assumed / float(found["known_length"].sum())
        notes.append(f"sidewalks on both sides are assumed on {percent:.0f} % of the length")
    found.attrs["notes"] = tuple(notes)
    found.attrs["hours"] = tuple(str(np.datetime_as_string(result["time"].values[step], unit="m")) for step in steps)
    return found


def walking_shade(streets: gpd.GeoDataFrame) -> pd.Series:
    """Return the shade of all ways together, each weighing by its length on the grid.

    Parameters
    ----------
    streets : GeoDataFrame
        From `street_shade`.

    Returns
    -------
    Series
        `length` (m), and every share and index of the table.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> walking_shade(street_shade(result, city, hours=(12, 14)))["shaded_share"]
    np.float64(0.5)
    """
    import pandas as pd

    weight = streets["known_length"].to_numpy(np.float64)
    values = {"length": float(weight.sum())}
    for name in _value_columns(streets):
        known = streets[name].notna().to_numpy()
        total = float(weight[known].sum())
        values[name] = float((weight * streets[name].to_numpy())[known].sum() / total) if total > 0 else float("nan")
    return pd.Series(values, dtype=np.float64)


def shade_by_street(streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the shade of whole streets by name, the least shaded first; ways without a name are left out.

    Parameters
    ----------
    streets : GeoDataFrame
        From `street_shade`.

    Returns
    -------
    DataFrame
        Index `street`; columns `length` (m, on the grid), the shares and indices weighted by length.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> shade_by_street(street_shade(result, city, hours=(12, 14)))["length"].to_dict()
    {'Dorfstraße': 48.0}
    """
    import pandas as pd

    name = streets["name"].fillna("").astype(str)
    name = name.where(name != "", streets["ref"].fillna("").astype(str))
    rows = {street: walking_shade(part) for street, part in streets[name != ""].groupby(name[name != ""], sort=True)}
    columns = ["length", *_value_columns(streets)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index.name = "street"
    return table.sort_values("shaded_share", kind="stable")


def shade_differences(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return how the shade of every way changes, the most gained first.

    Parameters
    ----------
    before, after : GeoDataFrame
        From `street_shade`, of one network, with the same hours.

    Returns
    -------
    GeoDataFrame
        Index `link`; `name`, `ref`, `road_class`, `known_length` (m, before), `shaded_share` and every index of both
        tables, each ``<column> before``, ``<column> after`` and ``<column> difference``, and `geometry`.

    Raises
    ------
    InputError
        If the tables are of other hours.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> today = street_shade(result, city, hours=(12, 14))
    >>> later = street_shade(result.assign(sunlit_fraction=result.sunlit_fraction * 0), city, hours=(12, 14))
    >>> shade_differences(today, later)["shaded_share difference"].tolist()
    [0.5]
    """
    if before.attrs.get("hours") != after.attrs.get("hours"):
        raise InputError(
            f"the streets were read at {before.attrs.get('hours')} and {after.attrs.get('hours')}; use the same hours"
        )
    table = before[["name", "ref", "road_class", "known_length", "geometry"]].copy()
    shared = [name for name in _value_columns(before) if name in after.columns and not name[-1].isdigit()]
    for name in shared:
        table[f"{name} before"] = before[name]
        table[f"{name} after"] = after[name].reindex(before.index)
        table[f"{name} difference"] = table[f"{name} after"] - table[f"{name} before"]
    table = table[[*(column for column in table.columns if column != "geometry"), "geometry"]]
    return table.sort_values("shaded_share difference", ascending=False, kind="stable")


def _value_columns(streets: pd.DataFrame) -> list[str]:
    fixed = {"name", "ref", "road_class", "length", "known_length", "walked", "geometry"}
    return [str(name) for name in streets.columns if name not in fixed]


def _clock_label(time: np.datetime64) -> str:
    minutes = round(float((time - time.astype("datetime64[D]")) / np.timedelta64(1, "m")))
    return f"{minutes // 60}" if minutes % 60 == 0 else f"{minutes // 60}_{minutes % 60:02d}"


def _at(field: xr.DataArray, step: int, walk: Walk) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.asarray(field.isel(time=step).values, np.float64).ravel()[walk.cell]
    return values


def _walkable(city: City, network: RoadNetwork | None) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return one row per section that people may walk, with the line they walk on; and what was assumed."""
    from twin.city.gridspec import same_crs

    chosen = city.network if network is None else network
    if chosen is None:
        raise MissingDataError(
            f"{city.name!r} has no network; give network=build_road_network(osm, crs, mode='foot'), or load roads"
        )
    if chosen.links.crs is None or not same_crs(chosen.links.crs, city.spec.crs):
        name = None if chosen.links.crs is None else chosen.links.crs.name
        raise InputError(f"the network is in {name}, the city in {city.spec.crs.name}; build it in the city's CRS")
    links = chosen.links
    if "foot" in links:
        links = links[links["foot"].astype(bool)]
    links = links[~links["road_class"].isin(FORBIDDEN) & links.geometry.notna() & ~links.geometry.is_empty]
    section = section_of_link(chosen).reindex(links.index)
    # the first of the directions that may be walked stands for the section
    links = links[~section.duplicated()]
    notes = []
    paths = bool(links["road_class"].isin(("footway", "path", "pedestrian", "steps")).any())
    if not paths:
        notes.append("the network holds no footways apart from streets; build_road_network(mode='foot') has them")
    side = links["sidewalk"] if "sidewalk" in links else links["road_class"].map(lambda _: "")
    street = links["road_class"].isin(list(CARRIAGEWAY))
    links = links.assign(sidewalk=side.fillna(""), walked="itself")
    links.loc[street & (links["sidewalk"] == ""), "walked"] = "sidewalks assumed"
    links.loc[street & links["sidewalk"].isin(("both", "left", "right", "separate")), "walked"] = "sidewalks"
    if paths:  # sidewalks drawn as ways of their own are in the network already
        apart = street & (links["sidewalk"] == "separate")
        if apart.any():
            notes.append(f"{int(apart.sum())} streets whose sidewalks are ways of their own count by these")
        links = links[~apart]
    return links, notes


@dataclass(frozen=True, eq=False)
class Walk:
    """Points along which ways are walked: a section is cut into pieces, each with a point on one or both sides.

    sections : number of sections
    section, length : of each piece; length in m
    piece, cell : of each point; flat index of its open cell
    """

    sections: int
    section: NDArray[np.int64]
    length: NDArray[np.float64]
    piece: NDArray[np.int64]
    cell: NDArray[np.int64]

    @property
    def known_length(self) -> NDArray[np.float64]:
        """Length of the pieces with an open cell, m, by section."""
        return np.asarray(np.bincount(self.section, self.length * (self._points > 0), self.sections), np.float64)

    @property
    def _points(self) -> NDArray[np.int64]:
        return np.bincount(self.piece, minlength=len(self.section))

    def mean_of_sides(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the points of each piece, NaN without one."""
        count = self._points
        total = np.bincount(self.piece, values, len(self.section))
        return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0), np.float64)

    def highest_of_sides(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the highest of the points of each piece, NaN without one."""
        highest = np.full(len(self.section), -np.inf)
        np.maximum.at(highest, self.piece, values)
        return np.where(np.isfinite(highest), highest, np.nan)

    def along(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means of pieces over sections, weighted by length; NaN for sections without a value."""
        known = np.isfinite(values)
        weight = self.length * known
        total = np.bincount(self.section, weight * np.where(known, values, 0.0), self.sections)
        length = np.bincount(self.section, weight, self.sections)
        mean = np.divide(total, length, out=np.full(self.sections, np.nan), where=length > 0)
        return np.asarray(mean, np.float64)


def _lay_out(links: gpd.GeoDataFrame, city: City, open_cells: NDArray[np.bool_]) -> Walk:
    """Cut the sections into pieces of at most half a cell (2 m at most) and find the open cells beside each."""
    import shapely

    spec = city.spec
    near = np.flatnonzero(links.geometry.intersects(shapely.box(*spec.bounds).buffer(10.0)).to_numpy())
    lines = np.asarray(links.geometry.values, dtype=object)[near]
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / min(0.5 * spec.resolution, 2.0)), 1).astype(np.int64)
    # symmetric about the middle, so that a way drawn from its other end is read at the same points
    which = np.repeat(np.arange(len(near)), pieces)
    number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece_length = (length / pieces)[which]
    at = (number + 0.5) * piece_length
    step = 0.25 * piece_length
    here, back, on = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at + shift))
        for shift in (0.0, -step, step)
    )
    along = on - back
    size = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-12)
    right = np.column_stack([along[:, 1], -along[:, 0]]) / size[:, None]

    walked = links["walked"].to_numpy(object)[near][which]
    sidewalk = links["sidewalk"].to_numpy(object)[near][which]
    width = np.array([CARRIAGEWAY.get(kind, 0.0) for kind in links["road_class"].to_numpy(object)[near]])[which]
    offset = np.where(walked == "itself", 0.0, 0.5 * (width + SIDEWALK))
    sides = [(right, (sidewalk != "left") | (walked == "itself"))]
    sides.append((-right, (sidewalk != "right") & (walked != "itself")))
    piece, cell = [], []
    for direction, used in sides:
        found = np.full(len(which), -1, np.int64)
        # where a house stands on the sidewalk of the map, people pass between it and the middle of the street
        for share in (1.0, 0.5, 0.0):
            place = here + direction * (share * offset)[:, None]
            looked = _open_cell(place, open_cells, city)
            found = np.where((found < 0) & used, looked, found)
        hit = np.flatnonzero(found >= 0)
        piece.append(hit)
        cell.append(found[hit])
    return Walk(len(links), near[which], piece_length, np.concatenate(piece), np.concatenate(cell))


def _open_cell(place: NDArray[np.float64], open_cells: NDArray[np.bool_], city: City) -> NDArray[np.int64]:
    """Return the flat index of the open cell each point lies in, -1 for none."""
    spec = city.spec
    column = np.floor((place[:, 0] - spec.left) / spec.resolution).astype(np.int64)
    row = np.floor((spec.top - place[:, 1]) / spec.resolution).astype(np.int64)
    inside = (row >= 0) & (row < spec.rows) & (column >= 0) & (column < spec.columns)
    flat = np.where(inside, row * spec.columns + column, 0)
    return np.where(inside & open_cells.ravel()[flat], flat, -1)
