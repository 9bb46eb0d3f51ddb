"""Where trees do most good: one after another at the place that gains most, each try a rerun of what it can change.

Greedy choice: the best place is sought again after every tree, because trees take each other's gains. Gains hardly ever
grow by trees elsewhere, so an old gain is an upper bound and only the most promising places are tried again (lazy
evaluation: Minoux 1978; Leskovec et al. 2007).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from twin import progress
from twin.city.surfaces import CODES
from twin.city.trees import CROWN_BASE_SHARE, stamp_crowns
from twin.errors import InputError
from twin.heat.plan import check_threads
from twin.heat.rerun import HeatRun, apply_edit, rerun
from twin.heat.window import Window

MOST_PLACES = 2000
"""Places that are tried without being told to: with more, every try would have to be paid for."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Placement:
    """Trees and what they gain.

    positions : (n, 2) eastings and northings of the stems, m, in the order of choice
    gains : (n,) by how much each tree lowers the objective, given those before it
    unit : of the gains
    run : the day with all trees
    grid : the grid with all trees
    tried : how many places were computed
    """

    positions: NDArray[np.float64]
    gains: NDArray[np.float64]
    unit: str
    run: HeatRun
    grid: xr.Dataset
    tried: int


def place_trees(
    run: HeatRun,
    count: int,
    *,
    where: BaseGeometry | ArrayLike | xr.DataArray | None = None,
    height: float = 12.0,
    crown_diameter: float = 8.0,
    crown_base: float | None = None,
    spacing: float | None = None,
    clearance: float | None = None,
    objective: str = "strong_heat_stress_duration",
    weight: ArrayLike | xr.DataArray | None = None,
    lattice: float | None = None,
    threads: int | None = None,
) -> Placement:
    """Choose places for trees, one after another, each where it lowers heat most.

    Parameters
    ----------
    run : HeatRun
        From `twin.heat.prepare` or `rerun`; it is not changed.
    count : int
        Trees to place, at least 1. Fewer are placed where no place is left or none gains anything.
    where : shapely polygon, or array of bool (rows, columns), optional
        Ground on which stems may stand; all open ground if not given. Never on roofs or water.
    height, crown_diameter, crown_base : float
        Of every tree, m; the crown's base is a quarter of the height if not given.
    spacing : float, optional
        Least distance between stems, m; the crown's diameter if not given.
    clearance : float, optional
        Least distance from stems to buildings, m; a quarter of the crown's diameter if not given.
    objective : str
        Name of a field of the result, to be lowered: a map such as ``"strong_heat_stress_duration"`` (the hours of UTCI
        above 32 degC) or ``"utci_max"``, or a field by step such as ``"utci"``, whose kept steps are averaged:
        ``prepare(..., hourly="utci", hours="14:00")`` asks for the early afternoon.
    weight : array (rows, columns), optional
        How much a cell counts, at least 0: people, or 1 on a playground. Its area in m2 if not given.
    lattice : float, optional
        Distance between the places that are tried, m; half the crown's diameter, or wider, so that at most
        `MOST_PLACES` are tried, if not given.
    threads : int, optional
        Of the kernels.

    Returns
    -------
    Placement

    Raises
    ------
    InputError
        If a number is impossible, the result has no such field, or there is no place for a tree.

    References
    ----------
    M. Minoux (1978): Accelerated greedy algorithms for maximizing submodular set functions. Lecture Notes in Control
    and Information Sciences 7, 234-243. J. Leskovec et al. (2007), Proceedings of KDD 2007, 420-429.

    Examples
    --------
    >>> from twin import GridSpec
    >>> from twin.heat import prepare
    >>> from twin.weather import hot_day
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, "EPSG:25832")
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, land_cover=(("y", "x"), np.full(spec.shape, 1, np.uint8)))
    >>> weather = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> planted = place_trees(prepare(grid, weather, directions=16), 1, lattice=8)
    >>> planted.positions.shape, bool(planted.gains[0] > 0)
    ((1, 2), True)
    """
    check_threads(threads)
    spec = run.plan.day.spec
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError(f"count is {count!r}; it must be a whole number of at least 1")
    spacing = crown_diameter if spacing is None else spacing
    clearance = crown_diameter / 4 if clearance is None else clearance
    base = CROWN_BASE_SHARE * height if crown_base is None else crown_base
    for name, value in (("spacing", spacing), ("clearance", clearance)):
        if not np.isfinite(value) or value < 0:
            raise InputError(f"{name} is {value!r} m; it must be at least 0")
    if objective not in run.result:
        raise InputError(f"the result has no {objective!r}; it holds {', '.join(map(str, run.result.data_vars))}")
    unit = str(run.result[objective].attrs.get("units", "1"))
    if weight is None:
        counts, unit = np.full(spec.shape, spec.cell_area), f"{unit} m2"
    else:
        counts = np.asarray(weight, np.float64)
        if counts.shape != spec.shape or not np.isfinite(counts).all() or (counts < 0).any():
            raise InputError(f"weight must hold numbers of at least 0 for {spec.shape[0]} x {spec.shape[1]} cells")
    places = places_for_trees(run, where, clearance, lattice or crown_diameter / 2, lattice is None)
    if not len(places):
        raise InputError("there is no place for a tree: where holds no open ground clear of buildings and water")
    size = {"height": height, "crown_diameter": crown_diameter, "base_height": base}
    grid = run.plan.grid
    tried = 0
    queue: list[tuple[float, int, int]] = []

    def gain_of(place: int) -> float:
        nonlocal tried
        tried += 1
        planted, window = _plant(grid, places[place], size)
        return _gain(run, planted, window, objective, counts, threads)

    with progress.stage("tree places", total=float(len(places) + count)) as advance:
        for n in range(len(places)):
            heapq.heappush(queue, (-gain_of(n), n, 0))
            advance(1.0)
        chosen: list[int] = []
        gains: list[float] = []
        while queue and len(chosen) < count:
            gain, place, when = heapq.heappop(queue)
            apart = np.hypot(*(places[place] - places[chosen]).T) if chosen else np.array([np.inf])
            if apart.min() < spacing:
                continue
            if when < len(chosen):
                heapq.heappush(queue, (-gain_of(place), place, len(chosen)))
                continue
            if -gain <= 0:
                break
            planted, window = _plant(grid, places[place], size)
            run = rerun(run, planted, within=window, threads=threads)
            grid = planted
            chosen.append(place)
            gains.append(-gain)
            advance(1.0)
    return Placement(places[chosen], np.array(gains), unit, run, grid, tried)


