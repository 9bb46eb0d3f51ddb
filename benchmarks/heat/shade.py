"""Whether the sun reaches a place, with buildings alone and with trees and walls, from low sun to high."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.heat.town import obstacles
from benchmarks.scenes import flat_town

SUNS = ((8.0, 285.0), (30.0, 265.0), (38.0, 123.0), (60.0, 180.0))
"""Altitude and azimuth, degrees."""


def _scene(altitude: float, azimuth: float) -> dict[str, np.ndarray]:
    return flat_town(400) | {"azimuth": np.float64(azimuth), "altitude": np.float64(altitude)}


def _planted_scene(altitude: float, azimuth: float) -> dict[str, np.ndarray]:
    """Round crowns of 4 to 18 m on 8 % of the open ground, and every wall with the side it faces."""
    scene = _scene(altitude, azimuth)
    height = scene["height"]
    random = np.random.default_rng(5)
    canopy = np.zeros_like(height)
    y, x = np.mgrid[: height.shape[0], : height.shape[1]]
    while (canopy > 0).mean() < 0.08 * (height == 0).mean():
        i, j, radius = random.integers(0, height.shape[0]), random.integers(0, height.shape[1]), random.uniform(2, 5)
        canopy[(y - i) ** 2 + (x - j) ** 2 < radius**2] = round(random.uniform(4, 18), 1)
    canopy[height > 0] = 0.0
    padded = np.pad(height, 1)
    sides = np.stack([padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2]])
    walls = np.where(height == 0, sides.max(axis=0), 0.0)
    facing = np.array([180.0, 270.0, 0.0, 90.0])[sides.argmax(axis=0)]
    return scene | {"canopy": canopy, "walls": walls, "facing": np.where(walls > 0, facing, 0.0)}


def _prepare(inputs: dict[str, np.ndarray]) -> Any:
    scene, building = obstacles(inputs)
    scene.barriers  # noqa: B018 - laid out once for all positions of the sun
    return scene, _gap(building), {name: float(inputs[name]) for name in ("altitude", "azimuth")}


def _gap(building: np.ndarray) -> np.ndarray:
    """What is added to an answer so that roofs are not compared; made before the clock runs, for either side."""
    return np.where(building, np.float32(np.nan), np.float32(0.0))


def _prepare_planted(inputs: dict[str, np.ndarray]) -> Any:
    from twin.heat.obstacles import make_obstacles
    from twin.heat.wall_shade import make_walls

    height = inputs["height"]
    scene = make_obstacles(
        np.zeros_like(height),
        height,
        inputs["building"],
        resolution=float(inputs["dx"]),
        canopy_height=inputs["canopy"],
    )
    scene.barriers  # noqa: B018 - laid out once for all positions of the sun
    walls = make_walls(scene, inputs["walls"], inputs["facing"])
    return scene, _gap(inputs["building"]), {name: float(inputs[name]) for name in ("altitude", "azimuth")}, walls


def _shade(state: Any) -> dict[str, Any]:
    from twin.heat.shade import sunlight

    scene, gap, sun = state
    lit = sunlight(scene, **sun)
    lit += gap
    return {"sunlit": lit}


def _shade_all(state: Any) -> dict[str, Any]:
    from twin.heat.shade import sunlight
    from twin.heat.wall_shade import wall_sunlight

    scene, gap, sun, walls = state
    lit = sunlight(scene, canopy_transmissivity=0.0, **sun)
    lit += gap
    height, _ = wall_sunlight(scene, walls, step=1000.0, **sun)
    shade = np.full(lit.shape, np.nan, np.float32)
    shade[walls.place[:, 0], walls.place[:, 1]] = height
    return {"sunlit": lit, "shade on walls, m": shade}


_NOTE = (
    "Lines leave cell centres in both, but twin places walls at the edges of cells and solweig at centres: they differ "
    "along the rims of shadows."
)

CASES = tuple(
    case
    for altitude, azimuth in SUNS
    for case in (
        Case(
            name=f"shade, sun {altitude:g} degrees high",
            text=f"shade of buildings on 400 x 400 cells of 1 m, sun at azimuth {azimuth:g}, altitude {altitude:g} "
            "degrees; over ground cells",
            inputs=lambda altitude=altitude, azimuth=azimuth: _scene(altitude, azimuth),
            prepare=_prepare,
            work=_shade,
            amount=lambda inputs, answers: inputs["height"].size,
            unit="cells",
            peer="solweig",
            compare=("sunlit",),
            note=_NOTE,
        ),
        Case(
            name=f"shade with trees and walls, sun {altitude:g} degrees high",
            text="the same with trees, and how far up each wall lies in shade",
            inputs=lambda altitude=altitude, azimuth=azimuth: _planted_scene(altitude, azimuth),
            prepare=_prepare_planted,
            work=_shade_all,
            amount=lambda inputs, answers: inputs["height"].size,
            unit="cells",
            peer="solweig",
            compare=("sunlit", "shade on walls, m"),
            note=_NOTE,
        ),
    )
)
