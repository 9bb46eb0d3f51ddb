"""Roofs of the Tiergarten on the grid: against planes evaluated by shapely, and against another survey's raster."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence.independent_counts import _own_polygons, _points
from benchmarks.evidence.row import REFERENCE, Row, absent

_FLAT = 0.01  # m: facets whose vertices lie nearer to one plane are planar
_FOLDER = REFERENCE / "city" / "berlin_tiergarten"


def rows() -> Iterator[Row]:
    """Yield the comparisons."""
    from twin.city.samples import sample_city

    city = sample_city("tiergarten")
    yield _planes(city)
    yield _other_survey(city)
    yield _degrees()


def roof_area(surfaces: Any) -> float:
    """Return the area of all roof polygons in space less their holes, m2."""
    from twin.geometry import SurfaceKind

    total = 0.0
    for polygon in np.flatnonzero(surfaces.kind == SurfaceKind.ROOF):
        first, last = surfaces.polygon_start[polygon : polygon + 2]
        for ring in range(first, last):
            points = surfaces.vertices[surfaces.ring_start[ring] : surfaces.ring_start[ring + 1]]
            local = points - points[0]
            area = float(np.linalg.norm(np.cross(local[:-1], local[1:]).sum(axis=0))) / 2
            total += area if ring == first else -area
    return float(total)


def _facets() -> list[tuple[Any, np.ndarray, float]]:
    """Return each roof facet of the packaged tile: outline from above, plane z = a x + b y + c, misfit."""
    import shapely
    from lxml import etree

    import twin

    tile = Path(twin.__file__).parent / "data" / "tiergarten" / "lod2_3890_5819.gml.gz"
    root = etree.fromstring(gzip.decompress(tile.read_bytes()))
    out = []
    for roof in root.iter("{*}RoofSurface"):
        for polygon in _own_polygons(roof):
            rings = [_points(ring) for ring in polygon.iter("{*}LinearRing")]
            points = np.concatenate(rings)
            middle = points.mean(axis=0)
            normal = np.linalg.svd(points - middle)[2][2]
            if abs(normal[2]) < 0.02:
                continue
            plane = np.array([-normal[0] / normal[2], -normal[1] / normal[2], normal @ middle / normal[2]])
            misfit = float(np.abs((points - middle) @ normal / normal[2]).max())
            out.append((shapely.Polygon(rings[0][:, :2], [ring[:, :2] for ring in rings[1:]]), plane, misfit))
    return out


def _planes(city: Any) -> Row:
    import shapely

    facets = _facets()
    shapes = np.array([shape for shape, _, _ in facets], dtype=object)
    tree = shapely.STRtree(shapes)
    grid = city.grid
    roof = (grid.building_id.values > 0) & (grid.surface_elevation.values > grid.ground_elevation.values)
    cells = np.argwhere(roof)
    chosen = cells[np.random.default_rng(3).permutation(len(cells))[:20_000]]
    x, y = grid.x.values[chosen[:, 1]], grid.y.values[chosen[:, 0]]
    pairs = tree.query(shapely.points(x, y), predicate="within")
    known = np.full(len(chosen), -np.inf)
    planar = np.ones(len(chosen), dtype=bool)
    for cell, facet in pairs.T:
        a, b, c = facets[facet][1]
        known[cell] = max(known[cell], a * x[cell] + b * y[cell] + c)
        planar[cell] &= facets[facet][2] < _FLAT
    found = grid.surface_elevation.values[chosen[:, 0], chosen[:, 1]]
    compared = planar & np.isfinite(known)
    error = np.abs(found - known)[compared]
    return Row(
        "geometry",
        f"roofs of the Tiergarten at 1 m, {compared.sum():,} random cells on planar facets",
        "program",
        "planes fitted by singular values, cells found by shapely",
        f"largest difference {error.max() * 1000:.2g} mm where vertices may miss the plane by 10 mm; "
        f"{len(chosen) - compared.sum()} cells on bent facets or edges not compared",
        "lxml, shapely, numpy",
    )


def _other_survey(city: Any) -> Row:
    from twin.geometry import read_raster

    case = "heights of roofs above ground, Tiergarten, beside the raster of the DLR (3 m)"
    file = _FOLDER / "Berlin_building_height_3m_DLR.tif"
    source = "Geoportal Berlin, processed by DLR"
    if not file.exists():
        return absent("geometry", case, "field", source)
    other = read_raster(file)
    grid = city.grid
    height = np.where(grid.building_id.values > 0, grid.surface_elevation - grid.ground_elevation, np.nan)
    column = np.floor((grid.x.values - (float(other.x[0]) - 1.5)) / 3).astype(int)
    row = np.floor(((float(other.y[0]) + 1.5) - grid.y.values) / 3).astype(int)
    inside = ((row >= 0) & (row < other.shape[0]))[:, None] & ((column >= 0) & (column < other.shape[1]))[None, :]
    theirs = np.full(height.shape, np.nan)
    theirs[inside] = other.values[np.ix_(row.clip(0, other.shape[0] - 1), column.clip(0, other.shape[1] - 1))][inside]
    both = np.isfinite(height) & (theirs > 0)
    difference = (height - theirs)[both]
    return Row(
        "geometry",
        case,
        "field",
        f"{both.sum():,} cells with a building in both",
        f"median {np.median(difference):+.2f} m, mean absolute {np.abs(difference).mean():.2f} m",
        source,
    )


def _degrees() -> Row:
    from twin.geometry import read_raster, resample

    case = "terrain of the Tiergarten in degrees, projected to metres"
    files = [_FOLDER / f"Berlin_terrain_height_3m_DLR{name}.tif" for name in ("_WGS84", "")]
    if not files[0].exists():
        return absent("geometry", case, "program", "the same raster in metres")
    degrees, metres = map(read_raster, files)
    from twin.city import GridSpec

    spec = GridSpec.from_bounds((389500.0, 5819500.0, 390300.0, 5820200.0), 3.0, "EPSG:25833")
    one, two = resample(degrees, spec).values, resample(metres, spec).values
    difference = (one - two)[np.isfinite(one) & np.isfinite(two)]
    return Row(
        "geometry",
        case,
        "program",
        f"the same raster in metres, {difference.size:,} cells",
        f"median {np.median(difference):+.2f} m, mean absolute {np.abs(difference).mean():.2f} m",
        "Geoportal Berlin, processed by DLR; GDAL",
    )
