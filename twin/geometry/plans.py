"""Development plans (Bebauungspläne) in XPlanGML 5 and 6: building areas with the measures of use they permit.

Areas of the plan that say nothing of buildings are counted, not read. Numbers that are impossible are left out and
reported; heights above sea level stay apart from heights above ground.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from lxml import etree
from pyproj import CRS

from twin.errors import DataError
from twin.geometry.gml_areas import GeometryError, area_of, local_name
from twin.geometry.plan_measures import plan_measures
from twin.geometry.polygon_repair import repaired_polygons
from twin.geometry.records import PlanRecords, ReadReport, Refusal
from twin.geometry.reference_systems import must_swap_axes, parse_srs_name
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import only_file, open_checked

_WHAT = "a development plan in XPlanGML 5 or 6"
_SUFFIXES = (".gml", ".xml", ".gml.gz", ".xml.gz")
_NAMESPACE = re.compile(r"\{http://www\.xplanung\.de/xplangml/(\d+)/(\d+)\}")
_PLOTS = ("BP_BaugebietsTeilFlaeche", "BP_GemeinbedarfsFlaeche", "BP_BesondererNutzungszweckFlaeche")
_WINDOW = "BP_UeberbaubareGrundstuecksFlaeche"
_MEMBERS = ("featureMember", "member", "featureMembers")
_VERSIONS = (5, 6)
_COLUMNS = ("grz", "gfz", "storeys", "height", "top_elevation", "bmz", "dwellings")


class _Plan:
    """What is collected while the file streams by."""

    def __init__(self) -> None:
        self.name = ""
        self.version = ""
        self.rows: list[dict[str, Any]] = []
        self.shapes: list[Any] = []
        self.systems: dict[str, str] = {}
        self.others: Counter[str] = Counter()
        self.repaired: list[Refusal] = []
        self.refused: list[Refusal] = []
        self.notes: list[str] = []

    def take(self, feature: Any) -> None:
        """Read one feature of the plan."""
        found = _NAMESPACE.match(feature.tag)
        if found is None:
            return
        self.version = self.version or f"{found.group(1)}.{found.group(2)}"
        kind = local_name(feature)
        if kind == "BP_Plan":
            self.name = (feature.findtext("{*}name") or "").strip() or self.name
        if kind not in _PLOTS and kind != _WINDOW:
            if kind.startswith("BP_") and kind not in ("BP_Plan", "BP_Bereich", "BP_TextAbschnitt"):
                self.others[kind] += 1
            return
        label = next(
            (value for key, value in feature.attrib.items() if key.endswith("}id")), f"{kind} {len(self.rows) + 1}"
        )
        if (feature.findtext("{*}rechtsstand") or "").strip() == "3000":
            self.refused.append(Refusal(label, "the plan says that it is to go (rechtsstand 3000)"))
            return
        if (feature.findtext("{*}ebene") or "0").strip().startswith("-"):
            self.refused.append(Refusal(label, "it lies below the ground (ebene below 0)"))
            return
        position = feature.find("{*}position")
        try:
            if position is None:
                raise GeometryError("it has no position")
            shape = area_of(position)
        except GeometryError as error:
            self.refused.append(Refusal(label, str(error)))
            return
        for element in position.iter():
            if element.get("srsName"):
                self.systems.setdefault(element.get("srsName"), label)
        measures, faults, notes = plan_measures(feature, shape.area)
        self.repaired += [Refusal(label, fault) for fault in faults]
        self.notes += [f"{label}: {note}" for note in notes]
        self.rows.append({"id": label, "kind": "window" if kind == _WINDOW else "plot", **measures})
        self.shapes.append(shape)


def read_plan(
    path: str | os.PathLike[str], *, bounds: Bounds | None = None, crs: CRS | str | int | None = None
) -> PlanRecords:
    """Read the building areas of a development plan.

    Parameters
    ----------
    path : path-like
        XPlanGML 5.x or 6.x (``.gml`` or ``.xml``), plain, gzipped or alone in a .zip.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep areas that reach this box, in the CRS of the plan.
    crs : pyproj.CRS, str or int, optional
        Instead of what the file names; needed where it names none.

    Returns
    -------
    PlanRecords
        Arcs are chains of chords that leave them by at most 0.01 m.

    Raises
    ------
    DataError
        If the file is missing, damaged, no XPlanGML of a version that is read, or holds no building area; if it
        declares a document type, or its coordinates cannot belong to its CRS.
    InputError
        If `bounds` or `crs` are impossible.
    LimitError
        If the file is larger than `twin.limits` allow.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<x:XPlanAuszug xmlns:x="http://www.xplanung.de/xplangml/5/4" xmlns:g="http://www.opengis.net/gml/3.2">
    ...   <g:featureMember><x:BP_BaugebietsTeilFlaeche g:id="WA1"><x:position><g:Polygon srsName="EPSG:25832">
    ...   <g:exterior><g:LinearRing><g:posList>500000 5600000 500040 5600000 500040 5600030 500000 5600030
    ...   500000 5600000</g:posList></g:LinearRing></g:exterior></g:Polygon></x:position><x:GFZ>1.2</x:GFZ>
    ...   <x:GRZ>0.4</x:GRZ><x:Z>3</x:Z><x:besondereArtDerBaulNutzung>1200</x:besondereArtDerBaulNutzung>
    ...   </x:BP_BaugebietsTeilFlaeche></g:featureMember></x:XPlanAuszug>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "plan.gml"
    ...     _ = place.write_text(text)
    ...     plan = read_plan(place)
    >>> plan.version, plan.areas[["id", "use", "grz", "gfz", "storeys"]].values.tolist()
    ('5.4', [['WA1', 'WA', 0.4, 1.2, 3.0]])
    """
    import geopandas as gpd
    import pandas as pd

    box, given = checked_bounds(bounds), given_crs(crs)
    file = only_file(path, _WHAT, _SUFFIXES)
    plan, envelope = _streamed(file)
    if not plan.version:
        raise DataError(f"{file} holds no XPlanGML feature; {_WHAT} is expected there")
    if int(plan.version.split(".")[0]) not in _VERSIONS:
        raise DataError(
            f"{file} is XPlanGML {plan.version}; versions 5.0 to 6.x are read: convert it, for example with the "
            "XPlanung tools of the Leitstelle"
        )
    found = len(plan.rows) + len(plan.refused)
    system = _system(file, plan, envelope, given)
    shapes = _ordered(plan.shapes, system, file)
    labels = [row["id"] for row in plan.rows]
    polygons, repaired, refused = repaired_polygons(shapes, labels)
    table = pd.DataFrame(plan.rows, columns=["id", "kind", "use", *_COLUMNS])
    areas = gpd.GeoDataFrame(table, geometry=polygons, crs=system)
    areas = areas[~pd.isna(pd.Series(polygons, index=areas.index, dtype=object))]
    notes = list(plan.notes)
    if plan.others:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(plan.others.items()))
        notes.append(f"not read, because they say nothing of buildings' areas: {listed}")
    if box is not None:
        reach = shapely.intersects(areas.geometry.to_numpy(), shapely.box(*box))
        if not reach.all():
            notes.append(f"{int((~reach).sum())} areas lie outside the bounds and are left out")
        areas = areas[reach]
    refused = plan.refused + refused
    if len(areas) == 0:
        reasons = "; ".join(f"{one.id}: {one.reason}" for one in refused) or "; ".join(notes) or "it has none"
        raise DataError(f"{file}: no building area of the plan can be used: {reasons}")
    report = ReadReport(str(file), found, len(areas), tuple(plan.repaired + repaired), tuple(refused), tuple(notes))
    return PlanRecords(areas.reset_index(drop=True), system, plan.name, plan.version, report)


def _streamed(file: Path) -> tuple[_Plan, str | None]:
    """Parse the file; return what was collected and the srsName of the whole."""
    plan, envelope, checked = _Plan(), None, False
    with open_checked(file, xml=True) as stream:
        context = etree.iterparse(
            stream, events=("end",), tag=tuple("{*}" + name for name in (*_MEMBERS, "Envelope")),
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
            remove_pis=True,
        )  # fmt: skip
        try:
            for _, element in context:
                if not checked:
                    checked = True
                    if element.getroottree().docinfo.internalDTD is not None:
                        raise DataError(f"{file} declares a document type (DTD); geodata needs none: it is refused")
                holder = element.getparent()
                if local_name(element) == "Envelope":
                    if holder is not None and holder.getparent() is not None and holder.getparent().getparent() is None:
                        envelope = element.get("srsName") or envelope
                    continue
                if holder is None or holder.getparent() is not None:
                    continue  # a member inside a feature
                for feature in element.iterchildren(tag=etree.Element):
                    plan.take(feature)
                element.clear()
        except etree.XMLSyntaxError as error:
            raise DataError(
                f"{file} is not well-formed XML or cut off: {str(error.msg)[:200]} (after {len(plan.rows)} building "
                "areas, none of which is used); fetch the file again"
            ) from None
        root = context.root
    if root is None or local_name(root) not in ("XPlanAuszug", "FeatureCollection"):
        name = "nothing" if root is None else local_name(root)
        raise DataError(f"{file} is XML but its root element is {name!r}, not XPlanAuszug; {_WHAT} is expected")
    return plan, envelope


def _system(file: Path, plan: _Plan, envelope: str | None, given: CRS | None) -> CRS:
    names = dict(plan.systems) if plan.systems else ({envelope: "the envelope"} if envelope else {})
    found: dict[str, CRS] = {}
    for name, where in names.items():
        parsed = parse_srs_name(name)
        if parsed is None:
            if given is None:
                raise DataError(
                    f"{file}: srsName {name[:80]!r} of {where} is not understood; give the CRS: crs='EPSG:...'"
                )
            continue
        found[name] = parsed.horizontal
    if given is not None:
        differing = [system.name for system in found.values() if system != given]
        if differing:
            plan.notes.append(f"the file names the CRS {differing[0]}; {given.name} was given and is used")
        return given
    systems = list(found.items())
    if not systems:
        raise DataError(f"{file} names no CRS; give it: crs='EPSG:25832' or 'EPSG:25833' for UTM in Germany")
    for name, system in systems:
        if system != systems[0][1]:
            raise DataError(f"{file} names two CRSs, {systems[0][0]!r} and {name!r}; give the right one with crs=")
    return systems[0][1]


def _ordered(shapes: list[Any], system: CRS, file: Path) -> list[Any]:
    """Return the areas with the easting first, after checking that they can belong to the CRS."""
    middle = np.array([shapely.bounds(shape) for shape in shapes], np.float64).reshape(-1, 4)
    if must_swap_axes(middle[:, 0], middle[:, 1], system, str(file)):
        return [shapely.transform(shape, lambda points: points[:, ::-1]) for shape in shapes]
    return shapes
