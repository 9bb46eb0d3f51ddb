"""Files of a made-up municipality, as a survey would give them: tiles of buildings and terrain, one map extract.

Buildings are those of a real LoD2 tile, repeated; terrain, streets, land use, map buildings and trees are synthetic, in
numbers that German towns have: about 600 buildings, 18 km of streets, 64 areas and 200 mapped trees a square kilometre.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from benchmarks.load.citygml import _dense_tile, _shifted

WEST, SOUTH = 389_000, 5_819_000
"""South-west corner, EPSG:25833."""

BUILDINGS = 600
"""About so many a square kilometre."""

STREETS = 125.0
"""Distance of the streets, m."""

_USES = ("residential", "residential", "grass", "residential", "commercial", "forest", "residential", "meadow")


def write_buildings(folder: Path, columns: int, rows: int) -> int:
    """Write one CityGML file a square kilometre, where it is not there yet; return the number of buildings."""
    text = gzip.decompress(_dense_tile().read_bytes()).decode()
    first, last = text.index("<cityObjectMember>"), text.rindex("</CityModel>")
    members = text[first:last]
    in_tile = members.count("<bldg:Building ")
    low = _corner(members)
    copies = round(BUILDINGS * rows / in_tile)
    steps = [round(1000 * rows * number / copies) for number in range(copies)]
    for column in range(columns):
        for row in range(rows):
            path = folder / f"lod2_{389 + column}_{5819 + row}.gml"
            if path.exists():
                continue
            with path.open("w", encoding="utf-8", newline="") as sink:
                sink.write(text[:first])
                for number, step in enumerate(steps):
                    if step // 1000 == row:
                        east, north = WEST + 1000 * column - low[0], SOUTH + step - low[1]
                        sink.write(_shifted(members, 1000 * column + number, east, north))
                sink.write(text[last:])
    return in_tile * copies * columns


def _corner(members: str) -> tuple[int, int]:
    from benchmarks.load.citygml import _NUMBERS

    places = np.array([numbers.split()[:2] for _, numbers in _NUMBERS.findall(members)], float)
    east, north = places.min(axis=0)
    return int(east), int(north)


def write_terrain(folder: Path, columns: int, rows: int) -> None:
    """Write one GeoTIFF of 1000 x 1000 cells of 1 m a square kilometre: hills of 12 m with ripples of 20 cm."""
    import rasterio
    from affine import Affine

    for column in range(columns):
        for row in range(rows):
            path = folder / f"dgm1_{389 + column}_{5819 + row}.tif"
            if path.exists():
                continue
            west, north = WEST + 1000 * column, SOUTH + 1000 * (row + 1)
            x, y = west - WEST + np.arange(1000) + 0.5, north - SOUTH - np.arange(1000)[:, None] - 0.5
            heights = 40 + 12 * np.sin(x / 900) * np.cos(y / 700) + 0.2 * np.sin(x / 11) * np.sin(y / 7)
            with rasterio.open(
                path, "w", driver="GTiff", width=1000, height=1000, count=1, dtype="float32", crs="EPSG:25833",
                transform=Affine(1, 0, west, 0, -1, north), compress="deflate", predictor=3,
            ) as sink:  # fmt: skip
                sink.write(np.round(heights, 2).astype(np.float32), 1)


def write_map(path: Path, columns: int, rows: int) -> None:
    """Write an OpenStreetMap extract of so many square kilometres, where it is not there yet."""
    from pyproj import Transformer

    if path.exists():
        return
    to_degrees = Transformer.from_crs(25833, 4326, always_xy=True)
    nodes: list[np.ndarray] = []
    tags: dict[int, str] = {}
    ways: list[str] = []
    count = 0

    def add(points: np.ndarray) -> np.ndarray:
        nonlocal count
        nodes.append(points)
        count += len(points)
        return np.arange(count - len(points) + 1, count + 1)

    def way(members: np.ndarray, **told: str) -> None:
        text = "".join(f'<nd ref="{number}"/>' for number in members.tolist())
        text += "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in told.items())
        ways.append(f'<way id="{len(ways) + 1}" version="1">{text}</way>')

    def polygon(west: float, south: float, east: float, north: float, **told: str) -> None:
        ring = add(np.array([(west, south), (east, south), (east, north), (west, north)]))
        way(np.append(ring, ring[0]), **told)

    across, along = round(1000 * columns / STREETS), round(1000 * rows / STREETS)
    x, y = np.meshgrid(WEST + STREETS * np.arange(across + 1), SOUTH + STREETS * np.arange(along + 1))
    crossing = add(np.column_stack([x.ravel(), y.ravel()])).reshape(along + 1, across + 1)
    for lines, last in ((crossing, along), (crossing.T, across)):
        for number in range(last + 1):
            big = number % 8 == 0
            told = {"highway": "primary" if big else "residential", "maxspeed": "50" if big else "30",
                    "lanes": "4" if big else "2", "name": f"Straße {number}", "surface": "asphalt"}  # fmt: skip
            for begin in range(0, lines.shape[1] - 1, 8):
                way(lines[number, begin : begin + 9], **told)
    for row in range(along):
        for column in range(across):
            west, south = WEST + STREETS * column, SOUTH + STREETS * row
            use = _USES[(3 * column + 5 * row) % len(_USES)]
            key = "natural" if (column + 7 * row) % 29 == 0 else "landuse"
            polygon(west + 8, south + 8, west + 117, south + 117, **{key: "water" if key == "natural" else use})
            if key == "landuse" and use in ("residential", "commercial"):
                for house in range(15):
                    left, low = west + 14 + 20 * (house % 5), south + 14 + 34 * (house // 5)
                    polygon(left, low, left + 12, low + 16, building="yes", building__levels=str(2 + house % 4))
            for tree in add(np.column_stack([west + 10 + 35.0 * np.arange(3), np.full(3, south + 11.0)])).tolist():
                tags[tree] = '<tag k="natural" v="tree"/>'
    places = np.concatenate(nodes)
    lon, lat = to_degrees.transform(places[:, 0], places[:, 1])
    with path.open("w", encoding="utf-8") as sink:
        sink.write('<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="synthetic">\n')
        for number, (one, other) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), 1):
            sink.write(
                f'<node id="{number}" version="1" lat="{other:.7f}" lon="{one:.7f}">{tags.get(number, "")}</node>\n'
            )
        sink.writelines(f"{line}\n" for line in ways)
        sink.write("</osm>\n")


def write_town(folder: Path, columns: int, rows: int, resolution: float) -> Path:
    """Write the files of a town of so many square kilometres into a folder; return its city.toml."""
    buildings, terrain = folder / f"lod2_{rows}", folder / "dgm1"
    for place in (buildings, terrain):
        place.mkdir(parents=True, exist_ok=True)
    write_buildings(buildings, columns, rows)
    write_terrain(terrain, columns, rows)
    write_map(folder / f"map_{columns}x{rows}.osm", columns, rows)
    names = [(column, row) for row in range(rows) for column in range(columns)]
    models = [f"{buildings.name}/lod2_{389 + column}_{5819 + row}.gml" for column, row in names]
    tiles = [f"dgm1/dgm1_{389 + column}_{5819 + row}.tif" for column, row in names]
    town = folder / f"town_{columns}x{rows}.toml"
    town.write_text(
        f"""name = "made-up town of {columns * rows} km2"
crs = "EPSG:25833"
resolution = {resolution}
bounds = [{WEST}, {SOUTH}, {WEST + 1000 * columns}, {SOUTH + 1000 * rows}]

[terrain]
file = {tiles}
vertical_datum = "DHHN2016"
source = "made"

[buildings]
file = {models}
format = "citygml"
source = "made"

[land_cover]
file = "map_{columns}x{rows}.osm"
source = "made"

[roads]
file = "map_{columns}x{rows}.osm"
source = "made"

[sources.made]
name = "one LoD2 tile repeated, on synthetic terrain and a synthetic map"
license = "none"
attribution = "made for a benchmark"
""".replace("'", '"'),
        encoding="utf-8",
    )
    return town
