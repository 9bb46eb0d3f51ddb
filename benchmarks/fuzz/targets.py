"""The readers under test: their first files, how these are changed, and how a case is read and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz import invariants, seeds_binary, seeds_more, seeds_text
from benchmarks.fuzz.change_bytes import change_bytes, change_text
from benchmarks.fuzz.change_json import change_json
from benchmarks.fuzz.change_pbf import change_pbf
from benchmarks.fuzz.change_xml import change_xml
from benchmarks.fuzz.look import check_summaries, look_at
from benchmarks.fuzz.two_readers import read_both
from benchmarks.fuzz.wrap import wrap

Change = Callable[[bytes, Random], bytes]
Seed = tuple[str, bytes, Change, dict[str, Any]]
"""Name of the file, its content, how to change it, and the options under which it is read as it is."""

_NONE: dict[str, Any] = {}
_HERE = {"crs": "EPSG:25833"}
_MAP = {"Wald": "forest", "Wohnbaufläche": "grass", "Fließgewässer": "water"}
_CLASSES = {"classes": {"column": "nutzart", "map": _MAP}}
_WRAPPED = 0.08  # share of cases that are packed in some way


@dataclass(frozen=True)
class Target:
    """One reader.

    reader : name in `twin.geometry`, or a function that reads
    seeds : returns the first files
    options : returns keyword arguments for a case
    check : what must hold of the answer
    """

    reader: str | Callable[..., Any]
    seeds: Callable[[], list[Seed]]
    options: Callable[[Random], dict[str, Any]]
    check: Callable[[Any], None]


def _citygml() -> list[Seed]:
    files = [seeds_text.citygml(), seeds_text.citygml("1.0", "EPSG:25833"), seeds_text.citygml_3()]
    files += [
        seeds_text.citygml_positions(),
        seeds_text.citygml("2.0", "urn:ogc:def:crs,crs:EPSG::25833,crs:EPSG::5783"),
    ]
    return [("tile.gml", content, change_xml, _NONE) for content in files]


def _cityjson() -> list[Seed]:
    whole, sequence = seeds_text.cityjson(), seeds_text.cityjson_sequence()
    return [("town.city.json", whole, change_json, _NONE), ("town.city.jsonl", sequence, change_json, _NONE)]


def _xyz() -> list[Seed]:
    return [
        ("dgm1.xyz", seeds_text.xyz(), change_text, _HERE),
        ("dgm1.xyz", seeds_text.xyz(zone=32e6), change_text, _NONE),
        ("dgm1.csv", seeds_text.xyz("{x:.0f};{y:.0f};{z:.2f}", "x;y;z\n"), change_text, _HERE),
        ("dgm1.txt", seeds_text.xyz("{x:.1f},{y:.1f},{z:.3f}", "easting,northing,height\n"), change_text, _HERE),
        ("dgm1.xyz", seeds_text.xyz("{x:.0f} {y:.0f} {z:.2f}").replace(b".", b","), change_text, _HERE),
    ]


def _osm_xml() -> list[Seed]:
    return [("town.osm", seeds_text.osm(), change_xml, _NONE)]


def _osm_pbf() -> list[Seed]:
    return [("town.osm.pbf", seeds_binary.pbf(seeds_text.osm()), change_pbf, _NONE)]


def _raster() -> list[Seed]:
    return [
        ("dgm.tif", seeds_binary.geotiff(), change_bytes, _NONE),
        ("dgm.tif", seeds_binary.geotiff(compress=None, dtype="int16", nodata=None), change_bytes, _NONE),
        (
            "dgm.tif",
            seeds_binary.geotiff(compress="lzw", dtype="float64", crs="EPSG:5556", predictor=3),
            change_bytes,
            _NONE,
        ),
        ("dgm.asc", seeds_text.ascii_grid(), change_text, _HERE),
    ]


def _trees() -> list[Seed]:
    properties = [{"baumhoehe": 8 + i, "kronedurch": 5, "art_bot": "Tilia", "stammumfg": 90} for i in range(5)]
    return [
        ("trees.csv", seeds_text.trees(), change_text, _HERE),
        ("trees.csv", seeds_text.trees(",", "."), change_text, _HERE),
        ("trees.csv", seeds_text.trees().decode().encode("cp1252"), change_bytes, _HERE),
        ("trees.geojson", seeds_text.geojson(properties), change_json, _NONE),
    ]


def _areas() -> list[Seed]:
    uses: dict[str, list[Any]] = {"nutzart": ["Wald", "Wohnbaufläche", "Fließgewässer"]}
    rows = [{"nutzart": word} for word in uses["nutzart"]]
    return [
        ("use.geojson", seeds_text.geojson(rows, "Polygon"), change_json, _CLASSES),
        ("use.gpkg", seeds_binary.table(seeds_binary.squares(uses), "GPKG"), change_bytes, _CLASSES),
        ("use.fgb", seeds_binary.table(seeds_binary.squares(uses), "FlatGeobuf"), change_bytes, _CLASSES),
    ]


def _units() -> list[Seed]:
    columns: dict[str, list[Any]] = {"name": ["A", "B"], "einwohner": [120, 80]}
    rows = [{"name": "A", "einwohner": 120}, {"name": "B", "einwohner": 80.5}]
    named = {"columns": {"residents": "einwohner"}}
    return [
        ("zensus.csv", seeds_more.census(), change_text, _NONE),
        ("zensus.csv", seeds_more.census(","), change_text, _NONE),
        ("units.geojson", seeds_text.geojson(rows, "Polygon"), change_json, named),
        ("units.gpkg", seeds_binary.table(seeds_binary.squares(columns), "GPKG"), change_bytes, named),
    ]


def _plan() -> list[Seed]:
    return [("plan.gml", seeds_more.plan(), change_xml, _NONE)]


def _mesh() -> list[Seed]:
    forms = {
        "obj": change_text,
        "stl": change_bytes,
        "ply": change_bytes,
        "glb": change_bytes,
        "stl_ascii": change_text,
    }
    put = {"place": (389000.0, 5819000.0, 34.0), "crs": "EPSG:25833"}
    return [(f"house.{form[:3]}", seeds_more.mesh(form), change, put) for form, change in forms.items()]


def _las() -> list[Seed]:
    cell = {"resolution": 1.0}
    return [
        ("scan.las", seeds_more.scan(), change_bytes, cell),
        ("scan.las", seeds_more.scan("1.2"), change_bytes, cell),
        ("scan.laz", seeds_more.scan(packed=True), change_bytes, cell),
    ]


def _everything() -> list[Seed]:
    groups = (_citygml, _cityjson, _xyz, _osm_xml, _osm_pbf, _raster, _trees, _areas, _units, _plan, _mesh, _las)
    return [(name, content, change, _NONE) for group in groups for name, content, change, _ in group()]


def _look_options(rng: Random) -> dict[str, Any]:
    return {"count": rng.random() < 0.7}


def _pass_options(rng: Random) -> dict[str, Any]:
    return _metric(rng) | {"buffer": rng.choice((64, 100, 1000, 4096, 1 << 21))}


def _nothing(_: Random) -> dict[str, Any]:
    return {}


def _metric(rng: Random) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if rng.random() < 0.15:
        options["bounds"] = (389000.0, 5819000.0, 389015.0, 5819010.0)
    if rng.random() < 0.1:
        options["crs"] = rng.choice(("EPSG:25833", "EPSG:25832", "EPSG:31468", "EPSG:4647"))
    return options


def _metric_named(rng: Random) -> dict[str, Any]:
    return _metric(rng) | (
        {} if rng.random() < 0.2 else {"crs": rng.choice(("EPSG:25833", "EPSG:25833", "EPSG:25832"))}
    )


def _raster_options(rng: Random) -> dict[str, Any]:
    options = _metric(rng)
    if rng.random() < 0.2:
        options["nodata"] = rng.choice((0.0, -9999.0, "none", -3.4028235e38, 1e308))
    return options


TARGETS: dict[str, Target] = {
    "citygml": Target("read_citygml", _citygml, _metric, invariants.check_models),
    "cityjson": Target("read_cityjson", _cityjson, _metric, invariants.check_cityjson),
    "xyz": Target("read_xyz", _xyz, _metric_named, invariants.check_raster),
    "osm": Target("read_osm", _osm_xml, _nothing, invariants.check_osm),
    "pbf": Target("read_osm", _osm_pbf, _nothing, invariants.check_osm),
    "raster": Target("read_raster", _raster, _raster_options, invariants.check_raster),
    "trees": Target("read_trees", _trees, _metric_named, invariants.check_trees),
    "pass": Target(read_both, _citygml, _pass_options, invariants.check_models),
    "areas": Target("read_areas", _areas, _nothing, invariants.check_table),
    "units": Target("read_units", _units, _nothing, invariants.check_table),
    "plan": Target("read_plan", _plan, _nothing, invariants.check_table),
    "mesh": Target("read_mesh", _mesh, _nothing, invariants.check_models),
    "look": Target(look_at, _everything, _look_options, check_summaries),
    "las": Target("read_las", _las, _nothing, invariants.check_raster),
}


@cache
def first_files(name: str) -> tuple[Seed, ...]:
    return tuple(TARGETS[name].seeds())


def case(name: str, seed: int, number: int) -> tuple[str, bytes, dict[str, Any]]:
    """Return file name, content and options of a case; the same for the same arguments.

    Examples
    --------
    >>> case("xyz", 1, 5) == case("xyz", 1, 5)
    True
    """
    rng = Random(f"{name} {seed} {number}")
    first = first_files(name)
    file, content, change, plain = first[number % len(first)]
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 6)) if number >= len(first) else 0):
        content = change(content, rng)
    if number >= len(first) and rng.random() < _WRAPPED:
        content, file = wrap(content, file, rng)
    return file, content, plain if number < len(first) else plain | TARGETS[name].options(rng)


def run(name: str, path: Path, options: dict[str, Any]) -> str:
    """Read a file and check the answer; return ``"read"`` or ``"refused"``, raise whatever is a finding."""
    from twin import geometry
    from twin.errors import TwinError

    target = TARGETS[name]
    try:
        read = getattr(geometry, target.reader) if isinstance(target.reader, str) else target.reader
        answer = read(path, **options)
    except TwinError as error:
        words = str(error)
        assert path.name in words or "crs" in words, f"the message does not name the file: {words[:200]!r}"
        assert len(words) < 3000, f"the message has {len(words)} characters: {words[:200]!r}"
        return "refused"
    target.check(answer)
    return "read"
