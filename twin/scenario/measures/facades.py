"""Green facades: plants before a share of the walls shade them and evaporate water.

The share stands on all cells of the building; the heat model takes the mean of the walls near a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.chosen_buildings import check_choice, choose_buildings, wall_area
from twin.scenario.measures.measure import check_cost, check_share, footprint, present, set_variables
from twin.units import Quantity, to_si

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class FacadeGreening:
    """Walls that turn green, see `facade_greening`; height in m, None for the whole wall."""

    area: Area | None
    buildings: tuple[int, ...] | None
    fraction: float
    height: float | None
    cost: float | None = None
    kind: ClassVar[str] = "facade_greening"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the facades green, and the record of how much wall that is.

        Raises
        ------
        InputError
            If no building is meant, or all are as green already.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        chosen = choose_buildings(city, self.area, self.buildings, self.kind)
        reach = np.ones(len(chosen.numbers))
        if self.height is not None:
            reach = np.minimum(1.0, self.height / np.maximum(chosen.height, 1e-6))
        share = self.fraction * reach
        before = present(city.grid, "facade_green_fraction")
        place = np.searchsorted(chosen.numbers, city.grid["building_id"].values[chosen.cells])
        old = np.bincount(place, before[chosen.cells], len(share)) / np.bincount(place, minlength=len(share))
        greener = share > old + 1e-6
        if not greener.any():
            raise InputError(
                f"facade_greening: the {len(chosen.numbers)} buildings are as green already "
                f"({100 * old.min():.0f} % and more of their walls); give a larger fraction or height"
            )
        after = before.copy()
        after[chosen.cells] = np.where(greener, share, old)[place]
        walls = wall_area(city, chosen)
        size = float((walls * np.where(greener, share - old, 0.0)).sum())
        notes = [
            f"{quantity(walls.sum(), 'm2')} of outer wall, {100 * float((walls * share).sum() / walls.sum()):.0f} % of "
            "it covered",
            "walls shared with neighbours do not count; windows are not known and part of the wall",
        ]
        notes_de = [
            f"{quantity(walls.sum(), 'm2', 0, 'de')} Außenwand, davon "
            f"{100 * float((walls * share).sum() / walls.sum()):.0f} % bewachsen",
            "gemeinsame Wände mit Nachbarn zählen nicht; Fenster sind nicht bekannt und Teil der Wand",
        ]
        if not greener.all():
            notes.append(f"{int((~greener).sum())} buildings are as green already")
            notes_de.append(f"{int((~greener).sum())} Gebäude sind schon so grün")
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} of facade greened on {int(greener.sum())} buildings",
            title_de=f"{quantity(size, 'm2', 0, 'de')} Fassade begrünt an {int(greener.sum())} Gebäuden",
            footprint=footprint(city, [shape for shape, new in zip(chosen.outlines, greener, strict=True) if new]),
            changes=("facade_green_fraction",),
            cost=self.cost,
            notes=tuple(notes),
            notes_de=tuple(notes_de),
        )
        grid = set_variables(city.grid, {"facade_green_fraction": after})
        return city.with_changes(grid=grid), record


def facade_greening(
    area: AreaLike | None = None,
    buildings: Sequence[int] | None = None,
    *,
    fraction: float = 0.5,
    height: Quantity | None = None,
    cost: float | None = None,
) -> FacadeGreening:
    """Let plants grow before walls.

    Parameters
    ----------
    area : polygon in any form
        Around the buildings: all of which more than half lies in it. Give this or `buildings`.
    buildings : sequence of int
        Their numbers (`building_id`).
    fraction : float
        Share of the wall that is covered, above 0 to 1, up to `height`.
    height : number (m) or text, optional
        How high the plants climb, 0.5 to 100 m; the whole wall unless given.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    FacadeGreening

    Raises
    ------
    InputError
        If a value is out of range, or neither or both of area and buildings are given.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> facade_greening(buildings=[2], fraction=0.8, height="5 m").apply(hamlet())[1].title_en
    '288 m² of facade greened on 1 buildings'
    """
    where = None if area is None else read_area(area)
    return FacadeGreening(
        where,
        check_choice(where, buildings, "facade_greening"),
        check_share(fraction, "fraction", least=0.01),
        None if height is None else to_si(height, "m", name="height", minimum=0.5, maximum=100.0),
        check_cost(cost, "facade_greening"),
    )
