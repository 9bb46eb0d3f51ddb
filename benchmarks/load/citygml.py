"""CityGML to surfaces and heights."""

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


CASES = (
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
)
