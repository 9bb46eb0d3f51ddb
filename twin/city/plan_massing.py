"""Planned blocks from the building areas of a development plan: what it permits, built to the limit.

The plan's own numbers are kept exactly: no block covers or stacks more than GRZ, GFZ, storeys and heights allow. What
the plan leaves open is assumed, and every block says what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.building_uses import STOREY_HEIGHT
from twin.city.buildings import FLOOR_AREA_PER_RESIDENT, LIVING_SHARE
from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from twin.geometry.records import PlanRecords

GUIDE_VALUES: Mapping[str, tuple[float, float]] = {
    "WS": (0.2, 0.4), "WR": (0.4, 1.2), "WA": (0.4, 1.2), "WB": (0.6, 1.6), "MD": (0.6, 1.2), "MDW": (0.6, 1.2),
    "MI": (0.6, 1.2), "MU": (0.8, 3.0), "MK": (1.0, 3.0), "GE": (0.8, 2.4), "GI": (0.8, 2.4), "SO": (0.8, 2.4),
    "W": (0.4, 1.2), "M": (0.6, 1.2), "G": (0.8, 2.4), "S": (0.8, 2.4),
}  # fmt: skip
"""GRZ and GFZ where a plan states none: the guide values of section 17 BauNVO (2021) for the use; for the general uses
W, M, G and S those of WA, MI, GE and SO."""

LOWEST_STOREY = 2.6
"""Least height of a full storey, floor to floor, m: 2.3 to 2.4 m clear in the states' building codes, and a slab."""

MIXED_LIVING_SHARE = 0.5
"""Assumed share of dwellings in the floor area of mixed uses."""

_SMALLEST = 10.0  # m2
_PRECISION, _STEPS = 1e-6, 80


@dataclass(frozen=True)
class _Limits:
    """What a plot permits: NaN where the plan does not say."""

    use: str
    grz: float
    gfz: float
    bmz: float
    storeys: float
    height: float
    top: float


def massing(
    plan: PlanRecords, *, storey_height: float = STOREY_HEIGHT, ground: xr.DataArray | None = None
) -> gpd.GeoDataFrame:
    """Turn the building areas of a plan into blocks with flat roofs.

    A block fills the building window (Baufenster) of its plot, shrunk evenly where the GRZ allows less; without a
    window the plot itself is shrunk to the GRZ. Storeys are the plan's, else as many as height or GFZ ask for; where
    storeys and GFZ together allow less, the block is shrunk until its floor area is the GFZ's.

    Parameters
    ----------
    plan : PlanRecords
        From `twin.geometry.read_plan`, in a CRS in metres.
    storey_height : float
        Floor to floor, m; 2.6 to 6.
    ground : xr.DataArray, optional
        Ground elevation (m) on (y, x) in the plan's CRS, for plans that state heights above sea level.

    Returns
    -------
    GeoDataFrame
        One row a block: `plot` (id), `storeys`, `height` (m), `use` (``"residential"``, ``"mixed"``, ``"commercial"``,
        ``"public"`` or ``"unknown"``), `plan_use` (as in the plan), `floor_area` and `plot_area` (m2, of this block and
        of the whole plot), `residents` (from floor area), `grz` and `gfz` (of the plot, as built), `assumed` (what the
        plan does not say, ``""`` if nothing), footprints. ``attrs["left_out"]`` maps plots without a block to the
        reason.

    Raises
    ------
    InputError
        If `storey_height` is out of range, the plan is not in metres, or no plot of it can be built on.

    Examples
    --------
    >>> import geopandas
    >>> from pyproj import CRS
    >>> from twin.geometry.records import PlanRecords, ReadReport
    >>> nothing = float("nan")
    >>> areas = geopandas.GeoDataFrame(
    ...     {"id": ["WA1"], "kind": ["plot"], "use": ["WA"], "grz": [0.4], "gfz": [1.2], "storeys": [3.0],
    ...      "height": [nothing]}, geometry=[shapely.box(0, 0, 40, 30)], crs=25832)
    >>> block = massing(PlanRecords(areas, CRS(25832), "", "5.4", ReadReport("plan", 1, 1))).iloc[0]
    >>> round(block.geometry.area), int(block.storeys), float(block.height), round(block.floor_area)
    (480, 3, 9.0, 1440)
    """
    import geopandas as gpd

    if not isinstance(storey_height, (int, float)) or not LOWEST_STOREY <= storey_height <= 6.0:
        raise InputError(f"storey_height is {storey_height!r} m; it must lie between {LOWEST_STOREY} and 6")
    if not plan.crs.is_projected:
        raise InputError(f"the plan is in {plan.crs.name}, in degrees; transform it to metres first, as EPSG:25832")
    areas = plan.areas
    plots = areas[areas["kind"] == "plot"]
    windows = areas[areas["kind"] == "window"]
    if len(plots) == 0:  # a plan of windows alone: each carries its own measures
        plots, windows = windows, windows.iloc[:0]
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    taken = shapely.Polygon()
    tree = shapely.STRtree(windows.geometry.to_numpy())
    for _, plot in plots.iterrows():
        shape = plot.geometry.difference(taken) if plot.geometry.intersection(taken).area > 1.0 else plot.geometry
        taken = taken.union(plot.geometry)
        near = [windows.iloc[row] for row in sorted(tree.query(shape, predicate="intersects"))]
        inside = [(one, part) for one in near if (part := one.geometry.intersection(shape)).area >= 1.0]
        assumed: list[str] = []
        try:
            limits = _limits(plot, [window for window, _ in inside])
            base = shapely.union_all([part for _, part in inside]) if inside else shape
            built, storeys, height = _block(
                limits, base, shape.area, bool(inside), storey_height, _level(ground, base), assumed
            )
        except _CannotBuildError as reason:
            left_out[str(plot["id"])] = str(reason)
            continue
        rows += _rows(plot, limits, built, storeys, height, shape.area, assumed)
    if not rows:
        reasons = "; ".join(f"{plot}: {reason}" for plot, reason in left_out.items())
        raise InputError(f"no plot of {plan.report.source} can be built on: {reasons or 'it has none'}")
    blocks = gpd.GeoDataFrame(rows, geometry="geometry", crs=plan.crs)
    blocks.attrs["left_out"] = left_out
    return blocks


