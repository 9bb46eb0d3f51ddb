"""What a new building displaces: which standing ones it replaces, and the words that say so."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from twin.city.city import City

TOUCHED = 0.1
"""Share of a standing building that may be covered before it counts as replaced: outlines differ by that much."""


def replaced_buildings(city: City, outline: Any) -> gpd.GeoDataFrame:
    """Return the standing buildings of which more than a tenth lies under the new one."""
    if len(city.buildings) == 0:
        return city.buildings
    shared = city.buildings.geometry.intersection(outline).area
    return city.buildings[(shared > TOUCHED * city.buildings.geometry.area) & (shared > 0)]


def notes_on(
    row: gpd.GeoDataFrame, gone: gpd.GeoDataFrame, felled: int, cleared: NDArray[np.bool_], estimated: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say in English and German what a new building brings and displaces; `estimated`: its residents are."""
    notes, notes_de = [], []
    if estimated and "residents" in row:
        people = float(row["residents"].iloc[0])
        notes.append(f"{people:.0f} residents, assumed from floor area")
        notes_de.append(f"{people:.0f} Einwohner, aus der Geschossfläche geschätzt")
    if len(gone):
        numbers = ", ".join(str(number) for number in gone.index[:5]) + (", …" if len(gone) > 5 else "")
        lost = float(gone["residents"].sum()) if "residents" in gone else 0.0
        notes.append(f"{len(gone)} buildings pulled down (number {numbers}) with {lost:.0f} residents")
        notes_de.append(f"{len(gone)} Gebäude abgerissen (Nummer {numbers}) mit {lost:.0f} Einwohnern")
    if cleared.any():
        notes.append("grass is assumed where they stood and the new building does not")
        notes_de.append("wo sie standen und der Neubau nicht steht, wird Rasen angenommen")
    if felled:
        notes.append(f"{felled} trees felled")
        notes_de.append(f"{felled} Bäume gefällt")
    return tuple(notes), tuple(notes_de)
