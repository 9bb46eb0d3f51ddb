"""Traffic: user equilibrium beside a peer; gap and objective are recomputed here for both, by one definition."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.scenes import town_roads

REFERENCE = Path(os.environ.get("TWIN_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def _published(name: str, gap: float) -> dict[str, np.ndarray]:
    """Read a network of the TransportationNetworks collection, which may be used but not passed on."""
    from twin.traffic.tntp import read_tntp_demand, read_tntp_network

    folder = next(iter(sorted((REFERENCE / "traffic" / "tntp").glob(f"**/{name}_net.tntp")))).parent
    graph = read_tntp_network(folder / f"{name}_net.tntp")
    demand = read_tntp_demand(folder / f"{name}_trips.tntp")
    table = demand.values.copy()
    np.fill_diagonal(table, 0.0)  # trips within a zone are never assigned
    nodes = np.asarray(graph.nodes)
    return {
        "tail": nodes[graph.tail],
        "head": nodes[graph.head],
        "length": graph.length,
        "free_flow_time": graph.free_flow_time,
        "capacity": graph.capacity,
        "b": graph.b,
        "power": graph.power,
        "zone": demand["origin"].values,
        "demand": table,
        "first_thru": np.int64(_first_thru(folder / f"{name}_net.tntp")),
        "gap": np.float64(gap),
    }


def _first_thru(path: Path) -> int:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "FIRST THRU NODE" in line:
            return int(line.split(">")[1])
    raise ValueError(f"{path} names no first thru node")


def _prepare(inputs: dict[str, np.ndarray]) -> Any:
    import xarray as xr

    from twin.traffic.graph import graph_from_arrays

    graph = graph_from_arrays(
        inputs["tail"],
        inputs["head"],
        inputs["free_flow_time"],
        inputs["capacity"],
        b=inputs["b"],
        power=inputs["power"],
        length=inputs["length"],
        first_thru_node=int(inputs["first_thru"]),
    )
    zone = inputs["zone"]
    demand = xr.DataArray(
        inputs["demand"], dims=("origin", "destination"), coords={"origin": zone, "destination": zone}
    )
    return graph, demand, float(inputs["gap"])


def _assign(state: Any) -> dict[str, Any]:
    from twin.traffic.assignment import user_equilibrium

    graph, demand, gap = state
    solved = user_equilibrium(graph, demand, gap=gap)
    return {"volume": solved.volume}


def quality(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> dict[str, float]:
    """Return relative gap and Beckmann objective of given volumes, from SciPy's shortest paths."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    volume = answers["volume"]
    t0, b, power, capacity = (inputs[key] for key in ("free_flow_time", "b", "power", "capacity"))
    ratio = volume / capacity
    cost = t0 * (1 + b * ratio**power)
    objective = float((t0 * volume * (1 + b * ratio**power / (power + 1))).sum())
    nodes = int(max(inputs["tail"].max(), inputs["head"].max()))
    zone, thru = inputs["zone"], int(inputs["first_thru"])
    # centroids may start and end paths but not carry them: they leave from a copy of themselves
    tail = np.where(inputs["tail"] < thru, inputs["tail"] + nodes, inputs["tail"])
    order = np.lexsort((cost, inputs["head"], tail))
    keys = tail[order] * (2 * nodes + 1) + inputs["head"][order]
    cheapest = order[np.concatenate([[True], keys[1:] != keys[:-1]])]  # of parallel links
    size = 2 * nodes + 1
    graph = csr_matrix((cost[cheapest], (tail[cheapest], inputs["head"][cheapest])), shape=(size, size))
    start = np.where(zone < thru, zone + nodes, zone)
    shortest = dijkstra(graph, indices=start)[:, zone]
    best = float((inputs["demand"] * np.where(inputs["demand"] > 0, shortest, 0)).sum())
    total = float((volume * cost).sum())
    return {"relative gap": (total - best) / total, "objective": objective}


def _case(name: str, text: str, inputs: Any) -> Case:
    return Case(
        name=name,
        text=text,
        inputs=inputs,
        prepare=_prepare,
        work=_assign,
        amount=lambda inputs, answers: float(inputs["tail"].size),
        unit="links",
        peer="aequilibrae",
        compare=("volume",),
        check=quality,
        note="Gap and objective are recomputed by the benchmark from the volumes of each. AequilibraE: bi-conjugate "
        "Frank-Wolfe, set to one core; what it adds beyond that in CPU time is its own.",
    )


def _cases() -> tuple[Case, ...]:
    found = [
        _case(
            "town network",
            "user equilibrium to a gap of 1e-6 on a made-up town: 400 crossings, 1,520 links, 40 zones",
            town_roads,
        )
    ]
    for name, gap, words in (("SiouxFalls", 1e-4, "24 zones, 76 links"), ("Anaheim", 1e-6, "38 zones, 914 links")):
        if any((REFERENCE / "traffic" / "tntp").glob(f"**/{name}_net.tntp")):
            found.append(
                _case(
                    name,
                    f"the published network {name} ({words}) to a gap of {gap:g}",
                    lambda name=name, gap=gap: _published(name, gap),
                )
            )
    return tuple(found)


CASES = _cases()
