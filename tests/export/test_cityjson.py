"""CityJSON is written as the standard says and comes back to the millimetre."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from twin import City
from twin.city.samples import sample_folder
from twin.errors import DataError, InputError
from twin.export import write_cityjson
from twin.geometry import BuildingModels, read_citygml, read_cityjson
from twin.scenario.hamlet import LEFT, TOP, hamlet

KINDS = {"Building", "SolitaryVegetationObject", "TINRelief"}
DEPTH = {"MultiSurface": 3, "CompositeSurface": 3, "Solid": 4}
SURFACES = {"RoofSurface", "WallSurface", "GroundSurface", "ClosureSurface", "OuterCeilingSurface", "OuterFloorSurface"}


def check_rules(path: Path) -> list[dict[str, Any]]:
    """The rules of CityJSON 2.0 (OGC 20-072r5) that concern what is written here; returns the parsed documents."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    head = lines[0]
    assert (head["type"], head["version"]) == ("CityJSON", "2.0")
    assert set(head) == {"type", "version", "transform", "metadata", "CityObjects", "vertices"}
    assert set(head["transform"]) == {"scale", "translate"}
    assert all(len(numbers) == 3 for numbers in head["transform"].values())
    assert set(head["metadata"]) <= {"geographicalExtent", "title", "referenceSystem"}
    assert len(head["metadata"]["geographicalExtent"]) == 6
    if "referenceSystem" in head["metadata"]:
        assert head["metadata"]["referenceSystem"].startswith("https://www.opengis.net/def/crs/EPSG/0/")
    if len(lines) > 1:
        assert head["CityObjects"] == {}
        assert head["vertices"] == []
    ids: list[str] = []
    for line in lines:
        if line is not head:
            assert set(line) == {"type", "id", "CityObjects", "vertices"}
            assert line["type"] == "CityJSONFeature"
            assert line["id"] in line["CityObjects"]
        used: Counter[int] = Counter()
        for name, item in line["CityObjects"].items():
            ids.append(name)
            assert item["type"] in KINDS
            assert set(item) <= {"type", "attributes", "geometry"}
            for geometry in item.get("geometry", []):
                assert isinstance(geometry["lod"], str)
                layer = geometry["boundaries"]
                for _ in range(DEPTH[geometry["type"]] - 2):
                    semantic_layer, layer = layer, [part for group in layer for part in group]
                for ring in layer:
                    assert len(ring) >= 3
                    assert ring[0] != ring[-1]  # rings are open
                    used.update(ring)
                if item["type"] == "TINRelief":
                    assert geometry["type"] == "CompositeSurface"
                    assert all(len(ring) == 3 for ring in layer)
                if "semantics" in geometry:
                    surfaces, values = geometry["semantics"]["surfaces"], geometry["semantics"]["values"]
                    assert {surface["type"] for surface in surfaces} <= SURFACES
                    flat = values[0] if geometry["type"] == "Solid" else values
                    assert len(flat) == len(semantic_layer)
                    assert all(value is None or 0 <= value < len(surfaces) for value in flat)
        vertices = line["vertices"]
        assert all(len(v) == 3 and all(type(number) is int for number in v) for v in vertices)
        assert len({tuple(v) for v in vertices}) == len(vertices)  # each vertex once
        assert set(used) == set(range(len(vertices)))  # and none that is not used
    assert len(set(ids)) == len(ids)
    return lines


def by_building(models: BuildingModels) -> dict[str, list[Any]]:
    """Kind and millimetres of all surfaces of each building, in any order."""
    surfaces, found = models.surfaces, {}
    for row, name in enumerate(models.buildings["id"]):
        facets = []
        for polygon in np.flatnonzero(surfaces.building == row):
            rings = []
            for ring in range(surfaces.polygon_start[polygon], surfaces.polygon_start[polygon + 1]):
                points = surfaces.vertices[surfaces.ring_start[ring] : surfaces.ring_start[ring + 1]]
                rings.append(tuple(map(tuple, np.rint(points * 1000).astype(np.int64).tolist())))
            facets.append((int(surfaces.kind[polygon]), tuple(rings)))
        found[name] = sorted(facets)
    return found


@pytest.fixture(scope="module")
def berlin() -> BuildingModels:
    return read_citygml(sample_folder("tiergarten") / "lod2_3890_5819.gml.gz")


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_a_city_model_comes_back_to_the_millimetre(tmp_path: Path, berlin: BuildingModels, suffix: str) -> None:
    path = write_cityjson(berlin, tmp_path / f"berlin.city.{suffix}")
    check_rules(path)
    again = read_cityjson(path).buildings
    assert not again.report.refused
    assert not again.report.repaired
    assert by_building(again) == by_building(berlin)
    assert again.crs == berlin.crs
    one = berlin.buildings.set_index("id").sort_index()
    two = again.buildings.set_index("id").sort_index()
    for column in ("name", "function", "roof_type", "storeys", "measured_height", "lod"):
        np.testing.assert_array_equal(
            two[column].to_numpy(), np.where(one[column].isna(), two[column], one[column]), err_msg=column
        )
    assert [set(told) for told in two["generic"]] == [set(told) for told in one["generic"]]


