"""Make the sample data of `twin/data` from the reference data, the same bytes every time.

    python tests/make_samples.py REFERENCE_DATA [TARGET]

REFERENCE_DATA holds `city/bayreuth` and `city/berlin_tiergarten`; TARGET is `twin/data` unless given. Nothing is
measured anew: OpenStreetMap files lose the names of their contributors, rasters are cut by whole pixels, every file
gets its attribution inside.
"""

from __future__ import annotations

import argparse
import gzip
import math
import re
from pathlib import Path

import rasterio
from rasterio.windows import Window

BERLIN_WINDOW = (388999.5, 5819039.5, 390000.5, 5820040.5)
"""E 389000-390000, N 5819040-5820040, grown to whole pixels of the terrain model (their edges lie on .5)."""

_ELEMENT = re.compile(rb"^\s*<(?:node|way|relation)\s")
_PERSONAL = re.compile(rb'\s(?:user|uid|changeset|version|timestamp)="[^"]*"')
_TIMESTAMP = re.compile(rb'\stimestamp="([^"]*)"')
_ODBL = "(c) OpenStreetMap contributors, ODbL 1.0 (https://www.openstreetmap.org/copyright)"


def strip_osm(source: Path, target: Path) -> None:
    """Copy an OSM file without the editing history of its elements, with its licence inside."""
    lines, newest = [], b""
    for line in gzip.decompress(source.read_bytes()).splitlines(keepends=True):
        if _ELEMENT.match(line):
            if stamp := _TIMESTAMP.search(line):
                newest = max(newest, stamp[1])
            line = _PERSONAL.sub(b"", line)
        lines.append(line)
    note = f"  <note>{_ODBL}; changed: contributor names removed; newest edit {newest.decode()}</note>\n"
    root = next(number for number, line in enumerate(lines) if line.lstrip().startswith(b"<osm"))
    lines.insert(root + 1, note.encode())
    pack(b"".join(lines), target)


def comment_gml(source: Path, target: Path, comment: str) -> None:
    """Copy a CityGML file with a comment behind its XML declaration."""
    declaration, end, rest = gzip.decompress(source.read_bytes()).partition(b"?>")
    pack(declaration + end + f"\n<!-- {comment} -->".encode() + rest, target)


def cut_raster(
    source: Path, target: Path, bounds: tuple[float, float, float, float] | None, tags: dict[str, str]
) -> None:
    """Copy the whole pixels that cover `bounds`, values, nodata tag and pixel edges unchanged."""
    with rasterio.open(source) as data:
        window = Window(0, 0, data.width, data.height)
        if bounds is not None:
            west, south, east, north = bounds
            columns = [(edge - data.transform.c) / data.transform.a for edge in (west, east)]
            rows = [(edge - data.transform.f) / data.transform.e for edge in (north, south)]
            left, top = math.floor(columns[0] + 1e-6), math.floor(rows[0] + 1e-6)
            window = Window(left, top, math.ceil(columns[1] - 1e-6) - left, math.ceil(rows[1] - 1e-6) - top)
        profile = {
            "driver": "GTiff",
            "dtype": data.dtypes[0],
            "count": 1,
            "width": int(window.width),
            "height": int(window.height),
            "crs": data.crs,
            "transform": data.window_transform(window),
            "nodata": data.nodata,
            "compress": "deflate",
            "zlevel": 9,
            "predictor": 3 if data.dtypes[0].startswith("float") else 2,
        }
        values = data.read(1, window=window)
    with rasterio.open(target, "w", **profile) as out:
        out.write(values, 1)
        out.update_tags(**tags)


def pack(content: bytes, target: Path) -> None:
    """Write gzip without a date, so that the same content gives the same file."""
    target.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def make_samples(reference: Path, target: Path) -> None:
    """Write the files of both samples."""
    bayreuth, berlin = reference / "city" / "bayreuth", reference / "city" / "berlin_tiergarten"
    for folder in ("bayreuth", "tiergarten"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    strip_osm(bayreuth / "north-bayreuth.osm.gz", target / "bayreuth" / "north-bayreuth.osm.gz")
    cut_raster(
        bayreuth / "srtm3_bayreuth_north.tif",
        target / "bayreuth" / "srtm3_bayreuth_north.tif",
        None,
        {
            "SOURCE": "NASA/USGS SRTM 3 arc seconds, tiles N49E011 and N50E011, cut",
            "LICENSE": "public domain",
            "ATTRIBUTION": "NASA/USGS Shuttle Radar Topography Mission",
            "VERTICAL_DATUM": "EGM96",
        },
    )
    strip_osm(berlin / "berlin-siegessaeule.osm.gz", target / "tiergarten" / "berlin-siegessaeule.osm.gz")
    comment_gml(
        berlin / "lod2_3890_5819.gml.gz",
        target / "tiergarten" / "lod2_3890_5819.gml.gz",
        "Geoportal Berlin / 3D-Gebaeudemodelle LoD2, dl-de/by-2.0 (https://www.govdata.de/dl-de/by-2-0); "
        "changed: this comment added",
    )
    licence = "dl-de/by-2.0 (https://www.govdata.de/dl-de/by-2-0)"
    for name, title, renamed in (
        ("Berlin_DEM2021.tif", "Geoportal Berlin / Digitale Geländemodelle - ATKIS DGM", "dgm1_berlin_tiergarten.tif"),
        (
            "Berlin_vegetation_height2020.tif",
            "Umweltatlas Berlin / Vegetationshöhen Berlin",
            "vegetation_height_berlin_tiergarten.tif",
        ),
    ):
        tags = {"SOURCE": title, "LICENSE": licence, "ATTRIBUTION": f"{title}, dl-de/by-2.0, changed: cut to 1 km2"}
        if name == "Berlin_DEM2021.tif":
            tags["VERTICAL_DATUM"] = "DHHN2016"
        cut_raster(berlin / name, target / "tiergarten" / renamed, BERLIN_WINDOW, tags)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("target", type=Path, nargs="?", default=Path(__file__).resolve().parents[1] / "twin" / "data")
    arguments = parser.parse_args()
    make_samples(arguments.reference, arguments.target)
