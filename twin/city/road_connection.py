"""Which junctions of a road network can be both reached and left: gates count as connected outside the extract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def cut_off(nodes: Any, links: Any, closed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Nodes that can no longer be both reached and left, but could before."""
    before = _connected(nodes, links, links["closed"].to_numpy(dtype=bool))
    after = _connected(nodes, links, closed)
    return np.asarray(nodes.index.to_numpy()[before & ~after], dtype=np.int64)


def _connected(nodes: Any, links: Any, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which nodes lie in the largest strongly connected part; gates are connected outside the extract."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(nodes)
    index = {int(node): i for i, node in enumerate(nodes.index)}
    tail = np.array([index[int(n)] for n in links["from_node"]], dtype=np.int64)[~closed]
    head = np.array([index[int(n)] for n in links["to_node"]], dtype=np.int64)[~closed]
    gates = np.flatnonzero(nodes["gate"].to_numpy(dtype=bool))
    outside = np.full(len(gates), count)
    tails, heads = np.concatenate([tail, gates, outside]), np.concatenate([head, outside, gates])
    graph = coo_matrix((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(count + 1, count + 1))
    _, part = connected_components(graph, directed=True, connection="strong")
    sizes = np.bincount(part[:count], minlength=part.max() + 1)
    return np.asarray(part[:count] == sizes.argmax(), dtype=bool)


def keep_connected(
    links: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, turns: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame, list[str]]:
    """Return links, nodes and turns of the largest connected part, numbered, and the ids of the links left out.

    Raises
    ------
    DataError
        If no two junctions can be reached from each other.
    """
    number = dict(zip(nodes["osm_id"], range(len(nodes)), strict=True))
    links["from_node"] = links["from_osm"].map(number)
    links["to_node"] = links["to_osm"].map(number)
    kept = _connected(nodes, links, np.zeros(len(links), dtype=bool))
    stays = kept[links["from_node"].to_numpy()] & kept[links["to_node"].to_numpy()]
    nodes = nodes[kept].reset_index(drop=True)
    nodes.index.name = "node"
    dropped = [str(link) for link in links.index[~stays]]
    links = links[stays].copy()
    if links.empty:
        raise DataError("no two junctions of the road network can be reached from each other; the extract is too small")
    number = dict(zip(nodes["osm_id"], range(len(nodes)), strict=True))
    links["from_node"] = links["from_osm"].map(number).astype("int64")
    links["to_node"] = links["to_osm"].map(number).astype("int64")
    links = links.drop(columns=["from_osm", "to_osm"])
    order = ["from_node", "to_node", *[c for c in links.columns if c not in ("from_node", "to_node", "geometry")]]
    turns = turns[turns["from_link"].isin(links.index) & turns["to_link"].isin(links.index)].reset_index(drop=True)
    return links[[*order, "geometry"]], nodes, turns, dropped
