"""What a place sees of the sky."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.heat.scenes import athens
from benchmarks.heat.town import obstacles, scene

SIDES = {"north": 0.0, "east": 90.0, "south": 180.0, "west": 270.0}

TILE = 512


def _place(size: int, trees: bool) -> dict[str, np.ndarray]:
    layers = athens(size)
    if not trees:
        del layers["canopy"]
    return layers


def _obstacles(inputs: dict[str, np.ndarray]) -> Any:
    from twin.heat.obstacles import make_obstacles

    height, flat = inputs["height"], np.zeros_like(inputs["height"])
    canopy = inputs.get("canopy")
    made = make_obstacles(
        flat,
        height,
        inputs["building"],
        resolution=float(inputs["dx"]),
        canopy_height=canopy,
        canopy_base_height=None if canopy is None else 0.25 * canopy,
    )
    return made, inputs["building"]


def _sky_view(state: Any) -> dict[str, Any]:
    from twin.heat.views import sky_view_factor

    return {"sky_view_factor": sky_view_factor(state[0])}


def _look(state: Any) -> dict[str, Any]:
    """Look around; what is done to the answers so that they mean the same is not much and is measured too."""
    from twin.heat.views import look_around

    views = look_around(state[0])
    # buildings alone, and crowns alone, over the whole sky and over its halves
    free = (np.cos(np.arange(256) * (np.pi / 510)) ** 2).astype(np.float32)
    answers = {"sky_view_factor": views.factors[0] + views.factors[1]}
    for side, azimuth in SIDES.items():
        half = np.cos(np.radians(views.azimuth - azimuth)) > 0
        answers[f"sky_view_factor_{side}"] = np.where(state[1], np.nan, free[views.horizon[half]].mean(axis=0))
    if views.crowns is not None:
        answers["sky_view_factor_past_crowns"] = 1.0 - views.factors[1]
    return answers


def _tiles(state: Any) -> dict[str, Any]:
    from twin.heat.distant import coarse_heights, make_distant
    from twin.heat.views import look_around
    from twin.heat.window import Window

    made = state[0]
    rows, columns = made.ground.shape
    distant = make_distant(coarse_heights(made), made.resolution, 64)
    factor = np.empty((rows, columns), np.float32)
    for row in range(0, rows, TILE):
        for column in range(0, columns, TILE):
            part = Window(row, column, min(TILE, rows - row), min(TILE, columns - column))
            part.of(factor)[:] = look_around(made, window=part, distant=distant).factors[0]
    return {"sky_view_factor": factor}


CASES = (
    Case(
        name="sky view factor",
        text="sky view factor of a 400 x 400 town of 1 m cells, buildings only; root mean square over ground cells",
        inputs=scene,
        prepare=obstacles,
        work=_sky_view,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=("sky_view_factor",),
        note="twin: its default azimuths, each cell for itself up to 24 cells, blocks of cells beyond; solweig: 153 "
        "sky patches, on roofs as well, with the view to the four sides; its GPU path is off.",
    ),
    Case(
        name="sky view factor, Athens",
        text="the same on 400 x 400 cells of 1 m of Athens",
        inputs=lambda: _place(400, False),
        prepare=_obstacles,
        work=_sky_view,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=("sky_view_factor",),
        note="twin places walls at the edges of cells and solweig at centres: in narrow streets it sees less sky.",
    ),
    Case(
        name="sky view factor, Athens with trees",
        text="the same with the trees of Athens (crowns from a quarter of their height on) and halves of the sky",
        inputs=lambda: _place(400, True),
        prepare=_obstacles,
        work=_look,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=(
            "sky_view_factor",
            *(f"sky_view_factor_{side}" for side in SIDES),
            "sky_view_factor_past_crowns",
        ),
        note="Past crowns: one less the share of the sky that crowns hide; twin counts them where no building hides "
        "that part of the sky already. What solweig gives for its sides is divided by what it gives there under an "
        "open sky, which is not 1.",
        most_runs=3,
    ),
    Case(
        name="sky view factor, 2000 x 2000 in tiles",
        text=f"Athens mirrored to 2000 x 2000 cells, buildings only, in tiles of {TILE} x {TILE}",
        inputs=lambda: _place(2000, False),
        prepare=_obstacles,
        work=_tiles,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        note="Tiles and the whole give the same bits.",
    ),
)
