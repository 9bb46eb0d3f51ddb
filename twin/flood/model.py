"""The flood model: rain on a grid becomes depth, velocity, arrival time, infiltration, hazard and a water balance."""

from __future__ import annotations

import math
import time as clocks
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray

from twin import kernels, progress
from twin.errors import InputError
from twin.flood import inertial_kernels as inertial
from twin.flood.domain import Domain, elevation_of, prepare, start_depth
from twin.flood.hazard import LUBW, HazardLimits, hazard_class
from twin.flood.options import check_range, output_times
from twin.provenance import fingerprint, stamp
from twin.units import Quantity, to_si
from twin.variables import describe
from twin.weather.rain import cumulative_rain

_LONGEST_STEP = 5.0
_LEAST_FLOW_DEPTH = 1e-5
_BLOCK_SECONDS = 0.2
_VALIDATION = (
    "analytic: lake at rest, Manning's normal depth, Horton's integral, conservation; dam break off by 10.5 % (Ritter) "
    "and 6 % (Stoker) for lack of advection; not validated against a field event"
)
_VALIDATION_DE = (
    "analytisch: See in Ruhe, Normalabfluss nach Manning, Horton-Integral, Erhaltung; Dammbruch um 10,5 % (Ritter) und "
    "6 % (Stoker) daneben, weil die Advektion fehlt; nicht an einem Ereignis in der Natur validiert"
)


