"""Heat: what a place sees of the sky, shade, and a hot day on the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.scenes import flat_town

SUN = {"azimuth": 123.0, "altitude": 38.0}


def _scene() -> dict[str, np.ndarray]:
    return flat_town(400) | {key: np.float64(value) for key, value in SUN.items()}


def _obstacles(inputs: dict[str, np.ndarray]) -> Any:
    from twin.heat.obstacles import make_obstacles

    height = inputs["height"]
    return make_obstacles(np.zeros_like(height), height, inputs["building"], resolution=float(inputs["dx"])), inputs[
        "building"
    ]


def _sky_view(state: Any) -> dict[str, Any]:
    from twin.heat.views import sky_view_factor

    return {"sky_view_factor": sky_view_factor(state[0])}


def _shade(state: Any) -> dict[str, Any]:
    from twin.heat.shade import sunlight

    lit = sunlight(state[0], **SUN)
    lit[state[1]] = np.nan
    return {"sunlit": lit}


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
        name="sky view factor",
        text="sky view factor of a 400 x 400 town of 1 m cells, buildings only; root mean square over ground cells",
        inputs=_scene,
        prepare=_obstacles,
        work=_sky_view,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=("sky_view_factor",),
        note="twin: its default azimuths, exact within 16 cells, a skyline of blocks beyond; solweig: 153 sky patches, "
        "on roofs as well, with the view to the four sides; its GPU path is off.",
    ),
    Case(
        name="shade",
        text=f"shade of buildings on the same town, sun at azimuth {SUN['azimuth']:g}, altitude {SUN['altitude']:g} "
        "degrees; over ground cells",
        inputs=_scene,
        prepare=_obstacles,
        work=_shade,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=("sunlit",),
        note="Lines leave cell centres in both, but twin places walls at the edges of cells and solweig at centres: "
        "they differ along the rims of shadows.",
    ),
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
