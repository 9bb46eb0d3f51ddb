"""From grid and weather to a plan of the day, and from the plan to its plates: what whole runs and reruns share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import kernels, progress, provenance
from twin.city.gridspec import check_grid
from twin.errors import InputError
from twin.heat.checks import Findings, inspect
from twin.heat.day import STEPS_OF_VIEWS, Day, Float32, compute, make_day
from twin.heat.distant import BLOCK, REACH, Distant
from twin.heat.inputs import REQUIRED, used_names
from twin.heat.options import Options, steps_at
from twin.heat.plates import plates, regions, surrounded
from twin.heat.scene import Scene, distant_of, make_scene
from twin.heat.season import LEAFLESS_TRANSMISSIVITY
from twin.heat.views import Views
from twin.heat.window import Window, global_origin

VALIDATION = (
    "geometry: analytic canyon, wall, basin and slope within 0.005; UTCI: independent code within 1e-8 K; mean radiant "
    "temperature: 35 hours measured at two places in Göteborg, RMSE 3.7 K, bias +1.7 K (these data also led to "
    "the choice of crown transmissivity)"
)
"""What this model, with its defaults, was compared with; the tests hold the numbers."""

VALIDATION_DE = (
    "Geometrie: analytische Schlucht, Wand, Mulde und Hang auf 0,005 genau; UTCI: unabhängiger Code auf 1e-8 K genau; "
    "mittlere Strahlungstemperatur: 35 gemessene Stunden an zwei Orten in Göteborg, RMSE 3,7 K, mittlere Abweichung "
    "+1,7 K (diese Daten haben auch die Wahl der Kronendurchlässigkeit geleitet)"
)

NOT_PHYSICS = ("hourly", "hours", "indices")
"""Options that choose what is kept, not how it is computed."""

HOURLY_BYTES = 1e9
"""Fields by step are kept in memory without being asked for up to this size, bytes."""

NEAR_BORDER = 1.0
"""Cells that could be shaded from beyond the border for longer count as near to it, hours."""

Take = Callable[[Window, dict[str, Float32], Views], None]


@dataclass(frozen=True)
class Plan:
    """A day on a grid that is fit for the model.

    grid, weather : as given
    names : the grid's variables that are read
    findings : what was seen in them
    day : what is the same for every plate
    plate : cells along a plate
    """

    grid: xr.Dataset
    weather: xr.Dataset
    names: tuple[str, ...]
    findings: Findings
    day: Day
    plate: int


def make_plan(grid: xr.Dataset, weather: xr.Dataset, options: Options, plate: int, *, streamed: bool = False) -> Plan:
    """Check everything that can be checked before long work, and gather what all plates need.

    Parameters
    ----------
    grid, weather : xr.Dataset
        See `twin.heat.simulate`.
    options : Options
    plate : int
        Cells along a plate.
    streamed : bool
        Whether fields go into a store: then none are kept by step unless they are asked for.
    """
    spec = check_grid(grid, REQUIRED)
    day = make_day(weather, spec, options)
    kept = steps_at(options.hours, weather)
    size = 4.0 * spec.rows * spec.columns * len(kept) * len(options.fields)
    if options.hourly is not None:
        hourly = options.hourly
    elif size > HOURLY_BYTES or streamed:
        hourly = ()
        progress.say(f"twin: {size / 1e9:.1f} GB of fields by step are not kept; hourly=... asks for them")
    else:
        hourly = options.fields
    findings = inspect(grid, spec)
    day = replace(day, kept=kept, hourly=hourly, highest=findings.highest)
    return Plan(grid, weather, used_names(grid), findings, day, plate)


def compute_plates(plan: Plan, take: Take, *, scene: Scene | None = None, threads: int | None = None) -> Distant | None:
    """Compute all plates of a plan, one after another, and give each away; return what was seen from afar.

    Parameters
    ----------
    plan : Plan
    take : callable
        Told the window, the fields and the views of every plate.
    scene : Scene, optional
        Of the whole grid, if it is held anyway.
    threads : int, optional
        Of the kernels.
    """
    day = plan.day
    shape = day.spec.shape
    origin = global_origin(day.spec)
    cells = shape[0] * shape[1]
    work = 2.0 * day.steps + STEPS_OF_VIEWS + 2.0
    with kernels.running(threads), progress.stage("heat", total=1.0) as advance:
        distant = distant_of(plan.grid, plan.names, day.spec, day.options.directions, scene)
        for region in regions(shape, plan.plate):
            around = surrounded(region, shape, REACH + day.margin + 1, origin=origin, block=BLOCK)
            held = scene or make_scene(plan.grid, plan.names, day.spec, around)
            for plate in plates((region.rows, region.columns), plan.plate):
                window = Window(region.row + plate.row, region.column + plate.column, plate.rows, plate.columns)
                share = window.rows * window.columns / cells / work
                take(window, *compute(day, held, window, distant, _share_of(advance, share)))
    return distant


def _share_of(advance: Callable[[float], None], share: float) -> Callable[[float], None]:
    return lambda done: advance(done * share)


def attributes(plan: Plan, near_border: float) -> dict[str, Any]:
    """Return what a result says of itself.

    Parameters
    ----------
    plan : Plan
    near_border : float
        Share of the open ground that could be shaded from beyond the border for more than `NEAR_BORDER`.
    """
    day, weather = plan.day, plan.weather
    reach = border_reach(plan)
    caveats = [str(text) for text in (plan.grid.attrs.get("caveats"), weather.attrs.get("caveats")) if text]
    caveats += [
        *plan.findings.caveats,
        *plan.day.forcing.caveats,
        "air temperature, humidity and wind are uniform: no heat island, no wind shelter",
    ]
    if near_border > 0:
        caveats.append(
            f"nothing casts shade from beyond the grid's border; something there, as high as the highest within, could "
            f"shade {100 * near_border:.0f} % of the open ground for more than an hour (border_shade_hours)"
        )
    if not (day.forcing.weight > 0).any():
        caveats.append("the sun does not rise")
    if day.canopy_transmissivity == LEAFLESS_TRANSMISSIVITY and day.options.canopy_transmissivity is None:
        caveats.append("deciduous trees without leaves; evergreens are not known")
    options = asdict(day.options) | {
        "canopy_transmissivity": day.canopy_transmissivity,
        "hourly": list(day.hourly),
        "hours": None if day.options.hours is None else list(day.options.hours),
        "indices": list(day.options.indices),
    }
    stamped = provenance.stamp(
        xr.Dataset(),
        model="heat",
        options=options,
        inputs=provenance.fingerprint(list(plan.names), plan.findings.digests, weather),
        **_validation(day.options),
    ).attrs
    return {
        **stamped,
        "caveats": "; ".join(caveats),
        "cells": "open ground only; NaN on roofs and inside buildings",
        "border_reach": reach,
        "near_border_share": round(near_border, 4),
        "resolution": day.spec.resolution,
    }


def border_reach(plan: Plan) -> float:
    """Return how far the shadow of the city's highest thing reaches with the lowest sun of the day, m; 0 without sun.

    Parameters
    ----------
    plan : Plan
    """
    forcing = plan.day.forcing
    up = forcing.weight > 0
    if not up.any():
        return 0.0
    relief = plan.findings.highest - plan.findings.lowest
    return float(f"{relief / np.tan(np.radians(forcing.altitude[up].min())):.4g}")


def assemble(plan: Plan, fields: Mapping[str, NDArray[np.float32]]) -> xr.Dataset:
    """Make the result of fields in memory.

    Parameters
    ----------
    plan : Plan
    fields : mapping
        Over the grid, by name.
    """
    from twin.variables import describe

    result = coordinates(plan)
    dims = {name: ("time", "y", "x") if name in plan.day.hourly else ("y", "x") for name in fields}
    result = result.assign({name: (dims[name], field) for name, field in fields.items()})
    near = fields["border_shade_hours"] > NEAR_BORDER
    return describe(result).assign_attrs(attributes(plan, float(near.sum()) / plan.findings.open_cells))


def coordinates(plan: Plan) -> xr.Dataset:
    """Return the coordinates of the result.

    Parameters
    ----------
    plan : Plan
    """
    return plan.day.spec.dataset().assign_coords(time=plan.weather["time"].isel(time=list(plan.day.kept)))


def check_threads(threads: int | None) -> None:
    """Refuse impossible numbers of threads.

    Examples
    --------
    >>> check_threads(2)
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads is {threads!r}; it must be a whole number of at least 1, or None")


def _validation(options: Options) -> dict[str, str]:
    standard = asdict(Options())
    given = {name: value for name, value in asdict(options).items() if name not in NOT_PHYSICS}
    changed = ", ".join(name for name, value in given.items() if value != standard[name])
    if not changed:
        return {"validation": VALIDATION, "validation_de": VALIDATION_DE}
    return {
        "validation": f"not validated with this {changed}; with defaults: {VALIDATION}",
        "validation_de": f"nicht validiert mit geändertem {changed}; mit den Vorgaben: {VALIDATION_DE}",
    }
