"""Statistical units with their residents: districts and blocks of a town, and the grid of the census.

Numbers stay what the source publishes: withheld ones are NaN, never zero. The census grids of 2011 and 2022 are
recognised by their columns; a table of a town needs a map of its columns unless they carry usual names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.errors import DataError
from twin.geometry.census_grid import is_census_grid, read_census_grid
from twin.geometry.delimited_text import text_of
from twin.geometry.layer_content import SUFFIXES
from twin.geometry.layer_crs import check_extent, common_crs
from twin.geometry.polygon_repair import repaired_polygons
from twin.geometry.records import ReadReport, Refusal, UnitRecords
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.sources import existing_files
from twin.geometry.tree_sizes import number
from twin.geometry.unit_columns import find_unit_columns
from twin.geometry.vector_layers import layer_files, open_layer

if TYPE_CHECKING:
    from pyproj import CRS

_WHAT = "statistical units with residents (a vector layer, or the census grid as CSV)"
_TEXT = (".csv", ".csv.gz", ".txt")
_MOST = 5_000_000.0  # residents of one unit; no town in the region has more


def read_units(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    crs: CRS | str | int | None = None,
    bounds: Bounds | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> UnitRecords:
    """Read statistical units and their residents.

    Parameters
    ----------
    path : path-like or sequence of path-like
        GeoPackage, shapefile, GeoJSON or FlatGeobuf of polygons; or the census grid as CSV: 2022
        (``GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner``) or 2011, cells of 100 m, 1 km or 10 km, also several of its
        tables at once (residents and age groups), which are joined cell by cell. Plain, gzipped or in a .zip.
    columns : mapping, optional
        What columns hold: ``residents``, ``id``, ``name`` and any ``age_...`` to the name of the column, such as
        ``{"residents": "EW_HAUPT", "age_over_65": "EW_65PLUS"}``; several columns are added with ``+``:
        ``"EW_0_3 + EW_3_6"``. Usual names are recognised without it.
    layer : str, optional
        Of a file with several.
    crs : pyproj.CRS, str or int, optional
        Instead of what the file names; the census grid is in EPSG:3035.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep units that reach this box, in the CRS of the units (EPSG:3035 for the census grid).
    delimiter, decimal : str, optional
        Of a CSV and of numbers kept as text; detected without them.

    Returns
    -------
    UnitRecords

    Raises
    ------
    DataError
        If the file is missing, damaged or empty, no column can be told to hold residents, or coordinates cannot belong
        to the CRS.
    InputError
        If an argument is impossible.
    LimitError
        If a file is larger than `twin.limits` allow.

    Examples
    --------
    >>> import tempfile
    >>> text = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\\nCRS3035RES100mN2689100E4337000;4337050;2689150;4\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "Zensus2022_Bevoelkerungszahl_100m-Gitter.csv"
    ...     _ = place.write_text(text + "CRS3035RES100mN2689100E4337100;4337150;2689150;–\\n", encoding="utf-8")
    ...     records = read_units(place)
    >>> records.units["residents"].tolist(), records.units.total_bounds.tolist()
    ([4.0, nan], [4337000.0, 2689100.0, 4337200.0, 2689200.0])
    """
    box, given = checked_bounds(bounds), given_crs(crs)
    several = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    tables = [file for one in several if _is_text(one) for file in existing_files(one, _WHAT, _TEXT)]
    if tables:
        grids = [is_census_grid(file, delimiter) for file in tables]
        if all(grids) and len(tables) == sum(len(existing_files(one, _WHAT, _TEXT)) for one in several):
            return read_census_grid(tables, box=box, given=given, delimiter=delimiter, decimal=decimal, columns=columns)
        odd = next((file for file, grid in zip(tables, grids, strict=True) if not grid), tables[0])
        raise DataError(
            f"{odd} is a table without areas; units need polygons (a vector layer), or the grid of the census with the "
            "columns GITTER_ID_100m, x_mp_100m and y_mp_100m"
        )
    return _from_layers(path, columns, layer, given, box, decimal)


def _is_text(path: str | os.PathLike[str]) -> bool:
    from twin.geometry.archives import is_archive, members

    place = Path(path)
    if is_archive(place) and place.stat().st_size:
        return not any(file.name.lower().endswith(SUFFIXES) for file in members(place, (*SUFFIXES, *_TEXT), _WHAT))
    return place.name.lower().endswith(_TEXT)


def _from_layers(
    path: Any, columns: Mapping[str, str] | None, layer: str | None, given: CRS | None, box: Bounds | None,
    decimal: str | None,
) -> UnitRecords:  # fmt: skip
    import geopandas as gpd
    import pandas as pd

    layers = [open_layer(file, _WHAT, layer=layer, bounds=box) for file in layer_files(path, _WHAT)]
    system, notes = common_crs(layers, given)
    found = sum(one.total for one in layers)
    if found == 0:
        raise DataError(f"{layers[0].file} holds no unit; {_WHAT} is expected there")
    parts, repaired, refused = [], [], []
    for one in layers:
        check_extent(one, system, meant=box is not None)
        names = [str(name) for name in one.table.columns if name != "geometry"]
        roles = find_unit_columns(columns, names, str(one.file))
        label = roles.get("id", ("",))[0]
        labels = [f"row {row}" for row in one.table.index]
        if label:
            labels = [text_of(cell) or row for cell, row in zip(one.table[label], labels, strict=True)]
        polygons, mended, lost = repaired_polygons(one.table.geometry.to_numpy(), labels)
        repaired += mended
        refused += lost
        title = roles.get("name", ("",))[0]
        titles = [text_of(cell) for cell in one.table[title]] if title else [""] * len(labels)
        data: dict[str, Any] = {
            "id": pd.Series(labels, dtype=object),
            "name": pd.Series(titles, dtype=object),
        }
        for role in ("residents", *sorted(role for role in roles if role.startswith("age_"))):
            data[role] = _summed(one.table, roles[role], role, decimal, labels, repaired)
        data["geometry"] = pd.Series(polygons, dtype=object)
        part = pd.DataFrame(data)
        parts.append(part[~pd.isna(part["geometry"])])
    units = pd.concat(parts, ignore_index=True)
    outside = found - sum(len(one.table) for one in layers)
    if box is not None and len(units):
        reach = shapely.intersects(units["geometry"].to_numpy(), shapely.box(*box))
        outside += int((~reach).sum())
        units = units[reach].reset_index(drop=True)
    if outside:
        notes.append(f"{outside} units lie outside the bounds and are left out")
    if len(units) == 0:
        reasons = "; ".join(f"{entry.id}: {entry.reason}" for entry in refused) or f"none reaches the bounds {box}"
        raise DataError(f"{layers[0].file}: none of its {found} units can be used: {reasons}; check the CRS")
    withheld = int(units["residents"].isna().sum())
    if withheld:
        notes.append(f"the residents of {withheld} units are withheld or missing")
    source = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ", ".join(map(os.fspath, path))
    report = ReadReport(source, found, len(units), tuple(repaired), tuple(refused), tuple(notes))
    return UnitRecords(gpd.GeoDataFrame(units, geometry="geometry", crs=system), system, report)


def _summed(
    table: Any, names: tuple[str, ...], role: str, decimal: str | None, labels: list[str], repaired: list[Refusal]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the sum of some columns, NaN where one of them holds no number that can be."""
    total = np.zeros(len(table))
    for name in names:
        values = np.array([number(cell, decimal) for cell in table[name]], np.float64).reshape(-1)
        with np.errstate(invalid="ignore"):
            bad = (values < 0) | (values > _MOST)
        if bad.any():
            first = int(np.argmax(bad))
            repaired.append(
                Refusal(
                    f"{int(bad.sum())} units",
                    f"{role} is {values[first]:g} in {name!r}, which stands for withheld or is impossible; taken as "
                    f"unknown (first: {labels[first]})",
                )
            )
        total += np.where(bad, np.nan, values)
    return total
