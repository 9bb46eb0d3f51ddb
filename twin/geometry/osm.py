"""OpenStreetMap extracts (XML, .gz, .pbf) to records: roads with their nodes, turn restrictions, areas, lines, points.

Coordinates are longitude and latitude in degrees (EPSG:4326). Ways that leave the extract's box are kept whole, the
order of objects in the file does not matter, and whatever is repaired or refused stands in the report.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.geometry.archives import split_member
from twin.geometry.osm_areas import assemble_areas
from twin.geometry.osm_pbf import check_pbf, is_pbf
from twin.geometry.osm_raw import RawObjects, Tags, read_objects
from twin.geometry.osm_roads import known_stretch, select_restrictions, select_roads
from twin.geometry.osm_tags import is_area, is_line, is_road, speaking_tags
from twin.geometry.records import OsmData, ReadReport, Refusal
from twin.geometry.sources import existing_file, open_checked, read_through

if TYPE_CHECKING:
    import geopandas as gpd

_WHAT = "an OpenStreetMap extract (.osm, .osm.gz or .osm.pbf)"


def read_osm(path: str | os.PathLike[str]) -> OsmData:
    """Read an OpenStreetMap extract.

    Parameters
    ----------
    path : path-like
        OSM XML, plain or gzip, or PBF. The content decides, not the suffix.

    Returns
    -------
    OsmData
        Roads, turn restrictions, areas, lines and points; `report` counts what was used and names what was not.

    Raises
    ------
    DataError
        If the file is missing, empty, cut off, damaged or not OpenStreetMap data.
    LimitError
        If it unpacks to more than `twin.limits` allow.

    Notes
    -----
    A road with nodes that the extract lacks keeps its longest stretch of known nodes. A multipolygon with missing
    members keeps the outlines that close. A closed way is an area by the tags listed in `twin.geometry.osm_tags`.
    PBF has no end mark: a file cut exactly between two of its blocks reads as whole, apart from the missing nodes and
    members that the report then names.

    References
    ----------
    OpenStreetMap wiki: OSM XML, PBF Format, Relation:multipolygon, Relation:restriction.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<osm version="0.6">
    ...   <node id="1" lat="49.97" lon="11.50"/><node id="2" lat="49.98" lon="11.50"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "town.osm"
    ...     _ = file.write_text(text)
    ...     data = read_osm(file)
    >>> data.roads[0].tags, data.node_lat.tolist()
    ({'highway': 'residential'}, [49.97, 49.98])
    """
    file = existing_file(path, _WHAT)
    if split_member(file) is not None:
        raise DataError(f"{file} lies in a zip archive; unpack it and name the file")
    form, date = _check_form(file)
    raw = read_objects(file, form)
    return _sort_out(raw, file, date)


def _check_form(file: Path) -> tuple[str, str | None]:
    """Return the name osmium has for the file's format, and the date an XML file declares, after a check to its end."""
    with open_checked(file) as stream:
        start = stream.read(64)
        packed = stream.is_gzip
    if is_pbf(start):
        if packed:
            raise DataError(f"{file} is a PBF file packed with gzip once more; unpack it")
        check_pbf(file)
        return "pbf", None
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise DataError(f"{file} begins with {start[:12]!r}: neither OSM XML nor PBF; {_WHAT} is expected there")
    head = read_through(file, xml=True)
    if b"<osmChange" in head:
        raise DataError(f"{file} is a list of changes (osmChange), not an extract; apply it to one with osmium")
    found = re.search(rb'(?:osm_base|<osm[^>]*\stimestamp)="([0-9T:.+Z-]{10,30})"', head)
    return ("osm.gz" if packed else "osm"), found.group(1).decode() if found else None


def _sort_out(raw: RawObjects, file: Path, date: str | None) -> OsmData:
    repaired: list[Refusal] = []
    refused = [Refusal(f"n{number}", "its position is not a longitude and latitude") for number in raw.misplaced]
    roads = select_roads(raw, repaired, refused)
    restrictions, asked = select_restrictions(raw, {road.id for road in roads}, refused)
    areas, candidates = assemble_areas(raw, repaired, refused)
    lines, line_count = _lines(raw, repaired, refused)
    points = _points(raw)
    refs = np.unique(np.concatenate([road.nodes for road in roads])) if roads else np.empty(0, np.int64)
    rows = raw.positions(refs)
    tagged = {int(number): raw.node_tags[int(number)] for number in refs if int(number) in raw.node_tags}
    road_count = sum(is_road(refs, tags) for refs, tags in raw.ways.values())
    notes = [f"{len(raw.node_id)} nodes, {len(raw.ways)} ways, {len(raw.relations)} relations in the file"]
    if raw.repeated:
        notes.append(f"{raw.repeated} objects come more than once; the last version counts")
    report = ReadReport(
        source=str(file),
        found=road_count + asked + candidates + line_count + len(points) + len(raw.misplaced),
        used=len(roads) + len(restrictions) + len(areas) + len(lines) + len(points),
        repaired=tuple(repaired),
        refused=tuple(refused),
        notes=tuple(notes),
    )
    if not raw.node_id.size and not raw.ways:
        raise DataError(f"{file} holds no nodes and no ways; an OpenStreetMap extract with content is expected")
    return OsmData(
        node_id=refs,
        node_lon=raw.node_xy[rows, 0],
        node_lat=raw.node_xy[rows, 1],
        node_tags=tagged,
        roads=tuple(roads),
        restrictions=tuple(restrictions),
        areas=areas,
        lines=lines,
        points=points,
        bounds=raw.bounds,
        date=date or raw.date,
        report=report,
    )


def _lines(raw: RawObjects, repaired: list[Refusal], refused: list[Refusal]) -> tuple[gpd.GeoDataFrame, int]:
    import shapely

    names: list[str] = []
    all_tags: list[Tags] = []
    chains: list[NDArray[np.int64]] = []
    wanted = 0
    for number, (refs, tags) in raw.ways.items():
        if is_line(refs, tags) and not is_area(refs, tags):
            wanted += 1
            nodes = known_stretch(f"w{number}", refs, raw, repaired, refused)
            if nodes is not None:
                names.append(f"w{number}")
                all_tags.append(tags)
                chains.append(nodes)
    if chains:
        owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
        geometry = shapely.linestrings(raw.node_xy[raw.positions(np.concatenate(chains))], indices=owner)
    else:
        geometry = np.empty(0, dtype=object)
    return _table(names, all_tags, geometry), wanted


def _points(raw: RawObjects) -> gpd.GeoDataFrame:
    import shapely

    speaking = {number: tags for number, tags in raw.node_tags.items() if speaking_tags(tags)}
    rows = raw.positions(list(speaking))
    known = rows >= 0
    names = [f"n{number}" for number in speaking]
    tags = list(speaking.values())
    if not known.all():  # tags of a node whose last version has no position
        names = [name for name, has in zip(names, known, strict=True) if has]
        tags = [entry for entry, has in zip(tags, known, strict=True) if has]
    return _table(names, tags, shapely.points(raw.node_xy[rows[known]]))


def _table(names: list[str], tags: list[Tags], geometry: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"osm_id": names, "tags": tags}, geometry=geometry, crs="EPSG:4326")
