"""Roof facets to elevations at cell centres, against triangles and against rasterio facet by facet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case

COPIES = (9, 6)
SHIFT = (337.0, 211.0)
"""How often the tile is repeated to the east and north, and how far apart, m: a dense town of 28,080 facets."""

_NOTE = (
    "Facets are put into their planes first, so that all programs must find the same elevations; differences are then "
    "of rounding, and cells that only one of them fills have their centre on an edge."
)


def planar_roofs() -> Any:
    """Return the roofs of the shipped tile, each vertex moved up or down into the plane of its facet."""
    import twin
    from twin.geometry.citygml import read_citygml
    from twin.geometry.records import SurfaceKind, Surfaces
    from twin.geometry.surfaces import polygon_normals, select

    found = read_citygml(Path(twin.__file__).parent / "data" / "tiergarten" / "lod2_3890_5819.gml.gz").surfaces
    roofs = select(found, found.kind == SurfaceKind.ROOF)
    normals = polygon_normals(roofs)
    roofs = select(roofs, np.abs(normals[:, 2]) > 0.02 * np.linalg.norm(normals, axis=1))
    normals = polygon_normals(roofs)
    vertices = roofs.vertices.copy()
    for number, normal in enumerate(normals):
        rings = roofs.ring_start[roofs.polygon_start[number : number + 2]]
        first, outline_end = rings[0], roofs.ring_start[roofs.polygon_start[number] + 1]
        centre = vertices[first:outline_end].mean(axis=0)
        away = vertices[first : rings[1], :2] - centre[:2]
        vertices[first : rings[1], 2] = centre[2] - away @ normal[:2] / normal[2]
    return Surfaces(vertices, roofs.ring_start, roofs.polygon_start, roofs.kind, roofs.building)


def _arrays(copies: tuple[int, int], times: int) -> dict[str, np.ndarray]:
    roofs = planar_roofs()
    shifts = np.array([(i * SHIFT[0], j * SHIFT[1], 0.0) for j in range(copies[1]) for i in range(copies[0])])
    number, rings = len(shifts), len(roofs.ring_start) - 1
    size = np.tile(np.diff(roofs.ring_start), number)
    parts = np.tile(np.diff(roofs.polygon_start), number)
    vertices = (roofs.vertices[None] + shifts[:, None]).reshape(-1, 3)
    low = np.floor(vertices[:, :2].min(axis=0))
    high = np.ceil(vertices[:, :2].max(axis=0))
    assert size.size == number * rings
    return {
        "vertices": vertices,
        "ring_start": np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        "polygon_start": np.concatenate([[0], np.cumsum(parts)]).astype(np.int64),
        "corner": np.array([low[0], high[1], 1.0]),
        "shape": np.array([high[1] - low[1], high[0] - low[0]], np.int64),
        "times": np.int64(times),
    }


def _prepare(inputs: dict[str, np.ndarray]) -> Any:
    from twin import GridSpec
    from twin.geometry.records import SurfaceKind, Surfaces

    count = len(inputs["polygon_start"]) - 1
    surfaces = Surfaces(
        inputs["vertices"],
        inputs["ring_start"],
        inputs["polygon_start"],
        np.full(count, SurfaceKind.ROOF, np.uint8),
        np.arange(count, dtype=np.int32),
    )
    left, top, resolution = inputs["corner"].tolist()
    rows, columns = inputs["shape"].tolist()
    return int(inputs["times"]), surfaces, GridSpec(left, top, resolution, rows, columns, "EPSG:25833")


def _paint(state: Any) -> dict[str, Any]:
    from twin.city.rasterize import paint_facets

    times, surfaces, spec = state
    for _ in range(times):
        elevation = paint_facets(surfaces, spec).elevation
    return {"elevation": elevation}


def _filled(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> dict[str, float]:
    return {"cells with a height": float(np.isfinite(answers["elevation"]).sum())}


def _facets(inputs: dict[str, np.ndarray], answers: dict[str, np.ndarray]) -> float:
    return float(inputs["times"]) * (len(inputs["polygon_start"]) - 1)


def _case(size: str, copies: tuple[int, int], times: int, peer: str, text: str, most_runs: int | None = None) -> Case:
    return Case(
        name=f"facets to cells, {size}, {peer.partition('_')[0]}",
        text=text,
        inputs=lambda: _arrays(copies, times),
        prepare=_prepare,
        work=_paint,
        amount=_facets,
        unit="facets",
        peer=peer,
        compare=("elevation",),
        check=_filled,
        note=_NOTE,
        most_runs=most_runs,
    )


_TILE = "520 roof facets of the shipped LoD2 tile on 881 x 999 cells of 1 m"
_TOWN = f"the same roofs {COPIES[0] * COPIES[1]} times, {SHIFT[0]:g} m and {SHIFT[1]:g} m apart: 28,080 facets"

CASES = (
    _case("tile", (1, 1), 20, "earcut_triangles", f"{_TILE}, 20 times"),
    _case("tile", (1, 1), 1, "rasterio_facets", _TILE),
    _case("town", COPIES, 1, "earcut_triangles", _TOWN),
    _case("town", COPIES, 1, "rasterio_facets", _TOWN, most_runs=1),
)
