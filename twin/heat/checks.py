"""What the heat model asks of its grid and options, and how it says no: before any long work, with place and value.

A grid is looked through in bands of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.city.surfaces import surface_parameters
from twin.errors import InputError
from twin.heat.inputs import LEAST_STEP, Mask, read_part, roofs, used_names
from twin.heat.tree_heights import Crowns, elevations, gather
from twin.heat.weather_values import WEATHER_HINT
from twin.heat.window import Window, whole
from twin.provenance import fingerprint
from twin.variables import VARIABLES

GAPS_ALLOWED = (
    "albedo",
    "emissivity",
    "sealed_fraction",
    "soil_wetness",
    "wall_albedo",
    "canopy_transmissivity",
    "sail_transmissivity",
    "facade_green_fraction",
)
"""Where these are NaN the default counts: of the land cover, of the season, or the same for all walls."""

OF_THE_GROUND = ("albedo", "emissivity", "sealed_fraction", "soil_wetness")
"""These are not looked at on roofs, where nobody stands."""

BAND = 128
"""Rows whose findings are kept together, so that a change needs only its bands to be looked through again."""

READ = 512
"""Rows that are read at a time, whole bands."""

TALLEST_TREES = 40.0
"""No town has trees of this height in most places where it has trees, m; the tallest of Europe stand at 70 m."""

FEW = 20
"""Cells with trees below which nothing can be said of all trees."""

SUNKEN_SHARE = 0.05
"""Above this share of building cells below the ground, heights of ground and roofs do not belong together."""

ROUNDING, DEEP = 0.01, 1.0
"""Open ground whose surface lies this much below it is so by rounding, m; up to a metre (noise of two surveys, whole
numbers) it is told, and above it cannot be meant."""


@dataclass(frozen=True)
class Band:
    """What was found in a band of rows.

    highest, lowest : of anything and of the ground, m
    open_cells : cells of open ground
    built, sunken : building cells, and those whose roof lies below the ground
    hollow : open cells whose surface lies below the ground, by more than rounding
    planted, tall, level : cells with crowns, those of unlikely height, those whose height is the ground's elevation
    example : a cell with such a crown, in words
    crowns : of all cells with crowns
    digest : of the inputs
    """

    highest: float
    lowest: float
    open_cells: int
    built: int
    sunken: int
    hollow: int
    planted: int
    tall: int
    level: int
    example: str
    crowns: Crowns
    digest: str


@dataclass(frozen=True)
class Findings:
    """What was found in a grid that is fit for the model, band by band.

    bands : from the north, `BAND` rows each
    """

    bands: tuple[Band, ...]

    @property
    def highest(self) -> float:
        """Elevation of the highest thing, m."""
        return max(band.highest for band in self.bands)

    @property
    def lowest(self) -> float:
        """Elevation of the lowest ground, m."""
        return min(band.lowest for band in self.bands)

    @property
    def open_cells(self) -> int:
        """Cells of open ground."""
        return sum(band.open_cells for band in self.bands)

    @property
    def digests(self) -> list[str]:
        """Digests of the inputs, by band."""
        return [band.digest for band in self.bands]

    @property
    def caveats(self) -> list[str]:
        """What was converted, in words."""
        sunken, hollow = (sum(getattr(band, name) for band in self.bands) for name in ("sunken", "hollow"))
        said = [f"{sunken} building cells lie below the ground and count as high as it"] if sunken else []
        if hollow:
            said.append(f"surface_elevation lies a little below open ground in {hollow} cells, which count as ground")
        if self._planted >= FEW and elevations([band.crowns for band in self.bands]) is None:
            said.append(
                "canopy_height may hold elevations: every crown is taller than its ground lies above the sea, and "
                "nothing tells the two apart; it must be measured from the ground"
            )
        return said

    @property
    def _planted(self) -> int:
        return sum(band.planted for band in self.bands)


@dataclass
class _Wrong:
    """The first impossible value of a variable and how many there are."""

    text: str
    rule: str
    cells: int = 0


def inspect(grid: xr.Dataset, spec: GridSpec) -> Findings:
    """Look a grid through; refuse gaps, values out of range and heights that cannot be meant, naming the first cell.

    Parameters
    ----------
    grid : xr.Dataset
        Lying in memory or in files.
    spec : GridSpec
        Its cells.

    Raises
    ------
    InputError
        If a value is impossible, a variable has other dims or kinds of numbers, or no cell is open ground.

    Examples
    --------
    >>> flat = (("y", "x"), np.zeros((2, 2)))
    >>> cover = (("y", "x"), np.full((2, 2), 6))
    >>> spec = GridSpec.from_bounds((0, 0, 4, 4), 2.0, "EPSG:25832")
    >>> grid = xr.Dataset({"ground_elevation": flat, "surface_elevation": flat, "land_cover": cover})
    >>> inspect(grid, spec).open_cells
    4
    """
    return inspect_again(grid, spec, Findings(()), whole(spec.shape))


def inspect_again(grid: xr.Dataset, spec: GridSpec, before: Findings, changed: Window) -> Findings:
    """Look through the bands of a grid that a window touches; the others are as they were found before.

    Parameters
    ----------
    grid : xr.Dataset
    spec : GridSpec
        Its cells.
    before : Findings
        Of the grid before it was changed.
    changed : Window
        Holds all cells that were changed.

    Raises
    ------
    InputError
        As `inspect`.
    """
    names = used_names(grid)
    for name in names:
        if grid[name].dims != ("y", "x"):
            raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
        if name in ("building_id", "land_cover") and grid[name].dtype.kind not in "iub":
            raise InputError(f"{name} is of type {grid[name].dtype}; it must hold whole numbers without gaps")
    first, last = changed.row // BAND, -(-(changed.row + changed.rows) // BAND)
    wrong: dict[str, _Wrong] = {}
    found: list[Band] = []
    for begin in range(first * BAND, min(last * BAND, spec.rows), READ):
        part = Window(begin, 0, min(READ, last * BAND - begin, spec.rows - begin), spec.columns)
        fields = read_part(grid, names, part)
        for row in range(0, part.rows, BAND):
            band = Window(begin + row, 0, min(BAND, part.rows - row), spec.columns)
            found.append(_band({name: field[row : row + BAND] for name, field in fields.items()}, band, spec, wrong))
    findings = Findings((*before.bands[:first], *found, *before.bands[last:]))
    if findings.open_cells == 0:
        raise InputError("every cell is a building or stands above the ground; heat needs open ground to stand on")
    _raise(wrong, (*names, "crowns"))
    _judge(findings)
    _raise(wrong, ("terrain",))
    return findings


def _raise(wrong: dict[str, _Wrong], names: tuple[str, ...]) -> None:
    for name in names:
        if name in wrong:
            bad = wrong[name]
            raise InputError(f"{bad.text} ({bad.cells} cells); {bad.rule}")


def _band(fields: dict[str, NDArray[Any]], band: Window, spec: GridSpec, wrong: dict[str, _Wrong]) -> Band:
    roof = roofs(fields)
    for name, values in fields.items():
        if name == "land_cover":
            _check_codes(values)
        elif name != "building_id":
            _look_at(name, values, roof, band, spec, wrong)
    ground, surface = fields["ground_elevation"], fields["surface_elevation"]
    house = fields["building_id"] > 0 if "building_id" in fields else np.zeros(1, np.bool_)
    top = max(float(surface.max()), float(ground.max()))
    for key in ("canopy_height", "sail_height"):
        if key in fields and (planted := fields[key] > 0).any():
            top = max(top, float((ground[planted].astype(np.float64) + fields[key][planted]).max()))
    sunken = hollow = 0
    if (surface < ground).any():
        depth = ground.astype(np.float64) - surface.astype(np.float64)
        sunken = int((house & (depth > LEAST_STEP)).sum())
        hollow = _hollows(np.where(house, 0.0, depth), fields, band, spec, wrong)
    return Band(
        top,
        float(ground.min()),
        int(roof.size - np.count_nonzero(roof)),
        int(np.count_nonzero(house)),
        sunken,
        hollow,
        *_trees(fields, band, spec, wrong),
        fingerprint(fields),
    )


def _hollows(
    depth: NDArray[np.float64], fields: dict[str, NDArray[Any]], band: Window, spec: GridSpec, wrong: dict[str, _Wrong]
) -> int:
    """Count open cells whose surface lies below the ground; find those where that cannot be meant."""
    deep = depth > DEEP
    if deep.any():
        i, j = np.argwhere(deep)[0]
        ground, surface = (float(fields[name][i, j]) for name in ("ground_elevation", "surface_elevation"))
        place = _place(spec, band, i, j)
        text = f"surface_elevation is {surface:g} m at {place}, below the ground_elevation of {ground:g} m"
        rule = "the surface is the ground or stands on it: check that both have the same height datum and unit"
        wrong.setdefault("terrain", _Wrong(text, rule)).cells += int(deep.sum())
    return int((depth > ROUNDING).sum())


def _check_codes(values: NDArray[Any]) -> None:
    ends = np.array([values.min(), values.max()])
    few = ends[0] >= 0 and ends[1] < 256
    surface_parameters(np.flatnonzero(np.bincount(values.ravel())) if few else ends)


def _look_at(
    name: str, values: NDArray[Any], roof: Mask, band: Window, spec: GridSpec, wrong: dict[str, _Wrong]
) -> None:
    rule = VARIABLES[name]
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    if values.min() >= low and values.max() <= high:  # false if there is any NaN
        return
    impossible = ~((values >= low) & (values <= high))
    if name in GAPS_ALLOWED:
        impossible &= ~np.isnan(values)
    if name in OF_THE_GROUND:
        impossible &= ~roof
    if not impossible.any():
        return
    i, j = np.argwhere(impossible)[0]
    value = float(values[i, j])
    text = f"{name} is {value:g} at {_place(spec, band, i, j)}"
    fill = "; fill gaps before the simulation" if np.isnan(value) else ""
    found = wrong.setdefault(name, _Wrong(text, f"it must lie in {low:g} to {high:g}{fill}"))
    found.cells += int(impossible.sum())


def _place(spec: GridSpec, band: Window, i: int, j: int) -> str:
    return f"x={float(spec.x[band.column + j]):.1f}, y={float(spec.y[band.row + i]):.1f}"


def _trees(
    fields: dict[str, NDArray[Any]], band: Window, spec: GridSpec, wrong: dict[str, _Wrong]
) -> tuple[int, int, int, str, Crowns]:
    """Count crowns, tall ones and ones as high as the ground's elevation, with an example; find upside-down ones."""
    if "canopy_height" not in fields:
        return 0, 0, 0, "", gather(np.empty(0), np.empty(0))
    rows, columns = np.nonzero(fields["canopy_height"] > 0)
    height, ground = (fields[name][rows, columns].astype(np.float64) for name in ("canopy_height", "ground_elevation"))
    tall = height > TALLEST_TREES
    level = (np.abs(height - ground) < 0.5) & (height > 2.0)
    example = ""
    if (tall | level).any():
        example = _crown(int((tall | level).argmax()), rows, columns, height, ground, band, spec)
    if "canopy_base_height" in fields:
        base = fields["canopy_base_height"][rows, columns].astype(np.float64)
        upside_down = base > height + 0.01
        if upside_down.any():
            k = int(upside_down.argmax())
            place = _place(spec, band, int(rows[k]), int(columns[k]))
            text = f"canopy_base_height is {base[k]:g} m at {place}, above the canopy_height of {height[k]:g} m"
            rule = "a crown begins below its top: exchange the two, or leave canopy_base_height away"
            wrong.setdefault("crowns", _Wrong(text, rule)).cells += int(upside_down.sum())
    if not example and len(rows):
        example = _crown(0, rows, columns, height, ground, band, spec)
    return len(rows), int(tall.sum()), int(level.sum()), example, gather(height, ground)


