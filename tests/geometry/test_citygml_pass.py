"""The compiled pass over a CityGML file answers as the general reader does, or not at all.

The reference is `stream_buildings`, which works on lxml's tree. All files are synthetic but those of the samples.
"""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import TwinError
from twin.geometry import citygml, citygml_pass, read_citygml
from twin.geometry.citygml_pass import pass_over
from twin.geometry.citygml_stream import stream_buildings

quiet = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(found):
    """Everything a pass hands on, in a form that can be compared."""
    reader, root_srs, envelope = found
    reader.check()
    checked = reader.checked
    return {
        "vertices": checked.vertices[: checked.count].tobytes(),
        "rings": checked.ring_size.tolist(),
        "polygons": checked.polygon_size.tolist(),
        "kind": checked.kind.tolist(),
        "building": checked.building.tolist(),
        "faults": (checked.repaired, checked.refused),  # with the ids of the polygons
        "attributes": [repr(entry) for entry in reader.attributes],  # NaN differs from itself, its text does not
        "repaired": reader.repaired,
        "refused": reader.refused,
        "systems": reader.srs_names,
        "passed": reader.passed,
        "seen": reader.seen,
        "root": (root_srs, envelope),
    }


def general(path, box=None):
    try:
        return stream_buildings(path, box)
    except TwinError:
        return None


def agrees(path, box=None):
    """Check that the pass gives the general reader's answer or none; tell whether it gave one."""
    found = pass_over(path, box)
    if found is None:
        return False
    expected = general(path, box)
    assert expected is not None, "the pass reads a file that the general reader refuses"
    assert answer(found) == answer(expected)
    return True


def everything(gml):
    """A small town with most of what the reader knows, so that changes meet all of it."""
    faces = gml.box_faces(60.0)
    named = [(kind, gml.polygon(t, number=f"s{kind}{i}")) for kind, ts in faces.items() for i, t in enumerate(ts)]
    refer = [f' xlink:href="#s{kind}{i}"' for kind, ts in faces.items() for i in range(len(ts))]
    one = gml.boundary("RoofSurface", gml.polygon(gml.box_faces(80.0)["RoofSurface"][0], srs="EPSG:25833"))
    lod1 = gml.solid(*(gml.polygon(t) for ts in gml.box_faces(height=3.0).values() for t in ts), level=1)
    generic = (
        '<stringAttribute name="a"><value>b</value></stringAttribute><genericAttributeSet name="s">'
        '<intAttribute name="n"><value>3</value></intAttribute></genericAttributeSet>'
    )
    plain = "<bldg:function>31001_1010</bldg:function><bldg:measuredHeight uom='m'>6.1</bldg:measuredHeight>"
    return gml.city(
        gml.box_building("b1", 0.0, 0.0, "<gml:name>Caf\u00e9 &amp; Bar</gml:name>", plain),
        gml.building("b2", gml.part("p1", plain, one), gml.part("p2", gml.boundary("WallSurface", named[2][1]))),
        gml.building("b3", gml.solid(*refer), *(gml.boundary(kind, p) for kind, p in named)),
        gml.box_building("b4", 20.0, 0.0, lod1, "<!-- a comment -->"),
        gml.building("b5", lod1),
        gml.box_building("b6", 40.0, 0.0, generic),
    )


def test_the_pass_reads_the_packaged_sample_like_the_general_reader(sample):
    assert agrees(sample("tiergarten/lod2_3890_5819.gml.gz"))


@pytest.mark.parametrize("name", ["3900_5817", "3900_5819", "3900_5820", "3910_5817", "3910_5819", "3920_5820"])
def test_the_pass_reads_berlin_like_the_general_reader(shared_data, name):
    path = shared_data(f"city/berlin_mitte_lod2/{name}.gml.gz")
    assert agrees(path)
    assert agrees(path, (390_500.0, 5_817_000.0, 391_500.0, 5_820_000.0))


@pytest.mark.parametrize("name", ["Berlin_Moabit_1Bldg_v3.gml", "CityGML_v3_extended.gml"])
def test_files_of_version_3_are_read_alike_or_left(shared_data, name):
    agrees(shared_data(f"city/citygml3/{name}"))


def test_a_town_with_everything_is_read_alike_in_buffers_of_any_size(gml, write, monkeypatch):
    path = write("t.gml", everything(gml))
    for size in (512, 1001, 4099, 1 << 16):  # the root's namespaces must lie in the first buffer
        monkeypatch.setattr(citygml_pass, "BUFFER_BYTES", size)
        assert agrees(path)


