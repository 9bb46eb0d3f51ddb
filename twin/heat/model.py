"""`simulate`: shade, mean radiant temperature and felt temperature in a city through a day.

Receivers are people standing on open ground; roofs and building interiors are NaN. Air temperature, humidity and wind
are those of the weather everywhere: the model resolves radiation, not the urban heat island and not the wind. A day is
computed plate by plate, whatever the size of the city, see `twin.heat.plates`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import xarray as xr

from twin import progress
from twin.heat import materials
from twin.heat.checks import check_count, check_kinds
from twin.heat.day import Float32
from twin.heat.distant import REACH
from twin.heat.options import Options, names
from twin.heat.output import check_output, empty_fields, open_store, put, zarr_store
from twin.heat.plan import (
    NEAR_BORDER,
    VALIDATION,
    VALIDATION_DE,
    Plan,
    assemble,
    attributes,
    check_threads,
    compute_plates,
    coordinates,
    make_plan,
)
from twin.heat.plates import PLATE, WHOLE
from twin.heat.views import Views
from twin.heat.window import Window

__all__ = ["VALIDATION", "VALIDATION_DE", "memory_needed", "simulate"]

LARGE = 1e9
"""Bytes from which the need for memory is told before the work."""


def simulate(
    grid: xr.Dataset,
    weather: xr.Dataset,
    *,
    directions: int = 64,
    sun_samples: int = 3,
    sky: str = "anisotropic",
    receiver: str = "standing",
    indices: str | Sequence[str] = ("utci",),
    hourly: str | Sequence[str] | None = None,
    hours: str | Sequence[str] | None = None,
    canopy_transmissivity: float | None = None,
    wall_albedo: float = materials.WALL_ALBEDO,
    output: str | os.PathLike[str] | None = None,
    plate: int = PLATE,
    threads: int | None = None,
) -> xr.Dataset:
    """Simulate shade, mean radiant temperature and felt temperature for every cell of open ground and every step.

    Parameters
    ----------
    grid : xr.Dataset
        A city's grid with `ground_elevation`, `surface_elevation` and `land_cover`; `building_id`, crowns
        (`canopy_height`, `canopy_base_height`, `canopy_transmissivity`), sails (`sail_height`,
        `sail_transmissivity`), ground (`albedo`, `emissivity`, `sealed_fraction`, `soil_wetness`) and walls
        (`wall_albedo`, `facade_green_fraction`) are used where present. Cells with a building, or whose surface rises
        0.5 m or more above the ground, are solid; nobody stands on them. The grid may lie in memory or in files
        (`xr.open_zarr`, `xr.open_dataset`, with or without Dask): then parts are read as they are needed.
    weather : xr.Dataset
        See `twin.weather.hot_day`: at least a day of regular steps.
    directions : int
        Azimuths along which views are measured, 8 to 256, a multiple of 4. With 64 the sky view of streets, walls and
        basins is within 0.005 of closed forms, single cells among many houses may be 0.01 away; with 32 streets are
        within 0.01, in half the time.
    sun_samples : int
        Positions of the sun within a step, 1 to 60; their shadows are averaged.
    sky : {"anisotropic", "isotropic"}
        Light and warmth of the sky by place in the sky, or the same everywhere.
    receiver : {"standing", "sphere"}
        A standing person, or a black globe, as stations have it.
    indices : str or sequence of str
        Felt temperatures: ``"utci"``, ``"pet"`` (VDI 3787), ``"pet_wg"`` (Walther and Goestchel),
        ``"perceived_temperature"``, ``"wbgt"``.
    hourly : str or sequence of str, optional
        Fields that are kept by step: ``"sunlit_fraction"``, ``"mean_radiant_temperature"`` and the indices. If not
        given, all of them up to 1 GB, none beyond that and none in a store.
    hours : str or sequence of str, optional
        Times of the steps that are kept, such as ``"14:00"``; all if not given.
    canopy_transmissivity : float, optional
        Share of radiation that passes a crown, 0 to 1. If not given, 0.04 in leaf, 0.46 without leaves, by the date.
    wall_albedo : float
        Of facades, 0 to 1, where the grid does not say it.
    output : path, optional
        A folder ``....zarr`` that takes the fields while they are computed (needs the package zarr). It appears when
        it is complete.
    plate : int
        Cells along the squares that are computed one after another, 16 or more; the result does not depend on it.
    threads : int, optional
        Threads of the kernels; the result does not depend on it.

    Returns
    -------
    xr.Dataset
        Over (y, x): `sky_view_factor`, `sunlit_hours`, `mean_radiant_temperature_max` and `..._mean`, the same of
        every index (`utci_max`, `utci_mean`), hours in and above each class of heat stress
        (`strong_heat_stress_duration`: UTCI above 32 degC), `utci_degree_hours`, and `border_shade_hours`, in which
        something beyond the border could cast shade. Over (time, y, x): the fields of `hourly`. NaN on roofs. With
        `output`, the opened store.

    Raises
    ------
    MissingDataError
        If the grid or the weather lacks a variable.
    InputError
        If a value or an option is impossible, or no cell is open ground.

    References
    ----------
    P. Hoeppe (1992), Wetter und Leben 44, 147-151; VDI 3787 part 2; F. Lindberg, B. Holmer, S. Thorsson (2008), Int. J.
    Biometeorol. 52, 697-713; P. Broede et al. (2012), Int. J. Biometeorol. 56, 481-494.

    Examples
    --------
    >>> import numpy as np
    >>> from twin import GridSpec
    >>> from twin.weather import hot_day
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, "EPSG:25832")
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, building_id=(("y", "x"), np.zeros(spec.shape, np.int32)),
    ...     land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8)))
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> result = simulate(grid, day)
    >>> bool(result.mean_radiant_temperature_max.mean() > 50)
    True
    """
    check_kinds(grid, weather)
    check_threads(threads)
    check_count("plate", plate, 16, 8192)
    options = Options(
        directions=directions,
        sun_samples=sun_samples,
        sky=sky,
        receiver=receiver,
        indices=names("indices", indices),
        hourly=None if hourly is None else names("hourly", hourly),
        hours=None if hours is None else names("hours", hours),
        canopy_transmissivity=canopy_transmissivity,
        wall_albedo=wall_albedo,
    )
    path = None if output is None else check_output(output)
    plan = make_plan(grid, weather, options, plate, streamed=path is not None)
    _announce(plan, path is not None)
    if path is None:
        spec = plan.day.spec
        fields = empty_fields(plan.day.names, plan.day.hourly, len(plan.day.kept), spec.shape)
        compute_plates(plan, lambda window, part, views: put(fields, window, part), threads=threads)
        return assemble(plan, fields)
    near = 0
    with zarr_store(path, coordinates(plan), plan.day.names, plan.day.hourly, plate) as (arrays, found):

        def write(window: Window, part: dict[str, Float32], views: Views) -> None:
            nonlocal near
            put(arrays, window, part)
            near += int((part["border_shade_hours"] > NEAR_BORDER).sum())

        compute_plates(plan, write, threads=threads)
        found.update(attributes(plan, near / plan.findings.open_cells))
    return open_store(path)


def memory_needed(
    cells: int, steps: int, directions: int = 64, *, hourly: float = 3, maps: int = 14, plate: int = PLATE
) -> float:
    """Estimate the bytes that `simulate` holds at its peak, without the grid it is given.

    Parameters
    ----------
    cells : int
        Of the grid.
    steps : int
        Of the day.
    directions : int
        Azimuths.
    hourly, maps : int
        Fields that are kept by step and once.
    plate : int
        Cells along a plate.

    Examples
    --------
    >>> memory_needed(250 * 250, 24) / 1e6  # MB
    68.875
    """
    scene = 40 * min(cells, WHOLE * WHOLE)
    at_once = min(cells, (plate + 24) ** 2) * (4 * 3 * steps + 5 * directions + 100)
    around = 10 * min(cells, (plate + 2 * REACH) ** 2)  # as the views take it
    return float(scene + at_once + around + 4 * cells * (maps + hourly * steps))


def _announce(plan: Plan, streamed: bool) -> None:
    spec, day = plan.day.spec, plan.day
    cells = spec.rows * spec.columns
    kept = (0, 0) if streamed else (len(day.hourly) * len(day.kept) / day.steps, len(day.maps))
    need = memory_needed(cells, day.steps, day.options.directions, hourly=kept[0], maps=kept[1], plate=plan.plate)
    if need > LARGE:
        progress.say(
            f"twin: heat on {spec.rows} x {spec.columns} cells and {day.steps} steps needs about {need / 1e9:.1f} GB "
            "of memory; output='....zarr' streams fields to disk"
        )
