"""Load: CityGML to surfaces and heights, and whole sample cities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case


def _tile() -> dict[str, np.ndarray]:
    import gzip

    import twin

    path = Path(twin.__file__).parent / "data" / "tiergarten" / "lod2_3890_5819.gml.gz"
    return {"path": np.array(str(path)), "bytes": np.int64(len(gzip.decompress(path.read_bytes())))}


def _read(path: str) -> dict[str, Any]:
    from twin.geometry.citygml import read_citygml
    from twin.geometry.records import SurfaceKind

    models = read_citygml(path)
    surfaces = models.surfaces
    heights = surfaces.vertices[:, 2]
    return {
        "buildings": len(models.buildings),
        "polygons": len(surfaces),
        "roofs": int((surfaces.kind == SurfaceKind.ROOF).sum()),
        "highest_vertex": float(heights.max()),
    }


def _heights(path: str) -> dict[str, Any]:
    from twin import GridSpec
    from twin.city.rasterize import paint_facets
    from twin.geometry.citygml import read_citygml
    from twin.geometry.records import SurfaceKind

    models = read_citygml(path)
    spec = GridSpec.from_bounds((389000, 5819000, 390000, 5820000), 1.0, "EPSG:25833")
    painted = paint_facets(models.surfaces, spec, select=models.surfaces.kind == SurfaceKind.ROOF)
    return {"cells_with_a_roof": int(np.isfinite(painted.elevation).sum())}


def _sample(name: str) -> dict[str, Any]:
    import twin

    city = twin.sample_city(name)
    return {"buildings": len(city.buildings), "cells": city.grid.sizes["y"] * city.grid.sizes["x"]}


def _postings() -> dict[str, np.ndarray]:
    """Write a synthetic tile of 1000 x 1000 postings, two decimals, as surveys do."""
    import tempfile

    path = Path(tempfile.mkdtemp()) / "synthetic.xyz"
    x, y = np.meshgrid(389000 + np.arange(1000.0), 5819000 + np.arange(1000.0))
    z = 34 + 3 * np.sin(x / 90) * np.cos(y / 70)
    np.savetxt(path, np.column_stack([x.ravel(), y.ravel(), z.ravel()]), fmt="%.2f")
    return {"path": np.array(str(path)), "postings": np.int64(x.size)}


def _read_postings(path: str) -> dict[str, Any]:
    from twin.geometry.xyz import read_xyz

    return {"heights": read_xyz(path, crs="EPSG:25833").values}


def _against_pandas(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> dict[str, float]:
    import pandas as pd

    table = pd.read_csv(str(inputs["path"]), sep=" ", header=None)
    heights = table[2].to_numpy().reshape(1000, 1000)[::-1]
    return {"largest difference from pandas, m": float(np.abs(answers["heights"] - heights).max())}


CASES = (
    Case(
        name="XYZ, one tile",
        text="synthetic DGM1 tile of 1000 x 1000 postings as text, 27 MB, to a raster",
        inputs=_postings,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read_postings,
        amount=lambda inputs, answers: float(inputs["postings"]),
        unit="postings",
        check=_against_pandas,
    ),
    Case(
        name="CityGML, one tile",
        text="LoD2 of Berlin-Tiergarten, 2.9 MB, to polygons of every surface",
        inputs=_tile,
        prepare=lambda inputs: str(inputs["path"]),
        work=_read,
        amount=lambda inputs, answers: float(inputs["bytes"]),
        unit="bytes",
        peer="lxml_dom",
        note="The peer is the plain way with lxml and shapely: the whole document in memory, each polygon a shapely "
        "Polygon, no checks. VoxCity reads CityGML footprints; its environment measures 2.5 GB and is not used here.",
    ),
    Case(
        name="CityGML to roof heights",
        text="the same tile, read and painted on 1000 x 1000 cells of 1 m",
        inputs=_tile,
        prepare=lambda inputs: str(inputs["path"]),
        work=_heights,
        amount=lambda inputs, answers: float(inputs["bytes"]),
        unit="bytes",
    ),
    Case(
        name="sample city, Bayreuth",
        text='`twin.sample_city("bayreuth")`: OpenStreetMap and terrain to a city of 1 km2 at 4 m',
        inputs=lambda: {"sample": np.array("bayreuth")},
        prepare=lambda inputs: str(inputs["sample"]),
        work=_sample,
        amount=lambda inputs, answers: float(answers["cells"]),
        unit="cells",
    ),
)
