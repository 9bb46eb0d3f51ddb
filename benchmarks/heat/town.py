"""The town of the heat benchmarks: buildings on flat ground, and where the sun stands over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.scenes import flat_town

SUN = {"azimuth": 123.0, "altitude": 38.0}


def scene() -> dict[str, np.ndarray]:
    return flat_town(400) | {key: np.float64(value) for key, value in SUN.items()}


def obstacles(inputs: dict[str, np.ndarray]) -> Any:
    from twin.heat.obstacles import make_obstacles

    height = inputs["height"]
    return make_obstacles(np.zeros_like(height), height, inputs["building"], resolution=float(inputs["dx"])), inputs[
        "building"
    ]
