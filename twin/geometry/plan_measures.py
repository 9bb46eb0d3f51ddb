"""What a building area of XPlanGML permits: use, site occupancy and floor space index, storeys, heights.

Numbers that no plan can have are left out and named. Codes as in the catalogue of XPlanung 5.4 and 6.0.
"""

from __future__ import annotations

import math
from typing import Any

from twin.geometry.gml_areas import local_name

USES = {
    "1000": "WS", "1100": "WR", "1200": "WA", "1300": "WB", "1400": "MD", "1450": "MDW", "1500": "MI", "1550": "MU",
    "1600": "MK", "1700": "GE", "1800": "GI", "2000": "SO", "2100": "SO", "3000": "SO", "4000": "SO",
}  # fmt: skip
"""Code of XP_BesondereArtDerBaulNutzung to the sign of the plan (PlanZV): WA, MI, GE and so on."""

GENERAL_USES = {"1000": "W", "2000": "M", "3000": "G", "4000": "S"}
"""Code of XP_AllgArtDerBaulNutzung to the sign of the plan."""

# XP_ArtHoehenbezug: 1000 NHN, 1100 NN, 1200 DHHN; all others count from the ground, a street or a reference nearby
_ABSOLUTE = {"1000", "1100", "1200"}
# XP_ArtHoehenbezugspunkt that bound a building from above: ridge, upper edge, height of works, of the building
_TOPS = {"2000", "3000", "5000", "6000"}
_EAVES = {"1000", "6500"}
_REFERENCE = "3000"
_HIGHEST = 400.0
_LARGEST = {"GRZ": 1.0, "GFZ": 30.0, "Z": 100.0, "BMZ": 100.0, "MaxZahlWohnungen": 10_000.0}


def plan_measures(feature: Any, area: float) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return what a feature permits, its impossible numbers, and what else to know.

    Parameters
    ----------
    feature : lxml element
        Such as BP_BaugebietsTeilFlaeche.
    area : float
        Of the feature, m2; turns absolute limits (GR, GF, BM) into indices.

    Returns
    -------
    measures : dict
        `use`, `grz`, `gfz`, `bmz`, `storeys`, `height` (m above ground), `top_elevation` (m above sea level),
        `dwellings`; NaN where nothing is said.
    faults, notes : lists of str
    """
    faults: list[str] = []
    notes: list[str] = []
    texts: dict[str, str] = {}
    for child in feature:
        texts.setdefault(local_name(child), (child.text or "").strip())

    def number(*names: str, largest: float) -> float:
        for name in names:
            text = texts.get(name, "")
            if not text:
                continue
            value = _number(text)
            if math.isfinite(value) and 0 < value <= largest:
                return value
            faults.append(f"{name} is {text!r}; it must be a number above 0 and at most {largest:g}; left out")
        return math.nan

    measures: dict[str, Any] = {"use": _use(local_name(feature), texts)}
    for column, ratio, total in (("grz", "GRZ", "GR"), ("gfz", "GFZ", "GF"), ("bmz", "BMZ", "BM")):
        value = number(ratio, ratio + "max", largest=_LARGEST[ratio])
        if math.isnan(value) and area > 0:
            absolute = number(total, total + "max", largest=1e7)
            if math.isfinite(absolute):
                value = absolute / area
                if ratio == "GRZ" and value > 1.0:
                    faults.append(f"{total} is {absolute:g} m2, more than the area of {area:.0f} m2; left out")
                    value = math.nan
                else:
                    notes.append(f"{ratio} {value:.3g} follows from {total} {absolute:g} over an area of {area:.0f} m2")
        measures[column] = value
    measures["storeys"] = number("Zzwingend", "Z", "Zmax", largest=_LARGEST["Z"])
    measures["dwellings"] = number("MaxZahlWohnungen", largest=_LARGEST["MaxZahlWohnungen"])
    measures["height"], measures["top_elevation"] = _heights(feature, faults, notes)
    return measures, faults, notes


def _use(kind: str, texts: dict[str, str]) -> str:
    special = USES.get(texts.get("besondereArtDerBaulNutzung", ""))
    general = GENERAL_USES.get(texts.get("allgArtDerBaulNutzung", ""))
    if kind == "BP_GemeinbedarfsFlaeche":
        return special or general or "Gemeinbedarf"
    return special or general or ""


def _heights(feature: Any, faults: list[str], notes: list[str]) -> tuple[float, float]:
    """Return the greatest height above ground and above sea level, NaN where not said."""
    found: dict[tuple[bool, bool], float] = {}
    for entry in feature.iterfind("{*}hoehenangabe/{*}XP_Hoehenangabe"):
        point = (entry.findtext("{*}bezugspunkt") or "").strip()
        level = (entry.findtext("{*}hoehenbezug") or "").strip()
        if point and point not in _TOPS and point not in _EAVES:
            continue  # floors, plinths and clearances bound nothing from above
        absolute = level in _ABSOLUTE
        for name in ("hMax", "hZwingend", "h"):
            text = (entry.findtext("{*}" + name) or "").strip()
            if not text:
                continue
            value = _number(text)
            if not math.isfinite(value) or not (-20.0 if absolute else 0.0) < value <= (
                3500.0 if absolute else _HIGHEST
            ):
                faults.append(f"{name} is {text!r}; no building is that high; left out")
                continue
            key = (absolute, point in _EAVES)
            found[key] = max(found.get(key, -math.inf), value)
            if level == _REFERENCE:
                notes.append("its height counts from a reference of the plan, which is taken as the ground")
            break
    heights = []
    for absolute in (False, True):
        value = found.get((absolute, False), math.nan)
        if math.isnan(value) and (absolute, True) in found:
            value = found[absolute, True]
            notes.append("only the height of its eaves is bounded; it is taken as the height of a flat roof")
        heights.append(value)
    return heights[0], heights[1]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
