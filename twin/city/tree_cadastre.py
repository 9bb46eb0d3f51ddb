"""A tree cadastre in a city: which trees stand on the grid, what they add to the canopy, and what is known of them.

Where a raster of vegetation heights was surveyed, it decides what the canopy is, because it sees every tree, also the
private ones; the cadastre then fills the table of trees, and the canopy only beyond the raster's outline.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import Caveat
from twin.city.gridspec import GridSpec, same_crs
from twin.city.trees import CROWN_BASE_SHARE
from twin.errors import DataError, InputError
from twin.geometry.records import ReadReport, TreeRecords
from twin.geometry.tree_sizes import ORIGINS

SAME_TREE = 4.0
"""A mapped tree nearer than this (m) to one of the cadastre is taken for the same; both are placed to metres."""

_ELSEWHERE = 20_000.0


def place_trees(records: TreeRecords, spec: GridSpec) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """Return the trees whose crowns reach the grid, as the table of a city, and how many those are.

    Parameters
    ----------
    records : TreeRecords
        In any CRS.
    spec : GridSpec
        The grid.

    Returns
    -------
    trees : geopandas.GeoDataFrame
        Points in the grid's CRS with `id`, `species`, `height`, `crown_diameter`, `crown_base_height`,
        `trunk_circumference` (m), `height_source`, `crown_diameter_source`, `source`.
    report : ReadReport

    Raises
    ------
    DataError
        If all trees lie further than 20 km from the grid.
    InputError
        If a size is impossible.

    Examples
    --------
    >>> columns = {"id": ["1"], "species": ["Tilia"], "height": [12.0], "crown_diameter": [6.0], "group": [False],
    ...            "trunk_circumference": [1.0], "height_source": ["measured"], "crown_diameter_source": ["dummy"]}
    >>> trees = gpd.GeoDataFrame(columns, geometry=[shapely.Point(5, 5)], crs="EPSG:25832")
    >>> records = TreeRecords(trees, trees.crs, "plain", ReadReport("trees.csv", 1, 1))
    >>> placed, report = place_trees(records, GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832"))
    >>> placed.source.tolist(), placed.crown_base_height.tolist(), report.used
    (['tree cadastre; crown estimated'], [3.0], 1)
    """
    trees = records.trees
    for column in ("height", "crown_diameter"):
        values = trees[column].to_numpy(np.float64)
        wrong = ~((values > 0) & (values <= 60.0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(f"{column} of tree {trees['id'].iloc[row]} is {values[row]:g} m; it must be above 0 to 60")
    if not same_crs(records.crs, spec.crs):
        trees = trees.to_crs(spec.crs)
    xmin, ymin, xmax, ymax = spec.bounds
    x, y = trees.geometry.x.to_numpy(), trees.geometry.y.to_numpy()
    apart = np.hypot(np.fmax(np.fmax(xmin - x, x - xmax), 0), np.fmax(np.fmax(ymin - y, y - ymax), 0))
    if len(trees) and not (apart <= _ELSEWHERE).any():
        raise DataError(
            f"the {len(trees)} trees lie {np.nanmin(apart) / 1000:.0f} km and more from the grid {spec.bounds}; check "
            "the CRS of the tree cadastre and the bounds"
        )
    here = apart <= trees["crown_diameter"].to_numpy() / 2
    placed = trees[here].reset_index(drop=True)
    placed["crown_base_height"] = CROWN_BASE_SHARE * placed["height"]
    source = pd.Series("tree cadastre", index=placed.index, dtype=object)
    for column, what in (("height_source", "height"), ("crown_diameter_source", "crown")):
        source += np.where(placed[column].isin(("estimated", "dummy")), f"; {what} estimated", "")
        source += np.where(placed[column] == "assumed", f"; {what} assumed", "")
    source += np.where(placed["group"], "; group of trees", "")
    placed = placed.drop(columns="group").assign(source=source)
    notes = () if here.all() else (f"{int((~here).sum())} trees of the cadastre do not reach the grid",)
    return placed, ReadReport("trees on the grid", len(trees), len(placed), notes=notes)


def merge_trees(cadastre: gpd.GeoDataFrame, mapped: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """Join the trees of a cadastre and of a map; mapped ones nearer than `SAME_TREE` to one of the cadastre go.

    Returns
    -------
    trees : geopandas.GeoDataFrame
        Those of the cadastre first.
    dropped : int
        Mapped trees that were left out.

    Examples
    --------
    >>> known = gpd.GeoDataFrame({"height": [9.0]}, geometry=[shapely.Point(0, 0)], crs="EPSG:25832")
    >>> points = [shapely.Point(1, 0), shapely.Point(9, 0)]
    >>> mapped = gpd.GeoDataFrame({"height": [10.0, 10.0]}, geometry=points, crs="EPSG:25832")
    >>> merged, dropped = merge_trees(known, mapped)
    >>> merged.height.tolist(), dropped
    ([9.0, 10.0], 1)
    """
    if len(mapped) == 0 or len(cadastre) == 0:
        return (cadastre if len(cadastre) else mapped), 0
    index = shapely.STRtree(cadastre.geometry.values)
    near = np.unique(index.query(mapped.geometry.values, predicate="dwithin", distance=SAME_TREE)[0])
    rest = mapped.drop(index=mapped.index[near])
    if len(rest) == 0:
        return cadastre, len(near)
    table = pd.concat([cadastre, rest], ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=cadastre.crs), len(near)


def about_cadastre(trees: gpd.GeoDataFrame, *, measured: bool, woods: int, wood_height: float) -> list[Caveat]:
    """Say how many sizes of a cadastre's trees are estimated, and what such a cadastre does not hold.

    Parameters
    ----------
    trees : geopandas.GeoDataFrame
        Those of the cadastre on the grid.
    measured : bool
        Whether a raster of vegetation heights was given too.
    woods : int
        Mapped woods.
    wood_height : float
        Their assumed height, m.

    Examples
    --------
    >>> columns = {"height_source": ["measured", "dummy"], "crown_diameter_source": ["measured", "class"]}
    >>> about_cadastre(gpd.GeoDataFrame(columns), measured=False, woods=0, wood_height=20.0)[1].text_en
    'The heights of 1 of 2 trees are estimated from their other sizes or their species.'
    """
    found = []
    if measured:
        found.append(
            Caveat(
                "trees",
                "Crowns come from the raster of vegetation heights where it was surveyed; crowns of the tree cadastre "
                "are added beyond it only.",
                "Die Kronen stammen aus dem Raster der Vegetationshöhen, soweit es reicht; Kronen aus dem "
                "Baumkataster kommen nur außerhalb hinzu.",
            )
        )
    else:
        found.append(
            Caveat(
                "trees",
                "Crowns come from a tree cadastre: trees that it does not list, such as private ones, are missing "
                f"unless mapped{_woods_en(woods, wood_height)}; crowns are discs and their base is assumed at "
                f"{CROWN_BASE_SHARE:.0%} of the height.",
                "Die Kronen stammen aus einem Baumkataster: Bäume, die es nicht führt, etwa private, fehlen, wenn sie "
                f"nicht kartiert sind{_woods_de(woods, wood_height)}; Kronen sind Scheiben, ihr Ansatz ist mit "
                f"{100 * CROWN_BASE_SHARE:.0f} % der Höhe angenommen.",
            )
        )
    sizes = (("height_source", "heights", "Höhen"), ("crown_diameter_source", "crown diameters", "Kronendurchmesser"))
    for column, english, german in sizes:
        counts = trees[column].value_counts()
        known = {origin: int(counts.get(origin, 0)) for origin in ORIGINS}
        estimated = known["estimated"] + known["dummy"]
        found += _counted(
            [
                (
                    estimated,
                    f"The {english} of {{0}} of {{1}} trees are estimated from their other sizes or their species.",
                    f"Die {german} von {{0}} der {{1}} Bäume sind aus anderen Maßen oder der Art geschätzt.",
                ),
                (
                    known["class"],
                    f"The {english} of {{0}} of {{1}} trees are the middles of classes.",
                    f"Die {german} von {{0}} der {{1}} Bäume sind Klassenmitten.",
                ),
                (
                    known["assumed"],
                    f"The {english} of {{0}} of {{1}} trees are assumed: nothing is known of them.",
                    f"Die {german} von {{0}} der {{1}} Bäume sind angenommen: Nichts ist von ihnen bekannt.",
                ),
            ],
            len(trees),
        )
    return found


def _counted(sentences: Sequence[tuple[int, str, str]], total: int) -> list[Caveat]:
    found = []
    for count, english, german in sentences:
        if count:
            numbers = (f"{count:,}", f"{total:,}")
            punkte = tuple(number.replace(",", ".") for number in numbers)
            found.append(Caveat("trees", english.format(*numbers), german.format(*punkte)))
    return found


def _woods_en(woods: int, height: float) -> str:
    return f", and the {woods} woods are assumed to be {height:g} m high" if woods else ""


def _woods_de(woods: int, height: float) -> str:
    return f", und die {woods} Wälder sind mit {height:g} m Höhe angenommen" if woods else ""
