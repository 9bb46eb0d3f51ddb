"""User equilibrium: every driver on a cheapest path, given everyone else (Wardrop 1952).

Solved on path flows by gradient projection; what is promised is the relative gap, recomputed at the end on fixed
costs: (total cost - cost if everyone were on a cheapest path) / total cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import kernels, progress
from twin.errors import ConvergenceError, InputError
from twin.traffic import assignment_kernels as compiled
from twin.traffic.graph import Graph
from twin.traffic.skims import SEARCH
from twin.traffic.trips import check_demand

Floats = NDArray[np.float64]

_ORIGIN_SWEEPS, _GLOBAL_SWEEPS = 4, 8
"""Shifts among known paths after each search and after each pass. Measured on one core: without those over all pairs
Chicago Sketch takes 1.1 instead of 0.5 s to a gap of 1e-6, and 5.9 instead of 1.2 s to 1e-12."""
_EXACT_BELOW = 20.0
_KEPT_RATIO = 1e-2


@dataclass(frozen=True)
class Routes:
    """Routes that carry flow.

    row, column : (r,) positions of origin and destination in the demand
    flow : (r,) veh/h
    start : (r + 1,) offsets into `link`
    link : positions of the links in driving order
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    flow: Floats
    start: NDArray[np.int64]
    link: NDArray[np.int32]


@dataclass(frozen=True)
class Equilibrium:
    """Result of `user_equilibrium` in plain arrays.

    volume, cost : (l,) veh/h and cost of each link, in the unit of the free-flow times
    relative_gap : (total cost - cheapest cost) / total cost, on the final costs
    objective : Beckmann's objective
    iterations : passes over all origins
    unserved : (o, d) veh/h of demand that no path can serve
    intrazonal : veh/h of demand from a node to itself, which is never assigned
    shortest : (o, d) cheapest cost of each pair; infinity without a path, 0 within a node
    routes : the routes with their flows; at an equilibrium costs and volumes are unique, the split over routes is not
    """

    volume: Floats
    cost: Floats
    relative_gap: float
    objective: float
    iterations: int
    unserved: Floats
    intrazonal: float
    shortest: Floats
    routes: Routes


def user_equilibrium(
    graph: Graph,
    demand: xr.DataArray,
    *,
    gap: float = 1e-6,
    max_iterations: int = 500,
    allow_unconverged: bool = False,
    threads: int | None = None,
) -> Equilibrium:
    """Find the user equilibrium of a graph in whatever unit its costs have.

    Parameters
    ----------
    graph : Graph
    demand : xr.DataArray
        Trips over (origin, destination), >= 0, in the unit of the capacities.
    gap : float
        Relative gap to reach, 1e-14 to 1.
    max_iterations : int
        Iterations before giving up.
    allow_unconverged : bool
        Return what was reached instead of raising.
    threads : int, optional
        All cores unless given; results do not depend on it.

    Returns
    -------
    Equilibrium

    Raises
    ------
    InputError
        If an option or the demand is impossible.
    ConvergenceError
        If the gap is not reached, unless `allow_unconverged`.

    Examples
    --------
    >>> from twin.traffic.graph import graph_from_arrays
    >>> graph = graph_from_arrays([1, 1], [2, 2], [1.0, 1.0], [1.0, 3.0], b=1.0, power=1.0)
    >>> trips = xr.DataArray([[8.0]], dims=("origin", "destination"), coords={"origin": [1], "destination": [2]})
    >>> user_equilibrium(graph, trips, gap=1e-12).volume.round(9).tolist()
    [2.0, 6.0]
    """
    if not (math.isfinite(gap) and 1e-14 <= gap <= 1):
        raise InputError(f"gap is {gap!r}; the relative gap to reach must be 1e-14 to 1")
    if max_iterations < 1:
        raise InputError(f"max_iterations is {max_iterations}; it must be at least 1")
    matrix, origins, destinations = check_demand(graph, demand)
    same = origins[:, None] == destinations[None, :]
    intrazonal = float(matrix[same].sum())
    rows, columns = np.nonzero((matrix > 0) & ~same)
    with kernels.running(threads):
        run = _Run(graph, matrix, origins, destinations, rows, columns)
        reached, iterations = run.solve(gap, max_iterations)
    unserved = np.zeros_like(matrix)
    unserved[rows, columns] = np.where(run.unserved, run.demand, 0.0)
    shortest = np.where(same, 0.0, np.nan)
    shortest[rows, columns] = run.shortest
    if reached > gap and not allow_unconverged:
        raise ConvergenceError(
            f"the relative gap is {reached:.2g} after {iterations} iterations; {gap:g} was asked for: raise "
            "max_iterations, ask for a larger gap, or set allow_unconverged=True"
        )
    return Equilibrium(
        volume=run.volume,
        cost=run.cost[:-1].copy(),
        relative_gap=reached,
        objective=graph.objective(run.volume),
        iterations=iterations,
        unserved=unserved,
        intrazonal=intrazonal,
        shortest=shortest,
        routes=run.routes(rows, columns),
    )


