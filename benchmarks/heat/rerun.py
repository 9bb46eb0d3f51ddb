"""Edit and rerun: what a change costs that touches only a yard, and one that is seen from afar."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.heat.day import prepare, with_day
from benchmarks.scenes import flat_town

YARD = slice(470, 530), slice(470, 530)
"""Outer walls of a block of houses 10 m deep and 15 m high, in the middle of 1 km2."""


def _town() -> dict[str, np.ndarray]:
    scene = flat_town(1000)
    scene["height"][YARD], scene["building"][YARD] = 15.0, True
    inside = slice(480, 520), slice(480, 520)
    scene["height"][inside], scene["building"][inside] = 0.0, False
    street = np.zeros_like(scene["building"])
    street[460:540, 460:540] = True
    street[YARD] = False
    scene["height"][street], scene["building"][street] = 0.0, False
    random = np.random.default_rng(3)
    free = ~scene["building"]
    free[455:545, 455:545] = False
    scene["canopy"] = np.zeros_like(scene["height"])
    for i, j in random.integers(4, 996, (1500, 2)):
        if free[i - 3 : i + 4, j - 3 : j + 4].all():
            scene["canopy"][i - 3 : i + 4, j - 3 : j + 4] = random.uniform(6, 14)
    place = {"latitude": np.float64(50.0), "longitude": np.float64(9.0), "utc_offset": np.float64(1.0)}
    return with_day(scene | place, "anisotropic")


def _trees(grid: Any) -> Any:
    """Plant 12 trees of 8 m with crowns of 6 m in the yard."""
    crown = grid.canopy_height.values.copy()
    for i in (486, 499, 512):
        for j in (485, 494, 503, 512):
            crown[i - 3 : i + 3, j - 3 : j + 3] = 8.0
    return grid.assign(canopy_height=(("y", "x"), crown))


def _tower(grid: Any) -> Any:
    """Build a tower of 40 m on 20 x 20 m in the yard."""
    surface, number = grid.surface_elevation.values.copy(), grid.building_id.values.copy()
    surface[490:510, 490:510], number[490:510, 490:510] = 40.0, 9999
    return grid.assign(surface_elevation=(("y", "x"), surface), building_id=(("y", "x"), number))


def _prepared(inputs: dict[str, np.ndarray], edit: Any) -> Any:
    from twin.heat import prepare as prepare_run
    from twin.heat import rerun, simulate

    grid, weather, _ = prepare(inputs)
    run = prepare_run(grid, weather)
    changed = edit(grid)
    rerun(run, changed)  # compiled
    start = time.process_time(), time.perf_counter()
    full = simulate(changed, weather, hourly=())
    return run, changed, full, (time.process_time() - start[0], time.perf_counter() - start[1])


def _rerun(state: Any) -> dict[str, Any]:
    from twin.heat import rerun

    run, changed, full, (cpu, wall) = state
    start = time.process_time(), time.perf_counter()
    again = rerun(run, changed)
    took = time.process_time() - start[0], time.perf_counter() - start[1]
    for name in full.data_vars:
        if not np.array_equal(full[name].values, again.result[name].values, equal_nan=True):
            raise SystemExit(f"{name} of the rerun is not that of the full run")
    return {
        "full_run_cpu": cpu,
        "full_run_wall": wall,
        "rerun_cpu": took[0],
        "rerun_wall": took[1],
        "cpu_ratio": cpu / took[0],
        "cells_computed": again.computed,
        "cells_changed": int(again.changed.sum()),
    }


def _case(name: str, text: str, edit: Any) -> Case:
    return Case(
        name=name,
        text=text + ", in 1 km2 at 1 m, 24 hours; the rerun alone; full and rerun give the same bits",
        inputs=_town,
        prepare=lambda inputs: _prepared(inputs, edit),
        work=_rerun,
        amount=lambda inputs, answers: float(answers["cells_changed"]),
        unit="cells changed",
    )


CASES = (
    _case("rerun, yard", "12 trees planted in a yard that houses enclose", _trees),
    _case("rerun, tower", "a tower of 40 m built in that yard", _tower),
)
