"""AequilibraE: bi-conjugate Frank-Wolfe, one core."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"
sys.path.pop(0)  # this file is called like the package it drives

import logging

import numpy as np
import pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

from benchmarks.protocol import serve

logging.disable(logging.CRITICAL)


def prepare(inputs):
    zones = inputs["zone"]
    network = pd.DataFrame(
        {
            "link_id": np.arange(len(inputs["tail"])) + 1,
            "a_node": inputs["tail"],
            "b_node": inputs["head"],
            "direction": 1,
            "capacity": inputs["capacity"],
            "free_flow_time": inputs["free_flow_time"],
            "b": inputs["b"],
            "power": inputs["power"],
        }
    )
    graph = Graph()
    graph.network = network
    graph.prepare_graph(zones.astype(np.int64))
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(int(inputs["first_thru"]) > 1)
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=len(zones), matrix_names=["car"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrix["car"][:, :] = inputs["demand"]
    matrix.computational_view(["car"])
    return graph, matrix, float(inputs["gap"]), len(network)


def assign(state):
    graph, matrix, gap, links = state
    graph.set_graph("free_flow_time")
    assignment = TrafficAssignment()
    assignment.set_classes([TrafficClass("car", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_algorithm("bfw")
    assignment.max_iter = 5000
    assignment.rgap_target = gap
    assignment.set_cores(1)
    assignment.execute()
    flows = assignment.results()["PCE_AB"]
    volume = np.zeros(links)
    volume[flows.index.to_numpy() - 1] = np.nan_to_num(flows.to_numpy())
    return {"volume": volume}


if __name__ == "__main__":
    serve(prepare, assign, lambda: {"aequilibrae": version("aequilibrae")})
