"""A hot day from heights to felt temperature, on a made-up town and on the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.scenes import flat_town


def _day() -> dict[str, np.ndarray]:
    """A grass-floored town of 200 x 200 cells and a hot day at 50 degrees north."""
    from twin.weather import hot_day

    weather = hot_day("2018-07-26", max_temperature=35, latitude=50.0, longitude=9.0, utc_offset=1.0)
    return (
        flat_town(200)
        | {str(name): array.values for name, array in weather.data_vars.items()}
        | {"time": weather["time"].values.astype("datetime64[s]").astype("int64")}
    )


def _prepare_day(inputs: dict[str, np.ndarray]) -> Any:
    from twin import GridSpec
    from twin.weather import hot_day

    height, building = inputs["height"], inputs["building"]
    # the middle of zone 32: 9 degrees east, 50 degrees north
    spec = GridSpec.from_bounds((499900, 5538530, 500100, 5538730), 1.0, "EPSG:25832")
    grid = spec.dataset().assign(
        ground_elevation=(("y", "x"), np.zeros(spec.shape, "float32")),
        surface_elevation=(("y", "x"), height.astype("float32")),
        building_id=(("y", "x"), building.astype("int32")),
        land_cover=(("y", "x"), np.where(building, 3, 6).astype("uint8")),
    )
    weather = hot_day("2018-07-26", max_temperature=35, latitude=50.0, longitude=9.0, utc_offset=1.0)
    return grid, weather


def _whole_day(state: Any) -> dict[str, Any]:
    from twin.heat import simulate

    result = simulate(*state)
    return {
        "highest_radiant_temperature": result.mean_radiant_temperature_max.values,
        "highest_utci": result.utci_max.values,
        "mean_utci": result.utci.mean("time").values,
    }


def _sample(name: str) -> Any:
    import twin
    from twin.heat import simulate

    city = twin.sample_city(name)
    weather = twin.hot_day("2018-07-26", max_temperature=35).weather(city)
    return simulate, city.grid, weather


def _simulate(state: Any) -> dict[str, Any]:
    simulate, grid, weather = state
    result = simulate(grid, weather)
    return {"steps": result.sizes["time"], "cells": grid.sizes["y"] * grid.sizes["x"]}


CASES = (
    Case(
        name="hot day, town",
        text="24 hours of a cloudless day on a town of 200 x 200 cells of 1 m, buildings on grass: views, shade, mean "
        "radiant temperature and UTCI; over ground cells, K",
        inputs=_day,
        prepare=_prepare_day,
        work=_whole_day,
        amount=lambda inputs, answers: 24.0 * inputs["height"].size,
        unit="cell steps",
        peer="solweig",
        compare=("highest_radiant_temperature", "highest_utci", "mean_utci"),
        note="Both do the whole chain from heights to summary maps. solweig: anisotropic sky, classic ground scheme, "
        "its own materials for grass; the models differ, so the differences are between models, not errors.",
    ),
    Case(
        name="hot day, Bayreuth",
        text='`twin.heat.simulate` on `twin.sample_city("bayreuth")`, one cloudless day',
        inputs=lambda: {"sample": np.array("bayreuth")},
        prepare=lambda inputs: _sample(str(inputs["sample"])),
        work=_simulate,
        amount=lambda inputs, answers: float(answers["steps"] * answers["cells"]),
        unit="cell steps",
    ),
)
