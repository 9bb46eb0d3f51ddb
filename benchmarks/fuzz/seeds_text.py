"""Small files to begin with, written from the formats' descriptions: synthetic, none of it is surveyed."""

from __future__ import annotations

import json
from typing import Any

_EAST, _NORTH = 389000.0, 5819000.0


def _ring(points: list[tuple[float, float, float]]) -> str:
    return " ".join(f"{x + _EAST:g} {y + _NORTH:.1f} {z:g}" for x, y, z in [*points, points[0]])


def _faces(x: float, y: float, top: float) -> dict[str, list[list[tuple[float, float, float]]]]:
    corners = [(x, y), (x + 10, y), (x + 10, y + 8), (x, y + 8)]
    low, high = [(*c, 34.0) for c in corners], [(*c, top) for c in corners]
    walls = [[low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]] for i in range(4)]
    return {"GroundSurface": [low[::-1]], "RoofSurface": [high], "WallSurface": walls}


def _polygon(number: str, ring: str, hole: str = "") -> str:
    inner = f"<gml:interior><gml:LinearRing><gml:posList>{hole}</gml:posList></gml:LinearRing></gml:interior>"
    return (
        f'<gml:Polygon gml:id="{number}"><gml:exterior><gml:LinearRing gml:id="{number}_r"><gml:posList '
        f'srsDimension="3">{ring}</gml:posList></gml:LinearRing></gml:exterior>{inner if hole else ""}</gml:Polygon>'
    )


def _bounded(number: str, x: float, top: float = 40.0, level: int = 2) -> str:
    out = []
    for kind, rings in _faces(x, 0.0, top).items():
        for i, ring in enumerate(rings):
            body = _polygon(f"{number}_{kind}{i}", _ring(ring))
            out.append(
                f"<bldg:boundedBy><bldg:{kind}><bldg:lod{level}MultiSurface><gml:MultiSurface><gml:surfaceMember>{body}"
                f"</gml:surfaceMember></gml:MultiSurface></bldg:lod{level}MultiSurface></bldg:{kind}></bldg:boundedBy>"
            )
    return "".join(out)


def _solid(members: str, level: int) -> str:
    return (
        f"<bldg:lod{level}Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{members}</gml:CompositeSurface>"
        f"</gml:exterior></gml:Solid></bldg:lod{level}Solid>"
    )


def _links(number: str) -> str:
    names = ["GroundSurface0", "RoofSurface0", *(f"WallSurface{i}" for i in range(4))]
    return "".join(f'<gml:surfaceMember xlink:href="#{number}_{name}"/>' for name in names)


def citygml(version: str = "2.0", srs: str = "urn:adv:crs:ETRS89_UTM33*DE_DHHN2016_NH") -> bytes:
    """Return three buildings: by boundary surfaces with a solid that refers to them, of parts, and a bare solid."""
    generic = '<gen:stringAttribute name="Gemeinde"><gen:value>1</gen:value></gen:stringAttribute>'
    first = (
        '<bldg:Building gml:id="b1"><gml:name>Rathaus</gml:name><gml:boundedBy><gml:Envelope srsDimension="3">'
        "<gml:lowerCorner>389000 5819000 34</gml:lowerCorner><gml:upperCorner>389010 5819008 40</gml:upperCorner>"
        f"</gml:Envelope></gml:boundedBy>{generic}<bldg:function>31001_1000</bldg:function>"
        '<bldg:roofType>1000</bldg:roofType><bldg:measuredHeight uom="urn:adv:uom:m">6.0</bldg:measuredHeight>'
        f"<bldg:storeysAboveGround>2</bldg:storeysAboveGround>{_solid(_links('b1'), 2)}{_bounded('b1', 0)}"
        "</bldg:Building>"
    )
    part = '<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="{}">{}</bldg:BuildingPart>'
    part += "</bldg:consistsOfBuildingPart>"
    second = (
        f'<bldg:Building gml:id="b2">{part.format("p1", _bounded("p1", 20))}{part.format("p2", _bounded("p2", 30))}'
    )
    hole = _ring([(43, 2, 40), (43, 6, 40), (47, 6, 40), (47, 2, 40)])
    faces = [ring for rings in _faces(40, 0, 40).values() for ring in rings]
    body = "".join(
        f"<gml:surfaceMember>{_polygon(f's{i}', _ring(ring), hole if i == 1 else '')}</gml:surfaceMember>"
        for i, ring in enumerate(faces)
    )
    third = f'<bldg:Building gml:id="b3">{_solid(body, 1)}</bldg:Building>'
    members = "".join(
        f"<core:cityObjectMember>{item}</core:cityObjectMember>" for item in (first, second + "</bldg:Building>", third)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<core:CityModel xmlns:core="http://www.opengis.net/citygml/{version}"'
        f' xmlns:gml="http://www.opengis.net/gml" xmlns:bldg="http://www.opengis.net/citygml/building/{version}"'
        f' xmlns:gen="http://www.opengis.net/citygml/generics/{version}" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<gml:boundedBy><gml:Envelope srsName="{srs}" srsDimension="3"><gml:lowerCorner>388990 5818990 30'
        "</gml:lowerCorner><gml:upperCorner>389990 5819990 80</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        f"{members}</core:CityModel>"
    ).encode()


