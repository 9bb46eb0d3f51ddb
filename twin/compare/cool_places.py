"""Cool places to go to on a hot day, and who has one within a short walk of home.

A cool place is a contiguous open area, large enough to stay in, where the felt temperature stays below a bound (or
shade prevails) at the hottest hour. What counts is stated by a `CoolPlaceRule` and stands in the results.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.heat_exposure import groups_of
from twin.compare.heat_fields import Hour, hourly, value_at
from twin.compare.indicators import outdoors
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City
    from twin.city.roads import RoadNetwork

WALK = 150.0
"""How far a cool place may be, m: the distance Munich plans with."""

STAY = ("paving", "gravel", "bare_soil", "grass", "shrub", "forest")
"""Land cover to stay on: no carriageway (asphalt), no field, no water."""

SPACING = 5.0
"""Ways are cut into pieces of at most this length, m; one can leave them at every cut."""


@dataclass(frozen=True)
class CoolPlaceRule:
    """What a cool place is.

    Parameters
    ----------
    index : str
        Index of felt temperature that is looked at.
    at_most : float or None
        Highest value at the hour, degC. The default is the upper bound of strong heat stress (UTCI): on days with more
        than about 33 °C even deep shade has strong heat stress, so that a stricter bound finds nothing. None: not
        asked.
    shaded_at_least : float or None
        Least share of the direct sun kept away at the hour, 0 to 1. None: not asked.
    least_area : float
        Of the contiguous area, m2. Default 200 m2, as in the Dutch guideline on distance to coolness.
    land_cover : tuple of str
        Kinds of ground to stay on, see `twin.city.surfaces.CODES`; empty for any.
    access : float
        How near a way must come to the area, m, so that the public can enter it; counts where a network is given.

    Raises
    ------
    InputError
        If nothing is asked, or a value is impossible.

    Notes
    -----
    Distance to coolness: Kluck, J. et al. (2020), De hittebestendige stad, Hogeschool van Amsterdam: places of at least
    200 m2 with PET below 35 °C on a hot afternoon, within 300 m of every home.

    Examples
    --------
    >>> CoolPlaceRule(index="pet", at_most=35.0).least_area
    200.0
    """

    index: str = "utci"
    at_most: float | None = 38.0
    shaded_at_least: float | None = None
    least_area: float = 200.0
    land_cover: tuple[str, ...] = field(default=STAY)
    access: float = 10.0

    def __post_init__(self) -> None:
        from twin.city.surfaces import CODES

        if self.at_most is None and self.shaded_at_least is None:
            raise InputError("the rule asks neither for a felt temperature (at_most) nor for shade (shaded_at_least)")
        if self.at_most is not None and not math.isfinite(self.at_most):
            raise InputError(f"at_most is {self.at_most!r} degC; it must be a finite number, or None")
        if self.shaded_at_least is not None and not 0 < self.shaded_at_least <= 1:
            raise InputError(f"shaded_at_least is {self.shaded_at_least!r}; it must lie above 0 and up to 1")
        for name in ("least_area", "access"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a number from 0")
        unknown = [kind for kind in self.land_cover if kind not in CODES]
        if unknown:
            raise InputError(f"land cover {unknown[0]!r} is unknown; known are {', '.join(CODES)}")

    def cells(self, result: xr.Dataset, city: City, hour: Hour = None) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
        """Return the cells of a `result` of a `city` that are cool enough at an `hour`, (y, x) bool, and notes.

        Without an hour that of the highest mean counts; where no hours were kept, the highest value of the day.

        Raises
        ------
        MissingDataError
            If the result or the city lacks what the rule asks for.
        """
        notes: list[str] = []
        cool = outdoors(city)
        if "land_cover" in city.grid and self.land_cover:
            from twin.city.surfaces import CODES

            cool = cool & np.isin(city.grid["land_cover"].values, [CODES[kind] for kind in self.land_cover])
        elif self.land_cover:
            notes.append("the city has no land cover: any open ground counts")
        when: Hour = hour
        if hour is None and self.index in result and "time" in result[self.index].dims:
            from twin.compare.heat_indicators import hottest_hour

            when = hottest_hour(result, city, self.index)
        if self.at_most is not None:
            values = value_at(result, self.index, when)
            if values.shape != city.spec.shape:
                raise InputError(f"the result has {values.shape} cells, the city {city.spec.shape}; give one grid")
            if when is None:
                notes.append(f"{self.index} is the highest of the day: the result holds no hours")
            cool = cool & (np.asarray(values.values) <= self.at_most)
        if self.shaded_at_least is not None:
            hourly(result, "sunlit_fraction")
            if when is None:
                raise MissingDataError("shade is asked for, but the result tells no hottest hour; give hour=")
            sun = value_at(result, "sunlit_fraction", when)
            cool = cool & (1.0 - np.asarray(sun.values) >= self.shaded_at_least)
        return cool, tuple(notes)


def cool_places(
    result: xr.Dataset,
    city: City,
    rule: CoolPlaceRule | None = None,
    *,
    hour: Hour = None,
    network: RoadNetwork | None = None,
    public: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the cool places of a city as areas.

    Parameters
    ----------
    result : xr.Dataset
        Of heat, on the city's grid.
    city : City
    rule : CoolPlaceRule, optional
        What a cool place is; the default rule if not given.
    hour : float, numpy.datetime64 or None
        When; at the hottest hour of open ground if not given.
    network : RoadNetwork, optional
        Of footways (``build_road_network(osm, crs, mode="foot")``): areas that no way comes near are yards nobody else
        can enter, and are left out. Without it, access is not tested.
    public : GeoDataFrame, optional
        Areas where the public may stay (parks, squares); only cells in them count, and access is taken for granted.

    Returns
    -------
    GeoDataFrame
        Index `cool_place` from 1, the largest first; columns `area` (m2), the mean of the index (degC), `access`
        (``"way"``, ``"public"`` or ``"not tested"``), `geometry`. `attrs`: `rule`, `notes`.

    Raises
    ------
    MissingDataError
        If the result or the city lacks what the rule asks for.
    InputError
        If the tables lie in another CRS.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> cool_places(result, city, CoolPlaceRule(at_most=32.0))["area"].tolist()
    [560.0]
    """
    import geopandas as gpd
    import pandas as pd
    import rasterio.features
    import shapely
    from scipy import ndimage

    rule = rule or CoolPlaceRule()
    cool, notes = rule.cells(result, city, hour)
    spec = city.spec
    if public is not None:
        _same_crs(public, city, "public areas")
        shapes = [shape for shape in public.geometry if shape is not None and not shape.is_empty]
        outside = (
            rasterio.features.geometry_mask(shapes, out_shape=spec.shape, transform=spec.transform)
            if shapes
            else np.ones(spec.shape, np.bool_)
        )
        cool = cool & ~outside
    # cells that share an edge belong together; across a corner nobody walks between two hedges
    labels, count = ndimage.label(cool)
    area = np.bincount(labels.ravel(), minlength=count + 1) * spec.cell_area
    large = np.flatnonzero(area >= rule.least_area - 1e-9)
    large = large[large > 0]
    order = large[np.argsort(-area[large], kind="stable")]
    number = np.zeros(count + 1, np.int32)
    number[order] = np.arange(1, len(order) + 1)
    numbered = number[labels]
    parts: dict[int, list[Any]] = {}
    for shape, value in rasterio.features.shapes(numbered, mask=numbered > 0, transform=spec.transform):
        parts.setdefault(int(value), []).append(shapely.geometry.shape(shape))
    polygons = [shapely.union_all(parts[value]) for value in range(1, len(order) + 1)]
    table = gpd.GeoDataFrame(
        {"area": area[order]},
        index=pd.RangeIndex(1, len(order) + 1, name="cool_place"),
        geometry=gpd.GeoSeries(polygons, index=pd.RangeIndex(1, len(order) + 1), crs=spec.crs),
        crs=spec.crs,
    )
    if rule.index in result or f"{rule.index}_max" in result:
        felt = value_at(result, rule.index, None if "time" not in result.coords else _hour_of(result, city, rule, hour))
        table[rule.index] = ndimage.mean(felt.values, numbered, table.index) if len(table) else np.empty(0)
    table["access"] = "not tested" if public is None else "public"
    if network is not None and public is None:
        _same_crs(network.links, city, "network")
        lines = shapely.union_all(_ways(network))
        reached = shapely.dwithin(table.geometry.to_numpy(), lines, rule.access) if len(table) else np.empty(0, bool)
        left_out = int((~reached).sum())
        if left_out:
            notes = (*notes, f"{left_out} cool areas that no way comes near are left out")
        table = table[reached].assign(access="way")
        table.index = pd.RangeIndex(1, len(table) + 1, name="cool_place")
    elif public is None:
        notes = (*notes, "who may enter the cool areas is not known: private yards are among them")
    table.attrs["rule"], table.attrs["notes"] = asdict(rule), notes
    return table[[column for column in table.columns if column != "geometry"] + ["geometry"]]


