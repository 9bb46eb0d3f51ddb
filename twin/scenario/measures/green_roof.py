"""Green roofs: what falls on them is kept as far as the substrate holds it, and they reflect as plants do.

The flood model takes rain in on any cell by Horton's rates, so a substrate is a store: no final rate, and as much in
all as it holds. The heat model computes people on the ground, for whom roofs are obstacles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.city.city import City
from twin.city.surfaces import surface
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.chosen_buildings import check_choice, choose_buildings
from twin.scenario.measures.measure import check_cost, check_share, footprint, set_variables
from twin.variables import describe

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

TEST_RAIN = 0.027
"""Rain of the runoff test of green roofs, m: 300 l/s/ha for 15 min (FLL, Dachbegrünungsrichtlinien 2018)."""

RUNOFF = {"extensive": 0.5, "intensive": 0.2}
"""Share of the test rain that runs off: DIN 1986-100:2016, table 9, extensive below 10 cm and intensive from 30 cm,
both on roofs up to 5 degrees and wet before the rain."""

INTAKE = 10e-3 / 60.0
"""Rate at which dry substrate takes water in, m/s: 10 mm/min, within the 0.6 to 70 mm/min of the FLL guideline."""

COVER = {"extensive": "grass", "intensive": "shrub"}
"""Land cover whose albedo, emissivity and roughness the green share takes."""

GERMAN = {"extensive": "extensiv", "intensive": "intensiv"}


@dataclass(frozen=True)
class GreenRoof:
    """Roofs that turn green, see `green_roof`; steepest in degrees."""

    area: Area | None
    buildings: tuple[int, ...] | None
    form: str
    fraction: float
    steepest: float
    cost: float | None = None
    kind: ClassVar[str] = "green_roof"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the roofs green, and the record of what they hold back.

        Raises
        ------
        InputError
            If no building is meant, or none can take more green.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        grid, cell = city.grid, city.spec.cell_area
        if "green_roof_fraction" not in grid:
            none = xr.zeros_like(grid["building_id"], np.float32).rename("green_roof_fraction").drop_attrs()
            grid = grid.assign(green_roof_fraction=describe(none))
        chosen = choose_buildings(city, self.area, self.buildings, self.kind)
        steep = np.zeros_like(chosen.cells)
        if "roof_slope" in grid:
            steep = chosen.cells & (np.nan_to_num(grid["roof_slope"].values) > self.steepest)
        there = np.nan_to_num(grid["green_roof_fraction"].values).astype(np.float64)
        added = np.where(chosen.cells & ~steep, np.maximum(self.fraction - there, 0.0), 0.0)
        added[added < 1e-6] = 0.0
        green_already = chosen.cells & ~steep & (added == 0)
        if not added.any():
            raise InputError(
                f"green_roof: none of {int(chosen.cells.sum())} roof cells of {len(chosen.numbers)} buildings can take "
                f"it: {int(steep.sum())} are steeper than {self.steepest:g} degrees, {int(green_already.sum())} are as "
                "green already; choose other buildings, or allow steeper ones"
            )
        arrays = self._fields(grid, there, added)
        size = float(added.sum() * cell)
        kept = size * _store(self.form)
        notes, notes_de = [], []
        for mask, word, word_de in (
            (steep, f"roofs steeper than {self.steepest:g} degrees", f"Dächer steiler als {self.steepest:g} Grad"),
            (green_already, "as green already", "schon so grün"),
        ):
            if mask.any():
                notes.append(f"{quantity(mask.sum() * cell, 'm2')} left out: {word}")
                notes_de.append(f"{quantity(mask.sum() * cell, 'm2', 0, 'de')} ausgelassen: {word_de}")
        depth = f"{_store(self.form) * 1000:.1f}"
        notes += [
            f"the substrate holds {depth} mm of a rain, {quantity(kept, 'm3')} in all (DIN 1986-100); "
            "then all runs off",
            "heat on the ground does not change: roofs are obstacles to the heat model",
        ]
        notes_de += [
            f"das Substrat hält {depth.replace('.', ',')} mm eines Regens, zusammen {quantity(kept, 'm3', 0, 'de')} "
            "(DIN 1986-100); danach läuft alles ab",
            "die Hitze am Boden ändert sich nicht: Dächer sind für das Hitzemodell Hindernisse",
        ]
        buildings = city.buildings
        if "green_roof" in buildings:
            share = np.bincount(grid["building_id"].values[chosen.cells], (there + added)[chosen.cells])
            count = np.bincount(grid["building_id"].values[chosen.cells])
            buildings = buildings.copy()
            buildings.loc[chosen.numbers, "green_roof"] = share[chosen.numbers] / count[chosen.numbers]
            if "green_roof_source" in buildings:
                buildings.loc[chosen.numbers, "green_roof_source"] = "planned"
        count_text = f"{len(chosen.numbers)}"
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} of {self.form} green roof on {count_text} buildings",
            title_de=f"{quantity(size, 'm2', 0, 'de')} {GERMAN[self.form]}e Dachbegrünung auf {count_text} Gebäuden",
            footprint=footprint(city, chosen.outlines),
            changes=(*arrays, *(("buildings",) if buildings is not city.buildings else ())),
            cost=self.cost,
            notes=tuple(notes),
            notes_de=tuple(notes_de),
        )
        return city.with_changes(grid=set_variables(grid, arrays), buildings=buildings), record

    def _fields(self, grid: xr.Dataset, there: NDArray[Any], added: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the variables of the roofs; the green takes the place of the bare share, whose mean the grid holds."""
        green = surface(COVER[self.form])
        arrays: dict[str, NDArray[Any]] = {"green_roof_fraction": there + added}
        turned = np.divide(added, 1.0 - there, out=np.zeros_like(added), where=added > 0)
        for name in ("albedo", "emissivity", "manning"):
            if name in grid:
                old = grid[name].values.astype(np.float64)
                arrays[name] = np.where(added > 0, old + turned * (getattr(green, name) - old), old)
        names = ("infiltration_initial_rate", "infiltration_decay")
        if all(name in grid for name in names):
            rate, decay = (grid[name].values.astype(np.float64) for name in names)
            held = np.divide(rate, decay, out=np.zeros_like(rate), where=decay > 0) + added * _store(self.form)
            rate = rate + added * INTAKE
            arrays[names[0]] = rate
            arrays[names[1]] = np.divide(rate, held, out=decay.copy(), where=added > 0)
        return arrays


