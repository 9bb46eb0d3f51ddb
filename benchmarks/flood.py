"""Flood: rain on a made-up town beside a peer, and heavy rain on a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.scenes import valley_town

CELLS, SECONDS, RAIN = 200, 300.0, 60e-3 / 3600.0


def _town() -> dict[str, np.ndarray]:
    return valley_town(CELLS) | {"seconds": np.float64(SECONDS), "rain": np.float64(RAIN)}


def blocks(depth: np.ndarray) -> np.ndarray:
    """Mean over squares of 2 x 2 cells, what a square of four triangles covers."""
    rows, columns = depth.shape
    return depth.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))


def _prepare(inputs: dict[str, np.ndarray]) -> Any:
    import twin

    dx, (rows, columns) = float(inputs["dx"]), inputs["elevation"].shape
    spec = twin.GridSpec.from_bounds((0, 0, columns * dx, rows * dx), dx, "EPSG:25832")
    grid = spec.dataset().assign(
        surface_elevation=(("y", "x"), inputs["elevation"]), manning=(("y", "x"), inputs["manning"])
    )
    seconds = float(inputs["seconds"])
    return grid, twin.weather.block_rain(float(inputs["rain"]) * seconds, seconds), seconds


def _run(state: Any) -> dict[str, Any]:
    from twin.flood import simulate

    grid, rain, seconds = state
    water = simulate(grid, rain=rain, duration=seconds, edges="closed", infiltration=False)
    depth = water.water_depth.values[-1].astype(float)
    return {"depth": blocks(depth), "volume_error": float(water.volume_error), "highest_depth": float(depth.max())}


def _sample(inputs: dict[str, np.ndarray]) -> Any:
    import twin

    city = twin.sample_city(str(inputs["sample"]))
    return city.grid, twin.heavy_rain("44 mm", duration="60 min").weather(city)


def _heavy_rain(state: Any) -> dict[str, Any]:
    from twin.flood import simulate

    grid, rain = state
    water = simulate(grid, rain=rain, duration="2 h")
    return {"volume_error": float(water.volume_error), "cells": grid.sizes["y"] * grid.sizes["x"]}


CASES = (
    Case(
        name="rain on a town",
        text=f"60 mm/h for {SECONDS:g} s on a made-up town of {CELLS} x {CELLS} cells of 2 m with buildings of 8 m, "
        "closed edges, dry start; depths over squares of 4 m",
        inputs=_town,
        prepare=_prepare,
        work=_run,
        amount=lambda inputs, answers: inputs["elevation"].size * float(inputs["seconds"]),
        unit="cell seconds",
        peer="anuga",
        compare=("depth",),
        note="twin: local inertial equations on squares; ANUGA: full shallow water equations, second order, on as many "
        "triangles. Depths beside walls differ by the equations; both must keep the volume.",
    ),
    Case(
        name="heavy rain, Bayreuth",
        text='`twin.flood.simulate` on `twin.sample_city("bayreuth")`: 44 mm in one hour, two hours followed',
        inputs=lambda: {"sample": np.array("bayreuth")},
        prepare=_sample,
        work=_heavy_rain,
        amount=lambda inputs, answers: float(answers["cells"]) * 7200,
        unit="cell seconds",
    ),
)
