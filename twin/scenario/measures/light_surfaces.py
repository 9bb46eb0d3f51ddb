"""Light surfaces: pavements, roofs and walls that reflect more of the sun, with what soot and weather take off.

A light pavement is cooler and throws more light at the people on it: what that means for them is the heat model's to
say, and it may well be that they are hotter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.city.surfaces import CODES
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area
from twin.scenario.measures.chosen_buildings import check_choice, choose_buildings, wall_area
from twin.scenario.measures.ground import counted, ground_cells, notes_left_out
from twin.scenario.measures.measure import check_cost, check_share, footprint, present, set_variables

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord

KEPT = {"ground": 0.65, "roofs": 0.65, "walls": 0.65}
"""Share of the gain over 0.20 that is left after three years of weather: California Title 24, Part 6 (2022), section
110.8(i), for coatings applied in place. It was found on roofs; coated streets in Phoenix fell from 0.33-0.38 to
0.19-0.30 in ten months (City of Phoenix and Arizona State University 2021), walls, on which less settles, keep more."""

SOILED = 0.20
"""Albedo that soot and dust draw every surface to, same source."""

PAVED = ("asphalt", "paving", "gravel")
"""Land cover that can be made lighter."""

_WORDS = {
    "ground": ("pavement", "Belag"),
    "roofs": ("roof", "Dach"),
    "walls": ("wall", "Wand"),
}


@dataclass(frozen=True)
class Lighten:
    """Surfaces made lighter, see `lighten`."""

    what: str
    area: Area | None
    buildings: tuple[int, ...] | None
    albedo: float
    aged: bool
    cost: float | None = None
    kind: ClassVar[str] = "lighten"

    @property
    def lasting(self) -> float:
        """Albedo that the models see: weathered if `aged`."""
        return aged_albedo(self.albedo, self.what) if self.aged else self.albedo

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the surfaces lighter, and the record of their size and ageing.

        Raises
        ------
        InputError
            If nothing there can be made lighter.
        """
        from twin.compare.language import quantity
        from twin.compare.variant import MeasureRecord

        grid, value = city.grid, self.lasting
        notes: tuple[str, ...] = ()
        notes_de: tuple[str, ...] = ()
        name = "wall_albedo" if self.what == "walls" else "albedo"
        if self.what == "ground":
            assert self.area is not None
            cells = ground_cells(city, self.area, self.kind, roads=True)
            paved = cells.free & np.isin(grid["land_cover"].values, [CODES[cover] for cover in PAVED])
            changed = paved & (grid["albedo"].values < value - 1e-6)
            self._refuse(changed, f"{counted(cells)}, {int((cells.free & ~paved).sum())} not paved")
            shapes = [cells.geometry]
            size = float(changed.sum() * city.spec.cell_area)
            notes, notes_de = notes_left_out(
                city, cells, (cells.free & ~paved, "not paved", "nicht befestigt"),
                (paved & ~changed, "as light already", "schon so hell"),
            )  # fmt: skip
        else:
            chosen = choose_buildings(city, self.area, self.buildings, self.kind)
            shapes = chosen.outlines
            if self.what == "roofs":
                changed = chosen.cells & (grid["albedo"].values < value - 1e-6)
                size = float(changed.sum() * city.spec.cell_area)
            else:
                changed = chosen.cells & ~(present(grid, name) >= value - 1e-6)  # NaN: not known, so changed
                size = float(wall_area(city, chosen).sum())
            self._refuse(changed, f"{int(chosen.cells.sum())} cells of {len(chosen.numbers)} buildings")
        before = grid[name].values if name in grid else present(grid, name)
        said, said_de = self._about_ageing()
        word, word_de = _WORDS[self.what]
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{quantity(size, 'm2')} of {word} made lighter, albedo {value:.2f}",
            title_de=f"{quantity(size, 'm2', 0, 'de')} {word_de} aufgehellt, Albedo {f'{value:.2f}'.replace('.', ',')}",
            footprint=footprint(city, shapes),
            changes=(name,),
            cost=self.cost,
            notes=(*notes, *said),
            notes_de=(*notes_de, *said_de),
        )
        return city.with_changes(grid=set_variables(grid, {name: np.where(changed, value, before)})), record

    def _refuse(self, changed: NDArray[np.bool_], there: str) -> None:
        if not changed.any():
            raise InputError(
                f"lighten: nothing there is darker than {self.lasting:.2f} and can be made lighter ({there}); "
                "give a higher albedo, or draw the area on dark pavement or buildings"
            )

    def _about_ageing(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        new, old = f"{self.albedo:.2f}", f"{self.lasting:.2f}"
        if not self.aged:
            return (f"albedo when new ({new}); weather takes off some of it",), (
                f"Albedo im Neuzustand ({new.replace('.', ',')}); Verwitterung nimmt einen Teil davon",
            )
        return (f"albedo {new} when new, {old} after three years (Title 24, 110.8(i))",), (
            f"Albedo neu {new.replace('.', ',')}, nach drei Jahren {old.replace('.', ',')} (Title 24, 110.8(i))",
        )


def lighten(
    what: str,
    area: AreaLike | None = None,
    buildings: Sequence[int] | None = None,
    *,
    albedo: float,
    aged: bool = True,
    cost: float | None = None,
) -> Lighten:
    """Make pavements, roofs or walls lighter; what is as light already stays.

    Parameters
    ----------
    what : {"ground", "roofs", "walls"}
        Ground: asphalt, paving and gravel in the area, streets among them.
    area : polygon in any form
        Where; for roofs and walls, around the buildings. Give this or `buildings`.
    buildings : sequence of int
        Numbers (`building_id`) for roofs and walls.
    albedo : float
        Of the new surface, 0.05 to 0.95: light coating of a street about 0.35, white roof 0.80.
    aged : bool
        Whether the models see it after three years of weather, see `aged_albedo`.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    Lighten

    Raises
    ------
    InputError
        If a value is out of range, or the place is not given once.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> lighten("ground", hamlet().spec.bounds, albedo=0.35).apply(hamlet())[1].title_de
    '2.560 m² Belag aufgehellt, Albedo 0,30'
    """
    if what not in KEPT:
        raise InputError(f"lighten: what is {what!r}; it is one of: {', '.join(KEPT)}")
    if what == "ground" and (area is None or buildings is not None):
        raise InputError("lighten: the ground needs area=, not buildings")
    where = None if area is None else read_area(area)
    numbers = None if what == "ground" else check_choice(where, buildings, "lighten")
    bright = check_share(albedo, "albedo", least=0.05)
    if bright > 0.95:
        raise InputError(f"albedo is {albedo!r}; nothing in a city reflects more than 0.95 of the sun")
    if not isinstance(aged, bool):
        raise InputError(f"aged is {aged!r}; it is either true or false")
    return Lighten(what, where, numbers, bright, aged, check_cost(cost, "lighten"))


def aged_albedo(albedo: float, what: str = "roofs") -> float:
    """Return the albedo after three years of weather.

    Parameters
    ----------
    albedo : float
        When new, 0 to 1; darker than 0.20 it stays.
    what : {"ground", "roofs", "walls"}
        Kind of surface.

    Notes
    -----
    ``0.20 + 0.65 (albedo - 0.20)``: California Title 24, Part 6 (2022), section 110.8(i), for coatings applied in
    place.

    Examples
    --------
    >>> round(aged_albedo(0.80), 2), aged_albedo(0.12)
    (0.59, 0.12)
    """
    return albedo if albedo <= SOILED else SOILED + KEPT[what] * (albedo - SOILED)
