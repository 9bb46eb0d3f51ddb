"""What must hold of everything a reader returns, whatever the file was; AssertionError with words if it does not."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_report(report: Any) -> None:
    """Nothing is dropped silently: what was found and not used is named."""
    assert 0 <= report.used <= report.found, f"report: used {report.used} of {report.found} found"
    named = report.refused or report.notes or report.repaired
    assert report.used == report.found or named, f"report: {report.found - report.used} objects went without a word"
    for entry in (*report.repaired, *report.refused):
        assert isinstance(entry.id, str), f"report: id {entry.id!r}"
        assert entry.reason, f"report: no reason for {entry.id[:40]!r}"


def check_surfaces(surfaces: Any, rows: int) -> None:
    """Offsets rise, indices point into the table, and every number is finite."""
    assert np.isfinite(surfaces.vertices).all(), "a vertex is not finite"
    for name, start, size in (
        ("ring_start", surfaces.ring_start, len(surfaces.vertices)),
        ("polygon_start", surfaces.polygon_start, len(surfaces.ring_start) - 1),
    ):
        assert start[0] == 0, f"{name} begins with {start[0]}"
        assert start[-1] == size, f"{name} ends with {start[-1]}, not {size}"
    assert (np.diff(surfaces.ring_start) >= 3).all(), "a ring has fewer than three points"
    assert (np.diff(surfaces.polygon_start) >= 1).all(), "a polygon has no outline"
    assert len(surfaces.polygon_start) == len(surfaces.kind) + 1 == len(surfaces.building) + 1, "lengths differ"
    assert (surfaces.kind <= 6).all(), "a kind is unknown"
    inside = (surfaces.building >= 0) & (surfaces.building < max(rows, 0))
    assert inside.all(), "a surface belongs to no row"


def check_models(models: Any) -> None:
    """Buildings of a city model."""
    table = models.buildings
    check_surfaces(models.surfaces, len(table))
    check_report(models.report)
    assert models.report.used == len(table), "the report counts other buildings than the table"
    assert table["id"].is_unique, "two buildings have one id"
    with_surface = np.unique(models.surfaces.building)
    assert len(with_surface) == len(table), "a building has no surface"
    for column in ("storeys", "measured_height"):
        assert not np.isinf(table[column].to_numpy(float)).any(), f"{column} is infinite"
    if models.bounds is not None:
        assert np.isfinite(models.bounds).all(), "bounds are not finite"


def check_cityjson(data: Any) -> None:
    """Everything of a CityJSON file."""
    check_models(data.buildings)
    check_report(data.report)
    check_surfaces(data.area_surfaces, len(data.areas))
    check_surfaces(data.relief, len(data.relief) + 10**6)
    assert data.areas.geometry.is_valid.all(), "an area is not valid"
    assert data.areas["id"].notna().all(), "an area has no id"
    trees = getattr(data, "trees", None)
    if trees is not None:
        check_trees(trees)


def check_raster(raster: Any) -> None:
    """A raster is north-up, evenly spaced, finite or NaN, and names its CRS."""
    assert raster.dims == ("y", "x"), f"dims are {raster.dims}"
    assert raster.dtype.kind == "f", f"dtype is {raster.dtype}"
    assert not np.isinf(raster.values).any(), "a height is infinite"
    for name, sign in (("x", 1), ("y", -1)):
        values = raster[name].values
        assert np.isfinite(values).all(), f"{name} is not finite"
        assert (np.diff(values) * sign > 0).all(), f"{name} does not go one way"
    assert "spatial_ref" in raster.coords, "the raster has no CRS"


def check_osm(data: Any) -> None:
    """An OpenStreetMap extract: references lead to nodes, shapes are valid."""
    check_report(data.report)
    assert (np.diff(data.node_id) > 0).all(), "node ids are not sorted"
    assert np.isfinite(data.node_lon).all(), "a longitude is not finite"
    assert (np.abs(data.node_lon) <= 180).all(), "a longitude is beyond 180"
    assert (np.abs(data.node_lat) <= 90).all(), "a latitude is beyond 90"
    for road in data.roads:
        assert len(road.nodes) >= 2, f"road {road.id} has {len(road.nodes)} nodes"
        assert np.isin(road.nodes, data.node_id).all(), f"road {road.id} leads to unknown nodes"
    roads = {road.id for road in data.roads}
    for turn in data.restrictions:
        assert {turn.from_way, turn.to_way} <= roads, f"restriction {turn.id} leads to unknown roads"
    for table in (data.areas, data.lines, data.points):
        assert table.geometry.is_valid.all(), "a shape is not valid"
        assert not table.geometry.is_empty.any(), "a shape is empty"


def check_trees(records: Any) -> None:
    """A cadastre: every tree has a place and believable sizes."""
    trees = records.trees
    check_report(records.report)
    assert records.report.used == len(trees), "the report counts other trees than the table"
    places = np.column_stack([trees.geometry.x, trees.geometry.y]) if len(trees) else np.zeros((0, 2))
    assert np.isfinite(places).all(), "a tree has no place"
    for column, highest in (("height", 100.0), ("crown_diameter", 60.0)):
        values = trees[column].to_numpy(float)
        assert ((values > 0) & (values <= highest)).all(), f"{column} is {values.min():g} to {values.max():g} m"


def check_table(records: Any) -> None:
    """Areas, statistical units or planned blocks: valid polygons, numbers that are not infinite."""
    frame = next(
        getattr(records, name)
        for name in ("areas", "units", "plans", "plan")
        if getattr(records, name, None) is not None
    )
    check_report(records.report)
    assert frame.geometry.notna().all(), "a row has no geometry"
    assert frame.geometry.is_valid.all(), "a geometry is not valid"
    assert np.isfinite(frame.total_bounds).all() or not len(frame), "a coordinate is not finite"
    for column in frame.columns:
        if frame[column].dtype.kind == "f":
            values = frame[column].to_numpy(float)
            assert not np.isinf(values).any(), f"{column} is infinite"
            if column in ("residents", "grz", "gfz", "height", "sealed_fraction"):
                assert not (values < 0).any(), f"{column} is negative"
