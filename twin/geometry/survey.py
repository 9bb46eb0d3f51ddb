"""What a file holds, found out without reading it as data: kind, CRS, bounds, counts.

Rasters are asked for their header, XML and text are streamed once up to a limit and counted by their tags. Nothing
here raises for a bad file: what cannot be used says why in `problem`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pyproj import CRS

from twin.errors import DataError, LimitError
from twin.geometry.reference_systems import parse_srs_name, split_compound
from twin.geometry.region import Bounds
from twin.geometry.sources import existing_file, open_checked

Kind = Literal["citygml", "cityjson", "osm", "raster", "points", "table", "other", "unreadable"]
Role = Literal["terrain", "canopy"]

STREAMED = 200_000_000
"""Unpacked bytes after which counting stops; the summary then says "at least"."""

MAX_FILES = 10_000
"""Files of one folder that are looked at."""

_CHUNK, _OVERLAP, _HEAD = 1 << 20, 512, 65_536
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TERRAIN = re.compile(r"dgm|dem(?![a-z])|dtm|srtm|terrain|gel(ae|ä|a)nde|ground|elevation|hoehenmodell", re.IGNORECASE)
_CANOPY = re.compile(r"veg|canopy|tree|baum|b(ae|ä)ume|ndom|ndsm|chm", re.IGNORECASE)
_SURFACE = re.compile(r"dom(?![a-z])|dsm|surface|building|geb(ae|ä)ude|haus|type", re.IGNORECASE)
_NUMBER = rb"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_CORNERS = re.compile(rb"(?:lower|upper)Corner>\s*" + _NUMBER + rb"\s+" + _NUMBER)
_FIRST_POINTS = re.compile(rb"posList[^>]{0,80}>\s*" + _NUMBER + rb"\s+" + _NUMBER)
_NAMES = re.compile(rb"""srsName\s*=\s*["']([^"']{1,200})["']""")
_PLACES = re.compile(rb"""<node [^>]{0,300}?lat=["']([-0-9.]+)["'][^>]{0,80}?lon=["']([-0-9.]+)["']""")
_EDGES = (b"minlon", b"minlat", b"maxlon", b"maxlat")
_CITYGML = {"buildings": re.compile(rb"<(?:\w+:)?Building[\s>]"), "polygons": re.compile(rb"<(?:\w+:)?Polygon[\s>]")}
_OSM = {
    "nodes": re.compile(rb"<node "),
    "ways": re.compile(rb"<way "),
    "roads": re.compile(rb"""k=["']highway["']"""),
    "buildings": re.compile(rb"""k=["']building["']"""),
}


@dataclass(frozen=True)
class SourceSummary:
    """What a file holds.

    path : the file
    kind : "citygml", "cityjson", "osm", "raster", "points" (XYZ text), "table", "other" or "unreadable"
    role : of a raster, as its name suggests: "terrain", "canopy", or None
    version : of the format, where it has several
    crs, vertical_datum : as the file names them
    bounds : (xmin, ymin, xmax, ymax) in `crs`; from headers, envelopes or the points met
    counts : what was counted, by name
    complete : False if counting stopped at `STREAMED` bytes
    spacing : cell size of a raster, in units of its CRS
    stated : what the file says about itself: `source`, `license`, `attribution`, `date`
    problem : why it cannot be used as it is
    """

    path: Path
    kind: Kind
    role: Role | None = None
    version: str | None = None
    crs: CRS | None = None
    vertical_datum: str | None = None
    bounds: Bounds | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    spacing: float | None = None
    stated: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def __str__(self) -> str:
        """Return the summary in one line."""
        said = [f"{self.path.name}: {self.kind}"]
        if self.version:
            said[0] += f" {self.version}"
        if self.role:
            said[0] += f" ({self.role})"
        least = "" if self.complete else "at least "
        said += [f"{least}{number:,} {name}" for name, number in self.counts.items()]
        if self.spacing is not None:
            said.append(f"cells of {self.spacing:.6g}")
        if self.crs is not None:
            code = self.crs.to_epsg()
            said.append(f"EPSG:{code}" if code else self.crs.name)
        if self.vertical_datum:
            said.append(self.vertical_datum)
        if self.bounds is not None:
            said.append("from ({:.10g}, {:.10g}) to ({:.10g}, {:.10g})".format(*self.bounds))
        if self.problem:
            said.append(self.problem)
        return ", ".join(said)


