"""Whether the sun reaches a place."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.heat.town import SUN, obstacles, scene


def _shade(state: Any) -> dict[str, Any]:
    from twin.heat.shade import sunlight

    lit = sunlight(state[0], **SUN)
    lit[state[1]] = np.nan
    return {"sunlit": lit}


CASES = (
    Case(
        name="shade",
        text=f"shade of buildings on the same town, sun at azimuth {SUN['azimuth']:g}, altitude {SUN['altitude']:g} "
        "degrees; over ground cells",
        inputs=scene,
        prepare=obstacles,
        work=_shade,
        amount=lambda inputs, answers: inputs["height"].size,
        unit="cells",
        peer="solweig",
        compare=("sunlit",),
        note="Lines leave cell centres in both, but twin places walls at the edges of cells and solweig at centres: "
        "they differ along the rims of shadows.",
    ),
)
