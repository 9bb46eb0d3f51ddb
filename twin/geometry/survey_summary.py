"""What is said of a file before it is read: one record for every kind of data, and its line of text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pyproj import CRS

from twin.geometry.region import Bounds

Kind = Literal[
    "citygml",
    "cityjson",
    "osm",
    "raster",
    "points",
    "laser",
    "vector",
    "table",
    "plan",
    "mesh",
    "other",
    "unreadable",
]
Role = Literal["terrain", "canopy", "trees", "land_cover", "residents"]
MOST_NAMED = 12


@dataclass(frozen=True)
class SourceSummary:
    """What a file holds.

    path : the file; a member of an archive has a path like ``tiles.zip/dgm1.xyz``
    kind : "citygml", "cityjson", "osm", "raster", "points" (XYZ text), "laser" (LAS, LAZ), "vector" (GeoPackage,
        shapefile, GeoJSON), "table" (CSV), "plan" (XPlanGML), "mesh", "other" or "unreadable"
    role : what it could be for, as its name or columns suggest, or None
    version : of the format, where it has several
    crs, vertical_datum : as the file names them
    bounds : (xmin, ymin, xmax, ymax) in `crs`; from headers, envelopes or the points met
    counts : what was counted, by name
    complete : False if counting stopped at `survey.STREAMED` bytes
    spacing : cell size of a raster, in units of its CRS
    empty_share : share of a raster's cells without a value; of a sample of rows where it is large
    layer : of a file with several
    columns : of a table or layer
    lods : levels of detail met in a 3-D city model
    classes : share of laser points by class
    stated : what the file says about itself: `source`, `license`, `attribution`, `date`
    problem : why it cannot be used as it is
    """

    path: Path
    kind: Kind
    role: Role | None = None
    version: str | None = None
    crs: CRS | None = None
    vertical_datum: str | None = None
    bounds: Bounds | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    spacing: float | None = None
    empty_share: float | None = None
    layer: str | None = None
    columns: tuple[str, ...] = ()
    lods: tuple[str, ...] = ()
    classes: Mapping[int, float] = field(default_factory=dict)
    stated: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def __post_init__(self) -> None:
        """Take no bounds for bounds that cannot be: a damaged header may tell any."""
        box = self.bounds
        if box is not None and not (all(map(math.isfinite, box)) and box[0] <= box[2] and box[1] <= box[3]):
            object.__setattr__(self, "bounds", None)

    @property
    def name(self) -> str:
        """Name of the file, with its archive and layer."""
        parts = [self.path.name]
        for parent in self.path.parents:
            if parent.suffix.lower() == ".zip":
                parts = [self.path.relative_to(parent.parent).as_posix()]
        return " ".join(parts + ([f"({self.layer})"] if self.layer else []))

    def __str__(self) -> str:
        """Return the summary in one line."""
        said = [f"{self.name}: {self.kind}"]
        if self.version:
            said[0] += f" {self.version}"
        if self.role:
            said[0] += f" ({self.role})"
        least = "" if self.complete else "at least "
        said += [f"{least}{number:,} {name}" for name, number in self.counts.items()]
        if self.lods:
            said.append(f"LoD {' and '.join(self.lods)}")
        if self.spacing is not None:
            said.append(f"cells of {self.spacing:.6g}")
        if self.empty_share is not None:
            said.append(f"{100 * self.empty_share:.3g} % empty")
        if self.classes:
            said.append("classes " + ", ".join(f"{key} ({100 * share:.0f} %)" for key, share in self.classes.items()))
        if self.crs is not None:
            code = self.crs.to_epsg()
            said.append(f"EPSG:{code}" if code else self.crs.name)
        if self.vertical_datum:
            said.append(self.vertical_datum)
        if self.bounds is not None:
            said.append("from ({:.10g}, {:.10g}) to ({:.10g}, {:.10g})".format(*self.bounds))
        if "date" in self.stated:
            said.append(f"state of {self.stated['date']}")
        if self.columns:
            more = f" and {len(self.columns) - MOST_NAMED} more" if len(self.columns) > MOST_NAMED else ""
            said.append(f"columns {', '.join(self.columns[:MOST_NAMED])}{more}")
        if self.problem:
            said.append(self.problem)
        return ", ".join(said)