def test_a_city_becomes_blocks_trees_and_terrain(tmp_path: Path) -> None:
    city = hamlet(2.0)
    path = write_cityjson(city, tmp_path / "hamlet.city.json", terrain=0.05)
    head = check_rules(path)[0]
    assert head["metadata"]["title"] == "hamlet (The twin developers)"
    data = read_cityjson(path)
    table = data.buildings.buildings
    assert table["id"].tolist() == ["w1", "w2", "w3", "w4"]
    assert table["measured_height"].tolist() == city.buildings["height"].tolist()
    assert table["storeys"].tolist() == city.buildings["storeys"].tolist()
    for row, footprint in enumerate(city.buildings.geometry):
        mine = data.buildings.surfaces.building == row
        ring = np.repeat(mine, np.diff(data.buildings.surfaces.ring_start))  # a ring for each polygon here
        points = data.buildings.surfaces.vertices[ring]
        np.testing.assert_allclose((*points.min(0)[:2], *points.max(0)[:2]), footprint.bounds, atol=5e-4)
        under = city.grid.ground_elevation.values[city.grid.building_id.values == row + 1].astype(float).mean()
        assert points[:, 2].min() == pytest.approx(under, abs=5e-4)
        assert np.ptp(points[:, 2]) == pytest.approx(city.buildings["height"].iloc[row], abs=1e-3)
    assert data.trees is not None
    assert data.trees.trees["height"].tolist() == [9.0, 9.0]
    assert data.trees.trees["crown_diameter"].tolist() == [8.0, 8.0]
    places = shapely.get_coordinates(data.trees.trees.geometry.values)
    np.testing.assert_allclose(places, shapely.get_coordinates(city.trees.geometry.values), atol=1e-3)
    assert 2 <= len(data.relief) < 2 * 63 * 79


def test_a_block_is_a_closed_solid(tmp_path: Path) -> None:
    city = hamlet()
    yard = shapely.box(LEFT + 56, TOP - 108, LEFT + 96, TOP - 76).difference(
        shapely.box(LEFT + 66, TOP - 100, LEFT + 86, TOP - 84)
    )
    two = shapely.MultiPolygon(
        [shapely.box(LEFT, TOP - 9, LEFT + 9, TOP), shapely.box(LEFT + 20, TOP - 9, LEFT + 29, TOP)]
    )
    buildings = city.buildings.copy()
    buildings.geometry = [yard, two, *buildings.geometry.iloc[2:]]
    path = write_cityjson(city.with_changes(buildings=buildings), tmp_path / "a.city.json")
    objects = check_rules(path)[0]["CityObjects"]
    assert objects["w2"]["geometry"][0]["type"] == "MultiSurface"  # two bodies are no one solid
    for name in ("w1", "w3", "w4"):
        (shell,) = objects[name]["geometry"][0]["boundaries"]
        edges = Counter(
            (a, b) for surface in shell for ring in surface for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
        )
        assert set(edges.values()) == {1}
        assert all((b, a) in edges for a, b in edges)  # every edge joins two surfaces that turn the same way


def test_a_building_without_ground_has_attributes_only(tmp_path: Path) -> None:
    city = hamlet()
    far = city.buildings.iloc[[0]].assign(on_grid=False).set_geometry([shapely.box(0, 0, 9, 9)], crs=city.spec.crs)
    far.index = [9]
    path = write_cityjson(city.with_changes(buildings=pd.concat([city.buildings, far])), tmp_path / "a.city.json")
    objects = check_rules(path)[0]["CityObjects"]
    assert "geometry" not in objects["w1#2"]  # the id comes twice: no building is lost
    assert objects["w1#2"]["attributes"]["measuredHeight"] == 7.0


def test_what_vanishes_at_a_millimetre_is_counted(tmp_path: Path, berlin: BuildingModels) -> None:
    surfaces = berlin.surfaces
    vertices = surfaces.vertices.copy()
    vertices[surfaces.ring_start[0] : surfaces.ring_start[1]] = vertices[0] + np.array([1e-5, 0, 0])
    small = replace(berlin, surfaces=replace(surfaces, vertices=vertices))
    objects = check_rules(write_cityjson(small, tmp_path / "a.city.json"))[0]["CityObjects"]
    name = berlin.buildings["id"].iloc[surfaces.building[0]]
    assert objects[name]["attributes"]["surfacesLeftOut"] == 1


def test_what_cannot_be_written_is_refused(tmp_path: Path, berlin: BuildingModels) -> None:
    with pytest.raises(InputError, match=r"ends in \.json"):
        write_cityjson(berlin, tmp_path / "a.gml")
    with pytest.raises(InputError, match="building models hold no terrain"):
        write_cityjson(berlin, tmp_path / "a.json", terrain=1.0)
    with pytest.raises(InputError, match="tolerance of the terrain is 0"):
        write_cityjson(hamlet(), tmp_path / "a.json", terrain=0)
    local = CRS.from_proj4("+proj=tmerc +lon_0=13 +x_0=1234")
    with pytest.raises(InputError, match="has no EPSG code"):
        write_cityjson(replace(berlin, crs=local), tmp_path / "a.json")
    broken = berlin.surfaces.vertices.copy()
    broken[3] = np.nan
    with pytest.raises(DataError, match="NaN or infinite"):
        write_cityjson(replace(berlin, surfaces=replace(berlin.surfaces, vertices=broken)), tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_the_city_type_is_told_by_what_is_given(tmp_path: Path) -> None:
    assert isinstance(hamlet(), City)
    with pytest.raises(InputError, match="no city and no building models"):
        write_cityjson({}, tmp_path / "a.json")  # type: ignore[arg-type]
