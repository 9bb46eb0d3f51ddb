"""Tree cadastres to records: CSV, GeoJSON, GeoPackage or shapefile, with columns as each town names them.

A tree is used or counted among the refused; a size that the table lacks is estimated and flagged. Coordinates stay in
the source's CRS; swapped or foreign ones are named, never guessed away.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin import limits
from twin.errors import DataError, InputError
from twin.geometry import tree_sizes
from twin.geometry.records import ReadReport, Refusal, TreeRecords
from twin.geometry.sources import existing_file, open_checked
from twin.geometry.tree_layouts import Layout, find_layout, plain_name

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

_WHAT = "a table of trees (CSV, GeoJSON, GeoPackage or shapefile)"
_VECTOR = {".geojson", ".json", ".gpkg", ".shp"}
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
_CODES = 10  # plain whole numbers below this in a table of classes are codes of classes, not metres


def read_trees(
    path: str | os.PathLike[str],
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
    sizes of the tree by published relations, corrected by the medians of its species in the same table, and flagged;
    see `twin.geometry.tree_sizes`.

    Parameters
    ----------
    path : path-like
        CSV (UTF-8 or Windows-1252, also gzipped; coordinates in columns or as WKT), GeoJSON, GeoPackage or shapefile.
    columns : mapping or str, optional
        Role to column for one's own table (``height``, ``crown_diameter``, ``trunk_circumference``, ``species``,
        ``id``, ``kind``, ``x``, ``y``, ``wkt``), or a known layout: ``"berlin"``, ``"koeln"``, ``"heilbronn"``,
        ``"halle"``, ``"plain"``. Recognised from the names of the columns without it.
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
        If the file is missing, damaged or empty, no layout or several fit its columns, or its coordinates cannot
        belong to the CRS.
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
    import geopandas as gpd

    _check_arguments(bounds, delimiter, decimal)
    file = existing_file(path, _WHAT)
    notes: list[str] = []
    refused: list[Refusal] = []
    if file.suffix.lower() in _VECTOR:
        table, named = _read_vector(file, layer)
        found = len(table)
    else:
        table, found, short = _read_csv(file, delimiter, notes)
        named = None
        if short:
            refused.append(Refusal(f"{len(short)} rows", f"other number of fields than the header (first: {short[0]})"))
    if found == 0:
        raise DataError(f"{file} holds no tree; {_WHAT} is expected there")
    names = [str(name) for name in table.columns if name != "geometry" or named is None]
    layout, roles = find_layout(columns, names, str(file))
    x, y, system = _places(table, roles, named, crs, decimal, file)
    labels = _labels(table, roles)

    good = np.isfinite(x) & np.isfinite(y)
    _refuse(refused, ~good, labels, "no usable coordinates")
    _check_system(x[good], y[good], system, bounds, file)
    stray = good & ~_in_use(x, y, system)
    _refuse(refused, stray, labels, f"coordinates outside the area of use of {system.name}")
    good &= ~stray
    step = 1e-7 if system.is_geographic else _TIDY
    again = good & _repeated(x, y, good, step)
    _refuse(refused, again, labels, "same place as an earlier tree")
    good &= ~again
    trees, repaired = _sizes(table, roles, layout, labels, good, decimal, notes, file)
    if bounds is not None:
        xmin, ymin, xmax, ymax = bounds
        inside = (x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax)
        left = int((good & ~inside).sum())
        if left:
            notes.append(f"{left} trees lie outside the bounds and are left out")
        if left == int(good.sum()) and left:
            raise DataError(
                f"{file}: none of its {left} trees lies in the bounds {bounds}; they reach x {x[good].min():.7g} to "
                f"{x[good].max():.7g}, y {y[good].min():.7g} to {y[good].max():.7g} in {system.name}: check the CRS"
            )
        good &= inside
    if not good.any():
        raise DataError(f"{file}: none of its {found} trees can be used: {'; '.join(one.reason for one in refused)}")
    points = gpd.GeoSeries(gpd.points_from_xy(x[good], y[good]), crs=system)
    kept = trees[good].reset_index(drop=True)
    report = ReadReport(str(file), found, int(good.sum()), tuple(repaired), tuple(refused), tuple(notes))
    return TreeRecords(gpd.GeoDataFrame(kept, geometry=points, crs=system), system, layout.name, report)


def _check_arguments(bounds: Any, delimiter: str | None, decimal: str | None) -> None:
    if bounds is not None and not (
        len(bounds) == 4 and np.isfinite(bounds).all() and bounds[0] < bounds[2] and bounds[1] < bounds[3]
    ):
        raise InputError(f"bounds is {bounds!r}; it must be (xmin, ymin, xmax, ymax) with min < max")
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(f"delimiter is {delimiter!r}; it must be one character, such as ';'")
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal is {decimal!r}; it must be '.' or ','")


def _read_csv(file: Path, delimiter: str | None, notes: list[str]) -> tuple[pd.DataFrame, int, list[str]]:
    """Return the rows of a CSV as text, how many there are, and those with too few or too many fields."""
    import pandas as pd

    with open_checked(file) as stream:
        data = stream.read()
    if b"\0" in data[:100_000]:
        raise DataError(f"{file} is no text (it holds zero bytes); {_WHAT} is expected there")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        notes.append("the file is not UTF-8; it is read as Windows-1252")
    lines = text.splitlines(keepends=True)
    head = lines[0] if lines else ""
    if delimiter is None:
        delimiter = max(";,\t|", key=head.count)
        if head.count(delimiter) == 0:
            raise DataError(f"{file}: its first line {head.strip()[:80]!r} is no list of columns; name delimiter=")
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise DataError(f"{file} is no CSV or is cut off ({error}); save it again") from None
    header = [name.strip() for name in rows[0]] if rows else []
    whole = [(number, row) for number, row in enumerate(rows[1:], start=2) if len(row) == len(header)]
    short = [f"row {number}" for number, row in enumerate(rows[1:], start=2) if len(row) != len(header)]
    table = pd.DataFrame([row for _, row in whole], columns=header, dtype=object)
    table.index = pd.Index([number for number, _ in whole])
    return table, len(rows) - 1 if rows else 0, short


def _read_vector(file: Path, layer: str | None) -> tuple[Any, Any]:
    """Return the features of a file and its CRS."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError

    limits.check(file.stat().st_size, "MAX_FILE_BYTES", f"{file} has {file.stat().st_size:,} bytes")
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(file)]
        if layer is None and len(layers) > 1:
            raise DataError(f"{file} has {len(layers)} layers: {', '.join(layers)}; say which with layer=")
        if layer is not None and layer not in layers:
            raise DataError(f"{file} has no layer {layer!r}; its layers are: {', '.join(layers)}")
        table = pyogrio.read_dataframe(file, layer=layer)
    except (DataSourceError, DataLayerError, FieldError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as {_WHAT}: {error}") from None
    if "geometry" not in table.columns:
        raise DataError(f"{file} holds no geometry; for a shapefile, the .shp, .shx and .dbf must lie together")
    table.index = range(1, len(table) + 1)
    return table, table.crs if table.crs is not None else "none"


def _places(
    table: Any, roles: Mapping[str, str], named: Any, crs: Any, decimal: str | None, file: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
    """Return first and second coordinate of every row, NaN where there is none, and their CRS."""
    import shapely

    given = _crs(crs)
    if named is not None:
        shapes = np.asarray(table.geometry.values, dtype=object)
        several = shapely.get_num_geometries(shapes) != 1
        shapes = np.asarray(shapely.get_geometry(shapes, 0), dtype=object)
        shapes[several] = None
        points = shapes.copy()
        points[shapely.get_type_id(shapes) != 0] = None
        system = given or (None if isinstance(named, str) else _crs(named))
        return shapely.get_x(points), shapely.get_y(points), _needed(system, file)
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
        return x, y, _needed(given or (_crs(codes.pop()) if codes else None), file)
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
    return x, y, _needed(given or (_crs(4326) if degrees else None), file)


def _crs(crs: Any) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    from twin.geometry.reference_systems import split_compound

    if crs is None:
        return None
    try:
        return split_compound(CRS.from_user_input(crs))[0]
    except CRSError as error:
        raise InputError(f"crs is {crs!r}, which is no CRS ({error}); give for example 'EPSG:25832'") from error


def _needed(system: Any, file: Path) -> Any:
    if system is None:
        raise DataError(f"{file} names no CRS; give it: crs='EPSG:25832' or 'EPSG:25833' for UTM in Germany")
    return system


def _check_system(x: NDArray[np.float64], y: NDArray[np.float64], system: Any, bounds: Any, file: Path) -> None:
    """Refuse coordinates that cannot belong to the CRS, naming the likely cause."""
    from twin.geometry.reference_systems import must_swap_axes

    if len(x) == 0:
        return
    if not system.is_geographic:
        if must_swap_axes(x, y, system, str(file)):
            raise DataError(
                f"{file} has the northing first, as {system.name} defines it; exchange the coordinates: x is the "
                "easting, y the northing"
            )
        return
    east, north = float(np.median(x)), float(np.median(y))
    found = f"{file} has coordinates like ({east:.5f}, {north:.5f}) in {system.name}"
    if abs(east) > 180 or abs(north) > 90:
        raise DataError(f"{found}: these are no degrees; name the CRS they are in with crs=, such as 'EPSG:25832'")
    if bounds is None and 45 < east < 56 and 5 < north < 16:
        raise DataError(
            f"{found}: longitude and latitude seem to be swapped (a place in Central Europe); exchange them, or give "
            "bounds= if the trees do stand there"
        )


def _in_use(x: NDArray[np.float64], y: NDArray[np.float64], system: Any) -> NDArray[np.bool_]:
    from twin.geometry.reference_systems import inside_region

    with np.errstate(invalid="ignore"):
        return inside_region(x, y, system)


def _labels(table: Any, roles: Mapping[str, str]) -> list[str]:
    rows = [f"row {number}" for number in table.index]
    if "id" not in roles:
        return rows
    cells = [_text(cell) for cell in table[roles["id"]]]
    return [cell or row for cell, row in zip(cells, rows, strict=True)]


def _text(cell: object) -> str:
    if not isinstance(cell, (str, int, float)) or cell != cell:  # None, NaN and the like
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _repeated(
    x: NDArray[np.float64], y: NDArray[np.float64], good: NDArray[np.bool_], step: float
) -> NDArray[np.bool_]:
    import pandas as pd

    places = pd.DataFrame({"x": np.round(x / step), "y": np.round(y / step)})[good]
    again = np.zeros(len(x), bool)
    again[np.flatnonzero(good)] = places.duplicated().to_numpy()
    return again


def _refuse(refused: list[Refusal], which: NDArray[np.bool_], labels: list[str], reason: str) -> None:
    if which.any():
        first = labels[int(np.argmax(which))]
        refused.append(Refusal(f"{int(which.sum())} trees", f"{reason} (first: {first})"))


def _sizes(
    table: Any,
    roles: Mapping[str, str],
    layout: Layout,
    labels: list[str],
    good: NDArray[np.bool_],
    decimal: str | None,
    notes: list[str],
    file: Path,
) -> tuple[pd.DataFrame, list[Refusal]]:
    """Return the table of trees with every size known, estimated or assumed, and what was repaired."""
    import pandas as pd

    count = len(table)
    species = [_text(cell) for cell in table[roles["species"]]] if "species" in roles else [""] * count
    group = np.zeros(count, bool)
    if "kind" in roles and layout.group_words:
        group = np.array([_text(cell).lower() in layout.group_words for cell in table[roles["kind"]]], bool)
    if group.any():
        notes.append(f"{int((group & good).sum())} points stand for groups of trees; their trunks are not used")
    height, height_class, height_bad = _column(table, roles, "height", tree_sizes.TALLEST, decimal)
    crown, crown_class, crown_bad = _column(table, roles, "crown_diameter", tree_sizes.WIDEST, decimal)
    for role, values, classes in (("height", height, height_class), ("crown_diameter", crown, crown_class)):
        if layout.name == "koeln" and not classes.any():
            _check_codes(values, roles[role], file)
    trunk = _trunk(table, roles, layout, decimal, notes)
    alone = np.where(group, np.nan, trunk)

    # a standard crown is believed where the trunk is as thin as such a crown makes it
    standard = np.isin(crown, layout.crown_dummies)
    with np.errstate(invalid="ignore"):
        young = tree_sizes.crown_from_trunk(alone) <= 2 * crown
    dummy = standard & ~young & ~group
    crown_bad |= dummy
    crown = np.where(dummy, np.nan, crown)

    height_known, crown_known = ~np.isnan(height), ~np.isnan(crown)
    only = np.where(good, 1.0, np.nan)  # refused trees shape no median
    full_height, no_height = tree_sizes.fill(
        height * only,
        [tree_sizes.height_from_trunk(alone), tree_sizes.height_from_trunk(tree_sizes.trunk_from_crown(crown))],
        species,
        tree_sizes.ASSUMED_HEIGHT,
        tree_sizes.TALLEST,
    )
    full_crown, no_crown = tree_sizes.fill(
        crown * only,
        [tree_sizes.crown_from_trunk(alone), tree_sizes.crown_from_trunk(tree_sizes.trunk_from_height(height))],
        species,
        tree_sizes.ASSUMED_CROWN,
        tree_sizes.WIDEST,
    )
    trees = pd.DataFrame(
        {
            "id": pd.Series(labels, dtype=object),
            "species": pd.Series(species, dtype=object),
            "height": full_height,
            "crown_diameter": full_crown,
            "trunk_circumference": trunk,
            "height_source": _origins(height_known, height_class, height_bad, no_height),
            "crown_diameter_source": _origins(crown_known, crown_class, crown_bad, no_crown),
            "group": group,
        }
    )
    repaired = []
    for what, bad in (("height", height_bad), ("crown diameter", crown_bad)):
        bad = bad & good
        if bad.any():
            first = labels[int(np.argmax(bad))]
            reason = f"{what} is 0, negative, impossible or a dummy and is estimated (first: {first})"
            repaired.append(Refusal(f"{int(bad.sum())} trees", reason))
    return trees, repaired


def _column(
    table: Any, roles: Mapping[str, str], role: str, largest: float, decimal: str | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return sizes (NaN where there is none that can be), which are classes, and which were refused."""
    if role not in roles:
        nothing = np.zeros(len(table), bool)
        return np.full(len(table), np.nan), nothing, nothing.copy()
    values, classes = tree_sizes.sizes(table[roles[role]], decimal)
    filled = np.array([bool(_text(cell)) for cell in table[roles[role]]])
    with np.errstate(invalid="ignore"):
        possible = (values > 0) & (values <= largest) & ~np.isin(values, tree_sizes.UNKNOWN_CODES)
    return np.where(possible, values, np.nan), classes, filled & ~possible


def _check_codes(values: NDArray[np.float64], column: str, file: Path) -> None:
    known = np.unique(values[~np.isnan(values)])
    if len(known) > 1 and known[-1] < _CODES and np.all(known == np.round(known)):
        raise DataError(
            f"{file}: column {column!r} holds only the numbers {', '.join(f'{one:g}' for one in known)}, which are "
            "codes of classes rather than metres; write the classes out, such as '10-15 m', or leave the column out "
            "of a map of your own"
        )


def _trunk(
    table: Any, roles: Mapping[str, str], layout: Layout, decimal: str | None, notes: list[str]
) -> NDArray[np.float64]:
    if "trunk_circumference" not in roles:
        return np.full(len(table), np.nan)
    values, _, _ = _column(table, roles, "trunk_circumference", np.inf, decimal)
    unit = layout.trunk_unit
    if unit is None:
        # a trunk is rarely thicker than 5 m around and rarely thinner than 8 cm
        known = values[~np.isnan(values)]
        unit = 0.01 if len(known) and float(np.median(known)) > 8.0 else 1.0
        notes.append(f"trunk circumferences are taken as {'centimetres' if unit < 1 else 'metres'}, by their median")
    metres = values * unit
    with np.errstate(invalid="ignore"):
        return np.where(metres <= tree_sizes.THICKEST, metres, np.nan)


def _origins(
    known: NDArray[np.bool_], classes: NDArray[np.bool_], bad: NDArray[np.bool_], assumed: NDArray[np.bool_]
) -> Any:
    import pandas as pd

    origin = np.select([known & classes, known, assumed, bad], ["class", "measured", "assumed", "dummy"], "estimated")
    return pd.Series(origin, dtype=object)
