"""Buildings, roads and trees to GeoPackage and GeoJSON, with results as columns.

Lists and mappings in columns become JSON text; a named index becomes a column; nothing else is changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from twin.atomic import replacing
from twin.errors import DataError, InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.city.city import City


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame], path: str | os.PathLike[str], *, attribution: str = ""
) -> Path:
    """Write tables with geometry as layers of one GeoPackage.

    Parameters
    ----------
    layers : mapping
        Layer name to GeoDataFrame with a CRS.
    path : path
        Ends in ``.gpkg``; an existing file is replaced.
    attribution : str
        Kept in the metadata of the file.

    Raises
    ------
    InputError
        If there is no layer, or one has no name or no CRS.
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, geopandas as gpd
    >>> from shapely import Point
    >>> trees = gpd.GeoDataFrame({"height": [12.0]}, geometry=[Point(389001, 5819001)], crs=25833)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gpd.read_file(write_geopackage({"trees": trees}, Path(folder) / "city.gpkg"), layer="trees").height.item()
    12.0
    """
    target = Path(path)
    if target.suffix.lower() != ".gpkg":
        raise InputError(f"path is {str(target)!r}; a GeoPackage ends in .gpkg")
    if not layers:
        raise InputError("layers is empty; give at least one table with geometry")
    ready = {name: _plain(frame, name) for name, frame in layers.items()}
    if len({name.casefold() for name in ready}) < len(ready):
        raise InputError(f"layers {sorted(ready)} differ only in upper and lower case; a GeoPackage keeps one of them")
    metadata = {"attribution": attribution} if attribution else None
    with replacing(target) as temporary:
        for name, frame in ready.items():
            _write(frame, temporary, target, driver="GPKG", layer=name, dataset_metadata=metadata)
    return target


def write_geojson(frame: gpd.GeoDataFrame, path: str | os.PathLike[str], *, attribution: str = "") -> Path:
    """Write one table as GeoJSON, in longitude and latitude (WGS 84) with seven decimals, as RFC 7946 asks.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS.
    path : path
        Ends in ``.geojson`` or ``.json``.
    attribution : str
        Kept as the collection's description.

    Raises
    ------
    InputError
        If the table has no CRS.
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, geopandas as gpd
    >>> from shapely import Point
    >>> trees = gpd.GeoDataFrame({"height": [12.0]}, geometry=[Point(389001, 5819001)], crs=25833)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     round(gpd.read_file(write_geojson(trees, Path(folder) / "trees.geojson")).geometry.x.item(), 2)
    13.36
    """
    target = Path(path)
    if target.suffix.lower() not in (".geojson", ".json"):
        raise InputError(f"path is {str(target)!r}; GeoJSON ends in .geojson or .json")
    plain = _plain(frame, target.name).to_crs(4326)
    options: dict[str, Any] = {"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
    if attribution:
        options["DESCRIPTION"] = attribution
    with replacing(target) as temporary:
        _write(plain, temporary, target, driver="GeoJSON", layer_options=options)
    return target


def city_layers(city: City, *, flows: xr.Dataset | None = None) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables of a city as layers for `write_geopackage`.

    Parameters
    ----------
    city : City
    flows : xr.Dataset, optional
        Result of `twin.traffic.assign`; its variables over `link` become columns of the roads.

    Returns
    -------
    dict
        ``buildings``, ``trees`` and, if the city has roads, ``roads`` and ``junctions``; empty tables are left out.

    Raises
    ------
    InputError
        If `flows` names links the city does not have.

    Examples
    --------
    >>> from twin.scenario.hamlet import hamlet
    >>> sorted(city_layers(hamlet()))
    ['buildings', 'junctions', 'roads', 'trees']
    """
    layers = {"buildings": city.buildings, "trees": city.trees}
    if city.network is not None:
        layers |= {"roads": city.network.links, "junctions": city.network.nodes}
    if flows is not None:
        links = city.network.links if city.network is not None else None
        unknown = [] if links is None else [link for link in flows["link"].values if link not in links.index]
        if links is None or unknown:
            raise InputError(f"flows hold links that {city.name} does not have, such as {unknown[:3] or 'all of them'}")
        columns = flows[[name for name, array in flows.data_vars.items() if array.dims == ("link",)]]
        table = columns.reset_coords(drop=True).to_dataframe()
        layers["roads"] = links.drop(columns=list(set(table.columns) & set(links.columns))).join(table)
    return {name: frame for name, frame in layers.items() if len(frame)}


def _plain(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a copy with flat columns that any GIS reads."""
    if not str(name).strip():
        raise InputError("a layer has no name; give each layer one")
    if frame.crs is None:
        raise InputError(f"layer {name!r} has no CRS; set it with frame.set_crs('EPSG:25832')")
    plain = frame.reset_index() if frame.index.name and frame.index.name not in frame.columns else frame.copy()
    for column in plain.columns:
        if column == plain.geometry.name or plain[column].dtype != object:
            continue
        nested = plain[column].map(lambda value: isinstance(value, (dict, list, tuple, set, frozenset)))
        if nested.any():
            plain[column] = plain[column].map(_as_json)
    return plain


def _as_json(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list, tuple)) else value


def _write(frame: gpd.GeoDataFrame, temporary: Path, target: Path, **options: Any) -> None:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

    try:
        pyogrio.write_dataframe(frame, temporary, **options)
    except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ValueError, OSError) as error:
        raise DataError(f"{target} cannot be written: {error}") from error