def simulate(
    grid: xr.Dataset,
    *,
    rain: xr.Dataset | xr.DataArray | None = None,
    duration: Quantity | None = None,
    initial_depth: xr.DataArray | None = None,
    solver: Literal["inertial"] = "inertial",
    precision: Literal["single", "double"] = "single",
    edges: Literal["open", "closed"] = "open",
    infiltration: bool = True,
    canopy_storage: Quantity = "1 mm",
    output_step: Quantity | None = None,
    hazard_limits: HazardLimits = LUBW,
    arrival_depth: Quantity = "5 cm",
    velocity_depth: Quantity = "2 cm",
    courant: float = 0.6,
    theta: float = 0.9,
    froude_limit: float = 1.5,
    threads: int | None = None,
) -> xr.Dataset:
    """Simulate how rain runs off, collects and infiltrates.

    Solves the local inertial form of the shallow water equations. Rain falls on every cell; what falls on roofs runs
    off them, because `surface_elevation` has the roofs. Sewers are not represented, as is usual for extreme rain.

    Parameters
    ----------
    grid : xr.Dataset
        `surface_elevation` (m; NaN is outside the domain; without it `ground_elevation`) and `manning` (s m-1/3,
        0 to 1). Used if present: `infiltration_initial_rate`, `infiltration_final_rate` (m/s) and
        `infiltration_decay` (1/s) of the whole cell, its sealed share taken off, and `canopy_height` (m).
    rain : xr.Dataset or xr.DataArray, optional
        Rain rate over time, as `twin.weather.block_rain` makes it.
    duration : number or str, optional
        How long to simulate, s or text such as ``"2 h"``, not shorter than the rain; by default the rain and one hour.
    initial_depth : xr.DataArray, optional
        Water on the grid at the start, m, >= 0; none by default.
    solver : {"inertial"}
        Equations solved.
    precision : {"single", "double"}
        Of the discharges; the depths are always summed in double precision, so that water is conserved in both.
    edges : {"open", "closed"}
        What happens where the domain ends, at the rim and beside NaN: water leaves with the uniform flow on the slope
        there, at least 0.1 %, or cannot leave.
    infiltration : bool
        Use the infiltration rates of the grid.
    canopy_storage : number or str
        Rain that crowns keep back before any falls through, m or text, >= 0. 1 mm is 0.2 mm for each layer of leaves
        (Wang et al. 2008) with a leaf area index of 5.
    output_step : number or str, optional
        Times at which `water_depth` is kept, s or text; by default only the end.
    hazard_limits : HazardLimits
        Limits of the hazard classes.
    arrival_depth : number or str
        Depth above which the water has arrived, m or text, > 0.
    velocity_depth : number or str
        Depth above which the velocity counts, m or text, > 0; in thinner films it is not meaningful.
    courant : float
        Time step over the time that the fastest wave or flow needs to cross a cell; from 0.05 to sqrt(theta / 2),
        above which waves on a grid of two dimensions grow.
    theta : float
        Weight of a face's own discharge against its neighbours', 0.7 to 1; less is smoother, and more diffusive.
    froude_limit : float
        Largest Froude number of the flow, 0.5 to 3. Uniform flow is exact below it, too slow and too deep above; the
        equations make waves of their own in deep rapid flow, so that much more than the default is not stable.
    threads : int, optional
        Number of threads; the result is the same for any.

    Returns
    -------
    xr.Dataset
        `water_depth` (time, y, x), `water_depth_max`, `flow_velocity_max`, `arrival_time` (NaN where the water did
        not arrive), `infiltrated_depth`, `hazard_class` on the grid, roofs included; the balance in m3: `rain_volume`,
        `initial_volume`, `intercepted_volume`, `infiltrated_volume`, `stored_volume`, `outflow_volume`; and
        `volume_error`, what the balance lacks or has in excess relative to rain and initial water.

    Raises
    ------
    InputError, MissingDataError
        If the grid, the rain or an option is impossible; before any long work.

    Notes
    -----
    The equations have no advection: the front of a dam break on a smooth dry bed is too slow, and its depth off by
    10.5 % (L1 against Ritter), on a wet bed by 6 % (against Stoker). Where friction governs, as for rain in streets,
    the depth of uniform flow is right within 1 %, up to the Froude limit.

    References
    ----------
    Bates, Horritt and Fewtrell (2010), J. Hydrol. 387, 33-45. de Almeida, Bates, Freer and Souvignet (2012), Water
    Resour. Res. 48, W05528. Wang, Endreny and Nowak (2008), J. Am. Water Resour. Assoc. 44, 75-85.

    Examples
    --------
    >>> from twin import GridSpec
    >>> from twin.weather import block_rain
    >>> spec = GridSpec(0.0, 20.0, 2.0, 10, 10, "EPSG:25832")
    >>> grid = spec.dataset().assign(
    ...     surface_elevation=(("y", "x"), np.zeros(spec.shape)), manning=(("y", "x"), np.full(spec.shape, 0.03))
    ... )
    >>> water = simulate(grid, rain=block_rain("44 mm", "60 min"), edges="closed")
    >>> round(float(water.water_depth_max.max()), 6)
    0.044
    """
    # check
    if solver != "inertial":
        raise InputError(f"solver is {solver!r}; it must be 'inertial'")
    if precision not in ("single", "double"):
        raise InputError(f"precision is {precision!r}; it must be 'single' or 'double'")
    if edges not in ("open", "closed"):
        raise InputError(f"edges is {edges!r}; it must be 'open' or 'closed'")
    check_range("theta", theta, 0.7, 1.0)
    # amplification of the shortest waves: 8 courant^2 <= 2 (1 + a), where smoothing multiplies them by a = 2 theta - 1
    check_range("courant", courant, 0.05, math.sqrt(theta / 2))
    check_range("froude_limit", froude_limit, 0.5, 3.0)
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads is {threads!r}; it must be a whole number of at least 1")
    storage = to_si(canopy_storage, "m", name="canopy_storage", minimum=0.0)
    arrival = to_si(arrival_depth, "m", name="arrival_depth", minimum=1e-4)
    film = to_si(velocity_depth, "m", name="velocity_depth", minimum=1e-4)
    times, depths = (np.zeros(1), np.zeros(1)) if rain is None else cumulative_rain(rain)
    outputs = output_times(duration, float(times[-1]), output_step)
    real: DTypeLike = np.float32 if precision == "single" else np.float64
    domain = prepare(grid, open_edges=edges == "open", infiltration=infiltration, canopy_storage=storage, real=real)
    start = start_depth(grid, initial_depth, domain)
    options = {
        "solver": solver, "precision": precision, "edges": edges, "infiltration": infiltration,
        "canopy_storage": storage, "output_times": outputs.tolist(), "arrival_depth": arrival,
        "velocity_depth": film, "courant": courant, "theta": theta, "froude_limit": froude_limit,
        "elevation": elevation_of(grid),
        "hazard_depth_limits": hazard_limits.depths, "hazard_velocity_limits": hazard_limits.velocities,
        "hazard_matrix": hazard_limits.matrix,
    }  # fmt: skip

    # run
    state = _State(domain, start, real)
    _announce(domain, outputs, state.h)
    numbers = {"courant": courant, "theta": theta, "c_fr": froude_limit, "h_arrival": arrival, "h_speed": film}
    snapshots = np.empty((outputs.size, *domain.spec.shape), dtype=np.float32)
    with kernels.running(threads), progress.stage("flood", total=float(outputs[-1])) as advance:
        for index, until in enumerate(outputs):
            _advance(domain, state, times, depths, float(until), numbers, advance)
            snapshots[index] = np.where(domain.inside, state.d, np.nan)

    # wrap
    # the grid's own coordinates, bit for bit, so that results align with it
    result = _wrap(domain, state, snapshots, outputs, hazard_limits).assign_coords(y=grid.y, x=grid.x)
    result = result.assign(_balance(domain, state, start, float(depths[-1])))
    used = [name for name in grid.data_vars if name in _READ]
    inputs = fingerprint(grid[used], times, depths, start)
    return stamp(
        describe(result),
        model="flood",
        options=options,
        inputs=inputs,
        validation=_VALIDATION,
        validation_de=_VALIDATION_DE,
    )


