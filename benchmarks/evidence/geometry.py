"""Geometry: every file of the reference data against an independent count, roofs against an independent evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.evidence import independent_counts as independent
from benchmarks.evidence import roof_checks
from benchmarks.evidence.independent_counts import Counts
from benchmarks.evidence.row import REFERENCE, Row, absent

_CITY, _OSM = REFERENCE / "city", REFERENCE / "traffic" / "osm"


def rows() -> Iterator[Row]:
    """Yield the evidence, a file or a check a line."""
    for counter, reader, files, program in (
        (independent.citygml, _citygml, sorted(_CITY.glob("*/*.gml*")), "lxml"),
        (independent.cityjson, _cityjson, sorted(_CITY.glob("*/*.city.json*")), "json"),
        (independent.raster, _raster, sorted(_CITY.glob("*/*.tif")), "rasterio"),
    ):
        if not files:
            yield absent("geometry", f"files counted by {program}", "program", program)
        for file in files:
            yield _compared(file, counter, reader, program)
    yield from map(_extract, sorted({*_CITY.glob("*/*.osm.gz"), *_OSM.glob("*.*")}))
    yield _invalid()
    yield from roof_checks.rows()


def _compared(file: Path, counter: Callable[[Path], Counts], reader: Callable[[Path], Counts], program: str) -> Row:
    known, found = counter(file), reader(file)
    words = ", ".join(f"{_number(value)} {name}" for name, value in known.items() if value)
    wrong = [
        f"{_number(found[name])} {name}" for name, value in known.items() if abs(found[name] - value) > _tolerance(name)
    ]
    extra = [f"{_number(value)} {name}" for name, value in found.items() if name not in known and value]
    text = ("differs: " + ", ".join(wrong)) if wrong else "the same"
    return Row(
        "geometry",
        str(file.relative_to(REFERENCE)),
        "program",
        words,
        "; ".join([text, *extra]),
        f"counted by {program}",
    )


def _invalid() -> Row:
    """Read the invalid cases of a public corpus: each must be refused, or its fault named in the report."""
    from twin.errors import DataError
    from twin.geometry import read_cityjson

    case, source = "city/cityjson_invalid", "3DGI/cityjson-corpus"
    files = sorted(file for file in _CITY.glob("cityjson_invalid/**/invalid_*.json*") if file.is_file())
    if not files:
        return absent("geometry", case, "published", source)
    refused = named = 0
    for file in files:
        try:
            named += bool(read_cityjson(file).report.refused)
        except DataError:
            refused += 1
    return Row(
        "geometry",
        case,
        "published",
        f"{len(files)} invalid files",
        f"{refused} refused, {named} read without what is wrong in them, which the report names",
        source,
    )


def _tolerance(name: str) -> float:
    return {"m² of roof": 0.01, "mean": 1e-4}.get(name, 0.0)  # m2: sums in another order; single precision


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _citygml(file: Path) -> Counts:
    from twin.geometry import SurfaceKind, read_citygml

    models = read_citygml(file)
    surfaces = models.surfaces
    holes = np.diff(surfaces.polygon_start) - 1
    kind = {"roof": SurfaceKind.ROOF, "wall": SurfaceKind.WALL, "ground": SurfaceKind.GROUND}
    found: Counts = {name: int((surfaces.kind == value).sum()) for name, value in kind.items()}
    wanted = np.isin(surfaces.kind, list(kind.values()))
    return found | {
        "buildings": models.report.found,
        "holes": int(holes[wanted].sum()),
        "m² of roof": roof_checks.roof_area(surfaces),
        "buildings refused": models.report.found - models.report.used,
        "entries of repair": len(models.report.repaired),
    }


def _cityjson(file: Path) -> Counts:
    from twin.geometry import read_cityjson

    data = read_cityjson(file)
    reasons = Counter(entry.reason for entry in data.report.refused)
    return {
        "buildings": len(data.buildings.buildings),
        "areas": len(data.areas) + (0 if data.trees is None else len(data.trees.trees)),
        "faces of buildings": len(data.buildings.surfaces),
        "triangles of terrain": len(data.relief),
        "refused and named": sum(reasons.values()),
    }


def _extract(file: Path) -> Row:
    """Compare an OpenStreetMap extract object by object: each is used, or refused by name."""
    from twin.geometry import read_osm

    known = independent.osm(file)
    data = read_osm(file)
    refused = {entry.id for entry in data.report.refused}
    areas = dict(zip(data.areas["osm_id"], data.areas["tags"], strict=True))
    used = {
        "ways with highway": {f"w{road.id}" for road in data.roads} | {k for k, v in areas.items() if "highway" in v},
        "turn restrictions": {f"r{turn.id}" for turn in data.restrictions},
        "buildings as closed ways": set(areas),
        "trees": set(data.points["osm_id"]),
    }
    words, lost = [], []
    for name, ids in known.items():
        if not ids:
            continue
        words.append(f"{len(ids):,} {name}")
        named = len((ids - used[name]) & refused)
        if named:
            lost.append(f"{named:,} {name} refused by name, for nodes or members that are not in the file")
        silent = len(ids - used[name] - refused)
        if silent:
            lost.append(f"differs: {silent:,} {name} neither used nor named")
    return Row(
        "geometry",
        str(file.relative_to(REFERENCE)),
        "program",
        ", ".join(words) or "none of them",
        "; ".join(lost) or "the same, object by object",
        "counted by osmium",
    )


def _raster(file: Path) -> Counts:
    from twin.geometry import read_raster

    values = read_raster(file).values
    return {
        "rows": values.shape[0],
        "columns": values.shape[1],
        "values": int(np.isfinite(values).sum()),
        "mean": float(np.nanmean(values.astype(np.float64))),
    }
