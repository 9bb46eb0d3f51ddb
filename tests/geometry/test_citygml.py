"""What the CityGML reader takes from buildings: every surface once, with its kind, level and attributes."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import DataError
from twin.geometry import SurfaceKind, concatenate_models, read_citygml
from twin.geometry.surfaces import polygon_normals


def kinds(models):
    return sorted(models.surfaces.kind.tolist())


BOX_KINDS = sorted([SurfaceKind.ROOF, SurfaceKind.GROUND] + [SurfaceKind.WALL] * 4)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_box_has_six_faces_with_their_kinds(gml, write, version):
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1"), version=version)))
    assert kinds(models) == BOX_KINDS
    assert models.buildings["id"].tolist() == ["b1"]
    assert models.buildings["lod"].tolist() == [2]
    assert models.crs.to_epsg() == 25833
    assert models.report.found == models.report.used == 1
    assert not models.report.refused
    assert not models.report.repaired


def test_rings_are_stored_open_and_area_is_kept(gml, write):
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1"))))
    assert np.diff(models.surfaces.ring_start).tolist() == [4] * 6
    areas = np.linalg.norm(polygon_normals(models.surfaces), axis=1)
    # 10 m x 8 m x 6 m: two times 80, 60 and 48 m2; coordinates of 5.8e6 m leave about 1e-9 m
    assert sorted(areas) == pytest.approx([48, 48, 60, 60, 80, 80], abs=1e-6)


def test_gzip_and_plain_read_alike(gml, write):
    text = gml.city(gml.box_building("b1"))
    plain = read_citygml(write("t.gml", text))
    packed = read_citygml(write("t.gml.gz", gzip.compress(text.encode())))
    assert np.array_equal(plain.surfaces.vertices, packed.surfaces.vertices)


def test_a_hole_stays_a_hole(gml, write):
    outline = gml.ring_text(
        [(389000, 5819000, 40), (389010, 5819000, 40), (389010, 5819010, 40), (389000, 5819010, 40)]
    )
    hole = gml.ring_text([(389004, 5819004, 40), (389004, 5819006, 40), (389006, 5819006, 40), (389006, 5819004, 40)])
    text = gml.city(gml.building("b1", gml.boundary("RoofSurface", gml.polygon(outline, [hole]))))
    surfaces = read_citygml(write("t.gml", text)).surfaces
    assert surfaces.polygon_start.tolist() == [0, 2]
    assert surfaces.ring_start.tolist() == [0, 4, 8]


def test_a_solid_of_references_adds_no_surface(gml, write):
    faces = gml.box_faces()
    named = [
        (kind, gml.polygon(text, number=f"p_{kind}_{i}"))
        for kind, texts in faces.items()
        for i, text in enumerate(texts)
    ]
    references = [f' xlink:href="#p_{kind}_{i}"' for kind, texts in faces.items() for i in range(len(texts))]
    text = gml.city(gml.building("b1", gml.solid(*references), *(gml.boundary(kind, p) for kind, p in named)))
    models = read_citygml(write("t.gml", text))
    assert kinds(models) == BOX_KINDS
    assert not models.report.refused


def test_boundary_surfaces_of_references_give_the_solids_polygons_their_kind(gml, write):
    faces = gml.box_faces()
    inline = [
        gml.polygon(text, number=f"p_{kind}_{i}") for kind, texts in faces.items() for i, text in enumerate(texts)
    ]
    refer = [
        gml.boundary(kind, f' xlink:href="#p_{kind}_{i}"') for kind, texts in faces.items() for i in range(len(texts))
    ]
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", gml.solid(*inline), *refer))))
    assert kinds(models) == BOX_KINDS
    assert not models.report.notes


def test_a_surface_in_solid_and_boundary_counts_once_and_is_reported(gml, write):
    faces = gml.box_faces()
    inline = [gml.polygon(text) for texts in faces.values() for text in texts]
    surfaces = [gml.boundary(kind, gml.polygon(text)) for kind, texts in faces.items() for text in texts]
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", gml.solid(*inline), *surfaces))))
    assert kinds(models) == BOX_KINDS
    assert "count once" in models.report.repaired[0].reason


def test_a_solid_alone_is_classed_by_slope_and_says_so(gml, write):
    inline = [gml.polygon(text) for texts in gml.box_faces().values() for text in texts]
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", gml.solid(*inline, level=1)))))
    assert kinds(models) == BOX_KINDS
    assert models.buildings["lod"].tolist() == [1]
    assert "6 polygons without a semantic kind" in models.report.notes[0]


def test_level_2_is_taken_and_level_1_left(gml, write):
    inline = [gml.polygon(text) for texts in gml.box_faces(height=9.0).values() for text in texts]
    faces = [gml.boundary(kind, gml.polygon(text)) for kind, texts in gml.box_faces().items() for text in texts]
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", gml.solid(*inline, level=1), *faces))))
    assert models.buildings["lod"].tolist() == [2]
    assert len(models.surfaces) == 6
    assert models.surfaces.vertices[:, 2].max() == 40.0


def test_one_level_per_building_not_per_file(gml, write):
    inline = [gml.polygon(text) for texts in gml.box_faces(20.0).values() for text in texts]
    text = gml.city(gml.box_building("b1"), gml.building("b2", gml.solid(*inline, level=1)))
    assert read_citygml(write("t.gml", text)).buildings["lod"].tolist() == [2, 1]


def test_parts_belong_to_their_building_and_lend_it_their_attributes(gml, write):
    def box(x):
        return [gml.boundary(kind, gml.polygon(t)) for kind, texts in gml.box_faces(x).items() for t in texts]

    height = '<bldg:roofType>3100</bldg:roofType><bldg:measuredHeight uom="m">{}</bldg:measuredHeight>'
    text = gml.city(
        gml.building(
            "b1",
            "<bldg:function>31001_1000</bldg:function>",
            gml.part("p1", height.format(6.5), *box(0.0)),
            gml.part("p2", height.format(9.25), *box(10.0)),
        ),
        gml.box_building("b2", 50.0),
    )
    models = read_citygml(write("t.gml", text))
    row = models.buildings.iloc[0]
    assert (row["function"], row["roof_type"], row["measured_height"]) == ("31001_1000", "3100", 9.25)
    assert np.bincount(models.surfaces.building).tolist() == [12, 6]


def test_a_part_without_the_buildings_level_keeps_its_own_and_is_reported(gml, write):
    high = [gml.boundary(kind, gml.polygon(t)) for kind, texts in gml.box_faces().items() for t in texts]
    low = [gml.polygon(t) for texts in gml.box_faces(10.0).values() for t in texts]
    text = gml.city(gml.building("b1", gml.part("p1", *high), gml.part("p2", gml.solid(*low, level=1))))
    models = read_citygml(write("t.gml", text))
    assert len(models.surfaces) == 12
    assert "p2 has no level 2" in models.report.repaired[0].reason


def test_an_installation_belongs_to_the_building(gml, write):
    dormer = gml.ring_text([(389002, 5819002, 41), (389004, 5819002, 41), (389004, 5819004, 42)])
    installation = (
        "<bldg:outerBuildingInstallation><bldg:BuildingInstallation><bldg:lod2Geometry><gml:MultiSurface>"
        f"<gml:surfaceMember>{gml.polygon(dormer)}</gml:surfaceMember></gml:MultiSurface></bldg:lod2Geometry>"
        "</bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1", 0.0, 0.0, installation))))
    assert len(models.surfaces) == 7
    assert models.surfaces.vertices[:, 2].max() == 42.0


def test_attributes_are_read_and_absent_ones_stay_empty(gml, write):
    extra = (
        "<gml:name>Rathaus</gml:name><bldg:function>1231</bldg:function><bldg:roofType/>"
        '<bldg:measuredHeight uom="urn:adv:uom:m">6.1</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
    )
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1", 0, 0, extra), gml.box_building("b2", 20))))
    first, second = (models.buildings.iloc[row] for row in (0, 1))
    assert (first["name"], first["function"], first["storeys"], first["measured_height"]) == ("Rathaus", "1231", 2, 6.1)
    assert first["roof_type"] is None
    assert second["function"] is None
    assert np.isnan(second["storeys"])
    assert np.isnan(second["measured_height"])


def test_a_height_in_feet_is_not_taken_for_metres(gml, write):
    extra = '<bldg:measuredHeight uom="ft">20</bldg:measuredHeight>'
    models = read_citygml(write("t.gml", gml.city(gml.box_building("b1", 0, 0, extra))))
    assert np.isnan(models.buildings["measured_height"][0])
    assert "ft" in models.report.repaired[0].reason


def test_pos_elements_read_like_a_pos_list(gml, write):
    text = gml.city(gml.box_building("b1"))
    start, end = text.index("<gml:posList>"), text.index("</gml:posList>")
    numbers = text[start + len("<gml:posList>") : end].split()
    positions = "".join(f"<gml:pos>{' '.join(numbers[i : i + 3])}</gml:pos>" for i in range(0, len(numbers), 3))
    changed = text[:start] + positions + text[end + len("</gml:posList>") :]
    one, other = read_citygml(write("a.gml", text)), read_citygml(write("b.gml", changed))
    assert np.array_equal(one.surfaces.vertices, other.surfaces.vertices)


def test_bounds_keep_whole_buildings_that_touch_them(gml, write):
    file = write("t.gml", gml.city(*(gml.box_building(f"b{i}", 100.0 * i) for i in range(4))))
    models = read_citygml(file, bounds=(389105.0, 5819000.0, 389205.0, 5819100.0))
    assert models.buildings["id"].tolist() == ["b1", "b2"]
    assert np.bincount(models.surfaces.building).tolist() == [6, 6]
    assert models.surfaces.vertices[:, 0].min() == 389100.0
    assert "2 buildings lie outside" in models.report.notes[0]


def test_an_empty_model_is_an_empty_answer_that_says_so(gml, write):
    models = read_citygml(write("t.gml", gml.city()))
    assert len(models.buildings) == len(models.surfaces) == 0
    assert models.report.notes == ("the file holds no buildings",)
    assert models.bounds == (388990.0, 5818990.0, 389990.0, 5819990.0)


@pytest.mark.parametrize("by", ["list", "folder"])
def test_two_tiles_join_to_what_one_file_holds(gml, write, by):
    first, second = gml.box_building("b1"), gml.box_building("b2", 20.0)
    tiles = [
        write("1.gml", gml.city(first)),
        write("2.gml.gz", gzip.compress(gml.city(second).encode())),
        write("3_empty.xml", gml.city(srs=None)),
    ]
    write("readme.txt", "not a tile")
    joined = read_citygml(tiles if by == "list" else tiles[0].parent)
    whole = read_citygml(write("w.citygml", gml.city(first, second)))
    for name in ("vertices", "ring_start", "polygon_start", "kind", "building"):
        assert np.array_equal(getattr(joined.surfaces, name), getattr(whole.surfaces, name)), name
    assert joined.buildings.equals(whole.buildings)
    assert joined.report.found == joined.report.used == 2
    assert "3_empty.xml: the file holds no buildings" in joined.report.notes


def test_tiles_in_two_systems_are_refused_by_name(gml, write):
    tiles = [
        write("a.gml", gml.city(gml.box_building("b1"))),
        write("b.gml", gml.city(gml.box_building("b2"), srs="EPSG:25832")),
    ]
    with pytest.raises(DataError, match=r"a\.gml is in ETRS89 / UTM zone 33N .*b\.gml in ETRS89 / UTM zone 32N"):
        read_citygml(tiles)


def test_a_broken_tile_stops_all(gml, write):
    tiles = [write("a.gml", gml.city(gml.box_building("b1"))), write("b.gml", "<CityModel>")]
    with pytest.raises(DataError, match=r"b\.gml is not well-formed"):
        read_citygml(tiles)


def test_level_3_is_taken_where_there_is_no_level_2(gml, write):
    faces = [gml.boundary(kind, gml.polygon(t), level=3) for kind, texts in gml.box_faces().items() for t in texts]
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", *faces))))
    assert models.buildings["lod"].tolist() == [3]
    assert kinds(models) == BOX_KINDS


def test_a_building_in_two_tiles_counts_once(gml, write):
    tile = read_citygml(write("1.gml", gml.city(gml.box_building("b1"))))
    joined = concatenate_models([tile, tile])
    assert joined.buildings["id"].tolist() == ["b1"]
    assert len(joined.surfaces) == 6
    assert "comes twice" in joined.report.refused[0].reason


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(*[st.floats(0.0, 999.0, allow_subnormal=False)] * 2, st.floats(0.0, 200.0, allow_subnormal=False)),
        min_size=3,
        max_size=8,
        unique_by=lambda p: (round(p[0]), round(p[1])),
    ),
    st.sampled_from([" ", "\n", "\t  ", "\r\n"]),
)
def test_coordinates_arrive_bit_for_bit(gml, write, points, space):
    placed = [(389000.0 + x, 5819000.0 + y, z) for x, y, z in points]
    text = gml.city(
        gml.building("b1", gml.boundary("RoofSurface", gml.polygon(space.join(gml.ring_text(placed).split()))))
    )
    models = read_citygml(write("t.gml", text))
    if len(models.surfaces):  # three points in a line are refused, and said so
        assert np.array_equal(models.surfaces.vertices, np.array(placed))
    else:
        assert "encloses no area" in models.report.refused[0].reason


def test_the_packaged_tile_is_read_whole(sample):
    models = read_citygml(sample("tiergarten/lod2_3890_5819.gml.gz"))
    assert len(models.buildings) == models.report.found == 40
    # 652 roof, 1102 wall and 49 ground polygons, 58 holes: number of the elements in the file's text
    assert np.bincount(models.surfaces.kind).tolist() == [0, 652, 1102, 49]
    assert len(models.surfaces.ring_start) - 1 - len(models.surfaces) == 58
    assert models.report.refused == ()
    assert models.crs.to_epsg() == 25833


@pytest.mark.shared
def test_a_dense_block_with_parts_and_referring_solids_is_read_whole(shared_data):
    models = read_citygml(shared_data("city/berlin_mitte_lod2/3910_5817.gml.gz"))
    # 166 Building and 3080 Polygon elements in the file's text; 622 references of 21 solids add none
    assert len(models.buildings) == 166
    assert len(models.surfaces) == 3080
    assert (models.buildings["measured_height"] > 0).all()
    assert models.report.refused == ()


@pytest.mark.shared
def test_real_roofs_agree_with_the_measured_height(shared_data):
    models = read_citygml(shared_data("city/berlin_mitte_lod2/3910_5817.gml.gz"))
    z, first = models.surfaces.vertices[:, 2], models.surfaces.ring_start[models.surfaces.polygon_start[:-1]]
    top = np.full(len(models.buildings), -np.inf)
    low = np.full(len(models.buildings), np.inf)
    np.maximum.at(top, models.surfaces.building, np.maximum.reduceat(z, first))
    np.minimum.at(low, models.surfaces.building, np.minimum.reduceat(z, first))
    difference = (top - low) - models.buildings["measured_height"].to_numpy()
    # the attribute is older than some geometry and differs by decimetres; a wrong axis, unit or base by metres
    assert abs(np.median(difference)) < 0.1
