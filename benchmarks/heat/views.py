"""What a place sees of the sky."""

from __future__ import annotations

from typing import Any

from benchmarks.case import Case
from benchmarks.heat.town import obstacles, scene


def _sky_view(state: Any) -> dict[str, Any]:
    from twin.heat.views import sky_view_factor

    return {"sky_view_factor": sky_view_factor(state[0])}


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
        note="twin: its default azimuths, exact within 16 cells, a skyline of blocks beyond; solweig: 153 sky patches, "
        "on roofs as well, with the view to the four sides; its GPU path is off.",
    ),
)
