"""Terrain tiles as text, one posting per line: the XYZ files of the German state surveys (DGM1 and the like).

Postings are cell centres. The result is a raster like that of `read_raster`; a posting that does not fit the lattice,
or is no number, is refused with its line, never passed over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from twin import limits
from twin.errors import DataError, InputError
from twin.geometry.raster_axes import coordinates_of
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import existing_files
from twin.geometry.xyz_form import WHAT, form_of
from twin.geometry.xyz_lattice import check_void, placed, places, repeated, row_by_row
from twin.geometry.xyz_postings import postings

SUFFIXES = (".xyz", ".txt", ".csv", ".asc", ".xyz.gz", ".txt.gz", ".csv.gz")
_NOTES = (".txt", ".csv")
_SPARSE_CELLS, _SPARSEST = 10_000_000, 1000  # above so many cells, one in so many must have a posting


def read_xyz(
    path: str | os.PathLike[str],
    *,
    bounds: Bounds | None = None,
    crs: CRS | str | int | None = None,
    nodata: float | None = None,
) -> xr.DataArray:
    """Read a terrain tile that lists easting, northing and height of each posting.

    Parameters
    ----------
    path : path-like
        Text, plain or gzip, or a .zip archive with one such file; name one of several as ``tiles.zip/inner/dgm1.xyz``.
        Lines come in any order, with or without a header, separated by blanks, tabs, semicolons or commas.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep only the cells that touch this box, m.
    crs : pyproj.CRS, str or int, optional
        XYZ files name none. Only if the easting carries the zone (32 389 000) may it be left out.
    nodata : float, optional
        Height that means "empty".

    Returns
    -------
    xarray.DataArray
        Dims (y, x), float32, NaN where no posting lies; attrs `file`, `gaps` (number of cells without a posting) and
        `note` (what was changed). Eastings with the zone come without it, in EPSG:25831, 25832 or 25833.

    Raises
    ------
    DataError
        If the file is missing, empty or cut off; a line has other than three numbers; the postings are not evenly
        spaced or differ at one place; the CRS is missing or cannot be; a common void value is not declared.
    InputError
        If an argument is impossible.
    LimitError
        If more cells than ``twin.limits.MAX_RASTER_CELLS`` would be needed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "dgm1.xyz"
    ...     _ = file.write_text("32389000 5819000 34.5\\n32389001 5819000 35\\n32389000 5819001 36\\n")
    ...     ground = read_xyz(file)
    >>> ground.values.tolist(), ground.x.values.tolist(), ground.attrs["gaps"]
    ([[36.0, nan], [34.5, 35.0]], [389000.0, 389001.0], 1)
    """
    given = given_crs(crs)
    if nodata is not None and not (isinstance(nodata, (int, float)) and np.isfinite(nodata)):
        raise InputError(f"nodata is {nodata!r}; give a finite number, or None if every height counts")
    box = checked_bounds(bounds)
    files = without_notes(existing_files(path, WHAT, SUFFIXES))
    if len(files) > 1:
        names = ", ".join(file.name for file in files[:5])
        raise DataError(f"{path} holds {len(files)} tiles ({names}); name one, as {files[0]}")
    file = files[0]
    form = form_of(file)
    x, y, z = postings(file, form)
    horizontal, x, y, notes = placed(x, y, given, file)
    check_void(z, nodata, file)
    order = row_by_row(x, y)
    along, across = (x, y) if order is None else (x[:: order[0]][: order[1]], y[:: order[2]][: order[3]])
    columns, left, dx = places(along, "easting", file, form, 1 if order is None else order[0])
    rows, bottom, dy = places(across, "northing", file, form, 1 if order is None else order[2])
    if dx is None and dy is None:
        raise DataError(f"{file} holds postings at one place only; their spacing is unknown")
    dx, dy = dx or dy or 0.0, dy or dx or 0.0
    width, height = int(columns.max()) + 1, int(rows.max()) + 1
    limits.check(width * height, "MAX_RASTER_CELLS", f"{file}: {height:,} x {width:,} cells would be read")
    if width * height > _SPARSE_CELLS and width * height > _SPARSEST * len(z):
        raise DataError(
            f"{file} has {len(z):,} postings, but reaches over {height:,} x {width:,} cells of {dx:g} m, E {left:.0f} "
            f"to {left + dx * (width - 1):.0f}, N {bottom:.0f} to {bottom + dy * (height - 1):.0f}: a tile is not that "
            "empty. Correct or remove the posting that lies apart, or cut the file into tiles"
        )
    values = np.full((height, width), np.nan, np.float32)
    rows = height - 1 - rows
    with np.errstate(over="ignore"):  # a value that means "empty" may be larger than single precision holds
        heights = z.astype(np.float32)
        empty = np.float32(np.nan if nodata is None else nodata)
    if order is not None:
        values[rows[:, None], columns] = (
            heights.reshape(-1, order[1]) if order[0] == 1 else heights.reshape(-1, order[3]).T
        )
        gaps = values.size - len(z)
    else:
        cells = rows * width + columns
        values.reshape(-1)[cells] = heights
        gaps = int(np.isnan(values).sum())
        if values.size - gaps < len(z):
            repeats = repeated(values.reshape(-1), cells, heights, x, y, file, form)
            notes.append(f"{repeats} postings come more than once with one height")
    if nodata is not None:
        values[values == empty] = np.nan
        gaps = int(np.isnan(values).sum())
    transform = Affine(dx, 0.0, left - dx / 2, 0.0, -dy, bottom + (height - 0.5) * dy)
    grid, transform = _cut(values, transform, box, file)
    if box is not None:
        gaps = int(np.isnan(grid).sum())
    attributes: dict[str, Any] = {"file": file.name, "gaps": gaps}
    if notes:
        attributes["note"] = "; ".join(notes)
    return xr.DataArray(
        grid,
        dims=("y", "x"),
        coords=coordinates_of(transform, (grid.shape[0], grid.shape[1]), horizontal),
        name="raster",
        attrs=attributes,
    )


def looks_like_xyz(path: Path) -> bool:
    """Tell by its first lines whether a file lists postings; False for every other kind of file.

    Examples
    --------
    >>> looks_like_xyz(Path(__file__))
    False
    """
    try:
        form_of(path)
    except DataError:
        return False
    return True


def without_notes(files: list[Path]) -> list[Path]:
    """Return the tiles among several files: a licence or readme in .txt or .csv that lists no postings is none.

    Examples
    --------
    >>> without_notes([Path("east.tif"), Path("west.tif")])
    [...Path('east.tif'), ...Path('west.tif')]
    """
    kept = [file for file in files if not file.name.lower().endswith(_NOTES) or looks_like_xyz(file)]
    return kept or files


def _cut(
    values: NDArray[np.float32], transform: Affine, box: Bounds | None, file: Path
) -> tuple[NDArray[np.float32], Affine]:
    if box is None:
        return values, transform
    rows, columns = values.shape
    across = [(edge - transform.c) / transform.a for edge in (box[0], box[2])]
    down = [(edge - transform.f) / transform.e for edge in (box[3], box[1])]
    # a box that ends on a cell's edge does not touch the next cell
    left, right = max(0, int(np.floor(across[0] + 1e-6))), min(columns, int(np.ceil(across[1] - 1e-6)))
    top, bottom = max(0, int(np.floor(down[0] + 1e-6))), min(rows, int(np.ceil(down[1] - 1e-6)))
    if left >= right or top >= bottom:
        xmax, ymin = transform.c + columns * transform.a, transform.f + rows * transform.e
        raise DataError(
            f"{file} covers {(transform.c, ymin, xmax, transform.f)} and does not touch the bounds asked for, {box}; "
            "are they in its CRS?"
        )
    part = np.ascontiguousarray(values[top:bottom, left:right])
    return part, transform * Affine.translation(left, top)
