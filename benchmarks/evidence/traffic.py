"""Traffic: Braess, and the best known optima of published networks."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import xarray as xr

from benchmarks.evidence.row import REFERENCE, Row, absent

COLLECTION = "TransportationNetworks collection; optimum checked by two independent codes"
# best known Beckmann objectives
OPTIMA = {
    "SiouxFalls": 4231335.28710744,
    "Anaheim": 1286032.17109602,
    "friedrichshain-center": 618038.880728006,
    "berlin-tiergarten": 683234.569267269,
}


def rows() -> Iterator[Row]:
    yield _braess()
    for name, optimum in OPTIMA.items():
        yield _published(name, optimum)


def _braess() -> Row:
    from twin.traffic.assignment import user_equilibrium
    from twin.traffic.graph import graph_from_arrays

    # costs 10 v, 50 + v, 50 + v, 10 v and 10 + v on the bridge, as t0 (1 + b v)
    tiny = 1e-9
    graph = graph_from_arrays(
        [1, 1, 3, 4, 3],
        [3, 4, 2, 2, 4],
        [tiny, 50.0, 50.0, tiny, 10.0],
        [1.0] * 5,
        b=np.array([10 / tiny, 1 / 50, 1 / 50, 10 / tiny, 1 / 10]),
        power=np.ones(5),
    )
    trips = xr.DataArray([[6.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    solved = user_equilibrium(graph, trips, gap=1e-12)
    return Row(
        "traffic",
        "Braess's network with its bridge: cost of every used route",
        "analytic",
        "92",
        f"{float(solved.shortest[0, 0]):.9f}",
        "Braess 1968",
    )


def _published(name: str, optimum: float) -> Row:
    from twin.traffic.assignment import user_equilibrium
    from twin.traffic.tntp import read_tntp_demand, read_tntp_network

    case = f"network {name}: Beckmann objective at a gap of 1e-12"
    found = sorted((REFERENCE / "traffic" / "tntp").glob("**/*_net.tntp"))
    match = [path for path in found if path.stem.casefold() == f"{name}_net".casefold()]
    if not match:
        return absent("traffic", case, "published", COLLECTION)
    graph = read_tntp_network(match[0])
    demand = read_tntp_demand(next(iter(match[0].parent.glob("*_trips.tntp"))))
    start = time.process_time()
    solved = user_equilibrium(graph, demand, gap=1e-12)
    seconds = time.process_time() - start
    error = abs(solved.objective - optimum) / optimum
    words = f"off by {error:.1g} of it; gap {solved.relative_gap:.1g} in {seconds:.2f} CPU s"
    return Row("traffic", case, "published", f"{optimum:.9g}", words, COLLECTION)
