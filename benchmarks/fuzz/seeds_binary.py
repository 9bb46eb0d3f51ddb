"""Small binary files to begin with, made with the writers of their formats; synthetic."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def pbf(osm_xml: bytes) -> bytes:
    """Return an OpenStreetMap XML file as PBF."""
    import osmium

    with tempfile.TemporaryDirectory() as folder:
        source, sink = Path(folder) / "a.osm", Path(folder) / "a.osm.pbf"
        source.write_bytes(osm_xml)
        with osmium.SimpleWriter(str(sink)) as writer:
            for item in osmium.FileProcessor(str(source)):
                writer.add(item)
        return sink.read_bytes()


def geotiff(**profile: Any) -> bytes:
    """Return a GeoTIFF of 12 x 10 cells of 1 m."""
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    values = (34 + np.add.outer(np.arange(10), np.arange(12)) * 0.1).astype(profile.get("dtype", "float32"))
    options: dict[str, Any] = {
        "driver": "GTiff", "width": 12, "height": 10, "count": 1, "dtype": "float32", "crs": "EPSG:25833",
        "transform": from_origin(389000, 5819010, 1, 1), "nodata": -9999, "compress": "deflate",
    } | profile  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**options) as sink:
            for band in range(options["count"]):
                sink.write(values, band + 1)
        return bytes(memory.read())


def table(frame: Any, driver: str) -> bytes:
    """Return a GeoDataFrame as one file of a driver that writes one file."""
    suffix = {"GPKG": ".gpkg", "FlatGeobuf": ".fgb"}[driver]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        frame.to_file(path, driver=driver)
        return path.read_bytes()


def squares(columns: dict[str, list[Any]], crs: str = "EPSG:25833", side: float = 100.0) -> Any:
    """Return a GeoDataFrame of squares in a row with these columns."""
    import geopandas as gpd
    import shapely

    count = len(next(iter(columns.values())))
    shapes = [shapely.box(389000 + side * i, 5819000, 389000 + side * (i + 1), 5819000 + side) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
