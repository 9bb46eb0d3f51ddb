"""The places with the highest values: buildings by what stands around their walls, road sections by how full they are.

A place is named by the nearest named street, because that is what people on site call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.compare.exposure import building_exposure
from twin.compare.streets import section_flows
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City
    from twin.compare.comparison import Comparison

APART = 30.0
"""Least distance between two worst buildings, m."""

_QUANTITY = {"heat": "utci_hottest_hour", "flood": "water_depth_max", "traffic": "volume_capacity_ratio"}
_UNIT = {"heat": "degC", "flood": "m", "traffic": "%"}


def worst_places(comparison: Comparison, n: int = 10, event: str | None = None) -> gpd.GeoDataFrame:
    """Return the worst places of each event: see `Comparison.worst_places`.

    Raises
    ------
    InputError
        If `n` is not a positive number or the event is not known.
    """
    import geopandas as gpd
    import pandas as pd

    if isinstance(n, bool) or n < 1:
        raise InputError(f"n is {n!r}; ask for at least one place")
    if event is not None:
        comparison.result(event)
    tables = []
    for one in comparison.events if event is None else (event,):
        model = comparison.baseline.model(one)
        try:
            table = (_roads if model == "traffic" else _buildings)(comparison, one, n)
        except MissingDataError:  # a city without buildings has no worst building; `missing` says so already
            continue
        leading = {"event": one, "model": model, "rank": np.arange(1, len(table) + 1)}
        table = table.assign(quantity=_QUANTITY[model], unit=_UNIT[model], **leading)
        tables.append(table)
    names = [variant.name for variant in comparison.variants]
    columns = ["event", "model", "rank", "place", "building", "quantity", "unit", "residents", *names, "geometry"]
    crs = comparison.baseline.city.spec.crs
    if not tables:
        return gpd.GeoDataFrame({column: [] for column in columns}, geometry="geometry", crs=crs)
    together = pd.concat([table[columns] for table in tables], ignore_index=True)
    return gpd.GeoDataFrame(together, geometry="geometry", crs=crs)


def _buildings(comparison: Comparison, event: str, n: int) -> gpd.GeoDataFrame:
    model = comparison.baseline.model(event)
    heat = model == "heat"
    name = _QUANTITY[model] if _QUANTITY[model] in comparison.key_maps(event) else "utci_max"
    values = {}
    for variant in comparison.variants:
        field = comparison.key_map(event, name, variant.name)
        near = building_exposure(field, variant.city, reach=10.0 if heat else None, statistic="mean" if heat else "max")
        values[variant.name] = near["value"]
    base = building_exposure(comparison.key_map(event, name), comparison.baseline.city)
    table = base[["residents", "geometry"]].assign(**values)
    highest = table[list(values)].max(axis=1).dropna()
    if not heat:
        highest = highest[highest >= 0.01]  # a film of rain is no place to send anyone to
    if heat and table["residents"].fillna(0).gt(0).any():
        highest = highest[table["residents"].reindex(highest.index) > 0]  # where people live, not sheds
    order = highest.sort_values(ascending=False, kind="stable").index
    chosen = _apart(table.loc[order], n)
    return chosen.assign(place=place_names(chosen, comparison.baseline.city), building=chosen.index)


def _apart(ordered: gpd.GeoDataFrame, n: int) -> gpd.GeoDataFrame:
    centres = np.column_stack([ordered.geometry.centroid.x, ordered.geometry.centroid.y])
    kept: list[int] = []
    for i, centre in enumerate(centres):
        if all(np.hypot(*(centre - centres[j])) >= APART for j in kept):
            kept.append(i)
        if len(kept) == n:
            break
    return ordered.iloc[kept]


def _roads(comparison: Comparison, event: str, n: int) -> gpd.GeoDataFrame:
    table = section_flows(comparison.result(event), comparison.baseline.city)
    names = []
    for variant in comparison.variants:
        flows = section_flows(variant.results[event], variant.city)
        table[variant.name] = 100.0 * flows["volume_capacity_ratio"].reindex(table.index)
        names.append(variant.name)
    highest = table[names].max(axis=1).dropna()
    order = highest[highest > 0].sort_values(ascending=False, kind="stable").index
    street = table["name"].fillna("").astype(str)
    street = street.where(street != "", table["ref"].fillna("").astype(str))
    # one line per street: the fullest section stands for it; three times as many for those that fall together
    ordered = table.loc[street.loc[order][lambda names: (names == "") | ~names.duplicated()].index[: 3 * n]]
    near = place_names(ordered, comparison.baseline.city)
    place = street.loc[ordered.index].where(street.loc[ordered.index] != "", near.map(_unnamed))
    chosen = ordered.assign(place=place, residents=np.nan, building=np.nan)
    return chosen[~place.duplicated()].head(n)


def _unnamed(near: str) -> str:
    """Mark a road without a name; the report writes these words in its language."""
    return f"({near})"


def place_names(places: gpd.GeoDataFrame, city: City) -> pd.Series:
    """Return the nearest named street of each place, within 200 m; ``""`` where there is none.

    Parameters
    ----------
    places : GeoDataFrame
        In the CRS of the city.
    city : City
    """
    import pandas as pd

    nothing = pd.Series("", index=places.index, dtype=object)
    if city.network is None or places.empty:
        return nothing
    links = city.network.links
    named = links[links["name"].fillna("") != ""]
    if named.empty:
        return nothing
    which, nearest = named.sindex.nearest(
        places.geometry.centroid.array, max_distance=200.0, return_all=False, return_distance=False
    )
    nothing.iloc[which] = named["name"].to_numpy()[nearest]
    return nothing
