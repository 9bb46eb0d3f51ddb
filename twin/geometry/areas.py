"""Land-use and land-cover layers to records: every area with the land cover its class means, or counted as unknown.

Files of any vector format, one or many; a map of classes (`twin.geometry.class_map`) says what the words mean.
Coordinates stay in the source's CRS; polygons that cross themselves are repaired and reported.
"""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.errors import DataError
from twin.geometry.class_map import ClassMap, find_class_map, key_of
from twin.geometry.delimited_text import text_of
from twin.geometry.layer_crs import check_extent, common_crs
from twin.geometry.polygon_repair import repaired_polygons
from twin.geometry.records import AreaRecords, ReadReport, Refusal
from twin.geometry.region import Bounds, checked_bounds, given_crs
from twin.geometry.tree_layouts import plain_name
from twin.geometry.vector_layers import Layer, layer_files, open_layer

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

_WHAT = "a layer of land use (GeoPackage, shapefile, GeoJSON or FlatGeobuf)"
_IDS = ("gml_id", "oid", "objid", "identifier", "uuid", "id", "fid", "objectid")
_SHOWN = 10


def read_areas(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    classes: str | os.PathLike[str] | Mapping[str, Any],
    layer: str | Sequence[str] | None = None,
    crs: CRS | str | int | None = None,
    bounds: Bounds | None = None,
) -> AreaRecords:
    """Read the areas of a land-use layer and say what land cover they mean.

    Parameters
    ----------
    path : path-like or sequence of path-like
        GeoPackage, shapefile, GeoJSON or FlatGeobuf; plain, gzipped or in a .zip; one, a list, a folder or a pattern
        such as ``"alkis/AX_*.shp"``.
    classes : str, path or mapping
        Name of a shipped map (``"alkis"``, ``"alkis-simplified"``, ``"atkis"``, ``"urban-atlas"``), a TOML file, or
        ``{"column": "nutzart", "map": {"Wohnbaufläche": "grass"}}``; see `twin.geometry.class_map`. Where no column
        holds the class, the name of the layer or file does, such as ``AX_Wald``.
    layer : str or sequence of str, optional
        Layer or layers of a file with several.
    crs : pyproj.CRS, str or int, optional
        Instead of what the files name; needed where they name none.
    bounds : (xmin, ymin, xmax, ymax), optional
        Keep areas that reach this box, in the CRS of the areas.

    Returns
    -------
    AreaRecords

    Raises
    ------
    DataError
        If a file is missing, damaged or empty, files name different CRSs, coordinates cannot belong to the CRS, no
        column holds the class, or the map knows none of the classes.
    InputError
        If an argument or the map is impossible.
    LimitError
        If a file is larger than `twin.limits` allow.

    Examples
    --------
    >>> import geopandas, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "nutzung.gpkg"
    ...     squares = [shapely.box(5e5, 5.6e6, 5e5 + 50, 5.6e6 + 50), shapely.box(5e5, 5.7e6, 5e5 + 50, 5.7e6 + 50)]
    ...     table = geopandas.GeoDataFrame({"nutzart": ["Wald", "Mond"]}, geometry=squares, crs=25832)
    ...     table.to_file(place)
    ...     records = read_areas(place, classes="alkis-simplified")
    >>> records.areas["land_cover"].tolist()
    ['forest', None]
    >>> records.report.notes[0]
    "1 class of 1 area is not in the map 'alkis-simplified': 'Mond' (1)"
    """
    import geopandas as gpd
    import pandas as pd

    meanings = find_class_map(classes)
    box, given = checked_bounds(bounds), given_crs(crs)
    names = [layer] if layer is None or isinstance(layer, str) else list(layer)
    files = layer_files(path, _WHAT)
    layers = [open_layer(file, _WHAT, layer=name, bounds=box) for file in files for name in names]
    system, notes = common_crs(layers, given)
    found = sum(one.total for one in layers)
    if found == 0:
        raise DataError(f"{_source(path)} holds no area; {_WHAT} is expected there")
    tables, repaired, refused = [], [], []
    for one in layers:
        check_extent(one, system, meant=box is not None)
        table, mended, lost = _areas_of(one, meanings)
        tables.append(table)
        repaired += mended
        refused += lost
    areas = pd.concat(tables, ignore_index=True)
    outside = found - sum(len(one.table) for one in layers)
    if box is not None and len(areas):
        reach = shapely.intersects(areas["geometry"].to_numpy(), shapely.box(*box))
        outside += int((~reach).sum())
        areas = areas[reach].reset_index(drop=True)
    if outside:
        notes.append(f"{outside} areas lie outside the bounds and are left out")
    if not len(areas):
        raise DataError(_nothing_left(layers, refused, box, system))
    notes = [*_unknown(areas, meanings, str(_source(path))), *notes]
    report = ReadReport(_source(path), found, len(areas), tuple(repaired), tuple(refused), tuple(notes))
    return AreaRecords(gpd.GeoDataFrame(areas, geometry="geometry", crs=system), system, meanings.name, report)


