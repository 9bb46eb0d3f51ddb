"""Assignment problems for the traffic tests."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from twin.traffic import read_tntp_demand, read_tntp_network


def trips(values, origins, destinations=None):
    """Demand matrix over the nodes given."""
    coords = {
        "origin": np.asarray(origins),
        "destination": np.asarray(origins if destinations is None else destinations),
    }
    return xr.DataArray(np.asarray(values, dtype=float), dims=("origin", "destination"), coords=coords)


@pytest.fixture(scope="session")
def matrix():
    return trips


@pytest.fixture(scope="session")
def problem(shared_data):
    """Graph and demand of a network of the TransportationNetworks collection."""

    def load(name, toll_factor=0.0, distance_factor=0.0):
        folder = shared_data(f"traffic/tntp/{name}")
        graph = read_tntp_network(
            next(folder.glob("*_net.tntp")), toll_factor=toll_factor, distance_factor=distance_factor
        )
        return graph, read_tntp_demand(next(folder.glob("*_trips.tntp")))

    return load
