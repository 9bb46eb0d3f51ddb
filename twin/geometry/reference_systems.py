"""What a source says about its coordinate reference system, and whether its coordinates agree.

Functions return horizontal and vertical parts apart: a grid carries the horizontal CRS only. Disagreement is named
with its likely cause (swapped axes, zone prefix, Gauss-Krueger, degrees), never guessed away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from twin.errors import DataError

# names of the AdV, GeoInfoDok "Koordinatenreferenzsysteme"; codes from the EPSG registry
_ADV_UTM = {"31": 25831, "32": 25832, "33": 25833}
_ADV_GAUSS_KRUEGER = {"2": 31466, "3": 31467, "4": 31468, "5": 31469}
_VERTICAL_NAMES = {5783: "DHHN92", 7837: "DHHN2016", 5709: "NAP", 5778: "GHA"}
_PREFIXED = {31: 5649, 32: 4647, 33: 5650}
# where Germany lies, m (for Soldner: Berlin), computed from its bounds in degrees with the registry's definitions
_UTM_GERMANY = (2.5e5, 5.2e6, 9.7e5, 6.2e6)
_GERMANY = {
    _UTM_GERMANY: "UTM in Germany (EPSG:25832 or EPSG:25833); name that CRS",
    (4.0e6, 2.65e6, 4.72e6, 3.58e6): "ETRS89-LAEA Europe (crs='EPSG:3035')",
    (6.4e5, 5.95e6, 1.69e6, 7.40e6): "Web Mercator (EPSG:3857), which stretches lengths by half; transform the file",
    (2.8e3, 2.9e2, 5.0e4, 4.06e4): "Soldner Berlin (crs='EPSG:3068')",
}
_DEGREES_GERMANY = (5.0, 45.0, 16.0, 56.0)
_DEGREE_STEP = 0.02  # degrees: no raster of a town is coarser
_LOCAL = "the named CRS is wrong or the coordinates are local; give the right one with crs='EPSG:...'"
_WIDEN = 6.0  # degrees: whole states use the neighbouring zone


@dataclass(frozen=True)
class NamedSystem:
    """A horizontal CRS and the name of the vertical datum, if the source named one."""

    horizontal: CRS
    vertical: str | None


@lru_cache(maxsize=256)
def parse_srs_name(text: str) -> NamedSystem | None:
    """Return the systems that a GML `srsName` names; None if the name is not understood.

    Parameters
    ----------
    text : str
        In any of the forms in use: ``EPSG:25833``, OGC URN, compound OGC URN, URL, AdV URN.

    Examples
    --------
    >>> found = parse_srs_name("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH")
    >>> found.horizontal.to_epsg(), found.vertical
    (25832, 'DHHN2016')
    >>> found = parse_srs_name("urn:ogc:def:crs,crs:EPSG:6.12:25833,crs:EPSG:6.12:5783")
    >>> found.horizontal.to_epsg(), found.vertical
    (25833, 'DHHN92')
    """
    name = text.strip()
    if name.lower().startswith("urn:adv:crs:"):
        return _parse_adv(name)
    name = re.sub(r"^(EPSG:\d+)\+(\d+)$", r"\1,EPSG:\2", name, flags=re.IGNORECASE)
    codes = [
        int(code)
        for code in re.findall(
            r"EPSG(?:[:/#]{1,2}|(?:\.xml)#)(?:[0-9.]*[:/])?(\d{4,6})(?![\d.])", name, flags=re.IGNORECASE
        )
    ]
    if not codes or len(codes) > 2:
        return None
    try:
        systems = [CRS.from_epsg(code) for code in codes]
    except CRSError:
        return None
    horizontal, vertical = split_compound(systems[0])
    if len(systems) == 2:
        if not systems[1].is_vertical:
            return None
        vertical = vertical_name(systems[1])
    return NamedSystem(horizontal, vertical) if horizontal.is_projected or horizontal.is_geographic else None


def _parse_adv(name: str) -> NamedSystem | None:
    horizontal, _, vertical = name[len("urn:adv:crs:") :].partition("*")
    datum = None
    if vertical:
        found = re.search(r"DHHN\d{2,4}", vertical)
        datum = found.group(0) if found else vertical.split("*")[0]
    if match := re.fullmatch(r"ETRS89_UTM(3[123])", horizontal):
        return NamedSystem(CRS.from_epsg(_ADV_UTM[match.group(1)]), datum)
    if match := re.fullmatch(r"DE_DHDN_3GK([2-5])(?:_\w+)?", horizontal):
        return NamedSystem(CRS.from_epsg(_ADV_GAUSS_KRUEGER[match.group(1)]), datum)
    if horizontal == "ETRS89_Lat-Lon":
        return NamedSystem(CRS.from_epsg(4258), datum)
    return None


def split_compound(crs: CRS) -> tuple[CRS, str | None]:
    """Return the horizontal part of a CRS and the name of its vertical part.

    Examples
    --------
    >>> horizontal, vertical = split_compound(CRS.from_epsg(7415))
    >>> horizontal.to_epsg(), vertical
    (28992, 'NAP')
    """
    if crs.is_compound:
        parts = crs.sub_crs_list
        vertical = next((vertical_name(part) for part in parts if part.is_vertical), None)
        return split_compound(parts[0])[0], vertical
    if len(crs.axis_info) > 2:
        return crs.to_2d(), "ellipsoidal height"
    return crs, None


def vertical_name(crs: CRS) -> str:
    """Return the short name of a vertical CRS.

    Examples
    --------
    >>> vertical_name(CRS.from_epsg(7837))
    'DHHN2016'
    """
    code = crs.to_epsg()
    return _VERTICAL_NAMES.get(code or 0, crs.name.removesuffix(" height"))


@lru_cache(maxsize=64)
def _region(crs: CRS) -> tuple[float, float, float, float] | None:
    """Return the coordinates a CRS can plausibly have: its area of use, widened, as (xmin, ymin, xmax, ymax)."""
    code = crs.to_epsg()
    use = crs.area_of_use or (CRS.from_epsg(code).area_of_use if code else None)  # WKT of rasters tells no area
    if use is None:
        return None
    west, east = use.west - _WIDEN, use.east + _WIDEN
    south, north = max(use.south - _WIDEN, -80.0), min(use.north + _WIDEN, 84.0)
    if crs.is_geographic:
        return west, south, east, north
    try:
        transformer = Transformer.from_crs(crs.geodetic_crs or 4326, crs, always_xy=True)
        bounds = transformer.transform_bounds(west, south, east, north)
    except (ProjError, CRSError):
        return None
    return bounds if all(np.isfinite(bounds)) else None


def _inside(x: float, y: float, region: tuple[float, float, float, float]) -> bool:
    return region[0] <= x <= region[2] and region[1] <= y <= region[3]


def northing_first(crs: CRS) -> bool:
    """Tell whether the authority's definition of a CRS puts the northing first.

    Examples
    --------
    >>> northing_first(CRS.from_epsg(31467)), northing_first(CRS.from_epsg(25832))
    (True, False)
    """
    return bool(crs.axis_info) and crs.axis_info[0].direction.lower() == "north"


def must_swap_axes(x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS, where: str) -> bool:
    """Tell whether coordinates are (northing, easting) by right; refuse those that cannot belong to the CRS.

    Parameters
    ----------
    x, y : (n,) float64
        First and second coordinate; their medians are judged, so that a stray vertex does not decide.
    crs : pyproj.CRS
        The CRS the source or the user named.
    where : str
        The source, for the message.

    Raises
    ------
    DataError
        If the CRS is in degrees or the coordinates lie outside its area of use; the message names the likely cause.

    Examples
    --------
    >>> import numpy as np
    >>> must_swap_axes(np.array([389000.0]), np.array([5819000.0]), CRS.from_epsg(25833), "tile")
    False
    """
    code = crs.to_epsg()
    label = f"EPSG:{code}" if code else repr(crs.name)
    if crs.is_geographic:
        raise DataError(
            f"{where} has coordinates in degrees ({label}); lengths in metres are needed: transform it to a projected "
            "CRS first, in Germany EPSG:25832 or EPSG:25833"
        )
    if crs.axis_info and abs(crs.axis_info[0].unit_conversion_factor - 1.0) > 1e-12:
        unit = crs.axis_info[0].unit_name
        raise DataError(f"{where} has coordinates in {unit} ({label}); transform it to a CRS in metres first")
    region = _region(crs)
    if len(x) == 0 or region is None:
        return False
    step = len(x) // 100_000 + 1  # a median sorts a copy: of a whole town that is 5 MB that the process keeps
    with np.errstate(over="ignore"):
        easting, northing = (float(np.clip(np.median(values[::step]), -1e300, 1e300)) for values in (x, y))
    if _inside(easting, northing, region):
        return False
    swapped = _inside(northing, easting, region)
    if swapped and northing_first(crs):
        return True
    found = f"{where} has coordinates like ({_short(easting)}, {_short(northing)}), which do not lie in {label}"
    raise DataError(f"{found}: {_likely_cause(easting, northing, swapped, region)}")


def refuse_strangers(x: float, y: float, step: float, crs: CRS, where: str) -> None:
    """Refuse a raster that lies where another system's coordinates are known to lie; local places pass.

    Parameters
    ----------
    x, y : float
        Middle of the raster.
    step : float
        Size of a pixel: near the origin, it tells degrees from a small grid of metres.
    crs : pyproj.CRS
        The CRS that the file or the user named.
    where : str
        The source, for the message.

    Raises
    ------
    DataError
        With the likely cause and the way out.

    Examples
    --------
    >>> refuse_strangers(50.0, 50.0, 1.0, CRS.from_epsg(25832), "test field")
    >>> refuse_strangers(4468700.0, 5333900.0, 1.0, CRS.from_epsg(25832), "dgm.tif")
    Traceback (most recent call last):
    twin.errors.DataError: dgm.tif has coordinates like (4468700.0, 5333900.0), which do not lie in EPSG:25832: they \
