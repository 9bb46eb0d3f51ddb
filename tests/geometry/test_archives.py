"""Archives are read where they lie; what could harm is refused first, or while it is read. All are synthetic."""

from __future__ import annotations

import gzip
import struct
import zipfile

import numpy as np
import pytest

from twin import limits
from twin.errors import DataError, LimitError
from twin.geometry.archives import members
from twin.geometry.sources import existing_file, existing_files, only_file, open_checked

XYZ = (".xyz",)


@pytest.fixture
def pack(tmp_path):
    """Write an archive of the given members, packed."""

    def write(entries, name="town.zip", method=zipfile.ZIP_DEFLATED):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", method) as file:
            for member, content in entries:
                file.writestr(member, content)
        return path

    return write


def read(path):
    with open_checked(path) as stream:
        return stream.read()


def test_a_member_reads_as_the_file_it_was(pack):
    content = bytes(range(256)) * 5_000
    path = pack([("a/tile.xyz", content), ("licence.pdf", b"%PDF")])
    assert read(only_file(path, "terrain", XYZ)) == content
    assert read(existing_file(path / "a" / "tile.xyz", "terrain")) == content


def test_a_packed_member_is_unpacked_twice(pack):
    path = pack([("tile.xyz.gz", gzip.compress(b"0 0 1\n"))])
    assert read(only_file(path, "terrain", (".xyz.gz",))) == b"0 0 1\n"


def test_members_come_in_the_order_of_their_names(pack):
    path = pack([("b.xyz", "2"), ("A.XYZ", "1"), ("a.txt", "0"), ("__MACOSX/._b.xyz", "x"), ("folder/", "")])
    assert [file.name for file in existing_files(path, "terrain", XYZ)] == ["A.XYZ", "b.xyz"]
    with pytest.raises(DataError, match=r"holds 2 files that could be terrain .*name one as .*A\.XYZ"):
        only_file(path, "terrain", XYZ)


def test_an_archive_without_data_names_what_it_holds(pack):
    with pytest.raises(DataError, match=r"holds licence\.pdf; terrain is expected in it, ending in \.xyz"):
        members(pack([("licence.pdf", "words")]), XYZ, "terrain")
    with pytest.raises(DataError, match="holds no files"):
        members(pack([]), XYZ, "terrain")


def test_a_member_that_is_not_there_is_named(pack):
    path = pack([("tile.xyz", "0 0 1")])
    with pytest.raises(DataError, match=r"has no member 'other\.xyz'; it holds tile\.xyz"):
        existing_file(path / "other.xyz", "terrain")


@pytest.mark.parametrize("name", ["../tile.xyz", "/etc/tile.xyz", "a/../../tile.xyz", "C:/tile.xyz", "..\\tile.xyz"])
def test_a_path_out_of_the_archive_is_refused(pack, name):
    path = pack([("good.xyz", "0 0 1"), (name, "0 0 1")])
    with pytest.raises(DataError, match="outside the archive"):
        members(path, XYZ, "terrain")
    with pytest.raises(DataError, match="outside the archive"):
        existing_file(path / "good.xyz", "terrain")


def test_a_link_is_refused(pack):
    link = zipfile.ZipInfo("tile.xyz")
    link.create_system = 3
    link.external_attr = 0o120777 << 16
    with pytest.raises(DataError, match="is a link"):
        members(pack([(link, "/etc/passwd")]), XYZ, "terrain")


def test_an_archive_in_an_archive_is_refused(pack):
    with pytest.raises(DataError, match="an archive in an archive"):
        members(pack([("inner.zip", "PK"), ("tile.xyz", "0 0 1")]), XYZ, "terrain")


def test_an_encrypted_member_is_refused(pack):
    path = pack([("tile.xyz", "0 0 1")])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="encrypted"):
        members(path, XYZ, "terrain")


def test_an_unusual_method_is_refused(pack):
    with pytest.raises(DataError, match="packed with method 12"):
        members(pack([("tile.xyz", "0 0 1")], method=zipfile.ZIP_BZIP2), XYZ, "terrain")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(pack):
    with pytest.raises(DataError, match="twice"):
        members(pack([("tile.xyz", "0 0 1"), ("tile.xyz", "0 0 2")]), XYZ, "terrain")


