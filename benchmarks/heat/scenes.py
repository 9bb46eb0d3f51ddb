"""Places of the heat benchmarks as arrays, and as grids of a city."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import SkippedError


def reference_data() -> Path:
    """Return the folder of reference data, which is no part of the repository."""
    return Path(os.environ.get("TWIN_SHARED_DATA") or Path(__file__).parents[2] / "../shared/data")


def athens(size: int) -> dict[str, np.ndarray]:
    """Return 400 x 400 cells of 1 m of Athens, mirrored to a larger size: heights above a flat ground, crowns."""
    import geopandas
    import rasterio
    from rasterio.features import rasterize

    folder = reference_data() / "heat" / "athens"
    if not folder.is_dir():
        raise SkippedError(f"reference data not found: {folder}")
    with rasterio.open(folder / "DSM.tif") as surface, rasterio.open(folder / "DEM.tif") as terrain:
        height = np.maximum(surface.read(1).astype(float) - terrain.read(1), 0.0)
        trees = geopandas.read_file(folder / "trees.gpkg").to_crs(surface.crs)
        shapes = zip(trees.geometry, trees["height"].astype(float), strict=True)
        canopy = rasterize(shapes, height.shape, transform=surface.transform, dtype="float64")
    building = height >= 2.0
    height = np.where(building, height, 0.0)
    canopy = np.where(building, 0.0, canopy)
    layers = {"height": height, "building": building, "canopy": canopy}
    more = ((0, max(size - height.shape[0], 0)), (0, max(size - height.shape[1], 0)))
    layers = {name: np.pad(layer, more, mode="symmetric")[:size, :size] for name, layer in layers.items()}
    place = {"latitude": np.float64(37.98), "longitude": np.float64(23.73), "utc_offset": np.float64(2.0)}
    return layers | place | {"dx": np.float64(1.0)}


def town_at(inputs: dict[str, np.ndarray]) -> Any:
    """Return a grid of grass and buildings, with crowns if there are any, at its latitude and longitude."""
    from twin import GridSpec

    height, building = inputs["height"], inputs["building"]
    resolution, size = float(inputs["dx"]), height.shape
    # a transverse Mercator projection around the place, so that grid north is north
    crs = f"+proj=tmerc +lat_0={float(inputs['latitude'])} +lon_0={float(inputs['longitude'])} +ellps=GRS80 +units=m"
    half = size[1] * resolution / 2, size[0] * resolution / 2
    spec = GridSpec.from_bounds((-half[0], -half[1], half[0], half[1]), resolution, crs, anchor=(-half[0], -half[1]))
    grid = spec.dataset().assign(
        ground_elevation=(("y", "x"), np.zeros(spec.shape, "float32")),
        surface_elevation=(("y", "x"), height.astype("float32")),
        building_id=(("y", "x"), building.astype("int32")),
        land_cover=(("y", "x"), np.where(building, 3, 6).astype("uint8")),
    )
    if "canopy" in inputs:
        grid = grid.assign(canopy_height=(("y", "x"), inputs["canopy"].astype("float32")))
    return grid
