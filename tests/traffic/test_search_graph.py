"""Permitted paths: turns, residents' roads, centroids, turning round, closures."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city.roads import RoadNetwork, close_links, set_speed, small_network
from twin.errors import InputError
from twin.traffic import assign, graph_from_arrays, graph_from_network, travel_costs, user_equilibrium


def public_by_hand(graph, closed, residents):
    """Largest set of nodes that reach each other on open roads for all; the one with the first node among equals."""
    count = len(graph.nodes)
    reach = np.eye(count, dtype=bool)
    for _ in range(count):
        for link in np.flatnonzero(~closed & ~residents):
            reach[:, graph.head[link]] |= reach[:, graph.tail[link]]
    parts = [frozenset(np.flatnonzero(reach[n] & reach[:, n])) for n in range(count)]
    return max(parts, key=len) if (residents & ~closed).any() else frozenset(range(count))


def cheapest_by_hand(graph, closed, residents, turns, first_thru, origin, destination):
    """Dijkstra on (link driven, has left the public network) written plainly: the reference for the search graph."""
    cost = graph.link_cost(np.zeros(len(graph.links)))
    forbidden, public = set(turns), public_by_hand(graph, closed, residents)
    best, todo = {}, []

    def offer(link, entering, so_far, came_by):
        here, there = graph.tail[link] in public, graph.head[link] in public
        if closed[link] or (came_by, link) in forbidden:
            return
        if here and there and residents[link]:
            return  # through traffic on a residents' road
        if there and entering:
            return  # in and out again
        todo.append((so_far + cost[link], link, entering or (here and not there)))

    for link in np.flatnonzero(graph.tail == origin):
        offer(link, False, 0.0, None)
    while todo:
        todo.sort()
        so_far, link, entering = todo.pop(0)
        if (link, entering) in best:
            continue
        best[link, entering] = so_far
        if graph.nodes[graph.head[link]] >= first_thru:
            for after in np.flatnonzero(graph.tail == graph.head[link]):
                offer(after, entering, so_far, link)
    return min((c for (link, _), c in best.items() if graph.head[link] == destination), default=np.inf)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_search_honours_turns_residents_and_centroids_as_a_plain_reference_does(seed):
    random = np.random.default_rng(seed)
    nodes, count = int(random.integers(2, 7)), int(random.integers(1, 16))
    tail, head = random.integers(0, nodes, count), random.integers(0, nodes, count)
    time = np.round(random.uniform(0.0, 10.0, count), 1)
    closed, residents = random.random(count) < 0.1, random.random(count) < 0.3
    turns = [(i, j) for i in range(count) for j in range(count) if head[i] == tail[j] and random.random() < 0.3]
    first = int(random.integers(0, 3))
    graph = graph_from_arrays(
        tail, head, time, np.ones(count), closed=closed, residents_only=residents, turns=turns, first_thru_node=first,
        nodes=np.arange(nodes),
    )  # fmt: skip
    found = travel_costs(graph, np.arange(nodes), np.arange(nodes))
    for origin in range(nodes):
        for destination in range(nodes):
            if origin != destination:
                expected = cheapest_by_hand(graph, closed, residents, turns, first, origin, destination)
                assert found[origin, destination] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def network(links, *, turns=(), signals=(), residents=(), road_class="residential", lengths=None):
    """A RoadNetwork of two-letter links ("ab" leads from a to b), 1000 m at 10 m/s each."""
    names = sorted({letter for link in links for letter in link})
    number = {letter: i for i, letter in enumerate(names)}
    points = gpd.points_from_xy(np.arange(len(names)) * 1000.0, np.zeros(len(names)))
    nodes = gpd.GeoDataFrame(
        {"osm_id": range(len(names)), "signals": [n in signals for n in names], "gate": False},
        geometry=points, crs=25832, index=pd.Index(range(len(names)), name="node"),
    )  # fmt: skip
    table = gpd.GeoDataFrame(
        {
            "from_node": [number[link[0]] for link in links], "to_node": [number[link[1]] for link in links],
            "osm_way": [min(number[a] for a in link) * 100 + max(number[a] for a in link) for link in links],
            "name": "", "ref": "", "road_class": road_class,
            "length": [1000.0 if lengths is None else lengths.get(link, 1000.0) for link in links],
            "lanes": 1.0, "free_flow_speed": 10.0, "capacity": 600.0,
            "residents_only": [link in residents for link in links], "closed": False,
            "speed_source": "", "capacity_source": "",
        },
        geometry=gpd.points_from_xy(np.zeros(len(links)), np.zeros(len(links))), crs=25832,
        index=pd.Index(links, name="link"),
    )  # fmt: skip
    banned = pd.DataFrame({"from_link": [a for a, _ in turns], "to_link": [b for _, b in turns], "restriction": 1})
    return RoadNetwork(nodes, table, banned.astype({"from_link": object, "to_link": object}))


def flows(roads, trips, **options):
    letters = sorted({letter for link in roads.links.index for letter in link})
    number = {letter: i for i, letter in enumerate(letters)}
    matrix = np.zeros((len(letters), len(letters)))
    for pair, volume in trips.items():
        matrix[number[pair[0]], number[pair[1]]] = volume
    ids = np.arange(len(letters))
    demand = xr.DataArray(matrix, dims=("origin", "destination"), coords={"origin": ids, "destination": ids})
    result = assign(roads, demand, **options)
    return dict(zip(roads.links.index, result.road_flow.values.round(6), strict=True)), result


CROSS = ["ab", "ba", "bc", "cb", "bd", "db", "ce", "ed"]
"""a-b-c straight on, d to the left of b; another way to d leads over c and e."""


def test_without_restriction_the_left_turn_is_taken():
    carried, _ = flows(network(CROSS), {"ad": 10})
    assert carried["bd"] == 10


def test_a_forbidden_left_turn_sends_traffic_round_the_block():
    roads = network(CROSS, turns=[("ab", "bd")], lengths={"ce": 1500.0}, road_class="primary")
    carried, result = flows(roads, {"ad": 10, "cd": 5})
    # from a: straight on over c and e; from c the turn into d stays allowed
    assert carried["bc"] == carried["ce"] == carried["ed"] == 10
    assert carried["cb"] == carried["bd"] == 5
    assert float(result.unserved_demand) == 0


def test_only_straight_on_lets_no_one_turn_even_by_turning_round():
    only = [("ab", "bd"), ("ab", "ba")]
    carried, _ = flows(network([link for link in CROSS if link not in ("ce", "ed")], turns=only), {"ad": 10})
    # the one way left is to go on to the dead end c, turn round there and come back
    assert carried["bc"] == carried["cb"] == carried["bd"] == 10


def test_main_roads_are_not_turned_round_on_except_at_their_end():
    links = ["ab", "ba", "bc", "cb", "cd", "dc", "be", "eb"]
    main = graph_from_network(network(links, turns=[("ab", "be")], road_class="primary"))
    minor = graph_from_network(network(links, turns=[("ab", "be")]))
    # from a to e, 100 s a link: ab bc cd, round at the dead end d, dc cb be; on a side street already round at c
    assert travel_costs(main, [0], [4])[0, 0] == pytest.approx(600.0)
    assert travel_costs(minor, [0], [4])[0, 0] == pytest.approx(400.0)


def test_no_one_turns_round_at_signals():
    links = ["ab", "ba", "bc", "cb", "cd", "dc", "be", "eb"]
    graph = graph_from_network(network(links, turns=[("ab", "be")], signals="c"))
    assert travel_costs(graph, [0], [4])[0, 0] == pytest.approx(600.0)


def test_one_way_roads_are_driven_one_way():
    carried, _ = flows(network(["ab", "bc", "ca"]), {"ba": 7})
    assert carried == {"ab": 0, "bc": 7, "ca": 7}


def test_no_one_drives_through_a_residents_road():
    links = ["ab", "ba", "bc", "cb", "ad", "da", "dc", "cd"]
    quiet = {"ab", "ba", "bc", "cb"}
    roads = network(links, residents=quiet, lengths={"ad": 5000.0, "dc": 5000.0})
    carried, _ = flows(roads, {"ac": 10, "ab": 3, "bc": 2})
    assert carried["ad"] == carried["dc"] == 10  # the long way for those who only pass
    assert carried["ab"] == 3
    assert carried["bc"] == 2


def test_closing_a_section_keeps_access_up_to_the_closure():
    roads = network(["ab", "ba", "bc", "cb", "cd", "dc", "ae", "ea", "ed", "de"])
    closed = close_links(roads, ["bc", "cb"])
    carried, result = flows(closed, {"ab": 4, "ac": 6, "ad": 2})
    assert carried["bc"] == carried["cb"] == 0
    assert carried["ab"] == 4
    assert carried["dc"] == 6  # c is reached from its other side
    assert float(result.unserved_demand) == 0
    assert np.isnan(result.travel_time.sel(link="bc"))


def test_closing_the_only_road_of_a_junction_admits_its_residents_only():
    roads = network(["ab", "ba", "bc", "cb", "ac", "ca"], lengths={"ac": 9000.0, "ca": 9000.0})
    closed = close_links(roads, ["ab", "ba", "bc", "cb"])
    carried, result = flows(closed, {"ac": 10, "ab": 3})
    assert carried["ac"] == 10
    assert carried["ab"] == 3
    assert carried["bc"] == 0
    flooded, lost = flows(close_links(roads, ["ab", "ba", "bc", "cb"], keep_access=False), {"ac": 10, "ab": 3})
    assert float(lost.unserved_demand) == 3
    assert flooded["ab"] == 0
    assert float(result.unserved_demand) == 0


def test_impassable_links_carry_nothing_and_slow_ones_take_longer():
    roads = network(["ab", "ac", "cb", "ba"])
    carried, _ = flows(roads, {"ab": 10}, passable={"ab": 0.0})
    assert carried["ab"] == 0
    assert carried["ac"] == carried["cb"] == 10
    share = xr.DataArray([0.5], dims="link", coords={"link": ["ab"]})
    _, result = flows(roads, {"ab": 1e-6}, passable=share)
    assert float(result.free_flow_time.sel(link="ab")) == pytest.approx(200.0)
    assert float(result.free_flow_time.sel(link="ac")) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("passable", "message"),
    [
        ({"zz": 0.5}, "does not have"),
        ({"ab": 1.5}, "0 to 1"),
        ({"ab": float("nan")}, "0 to 1"),
        (xr.DataArray([1.0], dims="x"), "must have the one dimension 'link'"),
    ],
)
def test_impossible_passability_is_refused(passable, message):
    with pytest.raises(InputError, match=message):
        graph_from_network(network(["ab", "ba"]), passable=passable)


@settings(max_examples=25, deadline=None)
@given(st.floats(1.0, 10.0), st.floats(1.0, 10.0))
def test_a_lower_speed_limit_never_makes_the_street_busier(one, other):
    slow, fast = sorted((one, other))
    roads = network(["ab", "ac", "cb", "ba"])
    first, _ = flows(set_speed(roads, ["ab"], slow), {"ab": 1500}, gap=1e-8)
    second, _ = flows(set_speed(roads, ["ab"], fast), {"ab": 1500}, gap=1e-8)
    assert first["ab"] <= second["ab"] + 1e-2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"free_flow_time": [-1.0]}, "free_flow_time is -1.0"),
        ({"free_flow_time": [np.nan]}, "free_flow_time is nan"),
        ({"capacity": [0.0]}, "more than 0: close the link"),
        ({"capacity": [np.inf]}, "capacity is inf"),
        ({"b": -0.1}, "b is -0.1"),
        ({"power": [1.0, 2.0]}, "power has shape"),
        ({"from_node": [1.5]}, "integer node ids"),
        ({"to_node": [2, 3]}, "they must be as many"),
        ({"link_ids": ["x", "x"]}, "different names"),
    ],
)
def test_impossible_links_are_refused(change, message):
    arrays = {"from_node": [1], "to_node": [2], "free_flow_time": [10.0], "capacity": [100.0]}
    with pytest.raises(InputError, match=message):
        graph_from_arrays(**{**arrays, **change})


def test_a_network_without_links_is_refused():
    with pytest.raises(InputError, match="no link"):
        graph_from_arrays([], [], [], [])


def test_a_link_without_congestion_needs_no_capacity():
    graph = graph_from_arrays([1], [2], [10.0], [0.0], b=0.0)
    demand = xr.DataArray([[5.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    assert user_equilibrium(graph, demand).volume.tolist() == [5.0]


def test_free_flow_times_follow_length_and_speed():
    roads = small_network()
    graph = graph_from_network(roads)
    expected = roads.links.length.to_numpy() / roads.links.free_flow_speed.to_numpy()
    np.testing.assert_allclose(graph.free_flow_time, expected, rtol=1e-14)
