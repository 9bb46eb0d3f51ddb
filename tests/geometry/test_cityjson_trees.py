"""Single trees of CityJSON: from points, shapes and templates, with sizes that say where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twin.errors import TwinError
from twin.geometry import read_cityjson

KIND = "SolitaryVegetationObject"
# a post of 1 m and a crown of 4 m, 10 m high, around the origin
TEMPLATE = [[-2, -2, 2], [2, -2, 2], [2, 2, 10], [-2, 2, 10], [100, 100, 100]]


def town(objects: dict[str, Any], vertices: list[list[int]]) -> dict[str, Any]:
    shape = {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2, 3]]]}
    return {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.1, 0.1, 0.1], "translate": [85000.0, 447000.0, 5.0]},
        "CityObjects": objects,
        "vertices": vertices,
        "geometry-templates": {"templates": [shape], "vertices-templates": TEMPLATE},
    }


def read(folder: Path, objects: dict[str, Any], vertices: list[list[int]], **options: Any) -> Any:
    path = folder / "town.city.json"
    path.write_text(json.dumps(town(objects, vertices)), encoding="utf-8")
    return read_cityjson(path, **options)


def planted(vertex: int, scale: float = 1.0, **attributes: Any) -> dict[str, Any]:
    matrix = [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, 1]
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [vertex], "transformationMatrix": matrix}
    return {"type": KIND, "geometry": [instance], "attributes": attributes}


def test_instances_of_a_template_stand_where_they_are_put_with_sizes_of_their_shape(tmp_path: Path) -> None:
    data = read(tmp_path, {"a": planted(0), "b": planted(1, scale=0.5)}, [[0, 0, 0], [500, 300, 0]])
    trees = data.trees.trees
    assert [(point.x, point.y) for point in trees.geometry] == [(85000.0, 447000.0), (85050.0, 447030.0)]
    # the vertex of the templates that this one does not use lies 100 m away and counts for nothing
    assert trees["height"].tolist() == [8.0, 4.0]
    assert trees["crown_diameter"].tolist() == [4.0, 2.0]
    assert set(trees["height_source"]) == set(trees["crown_diameter_source"]) == {"estimated"}
    assert (data.trees.layout, len(data.areas), data.report.used) == ("cityjson", 0, 2)
    assert "extent of their shape" in " ".join(data.report.notes)


def test_attributes_come_before_shapes_and_say_that_they_are_measured(tmp_path: Path) -> None:
    told = {"height": 17.5, "crownDiameter": {"value": 9, "uom": "m"}, "trunkDiameter": 0.5, "species": "Tilia cordata"}
    tree = read(tmp_path, {"a": planted(0, **told)}, [[0, 0, 0]]).trees.trees.iloc[0]
    assert (tree["height"], tree["crown_diameter"], tree["species"]) == (17.5, 9.0, "Tilia cordata")
    assert tree["trunk_circumference"] == pytest.approx(1.5708, abs=1e-4)
    assert (tree["height_source"], tree["crown_diameter_source"]) == ("measured", "measured")


def test_a_point_without_sizes_is_a_tree_of_assumed_size(tmp_path: Path) -> None:
    point = {"type": KIND, "geometry": [{"type": "MultiPoint", "lod": "1", "boundaries": [0]}]}
    tree = read(tmp_path, {"a": point}, [[10, 20, 0]]).trees.trees.iloc[0]
    assert (tree.geometry.x, tree.geometry.y) == (85001.0, 447002.0)
    assert (tree["height_source"], tree["crown_diameter_source"]) == ("assumed", "assumed")


@pytest.mark.parametrize("told", [0, -3, 99, "tall", True, None, 1e300, float(2**70)])
def test_impossible_heights_are_replaced_and_flagged(tmp_path: Path, told: Any) -> None:
    tree = read(tmp_path, {"a": planted(0, height=told)}, [[0, 0, 0]]).trees.trees.iloc[0]
    assert 1.0 < tree["height"] < 30.0
    assert tree["height_source"] != "measured"


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ([], "where it stands"),
        ([{"type": "MultiPoint", "lod": "1", "boundaries": []}], "where it stands"),
        ([{"type": "MultiPoint", "lod": "1", "boundaries": [-1]}], "vertex"),
        ([{"type": "MultiPoint", "lod": "1", "boundaries": [1]}], "vertex"),
        ([{"type": "MultiPoint", "lod": "1", "boundaries": ["0"]}], "whole numbers"),
        ([{"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1.5, 0]]]}], "whole numbers"),
        ([{"type": "GeometryInstance", "template": 7, "boundaries": [0]}], "level of detail"),
        ([{"type": "GeometryInstance", "template": 0, "boundaries": [9]}], "transformationMatrix"),
    ],
)
def test_a_tree_that_stands_nowhere_is_refused_by_name(tmp_path: Path, geometry: Any, reason: str) -> None:
    data = read(tmp_path, {"a": {"type": KIND, "geometry": geometry}, "b": planted(0)}, [[0, 0, 0]])
    assert data.trees.trees["id"].tolist() == ["b"]
    assert {entry.id for entry in data.report.refused} == {"a"}
    assert reason in " ".join(entry.reason for entry in data.report.refused)


def test_a_box_keeps_the_trees_in_it(tmp_path: Path) -> None:
    objects = {"near": planted(0), "far": planted(1)}
    data = read(tmp_path, objects, [[0, 0, 0], [9000, 0, 0]], bounds=(84990, 446990, 85010, 447010))
    assert data.trees.trees["id"].tolist() == ["near"]
    assert "1 trees lie outside" in " ".join(data.report.notes)


def test_a_town_without_trees_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, {}, [[0, 0, 0]]).trees is None


def test_any_boundaries_are_a_tree_or_a_refusal(tmp_path: Path) -> None:
    odd: list[Any] = [None, {}, 7, "x", [[]], [[[[[[[[[[0]]]]]]]]]], [[0], 0], [2**70], [None]]
    for number, boundaries in enumerate(odd):
        objects = {"a": {"type": KIND, "geometry": [{"type": "MultiPoint", "lod": 1, "boundaries": boundaries}]}}
        try:
            data = read(tmp_path, objects, [[0, 0, 0]])
        except TwinError:
            continue
        assert data.trees is None, (number, boundaries)
        assert [entry.id for entry in data.report.refused] == ["a"]
