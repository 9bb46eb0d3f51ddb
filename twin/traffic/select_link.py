"""Who uses a road: the trips of an equilibrium whose routes pass a link."""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin.city.roads import RoadNetwork
from twin.errors import InputError
from twin.traffic.equilibrium import user_equilibrium
from twin.traffic.graph import Graph, graph_from_network


def select_link(
    network: RoadNetwork | Graph, demand: xr.DataArray, link: str | int, *, gap: float = 1e-6, max_iterations: int = 500
) -> xr.DataArray:
    """Return the trips between each origin and destination that drive over a link.

    At an equilibrium link volumes are unique but their split over pairs is not (two routes of equal cost may trade
    drivers); this is the split that the solver found, the same in every run.

    Parameters
    ----------
    network : RoadNetwork or Graph
    demand : xr.DataArray (origin, destination)
        Vehicles per hour between node ids.
    link : str or int
        Id of the link.
    gap, max_iterations
        As in `twin.traffic.assign`.

    Returns
    -------
    xr.DataArray (origin, destination)
        Vehicles per hour; the sum is the flow on the link.

    Raises
    ------
    InputError
        If the link is unknown, or as `twin.traffic.assign`.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> chain = graph_from_arrays([1, 2], [2, 3], [10.0, 10.0], [900.0, 900.0])
    >>> nodes = {"origin": [1, 2], "destination": [2, 3]}
    >>> trips = xr.DataArray([[5.0, 7.0], [0.0, 2.0]], dims=("origin", "destination"), coords=nodes)
    >>> select_link(chain, trips, 1).values.tolist()
    [[0.0, 7.0], [0.0, 2.0]]
    """
    graph = graph_from_network(network) if isinstance(network, RoadNetwork) else network
    at = np.flatnonzero(graph.links == link)
    if len(at) != 1:
        raise InputError(f"link {link!r} is not in the network; find ids with twin.city.roads.links_named")
    routes = user_equilibrium(graph, demand, gap=gap, max_iterations=max_iterations).routes
    visits = np.concatenate([[0], np.cumsum(routes.link == at[0])])
    times = visits[routes.start[1:]] - visits[routes.start[:-1]]
    ordered = demand.transpose("origin", "destination")
    values = np.zeros(ordered.shape)
    np.add.at(values, (routes.row, routes.column), routes.flow * times)
    return xr.DataArray(
        values,
        dims=ordered.dims,
        coords={"origin": ordered["origin"], "destination": ordered["destination"]},
        name="link_demand",
        attrs={"units": "h-1", "long_name": f"trips over link {link}", "long_name_de": f"Fahrten über Strecke {link}"},
    )