look like Gauss-Krueger zone 4 (crs='EPSG:31468')
    """
    found = f"{where} has coordinates like ({_short(x)}, {_short(y)})"
    if crs.is_geographic:
        if abs(x) > 180.0 or abs(y) > 90.0:
            raise DataError(f"{found}, which are no degrees, but {crs.name} was named; name the CRS they are in")
        if _inside(y, x, _DEGREES_GERMANY):
            raise DataError(
                f"{found} in {crs.name}: longitude and latitude seem to be swapped (a place in Central Europe); "
                "exchange them"
            )
        return
    region = _region(crs)
    if region is None or _inside(x, y, region):
        return
    cause = _likely_cause(x, y, _inside(y, x, region), region)
    code = crs.to_epsg()
    if cause != _LOCAL and not ("degrees" in cause and step > _DEGREE_STEP):
        raise DataError(f"{found}, which do not lie in {f'EPSG:{code}' if code else repr(crs.name)}: {cause}")


def _short(value: float) -> str:
    return f"{value:.1f}" if abs(value) < 1e12 else f"{value:g}"


def _likely_cause(x: float, y: float, swapped: bool, region: tuple[float, float, float, float]) -> str:
    if swapped:
        return "easting and northing are swapped; exchange the first two coordinates or export the file again"
    if abs(x) <= 180.0 and abs(y) <= 180.0:
        return "they look like degrees; name the geographic CRS or transform the file to metres"
    for first, second, note in ((x, y, ""), (y, x, ", with northing first")):
        zone = int(first // 1e6)
        if 2 <= zone <= 5 and abs(first - (zone * 1e6 + 5e5)) < 3e5 and 5.1e6 < second < 6.2e6:
            return f"they look like Gauss-Krueger zone {zone}{note} (crs='EPSG:{31464 + zone}')"
        prefix, rest = divmod(first, 1e6)
        if 10 <= prefix <= 60 and (_inside(rest, second, region) or _inside(rest, second, _UTM_GERMANY)):
            known = _PREFIXED.get(int(prefix))
            hint = f" (crs='EPSG:{known}')" if known else ""
            return f"the easting carries the zone prefix {int(prefix)}{note}; name the CRS that has it{hint}"
        for box, words in _GERMANY.items():
            if _inside(first, second, box):
                return f"they look like {words.replace(' (', note + ' (', 1)}"
    return _LOCAL


def inside_region(x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS) -> NDArray[np.bool_]:
    """Tell for each point whether it lies in the widened area of use of a CRS; True throughout if that is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> inside_region(np.array([389000.0, 0.0]), np.array([5819000.0, 0.0]), CRS.from_epsg(25833)).tolist()
    [True, False]
    """
    region = _region(crs)
    if region is None:
        return np.ones(len(x), dtype=bool)
    return np.asarray((x >= region[0]) & (x <= region[2]) & (y >= region[1]) & (y <= region[3]))
