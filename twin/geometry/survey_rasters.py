"""What rasters, XYZ tiles and laser tiles hold, from their headers, first and last lines and a sample of their rows."""

from __future__ import annotations

import re
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import DataError, TwinError
from twin.geometry.archives import split_member
from twin.geometry.reference_systems import split_compound
from twin.geometry.region import Bounds
from twin.geometry.sources import open_checked
from twin.geometry.survey_summary import Role, SourceSummary
from twin.geometry.tile_names import tile_of_name

_TERRAIN = re.compile(r"dgm|dem(?![a-z])|dtm|srtm|terrain|gel(ae|ä|a)nde|ground|elevation|hoehenmodell", re.IGNORECASE)
_CANOPY = re.compile(r"veg|canopy|tree|baum|b(ae|ä)ume|ndom|ndsm|chm", re.IGNORECASE)
_SURFACE = re.compile(r"dom(?![a-z])|dsm|surface|building|geb(ae|ä)ude|haus|type", re.IGNORECASE)
_SAMPLED = 4_000_000  # cells of a raster that are looked at for empty ones
_CHUNK, _HEAD, _TAIL = 1 << 20, 65_536, 4096
_ZONES = {31: 25831, 32: 25832, 33: 25833}  # EPSG codes by the zone that an easting like 32 389 000 carries


def role_of_heights(file: Path) -> Role | None:
    """Guess from the name what heights a file holds; a surface with buildings on it is neither.

    Examples
    --------
    >>> role_of_heights(Path("dgm1_33_390_5819.xyz")), role_of_heights(Path("ndom.tif")), role_of_heights(Path("a.tif"))
    ('terrain', 'canopy', None)
    """
    if _CANOPY.search(file.name):
        return "canopy"
    return "terrain" if _TERRAIN.search(file.name) else None


def is_surface(summary: SourceSummary) -> bool:
    """Tell whether a raster's name speaks of roofs and tree tops (DOM, DSM) or buildings, which are no terrain.

    Examples
    --------
    >>> is_surface(SourceSummary(Path("dom1.tif"), "raster")), is_surface(SourceSummary(Path("a.tif"), "raster"))
    (True, False)
    """
    return summary.role is None and _SURFACE.search(summary.path.name) is not None


