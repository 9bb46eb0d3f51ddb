"""Ground elevation of a city: from an elevation model, or from the ground surfaces of a city model where there is none.

Gaps stay empty unless they are to be filled; every cell says in `ground_source` where its elevation comes from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.caveats import about_model_terrain, about_terrain, about_terrain_fill
from twin.city.city import Caveat
from twin.city.city_model import terrain_from_model
from twin.city.gap_filling import fill_gaps
from twin.city.gridspec import GridSpec
from twin.city.model_terrain import terrain_from_buildings
from twin.city.terrain import check_range, onto_grid
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, CityJsonData


@dataclass(frozen=True)
class Ground:
    """The ground of a city.

    values : (rows, columns) float64, m; NaN where nothing is known
    how : how they were made, in words
    source : (rows, columns) uint8, flags of `ground_source` in `twin.variables`
    vertical_datum : of the elevations, None if unknown
    caveats : what is coarse, missing or filled
    """

    values: NDArray[np.float64]
    how: str
    source: NDArray[np.uint8]
    vertical_datum: str | None
    caveats: tuple[Caveat, ...]


def place_ground(
    terrain: xr.DataArray | None,
    spec: GridSpec,
    *,
    model: BuildingModels | CityJsonData | None = None,
    fill: float = 0.0,
) -> Ground:
    """Put the ground on a grid.

    Parameters
    ----------
    terrain : xr.DataArray or None
        Ground elevation, m, in any CRS. A coordinate `ground_source` on its cells, as `terrain_from_buildings` sets it,
        is kept where it is copied.
    spec : GridSpec
        The grid.
    model : BuildingModels or CityJsonData, optional
        City model in the CRS of `spec`, whose ground serves where there is no terrain.
    fill : float
        Fill gaps up to this distance from known ground, m; 0 fills none.

    Returns
    -------
    Ground

    Raises
    ------
    InputError
        If there is neither terrain nor a model, or `fill` is negative or not finite.
    DataError
        If the terrain does not reach the grid, or holds impossible values.

    Examples
    --------
    >>> spec = GridSpec(0, 1, 1.0, 1, 3, "EPSG:25832")
    >>> terrain = xr.DataArray([[10.0, np.nan, np.nan]], spec.coordinates(), ("y", "x"))
    >>> ground = place_ground(terrain, spec, fill=1.0)
    >>> ground.values.tolist(), ground.source.tolist()
    ([[10.0, 10.0, nan]], [[1, 2, 0]])
    """
    if not (math.isfinite(fill) and fill >= 0):
        raise InputError(f"fill_terrain is {fill!r} m; it must be a distance of 0 m or more")
    if terrain is None:
        if isinstance(model, CityJsonData):
            terrain = _model_terrain(model, spec)
        elif model is not None:
            terrain = terrain_from_buildings(model, spec)
        else:
            raise InputError(
                "the city has no terrain: give terrain=, or buildings= of a 3-D city model with ground surfaces"
            )
    field = onto_grid(terrain, spec, what="terrain")
    check_range(field.values, "ground_elevation", "terrain", spec)
    source = _source(terrain, field.how, spec)
    values, how = field.values, field.how
    empty = np.isnan(values)
    source[empty] = variables.flag("ground_source", "missing")
    gaps = list(about_model_terrain(terrain))
    if fill > 0 and empty.any():
        values, filled = fill_gaps(values, spec.resolution, fill)
        source[filled] = variables.flag("ground_source", "interpolated")
        gaps += about_terrain_fill(float(filled.mean()), fill)
        if filled.any():
            how = f"{how}; gaps filled up to {fill:g} m"
    found = about_terrain(type(field)(values, how, field.spacing), spec)
    return Ground(values, how, source, terrain.attrs.get("vertical_datum"), (*found, *gaps))


def _model_terrain(model: CityJsonData, spec: GridSpec) -> xr.DataArray:
    """Relief and areas of a city model are better ground than its buildings, which serve where there are none."""
    try:
        return terrain_from_model(model, spec)
    except DataError as error:
        try:
            return terrain_from_buildings(model.buildings, spec)
        except DataError:
            raise error from None


def _source(terrain: xr.DataArray, how: str, spec: GridSpec) -> NDArray[np.uint8]:
    model = "city_model" in terrain.attrs
    flag = variables.flag("ground_source", "city_model" if model else "elevation_model")
    if "ground_source" in terrain.coords and how == "copied":
        told = terrain["ground_source"].reset_coords(drop=True)
        near = told.reindex(
            y=spec.y, x=spec.x, method="nearest", tolerance=0.01 * spec.resolution, fill_value=np.uint8(0)
        )
        return np.array(near.values, np.uint8)
    return np.full(spec.shape, flag, np.uint8)