def survey(path: str | os.PathLike[str]) -> SourceSummary:
    """Say what a file holds, quickly.

    Parameters
    ----------
    path : path-like
        Any file.

    Returns
    -------
    SourceSummary
        Of kind "unreadable", with the reason in `problem`, if the file is missing, empty, a Git LFS pointer, an
        archive, cut off or damaged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "town.osm"
    ...     _ = file.write_text('<osm><bounds minlat="50" minlon="11" maxlat="51" maxlon="12"/><way id="1"/></osm>')
    ...     found = survey(file)
    >>> found.kind, found.bounds, found.counts["ways"]
    ('osm', (11.0, 50.0, 12.0, 51.0), 1)
    """
    given = Path(path)
    try:
        if given.exists() and not given.is_file():
            return SourceSummary(given, "unreadable", problem="it is no file")
        file = existing_file(given, "geodata")
        with open_checked(file) as stream:
            head = stream.read(_HEAD)
        return _of_content(file, head)
    except (DataError, LimitError) as error:
        return SourceSummary(given, "unreadable", problem=str(error))
    except OSError as error:
        return SourceSummary(given, "unreadable", problem=f"it cannot be read: {error.strerror}")


def survey_folder(folder: str | os.PathLike[str]) -> tuple[SourceSummary, ...]:
    """Survey the files of a folder, by name; hidden files, .toml files and subfolders are left out.

    Raises
    ------
    DataError
        If it is no folder, cannot be listed or holds more than `MAX_FILES` files.

    Examples
    --------
    >>> survey_folder("nowhere")
    Traceback (most recent call last):
    twin.errors.DataError: nowhere is no folder; give the folder that holds the data of a city
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place} is no folder; give the folder that holds the data of a city")
    try:
        files = sorted(
            item
            for item in place.iterdir()
            if not item.name.startswith(".") and item.suffix.lower() != ".toml" and not item.is_dir()
        )
    except OSError as error:
        raise DataError(f"{place} cannot be listed: {error.strerror}") from None
    if len(files) > MAX_FILES:
        raise DataError(f"{place} holds {len(files):,} files; {MAX_FILES:,} are looked at: give the folder of one city")
    return tuple(survey(file) for file in files)


def _of_content(file: Path, head: bytes) -> SourceSummary:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] in _TIFF:
        return _raster(file, "GTiff")
    if start[:9].lower().startswith((b"ncols", b"nrows", b"xll", b"yll", b"cellsize")):
        return _raster(file, "AAIGrid")
    if file.suffix.lower() == ".hgt":
        return _raster(file, "SRTMHGT")
    if start.startswith(b"<"):
        if b"CityModel" in head:
            return _citygml(file, head)
        if re.search(rb"<osm[\s>]", head):
            return _osm(file, head)
        return SourceSummary(file, "other", problem="XML, but neither CityGML nor OpenStreetMap")
    if b"OSMHeader" in head[:64]:
        return _pbf(file)
    if start.startswith(b"{"):
        if b'"CityJSON"' in head or ".city.json" in file.name.lower():
            return SourceSummary(file, "cityjson")
        return SourceSummary(file, "other", problem="JSON, but not CityJSON")
    return _text(file, head)


def _raster(file: Path, driver: str) -> SourceSummary:
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(file, driver=driver) as source:
                tags = source.tags()
                placed = not source.transform.is_identity
                crs, vertical = (
                    (None, None) if source.crs is None else split_compound(CRS.from_wkt(source.crs.to_wkt()))
                )
                problem = None if placed else "it has no georeference"
                if source.count > 1:
                    problem = f"it has {source.count} bands, one is needed"
                return SourceSummary(
                    file,
                    "raster",
                    role=_role(file),
                    crs=crs,
                    vertical_datum=tags.get("VERTICAL_DATUM") or vertical,
                    bounds=tuple(source.bounds) if placed else None,
                    counts={"rows": source.height, "columns": source.width},
                    spacing=abs(source.transform.a),
                    stated={
                        name.lower(): tags[name] for name in ("SOURCE", "LICENSE", "ATTRIBUTION") if tags.get(name)
                    },
                    problem=problem,
                )
    except RasterioError as error:
        return SourceSummary(file, "unreadable", problem=f"it looks like a raster but cannot be opened: {error}")


def _role(file: Path) -> Role | None:
    """Guess from the name what heights a raster holds; a surface with buildings on it is neither."""
    name = file.name
    if _CANOPY.search(name):
        return "canopy"
    if _TERRAIN.search(name):
        return "terrain"
    return None


def is_surface(summary: SourceSummary) -> bool:
    """Tell whether a raster's name speaks of roofs and tree tops (DOM, DSM) or buildings, which are no terrain.

    Examples
    --------
    >>> is_surface(SourceSummary(Path("dom1.tif"), "raster")), is_surface(SourceSummary(Path("a.tif"), "raster"))
    (True, False)
    """
    return summary.role is None and _SURFACE.search(summary.path.name) is not None


def _citygml(file: Path, head: bytes) -> SourceSummary:
    counts, names, corners, points, complete = _stream(file, _CITYGML, _CORNERS, _FIRST_POINTS)
    version = re.search(rb"opengis\.net/citygml/(?:building/)?(\d\.\d)", head)
    systems = [system for system in map(parse_srs_name, names) if system is not None]
    problem = None
    if len({system.horizontal for system in systems}) > 1:
        problem = f"it names {len(systems)} different CRSs: {', '.join(names)}"
    elif names and not systems:
        problem = f"its srsName {names[0]!r} is not understood"
    root = head[: head.find(b"cityObjectMember")] if b"cityObjectMember" in head else b""
    own = _CORNERS.findall(root)
    return SourceSummary(
        file,
        "citygml",
        version=version.group(1).decode() if version else None,
        crs=systems[0].horizontal if systems else None,
        vertical_datum=next((system.vertical for system in systems if system.vertical), None),
        bounds=_around(own) if len(own) == 2 else corners or points,
        counts=counts,
        complete=complete,
        problem=problem,
    )


def _osm(file: Path, head: bytes) -> SourceSummary:
    counts, _, places, _, complete = _stream(file, _OSM, _PLACES, None)
    edges = [re.search(rb"<bounds [^>]*" + key + rb"""=["']([-0-9.]+)""", head) for key in _EDGES]
    bounds = places and (places[1], places[0], places[3], places[2])
    if bounds is None and all(edges):  # ways leave the box that the file declares: the nodes say where they are
        west, south, east, north = (float(edge.group(1)) for edge in edges if edge)
        bounds = (west, south, east, north)
    date = re.search(rb"""(?:osm_base|timestamp)=["'](\d{4}-\d\d-\d\d)""", head)
    return SourceSummary(
        file,
        "osm",
        crs=CRS.from_epsg(4326),
        bounds=bounds,
        counts=counts,
        complete=complete,
        stated={"date": date.group(1).decode()} if date else {},
    )