class _CannotBuildError(Exception):
    """Why a plot gets no block; caught where the plots are counted."""


def _limits(plot: Any, windows: list[Any]) -> _Limits:
    """Return what a plot permits; where it is silent, the most that one of its windows permits."""

    def value(name: str) -> float:
        own = float(plot.get(name, math.nan))
        others = [float(window.get(name, math.nan)) for window in windows]
        return own if math.isfinite(own) else max((one for one in others if math.isfinite(one)), default=math.nan)

    names = ("grz", "gfz", "bmz", "storeys", "height", "top_elevation")
    return _Limits(str(plot["use"]), *(value(name) for name in names))


def _block(
    limits: _Limits, base: Any, plot_area: float, windowed: bool, storey_height: float, level: float, assumed: list[str]
) -> tuple[Any, int, float]:
    """Return footprint, storeys and height of what is built on a plot; enter in `assumed` what the plan leaves open."""
    guide = GUIDE_VALUES.get(limits.use)
    grz, gfz = limits.grz, limits.gfz
    if math.isnan(grz) and not windowed:
        if math.isfinite(gfz) and math.isfinite(limits.storeys):
            grz = min(gfz / limits.storeys, 1.0)
            assumed.append(f"GRZ {grz:.2f} from GFZ and storeys")
        elif guide is not None:
            grz = guide[0]
            assumed.append(f"GRZ {grz:g}, guide value of BauNVO section 17 for {limits.use}")
        else:
            raise _CannotBuildError("neither GRZ nor a use with a guide value, and no building window")
    covered = base.area if math.isnan(grz) else min(base.area, grz * plot_area)
    if not windowed:
        assumed.append("footprint: the plot shrunk evenly to the GRZ")
    elif covered < base.area * (1 - _PRECISION):
        assumed.append("footprint: the building window shrunk evenly to the GRZ")

    height = limits.height
    if math.isnan(height) and math.isfinite(limits.top):
        if math.isnan(level):
            assumed.append("its height above sea level is not used: no ground elevation was given")
        elif limits.top - level >= LOWEST_STOREY:
            height = limits.top - level
        else:
            raise _CannotBuildError(
                f"its height of {limits.top:g} m above sea level is below the ground of {level:.1f} m"
            )
    if math.isfinite(limits.storeys):
        storeys = max(1, int(limits.storeys))
    elif math.isfinite(height):
        storeys = max(1, int(height / storey_height + 1e-9))
        assumed.append(f"{storeys} storeys from the height")
    else:
        if math.isnan(gfz):
            if guide is None:
                raise _CannotBuildError("neither storeys, height nor GFZ, and no use with a guide value")
            gfz = guide[1]
            assumed.append(f"GFZ {gfz:g}, guide value of BauNVO section 17 for {limits.use}")
        storeys = max(1, math.ceil(gfz * plot_area / covered - 1e-9))
        assumed.append(f"{storeys} storeys from GFZ and GRZ")
    tall = storeys * storey_height
    if math.isfinite(height) and tall > height:
        storeys = max(1, min(storeys, int(height / LOWEST_STOREY + 1e-9)))
        tall = min(storeys * storey_height, height)
    if not math.isfinite(height) or tall < height:
        assumed.append(f"{storey_height:g} m a storey, flat roof")
    if math.isfinite(gfz):
        covered = min(covered, gfz * plot_area / storeys)
    if math.isfinite(limits.bmz):
        covered = min(covered, limits.bmz * plot_area / tall)
    if covered < _SMALLEST:
        raise _CannotBuildError(f"only {covered:.1f} m2 may be built on")
    return shrunk(base, covered), storeys, tall


