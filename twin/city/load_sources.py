"""The sections of a `city.toml` to records: only what lies around the grid is read, whatever was downloaded.

Each reader gets the grid's box with a margin, in the CRS of its file. Tiles whose head says that they lie elsewhere
are not opened again; reading shows its progress, file by file, and can be interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyproj import CRS, Transformer

from twin import progress
from twin.city.city_file import CityFile
from twin.city.gridspec import Bounds, GridSpec, crs_of, same_crs
from twin.errors import DataError
from twin.geometry.survey import SourceSummary

if TYPE_CHECKING:
    import xarray as xr

    from twin.geometry.records import BuildingModels, CityJsonData, OsmData

RASTER_MARGIN = 250.0
"""Read rasters this far around the grid, m: more than the spacing of terrain that one would interpolate."""

MODEL_MARGIN = 2_000.0
"""Read 3-D buildings this far around the grid, m, unless the section says otherwise: people who live in walking
distance, and whatever casts shade."""

MAP_MARGIN = 15_000.0
"""Read OpenStreetMap data this far around the grid, m, unless a section says otherwise: traffic on the grid comes from
the town around it, along its roads and from its buildings."""

GROUND_POINTS, PLANT_POINTS = (2,), (3, 4, 5)
"""Classes of laser points: ground; low, medium and high vegetation (ASPRS LAS specification 1.4, table 17)."""

_TOGETHER = 16
"""Tiles of buildings read in one call: many are worth the compiled reader, which one of 10 MB is not."""

_AGREE = 0.02
"""Overlapping terrain tiles may differ by this much, m: both are rounded to centimetres."""


def around(spec: GridSpec, margin: float, crs: CRS) -> Bounds:
    """Return the box of a grid, widened by a margin (m), in another CRS.

    Examples
    --------
    >>> around(GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832"), 5.0, CRS.from_epsg(25832))
    (-5.0, -5.0, 25.0, 25.0)
    """
    xmin, ymin, xmax, ymax = spec.bounds
    wide = xmin - margin, ymin - margin, xmax + margin, ymax + margin
    if same_crs(crs, spec.crs):
        return wide
    west, south, east, north = Transformer.from_crs(spec.crs, crs, always_xy=True).transform_bounds(*wide)
    fine = 1e4 if crs.is_geographic else 1.0  # outwards to short numbers, which reports name
    return (
        math.floor(west * fine) / fine,
        math.floor(south * fine) / fine,
        math.ceil(east * fine) / fine,
        (math.ceil(north * fine) / fine),
    )


def apart(one: Bounds, other: Bounds) -> bool:
    """Tell whether two boxes do not even touch.

    Examples
    --------
    >>> apart((0, 0, 1, 1), (2, 0, 3, 1)), apart((0, 0, 1, 1), (1, 0, 3, 1))
    (True, False)
    """
    return one[0] > other[2] or other[0] > one[2] or one[1] > other[3] or other[1] > one[3]


@dataclass
class CityData:
    """The data of one city.toml, read around one grid, each file once.

    wanted : what the file says
    spec : the grid
    heads : by section, what the heads of its files tell (`check_files`)
    """

    wanted: CityFile
    spec: GridSpec
    heads: Mapping[str, Sequence[SourceSummary]]

    def __post_init__(self) -> None:
        """Keep extracts that several sections name."""
        self._extracts: dict[tuple[Path, ...], OsmData] = {}

    def heights(self, section: str) -> xr.DataArray:
        """Return the raster of a section, joined from its tiles, in their CRS."""
        from twin.city.terrain import join_tiles
        from twin.geometry import read_raster, read_xyz

        options = self.wanted.sections[section]
        nodata, given = options.get("nodata"), options.get("crs")
        parts = []
        scans: list[Path] = []
        for head, box in self._near(section, RASTER_MARGIN):
            if head.kind == "laser":
                scans.append(head.path)
                continue
            try:
                if head.kind == "points":
                    number = None if nodata == "none" else nodata
                    part = read_xyz(head.path, bounds=box, nodata=number, crs=given)
                else:
                    part = read_raster(head.path, bounds=box, nodata=nodata, crs=given)
            except DataError as error:
                if "does not touch the bounds" not in str(error):
                    raise
                continue
            if not same_crs(crs_of(part), given or head.crs or self.spec.crs):  # the box was in another CRS
                raise DataError(f"{head.path} turns out to be in {crs_of(part).name}; name its crs under [{section}]")
            parts.append(part)
        if scans:
            parts.append(self._scan(scans, section))
        if not parts:
            raise self._elsewhere(section)
        if len(parts) == 1:
            return parts[0]
        return join_tiles(parts, what=section, tolerance=_AGREE if section == "terrain" else None)

    def _scan(self, files: list[Path], section: str) -> xr.DataArray:
        """Return laser points as a raster of the grid's cell size: the mean of the ground, the top of the plants."""
        from twin.geometry import read_las

        options = self.wanted.sections[section]
        crs = options.get("crs") or next((head.crs for head in self.heads[section] if head.crs), self.spec.crs)
        ground = section == "terrain"
        return read_las(
            files,
            resolution=self.spec.resolution,
            classes=options.get("classes", GROUND_POINTS if ground else PLANT_POINTS),
            statistic="mean" if ground else "max",
            bounds=around(self.spec, RASTER_MARGIN, crs),
            crs=options.get("crs"),
        )

    def city_gml(self, section: str = "buildings") -> BuildingModels:
        """Return the buildings of all CityGML tiles of a section near the grid."""
        from twin.geometry import concatenate_models, read_citygml

        given = self.wanted.sections[section]
        tiles: list[BuildingModels] = []
        waiting: list[Path] = []
        place: Bounds | None = None
        count = 0
        for head, box in self._near(section, given.get("margin", MODEL_MARGIN)):
            if waiting and (box != place or len(waiting) == _TOGETHER):
                tiles.append(read_citygml(waiting, bounds=place, crs=given.get("crs")))
                waiting = []
            waiting, place, count = [*waiting, head.path], box, count + 1
        if not waiting:
            raise self._elsewhere(section)
        tiles.append(read_citygml(waiting[0] if count == 1 else waiting, bounds=place, crs=given.get("crs")))
        models = tiles[0] if len(tiles) == 1 else concatenate_models(tiles)
        note = self._passed_by(section, count)
        return replace(models, report=replace(models.report, notes=(*models.report.notes, *note)))

    def city_json(self, section: str = "buildings") -> CityJsonData:
        """Return the CityJSON models of a section near the grid, joined to one."""
        from twin.geometry import concatenate_cityjson, read_cityjson

        given = self.wanted.sections[section]
        found = [
            read_cityjson(head.path, bounds=box, crs=given.get("crs"))
            for head, box in self._near(section, given.get("margin", MODEL_MARGIN))
        ]
        if not found:
            raise self._elsewhere(section)
        joined = concatenate_cityjson(found)
        note = self._passed_by(section, len(found))
        return replace(joined, report=replace(joined.report, notes=(*joined.report.notes, *note)))

    def _passed_by(self, section: str, read: int) -> tuple[str, ...]:
        """Say how many tiles were not read."""
        count = len(self.heads[section])
        return (f"{count - read} of {count} tiles lie too far from the grid and were not read",) if read < count else ()

    def extract(self, section: str) -> OsmData | None:
        """Return the OpenStreetMap data of a section; an extract that several name is read once."""
        from twin.geometry import read_osm

        if section not in self.wanted.sections:
            return None
        files = self.wanted.files(section)
        if files not in self._extracts:
            margin = max(
                float(part.get("margin", MAP_MARGIN))
                for name, part in self.wanted.sections.items()
                if self.wanted.files(name) == files
            )
            box = around(self.spec, margin, CRS.from_epsg(4326))
            with progress.stage(f"read {files[0].name}") as advance:
                self._extracts[files] = read_osm(files, bounds=box)
                advance(1)
        return self._extracts[files]

    def around(self, margin: float, crs: CRS) -> Bounds:
        """Return the box of the grid, widened by a margin (m), in the CRS of a file."""
        return around(self.spec, margin, crs)

    def _near(self, section: str, margin: float) -> Iterator[tuple[SourceSummary, Bounds]]:
        """Yield the files of a section that may lie around the grid, with the box in their CRS."""
        heads = self.heads[section]
        given: Any = self.wanted.sections[section].get("crs")
        with progress.stage(f"read {section.replace('_', ' ')}", total=max(len(heads), 1)) as advance:
            for head in heads:
                box = around(self.spec, margin, given or head.crs or self.spec.crs)
                if head.bounds is None or not apart(head.bounds, box):
                    yield head, box
                advance(1)

    def _elsewhere(self, section: str) -> DataError:
        """Say where the data of a section lie, none of which is near the grid."""
        known = [head for head in self.heads[section] if head.bounds is not None]
        reach = ""
        if known:
            boxes = [head.bounds for head in known if head.bounds is not None]
            low = [min(box[index] for box in boxes) for index in (0, 1)]
            high = [max(box[index] for box in boxes) for index in (2, 3)]
            crs = self.wanted.sections[section].get("crs") or known[0].crs
            reach = (
                f": they reach x {low[0]:.7g} to {high[0]:.7g}, y {low[1]:.7g} to {high[1]:.7g}"
                f"{'' if crs is None else f' in {crs.name}'}"
            )
        count = len(self.heads[section])
        return DataError(
            f"{self.wanted.where(section)}: none of its {count} files lies at the grid {self.spec.bounds} in "
            f"{self.spec.crs.name}{reach}; check bounds and crs, or fetch the tiles of this place (the {section} "
            "does not overlap the grid)"
        )