def citygml_3() -> bytes:
    """Return a building of CityGML 3.0 with boundaries of the construction module, and a height."""
    body = _polygon("p", _ring([(0, 0, 40), (10, 0, 40), (10, 8, 40), (0, 8, 40)]))
    return (
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/3.0" '
        'xmlns:con="http://www.opengis.net/citygml/construction/3.0" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><cityObjectMember><bldg:Building gml:id="b1"><boundary>'
        '<con:RoofSurface gml:id="r"><lod2MultiSurface><gml:MultiSurface gml:id="m" srsName="EPSG:25833" '
        f'srsDimension="3"><gml:surfaceMember>{body}</gml:surfaceMember></gml:MultiSurface></lod2MultiSurface>'
        "</con:RoofSurface></boundary><con:height><con:Height><con:highReference>highestRoofEdge</con:highReference>"
        '<con:lowReference>lowestGroundPoint</con:lowReference><con:value uom="m">6</con:value></con:Height>'
        "</con:height><bldg:storeysAboveGround>2</bldg:storeysAboveGround></bldg:Building></cityObjectMember></CityModel>"
    ).encode()


def citygml_positions() -> bytes:
    """Return a building whose rings are written as single positions and as GML 2 coordinates."""
    text = citygml("1.0", "EPSG:25833").decode()
    start, end = '<gml:posList srsDimension="3">', "</gml:posList>"
    head, *parts = text.split(start)
    out = [head]
    for i, part in enumerate(parts):
        numbers, rest = part.split(end, 1)
        triples = [numbers.split()[j : j + 3] for j in range(0, len(numbers.split()), 3)]
        if i % 2:
            out.append("".join(f"<gml:pos>{' '.join(point)}</gml:pos>" for point in triples) + rest)
        else:
            out.append(f"<gml:coordinates>{' '.join(','.join(point) for point in triples)}</gml:coordinates>" + rest)
    return "".join(out).encode()


_POINTS = [[x, y, z] for z in (0, 9000) for x, y in ((0, 0), (10000, 0), (10000, 10000), (0, 10000))]
_FACES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]