def _crown(
    k: int, rows: NDArray[Any], columns: NDArray[Any], height: Any, ground: Any, band: Window, spec: GridSpec
) -> str:
    place = _place(spec, band, int(rows[k]), int(columns[k]))
    return f"canopy_height is {height[k]:g} m at {place}, where the ground lies at {ground[k]:g} m"


def _judge(findings: Findings) -> None:
    """Refuse heights that do not belong together in most places."""
    planted, tall, level, sunken, built = (
        sum(getattr(band, name) for band in findings.bands) for name in ("planted", "tall", "level", "sunken", "built")
    )
    if planted >= FEW and max(tall, level) > 0.5 * planted:
        example = next(band.example for band in findings.bands if band.example)
        raise InputError(
            f"{example}, and so for {max(tall, level)} of {planted} cells with trees: these look like elevations; "
            "canopy_height is measured from the ground: subtract ground_elevation"
        )
    if planted >= FEW and elevations([band.crowns for band in findings.bands]):
        example = next(band.example for band in findings.bands if band.example)
        raise InputError(
            f"{example}; the {planted} cells with trees are taller than their ground lies above the sea, and rise with "
            "it or hold no low trees: these look like elevations; canopy_height is measured from the ground: subtract "
            "ground_elevation"
        )
    if sunken > SUNKEN_SHARE * built:
        raise InputError(
            f"surface_elevation lies more than {LEAST_STEP} m below ground_elevation in {sunken} of {built} building "
            "cells; roofs stand above the ground: check that both have the same height datum and unit"
        )


def check_kinds(grid: object, weather: object) -> None:
    """Refuse what is no grid or no weather, before anything is read of it.

    Raises
    ------
    InputError
        With what to give instead.

    Examples
    --------
    >>> check_kinds(xr.Dataset(), xr.Dataset())
    """
    if not isinstance(grid, xr.Dataset):
        hint = "give city.grid" if isinstance(getattr(grid, "grid", None), xr.Dataset) else "give that of a city"
        raise InputError(f"the grid is a {type(grid).__name__}; heat takes an xarray.Dataset over (y, x): {hint}")
    if not isinstance(weather, xr.Dataset):
        raise InputError(f"the weather is a {type(weather).__name__}; {WEATHER_HINT}")


def check_count(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number between two bounds.

    Raises
    ------
    InputError
        If it is not.

    Examples
    --------
    >>> check_count("sun_samples", 3, 1, 60)
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise InputError(f"{name} is {value!r}; it must be a whole number from {least} to {most}")
