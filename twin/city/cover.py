"""Land cover of a city from whichever source there is, roofs above it, and where each cell's class comes from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin import variables
from twin.city.city_model import land_cover_from_areas
from twin.city.gridspec import GridSpec
from twin.city.land_cover import LandCover, land_cover_from_osm, land_cover_from_records
from twin.city.surfaces import CODES
from twin.geometry.records import AreaRecords, CityJsonData, OsmData


def cover_ground(
    land_cover: OsmData | CityJsonData | AreaRecords | None,
    spec: GridSpec,
    roofs: NDArray[np.bool_],
    roads: OsmData | None = None,
) -> tuple[LandCover | None, NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the land cover as its source tells it, and the classes of a city with their origin.

    Parameters
    ----------
    land_cover : OsmData, CityJsonData, AreaRecords or None
        The source; without one, all open ground is assumed to be grass.
    spec : GridSpec
        The grid.
    roofs : (rows, columns) bool
        Cells on buildings.
    roads : OsmData, optional
        Painted above areas of a vector layer; the other sources have roads of their own.

    Returns
    -------
    cover : LandCover or None
    codes, source : (rows, columns) uint8
        Classes, roofs among them, and flags of `land_cover_source` in `twin.variables`.

    Examples
    --------
    >>> spec = GridSpec(0, 1, 1.0, 1, 2, "EPSG:25832")
    >>> [values.tolist() for values in cover_ground(None, spec, np.array([[True, False]]))[1:]]
    [[[3, 6]], [[4, 0]]]
    """
    if land_cover is None:
        cover = None
        codes, source = np.full(spec.shape, CODES["grass"], np.uint8), np.zeros(spec.shape, np.uint8)
    else:
        if isinstance(land_cover, OsmData):
            cover = land_cover_from_osm(land_cover, spec)
        elif isinstance(land_cover, CityJsonData):
            cover = land_cover_from_areas(land_cover, spec)
        else:
            cover = land_cover_from_records(land_cover, spec, roads=roads)
        codes, source = cover.cover.copy(), cover.source.copy()
    codes[roofs] = CODES["roof"]
    source[roofs] = variables.flag("land_cover_source", "building")
    return cover, codes, source
