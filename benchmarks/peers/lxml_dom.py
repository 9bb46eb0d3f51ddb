"""CityGML the plain way: the whole document as a tree, each polygon a shapely Polygon, no checks."""

from __future__ import annotations

import gzip
from pathlib import Path

import lxml
import numpy as np
import shapely
from lxml import etree

from benchmarks.protocol import serve


def read(path):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as stream:
        root = etree.parse(stream, parser).getroot()
    local = etree.QName
    buildings = roofs = polygons = 0
    shapes, highest = [], -np.inf
    for element in root.iter("{*}Building"):
        buildings += 1
        for polygon in element.iter("{*}Polygon"):
            rings = []
            for ring in polygon.iter("{*}LinearRing"):
                text = " ".join(part.text for part in ring if local(part).localname in ("posList", "pos"))
                rings.append(np.array(text.split(), dtype=float).reshape(-1, 3))
            shapes.append(shapely.Polygon(rings[0], rings[1:]))
            highest = max(highest, float(rings[0][:, 2].max()))
            polygons += 1
            roofs += any(local(parent).localname == "RoofSurface" for parent in polygon.iterancestors())
    return {"buildings": buildings, "polygons": polygons, "roofs": roofs, "highest_vertex": highest}


if __name__ == "__main__":
    serve(
        lambda inputs: str(inputs["path"]),
        read,
        lambda: {"lxml": lxml.__version__, "shapely": shapely.__version__},
    )