def shrunk(shape: Any, area: float) -> Any:
    """Return a polygon moved inward evenly until its area is the one asked for, within one millionth.

    Parameters
    ----------
    shape : polygon
        What is made smaller.
    area : float
        m2, above 0; the shape itself is returned if it is not larger.

    Examples
    --------
    >>> round(shrunk(shapely.box(0, 0, 40, 30), 480.0).area, 2)
    480.0
    """
    if shape.area <= area * (1 + _PRECISION):
        return shape
    low, high = 0.0, math.sqrt(shape.area)
    for _ in range(_STEPS):
        inset = (low + high) / 2
        smaller = shape.buffer(-inset, join_style="mitre")
        if abs(smaller.area - area) <= area * _PRECISION:
            break
        low, high = (inset, high) if smaller.area > area else (low, inset)
    return smaller


def _rows(
    plot: Any, limits: _Limits, built: Any, storeys: int, height: float, plot_area: float, assumed: list[str]
) -> list[dict[str, Any]]:
    use = use_of_plan(limits.use)
    parts = [part for part in shapely.get_parts(built) if part.geom_type == "Polygon" and part.area > 0.0]
    total = sum(part.area for part in parts)
    living = {"residential": 1.0, "mixed": MIXED_LIVING_SHARE}.get(use, 0.0)
    said = [*assumed, *(["residents from floor area"] if living else [])]
    if use == "mixed":
        said.append(f"{MIXED_LIVING_SHARE:.0%} of it dwellings")
    if not math.isnan(float(plot.get("dwellings", math.nan))):
        said.append("the greatest number of dwellings is not applied")
    return [
        {
            "plot": str(plot["id"]),
            "storeys": storeys,
            "height": float(height),
            "use": use,
            "plan_use": limits.use,
            "floor_area": part.area * storeys,
            "plot_area": plot_area,
            "residents": part.area * storeys * living * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT,
            "grz": total / plot_area,
            "gfz": total * storeys / plot_area,
            "assumed": "; ".join(said),
            "geometry": part,
        }
        for part in parts
    ]


def use_of_plan(sign: str) -> str:
    """Return the use of a building from the sign of its area in a plan.

    Examples
    --------
    >>> use_of_plan("WA"), use_of_plan("MU"), use_of_plan("GE"), use_of_plan("")
    ('residential', 'mixed', 'commercial', 'unknown')
    """
    if sign == "Gemeinbedarf":
        return "public"
    return {"W": "residential", "M": "mixed", "G": "commercial", "S": "commercial"}.get(sign[:1], "unknown")


def _level(ground: xr.DataArray | None, shape: Any) -> float:
    """Return the mean ground elevation under a shape, NaN if it is not known."""
    if ground is None:
        return math.nan
    xmin, ymin, xmax, ymax = shape.bounds
    x, y = ground["x"].values, ground["y"].values
    columns = np.flatnonzero((x >= xmin) & (x <= xmax))
    rows = np.flatnonzero((y >= ymin) & (y <= ymax))
    if len(columns) == 0 or len(rows) == 0:
        return math.nan
    part = ground.values[np.ix_(rows, columns)]
    inside = shapely.contains_xy(shape, *np.meshgrid(x[columns], y[rows])) & np.isfinite(part)
    return float(part[inside].mean()) if inside.any() else math.nan
