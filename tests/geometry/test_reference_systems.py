"""Names of coordinate reference systems as German sources write them, and coordinates that belie them."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import DataError, InputError
from twin.geometry import read_citygml
from twin.geometry.reference_systems import must_swap_axes, parse_srs_name

# the forms that occur in published German, Dutch and Japanese tiles
FORMS = [
    ("EPSG:25833", 25833, None),
    ("epsg:25832", 25832, None),
    ("urn:ogc:def:crs:EPSG::25833", 25833, None),
    ("urn:ogc:def:crs:EPSG:6.12:25833", 25833, None),
    ("urn:x-ogc:def:crs:EPSG:25833", 25833, None),
    ("urn:ogc:def:crs,crs:EPSG:6.12:25833,crs:EPSG:6.12:5783", 25833, "DHHN92"),
    ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::7837", 25832, "DHHN2016"),
    ("EPSG:25832+7837", 25832, "DHHN2016"),
    ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", 25832, "DHHN2016"),
    ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016", 25832, "DHHN2016"),
    ("urn:adv:crs:ETRS89_UTM33*DE_DHHN92_NH", 25833, "DHHN92"),
    ("urn:adv:crs:ETRS89_UTM32", 25832, None),
    ("urn:adv:crs:DE_DHDN_3GK4", 31468, None),
    ("https://www.opengis.net/def/crs/EPSG/0/7415", 28992, "NAP"),
    ("http://www.opengis.net/gml/srs/epsg.xml#25832", 25832, None),
    (
        "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/25832"
        "&2=http://www.opengis.net/def/crs/EPSG/0/7837",
        25832,
        "DHHN2016",
    ),
    ("EPSG:5555", 25832, "DHHN92"),
    ("EPSG:4979", 4326, "ellipsoidal height"),
]


@pytest.mark.parametrize(("name", "code", "vertical"), FORMS)
def test_every_form_of_a_name_is_understood(name, code, vertical):
    found = parse_srs_name(name)
    assert (found.horizontal.to_epsg(), found.vertical) == (code, vertical)
    assert not found.horizontal.is_compound


@pytest.mark.parametrize("name", ["", "local", "EPSG:999999", "urn:adv:crs:unknown", "urn:ogc:def:crs:OGC:1.3:CRS84x"])
def test_an_unknown_name_is_not_guessed(name):
    assert parse_srs_name(name) is None


def place(gml, x, y, srs):
    return gml.city(gml.box_building("b1", origin=(x, y)), srs=srs)


@pytest.mark.parametrize(
    ("x", "y", "srs", "cause"),
    [
        (5819000.0, 389000.0, "EPSG:25833", "easting and northing are swapped"),
        (33389000.0, 5819000.0, "EPSG:25833", "zone prefix 33.*EPSG:5650"),
        (32389000.0, 5819000.0, "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", "zone prefix 32.*EPSG:4647"),
        (4490655.0, 5337000.0, "EPSG:25832", "Gauss-Krueger zone 4.*EPSG:31468"),
        (5337000.0, 4490655.0, "EPSG:25832", "Gauss-Krueger zone 4, with northing first"),
        (13.37, 52.51, "EPSG:25833", "look like degrees"),
        (389000.0, 5819000.0, "EPSG:31468", "look like UTM in Germany"),
        (1234.0, 99.0, "EPSG:25832", "the coordinates are local"),
    ],
)
def test_coordinates_that_belie_their_system_are_refused_with_the_cause(gml, write, x, y, srs, cause):
    with pytest.raises(DataError, match=cause):
        read_citygml(write("t.gml", place(gml, x, y, srs)))


def test_degrees_are_refused(gml, write):
    with pytest.raises(DataError, match="degrees"):
        read_citygml(write("t.gml", place(gml, 13.37, 52.51, "EPSG:4979")))


def test_feet_are_refused():
    from pyproj import CRS

    with pytest.raises(DataError, match="foot"):
        must_swap_axes(np.array([1e6]), np.array([2e5]), CRS.from_epsg(2263), "tile")


def test_a_zone_prefix_is_right_where_the_system_has_one(gml, write):
    models = read_citygml(write("t.gml", place(gml, 32389000.0, 5819000.0, "EPSG:4647")))
    assert models.crs.to_epsg() == 4647
    assert models.surfaces.vertices[:, 0].min() == 32389000.0


def test_northing_first_is_exchanged_only_where_the_system_defines_it_so(gml, write):
    models = read_citygml(write("t.gml", place(gml, 5337000.0, 4490655.0, "urn:ogc:def:crs:EPSG::31468")))
    assert models.surfaces.vertices[:, :2].min(axis=0).tolist() == [4490655.0, 5337000.0]
    assert "northing before easting" in models.report.notes[0]


def test_a_file_without_system_says_so_and_takes_the_one_given(gml, write):
    file = write("t.gml", gml.city(gml.box_building("b1"), srs=None))
    silent = read_citygml(file)
    assert silent.crs is None
    assert silent.bounds is None
    assert "names no CRS" in silent.report.notes[0]
    assert read_citygml(file, crs="EPSG:25833").crs.to_epsg() == 25833


def test_a_given_system_overrides_the_files_and_is_noted(gml, write):
    file = write("t.gml", place(gml, 32389000.0, 5819000.0, "EPSG:25832"))
    models = read_citygml(file, crs="EPSG:4647")
    assert models.crs.to_epsg() == 4647
    assert "was given and is used" in models.report.notes[0]


def test_systems_of_all_levels_are_compared(gml, write):
    roof = gml.box_faces()["RoofSurface"][0]
    text = gml.city(gml.building("b1", gml.boundary("RoofSurface", gml.polygon(roof, srs="EPSG:25832"))))
    with pytest.raises(DataError, match=r"names two CRSs: .*25833.* and .*25832.* for b1"):
        read_citygml(write("t.gml", text))


def test_a_name_on_a_geometry_alone_is_enough(gml, write):
    roof = gml.box_faces()["RoofSurface"][0]
    surface = gml.boundary(
        "RoofSurface", gml.polygon(roof), attributes=' srsName="urn:adv:crs:ETRS89_UTM33*DE_DHHN2016_NH"'
    )
    models = read_citygml(write("t.gml", gml.city(gml.building("b1", surface), srs=None)))
    assert (models.crs.to_epsg(), models.vertical_datum) == (25833, "DHHN2016")


def test_two_vertical_datums_are_refused(gml, write):
    roof = gml.polygon(gml.box_faces()["RoofSurface"][0], srs="urn:adv:crs:ETRS89_UTM33*DE_DHHN92_NH")
    text = gml.city(
        gml.building("b1", gml.boundary("RoofSurface", roof)), srs="urn:adv:crs:ETRS89_UTM33*DE_DHHN2016_NH"
    )
    with pytest.raises(DataError, match="two vertical datums"):
        read_citygml(write("t.gml", text))


def test_an_unknown_system_asks_for_one(gml, write):
    file = write("t.gml", gml.city(gml.box_building("b1"), srs="my-local-grid"))
    with pytest.raises(DataError, match=r"'my-local-grid'.*not understood; give the CRS"):
        read_citygml(file)
    assert read_citygml(file, crs=25833).crs.to_epsg() == 25833


def test_an_impossible_argument_is_refused(gml, write):
    file = write("t.gml", gml.city(gml.box_building("b1")))
    with pytest.raises(InputError, match="no CRS"):
        read_citygml(file, crs="EPSG:0")
    with pytest.raises(InputError, match="min < max"):
        read_citygml(file, bounds=(1.0, 0.0, 0.0, 1.0))