@pytest.mark.parametrize("box", [(389_015.0, 5_819_000.0, 389_045.0, 5_819_010.0), (0.0, 0.0, 1.0, 1.0)])
def test_buildings_are_passed_by_alike(gml, write, box):
    def envelope(x):
        corners = (f"{389_000 + x} 5819000 34", f"{389_010 + x} 5819008 40")
        return (
            f'<gml:boundedBy><gml:Envelope srsName="EPSG:{25832 + (x > 0)}"><gml:lowerCorner>{corners[0]}'
            f"</gml:lowerCorner><gml:upperCorner>{corners[1]}</gml:upperCorner></gml:Envelope></gml:boundedBy>"
        )

    text = gml.city(*(gml.box_building(f"b{x}", x, 0.0, envelope(x)) for x in (0, 20, 40, 60)))
    assert agrees(write("t.gml", text), box)


def test_a_file_cut_at_any_byte_is_left_to_the_general_reader(gml, write):
    data = everything(gml).encode()
    for size in range(0, len(data) - 1, 61):
        assert pass_over(write("t.gml", data[:size])) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</CityModel>", "</CityModel>rest"),
        ("</CityModel>", "</CityModel><more/>"),
        ("<cityObjectMember>", "<![CDATA[x]]><cityObjectMember>"),
        ("<cityObjectMember>", "<?pi x?><cityObjectMember>"),
        ("<cityObjectMember>", "&unknown;<cityObjectMember>"),
        ("<cityObjectMember>", "&amp<cityObjectMember>"),
        ("<cityObjectMember>", "a]]>b<cityObjectMember>"),
        ("<cityObjectMember>", "\x01<cityObjectMember>"),
        ("<cityObjectMember>", "\ufffe<cityObjectMember>"),
        ("<cityObjectMember>", "<!-- a -- b --><cityObjectMember>"),
        ("<cityObjectMember>", "<no:prefix/><cityObjectMember>"),
        ("<cityObjectMember>", "<a b='1' b='2'/><cityObjectMember>"),
        ("<cityObjectMember>", "<a b='<'/><cityObjectMember>"),
        ("<cityObjectMember>", "<a b=1/><cityObjectMember>"),
        ("<cityObjectMember>", "<a b='1'c='2'/><cityObjectMember>"),
        ("<cityObjectMember>", "<1a/><cityObjectMember>"),
        ("<cityObjectMember>", "<a:b:c/><cityObjectMember>"),
        ("<cityObjectMember>", "<a / ><cityObjectMember>"),
        ("</cityObjectMember>", "</cityObjectmember>"),
        ("</cityObjectMember>", "</cityObjectMember x>"),
        ('encoding="UTF-8"', 'encoding="ISO-8859-1"'),
        ("?><CityModel", "?><!DOCTYPE x><CityModel"),
    ],
)
def test_what_is_not_well_formed_or_rare_is_left_to_the_general_reader(gml, write, old, new):
    text = everything(gml)
    assert pass_over(write("t.gml", text)) is not None
    assert pass_over(write("t.gml", text.replace(old, new, 1))) is None


@pytest.mark.parametrize(
    "place", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xc3("]
)
def test_bytes_that_are_not_utf_8_are_left_to_the_general_reader(gml, write, place):
    path = write("t.gml", everything(gml).encode().replace(b"Caf\xc3\xa9", b"Caf" + place))
    assert pass_over(path) is None
    assert general(path) is None


@pytest.mark.parametrize("name", ["3", "#b1", "EPSG:25833"])
def test_names_of_systems_that_look_like_something_else_are_read_alike(gml, write, name):
    assert agrees(
        write("t.gml", everything(gml).replace('<gml:Polygon srsName="EPSG:25833"', f'<gml:Polygon srsName="{name}"'))
    )


def test_a_namespace_that_is_no_uri_is_left_to_the_general_reader_and_refused(gml, write):
    path = write("t.gml", everything(gml).replace("http://www.w3.org/1999/xlink", "http://www w3.org/1999/xlink"))
    assert pass_over(path) is None
    assert general(path) is None


def test_a_root_with_a_prefix_nobody_declares_is_refused_with_a_reason(gml, write):
    path = write("t.gml", everything(gml).replace("<CityModel", "<no:CityModel").replace("</City", "</no:City"))
    assert pass_over(path) is None
    assert general(path) is None  # a TwinError, not lxml's own


@settings(quiet, max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=3))
def test_changed_bytes_are_read_alike_or_left(gml, write, changes):
    data = bytearray(everything(gml).encode())
    for place, value in changes:
        data[place % len(data)] = value
    agrees(write("t.gml", bytes(data)))