def _town() -> dict[str, Any]:
    kinds = [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}]
    return {
        "type": "CityJSON", "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415",
                     "geographicalExtent": [85000, 447000, 0, 85010, 447010, 9]},
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85000.0, 447000.0, 0.0]},
        "vertices": _POINTS,
        "geometry-templates": {"templates": [{"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]]]}],
                               "vertices-templates": [[0, 0, 0], [1, 0, 0], [0, 0, 5]]},
        "CityObjects": {
            "b": {"type": "Building", "children": ["p"],
                  "attributes": {"measuredHeight": 9.0, "storeysAboveGround": 3, "function": "1000", "name": "Haus"},
                  "geometry": [{"type": "Solid", "lod": "2.2", "boundaries": [_FACES],
                                "semantics": {"surfaces": kinds, "values": [[0, 1, 2, 2, 2, 2]]}}]},
            "p": {"type": "BuildingPart", "parents": ["b"],
                  "geometry": [{"type": "MultiSurface", "lod": "1.2", "boundaries": _FACES[:2]}]},
            "r": {"type": "Road", "attributes": {"surface": "asphalt"},
                  "geometry": [{"type": "MultiSurface", "lod": 1, "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}]},
            "t": {"type": "TINRelief",
                  "geometry": [{"type": "CompositeSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}]},
            "v": {"type": "SolitaryVegetationObject", "attributes": {"height": 7.5, "crownDiameter": 4},
                  "geometry": [{"type": "GeometryInstance", "template": 0, "boundaries": [2],
                                "transformationMatrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}]},
            "w": {"type": "WaterBody", "geometry": [{"type": "MultiSolid", "lod": "1", "boundaries": [[_FACES]]}]},
        },
    }  # fmt: skip


def cityjson() -> bytes:
    """Return a town of one building, road, water, plant and terrain."""
    return json.dumps(_town()).encode()


def cityjson_sequence() -> bytes:
    """Return the town as a sequence of features."""
    town = _town()
    objects = town.pop("CityObjects")
    points = town.pop("vertices")
    lines = [town | {"CityObjects": {}, "vertices": []}]
    for group in (("b", "p"), ("r",), ("t",), ("v",), ("w",)):
        feature = {"type": "CityJSONFeature", "id": group[0], "vertices": points}
        lines.append(feature | {"CityObjects": {name: objects[name] for name in group}})
    return "\n".join(json.dumps(line) for line in lines).encode()


def xyz(form: str = "{x:.2f} {y:.2f} {z:.2f}", head: str = "", zone: float = 0.0) -> bytes:
    """Return a tile of 6 x 5 postings, one missing."""
    rows = [
        form.format(x=zone + _EAST + i, y=_NORTH + j, z=34.0 + 0.1 * i + 0.3 * j)
        for j in range(5)
        for i in range(6)
        if (i, j) != (3, 2)
    ]
    return (head + "\n".join(rows) + "\n").encode()


def osm() -> bytes:
    """Return a village: streets, restriction, houses, a multipolygon, a stream, trees and stops."""
    places = [(i + 1, 49.97 + 0.001 * (i // 4), 11.50 + 0.001 * (i % 4)) for i in range(16)]
    nodes = "".join(f'<node id="{i}" lat="{lat:.4f}" lon="{lon:.4f}" version="1"/>' for i, lat, lon in places)
    tags = {
        10: ((1, 2, 3, 4), {"highway": "residential", "maxspeed": "DE:urban", "lanes": "2", "oneway": "-1"}),
        11: ((2, 6, 10), {"highway": "secondary", "maxspeed": "50", "name": "Hauptstraße", "width": "7,5 m"}),
        12: ((5, 6, 10, 9, 5), {"building": "house", "building:levels": "2", "height": "7.5 m"}),
        13: ((9, 10, 14, 13, 9), {"landuse": "residential"}),
        14: ((3, 7, 11), {"waterway": "stream", "width": "2"}),
        15: ((7, 8, 12), {}),
        16: ((12, 11, 7), {}),
        17: ((4, 8), {"highway": "cycleway", "access": "no", "bicycle": "designated"}),
    }  # fmt: skip
    ways = "".join(
        f'<way id="{i}" version="1">' + "".join(f'<nd ref="{ref}"/>' for ref in refs)
        + "".join(f'<tag k="{key}" v="{value}"/>' for key, value in entry.items()) + "</way>"
        for i, (refs, entry) in tags.items()
    )  # fmt: skip
    relations = (
        '<relation id="20" version="1"><member type="way" ref="15" role="outer"/>'
        '<member type="way" ref="16" role="outer"/><member type="way" ref="12" role="inner"/>'
        '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>'
        '<relation id="21" version="1"><member type="way" ref="10" role="from"/>'
        '<member type="node" ref="2" role="via"/><member type="way" ref="11" role="to"/>'
        '<tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>'
    )
    trees = '<node id="30" lat="49.9705" lon="11.5005" version="1"><tag k="natural" v="tree"/></node>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="hand"><bounds minlat="49.97" '
        f'minlon="11.5" maxlat="49.98" maxlon="11.51"/>{nodes}{trees}{ways}{relations}</osm>'
    ).encode()


def ascii_grid() -> bytes:
    """Return an ESRI ASCII grid of 4 x 3 cells."""
    head = "ncols 4\nnrows 3\nxllcorner 389000\nyllcorner 5819000\ncellsize 1\nNODATA_value -9999\n"
    return (head + "34 34.5 35 -9999\n34 34.2 34.4 34.6\n33 33 33 33\n").encode()


def trees(separator: str = ";", decimal: str = ",") -> bytes:
    """Return a cadastre of 12 trees in the columns of a city."""
    names = ("gisid", "x", "y", "art_bot", "baumhoehe", "kronedurch", "stammumfg")
    rows = [
        (f"t{i}", f"{_EAST + 5 * i:.1f}", f"{_NORTH + 3 * i:.1f}", "Tilia cordata" if i % 2 else "Acer, 'Ä'",
         ("0", "99", "12.5", "8", "")[i % 5], ("8", "", "0", "6.5", "99")[i % 5], str(60 + 7 * i))
        for i in range(12)
    ]  # fmt: skip
    lines = [separator.join(names)]
    lines += [
        separator.join(f'"{cell}"' if separator in cell else cell for cell in row).replace(".", decimal) for row in rows
    ]
    return "\n".join(lines).encode()


def geojson(properties: list[dict[str, Any]], kind: str = "Point") -> bytes:
    """Return features in degrees with these properties, as points or squares."""
    features = []
    for i, entry in enumerate(properties):
        x, y = 11.50 + 0.001 * i, 49.97
        ring = [[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y + 0.001], [x, y]]
        geometry = {"type": kind, "coordinates": [x, y] if kind == "Point" else [ring]}
        features.append({"type": "Feature", "properties": entry, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
