"""Tree cadastres to records: CSV, GeoJSON, GeoPackage or shapefile, with columns as each town names them.

A cadastre may come in several files, as of streets and of parks; each is read by its own layout. A tree is used or
counted among the refused; a size that its table lacks is estimated and flagged.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import DataError, InputError
from twin.geometry.layer_content import SUFFIXES
from twin.geometry.layer_crs import check_same_crs
from twin.geometry.records import TreeRecords
from twin.geometry.tree_file import WHAT, read_tree_file
from twin.geometry.tree_join import join_trees
from twin.geometry.vector_layers import layer_files

if TYPE_CHECKING:
    from pyproj import CRS

_NAMES = (*SUFFIXES, ".csv", ".csv.gz", ".txt")


def read_trees(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    columns: Mapping[str, str] | str | None = None,
    crs: CRS | str | int | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    layer: str | None = None,
) -> TreeRecords:
    """Read the trees of a cadastre.

    Missing and impossible sizes (0, 99, negative, heights above 60 m, crowns above 40 m) are estimated from the other
    sizes of the tree by published relations, corrected by the medians of its species in the same file, and flagged;
    see `twin.geometry.tree_sizes`.

    Several files are joined: a tree that stands in an earlier file, too (within 0.1 m, with the same id, or with no
    other species), counts once and is reported. Trees of other species stay, however near they stand.

    Parameters
    ----------
    path : path-like or sequence of path-like
        CSV (UTF-8 or Windows-1252; coordinates in columns or as WKT), GeoJSON, GeoPackage, FlatGeobuf or shapefile;
        plain, gzipped or in a .zip. One file, several, a folder, a pattern like ``"baeume_*.csv"`` or a member of an
        archive (``"baeume.zip/parks.csv"``); all in one CRS, each with its own layout.
    columns : mapping or str, optional
        Role to column for one's own table (``height``, ``crown_diameter``, ``trunk_circumference``, ``species``,
        ``id``, ``kind``, ``x``, ``y``, ``wkt``), or a known layout: ``"berlin"``, ``"koeln"``, ``"heilbronn"``,
        ``"halle"``, ``"plain"``. Recognised from the names of the columns, file by file, without it.
    crs : pyproj.CRS, str or int, optional
        For files that name none; not needed for columns of longitude and latitude.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep the trees in this box, in the CRS of the trees.
    delimiter, decimal : str, optional
        Of a CSV, such as ``";"`` and ``","``; detected without them.
    layer : str, optional
        Of a GeoPackage with several layers.

    Returns
    -------
    TreeRecords

    Raises
    ------
    DataError
        If a file is missing, damaged or empty, no layout or several fit its columns, its coordinates cannot belong to
        the CRS, or two files are in different ones.
    InputError
        If an argument is impossible.
    LimitError
        If the file is larger than ``twin.limits.MAX_FILE_BYTES``.

    Examples
    --------
    >>> import tempfile
    >>> text = "x;y;baumhoehe;kronedurch;art_bot\\n389000;5819000;12,5;8;Tilia cordata\\n389010;5819000;0;8;Tilia\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "trees.csv"
    ...     _ = file.write_text(text)
    ...     records = read_trees(file, crs="EPSG:25833")
    >>> records.layout, records.trees.height_source.tolist()
    ('berlin', ['measured', 'dummy'])
    """
    _check_arguments(bounds, delimiter, decimal)
    files, notes = _tree_files(path)
    parts: list[TreeRecords] = []
    for file in files:
        part = read_tree_file(
            file,
            columns=columns,
            crs=crs,
            bounds=bounds,
            delimiter=delimiter,
            decimal=decimal,
            layer=layer,
            alone=len(files) == 1,
        )
        if parts:  # before the next file is read
            check_same_crs(files[0], parts[0].crs, file, part.crs)
        parts.append(part)
    records = join_trees(files, parts, notes)
    if len(records.trees) == 0:
        found = records.report.found
        raise DataError(
            f"{records.report.source}: none of their {found} trees lies in the bounds {bounds} in {records.crs.name}: "
            "check the CRS"
        )
    return records


def _tree_files(path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> tuple[list[Path], list[str]]:
    """Return the files of a cadastre, each once, and what is left out."""
    if isinstance(path, (str, os.PathLike)):
        found = layer_files(path, WHAT, suffixes=_NAMES)
        # a licence or readme often lies among tables; a text that is all there is may be a table
        tables = [file for file in found if not file.name.lower().endswith(".txt")] or found
        texts = [file.name for file in found if file not in tables]
        return tables, [f"{', '.join(texts)}: text beside tables, not read"] if texts else []
    if not path:
        raise InputError(f"the list of files is empty; name at least one file with {WHAT}")
    listed = [_tree_files(one) for one in path]
    files = [file for some, _ in listed for file in some]
    notes = [note for _, some in listed for note in some]
    once = list({file.resolve(): file for file in reversed(files)}.values())[::-1]
    if len(once) < len(files):
        notes.append(f"{len(files) - len(once)} files are named twice and read once")
    return once, notes


def _check_arguments(bounds: Any, delimiter: str | None, decimal: str | None) -> None:
    if bounds is not None and not (
        len(bounds) == 4 and np.isfinite(bounds).all() and bounds[0] < bounds[2] and bounds[1] < bounds[3]
    ):
        raise InputError(f"bounds is {bounds!r}; it must be (xmin, ymin, xmax, ymax) with min < max")
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(f"delimiter is {delimiter!r}; it must be one character, such as ';'")
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal is {decimal!r}; it must be '.' or ','")
