"""VoxCity's way with CityGML: one footprint and the measured height of each building."""

from __future__ import annotations

import math
import sys
from importlib.metadata import version

sys.path.pop(0)  # this file is called like the package it drives
from voxcity.downloader.citygml import process_citygml_file

from benchmarks.protocol import serve


def read(path):
    buildings, _, _ = process_citygml_file(path)
    heights = [float(building["height"]) for building in buildings if building.get("height") is not None]
    return {"buildings": len(buildings), "polygons": len(buildings), "highest": max(heights, default=math.nan)}


if __name__ == "__main__":
    serve(
        lambda inputs: str(inputs["path"]),
        read,
        lambda: {"voxcity": version("voxcity")},
    )