def green_roof(
    area: AreaLike | None = None,
    buildings: Sequence[int] | None = None,
    form: str = "extensive",
    *,
    fraction: float = 1.0,
    steepest: float = 15.0,
    cost: float | None = None,
) -> GreenRoof:
    """Turn roofs green.

    Parameters
    ----------
    area : polygon in any form
        Around the buildings: all of which more than half lies in it. Give this or `buildings`.
    buildings : sequence of int
        Their numbers (`building_id`).
    form : {"extensive", "intensive"}
        Thin with sedum and grass, holding 13.5 mm of a rain; or deep with shrubs, holding 21.6 mm.
    fraction : float
        Green share of the roof, above 0 to 1; what is green already counts.
    steepest : float
        Slope in degrees, 0 to 90; steeper roofs stay as they are. From 15 degrees on, substrate must be secured
        against sliding (FLL).
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    GreenRoof

    Raises
    ------
    InputError
        If a value is out of range, or neither or both of area and buildings are given.

    References
    ----------
    DIN 1986-100:2016, table 9; FLL (2018), Dachbegrünungsrichtlinien: 27 mm of test rain, of which half or a fifth runs
    off.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> green_roof(buildings=[2]).apply(hamlet())[1].title_en
    '320 m² of extensive green roof on 1 buildings'
    """
    where = None if area is None else read_area(area)
    numbers = check_choice(where, buildings, "green_roof")
    if form not in RUNOFF:
        raise InputError(f"green_roof: form is {form!r}; it is one of: {', '.join(RUNOFF)}")
    if isinstance(steepest, bool) or not isinstance(steepest, (int, float)) or not 0.0 <= steepest <= 90.0:
        raise InputError(f"steepest is {steepest!r}; it must be a slope from 0 to 90 degrees")
    return GreenRoof(
        where,
        numbers,
        form,
        check_share(fraction, "fraction", least=0.01),
        float(steepest),
        check_cost(cost, "green_roof"),
    )


def _store(form: str) -> float:
    """Water that a square metre holds back, m."""
    return (1.0 - RUNOFF[form]) * TEST_RAIN