def survey_raster(file: Path, driver: str, *, count: bool) -> SourceSummary:
    """Say what a raster's header tells; with `count`, also which share of it is empty."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    inside = split_member(file)
    name = str(file) if inside is None else f"/vsizip/{{{inside[0]}}}/{inside[1]}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(name, driver=driver) as source:
                tags = source.tags()
                placed = not source.transform.is_identity
                crs, vertical = (
                    (None, None) if source.crs is None else split_compound(CRS.from_wkt(source.crs.to_wkt()))
                )
                problem = None if placed else "it has no georeference"
                if source.count > 1:
                    problem = f"it has {source.count} bands, one is needed"
                # a digit and a blank to each number; GDAL would look for the missing ones for hours
                size = file.stat().st_size if inside is None and driver == "AAIGrid" else None
                if size is not None and 2 * source.width * source.height > size + 1:
                    problem = f"it says that it has {source.height:,} x {source.width:,} cells, but ends before"
                return SourceSummary(
                    file,
                    "raster",
                    role=role_of_heights(file),
                    crs=crs,
                    vertical_datum=tags.get("VERTICAL_DATUM") or vertical,
                    bounds=tuple(source.bounds) if placed else None,
                    counts={"rows": source.height, "columns": source.width},
                    spacing=abs(source.transform.a),
                    empty_share=_empty(source) if count and problem is None else None,
                    stated={
                        name.lower(): tags[name] for name in ("SOURCE", "LICENSE", "ATTRIBUTION") if tags.get(name)
                    },
                    problem=problem,
                )
    except (RasterioError, MemoryError, UnicodeDecodeError, CRSError) as error:
        words = str(error)[:200]
        return SourceSummary(file, "unreadable", problem=f"it looks like a raster but cannot be opened: {words}")


def _empty(source: Any) -> float:
    """Return the share of empty cells: of all, or of blocks of rows spread over a large raster."""
    from rasterio.windows import Window

    rows = max(1, min(source.height, _SAMPLED // max(source.width, 1)))
    # whole strips are unpacked anyway; some of them, spread evenly, are enough
    height = min(rows, 256)
    starts = np.unique(np.linspace(0, source.height - height, max(1, rows // height)).astype(int))
    empty = cells = 0
    for start in starts:
        values = source.read(1, window=Window(0, int(start), source.width, height), masked=True)
        gone = np.ma.getmaskarray(values)
        if values.dtype.kind == "f":
            gone = gone | ~np.isfinite(values.data)
        empty, cells = empty + int(gone.sum()), cells + values.size
    return empty / cells


def survey_postings(file: Path, *, count: bool) -> SourceSummary:
    """Say what an XYZ tile holds: with `count`, lines are counted and the last ones read; else the first ones alone."""
    lines, first, last = 0, b"", b""
    with open_checked(file) as stream:
        while data := stream.read(_CHUNK if count else _HEAD):
            first = first or data[:_HEAD]
            if not count:
                break
            lines += data.count(b"\n")
            last = (last + data)[-_TAIL:]
    whole_tail = last.splitlines()[1 if len(last) >= _TAIL else 0 :]  # its first line is cut
    top, bottom = _numbers(first.splitlines()[:100]), _numbers(whole_tail)
    lines += count and not last.endswith(b"\n")
    role = role_of_heights(file)
    if len(top) < 2:
        return SourceSummary(file, "points", role, problem="too few lines with easting, northing and height")
    step = np.abs(np.diff(top[:, :2], axis=0))
    spacing = float(step[step > 0].min()) if (step > 0).any() else None
    zone = int(top[0, 0] // 1_000_000)
    crs = CRS.from_epsg(_ZONES[zone]) if zone in _ZONES else None
    if crs is not None:  # as the reader gives them: without the zone
        top[:, 0] -= 1_000_000.0 * zone
        bottom[:, 0] -= 1_000_000.0 * zone
    tile, box = tile_of_name(file.name), None
    if tile is not None and tile[0] <= top[0, 0] <= tile[2] and tile[1] <= top[0, 1] <= tile[3]:
        box = tile
    if count and spacing is not None:
        whole = _corners(np.concatenate([top, bottom]), spacing, lines)
        if whole is None and box is None:
            return _read_postings(file, lines, spacing, crs)
        box = whole or box
    counts = {"postings": lines} if count else {}
    return SourceSummary(file, "points", role, crs=crs, bounds=box, counts=counts, spacing=spacing)


def _corners(ends: Any, spacing: float, lines: int) -> Bounds | None:
    """Return the extent if the first and last postings are opposite corners of a full tile, told by their number."""
    (west, south), (east, north) = ends[:, :2].min(0) - spacing / 2, ends[:, :2].max(0) + spacing / 2
    with np.errstate(over="ignore", invalid="ignore"):  # ends at the end of the world are no corners
        whole = (east - west) / spacing * ((north - south) / spacing)
    return (float(west), float(south), float(east), float(north)) if abs(whole - lines) <= 0.01 * lines + 2 else None


def _numbers(lines: list[bytes]) -> Any:
    found = []
    for line in lines:
        words = line.replace(b";", b" ").split()
        if len(words) != 3:
            words = line.replace(b",", b" ").split()
        try:
            numbers = [float(word.replace(b",", b".")) for word in words]
        except ValueError:
            continue
        if len(numbers) == 3 and np.isfinite(numbers).all():
            found.append(numbers)
    return np.array(found, float).reshape(-1, 3)


def _read_postings(file: Path, lines: int, spacing: float, crs: CRS | None) -> SourceSummary:
    """Read a tile whose place neither its ends nor its name tell: rows in another order, or holes."""
    from twin.geometry.xyz import read_xyz

    role = role_of_heights(file)
    try:
        # the CRS does not matter here; without one the reader would refuse the file
        read = read_xyz(file, crs=None if crs is not None else 25832, nodata=-9999)
    except TwinError as error:
        return SourceSummary(file, "points", role, crs=crs, counts={"postings": lines}, problem=str(error))
    half = spacing / 2
    return SourceSummary(
        file,
        "points",
        role,
        crs=crs,
        bounds=(
            float(read.x.min()) - half,
            float(read.y.min()) - half,
            float(read.x.max()) + half,
            float(read.y.max()) + half,
        ),
        counts={"postings": lines},
        spacing=float(abs(read.x[1] - read.x[0])) if read.sizes["x"] > 1 else spacing,
        empty_share=float(np.isnan(read.values).mean()),
    )


def survey_laser(file: Path, *, count: bool) -> SourceSummary:
    """Say what the header of a LAS or LAZ file tells; classes are counted where points are not compressed."""
    with open_checked(file) as stream:
        head = stream.read(_CHUNK)
    if len(head) < 227:
        raise DataError(f"{file} is cut off: its LAS header needs 227 bytes, it has {len(head)}; fetch it again")
    major, minor = head[24], head[25]
    day, year, header_size = struct.unpack_from("<HHH", head, 90)
    start, records = struct.unpack_from("<II", head, 96)
    form, length, number = struct.unpack_from("<BHI", head, 104)
    east, west, north, south = struct.unpack_from("<4d", head, 179)
    if (major, minor) >= (1, 4) and len(head) >= 255:
        number = struct.unpack_from("<Q", head, 247)[0]
    packed = bool(form & 0x80)
    crs, vertical = _laser_crs(head, header_size, records)
    classes: dict[int, float] = {}
    if count and not packed and length >= 20 and split_member(file) is None and file.suffix.lower() == ".las":
        classes = _laser_classes(file, start, length, number, form & 0x3F)
    area = (east - west) * (north - south)
    stated = {"date": f"{year}"} if 1990 <= year <= 2100 and 0 <= day <= 366 else {}
    return SourceSummary(
        file,
        "laser",
        role_of_heights(file),
        version=f"{'LAZ' if packed else 'LAS'} {major}.{minor}",
        crs=crs,
        vertical_datum=vertical,
        bounds=(west, south, east, north) if np.isfinite([west, south, east, north]).all() and area > 1e-3 else None,
        counts={"points": int(number), **({"points per m²": round(number / area)} if area > 1e-3 else {})},
        classes=classes,
        stated=stated,
    )


def _laser_crs(head: bytes, at: int, records: int) -> tuple[CRS | None, str | None]:
    """Return the CRS that the variable length records name: as WKT, or as GeoTIFF keys."""
    for _ in range(min(records, 100)):
        if at + 54 > len(head):
            break
        user = head[at + 2 : at + 18].rstrip(b"\0")
        kind, size = struct.unpack_from("<HH", head, at + 18)
        body = head[at + 54 : at + 54 + size]
        at += 54 + size
        if user != b"LASF_Projection":
            continue
        try:
            if kind == 2112:
                return split_compound(CRS.from_wkt(body.rstrip(b"\0").decode("utf-8", errors="replace")))
            if kind == 34735 and len(body) >= 8:
                keys = np.frombuffer(body[: len(body) // 8 * 8], "<u2").reshape(-1, 4)
                for key, where, _, value in keys[1:]:
                    if key == 3072 and where == 0:
                        return split_compound(CRS.from_epsg(int(value)))
        except Exception:
            return None, None
    return None, None


def _laser_classes(file: Path, start: int, length: int, number: int, form: int) -> dict[int, float]:
    """Return the share of each class among points spread over the file."""
    number = min(number, max(0, file.stat().st_size - start) // length)
    if number == 0:
        return {}
    points = np.memmap(file, np.uint8, "r", start, (number, length))
    step = max(1, number // 200_000)
    codes = points[::step, 15] & 31 if form < 6 else points[::step, 16]
    found, counts = np.unique(np.asarray(codes), return_counts=True)
    return {int(code): float(share) for code, share in zip(found, counts / counts.sum(), strict=True)}