def _pbf(file: Path) -> SourceSummary:
    import osmium

    try:
        with osmium.io.Reader(osmium.io.File(str(file), "pbf"), osmium.osm.osm_entity_bits.NOTHING) as reader:
            header = reader.header()
            box, date = header.box(), header.get("osmosis_replication_timestamp")
    except (RuntimeError, ValueError) as error:
        return SourceSummary(file, "unreadable", problem=f"it looks like OpenStreetMap PBF but cannot be read: {error}")
    bounds = None
    if box.valid():
        bounds = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    stated = {"date": date[:10]} if date else {}
    return SourceSummary(file, "osm", version="PBF", crs=CRS.from_epsg(4326), bounds=bounds, stated=stated)


def _text(file: Path, head: bytes) -> SourceSummary:
    """Tell point lists (easting, northing, height) and tables from anything else."""
    try:
        lines = head.decode("utf-8", errors="strict" if len(head) < _HEAD else "ignore").splitlines()
    except UnicodeDecodeError:
        lines = head.decode("cp1252", errors="replace").splitlines() if b"\0" not in head else []
    body = [line for line in lines[1 : min(len(lines), 200)] if line.strip()]
    numbers = re.compile(r"^\s*-?\d+(\.\d+)?([\s,;]+-?\d+(\.\d+)?){2}\s*$")
    if body and all(numbers.match(line) for line in body[:-1]) and numbers.match(body[0]):
        return SourceSummary(file, "points", role=_role(file))
    if file.suffix.lower() in (".csv", ".tsv", ".geojson", ".gpkg", ".shp"):
        return SourceSummary(file, "table")
    return SourceSummary(file, "other")


def _stream(
    file: Path, patterns: Mapping[str, re.Pattern[bytes]], places: re.Pattern[bytes], others: re.Pattern[bytes] | None
) -> tuple[dict[str, int], list[str], Bounds | None, Bounds | None, bool]:
    """Count patterns in a file; return also its srsNames, the boxes of two kinds of places, and if this was all."""
    counts = dict.fromkeys(patterns, 0)
    names: dict[str, None] = {}
    boxes: list[Bounds | None] = [None, None]
    carried, complete = b"", True
    with open_checked(file, xml=True) as stream:
        while data := stream.read(_CHUNK):
            window = carried + data
            # a match that ends inside what was carried over was counted with the chunk before
            for name, pattern in patterns.items():
                counts[name] += sum(match.end() > len(carried) for match in pattern.finditer(window))
            for match in _NAMES.findall(window):
                if len(names) < 20:
                    names.setdefault(match.decode("utf-8", errors="replace"))
            for index, kind in enumerate((places, others)):
                if kind is not None:
                    boxes[index] = _joined(boxes[index], _around(kind.findall(window)))
            carried = window[-_OVERLAP:]
            if stream.unpacked >= STREAMED:
                complete = False
                break
    return counts, list(names), boxes[0], boxes[1], complete


def _around(pairs: list[Any]) -> Bounds | None:
    if not pairs:
        return None
    try:
        first, second = [float(pair[0]) for pair in pairs], [float(pair[1]) for pair in pairs]
    except ValueError:
        return None
    return min(first), min(second), max(first), max(second)


def _joined(one: Bounds | None, other: Bounds | None) -> Bounds | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
