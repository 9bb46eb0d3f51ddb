"""What the heat model asks of its grid and options, and how it says no: before any long work, with place and value.

A grid is looked through in bands of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec
from twin.errors import InputError
from twin.heat.inputs import LEAST_STEP, Fields, Mask, bands, read_part, roofs, used_names
from twin.heat.window import Window
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
)
"""Where these are NaN the default counts: of the land cover, of the season, or the same for all walls."""

TALLEST_TREES = 40.0
"""No town has trees of this height in most places where it has trees, m; the tallest of Europe stand at 70 m."""

FEW = 20
"""Cells with trees below which nothing can be said of all trees."""

SUNKEN_SHARE = 0.05
"""Above this share of building cells below the ground, heights of ground and roofs do not belong together."""


@dataclass(frozen=True)
class Findings:
    """What was found in a grid that is fit for the model.

    names : the variables that are used
    highest, lowest : of anything and of the ground, m
    open_cells : cells of open ground
    digests : of each band's inputs
    caveats : what was converted
    """

    names: tuple[str, ...]
    highest: float
    lowest: float
    open_cells: int
    digests: tuple[str, ...]
    caveats: tuple[str, ...]


@dataclass
class _Wrong:
    """The first impossible value of a variable and how many there are."""

    text: str
    rule: str
    cells: int


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
    names = used_names(grid)
    for name in names:
        if grid[name].dims != ("y", "x"):
            raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
        if name in ("building_id", "land_cover") and grid[name].dtype.kind not in "iub":
            raise InputError(f"{name} is of type {grid[name].dtype}; it must hold whole numbers without gaps")
    wrong: dict[str, _Wrong] = {}
    digests = []
    trees = _Trees()
    highest, lowest = -np.inf, np.inf
    open_cells = sunken = built = 0
    for band in bands(spec.rows, spec.columns):
        fields = read_part(grid, names, band)
        roof = roofs(fields)
        open_cells += int((~roof).sum())
        for name in names:
            if name not in ("building_id", "land_cover"):
                _look_at(name, np.asarray(fields[name]), roof, band, spec, wrong)
        digests.append(fingerprint(dict(fields)))
        if wrong:
            continue
        ground, surface = (np.asarray(fields[f"{key}_elevation"], np.float64) for key in ("ground", "surface"))
        if "building_id" in fields:
            house = np.asarray(fields["building_id"] > 0)  # type: ignore[operator]
            built += int(house.sum())
            sunken += int((house & (surface < ground - LEAST_STEP)).sum())
        lowest = min(lowest, float(ground.min()))
        highest = max(highest, float(surface.max()), float(ground.max()))
        for key in ("canopy_height", "sail_height"):
            if key in fields:
                highest = max(highest, float((ground + np.asarray(fields[key], np.float64)).max()))
        if "canopy_height" in fields:
            trees.look_at(fields, ground, band, spec, wrong)
    if open_cells == 0:
        raise InputError("every cell is a building or stands above the ground; heat needs open ground to stand on")
    for name in (*names, "crowns"):
        if name in wrong:
            found = wrong[name]
            raise InputError(f"{found.text} ({found.cells} cells); {found.rule}")
    trees.judge()
    caveats = _sunken(sunken, built)
    return Findings(names, highest, lowest, open_cells, tuple(digests), caveats)


def _look_at(
    name: str, values: NDArray[np.generic], roof: Mask, band: Window, spec: GridSpec, wrong: dict[str, _Wrong]
) -> None:
    rule = VARIABLES[name]
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    impossible = ~((values >= low) & (values <= high))  # type: ignore[operator]
    if name in GAPS_ALLOWED:
        impossible &= ~np.isnan(values.astype(np.float64)) & (~roof | (name in ("wall_albedo",)))
    if not impossible.any():
        return
    i, j = np.argwhere(impossible)[0]
    value = float(values[i, j])
    text = f"{name} is {value:g} at {_place(spec, band, i, j)}"
    fill = "; fill gaps before the simulation" if np.isnan(value) else ""
    found = wrong.setdefault(name, _Wrong(text, f"it must lie in {low:g} to {high:g}{fill}", 0))
    found.cells += int(impossible.sum())


def _place(spec: GridSpec, band: Window, i: int, j: int) -> str:
    return f"x={float(spec.x[band.column + j]):.1f}, y={float(spec.y[band.row + i]):.1f}"


@dataclass
class _Trees:
    """Heights of crowns, counted band by band: whether they are heights above ground at all."""

    cells: int = 0
    tall: int = 0
    as_high_as_ground: int = 0
    example: str = ""

    def look_at(
        self, fields: Fields, ground: NDArray[np.float64], band: Window, spec: GridSpec, wrong: dict[str, _Wrong]
    ) -> None:
        height = np.asarray(fields["canopy_height"], np.float64)
        planted = height > 0
        if not planted.any():
            return
        self.cells += int(planted.sum())
        suspect = planted & (height > TALLEST_TREES)
        level = planted & (np.abs(height - ground) < 0.5) & (height > 2.0)
        self.tall += int(suspect.sum())
        self.as_high_as_ground += int(level.sum())
        if not self.example and (suspect | level).any():
            i, j = np.argwhere(suspect | level)[0]
            self.example = (
                f"canopy_height is {height[i, j]:g} m at {_place(spec, band, i, j)}, where the ground lies at "
                f"{ground[i, j]:g} m"
            )
        if "canopy_base_height" in fields:
            base = np.asarray(fields["canopy_base_height"], np.float64)
            upside_down = planted & (base > height + 0.01)
            if upside_down.any():
                i, j = np.argwhere(upside_down)[0]
                text = (
                    f"canopy_base_height is {base[i, j]:g} m at {_place(spec, band, i, j)}, above the canopy_height of "
                    f"{height[i, j]:g} m"
                )
                rule = "a crown begins below its top: exchange the two, or leave canopy_base_height away"
                wrong.setdefault("crowns", _Wrong(text, rule, 0)).cells += int(upside_down.sum())

    def judge(self) -> None:
        if self.cells < FEW:
            return
        share = max(self.tall, self.as_high_as_ground) / self.cells
        if share > 0.5:
            raise InputError(
                f"{self.example}, and so for {share:.0%} of the {self.cells} cells with trees: these look like "
                "elevations; canopy_height is measured from the ground: subtract ground_elevation"
            )


def _sunken(cells: int, built: int) -> tuple[str, ...]:
    if cells > SUNKEN_SHARE * built:
        raise InputError(
            f"surface_elevation lies more than {LEAST_STEP} m below ground_elevation in {cells} of {built} building "
            "cells; roofs stand above the ground: check that both have the same height datum and unit"
        )
    if cells:
        return (f"{cells} building cells lie below the ground and count as high as it",)
    return ()


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
