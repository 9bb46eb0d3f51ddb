"""A CityGML file as a stream: building by building to the reader, memory given back, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from twin.errors import DataError
from twin.geometry.citygml_building import BuildingReader, corners
from twin.geometry.citygml_polygons import BUILDINGS, ENVELOPES, local_name
from twin.geometry.sources import open_checked

WHAT = "a CityGML 1.0, 2.0 or 3.0 city model (.gml, .xml or .gml.gz)"
_CLEARED = tuple(
    "{*}" + name for name in ("cityObjectMember", "featureMember", "member", "appearanceMember", "surfaceDataMember")
)


def stream_buildings(
    file: Path, box: tuple[float, float, float, float] | None = None
) -> tuple[BuildingReader, dict[str, str], Any]:
    """Parse the file; return the reader, the srsNames of the model itself and its envelope's corners.

    Buildings whose own envelope lies outside `box` are counted but not read.
    """
    reader = BuildingReader(box=box)
    root_srs: dict[str, str] = {}
    envelope: Any = None
    checked = False
    with open_checked(file, xml=True) as stream:
        context = etree.iterparse(
            stream,
            events=("end",),
            tag=(*BUILDINGS, *ENVELOPES, *_CLEARED),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for _, element in context:
                if not checked:  # an encoding that hides the declaration from the byte check does not hide it here
                    checked = True
                    if element.getroottree().docinfo.internalDTD is not None:
                        raise DataError(f"{file} declares a document type (DTD); geodata needs none: it is refused")
                if element.tag in ENVELOPES:
                    holder = element.getparent()
                    if holder is not None and holder.getparent() is not None and holder.getparent().getparent() is None:
                        envelope = corners(element)
                        if element.get("srsName"):
                            root_srs[element.get("srsName")] = "the model's envelope"
                    continue
                if element.tag in BUILDINGS:
                    reader.take(element)
                _give_back(element)
        except etree.XMLSyntaxError as error:
            raise DataError(
                f"{file} is not well-formed XML or cut off: {str(error.msg)[:200]} (after {reader.seen} buildings, "
                "none of which is used); fetch the file again"
            ) from None
        except DataError as error:
            if reader.seen:
                raise DataError(f"{error} (after {reader.seen} buildings, none of which is used)") from None
            raise
        root = context.root
    _check_root(root, file)
    return reader, root_srs, envelope


def _give_back(element: Any) -> None:
    """Free an element that is done and those before it, but for the model's own envelope."""
    element.clear()
    parent = element.getparent()
    before = element.getprevious()
    while before is not None and parent is not None:
        parent.remove(before)
        before = element.getprevious()


def _check_root(root: Any, file: Path) -> None:
    name = local_name(root)  # etree.QName refuses a prefix that nobody declares
    if name not in ("CityModel", "FeatureCollection"):
        raise DataError(f"{file} is XML but its root element is {name!r}, not CityModel; {WHAT} is expected")
