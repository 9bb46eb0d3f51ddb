"""Buildings from meshes among the others of a city: put on the terrain, joined with a 3-D city model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin.city.gridspec import GridSpec, same_crs
from twin.city.rasterize import paint_polygons
from twin.errors import DataError, InputError
from twin.geometry.building_models import concatenate_models
from twin.geometry.meshes import ABOVE_GROUND
from twin.geometry.records import BuildingModels, SurfaceKind
from twin.geometry.surfaces import select


def stand_on_terrain(models: BuildingModels, terrain: xr.DataArray, *, datum: str | None = None) -> BuildingModels:
    """Put buildings whose heights count from the ground on the terrain; models with elevations are returned as given.

    A building's zero comes to the mean elevation of the cells whose centres it covers: a level floor on a slope is half
    dug in.

    Parameters
    ----------
    models : BuildingModels
        From `twin.geometry.read_mesh`, in the CRS of the terrain.
    terrain : xr.DataArray
        Ground elevation on a regular grid, m, (y, x) with a CRS, such as ``city.grid.ground_elevation``.
    datum : str, optional
        The terrain's vertical datum; what its attributes say without it.

    Returns
    -------
    BuildingModels

    Raises
    ------
    InputError
        If CRSs differ or the models name none.
    DataError
        If the terrain is not known under a building.

    Examples
    --------
    >>> import pandas as pd
    >>> from twin.geometry.records import ReadReport, Surfaces
    >>> spec = GridSpec(500000, 5500020, 10.0, 2, 2, "EPSG:25832")
    >>> hill = xr.DataArray([[10.0, 20], [30, 40]], spec.coordinates(), ("y", "x"))
    >>> roof = Surfaces(np.array([[500001, 5500001, 6.0], [500019, 5500001, 6], [500019, 5500019, 6]]),
    ...     np.array([0, 3]), np.array([0, 1]), np.array([1], np.uint8), np.array([0], np.int32))
    >>> house = BuildingModels(pd.DataFrame({"id": ["h"]}), roof, spec.crs, "above ground", None, ReadReport("h"))
    >>> round(float(stand_on_terrain(house, hill).surfaces.vertices[0, 2]), 2)  # on two or three cells of the four
    36.0
    """
    if models.vertical_datum != ABOVE_GROUND:
        return models
    spec = GridSpec.from_dataset(terrain)
    if models.crs is None or not same_crs(models.crs, spec.crs):
        named = "no CRS" if models.crs is None else models.crs.name
        raise InputError(f"the mesh is in {named}, the terrain in {spec.crs.name}; place it in the city's CRS")
    ground = np.asarray(terrain.values, np.float64)
    level = np.array([_level(outline, ground, spec, models, row) for row, outline in enumerate(outlines(models))])
    facet = np.repeat(models.surfaces.building, np.diff(models.surfaces.polygon_start))
    rise = level[np.repeat(facet, np.diff(models.surfaces.ring_start))]
    vertices = models.surfaces.vertices + np.column_stack([np.zeros(len(rise)), np.zeros(len(rise)), rise])
    system = datum or terrain.attrs.get("vertical_datum")
    told = ", ".join(f"{value:.2f} m" for value in level[:5])
    report = replace(models.report, notes=(*models.report.notes, f"put on the terrain at {told}"))
    return replace(models, surfaces=replace(models.surfaces, vertices=vertices), vertical_datum=system, report=report)


def with_meshes(
    models: BuildingModels | None, meshes: Sequence[BuildingModels], terrain: xr.DataArray
) -> BuildingModels:
    """Join buildings from meshes to those of a 3-D city model.

    Parameters
    ----------
    models : BuildingModels or None
        The city model, None if there is none.
    meshes : sequence of BuildingModels
        From `twin.geometry.read_mesh`; those without an elevation are put on the terrain, the others are taken to be
        in the vertical datum of the model.
    terrain : xr.DataArray
        Ground elevation on a regular grid, m, in the CRS of the model.

    Returns
    -------
    BuildingModels

    Raises
    ------
    InputError
        If there is nothing to join, or CRSs differ.
    DataError
        If the terrain is not known under a building.

    Examples
    --------
    >>> with_meshes(None, [], xr.DataArray(0.0))
    Traceback (most recent call last):
    twin.errors.InputError: there are no building models to join
    """
    datum = models.vertical_datum if models is not None else terrain.attrs.get("vertical_datum")
    standing = [stand_on_terrain(mesh, terrain, datum=datum) for mesh in meshes]
    standing = [replace(mesh, vertical_datum=datum) for mesh in standing]
    return concatenate_models([*([models] if models is not None else []), *standing])


def outlines(models: BuildingModels) -> list[Any]:
    """Return the ground that each building covers: its facets seen from above, as one polygon or several.

    Examples
    --------
    >>> import pandas as pd
    >>> from twin.geometry.records import ReadReport
    >>> from twin.geometry.surfaces import no_surfaces
    >>> outlines(BuildingModels(pd.DataFrame({"id": []}), no_surfaces(), None, None, None, ReadReport("none")))
    []
    """
    surfaces = models.surfaces
    count = len(models.buildings)
    flat = select(surfaces, surfaces.kind != SurfaceKind.WALL)
    size = np.diff(flat.ring_start)
    rings: Any = shapely.linearrings(flat.vertices[:, :2], indices=np.repeat(np.arange(len(size)), size))
    owner = np.repeat(np.arange(len(flat)), np.diff(flat.polygon_start))
    facets: Any = shapely.make_valid(shapely.polygons(rings, indices=owner)) if len(flat) else np.zeros(0, object)
    shapes: list[Any] = []
    for row in range(count):
        union = shapely.union_all(facets[flat.building == row])
        areal = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
        shapes.append(areal[0] if len(areal) == 1 else shapely.MultiPolygon(areal))
    return shapes


def _level(outline: Any, ground: NDArray[np.float64], spec: GridSpec, models: BuildingModels, row: int) -> float:
    name = models.buildings["id"].iloc[row]
    if outline.is_empty:
        raise DataError(f"building {name!r} covers no ground; it cannot be put on the terrain: give its elevation")
    under = ground[paint_polygons([outline], [1], spec) == 1]
    if len(under) == 0:  # narrower than a cell: the cell it stands in
        point = shapely.point_on_surface(outline)
        column, line = int((point.x - spec.left) // spec.resolution), int((spec.top - point.y) // spec.resolution)
        if 0 <= column < spec.columns and 0 <= line < spec.rows:
            under = ground[line : line + 1, column]
    known = under[np.isfinite(under)]
    if len(known) == 0:
        box = ", ".join(f"{value:.0f}" for value in outline.bounds)
        raise DataError(
            f"the terrain is not known under building {name!r} ({box}); move it onto the grid or give its elevation"
        )
    return float(known.mean())
