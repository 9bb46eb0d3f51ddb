"""One file of a tree cadastre to records: its columns, its coordinates, and which rows are trees.

A tree is used or counted among the refused. Coordinates stay in the source's CRS; swapped or foreign ones are named,
never guessed away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.city.gridspec import same_crs
from twin.errors import DataError
from twin.geometry import tree_sizes
from twin.geometry.delimited_text import read_text_table, text_of
from twin.geometry.layer_content import SUFFIXES
from twin.geometry.layer_crs import check_places, needed_crs
from twin.geometry.records import ReadReport, Refusal, TreeRecords
from twin.geometry.reference_systems import inside_region
from twin.geometry.region import Bounds, given_crs
from twin.geometry.tree_layouts import find_layout, plain_name
from twin.geometry.tree_rows import sized_trees
from twin.geometry.vector_layers import open_layer

if TYPE_CHECKING:
    from pyproj import CRS

WHAT = "a table of trees (CSV, GeoJSON, GeoPackage or shapefile)"
"""What is expected, for messages."""

_PROJECTED = (
    ("x", "y"),
    ("x_koordina", "y_koordina"),
    ("x_koordinate", "y_koordinate"),
    ("xcoord", "ycoord"),
    ("rechtswert", "hochwert"),
    ("ostwert", "nordwert"),
    ("easting", "northing"),
    ("utm_x", "utm_y"),
)
_DEGREES = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("laenge", "breite"))
_WKT = ("wkt", "geom", "geometry", "the_geom", "shape")
_POINT = re.compile(
    r"^\s*(?:SRID=(\d+);)?\s*POINT\s*(?:Z|M|ZM)?\s*\(\s*([-+\d.eE]+)\s+([-+\d.eE]+)(?:\s+[-+\d.eE]+)*\s*\)\s*$", re.I
)
_TIDY = 1e-2  # m: trees nearer than this stand at the same place


def read_tree_file(
    file: Path,
    *,
    columns: Mapping[str, str] | str | None = None,
    crs: CRS | str | int | None = None,
    bounds: Bounds | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    layer: str | None = None,
    alone: bool = True,
) -> TreeRecords:
    """Read the trees of one file.

    Parameters
    ----------
    file : pathlib.Path
        Checked by `twin.geometry.sources.existing_file`; a member of an archive, too.
    columns, crs, bounds, delimiter, decimal, layer
        As `twin.geometry.tree_table.read_trees`.
    alone : bool
        Other files may have the trees that lie in the bounds if it is False: none here is then no error.

    Raises
    ------
    DataError
        As `twin.geometry.tree_table.read_trees`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "trees.csv"
    ...     _ = place.write_text("lon;lat;height;crown_diameter\\n11.5;50.1;12;8\\n")
    ...     read_tree_file(place).crs.to_epsg()
    4326
    """
    import geopandas as gpd

    notes: list[str] = []
    refused: list[Refusal] = []
    if file.name.lower().endswith(SUFFIXES):
        opened = open_layer(file, WHAT, layer=layer)
        table, found, named = opened.table, opened.total, opened.crs if opened.crs is not None else "none"
        notes += opened.notes
    else:
        text = read_text_table(file, WHAT, delimiter)
        table, found, short, named = text.rows, text.found, text.short, None
        notes += text.notes
        if short:
            refused.append(Refusal(f"{len(short)} rows", f"other number of fields than the header (first: {short[0]})"))
    if found == 0:
        raise DataError(f"{file} holds no tree; {WHAT} is expected there")
    names = [str(name) for name in table.columns if name != "geometry" or named is None]
    layout, roles = find_layout(columns, names, str(file))
    x, y, system = _places(table, roles, named, crs, decimal, file)
    if named is not None and not isinstance(named, str) and not same_crs(named, system):
        notes.append(f"the file names the CRS {named.name}; {system.name} was given and is used")
    labels = _labels(table, roles)

    good = np.isfinite(x) & np.isfinite(y)
    _refuse(refused, ~good, labels, "no usable coordinates")
    check_places(x[good], y[good], system, file, meant=bounds is not None)
    with np.errstate(invalid="ignore"):
        stray = good & ~inside_region(x, y, system)
    _refuse(refused, stray, labels, f"coordinates outside the area of use of {system.name}")
    good &= ~stray
    step = 1e-7 if system.is_geographic else _TIDY
    again = good & _repeated(x, y, good, step)
    _refuse(refused, again, labels, "same place as an earlier tree")
    good &= ~again
    trees, repaired = sized_trees(table, roles, layout, labels, good, decimal, notes, file)
    usable = bool(good.any())
    if bounds is not None:
        xmin, ymin, xmax, ymax = bounds
        inside = (x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax)
        left = int((good & ~inside).sum())
        if left:
            notes.append(f"{left} trees lie outside the bounds and are left out")
        if alone and left == int(good.sum()) and left:
            raise DataError(
                f"{file}: none of its {left} trees lies in the bounds {bounds}; they reach x {x[good].min():.7g} to "
                f"{x[good].max():.7g}, y {y[good].min():.7g} to {y[good].max():.7g} in {system.name}: check the CRS"
            )
        good &= inside
    if not usable:
        raise DataError(f"{file}: none of its {found} trees can be used: {'; '.join(one.reason for one in refused)}")
    points = gpd.GeoSeries(gpd.points_from_xy(x[good], y[good]), crs=system)
    kept = trees[good].reset_index(drop=True)
    report = ReadReport(str(file), found, int(good.sum()), tuple(repaired), tuple(refused), tuple(notes))
    return TreeRecords(gpd.GeoDataFrame(kept, geometry=points, crs=system), system, layout.name, report)


def _places(
    table: Any, roles: Mapping[str, str], named: Any, crs: Any, decimal: str | None, file: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
    """Return first and second coordinate of every row, NaN where there is none, and their CRS."""
    import shapely

    given = given_crs(crs)
    if named is not None:
        shapes = np.asarray(table.geometry.values, dtype=object)
        several = shapely.get_num_geometries(shapes) != 1
        shapes = np.asarray(shapely.get_geometry(shapes, 0), dtype=object)
        shapes[several] = None
        points = shapes.copy()
        points[shapely.get_type_id(shapes) != 0] = None
        system = given or (None if isinstance(named, str) else named)
        return shapely.get_x(points), shapely.get_y(points), needed_crs(system, file)
    present = {plain_name(str(name)): str(name) for name in table.columns}
    wkt = roles.get("wkt") or next((present[name] for name in _WKT if name in present), None)
    pair = (roles["x"], roles["y"]) if "x" in roles and "y" in roles else None
    if pair is None and wkt is not None:
        parts = [_POINT.match(cell) if isinstance(cell, str) else None for cell in table[wkt]]
        x = np.array([float("nan") if part is None else tree_sizes.number(part.group(2), ".") for part in parts])
        y = np.array([float("nan") if part is None else tree_sizes.number(part.group(3), ".") for part in parts])
        codes = {int(part.group(1)) for part in parts if part is not None and part.group(1)}
        if len(codes) > 1:
            raise DataError(f"{file}: its points name several CRS: {sorted(codes)}; use one CRS in one file")
        return x, y, needed_crs(given or (given_crs(codes.pop()) if codes else None), file)
    if pair is None:
        pair = next(((present[a], present[b]) for a, b in _PROJECTED if a in present and b in present), None)
    if pair is None:
        pair = next(((present[a], present[b]) for a, b in _DEGREES if a in present and b in present), None)
    if pair is None:
        raise DataError(
            f"{file} has no columns of coordinates that are known (x and y, rechtswert and hochwert, lon and lat, "
            f'wkt); name them: columns = {{x = "...", y = "..."}}. Its columns are: {", ".join(map(repr, table))}'
        )
    degrees = (plain_name(pair[0]), plain_name(pair[1])) in _DEGREES
    (x, x_class), (y, y_class) = (tree_sizes.sizes(table[name], decimal) for name in pair)
    x[x_class], y[y_class] = np.nan, np.nan
    return x, y, needed_crs(given or (given_crs(4326) if degrees else None), file)


def _labels(table: Any, roles: Mapping[str, str]) -> list[str]:
    rows = [f"row {number}" for number in table.index]
    if "id" not in roles:
        return rows
    cells = [text_of(cell) for cell in table[roles["id"]]]
    return [cell or row for cell, row in zip(cells, rows, strict=True)]


def _repeated(
    x: NDArray[np.float64], y: NDArray[np.float64], good: NDArray[np.bool_], step: float
) -> NDArray[np.bool_]:
    import pandas as pd

    places = pd.DataFrame({"x": np.round(x[good] / step), "y": np.round(y[good] / step)})
    again = np.zeros(len(x), bool)
    again[np.flatnonzero(good)] = places.duplicated().to_numpy()
    return again


def _refuse(refused: list[Refusal], which: NDArray[np.bool_], labels: list[str], reason: str) -> None:
    if which.any():
        first = labels[int(np.argmax(which))]
        refused.append(Refusal(f"{int(which.sum())} trees", f"{reason} (first: {first})"))
