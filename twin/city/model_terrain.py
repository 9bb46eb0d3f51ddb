"""Terrain from the ground surfaces of buildings, for towns whose 3-D city model is all there is.

Ground surfaces are level and lie at the lowest ground of a building, so that such terrain is too low on slopes; between
buildings it is a guess. The city says so.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin import variables
from twin.city.gap_filling import interpolate_between
from twin.city.gridspec import GridSpec, same_crs
from twin.city.polygons import to_cells
from twin.city.rasterize import paint_facets
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, SurfaceKind
from twin.geometry.surfaces import select

FURTHEST_GROUND = 250.0
"""Cells further than this (m) from any ground surface stay empty."""


def terrain_from_buildings(models: BuildingModels, spec: GridSpec) -> xr.DataArray:
    """Return ground elevations interpolated between the ground surfaces of buildings.

    Under a building its ground surface counts, elsewhere triangles between the corners of ground surfaces, beyond them
    the nearest corner.

    Parameters
    ----------
    models : BuildingModels
        In the CRS of `spec`. Buildings beyond the grid serve as well.
    spec : GridSpec
        The grid.

    Returns
    -------
    xr.DataArray
        (y, x), m; NaN further than `FURTHEST_GROUND` from any ground surface. The coordinate `ground_source` tells
        cells on ground surfaces from interpolated ones.

    Raises
    ------
    InputError
        If the model is in another CRS.
    DataError
        If it has no ground surface near the grid.

    Examples
    --------
    >>> from twin.city.samples import sample_folder
    >>> from twin.geometry import read_citygml
    >>> models = read_citygml(sample_folder("tiergarten") / "lod2_3890_5819.gml.gz")
    >>> spec = GridSpec(389780, 5820034, 10.0, 10, 10, "EPSG:25833")  # the Reichstag, on ground at 34 to 35 m
    >>> float(terrain_from_buildings(models, spec).max()) < 36
    True
    """
    from scipy.ndimage import distance_transform_edt

    if models.crs is not None and not same_crs(models.crs, spec.crs):
        raise InputError(
            f"{models.report.source} is in {models.crs.name}, the grid in {spec.crs.name}; "
            "give the grid the CRS of the model"
        )
    ground = select(models.surfaces, np.asarray(models.surfaces.kind == SurfaceKind.GROUND, bool))
    xmin, ymin, xmax, ymax = spec.bounds
    corners = ground.vertices
    near = (corners[:, 0] > xmin - FURTHEST_GROUND) & (corners[:, 0] < xmax + FURTHEST_GROUND)
    near &= (corners[:, 1] > ymin - FURTHEST_GROUND) & (corners[:, 1] < ymax + FURTHEST_GROUND)
    corners = corners[near]
    if len(corners) == 0:
        raise DataError(
            f"{models.report.source} has no ground surface on or near the grid {spec.bounds}; give the city an "
            "elevation model (terrain)"
        )
    # of several elevations at one place the lowest counts
    order = np.lexsort((corners[:, 2], corners[:, 1], corners[:, 0]))
    corners = corners[order]
    first = np.ones(len(corners), bool)
    first[1:] = (corners[1:, :2] != corners[:-1, :2]).any(axis=1)
    corners = corners[first]
    painted = paint_facets(ground, spec).elevation
    source = np.where(np.isnan(painted), np.uint8(0), np.uint8(variables.flag("ground_source", "city_model")))

    # corners beyond the grid count for the distance, so the raster of distances is wider than the grid
    margin = int(np.ceil(FURTHEST_GROUND / spec.resolution))
    known = np.zeros((spec.rows + 2 * margin, spec.columns + 2 * margin), bool)
    known[margin : margin + spec.rows, margin : margin + spec.columns] = ~np.isnan(painted)
    u, v = to_cells(corners[:, :2], spec)
    row = np.clip(np.floor(v).astype(np.int64) + margin, 0, known.shape[0] - 1)
    column = np.clip(np.floor(u).astype(np.int64) + margin, 0, known.shape[1] - 1)
    known[row, column] = True
    away = distance_transform_edt(~known, sampling=spec.resolution)[margin:-margin, margin:-margin]
    wanted = np.isnan(painted) & (away <= FURTHEST_GROUND)
    del away, known
    down, right = np.nonzero(wanted)
    places = np.column_stack([spec.x[right], spec.y[down]])
    heights = interpolate_between(corners[:, :2], corners[:, 2], places)
    beyond = np.isnan(heights)
    if beyond.any():
        from scipy.spatial import cKDTree

        heights[beyond] = corners[cKDTree(corners[:, :2]).query(places[beyond])[1], 2]
    painted[down, right] = heights
    source[down, right] = variables.flag("ground_source", "city_model_interpolated")
    coordinates = spec.coordinates()
    attributes = {"city_model": "buildings", "filled_share": float(wanted.mean())}
    if models.vertical_datum:
        attributes["vertical_datum"] = models.vertical_datum
    return xr.DataArray(painted, coordinates, ("y", "x"), attrs=attributes).assign_coords(
        ground_source=(("y", "x"), source)
    )
