"""Trees of several files as one cadastre: which of them stand in two files, and count once.

Streets and parks, or neighbouring districts, often list the same tree. Nothing is merged: the tree of the file named
first stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.geometry.records import ReadReport, Refusal, TreeRecords

SAME_PLACE = 0.1
"""Trees of two files nearer than this, m, stand at the same place."""

_METRES_PER_DEGREE = 111_320.0
_NUMBERED = re.compile(r"row \d+")  # what a tree without an id is called


def join_trees(files: Sequence[Path], parts: Sequence[TreeRecords], notes: Sequence[str] = ()) -> TreeRecords:
    """Join the trees of several files in one CRS.

    Parameters
    ----------
    files : sequence of pathlib.Path
        In the order in which they count.
    parts : sequence of TreeRecords
        The trees of each.
    notes : sequence of str
        What else was noticed.

    Returns
    -------
    TreeRecords
        With several files, entries of the report begin with the file's name, and trees without an id are called
        ``"parks.csv row 7"``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> trees = gpd.GeoDataFrame(
    ...     {"id": ["a", "b"], "species": ["Tilia", "Acer"]}, geometry=gpd.points_from_xy([0, 9], [0, 0]), crs=25832
    ... )
    >>> streets = TreeRecords(trees, trees.crs, "plain", ReadReport("streets.csv", 2, 2))
    >>> parks = TreeRecords(trees[1:], trees.crs, "plain", ReadReport("parks.csv", 1, 1))
    >>> joined = join_trees([Path("streets.csv"), Path("parks.csv")], [streets, parks])
    >>> joined.trees["id"].tolist(), joined.report.refused[0].id
    (['a', 'b'], 'parks.csv: 1 trees')
    """
    import geopandas as gpd
    import pandas as pd

    first = parts[0]
    if len(parts) == 1:
        report = first.report
        whole = ReadReport(
            report.source, report.found, report.used, report.repaired, report.refused, (*report.notes, *notes)
        )
        return TreeRecords(first.trees, first.crs, first.layout, whole)
    names = [file.name for file in files]
    labels = names if len(set(names)) == len(names) else [file.as_posix() for file in files]
    table = pd.concat([pd.DataFrame(part.trees) for part in parts], ignore_index=True)
    of_file = np.repeat(np.arange(len(parts)), [len(part.trees) for part in parts])
    x, y = (np.concatenate([getattr(part.trees.geometry, axis).to_numpy() for part in parts]) for axis in ("x", "y"))
    numbered = np.array([_NUMBERED.fullmatch(name) is not None for name in table["id"]], bool)
    again, others = _again(x, y, of_file, table, numbered, bool(first.crs.is_geographic))
    table["id"] = [
        f"{labels[number]} {name}" if bare else name
        for name, bare, number in zip(table["id"], numbered, of_file, strict=True)
    ]
    repaired, refused, said = [], [], list(notes)
    for number, (label, part) in enumerate(zip(labels, parts, strict=True)):
        repaired += [Refusal(f"{label}: {entry.id}", entry.reason) for entry in part.report.repaired]
        refused += [Refusal(f"{label}: {entry.id}", entry.reason) for entry in part.report.refused]
        said += [f"{label}: {note}" for note in part.report.notes]
        doubled = np.flatnonzero(again & (of_file == number))
        if len(doubled):
            reason = "stand in an earlier file, too, within 0.1 m and with the same id or no other species"
            refused.append(Refusal(f"{label}: {len(doubled)} trees", f"{reason} (first: {table['id'][doubled[0]]})"))
    if others:
        said.append(f"{others} trees stand within 0.1 m of one of another species in an earlier file; both count")
    kept = table[~again].reset_index(drop=True)
    trees = gpd.GeoDataFrame(kept.drop(columns="geometry"), geometry=kept["geometry"].to_numpy(), crs=first.crs)
    report = ReadReport(
        ", ".join(str(file) for file in files),
        sum(part.report.found for part in parts),
        len(trees),
        tuple(repaired),
        tuple(refused),
        tuple(said),
    )
    layouts = dict.fromkeys(part.layout for part in parts)
    return TreeRecords(trees, first.crs, ", ".join(layouts), report)


def _again(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    of_file: NDArray[np.int64],
    table: Any,
    numbered: NDArray[np.bool_],
    degrees: bool,
) -> tuple[NDArray[np.bool_], int]:
    """Return which trees stand in an earlier file, too, and how many stand at the place of another one there."""
    from scipy.spatial import cKDTree

    again = np.zeros(len(x), bool)
    if len(x) == 0:
        return again, 0
    scale = _METRES_PER_DEGREE if degrees else 1.0
    east = (x - x[0]) * scale * (np.cos(np.radians(y.mean())) if degrees else 1.0)
    places = np.column_stack([east, (y - y[0]) * scale])
    pairs = cKDTree(places).query_pairs(SAME_PLACE, output_type="ndarray")
    pairs = pairs[of_file[pairs[:, 0]] != of_file[pairs[:, 1]]]
    pairs = np.sort(pairs, axis=1)  # trees lie in the order of their files
    pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
    ids = table["id"].to_numpy()
    species = [" ".join(name.lower().split()) for name in table["species"]]
    near = np.zeros(len(x), bool)
    for earlier, later in pairs.tolist():
        if again[earlier]:  # counts no more; the tree that it doubles is compared itself
            continue
        named_alike = not numbered[later] and ids[earlier] == ids[later]
        one, other = species[earlier], species[later]
        if named_alike or one == other or not one or not other:
            again[later] = True
        else:
            near[later] = True
    return again, int((near & ~again).sum())
