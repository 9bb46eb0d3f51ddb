"""Small files of the rarer kinds to begin with: plans, statistical units, meshes and laser scans; synthetic."""

from __future__ import annotations

import io

import numpy as np


def plan() -> bytes:
    """Return a development plan in XPlanGML 5.4 with a plot, a building window and a height."""

    def feature(kind: str, number: str, west: int, body: str) -> str:
        x, y = 500000 + west, 5600000
        ring = f"{x} {y} {x + 40} {y} {x + 40} {y + 30} {x} {y + 30} {x} {y}"
        return (
            f'<gml:featureMember><xplan:{kind} gml:id="{number}"><xplan:position><gml:Polygon srsName="EPSG:25832">'
            f"<gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior>"
            f"</gml:Polygon></xplan:position>{body}</xplan:{kind}></gml:featureMember>"
        )

    height = (
        "<xplan:hoehenangabe><xplan:XP_Hoehenangabe><xplan:hoehenbezug>2000</xplan:hoehenbezug>"
        '<xplan:hMax uom="m">12.5</xplan:hMax></xplan:XP_Hoehenangabe></xplan:hoehenangabe>'
    )
    use = "<xplan:GFZ>1.2</xplan:GFZ><xplan:GRZ>0.4</xplan:GRZ><xplan:Z>3</xplan:Z>"
    use += "<xplan:besondereArtDerBaulNutzung>1200</xplan:besondereArtDerBaulNutzung>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><xplan:XPlanAuszug '
        'xmlns:xplan="http://www.xplanung.de/xplangml/5/4" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" gml:id="X"><gml:boundedBy><gml:Envelope srsName="EPSG:25832">'
        "<gml:lowerCorner>500000 5600000</gml:lowerCorner><gml:upperCorner>500100 5600100</gml:upperCorner>"
        '</gml:Envelope></gml:boundedBy><gml:featureMember><xplan:BP_Plan gml:id="P"><xplan:name>Anger</xplan:name>'
        "</xplan:BP_Plan></gml:featureMember>"
        f"{feature('BP_BaugebietsTeilFlaeche', 'W1', 0, height + use)}"
        f"{feature('BP_UeberbaubareGrundstuecksFlaeche', 'B1', 50, height)}</xplan:XPlanAuszug>"
    ).encode()


def census(separator: str = ";") -> bytes:
    """Return cells of the census grid, one withheld."""
    rows = [separator.join(("GITTER_ID_100m", "x_mp_100m", "y_mp_100m", "Einwohner"))]
    for column, residents in enumerate((4, "–", 117, 8)):
        x, y = 4337000 + 100 * column, 2689100
        rows.append(separator.join((f"CRS3035RES100mN{y}E{x}", str(x + 50), str(y + 50), str(residents))))
    return "\n".join(rows).encode()


def mesh(form: str) -> bytes:
    """Return a box as OBJ, STL, PLY or GLB."""
    import trimesh

    box = trimesh.creation.box((10.0, 8.0, 6.0))
    content = box.export(file_type=form)
    return content.encode() if isinstance(content, str) else bytes(content)


def scan(version: str = "1.4", *, packed: bool = False) -> bytes:
    """Return 60 points of ground and trees as LAS or LAZ."""
    import laspy
    import pyproj

    header = laspy.LasHeader(point_format=6 if version == "1.4" else 1, version=version)
    header.offsets, header.scales = (389000.0, 5819000.0, 0.0), (0.01,) * 3
    header.add_crs(pyproj.CRS.from_epsg(25833), keep_compatibility=False)
    cloud = laspy.LasData(header)
    step = np.arange(60)
    cloud.x, cloud.y, cloud.z = 389000.0 + step % 8, 5819000.0 + step // 8, 34.0 + step % 5
    cloud.classification = np.where(step % 4, 2, 5).astype(np.uint8)
    sink = io.BytesIO()
    cloud.write(sink, do_compress=packed)
    return sink.getvalue()
