"""A folder with a `city.toml` to a `City`.

The file says where the data lie, what they are and whose they are. Every path is relative to it, every key is known or
refused, and everything is checked before the first byte of data is read. Terrain, canopy and CityGML may come in tiles:
``file = ["east.tif", "west.tif"]``. A CityJSON model also gives land cover and terrain where the file names none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.city.city import City
from twin.city.city_file import CityFile, read_city_file
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.errors import DataError

if TYPE_CHECKING:
    import xarray as xr

    from twin.geometry.records import CityJsonData, TreeRecords

_MARGIN = 250.0
"""Read rasters this far around the grid, m: more than the spacing of terrain that one would interpolate."""

_AGREE = 0.02
"""Overlapping terrain tiles may differ by this much, m: both are rounded to centimetres."""


def load_city(path: str | os.PathLike[str], *, bounds: Bounds | None = None, resolution: float | None = None) -> City:
    """Load a city from a `city.toml` and the data beside it.

    Parameters
    ----------
    path : path-like
        The file, or the folder that holds it.
    bounds : (xmin, ymin, xmax, ymax), optional
        Other bounds than those of the file, m in the city's CRS. They grow outwards to whole cells.
    resolution : float, optional
        Another cell size than that of the file, m.

    Returns
    -------
    City

    Raises
    ------
    DataError
        If the file or the data it names are missing, cannot be read, or hold an unknown key or an impossible value.
    InputError
        If `bounds` or `resolution` are impossible.

    Examples
    --------
    A city needs a name, a CRS, a cell size, bounds and terrain; the rest is optional:

    >>> import tempfile
    >>> text = '''
    ... name = "Flat"
    ... crs = "EPSG:25832"
    ... resolution = 10
    ... bounds = [0, 0, 20, 20]
    ... [terrain]
    ... file = "flat.asc"
    ... crs = "EPSG:25832"
    ... '''
    >>> grid = "ncols 2\\nnrows 2\\nxllcorner 0\\nyllcorner 0\\ncellsize 10\\n5 5\\n5 5\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "city.toml").write_text(text)
    ...     _ = (Path(folder) / "flat.asc").write_text(grid)
    ...     city = load_city(folder)
    >>> city.grid.ground_elevation.values.tolist()
    [[5.0, 5.0], [5.0, 5.0]]
    """
    from twin.city.build import build_city
    from twin.city.city_model import CLASS_COVER, terrain_from_model
    from twin.geometry import read_citygml, read_osm
    from twin.geometry.building_models import concatenate_models

    wanted = read_city_file(path)
    cell = float(wanted.resolution if resolution is None else resolution)
    box = wanted.bounds if bounds is None else bounds
    spec = GridSpec.from_bounds(box, cell, wanted.crs)  # refuses impossible requests before anything is read
    model = _city_model(wanted)
    if model is not None and "terrain" not in wanted.sections:
        terrain = terrain_from_model(model, spec)
    else:
        terrain = _raster(wanted, "terrain", spec)
    spec = GridSpec.from_bounds(box, cell, wanted.crs, anchor=_anchor(terrain, spec))

    records: dict[Path, Any] = {}

    def osm(section: str) -> Any:
        """Read an extract once, however many sections name it."""
        if section not in wanted.sections:
            return None
        (file,) = wanted.files(section)
        if file not in records:
            records[file] = read_osm(file)
        return records[file]

    buildings: Any = None
    tile = None
    if "buildings" in wanted.sections:
        section = wanted.sections["buildings"]
        tile = section.get("tile")
        if section["format"] == "citygml":
            tiles = [read_citygml(file, crs=section.get("crs")) for file in wanted.files("buildings")]
            buildings = tiles[0] if len(tiles) == 1 else concatenate_models(tiles)
        elif model is not None:
            buildings = model.buildings
        else:
            buildings = osm("buildings")
    land_cover = osm("land_cover")
    if land_cover is None and model is not None and model.areas["class"].isin(list(CLASS_COVER)).any():
        land_cover = model
    sources = {
        role: wanted.sources[section["source"]] for role, section in wanted.sections.items() if "source" in section
    }
    if model is not None and "buildings" in sources:
        if "terrain" not in wanted.sections:
            sources["terrain"] = sources["buildings"]
        if land_cover is model:
            sources["land_cover"] = sources["buildings"]
    canopy = _raster(wanted, "canopy", spec) if "canopy" in wanted.sections else None
    trees = _trees(wanted) if "trees" in wanted.sections else None
    return build_city(
        wanted.name,
        spec,
        terrain=terrain,
        buildings=buildings,
        land_cover=land_cover,
        canopy=canopy,
        trees=trees,
        roads=osm("roads"),
        sources=sources,
        tile=tile,
        vertical_datum=wanted.sections.get("terrain", {}).get("vertical_datum"),
    )


def _trees(wanted: CityFile) -> TreeRecords:
    from twin.geometry.tree_table import read_trees

    section = wanted.sections["trees"]
    (file,) = wanted.files("trees")
    return read_trees(
        file,
        columns=section.get("columns"),
        crs=section.get("crs"),
        delimiter=section.get("delimiter"),
        decimal=section.get("decimal"),
        layer=section.get("layer"),
    )


def _city_model(wanted: CityFile) -> CityJsonData | None:
    """Read the CityJSON model, if there is one."""
    from twin.geometry import read_cityjson

    section = wanted.sections.get("buildings", {})
    if section.get("format") != "cityjson":
        return None
    (file,) = wanted.files("buildings")
    return read_cityjson(file, crs=section.get("crs"))


def _raster(wanted: CityFile, section: str, spec: GridSpec) -> xr.DataArray:
    """Read a raster of one or more tiles: the part around the grid if it is in the grid's CRS, all of it otherwise."""
    from twin.city.terrain import join_tiles
    from twin.geometry import read_raster, read_xyz
    from twin.geometry.raster import SUFFIXES
    from twin.geometry.sources import existing_files
    from twin.geometry.xyz import SUFFIXES as TEXT_SUFFIXES
    from twin.geometry.xyz import looks_like_xyz, without_notes

    options = wanted.sections[section]
    nodata, crs = options.get("nodata"), options.get("crs")
    found = [
        tile
        for file in wanted.files(section)
        for tile in existing_files(file, "a raster or an XYZ tile", SUFFIXES + TEXT_SUFFIXES)
    ]
    files = without_notes(found)

    def read(file: Path, bounds: Bounds | None) -> xr.DataArray:
        if file.name.lower().endswith((".xyz", ".xyz.gz")) or looks_like_xyz(file):
            return read_xyz(file, bounds=bounds, nodata=None if nodata == "none" else nodata, crs=crs)
        return read_raster(file, bounds=bounds, nodata=nodata, crs=crs)

    xmin, ymin, xmax, ymax = spec.bounds
    nearby = (xmin - _MARGIN, ymin - _MARGIN, xmax + _MARGIN, ymax + _MARGIN)
    parts = []
    for file in files:
        try:
            part = read(file, nearby)
        except DataError as error:
            if "does not touch the bounds" not in str(error):
                raise
            continue  # another tile's place, or another CRS: read whole below, if no tile fits
        if same_crs(crs_of(part), spec.crs):
            parts.append(part)
    if not parts:
        parts = [read(file, None) for file in files]
    if len(parts) == 1:
        return parts[0]
    return join_tiles(parts, what=section, tolerance=_AGREE if section == "terrain" else None)


def _anchor(terrain: xr.DataArray, spec: GridSpec) -> tuple[float, float]:
    """Let the grid's edges follow those of the terrain, so that terrain as fine as the grid is copied, not averaged."""
    if not same_crs(crs_of(terrain), spec.crs):
        return 0.0, 0.0
    if len(terrain.x) < 2 or len(terrain.y) < 2:
        return 0.0, 0.0
    dx, dy = float(terrain.x[1] - terrain.x[0]), float(terrain.y[0] - terrain.y[1])
    if max(dx, dy) > spec.resolution * (1 + 1e-6):
        return 0.0, 0.0
    return float(terrain.x[0]) - dx / 2, float(terrain.y[0]) + dy / 2
