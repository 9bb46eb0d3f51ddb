"""The equilibrium solver on problems made by hand and by hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from twin.errors import ConvergenceError, InputError, LimitError
from twin.traffic import assign, equilibrium, graph_from_arrays, select_link, travel_costs, user_equilibrium


def dense_costs(graph, cost):
    """Cheapest costs between all nodes by SciPy; parallel links by the cheaper one, no turns, no centroids."""
    count = len(graph.nodes)
    table = np.full((count, count), np.inf)
    for link in np.flatnonzero(graph.open):
        at = graph.tail[link], graph.head[link]
        table[at] = min(table[at], cost[link])
    rows, columns = np.nonzero(np.isfinite(table))
    # SciPy drops stored zeros when it builds from dense input; the sparse form keeps them
    return dijkstra(csr_matrix((table[rows, columns], (rows, columns)), shape=(count, count)))


def balance_error(graph, demand, found):
    """Largest difference between what enters and leaves any node."""
    served = demand.values - found.unserved
    net = np.zeros(len(graph.nodes))
    np.add.at(net, graph.head, found.volume)
    np.add.at(net, graph.tail, -found.volume)
    np.add.at(net, np.searchsorted(graph.nodes, demand.origin.values), served.sum(axis=1))
    np.add.at(net, np.searchsorted(graph.nodes, demand.destination.values), -served.sum(axis=0))
    return np.abs(net).max()


@st.composite
def problems(draw):
    nodes = draw(st.integers(2, 7))
    count = draw(st.integers(1, 18))
    node = st.integers(0, nodes - 1)
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tail = np.array([draw(node) for _ in range(count)])
    head = np.array([draw(node) for _ in range(count)])
    time = np.where(seed.random(count) < 0.2, 0.0, seed.uniform(0.1, 10.0, count))
    capacity = seed.uniform(0.5, 20.0, count)
    b = seed.choice([0.0, 0.15, 1.0, 3.0], count)
    power = seed.choice([0.0, 1.0, 2.5, 4.0], count)
    graph = graph_from_arrays(tail, head, time, capacity, b=b, power=power, nodes=np.arange(nodes))
    values = np.where(seed.random((nodes, nodes)) < 0.5, 0.0, seed.uniform(0.0, 15.0, (nodes, nodes)))
    demand = xr.DataArray(
        values, dims=("origin", "destination"), coords={"origin": np.arange(nodes), "destination": np.arange(nodes)}
    )
    return graph, demand


@settings(max_examples=120, deadline=None)
@given(problems())
def test_every_small_problem_ends_in_a_verified_equilibrium(case):
    graph, demand = case
    found = user_equilibrium(graph, demand, gap=1e-9, max_iterations=20_000)
    total = demand.values.sum()
    assert balance_error(graph, demand, found) <= 1e-9 * max(total, 1.0)
    assert (found.volume >= 0).all()
    cost = graph.link_cost(found.volume)
    np.testing.assert_allclose(found.cost, cost, rtol=1e-12, atol=1e-12)
    cheapest = dense_costs(graph, cost)
    off_diagonal = ~np.eye(len(graph.nodes), dtype=bool)
    unreachable = np.isinf(cheapest) & off_diagonal
    np.testing.assert_array_equal(found.unserved, np.where(unreachable, demand.values, 0.0))
    served = np.where(off_diagonal & ~unreachable, demand.values, 0.0)
    spent = float(cost @ found.volume)
    least = float((served * np.where(unreachable, 0.0, cheapest)).sum())
    assert spent - least <= 1e-9 * spent + 1e-9  # Wardrop: nobody could travel cheaper


@settings(max_examples=60, deadline=None)
@given(problems())
def test_shortest_costs_agree_with_scipy(case):
    graph, _ = case
    cost = graph.link_cost(np.zeros(len(graph.links)))
    np.testing.assert_allclose(travel_costs(graph, graph.nodes, graph.nodes), dense_costs(graph, cost), rtol=1e-12)


def test_braess_paradox_the_bridge_makes_everyone_slower():
    # Braess (1968), 6 vehicles, costs 10 v, 50 + v, 10 + v: everyone needs 92 with the bridge and 83 without
    for bridge, cost, flows in ((True, 92.0, [4, 2, 2, 4, 2]), (False, 83.0, [3, 3, 3, 3, 0])):
        tails, heads = [1, 1, 3, 4, 3], [3, 4, 2, 2, 4]
        # 10 v is t0 (1 + b v) less t0: a constant of 2^-40 keeps it exact to 1e-12
        tiny = 2.0**-40
        time = [tiny, 50.0, 50.0, tiny, 10.0]
        b = [10 / tiny, 1 / 50, 1 / 50, 10 / tiny, 1 / 10]
        graph = graph_from_arrays(tails, heads, time, np.ones(5), b=b, power=1.0, closed=[False] * 4 + [not bridge])
        demand = xr.DataArray([[6.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
        found = user_equilibrium(graph, demand, gap=1e-12)
        np.testing.assert_allclose(found.volume, flows, atol=1e-9)
        assert found.shortest[0, 0] == pytest.approx(cost, rel=1e-11)
        assert found.objective == pytest.approx(386.0 if bridge else 399.0, rel=1e-11)


def test_parallel_links_stay_apart_and_share_the_flow(matrix):
    graph = graph_from_arrays([1, 1, 1], [2, 2, 2], [10.0, 10.0, 20.0], [1.0, 3.0, 1.0], b=1.0, power=1.0)
    found = user_equilibrium(graph, matrix([[4.0]], [1], [2]), gap=1e-13)
    np.testing.assert_allclose(found.volume, [1.0, 3.0, 0.0], atol=1e-11)


def test_steep_powers_and_tiny_capacities_converge(matrix):
    graph = graph_from_arrays([1, 1], [2, 2], [1.0, 1.0], [1.0, 2.0], b=0.3, power=16.8)
    found = user_equilibrium(graph, matrix([[30.0]], [1], [2]), gap=1e-10)
    np.testing.assert_allclose(found.volume, [10.0, 20.0], rtol=1e-6)


def test_zero_time_cycles_carry_nothing(matrix):
    graph = graph_from_arrays([1, 2, 2, 3], [2, 1, 3, 2], [0.0, 0.0, 5.0, 5.0], [10.0] * 4)
    found = user_equilibrium(graph, matrix([[7.0]], [1], [3]))
    assert found.volume.tolist() == [7.0, 0.0, 7.0, 0.0]


def test_demand_without_a_path_is_reported_and_the_rest_is_served(matrix):
    graph = graph_from_arrays([1, 2], [2, 1], [10.0, 10.0], [100.0, 100.0], nodes=[1, 2, 3])
    result = assign(graph, matrix([[0, 5, 3], [2, 0, 1], [4, 0, 9.0]], [1, 2, 3]))
    assert float(result.unserved_demand) == 8.0
    assert float(result.intrazonal_demand) == 9.0
    assert float(result.assigned_demand) == 7.0
    assert result.road_flow.values.tolist() == [5.0, 2.0]


def test_closed_links_carry_no_flow_and_have_no_time(matrix):
    graph = graph_from_arrays([1, 1], [2, 2], [10.0, 20.0], [100.0, 100.0], closed=[True, False])
    result = assign(graph, matrix([[50.0]], [1], [2]))
    assert result.road_flow.values.tolist() == [0.0, 50.0]
    assert np.isnan(result.travel_time.values).tolist() == [True, False]
    assert result.volume_capacity_ratio.values[0] == 0.0


def test_totals_are_in_vehicle_hours_and_kilometres(matrix):
    graph = graph_from_arrays([1], [2], [90.0], [1e9], length=1500.0)
    result = assign(graph, matrix([[400.0]], [1], [2]))
    assert float(result.total_travel_time) == pytest.approx(400 * 90 / 3600)
    assert float(result.vehicle_distance) == pytest.approx(600.0)
    assert float(result.road_speed[0]) == pytest.approx(1500 / 90)


def test_all_or_nothing_ignores_congestion(matrix):
    graph = graph_from_arrays([1, 1], [2, 2], [10.0, 11.0], [1.0, 1.0])
    result = assign(graph, matrix([[500.0]], [1], [2]), volume_delay="free_flow")
    assert result.road_flow.values.tolist() == [500.0, 0.0]
    assert result.travel_time.values.tolist() == [10.0, 11.0]


def grid_problem(side=5, seed=4):
    """Two-way grid of side x side nodes with random times and demand between all nodes."""
    random = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
            np.column_stack([node[:-1].ravel(), node[1:].ravel()]),
        ]
    )
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    arrays = {"time": random.uniform(20, 90, len(pairs)), "capacity": random.uniform(300, 900, len(pairs))}
    values = random.uniform(0, 14, (side * side, side * side))
    demand = xr.DataArray(
        values, dims=("origin", "destination"), coords={"origin": node.ravel(), "destination": node.ravel()}
    )
    return pairs, arrays, demand


def test_the_order_of_links_and_zones_does_not_matter():
    pairs, arrays, demand = grid_problem()
    first = user_equilibrium(graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"]), demand, gap=1e-12)
    order = np.random.default_rng(1).permutation(len(pairs))
    zones = np.random.default_rng(2).permutation(demand.sizes["origin"])
    graph = graph_from_arrays(*pairs[order].T, arrays["time"][order], arrays["capacity"][order])
    second = user_equilibrium(graph, demand.isel(origin=zones, destination=zones[::-1]), gap=1e-12)
    np.testing.assert_allclose(second.volume, first.volume[order], atol=2e-3)  # of up to 900 veh/h; sqrt(gap) again
    assert second.objective == pytest.approx(first.objective, rel=1e-11)


def test_the_unit_of_time_does_not_matter():
    pairs, arrays, demand = grid_problem()
    seconds = user_equilibrium(graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"]), demand, gap=1e-10)
    # a factor of two only shifts exponents: the same bits
    doubled = user_equilibrium(graph_from_arrays(*pairs.T, 2 * arrays["time"], arrays["capacity"]), demand, gap=1e-10)
    np.testing.assert_array_equal(doubled.volume, seconds.volume)
    np.testing.assert_array_equal(doubled.cost, 2 * seconds.cost)


def test_scaling_vehicles_and_capacities_together_scales_flows():
    pairs, arrays, demand = grid_problem()
    one = user_equilibrium(graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"]), demand, gap=1e-10)
    four = user_equilibrium(graph_from_arrays(*pairs.T, arrays["time"], 4 * arrays["capacity"]), 4 * demand, gap=1e-10)
    np.testing.assert_array_equal(four.volume, 4 * one.volume)


def test_one_and_two_threads_give_the_same_bits():
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"])
    one, two = (user_equilibrium(graph, demand, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.volume, two.volume)


def test_a_pool_that_must_grow_changes_nothing(monkeypatch):
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"])
    roomy = user_equilibrium(graph, demand, gap=1e-12)
    allocate = equilibrium._Run._allocate
    sizes = []

    def stingy(run, paths, pool):
        sizes.append(pool)
        allocate(run, *((4, 16) if len(sizes) == 1 else (paths, pool)))

    monkeypatch.setattr(equilibrium._Run, "_allocate", stingy)
    tight = user_equilibrium(graph, demand, gap=1e-12)
    assert len(sizes) > 5
    np.testing.assert_allclose(tight.volume, roomy.volume, atol=2e-3)
    assert tight.objective == pytest.approx(roomy.objective, rel=1e-11)


def test_routes_are_connected_and_add_up_to_demand_and_volumes():
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"] / 2)
    found = user_equilibrium(graph, demand)
    routes = found.routes
    total = np.zeros_like(demand.values)
    np.add.at(total, (routes.row, routes.column), routes.flow)
    np.testing.assert_allclose(total, np.where(np.eye(len(total), dtype=bool), 0.0, demand.values), rtol=1e-12)
    volume = np.zeros(len(graph.links))
    np.add.at(volume, routes.link, np.repeat(routes.flow, np.diff(routes.start)))
    np.testing.assert_allclose(volume, found.volume, rtol=1e-12)
    for k in range(len(routes.flow)):
        links = routes.link[routes.start[k] : routes.start[k + 1]]
        assert graph.nodes[graph.tail[links[0]]] == demand.origin.values[routes.row[k]]
        assert graph.nodes[graph.head[links[-1]]] == demand.destination.values[routes.column[k]]
        assert (graph.head[links[:-1]] == graph.tail[links[1:]]).all()
    assert len(routes.flow) > (demand.values > 0).sum()  # some pairs use several routes


def test_trips_over_a_link_sum_to_its_flow():
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"] / 2)
    busiest = int(np.argmax(user_equilibrium(graph, demand).volume))
    trips = select_link(graph, demand.transpose("destination", "origin"), busiest)
    assert float(trips.sum()) == pytest.approx(user_equilibrium(graph, demand).volume[busiest], rel=1e-12)
    assert (trips <= demand + 1e-9).all()
    with pytest.raises(InputError, match="link 999 is not in the network"):
        select_link(graph, demand, 999)


def test_arguments_are_not_changed():
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"])
    before = demand.copy(deep=True), graph.capacity.copy()
    assign(graph, demand)
    xr.testing.assert_identical(demand, before[0])
    np.testing.assert_array_equal(graph.capacity, before[1])


def test_too_few_iterations_are_an_error_that_names_the_gap():
    pairs, arrays, demand = grid_problem()
    graph = graph_from_arrays(*pairs.T, arrays["time"], arrays["capacity"] / 3)
    with pytest.raises(ConvergenceError, match="after 1 iterations; 1e-12 was asked for"):
        user_equilibrium(graph, demand, gap=1e-12, max_iterations=1)
    result = assign(graph, demand, gap=1e-12, max_iterations=1, allow_unconverged=True)
    assert result.attrs["converged"] == 0
    assert float(result.relative_gap) > 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d * -1, "from node 1 to node 2; it must be finite and >= 0"),
        (lambda d: d * np.nan, "nan veh/h from node 1 to node 2"),
        (lambda d: d * np.inf, "inf veh/h"),
        (lambda d: d.assign_coords(destination=[7]), "destination 7 is not a node"),
        (lambda d: d.assign_coords(destination=["a"]), "must be integer node ids"),
        (lambda d: d.rename(origin="start"), "must be an xr.DataArray over"),
        (lambda d: d.drop_vars("origin"), "no coordinate 'origin'"),
        (lambda d: xr.concat([d, d], "origin"), "names a node twice"),
    ],
)
def test_impossible_demand_is_refused(matrix, change, message):
    graph = graph_from_arrays([1], [2], [10.0], [100.0])
    with pytest.raises(InputError, match=message):
        assign(graph, change(matrix([[5.0]], [1], [2])))


def test_a_cost_beyond_all_numbers_is_refused_and_not_called_converged(matrix):
    graph = graph_from_arrays([1], [2], [10.0], [1e-200])
    with pytest.raises(InputError, match="do not fit the demand"):
        assign(graph, matrix([[5.0]], [1], [2]))


@pytest.mark.parametrize("gap", [0.0, -1.0, 2.0, float("nan")])
def test_impossible_gaps_are_refused(matrix, gap):
    with pytest.raises(InputError, match="relative gap to reach must be"):
        assign(graph_from_arrays([1], [2], [10.0], [100.0]), matrix([[5.0]], [1], [2]), gap=gap)


def test_too_large_a_matrix_is_refused(matrix, monkeypatch):
    monkeypatch.setattr("twin.limits.MAX_OD_PAIRS", 1)
    with pytest.raises(LimitError, match="MAX_OD_PAIRS"):
        assign(graph_from_arrays([1], [2], [10.0], [100.0]), matrix([[5.0, 1.0]], [1], [1, 2]))


def test_no_demand_is_an_answer(matrix):
    result = assign(graph_from_arrays([1], [2], [10.0], [100.0]), matrix([[0.0]], [1], [2]))
    assert float(result.relative_gap) == 0.0
    assert result.road_flow.values.tolist() == [0.0]


def test_a_result_carries_units_labels_and_provenance(matrix):
    result = assign(graph_from_arrays([1], [2], [10.0], [100.0]), matrix([[5.0]], [1], [2]))
    assert result.road_flow.attrs["units"] == "h-1"
    assert result.travel_time.attrs["long_name_de"] == "Fahrzeit"
    assert result.attrs["model"] == "traffic"
    assert "max_iterations" in result.attrs["options"]
    assert len(result.attrs["input_fingerprint"]) == 64


def test_costs_that_rise_fastest_at_the_first_vehicle_have_an_equilibrium_too():
    # powers below 1 bend the other way and are infinitely steep at 0: a Newton step alone never gets there
    power = np.array([0.1, 0.3, 0.5, 0.9])
    capacity = np.array([20.0, 50.0, 300.0, 900.0])
    graph = graph_from_arrays([1] * 4, [2] * 4, [10.0, 12.0, 13.0, 9.0], capacity, b=1.0, power=power)
    trips = xr.DataArray([[1000.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    found = user_equilibrium(graph, trips, gap=1e-12)
    assert found.volume.sum() == pytest.approx(1000.0, rel=1e-14)
    used = found.volume > 0
    assert found.cost[used] == pytest.approx(found.shortest[0, 0], rel=1e-9)
    assert (found.cost >= found.shortest[0, 0] * (1 - 1e-9)).all()