class _Run:
    """The arrays of one solution in progress."""

    def __init__(
        self, graph: Graph, matrix: Floats, origins: NDArray[np.int64], destinations: NDArray[np.int64],
        rows: NDArray[np.int64], columns: NDArray[np.int64],
    ) -> None:  # fmt: skip
        links = len(graph.links)
        self.graph = graph
        self.demand = np.ascontiguousarray(matrix[rows, columns])
        present, counts = np.unique(rows, return_counts=True)
        self.od_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.source = np.ascontiguousarray(graph.source[origins[present]])
        self.sink = np.ascontiguousarray(graph.sink[destinations[columns]])
        self.working = compiled.scratch(graph.states, links)
        pairs = len(rows)
        self.first = np.full(pairs, -1, dtype=np.int32)
        self.unserved = np.zeros(pairs, dtype=bool)
        self.shortest = np.zeros(pairs)
        self.excess = np.zeros(len(present))
        self.volume, self.slope = np.zeros(links), np.zeros(links)
        self.cost = np.zeros(links + 1)  # the last is the cost of arcs that drive on no road
        self.functions = (graph.fixed_cost, graph.free_flow_time, graph.b, graph.capacity, graph.power)
        self._allocate(2 * pairs + 64, 24 * pairs + 1024)
        compiled.update_links(self.volume, *self.functions, self.cost, self.slope)

    def _allocate(self, paths: int, pool: int) -> None:
        self.paths: dict[str, Any] = {
            "next_path": np.full(paths, -1, dtype=np.int32), "start": np.zeros(paths, dtype=np.int64),
            "length": np.zeros(paths, dtype=np.int32), "flow": np.zeros(paths), "key": np.zeros(paths, dtype=np.int64),
            "pool": np.zeros(pool, dtype=np.int32),
        }  # fmt: skip

    def _enlarge(self) -> None:
        old = tuple(self.paths.values())
        self._allocate(2 * len(self.paths["flow"]), 2 * len(self.paths["pool"]))
        arguments: tuple[Any, ...] = (self.first, *old, self.working["counters"], *self.paths.values())
        compiled.gather(*arguments)

    def solve(self, gap: float, max_iterations: int) -> tuple[float, int]:
        graph, working = self.graph, self.working
        reached = 1.0
        iteration = 0
        with progress.stage("traffic", total=-math.log10(gap) or 1.0) as advance:
            shown = 0.0
            for iteration in range(1, max_iterations + 1):
                origin, tolerance = 0, reached * _KEPT_RATIO
                while True:
                    arguments: tuple[Any, ...] = (
                        origin, _ORIGIN_SWEEPS, tolerance, self.od_start, self.source, self.sink, self.demand,
                        graph.arc_start, graph.arc_tail, graph.arc_head, graph.arc_link, *self.functions,
                        *working.values(), self.first, *self.paths.values(),
                        self.volume, self.cost, self.slope, self.excess, self.unserved,
                    )  # fmt: skip
                    status, origin = compiled.improve(*arguments)
                    if status == compiled.DONE:
                        break
                    self._enlarge()
                self._shift(2 * _KEPT_RATIO * float(self.excess.sum()))
                self._settle()
                total = float(np.dot(self.volume, self.cost[:-1]))
                if not math.isfinite(total):
                    raise self._overflow()
                estimate = float(self.excess.sum()) / total if total > 0 else 0.0
                if iteration == 1:
                    estimate = 1.0
                reached = estimate
                if estimate <= _EXACT_BELOW * gap or iteration == max_iterations or total == 0.0:
                    reached = self.relative_gap()
                done = min(-math.log10(max(reached, gap)), -math.log10(gap))
                advance(max(0.0, done - shown))
                shown = max(shown, done)
                if reached <= gap:
                    break
        return reached, iteration

    def _shift(self, enough: float) -> None:
        """Shift flow among known paths of all pairs until the excess cost is down to `enough`."""
        p = self.paths
        for _ in range(_GLOBAL_SWEEPS):
            left, _ = compiled.shift_flows(
                0, len(self.first), *self.functions, self.working["counters"], self.working["mark"],
                self.working["other_mark"], self.first, p["next_path"], p["start"], p["length"], p["flow"], p["pool"],
                self.volume, self.cost, self.slope,
            )  # fmt: skip
            if left <= enough:
                break

    def _overflow(self) -> InputError:
        link = int(np.argmax(np.where(self.volume > 0, self.volume * self.cost[:-1], 0.0)))
        graph = self.graph
        return InputError(
            f"the cost of link {graph.links[link]} is {self.cost[link]:g} at {self.volume[link]:g} veh/h: its capacity "
            f"{graph.capacity[link]:g} veh/h, b {graph.b[link]:g} and power {graph.power[link]:g} do not fit the demand"
        )

    def _settle(self) -> None:
        p = self.paths
        compiled.sum_volumes(
            self.first, p["next_path"], p["start"], p["length"], p["flow"], p["pool"], self.demand, self.volume
        )
        compiled.update_links(self.volume, *self.functions, self.cost, self.slope)

    def relative_gap(self) -> float:
        graph = self.graph
        arguments: tuple[Any, ...] = (
            self.od_start, self.source, self.sink, graph.arc_start, graph.arc_head, graph.arc_link, self.cost,
            *(self.working[k] for k in SEARCH), self.shortest,
        )  # fmt: skip
        compiled.shortest_costs(*arguments)
        total = math.fsum(self.volume * self.cost[:-1])
        served = np.isfinite(self.shortest)
        least = math.fsum(self.demand[served] * self.shortest[served])
        return max(0.0, (total - least) / total) if total > 0 else 0.0

    def routes(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Routes:
        """Return the paths with flow, pair by pair."""
        p = self.paths
        following = p["next_path"].tolist()
        path, pair = [], []
        for od, head in enumerate(self.first.tolist()):
            while head >= 0:
                path.append(head)
                pair.append(od)
                head = following[head]
        at, od_of = np.array(path, dtype=np.int64), np.array(pair, dtype=np.int64)
        used = p["flow"][at] > 0
        at, od_of = at[used], od_of[used]
        length = p["length"][at].astype(np.int64)
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        step = np.arange(start[-1]) - np.repeat(start[:-1], length)
        link = p["pool"][np.repeat(p["start"][at] + length - 1, length) - step]  # the pool runs backwards
        return Routes(rows[od_of], columns[od_of], p["flow"][at].copy(), start, link)