_READ = {
    "surface_elevation", "ground_elevation", "manning", "infiltration_initial_rate", "infiltration_final_rate",
    "infiltration_decay", "canopy_height",
}  # fmt: skip


class _State:
    """The arrays a run changes, named as in the legend of the kernels."""

    def __init__(self, domain: Domain, start: NDArray[np.float64], real: DTypeLike) -> None:
        rows, columns = domain.spec.shape
        self.h = start.copy()
        self.d = start.astype(real)
        self.q_x = np.zeros((2, rows, columns + 1), dtype=real)
        self.q_y = np.zeros((2, rows + 1, columns), dtype=real)
        self.share = np.ones((rows, columns), dtype=real)
        self.capacity = domain.capacity.copy()
        self.infiltrated = np.zeros(domain.capacity.shape)
        self.peak = self.d.copy()
        self.fastest = np.zeros((rows, columns), dtype=real)
        self.arrival = np.full((rows, columns), np.inf, dtype=real)
        self.row_swiftest = (inertial.GRAVITY * self.d.max(axis=1)).astype(np.float32)
        self.clock = np.array([0.0, 0.0, 0.0, np.inf])


def _advance(
    domain: Domain,
    state: _State,
    times: NDArray[np.float64],
    depths: NDArray[np.float64],
    until: float,
    numbers: dict[str, float],
    advance: Any,
) -> None:
    """Run the kernel to `until`, in blocks of steps that take about 0.2 s, so that Ctrl-C is heard between them."""
    longest = _LONGEST_STEP
    decay = float(domain.capacity_decay.max())
    if decay > 0:  # the kernel's series for the mean capacity of a step is exact to 1e-9 up to decay x step = 0.1
        longest = min(longest, 0.1 / decay)
    block = 4
    while state.clock[inertial.TIME] < until:
        before, began = float(state.clock[inertial.TIME]), clocks.perf_counter()
        inertial.advance(
            domain.step_x, domain.step_y, domain.friction_x, domain.friction_y,
            domain.edge_cell, domain.edge_face, domain.edge_side, domain.edge_flow,
            times, depths, domain.kept, domain.capacity_final, domain.capacity_decay,
            until, block, domain.spec.resolution, numbers["courant"], longest, numbers["theta"],
            numbers["c_fr"], _LEAST_FLOW_DEPTH, numbers["h_arrival"], numbers["h_speed"],
            state.h, state.d, state.q_x, state.q_y, state.share, state.capacity, state.infiltrated,
            state.peak, state.fastest, state.arrival, state.row_swiftest, state.clock,
        )  # fmt: skip
        took = clocks.perf_counter() - began
        block = max(4, min(2 * block, int(block * _BLOCK_SECONDS / max(took, 1e-6))))
        advance(float(state.clock[inertial.TIME]) - before)


