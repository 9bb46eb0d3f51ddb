"""Parts of buildings in OpenStreetMap (`building:part`): towers, wings and annexes with heights of their own.

Where a building has parts with a height, they and not its outline say how high it is, as in "Simple 3D Buildings" of
the OpenStreetMap wiki. A part is taken from the ground up, also where it begins above it (`min_height`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.building_uses import osm_height
from twin.city.gridspec import GridSpec
from twin.city.land_cover_tags import is_underground, length
from twin.city.rasterize import paint_polygons


@dataclass(frozen=True)
class Parts:
    """Parts that have a height and lie in a building.

    building : (n,) int, row of the building each belongs to
    height : (n,) float, m above ground
    storeys : (n,) int
    shapes : (n,) polygons in the CRS of the grid, the lowest first
    notes : what was left out, in words
    """

    building: NDArray[np.int64]
    height: NDArray[np.float64]
    storeys: NDArray[np.int64]
    shapes: NDArray[Any]
    notes: tuple[str, ...]

    def raised(self, building_id: NDArray[np.int32], spec: GridSpec) -> NDArray[np.float64]:
        """Return the height of the part in each cell of its own building, m; NaN elsewhere."""
        part = paint_polygons(self.shapes, np.arange(1, len(self.shapes) + 1), spec)
        own = np.concatenate([[-1], self.building + 1])[part] == building_id
        return np.where(own & (part > 0), np.concatenate([[np.nan], self.height])[part], np.nan)


def find_parts(areas_tags: list[dict[str, str]], areas: NDArray[Any], buildings: NDArray[Any]) -> Parts:
    """Return the parts among areas that say how high they are and lie in one of the buildings.

    Parameters
    ----------
    areas_tags, areas : list of dict, array of polygons
        All areas of an extract, in the CRS of the grid.
    buildings : array of polygons
        Outlines of the buildings, in the same CRS.

    Examples
    --------
    >>> tags = [{"building:part": "yes", "height": "30"}]
    >>> parts = find_parts(tags, np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(0, 0, 9, 9)]))
    >>> parts.building.tolist(), parts.height.tolist()
    ([0], [30.0])
    """
    rows = [
        row
        for row, tags in enumerate(areas_tags)
        if tags.get("building:part", "no") != "no" and tags.get("building", "no") == "no" and not is_underground(tags)
    ]
    tops = [osm_height({"building": "yes"} | areas_tags[row], "public") for row in rows]
    told = [i for i, (_, _, source) in enumerate(tops) if source != "assumed by type"]
    notes = []
    if len(told) < len(rows):
        notes.append(f"{len(rows) - len(told)} parts of buildings have neither height nor storeys and change nothing")
    shapes = areas[[rows[i] for i in told]]
    owner = np.full(len(told), -1, np.int64)
    if len(told) and len(buildings):
        inner, outer = shapely.STRtree(buildings).query(shapely.point_on_surface(shapes), predicate="within")
        smallest = np.argsort(-shapely.area(buildings[outer]), kind="stable")  # of several outlines the smallest counts
        owner[inner[smallest]] = outer[smallest]
    lost = int((owner < 0).sum())
    if lost:
        notes.append(f"{lost} parts of buildings lie in no building and are left out")
    above = sum((length(areas_tags[rows[i]].get("min_height")) or 0.0) > 0.0 for i in told)
    if above:
        notes.append(f"{above} parts of buildings begin above the ground (min_height) and are taken from the ground up")
    height = np.array([tops[i][0] for i in told], np.float64)
    storeys = np.array([tops[i][1] for i in told], np.int64)
    kept = np.flatnonzero(owner >= 0)
    kept = kept[np.argsort(height[kept], kind="stable")]
    if len(kept):
        count = len(np.unique(owner[kept]))
        notes.append(f"{len(kept)} parts give {count} buildings their heights")
    return Parts(owner[kept], height[kept], storeys[kept], shapes[kept], tuple(notes))
