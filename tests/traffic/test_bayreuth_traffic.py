"""The sample town: the whole way from buildings and roads to flows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from twin.city.roads import close_links, links_named, set_speed
from twin.traffic import assign, gravity_demand


@pytest.fixture(scope="module")
def town():
    import twin

    # the road network is that of the whole extract, whatever the grid: a small one is built faster
    city = twin.sample_city("bayreuth", resolution=20.0)
    return city, gravity_demand(city)


def test_demand_converges_and_loads_the_federal_road(town):
    city, demand = town
    result = assign(city.network, demand, gap=1e-6)
    assert float(result.relative_gap) <= 1e-6
    assert float(result.unserved_demand) == 0.0
    federal = result.sel(link=links_named(city.network, "B 85"))
    assert float(federal.volume_capacity_ratio.max()) >= 0.7
    # a two-lane federal road carries up to about 1,400 veh/h in one direction
    assert 500 < float(federal.road_flow.max()) < 1400


def test_vehicles_are_conserved_at_every_junction(town):
    city, demand = town
    result = assign(city.network, demand)
    net = np.zeros(len(city.network.nodes))
    np.add.at(net, city.network.links.to_node.to_numpy(), result.road_flow.values)
    np.add.at(net, city.network.links.from_node.to_numpy(), -result.road_flow.values)
    np.add.at(net, demand.origin.values, demand.sum("destination").values)
    np.add.at(net, demand.destination.values, -demand.sum("origin").values)
    assert np.abs(net).max() <= 1e-9 * float(demand.sum())


def test_closing_part_of_the_federal_road_sheds_its_traffic(town):
    city, demand = town
    before = assign(city.network, demand)
    busiest = str(before.sel(link=links_named(city.network, "B 85")).road_flow.idxmax().values)
    closed = close_links(city.network, [busiest])
    after = assign(closed, demand)
    assert closed.links.closed[busiest]
    assert float(after.road_flow.sel(link=busiest)) == 0.0
    assert float(after.unserved_demand) == 0.0
    assert float(after.total_travel_time) > float(before.total_travel_time)


def test_tempo_30_on_the_federal_road_takes_traffic_off_it(town):
    city, demand = town
    links = links_named(city.network, "B 85")
    before = assign(city.network, demand).sel(link=links)
    after = assign(set_speed(city.network, links, 30 / 3.6), demand).sel(link=links)
    length = xr.DataArray(city.network.links.length[links].to_numpy(), dims="link", coords={"link": links})
    assert float((after.road_flow * length).sum()) < float((before.road_flow * length).sum())
