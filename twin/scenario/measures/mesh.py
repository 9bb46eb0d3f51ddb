"""A planned building from a mesh file in place of what stands there: its roof has the shape that was drawn.

Buildings that it covers noticeably are pulled down whole, trees on its ground are felled, and the record says so. It
may not stand in water or on a road open to traffic, and must lie wholly on the grid.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.building_uses import STOREY_HEIGHT
from twin.city.buildings import FLOOR_AREA_PER_RESIDENT, LIVING_SHARE
from twin.city.city import City
from twin.errors import InputError
from twin.geometry.records import BuildingModels, SurfaceKind, Surfaces
from twin.scenario.areas import cells_inside
from twin.scenario.measures.measure import ROOF, WATER, carriageway, check_cost, emptied, footprint, set_variables
from twin.scenario.measures.replaced import notes_on, replaced_buildings
from twin.variables import flag

if TYPE_CHECKING:
    from twin.city.rasterize import FacetRaster
    from twin.compare.variant import MeasureRecord

_GRASS = 6


@dataclass(frozen=True)
class MeshBuilding:
    """A building from a mesh, see `mesh_building`; `models` is the mesh about its anchor, turned and in metres."""

    models: BuildingModels
    place: tuple[float, ...]
    use: str
    storeys: int | None = None
    residents: float | None = None
    cost: float | None = None
    kind: ClassVar[str] = "mesh_building"

    def apply(self, city: City) -> tuple[City, MeasureRecord]:
        """Return the city with the building, and the record of what it replaces."""
        from twin.city.mesh_buildings import outlines, stand_on_terrain
        from twin.city.rasterize import cover_fraction, paint_facets
        from twin.city.roofs import lowest_edges
        from twin.compare.variant import MeasureRecord

        spec, grid = city.spec, city.grid
        models = stand_on_terrain(self._placed(city), grid["ground_elevation"])
        outline = outlines(models)[0]
        inside = cells_inside(outline, spec)
        self._refuse(city, outline, inside)
        facets = np.arange(1, len(models.surfaces) + 1, dtype=np.int32)
        painted = paint_facets(models.surfaces, spec, select=models.surfaces.kind != SurfaceKind.WALL, labels=facets)
        roofed = inside & np.isfinite(painted.elevation)
        gone = replaced_buildings(city, outline)
        cleared = np.isin(grid["building_id"].values, gone.index) & ~roofed if len(gone) else np.zeros_like(inside)
        number = int(max([0, *city.buildings.index, grid["building_id"].values.max()])) + 1
        arrays = self._fields(city, painted, models.surfaces, roofed, cleared, number)
        share = grid["building_fraction"].values + cover_fraction([outline], spec)
        if len(gone):
            share = share - cover_fraction(list(gone.geometry), spec)
        arrays["building_fraction"] = np.clip(np.where(np.abs(share) < 1e-6, 0.0, share), 0.0, 1.0)
        base = float(models.surfaces.vertices[:, 2].min())
        eaves = float(lowest_edges(models.surfaces, 1, models.surfaces.kind == SurfaceKind.ROOF)[0]) - base
        row = self._row(city, outline, float(models.surfaces.vertices[:, 2].max()) - base, eaves, number)
        kept = city.buildings.drop(index=gone.index)
        buildings = pd.concat([kept, row]) if len(kept) else row
        trees = city.trees
        felled = trees.intersects(outline).to_numpy() if len(trees) else np.zeros(0, bool)
        if felled.any():
            trees = trees[~felled]
        changed = city.with_changes(grid=set_variables(grid, arrays), buildings=buildings, trees=trees)
        estimated = self.residents is None and self.use == "residential"
        notes, notes_de = notes_on(row, gone, int(felled.sum()), cleared, estimated)
        height = float(row["height"].iloc[0])
        name = self.models.buildings["name"].iloc[0]
        record = MeasureRecord(
            kind=self.kind,
            title_en=f"new building {name}, {outline.area:.0f} m², {height:.1f} m high",
            title_de=f"neues Gebäude {name}, {outline.area:.0f} m², {f'{height:.1f}'.replace('.', ',')} m hoch",
            footprint=footprint(city, [outline]),
            changes=(*arrays, "buildings", *(("trees",) if felled.any() else ())),
            cost=self.cost,
            notes=notes,
            notes_de=notes_de,
        )
        return changed, record

    def _placed(self, city: City) -> BuildingModels:
        """Return the mesh in the CRS of the city, its zero at the place."""
        from dataclasses import replace

        from twin.geometry.meshes import ABOVE_GROUND

        east, north, *elevation = self.place
        surfaces = self.models.surfaces
        shift = np.array([east, north, elevation[0] if elevation else -surfaces.vertices[:, 2].min()])
        return replace(
            self.models,
            surfaces=replace(surfaces, vertices=surfaces.vertices + shift),
            crs=city.spec.crs,
            vertical_datum=None if elevation else ABOVE_GROUND,
        )

    def _refuse(self, city: City, outline: Any, inside: NDArray[np.bool_]) -> None:
        spec, grid = city.spec, city.grid
        box = ", ".join(f"{value:.0f}" for value in outline.bounds)
        if not shapely.box(*spec.bounds).covers(outline):
            here = ", ".join(f"{value:.0f}" for value in spec.bounds)
            raise InputError(
                f"mesh_building: the building ({box}) reaches beyond the grid ({here}); it must lie on it wholly"
            )
        if not inside.any():
            raise InputError(
                f"mesh_building: the building ({outline.area:.0f} m²) holds no cell centre of {spec.resolution:g} m "
                "cells; use a finer grid"
            )
        if (grid["land_cover"].values[inside] == WATER).any():
            raise InputError("mesh_building: the building lies in water; move it to dry ground")
        if carriageway(city).intersection(outline).area > 1.0:
            raise InputError(
                "mesh_building: a road open to traffic runs through the building; move it or close the road"
            )

    def _fields(
        self,
        city: City,
        painted: FacetRaster,
        surfaces: Surfaces,
        roofed: NDArray[np.bool_],
        cleared: NDArray[np.bool_],
        number: int,
    ) -> dict[str, NDArray[Any]]:
        """Return the variables of the grid that change: roof where it stands, grass where others stood."""
        from twin.city.roofs import roof_planes
        from twin.city.surfaces import infiltration_class, surface_parameters

        grid = city.grid
        ground = grid["ground_elevation"].values
        codes = surface_parameters(np.asarray([ROOF, _GRASS]))
        arrays: dict[str, NDArray[Any]] = {}
        for name, values in codes.items():
            if name in grid:
                arrays[name] = np.where(roofed, values[0], np.where(cleared, values[1], grid[name].values))
        old = grid["surface_elevation"].values
        arrays["surface_elevation"] = np.where(
            roofed, np.fmax(painted.elevation, ground), np.where(cleared, ground, old)
        )
        arrays["building_id"] = np.where(roofed, number, np.where(cleared, 0, grid["building_id"].values))
        arrays["land_cover"] = np.where(roofed, ROOF, np.where(cleared, _GRASS, grid["land_cover"].values))
        for name in ("canopy_height", "canopy_base_height", "canopy_source"):
            if name in grid:
                arrays[name] = np.where(roofed, 0, grid[name].values)
        sealed, open_ground = infiltration_class(np.asarray([ROOF, _GRASS]), codes["infiltration_final_rate"])
        slope, aspect = roof_planes(surfaces, painted.label)
        new: dict[str, tuple[Any, float]] = {  # where it stands, and where others stood
            "roof_elevation": (np.fmax(painted.elevation, ground), np.nan),
            "roof_slope": (slope, np.nan),
            "roof_aspect": (aspect, np.nan),
            "green_roof_fraction": (0.0, 0.0),
            "infiltration_class": (sealed, open_ground),
            "building_source": (flag("building_source", "planned"), 0),
            "land_cover_source": (flag("land_cover_source", "planned"), flag("land_cover_source", "planned")),
        }
        for name, (here, gone) in new.items():
            if name in grid:
                arrays[name] = np.where(roofed, here, np.where(cleared, gone, grid[name].values))
        return arrays | emptied(grid, roofed | cleared)

    def _row(self, city: City, outline: Any, height: float, eaves: float, number: int) -> gpd.GeoDataFrame:
        storeys = self.storeys or max(1, int(height / STOREY_HEIGHT))
        living = self.use == "residential"
        people = outline.area * storeys * LIVING_SHARE / FLOOR_AREA_PER_RESIDENT if living else 0.0
        values = {
            "name": [self.models.buildings["name"].iloc[0]],
            "height": [height],
            "eaves_height": [eaves],
            "green_roof": [0.0],
            "source": ["planned"],
            "storeys": [float(storeys)],
            "use": [self.use],
            "residents": [people if self.residents is None else float(self.residents)],
            "residents_source": ["estimated from floor area" if self.residents is None else "planned"],
            "height_source": ["planned"],
            "storeys_source": ["estimated from the height" if self.storeys is None else "planned"],
            "on_grid": [True],
        }
        names = [name for name in values if name in city.buildings.columns or len(city.buildings) == 0]
        return gpd.GeoDataFrame(
            {name: values[name] for name in names},
            geometry=[outline],
            index=pd.Index([number], name=city.buildings.index.name),
            crs=city.spec.crs,
        )


def mesh_building(
    file: str | os.PathLike[str],
    place: Sequence[float],
    rotation: float = 0.0,
    scale: float = 1.0,
    up: Literal["y", "z"] | None = None,
    anchor: Literal["origin", "centre"] = "centre",
    use: str = "residential",
    storeys: int | None = None,
    *,
    residents: float | None = None,
    name: str | None = None,
    cost: float | None = None,
) -> MeshBuilding:
    """Put a planned building from a mesh file into the city, in place of what stands there.

    Parameters
    ----------
    file : path
        OBJ, glTF, STL or PLY, read by `twin.geometry.read_mesh`.
    place : (easting, northing) or (easting, northing, elevation)
        Where the anchor comes to stand, m, in the city's CRS. Without an elevation the building's lowest point comes
        to the mean elevation of the ground under it.
    rotation : float
        Degrees, clockwise seen from above.
    scale : float
        Metres in one unit of the file.
    up : {"y", "z"}, optional
        The axis of the file that points up, if not the usual one of its format.
    anchor : {"origin", "centre"}
        What is placed: the origin of the file's coordinates or the centre of the building.
    use : str
        ``"residential"`` brings residents; any other word does not.
    storeys : int, optional
        Storeys above ground; one for each full 3 m unless given.
    residents : float, optional
        Residents; from the floor area unless given.
    name : str, optional
        What the building is called; the file's name without it.
    cost : float, optional
        Cost of the measure in euro.

    Returns
    -------
    MeshBuilding

    Raises
    ------
    InputError, DataError
        If a value is out of range or the file cannot be used.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from twin.scenario.hamlet import LEFT, TOP, hamlet
    >>> barn = "v 0 0 0\\nv 16 0 0\\nv 16 0 12\\nv 0 0 12\\nv 0 6 6\\nv 16 6 6\\n"
    >>> barn += "f 1 2 6 5\\nf 3 4 5 6\\nf 1 5 4\\nf 2 3 6\\nf 1 4 3 2\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "barn.obj"
    ...     _ = path.write_text(barn)
    ...     measure = mesh_building(path, (LEFT + 140, TOP - 30), use="barn")
    >>> city, record = measure.apply(hamlet(2.0))
    >>> record.title_en, len(city.buildings)
    ('new building barn, 192 m², 6.0 m high', 5)
    """
    from twin.geometry.mesh_place import checked_place
    from twin.geometry.meshes import read_mesh

    spot, elevation = checked_place(place)
    if spot is None:
        raise InputError("mesh_building: place is missing; give (easting, northing) in the city's CRS")
    if storeys is not None and (isinstance(storeys, bool) or not isinstance(storeys, int) or not 1 <= storeys <= 200):
        raise InputError(f"storeys is {storeys!r}; it must be a whole number from 1 to 200")
    if not isinstance(use, str) or not use:
        raise InputError(f"use is {use!r}; write a word such as 'residential' or 'school'")
    if residents is not None and not 0 <= residents <= 100_000:
        raise InputError(f"residents is {residents!r}; it must lie between 0 and 100000")
    models = read_mesh(file, rotation=rotation, scale=scale, up=up, anchor=anchor, name=name)
    if np.abs(models.surfaces.vertices[:, :2]).max() > 10_000.0 or len(models.buildings) != 1:
        raise InputError(
            f"{file} holds coordinates of a CRS or several buildings; a mesh that is placed must lie near its origin"
        )
    return MeshBuilding(
        models=models,
        place=(*spot, *(() if elevation is None else (elevation,))),
        use=use,
        storeys=storeys,
        residents=residents,
        cost=check_cost(cost, "mesh_building"),
    )
