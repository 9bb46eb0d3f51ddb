"""Whole cities from their files."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case


def _sample(name: str) -> dict[str, Any]:
    import twin

    city = twin.sample_city(name)
    return {"buildings": len(city.buildings), "cells": city.grid.sizes["y"] * city.grid.sizes["x"]}


CASES = (
    Case(
        name="sample city, Bayreuth",
        text='`twin.sample_city("bayreuth")`: OpenStreetMap and terrain to a city of 1 km2 at 4 m',
        inputs=lambda: {"sample": np.array("bayreuth")},
        prepare=lambda inputs: str(inputs["sample"]),
        work=_sample,
        amount=lambda inputs, answers: float(answers["cells"]),
        unit="cells",
    ),
)