def _hour_of(result: xr.Dataset, city: City, rule: CoolPlaceRule, hour: Hour) -> Hour:
    if hour is not None:
        return hour
    if rule.index in result and "time" in result[rule.index].dims:
        from twin.compare.heat_indicators import hottest_hour

        return hottest_hour(result, city, rule.index)
    return None


def homes_near(
    places: gpd.GeoDataFrame,
    city: City,
    *,
    network: RoadNetwork | None = None,
    distance: float = WALK,
    access: float = 10.0,
) -> gpd.GeoDataFrame:
    """Return for every building on the grid how far its residents walk to the nearest of some areas.

    Parameters
    ----------
    places : GeoDataFrame
        Areas in the city's CRS, such as `cool_places`.
    city : City
    network : RoadNetwork, optional
        Of footways: distances run along it, from the point nearest to the building to a point within `access` of an
        area, with the straight ways to and from it. Without it the distance is the straight line from the walls.
    distance : float
        How far is near, m.
    access : float
        How near a way must come to an area for people to enter it, m; a building so near to an area is at it.

    Returns
    -------
    GeoDataFrame
        Index `building_id`; columns `distance` (m; infinite where nothing is reached within ten times the walk),
        `near` (bool), `residents` and every `age_...` column the buildings have, `geometry`. `attrs["distance"]` is
        ``"along ways"`` or ``"straight line"``.

    Raises
    ------
    MissingDataError
        If the city has no `building_id`.
    InputError
        If the tables lie in another CRS or a distance is impossible.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> places = cool_places(result, city, CoolPlaceRule(at_most=32.0))
    >>> homes_near(places, city, distance=10)[["distance", "near"]].values.tolist()
    [[14.0, False], [0.0, True]]
    """
    for name, value in (("distance", distance), ("access", access)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} is {value!r} m; it must be a number from 0")
    outdoors(city)
    _same_crs(places, city, "places")
    used = np.unique(city.grid["building_id"].values)
    ages = sorted(str(name) for name in city.buildings.columns if str(name).startswith("age_"))
    people = [name for name in ("residents", *ages) if name in city.buildings.columns]
    homes = city.buildings.loc[city.buildings.index.isin(used), [*people, "geometry"]]
    walls = np.asarray(homes.geometry.values, dtype=object)
    areas = np.asarray(places.geometry.values, dtype=object)
    direct = _nearest(walls, areas)
    if network is None:
        walked = direct
    else:
        _same_crs(network.links, city, "network")
        walked = np.where(direct <= access, direct, _along_ways(walls, areas, network, access, 10.0 * distance))
    homes = homes.assign(distance=walked, near=walked <= distance + 1e-9)
    homes = homes[["distance", "near", *people, "geometry"]]
    homes.attrs["distance"] = "straight line" if network is None else "along ways"
    return homes


