"""Edit and rerun: a day that is kept, so that a change of the city costs only what it can influence.

A rerun gives, to the bit, what a full run of the changed city would give. The day that it starts from stays as it is:
many changes can be tried on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import kernels, limits, progress
from twin.city.gridspec import check_grid
from twin.errors import InputError
from twin.heat.barrier_patch import keep_what_holds
from twin.heat.changed_inputs import change_of, changed_box, differs, loaded, other_than, same
from twin.heat.checks import check_count, inspect, inspect_again
from twin.heat.day import border_hours, compute
from twin.heat.distant import Distant
from twin.heat.influence import (
    Mask,
    Relief,
    beams,
    covering,
    far_changes,
    rectangles,
    relief_of,
    standing_near,
    viewers,
)
from twin.heat.inputs import REQUIRED, used_names
from twin.heat.obstacles import Obstacles
from twin.heat.options import Options
from twin.heat.output import empty_fields, put
from twin.heat.plan import Plan, assemble, check_threads, compute_plates, make_plan
from twin.heat.plates import PLATE, plates, widened
from twin.heat.scene import Scene, distant_of, ground_of, make_scene, obstacles_of, walls_of
from twin.heat.views import Views
from twin.heat.walls import wall_margin
from twin.heat.window import Window, global_origin, whole

SOLID = ("ground", "solid", "slope", "roof")
CROWN = ("top", "base", "transmissivity")


@dataclass(frozen=True)
class HeatRun:
    """A day on a city, with what a rerun needs: about 110 bytes a cell beside the grid and the result.

    plan : grid, weather and options
    scene : heights of the whole grid
    horizon : (n, rows, columns) uint8, of every cell
    relief : of the ground, see `twin.heat.influence.relief_of`
    distant : what is seen beyond reach
    result : what `twin.heat.simulate` gives
    changed : (rows, columns) bool, cells whose results differ from those of the run before; all of a first run
    computed : how many cells were computed for it
    """

    plan: Plan
    scene: Scene
    horizon: NDArray[np.uint8]
    relief: Relief
    distant: Distant | None
    result: xr.Dataset
    changed: Mask
    computed: int


def prepare(
    grid: xr.Dataset, weather: xr.Dataset, *, plate: int = PLATE, threads: int | None = None, **options: Any
) -> HeatRun:
    """Simulate a day and keep what is needed to run it again after a change.

    Parameters
    ----------
    grid, weather : xr.Dataset
        See `twin.heat.simulate`; a grid in files is read into memory.
    plate : int
        Cells along the squares that are computed one after another.
    threads : int, optional
        Of the kernels.
    **options
        Of `twin.heat.simulate`, all but `output`. No fields are kept by step unless `hourly` asks for them, because
        every rerun copies them.

    Returns
    -------
    HeatRun

    Raises
    ------
    InputError, MissingDataError
        As `twin.heat.simulate`.

    Examples
    --------
    >>> from twin import GridSpec
    >>> from twin.weather import hot_day
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, "EPSG:25832")
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8)))
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> prepare(grid, day).result.utci_max.shape
    (10, 10)
    """
    check_threads(threads)
    check_count("plate", plate, 16, 8192)
    known = Options.__dataclass_fields__
    for name in options:
        if name not in known:
            raise InputError(f"heat has no option {name!r}; it knows {', '.join(known)}")
    given: dict[str, Any] = {"hourly": (), **options}
    chosen = Options(**given)
    spec = check_grid(grid, REQUIRED)
    names = used_names(grid)
    held = loaded(grid, names)
    plan = make_plan(held, weather, chosen, plate)
    scene = make_scene(held, names, spec, whole(spec.shape))
    day = plan.day
    need = spec.rows * spec.columns * (day.options.directions + 40 + 4 * len(day.maps))
    if need > 1e9:
        progress.say(f"twin: a run that can be changed keeps {need / 1e9:.1f} GB in memory")
    limits.check(spec.rows * spec.columns, "MAX_GRID_CELLS", "the grid")
    horizon = np.empty((day.options.directions, *spec.shape), np.uint8)
    fields = empty_fields(day.names, day.hourly, len(day.kept), spec.shape)

    def take(window: Window, part: dict[str, NDArray[np.float32]], views: Views) -> None:
        put(fields, window, part)
        window.of(horizon)[...] = views.horizon

    distant = compute_plates(plan, take, scene=scene, threads=threads)
    return HeatRun(
        plan=plan,
        scene=scene,
        horizon=horizon,
        relief=relief_of(scene.obstacles.ground),
        distant=distant,
        result=assemble(plan, fields),
        changed=np.ones(spec.shape, np.bool_),
        computed=spec.rows * spec.columns,
    )


def rerun(run: HeatRun, grid: xr.Dataset, *, within: Window | None = None, threads: int | None = None) -> HeatRun:
    """Run a day again on a changed grid; only what the change can influence is computed.

    Parameters
    ----------
    run : HeatRun
        From `prepare` or `rerun`; it is not changed.
    grid : xr.Dataset
        The changed grid, with the same cells.
    within : Window, optional
        Holds all changed cells, in rows and columns of the grid, if that is known: then the rest is not compared.
    threads : int, optional
        Of the kernels.

    Returns
    -------
    HeatRun

    Raises
    ------
    InputError
        If the grid has other cells, or a value is impossible.

    Examples
    --------
    >>> from twin import GridSpec
    >>> from twin.weather import hot_day
    >>> spec = GridSpec(691000, 5537020, 2.0, 10, 10, "EPSG:25832")
    >>> flat = (("y", "x"), np.zeros(spec.shape, np.float32))
    >>> grid = spec.dataset().assign(
    ...     ground_elevation=flat, surface_elevation=flat, land_cover=(("y", "x"), np.full(spec.shape, 6, np.uint8)))
    >>> run = prepare(grid, hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6))
    >>> crown = np.zeros(spec.shape, np.float32)
    >>> crown[4:7, 4:7] = 8.0
    >>> shaded = rerun(run, grid.assign(canopy_height=(("y", "x"), crown)))
    >>> bool(shaded.result.utci_max[5, 5] < run.result.utci_max[5, 5])
    True
    """
    check_threads(threads)
    edit = apply_edit(run, grid, within=within, threads=threads)
    shape = run.plan.day.spec.shape
    if edit is None:
        return replace(run, changed=np.zeros(shape, np.bool_), computed=0)
    plan = edit.plan
    arrays = {name: run.result[name].values.copy() for name in plan.day.names}
    changed = np.zeros(shape, np.bool_)
    horizon = run.horizon.copy() if edit.new_horizon else run.horizon
    if edit.border is not None:
        changed |= other_than(arrays["border_shade_hours"], edit.border)
        arrays["border_shade_hours"] = edit.border
    for piece in edit.pieces:
        here = piece.window.of(changed)
        for name, values in piece.fields.items():
            other = other_than(piece.window.of(run.result[name].values), values)
            here |= other.any(axis=0) if other.ndim == 3 else other
        put(arrays, piece.window, piece.fields)
        if edit.new_horizon:
            piece.window.of(horizon)[...] = piece.horizon
    return HeatRun(
        plan=plan,
        scene=edit.scene,
        horizon=horizon,
        relief=edit.relief,
        distant=edit.distant,
        result=assemble(plan, arrays),
        changed=changed,
        computed=sum(piece.window.rows * piece.window.columns for piece in edit.pieces),
    )


@dataclass(frozen=True)
class Piece:
    """A window that was computed again: its fields by name, and its horizons (n, rows, columns)."""

    window: Window
    fields: dict[str, NDArray[np.float32]]
    horizon: NDArray[np.uint8]


@dataclass(frozen=True)
class Edit:
    """What a change makes of a run: the new plan, scene, relief and distant skyline, and the windows that it reaches.

    border : (rows, columns), hours of border shade where the city's highest thing changed
    new_horizon : whether horizons are other ones
    """

    plan: Plan
    scene: Scene
    relief: Relief
    distant: Distant | None
    pieces: tuple[Piece, ...]
    border: NDArray[np.float32] | None
    new_horizon: bool


def apply_edit(
    run: HeatRun, grid: xr.Dataset, *, within: Window | None = None, threads: int | None = None
) -> Edit | None:
    """Compute what a change can influence; None if nothing was changed.

    Parameters
    ----------
    run : HeatRun
    grid : xr.Dataset
        The changed grid, with the same cells.
    within : Window, optional
        Holds all changed cells.
    threads : int, optional
        Of the kernels.

    Raises
    ------
    InputError
        If the grid has other cells, or a value is impossible.
    """
    spec = check_grid(grid, REQUIRED)
    plan = run.plan
    if spec != plan.day.spec:
        raise InputError(f"the grid covers {spec.bounds} in {spec.shape} cells; the run has {plan.day.spec.bounds}")
    names = used_names(grid)
    missing = [name for name in plan.names if name not in names]
    if missing:
        raise InputError(f"the grid lacks {', '.join(missing)}, which the run was made with; fill it instead")
    held = loaded(grid, names)
    box = changed_box(plan, held, names, within)
    if box is None:
        return None
    findings = inspect_again(held, spec, plan.findings, box) if names == plan.names else inspect(held, spec)
    day = replace(plan.day, highest=findings.highest)
    plan = replace(plan, grid=held, names=names, findings=findings, day=day)
    fields = {name: held[name].values for name in names}
    local = widened(box, 2, spec.shape)
    obstacles = patch_obstacles(run.scene.obstacles, fields, local, spec.resolution, global_origin(spec))
    scene = Scene(whole(spec.shape), fields, obstacles)
    with kernels.running(threads):
        marked, distant, relief = _influenced(run, plan, scene, local)
        windows = [
            Window(window.row + part.row, window.column + part.column, part.rows, part.columns)
            for window in covering(marked, day.margin)
            for part in plates((window.rows, window.columns), plan.plate)
        ]
        pieces = []
        with progress.stage("heat, changed part", total=float(max(len(windows), 1))) as advance:
            for window in windows:
                part, views = compute(day, scene, window, distant, lambda done: None)
                pieces.append(Piece(window, part, views.horizon))
                advance(1.0)
        other_top = day.highest != run.plan.day.highest
        border = border_hours(day, obstacles, whole(spec.shape)) if other_top else None
    solid = any(differs(getattr(run.scene.obstacles, key), getattr(obstacles, key), local) for key in SOLID)
    return Edit(plan, scene, relief, distant, tuple(pieces), border, solid or distant is not run.distant)


def patch_obstacles(
    before: Obstacles, fields: Mapping[str, NDArray[Any]], local: Window, resolution: float, origin: tuple[int, int]
) -> Obstacles:
    """Return the obstacles of a changed grid, of which only a part is made anew.

    Parameters
    ----------
    before : Obstacles
        Of the whole grid before it was changed.
    fields : mapping
        Variables of the whole grid after that.
    local : Window
        Holds all changes and two cells around them.
    resolution : float
        Cell size, m.
    origin : tuple of int
        Global row and column of the grid's first cell.
    """
    shape = before.ground.shape
    around = widened(local, 2, shape)  # the slope of a cell at the border of a part is another one than inside
    part = {name: around.of(field) for name, field in fields.items()}
    made = obstacles_of(part, resolution, (origin[0] + around.row, origin[1] + around.column))
    inner = Window(local.row - around.row, local.column - around.column, local.rows, local.columns)
    arrays: dict[str, Any] = {}
    for name in (*SOLID, *CROWN):
        old, new = getattr(before, name), getattr(made, name)
        if old is None and new is None:
            continue
        whole_field = np.full(shape, np.nan, np.float32) if old is None else old
        new = np.full(made.ground.shape, np.nan, np.float32) if new is None else new
        if same(local.of(whole_field), inner.of(new)):
            continue
        patched = whole_field.copy()
        local.of(patched)[...] = inner.of(new)
        arrays[name] = patched
    if not arrays:
        return before
    after = replace(before, **arrays)
    keep_what_holds(before, after, local)
    return after


def _influenced(run: HeatRun, plan: Plan, scene: Scene, local: Window) -> tuple[Mask, Distant | None, Relief]:
    """Mark the cells whose results may change."""
    before, after = run.scene.obstacles, scene.obstacles
    day = plan.day
    spec = day.spec
    marked = np.zeros(spec.shape, np.bool_)
    relief = run.relief
    if after.ground is not before.ground:
        new = relief_of(after.ground)
        low = np.minimum(relief.low, new.low)
        high = np.maximum(relief.low + relief.spread, new.low + new.spread)
        test, relief = Relief(low, high - low), new
    else:
        test = relief
    solid, crown = (change_of(before, after, keys, local) for keys in (SOLID, CROWN))
    distant = run.distant
    if solid.any():
        distant = distant_of(plan.grid, plan.names, spec, day.options.directions, scene)
        if run.distant is not None and distant is not None:
            far_changes(day, run.distant, distant, marked)
            if np.array_equal(distant.heights, run.distant.heights):
                distant = run.distant
    height = np.full(solid.shape, -1e6, np.float32)
    for one in (before, after):
        if solid.any():
            height = np.maximum(height, local.of(one.solid))
        if crown.any():
            stands = local.of(one.top) > local.of(one.base)
            height = np.where(stands, np.maximum(height, local.of(one.top)), height)
    both = solid | crown
    if both.any():
        height = height + np.float32(max(_slack(before, local), _slack(after, local)) if solid.any() else 0.0)
        boxes, tops = rectangles(both, height, (local.row, local.column))
        window, seen = viewers(
            boxes,
            tops,
            horizon=run.horizon,
            roof=before.roof & after.roof if before.roof is not after.roof else after.roof,
            relief=test,
            resolution=spec.resolution,
            solid=bool(solid.any()),
            origin=global_origin(spec),
        )
        window.of(marked)[...] |= seen
        box = Window(
            *(int(v) for v in (boxes[0, 0], boxes[0, 2], boxes[0, 1] - boxes[0, 0], boxes[0, 3] - boxes[0, 2]))
        )
        beams(day, before, after, run.distant, box, float(tops[0]), float(test.low.min()), marked)
        box.of(marked)[...] |= box.of(_embed(both, local, spec.shape))
    local.of(marked)[...] |= other_than(ground_of(run.scene, local), ground_of(scene, local)).any(axis=-1)
    near = widened(local, wall_margin(spec.resolution), spec.shape)
    walls = [_walls(one, near, day.options.wall_albedo) for one in (run.scene, scene)]
    near.of(marked)[...] |= other_than(*walls).any(axis=-1)
    return standing_near(day, marked, before.roof & after.roof), distant, relief


def _walls(scene: Scene, window: Window, default: float) -> NDArray[np.float32]:
    """Return the walls around every cell of a window, also where nothing is known of any."""
    found = walls_of(scene, window, default)
    if found is None:
        found = np.zeros((window.rows, window.columns, 2), np.float32)
        found[..., 0] = default
    return found


def _embed(part: Mask, local: Window, shape: tuple[int, int]) -> Mask:
    field = np.zeros(shape, np.bool_)
    local.of(field)[...] = part
    return field


def _slack(obstacles: Obstacles, local: Window) -> float:
    """Most that inclined ground rises above a cell's centre, m."""
    return float(np.abs(local.of(obstacles.slope)).sum(axis=0).max()) * obstacles.resolution
