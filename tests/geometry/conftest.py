"""Synthetic files for the reader tests, written from the formats' descriptions; none of it is surveyed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 8.0), (0.0, 8.0))
ORIGIN = (389000.0, 5819000.0)


def ring_text(points: Sequence[tuple[float, ...]], *, close: bool = True) -> str:
    return " ".join(repr(float(value)) for point in [*points, *(points[:1] if close else ())] for value in point)


def polygon(outline: str, holes: Sequence[str] = (), *, number: str = "", srs: str = "") -> str:
    def ring(text: str) -> str:
        return f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"

    label = f' gml:id="{number}"' if number else ""
    name = f' srsName="{srs}"' if srs else ""
    inner = "".join(f"<gml:interior>{ring(text)}</gml:interior>" for text in holes)
    return f"<gml:Polygon{label}{name}><gml:exterior>{ring(outline)}</gml:exterior>{inner}</gml:Polygon>"


def boundary(kind: str, *members: str, level: int = 2, attributes: str = "") -> str:
    body = "".join(
        f"<gml:surfaceMember{member}/>"
        if member.startswith(" ")
        else f"<gml:surfaceMember>{member}</gml:surfaceMember>"
        for member in members
    )
    return (
        f"<bldg:boundedBy><bldg:{kind}><bldg:lod{level}MultiSurface><gml:MultiSurface{attributes}>{body}"
        f"</gml:MultiSurface></bldg:lod{level}MultiSurface></bldg:{kind}></bldg:boundedBy>"
    )


def solid(*members: str, level: int = 2) -> str:
    body = "".join(
        f"<gml:surfaceMember{member}/>"
        if member.startswith(" ")
        else f"<gml:surfaceMember>{member}</gml:surfaceMember>"
        for member in members
    )
    return (
        f"<bldg:lod{level}Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{body}</gml:CompositeSurface>"
        f"</gml:exterior></gml:Solid></bldg:lod{level}Solid>"
    )


def building(number: str, *content: str) -> str:
    label = f' gml:id="{number}"' if number else ""
    return f"<cityObjectMember><bldg:Building{label}>{''.join(content)}</bldg:Building></cityObjectMember>"


def part(number: str, *content: str) -> str:
    return (
        f'<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="{number}">{"".join(content)}</bldg:BuildingPart>'
        "</bldg:consistsOfBuildingPart>"
    )


def city(*members: str, srs: str | None = "EPSG:25833", version: str = "2.0", head: str = "") -> str:
    envelope = ""
    if srs is not None:
        envelope = (
            f'<gml:boundedBy><gml:Envelope srsName="{srs}" srsDimension="3">'
            "<gml:lowerCorner>388990 5818990 30</gml:lowerCorner><gml:upperCorner>389990 5819990 80</gml:upperCorner>"
            "</gml:Envelope></gml:boundedBy>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        f'<CityModel xmlns="http://www.opengis.net/citygml/{version}" xmlns:gml="http://www.opengis.net/gml" '
        f'xmlns:bldg="http://www.opengis.net/citygml/building/{version}" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"{envelope}{''.join(members)}</CityModel>"
    )


def box_faces(
    x: float = 0.0, y: float = 0.0, *, ground: float = 34.0, height: float = 6.0, origin: tuple[float, float] = ORIGIN
) -> dict[str, list[str]]:
    """Ring texts of a box of 10 m x 8 m: ground, roof and four walls."""
    corners = [(origin[0] + x + dx, origin[1] + y + dy) for dx, dy in SQUARE]
    low = [(*corner, ground) for corner in corners]
    high = [(*corner, ground + height) for corner in corners]
    walls = [[low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]] for i in range(4)]
    return {
        "GroundSurface": [ring_text(low[::-1])],
        "RoofSurface": [ring_text(high)],
        "WallSurface": [ring_text(wall) for wall in walls],
    }


def box_building(number: str, x: float = 0.0, y: float = 0.0, *extra: str, **options: float) -> str:
    faces = box_faces(x, y, **options)  # type: ignore[arg-type]
    surfaces = [
        boundary(kind, polygon(text, number=f"{number}_{kind}_{i}"))
        for kind, texts in faces.items()
        for i, text in enumerate(texts)
    ]
    return building(number, *extra, *surfaces)


class Gml:
    """The builders above, for tests that get them as a fixture."""

    ring_text = staticmethod(ring_text)
    polygon = staticmethod(polygon)
    boundary = staticmethod(boundary)
    solid = staticmethod(solid)
    building = staticmethod(building)
    part = staticmethod(part)
    city = staticmethod(city)
    box_faces = staticmethod(box_faces)
    box_building = staticmethod(box_building)


@pytest.fixture(scope="session")
def gml() -> type[Gml]:
    return Gml


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Path]:
    """Path of a file of the packaged sample areas."""
    import twin

    root = Path(twin.__file__).parent / "data"

    def find(relative: str) -> Path:
        path = root / relative
        assert path.is_file(), f"the packaged sample {relative} is missing"
        return path

    return find
