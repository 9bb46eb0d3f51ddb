"""A hot day from heights to felt temperature: on a made-up town, on Athens with its trees, on the samples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.heat.scenes import athens, town_at
from benchmarks.scenes import flat_town

SUMMARY = ("highest_radiant_temperature", "highest_utci", "mean_utci")


def prepare(inputs: dict[str, np.ndarray]) -> Any:
    """Return what `twin.heat.simulate` is given."""
    from twin.weather import hot_day

    grid = town_at(inputs)
    weather = hot_day(
        "2018-07-26",
        max_temperature=35,
        latitude=float(inputs["latitude"]),
        longitude=float(inputs["longitude"]),
        utc_offset=float(inputs["utc_offset"]),
    )
    return grid, weather, str(inputs["sky"])


def with_day(scene: dict[str, np.ndarray], sky: str) -> dict[str, np.ndarray]:
    """Add a hot day at the place of a scene, for both sides."""
    from twin.weather import hot_day

    weather = hot_day(
        "2018-07-26",
        max_temperature=35,
        latitude=float(scene["latitude"]),
        longitude=float(scene["longitude"]),
        utc_offset=float(scene["utc_offset"]),
    )
    return (
        scene
        | {str(name): array.values for name, array in weather.data_vars.items()}
        | {"time": weather["time"].values.astype("datetime64[s]").astype("int64"), "sky": np.array(sky)}
    )


def _town(sky: str) -> dict[str, np.ndarray]:
    """A grass-floored town of 200 x 200 cells; the middle of zone 32 lies at 9 degrees east, 50 degrees north."""
    place = {"latitude": np.float64(50.0), "longitude": np.float64(9.0), "utc_offset": np.float64(1.0)}
    return with_day(flat_town(200) | place, sky)


def _whole_day(state: Any) -> dict[str, Any]:
    from twin.heat import simulate

    grid, weather, sky = state
    result = simulate(grid, weather, sky=sky, hourly=())
    return {
        "highest_radiant_temperature": result.mean_radiant_temperature_max.values,
        "highest_utci": result.utci_max.values,
        "mean_utci": result.utci_mean.values,
    }


def _as_solweig(state: Any) -> dict[str, Any]:
    from twin.heat import solweig_like

    grid, weather, _ = state
    result = solweig_like(grid, weather)
    radiant, felt = result.mean_radiant_temperature.values, result.utci.values
    return {
        "highest_radiant_temperature": radiant.max(axis=0),
        "highest_utci": felt.max(axis=0),
        "mean_utci": felt.mean(axis=0),
        "radiant_temperature": radiant,
        "utci": felt,
    }


def _only_ours(state: Any) -> dict[str, Any]:
    return {"mean_of_highest_utci": float(np.nanmean(_whole_day(state)["highest_utci"]))}


def _sample(name: str, cells: int | None) -> Any:
    import twin

    city = twin.sample_city(name)
    weather = twin.hot_day("2018-07-26", max_temperature=35).weather(city)
    grid = city.grid if cells is None else city.grid.isel(y=slice(0, cells), x=slice(0, cells))
    return grid, weather


def _simulate(state: Any) -> dict[str, Any]:
    from twin.heat import simulate

    grid, weather = state
    result = simulate(grid, weather, hourly=())
    return {"steps": 24, "cells": grid.sizes["y"] * grid.sizes["x"], "mean_utci_max": float(result.utci_max.mean())}


def _memory(state: Any) -> dict[str, Any]:
    """Measure in a process of its own, whose memory holds nothing else."""
    command = [sys.executable, str(Path(__file__).with_name("memory.py")), str(state)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    return {"bytes_per_cell": float(line)}


def _case(name: str, text: str, scene: Any, sky: str, **more: Any) -> Case:
    return Case(
        name=name,
        text=text,
        inputs=lambda: with_day(scene(), sky) if scene is not None else _town(sky),
        prepare=prepare,
        amount=lambda inputs, answers: 24.0 * inputs["height"].size,
        unit="cell steps",
        **more,
    )


_NOTE = (
    "Both do the whole chain from heights to summary maps. solweig: its GPU path off, classic ground scheme, its own "
    "materials; the models differ, so the differences are between models, not errors."
)
_AGAINST = {"work": _whole_day, "peer": "solweig", "compare": SUMMARY, "note": _NOTE}

CASES = (
    *(
        _case(
            name,
            f"24 hours of a cloudless day on a town of 200 x 200 cells of 1 m, buildings on grass, {sky} sky: views, "
            "shade, mean radiant temperature and UTCI; over ground cells, K",
            None,
            sky,
            **_AGAINST,
        )
        for name, sky in (("hot day, town", "anisotropic"), ("hot day, town, isotropic", "isotropic"))
    ),
    Case(
        name="hot day, town, physics as SOLWEIG",
        text="the same day on the town by `twin.heat.solweig_like`, isotropic sky; every hour of every ground cell, K",
        inputs=lambda: _town("isotropic") | {"hourly": np.array(True)},
        prepare=prepare,
        work=_as_solweig,
        amount=lambda inputs, answers: 24.0 * inputs["height"].size,
        unit="cell steps",
        peer="solweig",
        compare=("radiant_temperature", "utci", *SUMMARY),
        note="Geometry is each one's own, the equations are the same: what is left is the views (153 patches there), "
        "and the ground beside walls. solweig writes its hours to files and reads them again; NumPy here: do not "
        "compare the speed.",
        most_runs=1,
    ),
    *(
        _case(
            name,
            f"the same day on 400 x 400 cells of 1 m of Athens with trees, on flat ground, {sky} sky",
            lambda: athens(400),
            sky,
            most_runs=1,
            **_AGAINST,
        )
        for name, sky in (("hot day, Athens", "anisotropic"), ("hot day, Athens, isotropic", "isotropic"))
    ),
    *(
        _case(
            f"hot day, Athens tiled to {size}",
            f"the same day on Athens with trees, mirrored to {size} x {size} cells",
            lambda size=size: athens(size),
            "anisotropic",
            work=_only_ours,
        )
        for size in (1000, 2000)
    ),
    Case(
        name="hot day, memory",
        text="bytes for each of 2000 x 2000 cells of Athens with trees, mirrored: peak of the process above what "
        "importing takes, the grid that is given among them; maps of a day, no fields by hour",
        inputs=lambda: {"size": np.int64(2000)},
        prepare=lambda inputs: int(inputs["size"]),
        work=_memory,
        amount=lambda inputs, answers: float(inputs["size"]) ** 2,
        unit="cells",
    ),
    Case(
        name="hot day, Bayreuth",
        text='`twin.heat.simulate` on `twin.sample_city("bayreuth")`, one cloudless day',
        inputs=lambda: {"sample": np.array("bayreuth")},
        prepare=lambda inputs: _sample(str(inputs["sample"]), None),
        work=_simulate,
        amount=lambda inputs, answers: float(answers["steps"] * answers["cells"]),
        unit="cell steps",
    ),
    Case(
        name="hot day, Tiergarten",
        text='`twin.heat.simulate` on `twin.sample_city("tiergarten")`, 1 km2 at 1 m, one cloudless day',
        inputs=lambda: {"sample": np.array("tiergarten")},
        prepare=lambda inputs: _sample(str(inputs["sample"]), None),
        work=_simulate,
        amount=lambda inputs, answers: float(answers["steps"] * answers["cells"]),
        unit="cell steps",
    ),
)
