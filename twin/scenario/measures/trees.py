"""Planting trees: on a lattice in an area, or at given points, of a given size or as a species is after some years.

A place on a roof, on a road open to traffic, in water or under an existing crown is left out, and the record says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import InputError
from twin.scenario.areas import Area, AreaLike, read_area, refuse_outside
from twin.scenario.measures.measure import (
    ROOF,
    WATER,
    carriageway,
    check_cost,
    check_share,
    footprint,
    present,
    set_variables,
)
from twin.scenario.measures.tree_growth import find_species, tree_size
from twin.units import Quantity, to_si
from twin.variables import flag

if TYPE_CHECKING:
    from twin.compare.variant import MeasureRecord


@dataclass(frozen=True)
class PlantTrees:
    """Trees of one size, see `plant_trees`; lengths in m, time in years."""

    area: Area | None
    points: Area | None
    spacing: float
    height: float
    crown_diameter: float
    base_height: float
    cost: float | None = None
    species: str | None = None
    years_after_planting: float | None = None
    transmissivity: float | None = None
    kind: ClassVar[str] = "plant_trees"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the trees, and the record of how many found a place.

        Raises
        ------
        InputError
            If the area lies off the grid or no tree finds a place.
        """
        from twin.city.trees import stamp_crowns
        from twin.compare.variant import MeasureRecord

        spec = city.spec
        places = self._places(city)
        reasons = _obstacles(city, places)
        planted = places[reasons == ""]
        if len(planted) == 0:
            raise InputError(
                f"plant_trees finds no place among {len(places)}: {_counted(reasons, _EN)}; "
                "draw the area on open ground"
            )
        columns: dict[str, object] = {
            "height": self.height,
            "crown_diameter": self.crown_diameter,
            "source": "planned",
        }
        known = {"crown_base_height": self.base_height, "species": self.species}
        columns |= {name: value for name, value in known.items() if name in city.trees and value is not None}
        trees = gpd.GeoDataFrame(
            columns,
            geometry=gpd.points_from_xy(planted[:, 0], planted[:, 1]),
            crs=spec.crs,
            index=np.arange(len(planted)),
        )
        top, base = stamp_crowns(city.grid, planted, self.height, self.crown_diameter, self.base_height)
        arrays = {"canopy_height": top.values, "canopy_base_height": base.values}
        higher = top.values > np.nan_to_num(city.grid["canopy_height"].values)
        if self.transmissivity is not None or "canopy_transmissivity" in city.grid:
            through = np.nan if self.transmissivity is None else self.transmissivity
            arrays["canopy_transmissivity"] = np.where(higher, through, present(city.grid, "canopy_transmissivity"))
        if "canopy_source" in city.grid:
            planned = np.uint8(flag("canopy_source", "planned"))
            arrays["canopy_source"] = np.where(higher, planned, city.grid["canopy_source"].values)
        grid = set_variables(city.grid, arrays)
        table = trees if len(city.trees) == 0 else pd.concat([city.trees, trees], ignore_index=True)
        changed = city.with_changes(grid=grid, trees=table)
        left_out = int((reasons != "").sum())
        notes = (f"{left_out} of {len(places)} places left out: {_counted(reasons, _EN)}",) if left_out else ()
        notes_de = (f"{left_out} von {len(places)} Plätzen entfallen: {_counted(reasons, _DE)}",) if left_out else ()
        grown, grown_de = self._about_growth()
        what, what_de = self._what()
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"{len(planted)} trees{what}, {_tidy(self.height)} m high, "
            f"crowns of {_tidy(self.crown_diameter)} m",
            title_de=f"{len(planted)} Bäume{what_de}, {_tidy(self.height)} m hoch, Kronen von "
            f"{_tidy(self.crown_diameter)} m".replace(".", ","),
            footprint=footprint(city, trees.geometry.buffer(self.crown_diameter / 2.0)),
            changes=(*arrays, "trees"),
            cost=self.cost,
            notes=(*notes, *grown),
            notes_de=(*notes_de, *grown_de),
        )
        return changed, record

    def _what(self) -> tuple[str, str]:
        if self.species is None:
            return "", ""
        row = find_species(self.species)
        if self.years_after_planting is None:
            return f" ({row.label_en})", f" ({row.label_de})"
        years = f"{self.years_after_planting:g}"
        return (
            f" ({row.label_en}, {years} years after planting)",
            f" ({row.label_de}, {years} Jahre nach der Pflanzung)",
        )

    def _about_growth(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Say where size and light come from, as far as they were not given."""
        notes, notes_de = [], []
        if self.species is not None and self.years_after_planting is not None:
            keys = find_species(self.species).sources
            words = {"stem": "Stamm", "crown": "Krone", "height": "Höhe"}
            cited, cited_de = (
                "; ".join(f"{word}: {keys[key]}" for key, word in pairs)
                for pairs in (tuple((key, key) for key in words), tuple(words.items()))
            )
            notes.append(f"size from growth of street trees ({cited}); single trees differ by a third and more")
            notes_de.append(
                f"Größe aus dem Wachstum von Straßenbäumen ({cited_de}); einzelne Bäume weichen um ein Drittel und "
                "mehr ab"
            )
        if self.transmissivity is not None:
            share = f"{self.transmissivity * 100:.0f}"
            notes.append(f"{share} % of direct sun passes the crowns in leaf")
            notes_de.append(f"{share} % der direkten Sonne gehen durch die belaubten Kronen")
        return tuple(notes), tuple(notes_de)

    def _places(self, city: City) -> NDArray[np.float64]:
        spec = city.spec
        if self.points is not None:
            geometry = self.points.within(spec.crs)
            refuse_outside(geometry, spec, "plant_trees: points")
            return shapely.get_coordinates(geometry)
        assert self.area is not None
        geometry = self.area.within(spec.crs)
        refuse_outside(geometry, spec, "plant_trees: area")
        xmin, ymin, xmax, ymax = shapely.intersection(geometry, shapely.box(*spec.bounds)).bounds
        # centred on the area, so that a mirrored area gets mirrored trees
        x, y = (_lattice(low, high, self.spacing) for low, high in ((xmin, xmax), (ymin, ymax)))
        grid_x, grid_y = np.meshgrid(x, y[::-1])
        shapely.prepare(geometry)
        inside = shapely.contains_xy(geometry, grid_x, grid_y)
        if not inside.any():
            raise InputError(
                f"plant_trees: no tree fits the area ({geometry.area:.0f} m²) at a spacing of {self.spacing:g} m; "
                "give a smaller spacing, a larger area or points"
            )
        return np.column_stack([grid_x[inside], grid_y[inside]])


def plant_trees(
    area: AreaLike | None = None,
    points: AreaLike | None = None,
    *,
    spacing: Quantity = "8 m",
    height: Quantity | None = None,
    crown_diameter: Quantity | None = None,
    base_height: Quantity | None = None,
    species: str | None = None,
    years_after_planting: float | None = None,
    transmissivity: float | None = None,
    cost: float | None = None,
) -> PlantTrees:
    """Plant trees of one size on a square lattice in an area, or at given points.

    Parameters
    ----------
    area : shapely polygon, bounds, GeoJSON, GeoDataFrame or path
        Where to plant; trees stand `spacing` apart. Give this or `points`.
    points : shapely points, (n, 2) coordinates, GeoJSON, GeoDataFrame or path
        Where each tree stands.
    spacing : number (m) or text
        Distance between neighbours, 1 to 100 m.
    height : number (m) or text, optional
        Height of the tree, 1 to 60 m; 10 m unless it follows from species and years.
    crown_diameter : number (m) or text, optional
        Width of the crown, 0.5 to 40 m; 6 m unless it follows from species and years.
    base_height : number (m) or text, optional
        Height of the crown's lower edge; a quarter of the height unless given.
    species : str, optional
        See `twin.scenario.measures.tree_growth.SPECIES`: gives size with `years_after_planting`, and the light through
        the crown where that was measured.
    years_after_planting : float, optional
        0 to 60; the size is that of a street tree of the species after so long, see
        `twin.scenario.measures.tree_growth.tree_size`. A height or crown given holds.
    transmissivity : float, optional
        Share of direct sun that passes the crown in leaf, 0 to 1; without it, that of the species, or else the heat
        model's own by season.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    PlantTrees

    Raises
    ------
    InputError
        If neither or both of area and points are given, a size is out of range, or species and years do not give one.

    Examples
    --------
    >>> plant_trees((0, 0, 40, 40), spacing="8 m", height=12, crown_diameter=7).base_height
    3.0
    >>> lime = plant_trees((0, 0, 40, 40), species="Tilia cordata", years_after_planting=30)
    >>> round(lime.height, 1), round(lime.crown_diameter, 1)
    (15.1, 9.4)
    """
    if (area is None) == (points is None):
        raise InputError("plant_trees needs either area= or points=, one of the two")
    row = None if species is None else find_species(species)
    if years_after_planting is not None and row is None:
        raise InputError("plant_trees: years_after_planting needs a species, such as species='Tilia cordata'")
    if row is not None and years_after_planting is None and (height is None or crown_diameter is None):
        raise InputError(
            f"plant_trees: how large is {row.name}? give years_after_planting (0 to 60), or height and crown_diameter"
        )
    if row is not None and years_after_planting is not None:
        size = tree_size(row.name, years_after_planting)
        height = size.height if height is None else height
        crown_diameter = size.crown_diameter if crown_diameter is None else crown_diameter
    tall = to_si(10.0 if height is None else height, "m", name="height", minimum=1.0, maximum=60.0)
    base = tall / 4.0 if base_height is None else to_si(base_height, "m", name="base_height", minimum=0.0)
    if base >= tall:
        raise InputError(f"base_height is {base:g} m; it must lie below the height of {tall:g} m")
    if transmissivity is None and row is not None:
        transmissivity = row.transmissivity
    return PlantTrees(
        area=None if area is None else read_area(area),
        points=None if points is None else read_area(points, name="points", kind="point"),
        spacing=to_si(spacing, "m", name="spacing", minimum=1.0, maximum=100.0),
        height=tall,
        crown_diameter=to_si(
            6.0 if crown_diameter is None else crown_diameter, "m", name="crown_diameter", minimum=0.5, maximum=40.0
        ),
        base_height=base,
        cost=check_cost(cost, "plant_trees"),
        species=None if row is None else row.name,
        years_after_planting=None if years_after_planting is None else float(years_after_planting),
        transmissivity=None if transmissivity is None else check_share(transmissivity, "transmissivity"),
    )


_EN = {
    "outside": "outside the grid",
    "roof": "on roofs",
    "water": "in water",
    "crown": "under existing crowns",
    "road": "on roads",
}
_DE = {
    "outside": "außerhalb des Rasters",
    "roof": "auf Dächern",
    "water": "im Wasser",
    "crown": "unter vorhandenen Kronen",
    "road": "auf Straßen",
}


def _obstacles(city: City, places: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return why each place cannot take a tree, "" where it can."""
    spec = city.spec
    xmin, ymin, xmax, ymax = spec.bounds
    x, y = places[:, 0], places[:, 1]
    reasons = np.full(len(places), "", dtype="<U8")
    here = (x >= xmin) & (x < xmax) & (y > ymin) & (y <= ymax)
    reasons[~here] = "outside"
    columns = np.clip(((x - xmin) / spec.resolution).astype(int), 0, spec.columns - 1)
    rows = np.clip(((ymax - y) / spec.resolution).astype(int), 0, spec.rows - 1)
    cover = city.grid["land_cover"].values[rows, columns]
    road = carriageway(city)
    shapely.prepare(road)
    for reason, blocked in (
        ("roof", (cover == ROOF) | (city.grid["building_id"].values[rows, columns] > 0)),
        ("water", cover == WATER),
        ("crown", np.nan_to_num(city.grid["canopy_height"].values[rows, columns]) > 0),
        ("road", shapely.intersects_xy(road, x, y)),
    ):
        reasons[(reasons == "") & blocked] = reason
    return reasons


def _tidy(length: float) -> str:
    return f"{round(length, 1):g}"


def _counted(reasons: NDArray[np.str_], words: dict[str, str]) -> str:
    return ", ".join(f"{(reasons == key).sum()} {words[key]}" for key in words if (reasons == key).any())


def _lattice(low: float, high: float, spacing: float) -> NDArray[np.float64]:
    count = max(1, int((high - low) / spacing))
    return np.asarray((low + high) / 2.0 + (np.arange(count) - (count - 1) / 2.0) * spacing, dtype=np.float64)
