"""User equilibria with published or independently computed optima (TransportationNetworks collection)."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from twin.traffic import user_equilibrium

# name, toll and distance factors, Beckmann objective, total cost. Sioux Falls, Anaheim, Chicago Sketch: published
# optima; the others: two independent codes (gradient projection and Algorithm B) that agree to all digits given
OPTIMA = [
    ("SiouxFalls", 0.0, 0.0, 4231335.28710744, 7480225.344866),
    ("Anaheim", 0.0, 0.0, 1286032.17109602, 1419913.851058),
    ("Eastern-Massachusetts", 0.0, 0.0, 26160.3459229107, 28181.42316731),
    ("Berlin-Friedrichshain", 0.0, 0.0, 618038.880728006, 728609.306037),
    ("Berlin-Tiergarten", 0.0, 0.0, 683234.569267269, 716823.698543),
    ("Berlin-Mitte-Prenzlauerberg-Friedrichshain-Center", 0.0, 0.0, 2308257.18058457, 2362496.735658),
]


@pytest.mark.parametrize(("name", "toll", "distance", "objective", "total"), OPTIMA, ids=[row[0] for row in OPTIMA])
def test_the_best_known_optimum_is_reached(problem, name, toll, distance, objective, total):
    graph, demand = problem(name, toll, distance)
    found = user_equilibrium(graph, demand, gap=1e-12, max_iterations=2000)
    assert found.relative_gap <= 1e-12
    # the objective's error is second order in the gap: what is left is rounding of sums over the links
    assert found.objective == pytest.approx(objective, rel=1e-13)
    # the total is first order in the flows, whose error goes with the square root of the gap
    assert found.cost @ found.volume == pytest.approx(total, rel=1e-7)


def test_sioux_falls_objective_to_a_millionth(problem):
    found = user_equilibrium(*problem("SiouxFalls"), gap=1e-10, max_iterations=1000)
    assert found.objective == pytest.approx(4231335.287107, abs=1e-6)


def test_sioux_falls_flows_equal_the_published_ones(problem, shared_data):
    graph, demand = problem("SiouxFalls")
    found = user_equilibrium(graph, demand, gap=1e-12, max_iterations=2000)
    text = shared_data("traffic/tntp/SiouxFalls/SiouxFalls_flow.tntp").read_text()
    rows = [line.split()[:3] for line in text.splitlines()[1:] if line.strip()]
    published = {(int(a), int(b)): float(v) for a, b, v in rows}
    ours = {
        (int(graph.nodes[t]), int(graph.nodes[h])): v
        for t, h, v in zip(graph.tail, graph.head, found.volume, strict=True)
    }
    assert ours.keys() == published.keys()
    # at gap 1e-12 flows settle to about sqrt(1e-12) of themselves
    assert max(abs(ours[pair] - published[pair]) for pair in ours) < 0.05


def test_chicago_sketch_with_tolls_reaches_its_published_optimum(problem, shared_data):
    graph, demand = problem("Chicago-Sketch", 0.02, 0.04)
    found = user_equilibrium(graph, demand, gap=1e-12)
    assert found.intrazonal == pytest.approx(123414.0)
    assert found.objective == pytest.approx(17313018.7387475, rel=1e-13)
    with gzip.open(shared_data("traffic/reference/Chicago-Sketch_ue.csv.gz"), "rt") as file:
        reference = pd.read_csv(file).groupby(["init_node", "term_node"])["flow"].sum()
    ours = pd.Series(found.volume, index=pd.MultiIndex.from_arrays([graph.nodes[graph.tail], graph.nodes[graph.head]]))
    assert np.abs(ours.groupby(level=[0, 1]).sum().sort_index() - reference.sort_index()).max() < 0.05


def test_a_city_with_zero_time_cycles_and_duplicate_links_converges(problem):
    graph, demand = problem("Berlin-Center")
    found = user_equilibrium(graph, demand, gap=1e-5)
    assert (graph.free_flow_time == 0).any()
    # convexity: objective - optimum <= gap * total cost at the equilibrium
    assert 0 <= found.objective - 20817213.1986105 <= found.relative_gap * 21275603.650191 * 1.001


def test_the_braess_network_file_has_its_textbook_equilibrium(problem):
    graph, demand = problem("Braess-Example")
    found = user_equilibrium(graph, demand, gap=1e-12)
    assert found.shortest[0, 1] == pytest.approx(92.0, rel=1e-6)  # the file says 1e-8 (1 + 1e9 v) for 10 v
