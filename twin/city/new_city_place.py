"""Where a city from a folder of files lies: its CRS, its bounds, its cell size, and what each was taken from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyproj import CRS, Transformer

from twin.city.gridspec import Bounds
from twin.city.new_city_roles import ROLES, hull, shared, tile_of_files
from twin.errors import DataError
from twin.geometry.survey import SourceSummary
from twin.geometry.tile_names import zone_of_name

MOST_CELLS = 1_000_000
"""Cells of the proposed grid: enough for a quarter at 1 m; larger data get a proposal around their middle."""


@dataclass(frozen=True)
class Place:
    """Where the proposed grid lies.

    crs, why : CRS of the grid, and where it comes from
    bounds, remark : of the grid, in `crs`, and what they are
    resolution : cell size, m
    """

    crs: CRS
    why: str
    bounds: Bounds
    remark: str
    resolution: float


def find_place(roles: Mapping[str, list[SourceSummary]], within: Bounds | None = None) -> tuple[Place, dict[str, str]]:
    """Return the place that terrain, buildings and map share, and which roles lie elsewhere, with the reason.

    Parameters
    ----------
    roles : mapping
        As `sort_out` returns them, with terrain or a CityJSON model. Roles that lie elsewhere are emptied.

    within : (xmin, ymin, xmax, ymax), optional
        Where the ground of a CityJSON model that stands in for terrain has no gaps, in its CRS.

    Raises
    ------
    DataError
        If a file's place cannot be put into the CRS.

    Examples
    --------
    >>> from pathlib import Path
    >>> ground = SourceSummary(Path("dgm1.tif"), "raster", "terrain", crs=CRS.from_epsg(25832),
    ...                        bounds=(0.0, 0.0, 100.0, 50.0), spacing=1.0)
    >>> place, elsewhere = find_place({"terrain": [ground]})
    >>> place.crs.to_epsg(), place.bounds, place.resolution, elsewhere
    (25832, (0.0, 0.0, 100.0, 50.0), 1.0, {})
    """
    left_out: dict[str, str] = {}
    while True:  # what lies elsewhere must not decide the CRS either
        crs, why = _crs(roles)
        common, elsewhere = _common(roles, crs)
        if not elsewhere:
            break
        for role, reason in elsewhere.items():
            left_out |= dict.fromkeys((found.name for found in roles[role]), reason)
            roles[role].clear()
    resolution = _resolution(roles, crs)
    common = common if within is None else shared(common, within) or common
    bounds, remark = _proposed(common, resolution, surveyed=within is None)
    return Place(crs, why, bounds, remark, resolution), left_out


def _crs(roles: Mapping[str, Sequence[SourceSummary]]) -> tuple[CRS, str]:
    """Return the CRS of the grid and where it comes from."""
    for role in ("buildings", "terrain", "canopy"):
        for found in roles.get(role, ()):
            if found.crs is not None and found.crs.is_projected:
                return found.crs, f"of {found.name}"
    for found in roles.get("terrain", ()):
        zone = zone_of_name(found.path.name)
        if found.crs is None and zone is not None:
            return CRS.from_epsg(25800 + zone), f"UTM zone {zone}, as the name of {found.name} says"
    for role in ("map", "terrain"):
        for found in roles.get(role, ()):
            if found.crs is not None and found.bounds is not None and found.crs.is_geographic:
                longitude = (found.bounds[0] + found.bounds[2]) / 2
                latitude = (found.bounds[1] + found.bounds[3]) / 2
                number = min(60, max(1, int((longitude + 180) // 6) + 1))
                if 28 <= number <= 38 and 34 < latitude < 84:
                    return CRS.from_epsg(25800 + number), f"UTM zone {number}, where {found.name} lies"
                return CRS.from_epsg((32600 if latitude >= 0 else 32700) + number), f"UTM zone {number}"
    return CRS.from_epsg(25832), "ASSUMED: no file names one; check it"


def _common(roles: Mapping[str, Sequence[SourceSummary]], crs: CRS) -> tuple[Bounds, dict[str, str]]:
    """Return the place that terrain, buildings and map share, in the CRS of the grid, and what lies elsewhere."""
    box: Bounds | None = None
    elsewhere: dict[str, str] = {}
    for role in ROLES:
        files = roles.get(role, ())
        whole: Bounds | None = None
        # a tile is larger than what stands in it; without terrain, the ground reaches no further than the buildings
        tile = tile_of_files(files) if role == "buildings" and roles.get("terrain") else None
        if tile is not None and files[0].crs == crs:
            whole = tile
        for found in files if whole is None else ():
            if found.bounds is not None:
                here = _moved(found.bounds, found.crs or crs, crs, found.name)
                whole = here if whole is None else hull(whole, here)
        if whole is None:
            continue
        both = whole if box is None else shared(box, whole)
        if both is None:
            elsewhere[role] = (
                f"lies elsewhere than the terrain, {rounded(whole)} against {rounded(box or whole)} in {crs.name}: "
                "another town, or a CRS that is named wrongly"
            )
            continue
        # with surveyed buildings, a map of another extent does not narrow the place; nor does a patch of vegetation
        if box is None or role == "buildings" or (role == "map" and not roles.get("buildings")):
            box = both
    if box is None:
        raise DataError("no file says where it lies; name bounds and crs in a city.toml by hand")
    return box, elsewhere


def _moved(box: Bounds, source: CRS, target: CRS, name: str) -> Bounds:
    if source == target:
        return box
    moved = Transformer.from_crs(source, target, always_xy=True).transform_bounds(*box)
    if not all(math.isfinite(edge) for edge in moved):
        raise DataError(
            f"{name}: its place {rounded(box)} in {source.name} cannot be put into {target.name}; its CRS "
            "is named wrongly"
        )
    return moved


def _resolution(roles: Mapping[str, Sequence[SourceSummary]], crs: CRS) -> float:
    """Propose a cell size: that of surveyed terrain, at least 1 m; 4 m where terrain is coarser or in degrees."""
    if not roles["terrain"]:
        return 2.0  # the ground of a city model
    terrain = roles["terrain"][0]
    elsewhere = terrain.crs is not None and (terrain.crs != crs or terrain.crs.is_geographic)
    if elsewhere or terrain.spacing is None:
        return 4.0
    return float(min(max(1.0, round(terrain.spacing)), 4.0 if terrain.spacing < 25.0 else 10.0))


def _proposed(common: Bounds, resolution: float, *, surveyed: bool) -> tuple[Bounds, str]:
    """Return bounds for the grid and what to say of them."""
    across, up = common[2] - common[0], common[3] - common[1]
    if across * up <= MOST_CELLS * resolution**2 * 1.01:
        whole = "all that the data cover" if surveyed else "where the ground of the model has no gaps"
        return common, whole
    side = math.sqrt(MOST_CELLS) * resolution
    width, height = min(across, side), min(up, side)
    west, south = (common[0] + common[2] - width) / 2, (common[1] + common[3] - height) / 2
    west, south = max(common[0], math.floor(west)), max(common[1], math.floor(south))
    return (west, south, west + width, south + height), f"the middle of {rounded(common)}: CHOOSE your area in there"


def rounded(box: Bounds) -> list[float]:
    """Return a box in centimetres, for people.

    Examples
    --------
    >>> rounded((0.001, 1, 2, 3))
    [0.0, 1.0, 2.0, 3.0]
    """
    return [round(float(edge), 2) for edge in box]