ODD = [
    "<",
    ">",
    "&",
    '"',
    "'",
    "/",
    "=",
    "-->",
    "<!--",
    "]]>",
    "&amp;",
    "&#65;",
    "&#x41;",
    " ",
    "\n",
    "\t",
    "1e5",
    "-.5",
    "_",
    "nan",
]
ODD += [
    "<gml:pos>1 2 3</gml:pos>",
    "<bldg:Building/>",
    ' xlink:href="#sRoofSurface0"',
    ' gml:id="b1"',
    ' srsName="EPSG:25832"',
]
ODD += [
    ' srsDimension="2"',
    "<bldg:boundedBy/>",
    "<gml:Polygon/>",
    "<gml:LinearRing/>",
    "\u00e4",
    "\U0001f3e0",
    "\u00a0",
]


@settings(quiet, max_examples=600)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40), st.sampled_from(ODD)), min_size=1, max_size=2))
def test_pieces_put_anywhere_are_read_alike_or_left(gml, write, pieces):
    text = everything(gml)
    for place, size, piece in pieces:
        at = place % len(text)
        text = text[:at] + piece + text[at + (size if size < 10 else 0) :]
    agrees(write("t.gml", text))


@settings(quiet, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=3))
def test_exchanged_tags_are_read_alike_or_left(gml, write, pairs):
    parts = everything(gml).split("<")
    for one, other in pairs:
        a, b = one % len(parts), other % len(parts)
        parts[a], parts[b] = parts[b], parts[a]
    agrees(write("t.gml", "<".join(parts)))


@settings(quiet, max_examples=300)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 2**32))
def test_elements_left_out_or_doubled_are_read_alike_or_left(gml, write, places, seed):
    from lxml import etree

    root = etree.fromstring(everything(gml).encode())
    rng = np.random.default_rng(seed)
    for place in places:
        elements = [e for e in root.iter("*") if e.getparent() is not None]
        element, other = elements[place % len(elements)], elements[int(rng.integers(len(elements)))]
        if place % 3 == 0:
            element.getparent().remove(element)
        elif element not in list(other.iterancestors()) and element is not other:
            copy = etree.fromstring(etree.tostring(element, with_tail=False))
            other.append(copy) if place % 3 == 1 else other.addprevious(copy)
    agrees(write("t.gml", etree.tostring(root)))


def test_a_building_of_ever_new_names_is_left_before_it_costs_time(gml, write, monkeypatch):
    monkeypatch.setattr(citygml_pass, "MOST_AGAIN", 20_000)
    names = "".join(f"<name{i}/>{' ' * 500}" for i in range(20))
    assert agrees(write("t.gml", gml.city(gml.box_building("b1", 0.0, 0.0, "<a/><b/>"))))
    assert pass_over(write("t.gml", gml.city(gml.box_building("b1", 0.0, 0.0, names)))) is None


def test_ids_and_names_made_to_collide_are_left(gml, write):
    """Texts whose FNV-1a hashes end with the same 13 bits stand in one another's way in tables of up to 8192 places."""
    words = np.random.default_rng(3).integers(ord("a"), ord("z") + 1, (2_500_000, 8)).astype(np.uint32)
    code = np.full(len(words), 2166136261, np.uint32)
    for letter in words.T:
        code = (code ^ letter) * np.uint32(16777619)
    same = words[code & 8191 == 77].astype(np.uint8)
    chosen = [bytes(word).decode() for word in same[:250]]
    assert len(set(chosen)) == 250
    members = "".join(f"<gml:metaDataProperty gml:id='{text}'/>" for text in chosen)
    faces = gml.box_faces()
    one = gml.boundary("RoofSurface", gml.polygon(faces["RoofSurface"][0], number="roof"))
    with_ids = gml.city(gml.building("b1", members, gml.solid(' xlink:href="#roof"'), one))
    assert agrees(write("t.gml", with_ids))
    assert pass_over(write("t.gml", gml.city(gml.box_building("b", 0.0, 0.0, *(f"<{t}/>" for t in chosen))))) is None


def test_a_large_call_goes_through_the_pass_and_gives_the_same_models(gml, write, monkeypatch):
    path = write("t.gml.gz", gzip.compress(everything(gml).encode()))
    slow = read_citygml(path)
    monkeypatch.setattr(citygml_pass, "PAYS_OFF", 1)
    monkeypatch.setattr(citygml, "stream_buildings", None)  # would be called, and fail, if the pass left the file
    fast = read_citygml(path)
    assert fast.report == slow.report
    assert fast.buildings.equals(slow.buildings)
    assert all(
        np.array_equal(getattr(fast.surfaces, name), getattr(slow.surfaces, name))
        for name in ("vertices", "ring_start", "polygon_start", "kind", "building")
    )