def places_for_trees(
    run: HeatRun, where: object, clearance: float, lattice: float, widen: bool = False
) -> NDArray[np.float64]:
    """Return eastings and northings (n, 2) of the places to be tried: centres of free cells, evenly spread.

    Parameters
    ----------
    run : HeatRun
    where : shapely polygon or array of bool
        Ground on which stems may stand; None for all.
    clearance : float
        Least distance from stems to buildings, m.
    lattice : float
        Distance between the places, m.
    widen : bool
        Whether it may be wider, so that there are at most `MOST_PLACES`.

    Raises
    ------
    InputError
        If `where` or `lattice` is impossible.
    """
    from scipy.ndimage import distance_transform_edt

    spec = run.plan.day.spec
    if not np.isfinite(lattice) or lattice <= 0:
        raise InputError(f"lattice is {lattice!r} m; it must be above 0")
    roof = run.scene.obstacles.roof
    free = ~roof & (np.asarray(run.scene.fields["land_cover"]) != CODES["water"])
    if isinstance(where, BaseGeometry):
        x, y = np.meshgrid(spec.x, spec.y)
        free &= shapely.contains_xy(where, x, y)
    elif where is not None:
        mask = np.asarray(where)
        if mask.shape != spec.shape or mask.dtype != np.bool_:
            raise InputError(f"where must be a polygon or an array of bool of {spec.shape[0]} x {spec.shape[1]} cells")
        free &= mask
    if roof.any() and clearance > 0:
        # from a cell's centre to the edge of the nearest building cell
        free &= (distance_transform_edt(~roof) - 0.5) * spec.resolution >= clearance
    rows, columns = np.nonzero(free)
    if not len(rows):
        return np.zeros((0, 2))
    step = max(round(lattice / spec.resolution), 1)
    while True:
        first = rows.min() + step // 2, columns.min() + step // 2
        on = ((rows - first[0]) % step == 0) & ((columns - first[1]) % step == 0)
        if not on.any():
            on = np.arange(len(rows)) == len(rows) // 2  # ground narrower than the lattice
        if not widen or on.sum() <= MOST_PLACES:
            return np.column_stack([spec.x[columns[on]], spec.y[rows[on]]])
        step += 1


def _plant(grid: xr.Dataset, place: NDArray[np.float64], size: dict[str, float]) -> tuple[xr.Dataset, Window]:
    """Return the grid with one tree, and the window in which it differs."""
    x, y = grid["x"].values, grid["y"].values
    cell = abs(float(x[1] - x[0])) if len(x) > 1 else float(grid.attrs["resolution"])
    around = size["crown_diameter"] / 2 + cell
    columns = np.flatnonzero(np.abs(x - place[0]) <= around)
    rows = np.flatnonzero(np.abs(y - place[1]) <= around)
    window = Window(int(rows[0]), int(columns[0]), len(rows), len(columns))
    names = ("canopy_height", "canopy_base_height")
    part = grid[[name for name in (*names, "building_id", "ground_elevation") if name in grid]].isel(
        y=slice(window.row, window.row + window.rows), x=slice(window.column, window.column + window.columns)
    )
    part.attrs["resolution"] = cell
    stamped = stamp_crowns(part, [tuple(place)], **size)
    fields = {}
    for name, new in zip(names, stamped, strict=True):
        if name in grid:
            whole = grid[name].values.copy()
        elif name == "canopy_base_height" and "canopy_height" in grid:
            whole = (CROWN_BASE_SHARE * grid["canopy_height"].values).astype(np.float32)
        else:
            whole = np.zeros((len(y), len(x)), np.float32)
        window.of(whole)[...] = new.values
        fields[name] = (("y", "x"), whole)
    return grid.assign(fields), window


def _gain(
    run: HeatRun, grid: xr.Dataset, window: Window, objective: str, weight: NDArray[np.float64], threads: int | None
) -> float:
    """Return by how much a changed grid lowers the objective."""
    known = all(name in run.plan.names for name in ("canopy_height", "canopy_base_height"))
    edit = apply_edit(run, grid, within=window if known else None, threads=threads)
    if edit is None:
        return 0.0
    before = run.result[objective].values
    total = 0.0
    for piece in edit.pieces:
        change = piece.window.of(before).astype(np.float64) - piece.fields[objective]
        if change.ndim == 3:
            change = change.mean(axis=0)
        total += float(np.nansum(change * piece.window.of(weight)))
    return total