def residents_near(homes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many people live near, and how many do not, by group.

    Parameters
    ----------
    homes : GeoDataFrame
        From `homes_near`.

    Returns
    -------
    DataFrame
        Index `group` (``"residents"`` and every ``"age_..."`` column); columns `people`, `near`, `without` (people),
        `share` (near, %; NaN where there is nobody).

    Raises
    ------
    MissingDataError
        If the homes have no residents.

    Examples
    --------
    >>> from twin.compare.examples import hamlet
    >>> city, result = hamlet()
    >>> places = cool_places(result, city, CoolPlaceRule(at_most=32.0))
    >>> residents_near(homes_near(places, city, distance=10)).loc["residents"].tolist()
    [10.0, 6.0, 4.0, 60.0]
    """
    import pandas as pd

    rows = {}
    for group in groups_of(homes):
        people = homes[group].fillna(0.0).astype(np.float64)
        total, near = float(people.sum()), float(people[homes["near"]].sum())
        share = 100.0 * near / total if total > 0 else float("nan")
        rows[group] = {"people": total, "near": near, "without": total - near, "share": share}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "group"
    return table


def _same_crs(table: gpd.GeoDataFrame, city: City, what: str) -> None:
    from twin.city.gridspec import same_crs

    if table.crs is None or not same_crs(table.crs, city.spec.crs):
        name = None if table.crs is None else table.crs.name
        raise InputError(f"the {what} lie in {name}, the city in {city.spec.crs.name}; use to_crs(city's CRS)")


def _ways(network: RoadNetwork) -> NDArray[Any]:
    links = network.links
    if "foot" in links:
        links = links[links["foot"].astype(bool)]
    shapes = np.asarray(links.geometry.values, dtype=object)
    return shapes[[shape is not None and not shape.is_empty for shape in shapes]]


def _nearest(shapes: NDArray[Any], areas: NDArray[Any]) -> NDArray[np.float64]:
    """Return the straight distance of each shape to the nearest area, m; infinite where there is none."""
    import shapely

    found = np.full(len(shapes), np.inf)
    if len(areas) and len(shapes):
        (which, _), distance = shapely.STRtree(areas).query_nearest(shapes, return_distance=True, all_matches=False)
        found[which] = distance
    return found


def _along_ways(
    walls: NDArray[Any], areas: NDArray[Any], network: RoadNetwork, access: float, limit: float
) -> NDArray[np.float64]:
    """Return the distances along ways; infinite beyond the limit.

    A graph of the points that cut the ways into pieces; from one source, joined to all points within `access` of an
    area, the shortest paths lead to every point; a building hangs on the point nearest to its walls.
    """
    import shapely
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    far = np.full(len(walls), np.inf)
    lines = _ways(network)
    if not len(lines) or not len(areas) or not len(walls):
        return far
    place, start, end, length = _pieces(lines)
    points: NDArray[Any] = np.asarray(shapely.points(place), dtype=object)
    to_area = _nearest(points, areas)
    entry = np.flatnonzero(to_area <= access)
    if not len(entry):
        return far
    source = len(place)
    # an edge of no length would be no edge
    weight = np.maximum(np.concatenate([length, to_area[entry]]), 1e-6)
    rows = np.concatenate([start, np.full(len(entry), source)])
    columns = np.concatenate([end, entry])
    graph = csr_array((weight, (rows, columns)), shape=(source + 1, source + 1))
    shortest: Any = dijkstra  # its published types know no csr_array
    walked = shortest(graph, directed=False, indices=source, limit=limit)[:source]
    (which, point), distance = shapely.STRtree(points).query_nearest(walls, return_distance=True, all_matches=False)
    far[which] = distance + walked[point]
    return far


def _pieces(
    lines: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Cut lines into equal pieces; return the points, and start, end and length of each piece."""
    import shapely

    lines = shapely.get_parts(lines)
    length = shapely.length(lines)
    count = np.maximum(np.ceil(length / SPACING), 1).astype(np.int64)
    which = np.repeat(np.arange(len(lines)), count + 1)
    number = np.arange(len(which)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
    at = number * (length / count)[which]
    place = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at))
    # ends of ways that meet are one point; both directions of a link become one
    unique, first = np.unique(np.round(place, 3), axis=0, return_inverse=True)
    first = first.ravel()
    inner = number < count[which]
    start, end = first[:-1][inner[:-1]], first[1:][inner[:-1]]
    piece = (length / count)[which][:-1][inner[:-1]]
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((piece, high, low))
    low, high, piece = low[order], high[order], piece[order]
    shortest = np.ones(len(low), np.bool_)
    shortest[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    keep = shortest & (low != high)
    return unique, low[keep], high[keep], piece[keep]
