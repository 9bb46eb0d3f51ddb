"""Flows of directed links as people see roads: sections with both directions together, and whole streets.

A section is the road between two junctions; its two directed links carry one geometry and one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.city.city import City
    from twin.city.roads import RoadNetwork


def section_of_link(network: RoadNetwork) -> pd.Series:
    """Return for each link the id of the link that stands for its section.

    Two links are one section when they join the same junctions, belong to the same source way and are equally long
    (to the decimetre: two arms of a loop join the same junctions too).
    """
    import pandas as pd

    links = network.links
    low = links[["from_node", "to_node"]].min(axis=1)
    high = links[["from_node", "to_node"]].max(axis=1)
    way = links["osm_way"] if "osm_way" in links else pd.Series(0, index=links.index)
    key = pd.MultiIndex.from_arrays([low, high, way, links["length"].round(1)])
    first = pd.Series(links.index, index=links.index).groupby(pd.factorize(key)[0]).transform("first")
    return first.rename("section")


def sections(network: RoadNetwork) -> gpd.GeoDataFrame:
    """Return one row per section, index `link` of its first direction, with the columns of `network.links`."""
    return network.links.loc[section_of_link(network).unique()]


def section_flows(result: xr.Dataset, city: City) -> gpd.GeoDataFrame:
    """Return the sections with the vehicles of both directions together.

    Parameters
    ----------
    result : xr.Dataset
        Traffic result over `link`, ids of the city's links.
    city : City
        With the network of the result.

    Returns
    -------
    GeoDataFrame
        Index `link` of one direction; columns `name`, `ref`, `road_class`, `length` (m), `road_flow` (vehicles per
        hour, both directions), `volume_capacity_ratio` (of the fuller direction; NaN if not known), `geometry`.

    Raises
    ------
    InputError
        If the city has no network or the links differ.
    """
    import pandas as pd

    links = links_of(result, city)
    section = section_of_link(city.network).reindex(links.index)  # type: ignore[arg-type]
    flow = pd.Series(np.asarray(result["road_flow"].values, np.float64), index=links.index)
    table = links.loc[section.unique(), ["name", "ref", "road_class", "length", "geometry"]].copy()
    table["road_flow"] = flow.fillna(0.0).groupby(section).sum().reindex(table.index)
    table["volume_capacity_ratio"] = np.nan
    if "volume_capacity_ratio" in result:
        ratio = pd.Series(np.asarray(result["volume_capacity_ratio"].values, np.float64), index=links.index)
        table["volume_capacity_ratio"] = ratio.groupby(section).max().reindex(table.index)
    return table[["name", "ref", "road_class", "length", "road_flow", "volume_capacity_ratio", "geometry"]]


def street_flows(result: xr.Dataset, city: City) -> pd.DataFrame:
    """Return the mean vehicles per hour on each named street.

    Returns
    -------
    DataFrame
        Index `street` (name, or the road number where there is no name; roads with neither are left out); columns
        `road_flow` (vehicles per hour, both directions, mean weighted by length), `road_flow_max`, `length` (m).
    """
    import pandas as pd

    table = section_flows(result, city)
    street = table["name"].fillna("").astype(str)
    street = street.where(street != "", table["ref"].fillna("").astype(str))
    table = pd.DataFrame(table.drop(columns="geometry")).assign(street=street)
    table = table[table["street"] != ""]
    table["product"] = table["road_flow"] * table["length"]
    groups = table.groupby("street")
    length = groups["length"].sum()
    return pd.DataFrame(
        {"road_flow": groups["product"].sum() / length, "road_flow_max": groups["road_flow"].max(), "length": length}
    )


def links_of(result: xr.Dataset, city: City) -> gpd.GeoDataFrame:
    """Return the city's links in the order of the result.

    Raises
    ------
    InputError
        If the city has no network, or the result holds links the network does not know.
    """
    if city.network is None:
        raise InputError(f"{city.name!r} has no road network; a traffic result cannot be placed in it")
    ids = [str(link) for link in result["link"].values]
    links = city.network.links
    unknown = [link for link in ids if link not in links.index]
    if unknown:
        raise InputError(
            f"the traffic result holds {len(unknown)} links the network of {city.name!r} does not know, "
            f"such as {unknown[0]!r}; compute it for this network"
        )
    return links.loc[ids]
