"""A town whose only source is a CityJSON model: terrain, land cover and buildings of it, and models that run on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from twin.city.city_model import CLASS_COVER, WORD_COVER, cover_of, terrain_from_model
from twin.city.gridspec import GridSpec
from twin.city.new_city import new_city
from twin.city.surfaces import CODES
from twin.errors import DataError, InputError, MissingDataError
from twin.geometry import read_cityjson

Shared = Callable[[str], Path]
HOT = twin.hot_day("2018-07-26", max_temperature=35, step="3 h")
RAIN = twin.heavy_rain("44 mm", duration="20 min", simulated="25 min")


def rectangle(x0: float, y0: float, x1: float, y1: float, z: list[float]) -> list[list[float]]:
    return [[x0, y0, z[0]], [x1, y0, z[1]], [x1, y1, z[2]], [x0, y1, z[3]]]


def town(objects: dict[str, tuple[str, dict[str, Any], list[list[float]]]]) -> dict[str, Any]:
    """A CityJSON document near Delft of one rectangle per object, coordinates in m from its corner."""
    vertices: list[list[float]] = []
    found = {}
    for name, (kind, attributes, ring) in objects.items():
        numbers = list(range(len(vertices), len(vertices) + len(ring)))
        vertices += ring
        geometry: dict[str, Any] = {"type": "MultiSurface", "lod": "2", "boundaries": [[numbers]]}
        if kind == "Building":
            geometry["semantics"] = {"surfaces": [{"type": "RoofSurface"}], "values": [0]}
        found[name] = {"type": kind, "attributes": attributes, "geometry": [geometry]}
    return {
        "type": "CityJSON",
        "version": "1.1",
        "metadata": {"referenceSystem": "urn:ogc:def:crs:EPSG::7415"},
        "transform": {"scale": [1, 1, 1], "translate": [85000, 447000, 0]},
        "CityObjects": found,
        "vertices": vertices,
    }


GROUND = [1.0, 3.0, 3.0, 1.0]  # rises 2 m over 40 m to the east
OBJECTS: dict[str, Any] = {
    "field": ("LandUse", {"class": "3000"}, rectangle(0, 0, 40, 40, GROUND)),
    "street": ("Road", {}, rectangle(0, 0, 40, 10, GROUND)),
    "pond": ("WaterBody", {}, rectangle(0, 30, 40, 40, GROUND)),
    "bridge": ("Bridge", {}, rectangle(10, 26, 14, 40, [9.0] * 4)),
    "house": ("Building", {}, rectangle(20, 14, 30, 24, [12.0] * 4)),
}


def load(folder: Path, document: dict[str, Any], **more: Any) -> twin.City:
    (folder / "town.city.json").write_text(json.dumps(document))
    (folder / "city.toml").write_text(
        'name = "Town"\ncrs = "EPSG:28992"\nresolution = 2\nbounds = [85000, 447000, 85040, 447040]\n'
        '[buildings]\nfile = "town.city.json"\nsource = "model"\n'
        '[sources.model]\nname = "Model"\nlicense = "CC0"\nattribution = "A"\n'
    )
    return twin.load_city(folder, **more)


def test_a_model_alone_makes_a_city(tmp_path: Path) -> None:
    city = load(tmp_path, town(OBJECTS))
    grid = city.grid
    slope = 1.0 + (grid.x.values - 85000) / 20.0
    # bridges and roofs are no ground; planes are sampled at cell centres, to the precision of float32
    np.testing.assert_allclose(grid.ground_elevation.values, np.tile(slope, (20, 1)), atol=1e-5)
    covers = grid.land_cover.sel(x=85005, method="nearest").values  # from north to south
    assert covers.tolist() == [CODES["water"]] * 5 + [CODES["grass"]] * 10 + [CODES["asphalt"]] * 5
    assert (grid.land_cover.sel(x=85013, y=447039, method="nearest") == CODES["asphalt"]).item()  # on the bridge
    assert int((grid.building_id.values > 0).sum()) == 25
    assert float(grid.surface_elevation.max()) == pytest.approx(12.0)
    assert grid.ground_elevation.attrs["source"] == grid.land_cover.attrs["source"].split(";")[0] == "Model"
    said = " ".join(caveat.text_en for caveat in city.meta.caveats)
    assert "Terrain from the city model" in said
    assert "Land cover comes from the surfaces of the city model" in said
    assert [report.source.endswith("town.city.json") for report in city.meta.reports].count(True) == 1


def test_relief_goes_before_the_ground_of_areas_and_gaps_take_the_nearest(tmp_path: Path) -> None:
    relief = ("TINRelief", {}, rectangle(0, 0, 20, 40, [5.0] * 4))
    city = load(tmp_path, town(OBJECTS | {"tin": relief}))
    assert np.unique(city.grid.ground_elevation.values).tolist() == [5.0]
    filled = next(caveat.text_en for caveat in city.meta.caveats if "its relief" in caveat.text_en)
    assert "50% of the grid" in filled


def test_an_elevation_model_goes_before_the_city_model(tmp_path: Path) -> None:
    (tmp_path / "flat.asc").write_text(
        "ncols 20\nnrows 20\nxllcorner 85000\nyllcorner 447000\ncellsize 2\n" + ("7 " * 20 + "\n") * 20
    )
    (tmp_path / "town.city.json").write_text(json.dumps(town(OBJECTS)))
    (tmp_path / "city.toml").write_text(
        'name = "Town"\ncrs = "EPSG:28992"\nresolution = 2\nbounds = [85000, 447000, 85040, 447040]\n'
        '[terrain]\nfile = "flat.asc"\ncrs = "EPSG:28992"\n[buildings]\nfile = "town.city.json"\nformat = "cityjson"\n'
    )
    city = twin.load_city(tmp_path)
    assert np.unique(city.grid.ground_elevation.values).tolist() == [7.0]
    assert not any("Terrain from the city model" in caveat.text_en for caveat in city.meta.caveats)


def test_a_model_without_ground_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"shows no ground|has no ground surface"):
        load(tmp_path, town({"house": OBJECTS["house"]}))


def test_a_model_in_another_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "town.city.json").write_text(json.dumps(town(OBJECTS)))
    with pytest.raises(InputError, match="CRS of the model"):
        terrain_from_model(read_cityjson(tmp_path / "town.city.json"), GridSpec(0, 10, 1.0, 10, 10, "EPSG:25832"))


def test_the_mapping_names_only_known_covers() -> None:
    assert {*CLASS_COVER.values(), *WORD_COVER.values()} <= {*CODES, "yard"}
    assert cover_of("PlantCover", {"averageHeight": 12.0}) == "forest"
    assert cover_of("PlantCover", {"class": "1000"}) == "grass"  # a number of another code list
    assert cover_of("LandUse", {"class": "1000"}) == "yard"


def test_heat_and_flood_run_on_a_public_model_and_traffic_says_why_not(shared_data: Shared, tmp_path: Path) -> None:
    path = shared_data("city/delft_3dfier/delft.city.json.gz")
    shutil.copy(path, tmp_path)
    assert "traffic cannot be computed" in new_city(tmp_path, name="Delft").read_text(encoding="utf-8")
    city = twin.load_city(tmp_path, resolution=4.0)  # bounds as proposed: the ground has no gaps there
    assert len(city.buildings) == 160
    assert not np.isnan(city.grid.ground_elevation.values).any()
    present = set(np.unique(city.grid.land_cover.values).tolist())
    assert {CODES["paving"], CODES["roof"], CODES["grass"], CODES["water"]} <= present
    study = twin.run(city, [], [HOT, RAIN])
    heat, flood = (study.baseline.results[event.name] for event in (HOT, RAIN))
    assert float(heat.utci_max.max()) > 30.0
    assert float(flood.water_depth_max.max()) > 0.0
    assert abs(float(flood.volume_error)) < 1e-6  # relative to the rain
    with pytest.raises(MissingDataError, match="has no roads, and a traffic event needs them"):
        twin.run(city, [], [twin.weekday_traffic()])
