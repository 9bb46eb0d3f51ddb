"""Terrain and land cover from a CityJSON city model, for towns whose model is all there is.

A model's ground is as fine as its triangles and was made for display: the city says so. Terrain comes from the model's
relief, or, if it has none, from its roads, land use and waters, where these carry elevations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from twin import variables
from twin.city.gridspec import GridSpec, same_crs
from twin.city.land_cover import YARD_SEALED, LandCover
from twin.city.rasterize import paint_facets, paint_polygons
from twin.city.surfaces import CODES
from twin.errors import DataError, InputError
from twin.geometry.records import CityJsonData, Surfaces
from twin.geometry.surfaces import polygon_normals, select

GROUND_CLASSES = ("LandUse", "WaterBody", "WaterSurface", "Waterway", "Railway", "Track", "Road", "Square",
                  "TransportSquare")  # fmt: skip
"""City objects whose surfaces are ground: no bridges, and no plants, whose surfaces may follow the crowns of trees."""

FURTHEST_FILL = 100.0
"""Cells further than this (m) from ground that the model shows stay empty; nearer ones take the nearest elevation."""

CLASS_COVER = {
    "LandUse": "grass",
    "PlantCover": "grass",
    "WaterBody": "water",
    "WaterSurface": "water",
    "Waterway": "water",
    "Railway": "gravel",
    "Track": "gravel",
    "Road": "asphalt",
    "Square": "paving",
    "TransportSquare": "paving",
    "Bridge": "asphalt",
}
"""Land cover of a class of city objects where its attributes say nothing; later ones are painted over earlier ones."""

WORD_COVER = {
    # Dutch topography BGT/IMGeo: physical appearance of terrain and roads
    "gesloten verharding": "asphalt",
    "open verharding": "paving",
    "half verhard": "gravel",
    "onverhard": "bare_soil",
    "erf": "yard",
    "zand": "bare_soil",
    "duin": "bare_soil",
    "groenvoorziening": "grass",
    "gras- en kruidachtigen": "grass",
    "grasland agrarisch": "grass",
    "grasland overig": "grass",
    "moeras": "grass",
    "rietland": "grass",
    "bouwland": "cropland",
    "boomteelt": "shrub",
    "fruitteelt": "shrub",
    "heesters": "shrub",
    "struiken": "shrub",
    "houtwal": "shrub",
    "heide": "shrub",
    "bosplantsoen": "forest",
    "gemengd bos": "forest",
    "loofbos": "forest",
    "naaldbos": "forest",
    # English words, as in OpenStreetMap
    "asphalt": "asphalt",
    "concrete": "asphalt",
    "paving_stones": "paving",
    "sett": "paving",
    "gravel": "gravel",
    "residential": "yard",
    "grass": "grass",
    "meadow": "grass",
    "park": "grass",
    "scrub": "shrub",
    "forest": "forest",
    "wood": "forest",
    "farmland": "cropland",
    "water": "water",
    # CityGML code list of the class of LandUse (OGC 12-019, annex C.6)
    "1000": "yard",
    "1100": "bare_soil",
    "2000": "asphalt",
    "3000": "grass",
    "4000": "water",
}
"""Land cover by what an attribute says; ``yard`` is grass, a part of it sealed."""

_TELLING = ("plus_fysiekvoorkomen", "bgt_fysiekvoorkomen", "surfacematerial", "surfaceMaterial", "class", "function",
            "usage")  # fmt: skip
_FLATTEST = 0.01  # vertical part of a unit normal: what is steeper is a wall


def cover_of(kind: str, attributes: dict[str, Any]) -> str | None:
    """Return the land cover of a city object, ``"yard"`` for partly sealed grass; None if it says nothing of it.

    Parameters
    ----------
    kind : str
        Class of the object, as CityJSON names it.
    attributes : dict
        Of the object. The first telling one counts, from the physical appearance to the usage; of plants without
        one, the height (`averageHeight`, m): above 5 m forest, above 1 m shrub.

    Examples
    --------
    >>> cover_of("Road", {}), cover_of("Road", {"surfacematerial": "open verharding"}), cover_of("CityFurniture", {})
    ('asphalt', 'paving', None)
    """
    if kind not in CLASS_COVER:
        return None
    if kind in ("WaterBody", "WaterSurface", "Waterway", "Bridge"):
        return CLASS_COVER[kind]
    for key in _TELLING:
        # the numbers of the code list are those of the class of land use alone
        value = str(attributes.get(key, "")).strip().lower()
        if value in WORD_COVER and (not value.isdigit() or (kind == "LandUse" and key == "class")):
            return WORD_COVER[value]
    height = attributes.get("averageHeight")
    if kind == "PlantCover" and isinstance(height, (int, float)):
        return "forest" if height > 5.0 else "shrub" if height > 1.0 else "grass"
    return CLASS_COVER[kind]


def land_cover_from_areas(data: CityJsonData, spec: GridSpec) -> LandCover:
    """Paint the areas of a city model onto a grid, class over class as in `CLASS_COVER`, large ones first.

    Parameters
    ----------
    data : CityJsonData
        In the CRS of `spec`.
    spec : GridSpec
        The grid.

    Returns
    -------
    LandCover

    Raises
    ------
    InputError
        If the model is in another CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from twin.geometry.records import BuildingModels, ReadReport
    >>> from twin.geometry.surfaces import no_surfaces
    >>> areas = gpd.GeoDataFrame({"id": ["r"], "class": ["Road"], "attributes": [{}], "lod": [1.0]},
    ...                          geometry=[shapely.box(0, 0, 1, 1)], crs=28992)
    >>> models = BuildingModels(None, no_surfaces(), None, None, None, ReadReport("x"))
    >>> data = CityJsonData(models, areas, no_surfaces(), no_surfaces(), ReadReport("x"))
    >>> land_cover_from_areas(data, GridSpec(0, 1, 1.0, 1, 2, 28992)).cover.tolist()
    [[1, 6]]
    """
    _check_crs(data, spec)
    order = list(CLASS_COVER)
    found = []
    for kind, told, shape in zip(data.areas["class"], data.areas["attributes"], data.areas.geometry, strict=True):
        cover = cover_of(kind, told)
        if cover is not None and not shape.is_empty:
            found.append((order.index(kind), -shape.area, cover, shape))
    found.sort(key=lambda entry: entry[:2])
    shapes = [shape for *_, shape in found]
    covers = ["grass" if cover == "yard" else cover for _, _, cover, _ in found]
    winner = paint_polygons(shapes, np.arange(1, len(shapes) + 1), spec)
    codes = np.array([CODES["grass"], *(CODES[cover] for cover in covers)], np.uint8)
    sealed = np.array([np.nan, *(YARD_SEALED if entry[2] == "yard" else np.nan for entry in found)], np.float32)
    frame = shapely.box(*spec.bounds)
    woods = tuple(shape for _, _, cover, shape in found if cover == "forest" and shapely.intersects(shape, frame))
    flag = np.uint8(variables.flag("land_cover_source", "city_model"))
    source = np.where(winner > 0, flag, np.uint8(0))
    return LandCover(codes[winner], sealed[winner], winner > 0, woods, source)


def terrain_from_model(data: CityJsonData, spec: GridSpec) -> xr.DataArray:
    """Return the ground elevation of a city model on a grid; gaps, as under buildings, take the nearest ground.

    Parameters
    ----------
    data : CityJsonData
        In the CRS of `spec`.
    spec : GridSpec
        The grid.

    Returns
    -------
    xr.DataArray
        (y, x), m; NaN further than `FURTHEST_FILL` from any ground. Its attributes say that it comes from a city
        model (`city_model`) and which share of it was filled (`filled_share`), the coordinate `ground_source` where.

    Raises
    ------
    DataError
        If the model has no ground on the grid.
    InputError
        If it is in another CRS.

    Examples
    --------
    >>> from twin.geometry.records import BuildingModels, ReadReport
    >>> from twin.geometry.surfaces import no_surfaces
    >>> slope = Surfaces(np.array([[0, 0, 5.0], [1, 0, 5], [1, 2, 7], [0, 2, 7]]), np.array([0, 4]), np.array([0, 1]),
    ...                  np.array([0], np.uint8), np.array([0], np.int32))
    >>> models = BuildingModels(None, no_surfaces(), None, None, None, ReadReport("x"))
    >>> data = CityJsonData(models, None, no_surfaces(), slope, ReadReport("x"))
    >>> terrain_from_model(data, GridSpec(0, 2, 1.0, 2, 2, 28992)).values.tolist()
    [[6.5, 6.5], [5.5, 5.5]]
    """
    from scipy.ndimage import distance_transform_edt

    _check_crs(data, spec)
    surfaces, what = _ground(data)
    # ground beyond the edge fills gaps within it, so that a cell does not depend on the bounds asked for
    rim = math.ceil(FURTHEST_FILL / spec.resolution)
    left, top = spec.left - rim * spec.resolution, spec.top + rim * spec.resolution
    wide = GridSpec(left, top, spec.resolution, spec.rows + 2 * rim, spec.columns + 2 * rim, spec.crs)
    painted = paint_facets(surfaces, wide).elevation
    empty = np.isnan(painted)
    inner = slice(rim, -rim), slice(rim, -rim)
    if empty[inner].all():
        raise DataError(
            f"{data.report.source} shows no ground on the grid {spec.bounds}: no TINRelief and no roads, land use "
            "or waters with surfaces; give the city an elevation model with [terrain]"
        )
    distance, (rows, columns) = distance_transform_edt(empty, sampling=spec.resolution, return_indices=True)
    filled = np.where(distance <= FURTHEST_FILL, painted[rows, columns], np.nan)[inner]
    empty = empty[inner]
    grid = spec.dataset()
    source = np.where(empty, variables.flag("ground_source", "city_model_interpolated"), 0).astype(np.uint8)
    source[~empty] = variables.flag("ground_source", "city_model")
    return xr.DataArray(
        filled,
        {"y": grid.y, "x": grid.x, "spatial_ref": grid["spatial_ref"], "ground_source": (("y", "x"), source)},
        ("y", "x"),
        attrs={
            "city_model": what,
            "filled_share": float((empty & ~np.isnan(filled)).mean()),
            **({"vertical_datum": data.buildings.vertical_datum} if data.buildings.vertical_datum else {}),
        },
    )


def _check_crs(data: CityJsonData, spec: GridSpec) -> None:
    crs = data.buildings.crs
    if crs is not None and not same_crs(crs, spec.crs):
        raise InputError(
            f"{data.report.source} is in {crs.name}, the grid in {spec.crs.name}; give the grid the CRS of the model"
        )


def _ground(data: CityJsonData) -> tuple[Surfaces, str]:
    """Return the surfaces that are ground, walls left out, and what they are."""
    surfaces, what = data.relief, "relief"
    if len(surfaces) == 0:
        kinds: NDArray[Any] = np.asarray(data.areas["class"], dtype=object)
        wanted = np.isin(kinds[data.area_surfaces.building].astype(str), GROUND_CLASSES)
        surfaces, what = select(data.area_surfaces, wanted), "areas"
    normals = polygon_normals(surfaces)
    flat = np.abs(normals[:, 2]) > _FLATTEST * np.linalg.norm(normals, axis=1)
    return select(surfaces, flat), what