def _areas_of(one: Layer, meanings: ClassMap) -> tuple[pd.DataFrame, list[Refusal], list[Refusal]]:
    import pandas as pd

    table = one.table
    present = {plain_name(str(name)): str(name) for name in table.columns if name != "geometry"}
    column = next((present[plain_name(name)] for name in meanings.columns if plain_name(name) in present), None)
    if column is not None:
        words = [text_of(cell) for cell in table[column]]
    else:
        words = [_layer_class(one, meanings, list(present.values()))] * len(table)
    cells: dict[str, list[str]] = {}
    for role, names in meanings.attributes.items():
        name = next((present[plain_name(name)] for name in names if plain_name(name) in present), None)
        if name is not None and name != column:
            cells[role] = [text_of(cell) for cell in table[name]]
    combined = list(zip(words, *cells.values(), strict=True))
    meaning = {key: meanings.meaning(key[0], dict(zip(cells, key[1:], strict=True))) for key in set(combined)}
    covers = {key: None if row is None else row.land_cover for key, row in meaning.items()}
    sealed = {key: np.nan if row is None else row.sealed_fraction for key, row in meaning.items()}
    label = next((present[name] for name in _IDS if name in present), None)
    labels = [f"row {number}" for number in table.index]
    if label is not None:
        labels = [text_of(cell) or row for cell, row in zip(table[label], labels, strict=True)]
    polygons, repaired, refused = repaired_polygons(table.geometry.to_numpy(), labels)
    out = pd.DataFrame(
        {
            "id": pd.Series(labels, dtype=object),
            "class": pd.Series(words, dtype=object),
            "land_cover": pd.Series([covers[key] for key in combined], dtype=object),
            "sealed_fraction": np.array([sealed[key] for key in combined], np.float64),
            "geometry": pd.Series(polygons, dtype=object),
        }
    )
    return out[~pd.isna(out["geometry"])], repaired, refused


def _layer_class(one: Layer, meanings: ClassMap, columns: list[str]) -> str:
    for name in (one.name, one.file.name.split(".")[0]):
        if meanings.knows(name):
            return name
    wanted = ", ".join(repr(name) for name in meanings.columns)
    near = [
        name
        for wish in meanings.columns
        for name in difflib.get_close_matches(plain_name(wish), [plain_name(one) for one in columns], n=1)
    ]
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise DataError(
        f"{one.file}: layer {one.name!r} has no column {wanted} that could hold the class; {hint}Its columns are: "
        f"{', '.join(map(repr, columns[:30])) or 'none'}. Give a map of your own: classes = {{'column': '...', "
        "'map': {...}}"
    )


def _unknown(areas: pd.DataFrame, meanings: ClassMap, source: str) -> list[str]:
    """Return what to say about classes that the map does not know."""
    missing = areas["land_cover"].isna()
    counts = Counter(areas.loc[missing, "class"])
    if not counts:
        return []
    ranked = counts.most_common()
    shown = ", ".join(f"{word!r} ({count})" for word, count in ranked[:_SHOWN])
    if len(ranked) > _SHOWN:
        shown += f" and {len(ranked) - _SHOWN} more"
    plain = {key_of(word): word for word in meanings.words()}
    near = difflib.get_close_matches(key_of(ranked[0][0]), list(plain), n=1)
    hint = f"; did the map mean {ranked[0][0]!r} by {plain[near[0]]!r}?" if near else ""
    total = sum(counts.values())
    said = (
        f"{len(ranked)} {'class' if len(ranked) == 1 else 'classes'} of {total} {'area' if total == 1 else 'areas'} "
        f"{'is' if len(ranked) == 1 else 'are'} not in the map {meanings.name!r}: {shown}{hint}"
    )
    if missing.all():
        known = ", ".join(repr(word) for word in meanings.words()[:_SHOWN])
        raise DataError(f"{source}: none of its areas has a class that the map knows; {said}. The map begins: {known}")
    return [said]


def _nothing_left(layers: list[Layer], refused: list[Refusal], box: Bounds | None, system: CRS) -> str:
    one = layers[0]
    if box is not None and not refused:
        reach = "" if one.extent is None else " they reach ({:.7g}, {:.7g}) to ({:.7g}, {:.7g}) in".format(*one.extent)
        return (
            f"{one.file}: none of its {one.total} areas reaches the bounds {box};{reach} {system.name}: check the CRS"
        )
    reasons = "; ".join(f"{entry.id}: {entry.reason}" for entry in refused)
    return f"{one.file}: none of its {one.total} features is a usable area: {reasons}"


def _source(path: Any) -> str:
    return os.fspath(path) if isinstance(path, (str, os.PathLike)) else ", ".join(map(os.fspath, path))
