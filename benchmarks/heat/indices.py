"""Thermal indices: fields of air cell by cell, and one step of the same air through a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case

SEED = 20120321


def _air(
    cells: int, *, cold: float, warm: float, below: float, above: float, calm: float, windy: float
) -> dict[str, Any]:
    """Random states of the air: radiant temperature so much below and above that of the air, wind even in its log."""
    random = np.random.default_rng(SEED)
    air = random.uniform(cold, warm, cells)
    return {
        "air_temperature": air,
        "mean_radiant_temperature": air + random.uniform(below, above, cells),
        "wind_speed": np.exp(random.uniform(np.log(calm), np.log(windy), cells)),
        "relative_humidity": random.uniform(5.0, 100.0, cells),
    }


def fitted() -> dict[str, Any]:
    """A million states within the ranges the UTCI polynomial was fitted for."""
    return _air(1_000_000, cold=-50.0, warm=50.0, below=-30.0, above=70.0, calm=0.5, windy=17.0)


def outdoors(cells: int) -> dict[str, Any]:
    """Air of -10 to 45 degC, radiation of -10 to 85 degC independent of it, 0.1 to 10 m/s."""
    fields = _air(cells, cold=-10.0, warm=45.0, below=0.0, above=0.0, calm=0.1, windy=10.0)
    fields["mean_radiant_temperature"] = np.random.default_rng(SEED + 1).uniform(-10.0, 85.0, cells)
    return fields


def _one_step() -> dict[str, Any]:
    radiant = np.random.default_rng(SEED).uniform(15.0, 75.0, (1000, 1000)).astype(np.float32)
    return {"mean_radiant_temperature": radiant}


def _arguments(inputs: dict[str, Any]) -> tuple[np.ndarray, ...]:
    names = ("air_temperature", "mean_radiant_temperature", "wind_speed", "relative_humidity")
    return tuple(inputs[name] for name in names)


def _utci(air: Any) -> dict[str, Any]:
    from twin.heat.utci import utci

    return {"utci": utci(*air)}


def _pet(air: Any) -> dict[str, Any]:
    from twin.heat.pet import pet

    return {"pet": pet(*air)}


def _pet_wg(air: Any) -> dict[str, Any]:
    from twin.heat.pet import pet_wg

    return {"pet": pet_wg(*air)}


def _tables(inputs: dict[str, Any]) -> dict[str, Any]:
    from twin.heat.index_table import apply, tabulate

    radiant = inputs["mean_radiant_temperature"]
    felt = np.empty_like(radiant)
    for index, wind in (("utci", 2.0), ("pet", 1.2)):
        apply(tabulate(index, 31.0, 38.0, wind), radiant, felt)
    return {"pet": felt}


def _cells(inputs: dict[str, Any], answers: dict[str, Any]) -> float:
    return float(inputs["mean_radiant_temperature"].size)


CASES = (
    Case(
        name="UTCI, fields",
        text="UTCI of a million cells, each with air, radiation, wind and humidity of its own",
        inputs=fitted,
        prepare=_arguments,
        work=_utci,
        amount=_cells,
        unit="cells",
        peer="pythermalcomfort",
        compare=("utci",),
        note="The same polynomial, unrounded, without limits on the input.",
    ),
    Case(
        name="PET, fields",
        text="PET (VDI 3787 part 2) of 100,000 cells: air -10 to 45 degC, radiation -10 to 85 degC, 5 to 100 %, "
        "wind 0.1 to 10 m/s",
        inputs=lambda: outdoors(100_000),
        prepare=_arguments,
        work=_pet,
        amount=_cells,
        unit="cells",
        peer="thermal_comfort",
        compare=("pet",),
        note="thermal_comfort runs the guideline's own program, which jumps by 4 to 11 K where air above 36 degC and "
        "radiation above 80 degC drive the blood to its fastest; that is the largest difference. "
        "docs/explanation/thermal-indices.md maps where the two differ.",
    ),
    Case(
        name="PET (W&G), fields",
        text="PET in the version of Walther and Goestchel of 2,000 cells, states as above",
        inputs=lambda: outdoors(2_000),
        prepare=_arguments,
        work=_pet_wg,
        amount=_cells,
        unit="cells",
        peer="pythermalcomfort",
        compare=("pet",),
        most_runs=3,
        note="pythermalcomfort solves three equations by a general solver, which does not converge everywhere in moist "
        "heat; below 0 degC it takes relative humidity over ice, twin over water.",
    ),
    Case(
        name="UTCI and PET, one step",
        text="UTCI and PET of a million cells in the same air: two tables over radiant temperature and their look-up",
        inputs=_one_step,
        prepare=lambda inputs: inputs,
        work=_tables,
        amount=_cells,
        unit="cells",
        note="Within 0.01 K of the indices themselves.",
    ),
)