def _wrap(
    domain: Domain, state: _State, snapshots: NDArray[np.float32], outputs: NDArray[np.float64], limits: HazardLimits
) -> xr.Dataset:
    def field(values: NDArray[Any]) -> tuple[tuple[str, str], NDArray[np.float32]]:
        return ("y", "x"), np.where(domain.inside, values, np.nan).astype(np.float32)

    absorbed = state.infiltrated if state.infiltrated.size == domain.inside.size else np.zeros(domain.spec.shape)
    time = xr.Variable("time", outputs, {"units": "s", "long_name": "time since start"})
    result = domain.spec.dataset().assign_coords(time=time)
    result["water_depth"] = ("time", "y", "x"), snapshots
    result["water_depth_max"] = field(state.peak)
    result["flow_velocity_max"] = field(np.sqrt(state.fastest))
    result["arrival_time"] = field(np.where(np.isinf(state.arrival), np.nan, state.arrival))
    result["infiltrated_depth"] = field(absorbed)
    result["hazard_class"] = hazard_class(result.water_depth_max, result.flow_velocity_max, limits)
    return result.assign_attrs(
        resolution=domain.spec.resolution,
        steps=int(state.clock[inertial.STEPS]),
        shortest_step=float(state.clock[inertial.SHORTEST]),
    )


def _balance(
    domain: Domain, state: _State, start: NDArray[np.float64], fallen: float
) -> dict[str, tuple[tuple[()], float]]:
    """Volumes of the run, m3."""
    area = domain.spec.cell_area
    rained = fallen * area * int(domain.inside.sum())
    kept = 0.0
    if domain.kept.size == domain.inside.size:
        # as the kernel computed it, with the storage in the precision it was given
        kept = float(np.minimum(domain.kept[domain.inside].astype(np.float64), fallen).sum()) * area
    initial = float(start.sum()) * area
    absorbed = float(state.infiltrated.sum()) * area
    stored = float(state.h.sum()) * area
    left = float(state.clock[inertial.OUTFLOW])
    brought = rained + initial
    excess = (stored + left + absorbed + kept) - brought
    volumes = {
        "rain_volume": rained,
        "initial_volume": initial,
        "intercepted_volume": kept,
        "infiltrated_volume": absorbed,
        "stored_volume": stored,
        "outflow_volume": left,
        "volume_error": excess / brought if brought > 0 else 0.0,
    }
    return {name: ((), value) for name, value in volumes.items()}


def _announce(domain: Domain, outputs: NDArray[np.float64], start: NDArray[np.float64]) -> None:
    """Say what a large run will need, before it starts."""
    cells = math.prod(domain.spec.shape)
    if cells < 1_000_000:
        return
    gigabytes = cells * (100 + 4 * outputs.size) / 1e9
    depth = max(0.5, float(start.max()))
    steps = outputs[-1] / (0.6 * domain.spec.resolution / math.sqrt(inertial.GRAVITY * depth))
    progress.say(
        f"flood: {cells / 1e6:.1f} million cells, about {gigabytes:.1f} GB of memory and {cells * steps / 1e8:.0f} s "
        f"of processor time if the water gets {depth:.1f} m deep"
    )