def test_too_many_members_are_refused(pack, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARCHIVE_MEMBERS", 3)
    with pytest.raises(LimitError, match="MAX_ARCHIVE_MEMBERS"):
        members(pack([(f"{number}.xyz", "0 0 1") for number in range(4)]), XYZ, "terrain")


def test_a_bomb_is_refused_by_its_directory(pack):
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        members(pack([("tile.xyz", bytes(30_000_000))]), XYZ, "terrain")


def test_an_archive_larger_than_allowed_is_refused(pack, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1_000)
    path = pack([("a.xyz", bytes(600)), ("b.xyz", bytes(600))])
    with pytest.raises(LimitError, match="MAX_FILE_BYTES"):
        members(path, XYZ, "terrain")


def test_a_packed_member_that_is_a_bomb_is_stopped_while_read(pack):
    path = pack([("tile.xyz.gz", gzip.compress(bytes(30_000_000)))])
    with pytest.raises(LimitError, match="MAX_COMPRESSION_RATIO"):
        read(existing_file(path / "tile.xyz.gz", "terrain"))


@pytest.mark.parametrize("claimed", [10, 900_000])
def test_a_directory_that_lies_about_a_size_is_found_out(pack, claimed):
    content = bytes(range(250)) * 400
    path = pack([("tile.xyz", content)])
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, claimed)
    path.write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        read(path / "tile.xyz")


def test_members_that_share_their_bytes_are_refused(pack):
    path = pack([("tile.xyz", bytes(range(250)) * 4)])
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    directory = b"".join(entry.replace(b"tile.xyz", b"til%d.xyz" % number) for number in range(9))
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 9, 9, len(directory))
    path.write_bytes(data[:start] + directory + bytes(tail))
    with pytest.raises(DataError, match="its directory is wrong"):
        members(path, XYZ, "terrain")


def test_a_damaged_member_is_named(pack):
    path = pack([("tile.xyz", bytes(range(250)) * 400)], method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"tile\.xyz is damaged"):
        read(path / "tile.xyz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_is_cut_off_is_refused(pack, share):
    path = pack([("tile.xyz", bytes(range(250)) * 400)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match="damaged or cut off"):
        existing_files(path, "terrain", XYZ)


def test_an_empty_archive_file_is_refused(tmp_path):
    path = tmp_path / "town.zip"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        existing_files(path, "terrain", XYZ)


def test_a_raster_reads_from_an_archive_as_from_its_file(pack, write):
    from twin.geometry import read_raster

    text = "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -1\n1 2\n3 -1\n"
    packed = read_raster(pack([("a/ground.asc", text), ("licence.pdf", "words")]), crs="EPSG:25832")
    assert packed.identical(read_raster(write("ground.asc", text), crs="EPSG:25832"))


def test_all_tiles_of_an_archive_of_buildings_are_read(pack, write):
    from twin.geometry import read_citygml

    def tile(number):
        ring = "389000 5819000 50 389010 5819000 50 389010 5819010 50 389000 5819000 50"
        return f"""<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
            xmlns:bldg="http://www.opengis.net/citygml/building/2.0"><cityObjectMember><bldg:Building gml:id="{number}">
            <bldg:boundedBy><bldg:RoofSurface><bldg:lod2MultiSurface><gml:MultiSurface srsName="EPSG:25833">
            <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList>
            </gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>
            </bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy></bldg:Building></cityObjectMember></CityModel>"""

    one = read_citygml(pack([("a.gml", tile("a")), ("licence.pdf", "words")]))
    alone = read_citygml(write("a.gml", tile("a")))
    assert np.array_equal(one.surfaces.vertices, alone.surfaces.vertices)
    both = read_citygml(pack([("b.gml", tile("b")), ("a.gml", tile("a"))], name="two.zip"))
    assert len(both.buildings) == 2
    with pytest.raises(DataError, match="DOCTYPE"):
        read_citygml(pack([("a.gml", "<!DOCTYPE a>" + tile("a"))], name="evil.zip"))
