"""The road network of a city: junctions, directed links, turn restrictions.

A link is one direction of a road between two junctions. Its id is stable: a scenario closes or slows a link, it never
removes one, so flows of two scenarios compare link by link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True)
class RoadNetwork:
    """Roads as a graph, in the CRS of the city's grid.

    nodes : GeoDataFrame (index `node`, int) of junctions and dead ends; columns `osm_id`, `signals` (bool),
        `gate` (bool: a road leaves the extract here), `geometry` (point)
    links : GeoDataFrame (index `link`, str) of directed links; columns
        `from_node`, `to_node` (int), `osm_way` (int), `name`, `ref` (str, "" if none), `road_class`
        (OSM highway value),
        `length` (m), `lanes` (per direction), `free_flow_speed` (m/s), `capacity` (vehicles per hour),
        `residents_only` (bool: destination traffic only), `closed` (bool), `speed_source`, `capacity_source` (str),
        `geometry` (line in driving direction)
    turns : DataFrame of forbidden turns; columns `from_link`, `to_link` (link ids), `restriction` (OSM id)
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    turns: pd.DataFrame
