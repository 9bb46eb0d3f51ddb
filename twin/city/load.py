"""A folder with a `city.toml` to a `City`.

The file says where the data lie, what they are and whose they are. Every path is relative to it, every key is known or
refused, and everything is checked, by the heads of the files, before the first long read. Only what lies around the
grid is read. A CityJSON model also gives land cover and terrain where the file names none.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.city.city import City
from twin.city.city_file import read_city_file
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.city.load_checks import check_files
from twin.city.load_sources import CityData
from twin.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def load_city(path: str | os.PathLike[str], *, bounds: Bounds | None = None, resolution: float | None = None) -> City:
    """Load a city from a `city.toml` and the data beside it, or one that `save_city` wrote.

    Parameters
    ----------
    path : path-like
        The file, or the folder that holds it; or a saved city (``.nc``, ``.zarr``), which is opened as it was saved.
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
    >>> from pathlib import Path
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
    from twin.city.load_layers import add_meshes, canopy_of, fill_buildings_of, land_cover_of, residents_of, trees_of

    if Path(path).suffix.lower() in (".nc", ".zarr"):
        from twin.city.store import open_city

        if bounds is not None or resolution is not None:
            raise InputError(f"{path} is opened as it was saved; bounds and resolution need the city.toml it came from")
        return open_city(path)
    wanted = read_city_file(path)
    cell = float(wanted.resolution if resolution is None else resolution)
    box = wanted.bounds if bounds is None else bounds
    spec = GridSpec.from_bounds(box, cell, wanted.crs)  # refuses impossible requests before anything is read
    data = CityData(wanted, spec, check_files(wanted))
    terrain = data.heights("terrain") if wanted.files("terrain") else None
    if terrain is not None:
        spec = GridSpec.from_bounds(box, cell, wanted.crs, anchor=_anchor(terrain, spec))
        data = replace(data, spec=spec)

    section = wanted.sections.get("buildings", {})
    form = section.get("format")
    model = data.city_json() if form == "cityjson" else None
    buildings: Any = data.extract("buildings") if form == "osm" else None
    if form in ("citygml", "cityjson") or wanted.meshes:
        models = data.city_gml() if form == "citygml" else None if model is None else model.buildings
        buildings = add_meshes(data, models, terrain, model)
    land_cover = land_cover_of(data, model)
    sources = {role: wanted.sources[part["source"]] for role, part in wanted.sections.items() if "source" in part}
    if model is not None and land_cover is model and "buildings" in sources:
        sources.setdefault("land_cover", sources["buildings"])
    ground = wanted.sections.get("terrain", {})
    return build_city(
        wanted.name,
        spec,
        terrain=terrain,
        buildings=buildings,
        land_cover=land_cover,
        canopy=canopy_of(data, terrain, model),
        trees=trees_of(data),
        roads=data.extract("roads"),
        fill_buildings=fill_buildings_of(data),
        residents=residents_of(data),
        fill_terrain=ground.get("fill", 0.0),
        roof_statistic=section.get("roof", "max"),
        sources=sources,
        tile=section.get("tile"),
        vertical_datum=ground.get("vertical_datum"),
    )


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
