import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from twin.city.gridspec import GridSpec
from twin.errors import DataError, InputError, TwinError
from twin.scenario.areas import cells_inside, read_area, refuse_outside
from twin.scenario.hamlet import LEFT, TOP, hamlet

YARD = shapely.box(LEFT + 56, TOP - 108, LEFT + 96, TOP - 76)


def test_every_form_of_an_area_means_the_same_place(tmp_path):
    spec = hamlet().spec
    frame = gpd.GeoDataFrame(geometry=[YARD], crs=spec.crs)
    degrees = json.loads(frame.to_crs(4326).to_json())
    degrees.pop("crs", None)
    file = tmp_path / "yard.geojson"
    file.write_text(frame.to_json(), encoding="utf-8")
    for form in (
        YARD,
        YARD.bounds,
        list(YARD.bounds),
        frame,
        frame.geometry,
        degrees,
        file,
        str(file),
        frame.to_crs(4326),
    ):
        place = read_area(form).within(spec.crs)
        # 1 mm: the round trip through degrees, written with ten or more digits
        assert place.symmetric_difference(YARD).area < 1e-3 * YARD.length


def test_a_named_feature_is_taken_alone(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[YARD, YARD.buffer(10)], crs=25832)
    (tmp_path / "areas.geojson").write_text(frame.to_json(), encoding="utf-8")
    assert read_area(tmp_path / "areas.geojson#a").geometry.area == pytest.approx(YARD.area)
    with pytest.raises(InputError, match="no feature named 'c'; it has: a, b"):
        read_area(tmp_path / "areas.geojson#c")


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ("nowhere.geojson", "no such file"),
        ((3, 0, 1, 2), "min < max"),
        ((0, 0, float("nan"), 2), "min < max"),
        (shapely.Polygon(), "empty"),
        (shapely.LineString([(0, 0), (1, 1)]), "must be made of polygons"),
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "not a valid polygon"),
        (shapely.Polygon([(0, 0), (2, 0), (2, float("inf"))]), "NaN or infinite"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [500000, 0], [0, 1]]]}, "'crs' member"),
        ({"type": "Polygon", "coordinates": [[[0, 0]]]}, "cannot be read as GeoJSON"),
        ({"type": "Nonsense"}, "cannot be read as GeoJSON"),
        ({"type": "FeatureCollection", "features": [3]}, "cannot be read as GeoJSON"),
        (7, "give a shapely geometry"),
    ],
)
def test_what_is_no_area_is_refused_with_a_reason(area, words):
    with pytest.raises(TwinError, match=words):
        read_area(area)


def test_deeply_nested_json_is_refused(tmp_path):
    file = tmp_path / "deep.geojson"
    file.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read as GeoJSON"):
        read_area(file)


def test_cells_of_a_partition_are_the_cells_of_the_whole():
    spec = GridSpec.from_bounds((0, 0, 40, 30), 1.0, 25832)
    left, right = shapely.box(0, 0, 13.5, 30), shapely.box(13.5, 0, 40, 30)
    counts = cells_inside(left, spec).astype(int) + cells_inside(right, spec)
    assert np.all(counts == 1)


def test_an_area_off_the_grid_is_refused():
    with pytest.raises(InputError, match="outside the grid"):
        refuse_outside(shapely.box(0, 0, 1, 1), hamlet().spec, "yard")


def test_longitude_and_latitude_in_place_of_metres_are_recognised():
    spec = GridSpec.from_bounds((679050, 5543300, 679500, 5543700), 4.0, 25832)
    with pytest.raises(InputError, match=r"11\.5.*look like longitude and latitude"):
        refuse_outside(shapely.box(11.5, 50.0, 11.51, 50.01), spec, "unseal: area")
