"""Terrain tiles as text: every way the surveys write them gives one raster; what is wrong is named with its line.

All tiles are synthetic.
"""

from __future__ import annotations

import gzip
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from twin import limits
from twin.errors import DataError, InputError, LimitError
from twin.geometry.xyz import looks_like_xyz, read_xyz

UTM = "EPSG:25833"
EAST, NORTH = 389000, 5819000


def heights(rows=3, columns=4):
    """Return synthetic heights with two decimals, north row first."""
    return np.round(34 + np.arange(rows * columns).reshape(rows, columns) * 0.37, 2)


def lines(z, step=1, form="{:.2f} {:.2f} {:.2f}", offset=0.0):
    """Return the postings of a tile, south row first."""
    rows, columns = z.shape
    return [
        form.format(EAST + offset + column * step, NORTH + (rows - 1 - row) * step, z[row, column])
        for row in reversed(range(rows))
        for column in range(columns)
    ]


def same(raster, z):
    return np.array_equal(raster.values, z.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize(
    "form",
    [
        "{:.0f} {:.0f} {:.2f}",
        "{:.3f} {:.3f} {:.3f}",
        "  {:.2f}   {:.2f}  {:.2f} ",
        "{:.2f}\t{:.2f}\t{:.2f}",
        "{:.2f};{:.2f};{:.2f}",
        "{:.2f},{:.2f},{:.2f}",
        "{:.2f}, {:.2f}, {:.2f}",
        "{:.2f} {:.2f} {:+.2f}",
        "{:.2f} {:.2f} {:.2f}\r",
    ],
)
@pytest.mark.parametrize("header", ["", "X Y Z\n", "# synthetic tile\n# x y z\n", '"East";"North";"Height"\n', "\n"])
def test_every_way_of_writing_reads_the_same(write, form, header):
    path = write("t.xyz", header + "\n".join(lines(heights(), form=form)) + "\n")
    raster = read_xyz(path, crs=UTM)
    assert same(raster, heights())
    assert raster.x.values.tolist() == [389000.0, 389001.0, 389002.0, 389003.0]
    assert raster.y.values.tolist() == [5819002.0, 5819001.0, 5819000.0]
    assert raster.attrs == {"file": "t.xyz", "gaps": 0}
    assert raster.spatial_ref.attrs["GeoTransform"] == "388999.5 1.0 0.0 5819002.5 0.0 -1.0"


@pytest.mark.parametrize("separator", [" ", ";", "\t"])
def test_decimal_commas_are_recognised_where_only_one_reading_is_left(write, separator):
    text = "\n".join(lines(heights())).replace(".", ",").replace(" ", separator)
    assert same(read_xyz(write("t.xyz", text), crs=UTM), heights())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("389000,5,5819000,5,34,12\n", "line 1: .* has 6 fields; three are needed .a comma cannot be both"),
        ("389 5819 34,120\n", "'34,120' can be read in two ways"),
        ("389,000.5 5,819,000.5 34.1\n", "'389,000.5' has a separator of thousands"),
        ("389000 5,819,000 34.1\n", "'5,819,000' has a separator of thousands"),
        ("389000 5819000\n", "line 1: '389000 5819000' has 2 fields"),
        ("389000 5819000 34 1\n", "line 1: .* has 4 fields"),
        ("y x z\n5819000 389000 34\n", "line 1: columns are 'y x z'; easting must come first"),
        ("words that say nothing\n", "no line with three numbers"),
        ("X Y Z\n", "no line with three numbers"),
        ("\n\n", "no line with three numbers"),
        ("", "is empty"),
        ("3\x008\x009\x00", "binary or UTF-16"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer"),
    ],
)
def test_what_is_no_tile_is_refused(write, text, message):
    with pytest.raises(DataError, match=message):
        read_xyz(write("t.xyz", text), crs=UTM)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("389002 5819000", "line 5: .* has 2 fields"),
        ("389002 5819000 34 7", "line 5: .* has 4 fields"),
        ("389002 5819000 abc", "line 5: 'abc' is not a number"),
        ("389002 5819000 nan", "line 5: 'nan' is not finite"),
        ("389002 inf 34", "line 5: 'inf' is not finite"),
        ("389002 5819000 1e400", "line 5: '1e400' is not finite"),
        ("389002 5819000 34,5", "line 5: '34,5' is not a number"),
        ("389002 5819000 0x1f", "line 5: '0x1f' is not a number"),
    ],
)
@pytest.mark.parametrize("separator", [" ", ";", "\t"])
def test_a_bad_line_is_named(write, bad, message, separator):
    text = ["X Y Z", "", "389000 5819000 34", "389001 5819000 34", bad, "389003 5819000 34"]
    path = write("t.xyz", "\n".join(text).replace("X Y Z", "x y z").replace(" ", separator))
    with pytest.raises(DataError, match=message.replace(" 5819000", f"{separator}5819000")):
        read_xyz(path, crs=UTM)


def test_more_blanks_further_down_do_no_harm(write):
    text = lines(heights())
    text[7] = "  " + text[7].replace(" ", "   ")
    assert same(read_xyz(write("t.xyz", "\n".join(text)), crs=UTM), heights())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 6),
    st.integers(2, 6),
    st.sampled_from([0.2, 0.5, 1, 2, 10]),
    st.randoms(use_true_random=False),
    st.data(),
)
def test_any_order_and_any_gaps_give_the_same_raster(rows, columns, step, random, data):
    z = heights(rows, columns)
    text = lines(z, step)
    corners = {0, columns - 1, (rows - 1) * columns}
    inner = [index for index in range(1, len(text)) if index not in corners and index not in (1, columns)]
    lost = data.draw(st.sets(st.sampled_from(inner))) if inner else set()
    for index in lost:
        z[rows - 1 - index // columns, index % columns] = np.nan
    kept = [line for index, line in enumerate(text) if index not in lost]
    random.shuffle(kept)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.xyz"
        path.write_text("\n".join(kept))
        raster = read_xyz(path, crs=UTM)
    assert same(raster, z)
    assert raster.attrs["gaps"] == len(lost)
    assert np.allclose(raster.x.values, EAST + step * np.arange(columns), rtol=0, atol=1e-6)


@pytest.mark.parametrize("key", [lambda p: (p[0], p[1]), lambda p: (-p[1], p[0]), lambda p: (-p[0], -p[1])])
def test_columns_first_and_north_first_read_the_same(write, key):
    text = sorted((tuple(float(word) for word in line.split()) for line in lines(heights(5, 3))), key=key)
    path = write("t.xyz", "\n".join("{:.1f} {:.1f} {:.2f}".format(*posting) for posting in text))
    assert same(read_xyz(path, crs=UTM), heights(5, 3))


@pytest.mark.parametrize(("zone", "plain", "prefixed"), [(32, 25832, 4647), (33, 25833, 5650)])
def test_the_zone_in_the_easting_names_the_crs(write, zone, plain, prefixed):
    path = write("t.xyz", "\n".join(f"{zone}{line}" for line in lines(heights())))
    for crs in (None, plain, prefixed):
        raster = read_xyz(path, crs=crs)
        assert same(raster, heights())
        assert raster.x.values[0] == 389000.0
        assert CRS.from_wkt(raster.spatial_ref.attrs["crs_wkt"]).to_epsg() == plain
        assert f"zone {zone}; it was removed" in raster.attrs["note"]
    with pytest.raises(DataError, match=f"carry zone {zone} .EPSG:{plain}., but"):
        read_xyz(path, crs=25832 if zone == 33 else 25833)


def test_eastings_with_and_without_zone_are_refused(write):
    with pytest.raises(DataError, match="with and without zone 32"):
        read_xyz(write("t.xyz", "32389000 5819000 34\n389001 5819000 34\n"))


def test_a_crs_that_cannot_be_is_refused_with_a_way_out(write):
    path = write("t.xyz", "\n".join(lines(heights())))
    with pytest.raises(DataError, match=r"names no CRS.* give it as crs='EPSG:25832'"):
        read_xyz(path)
    with pytest.raises(DataError, match="carry no zone, as EPSG:5650 has; give crs='EPSG:25833'"):
        read_xyz(path, crs=5650)
    with pytest.raises(DataError, match="degrees"):
        read_xyz(path, crs=4326)
    with pytest.raises(DataError, match="swapped"):
        read_xyz(write("s.xyz", "5819000 389000 34\n5819001 389000 34\n"), crs=UTM)
    with pytest.raises(InputError, match="no CRS"):
        read_xyz(path, crs="nonsense")


@pytest.mark.parametrize("stray", [0.5, 0.25, 0.03])
@pytest.mark.parametrize("shape", [(12, 12), (3, 40)])
def test_a_posting_beside_the_lattice_is_named(write, stray, shape):
    text = lines(heights(*shape))
    text[7] = f"{EAST + 7 + stray:.2f} {NORTH} 34"
    with pytest.raises(DataError, match=rf"line 8: easting {re.escape(f'{EAST + 7 + stray:.10g}')} is out of step"):
        read_xyz(write("t.xyz", "\n".join(text)), crs=UTM)


def test_a_column_out_of_step_is_refused(write):
    text = [line.replace("389003.00", "389003.40") for line in lines(heights(6, 6))]
    with pytest.raises(DataError, match=r"line 4: easting 389003\.4 is out of step"):
        read_xyz(write("t.xyz", "\n".join(text)), crs=UTM)


def test_one_place_has_one_height(write):
    text = lines(heights())
    with pytest.raises(DataError, match=r"at E 389003.00, N 5819000.00, where another line says"):
        read_xyz(write("t.xyz", "\n".join([*text, "389003.00 5819000.00 99.00"])), crs=UTM)
    raster = read_xyz(write("u.xyz", "\n".join([*text, text[3]])), crs=UTM)
    assert same(raster, heights())
    assert raster.attrs["note"] == "1 postings come more than once with one height"


def test_one_row_takes_its_height_from_its_width_and_one_posting_is_refused(write):
    assert read_xyz(write("t.xyz", "\n".join(lines(heights(1, 4), 2))), crs=UTM).shape == (1, 4)
    with pytest.raises(DataError, match="at one place only"):
        read_xyz(write("u.xyz", "389000 5819000 34\n"), crs=UTM)


def test_void_heights_must_be_declared(write):
    z = heights()
    z[1, 2] = -9999
    path = write("t.xyz", "\n".join(lines(z)))
    with pytest.raises(DataError, match="-9999, which commonly means 'empty'; give nodata=-9999"):
        read_xyz(path, crs=UTM)
    raster = read_xyz(path, crs=UTM, nodata=-9999)
    z[1, 2] = np.nan
    assert same(raster, z)
    assert raster.attrs["gaps"] == 1


def test_bounds_keep_the_cells_they_touch(write):
    path = write("t.xyz", "\n".join(lines(heights(6, 8))))
    part = read_xyz(path, crs=UTM, bounds=(389001.5, 5819000.6, 389003.5, 5819002.4))
    assert part.x.values.tolist() == [389002.0, 389003.0]
    assert part.y.values.tolist() == [5819002.0, 5819001.0]
    assert same(part, heights(6, 8)[3:5, 2:4])
    with pytest.raises(DataError, match="does not touch the bounds"):
        read_xyz(path, crs=UTM, bounds=(0, 0, 1, 1))
    with pytest.raises(InputError, match="bounds are"):
        read_xyz(path, crs=UTM, bounds=(1, 0, 0, 1))


def test_packed_tiles_read_as_plain_ones(write, tmp_path):
    text = "\n".join(lines(heights())).encode()
    assert same(read_xyz(write("t.xyz.gz", gzip.compress(text)), crs=UTM), heights())
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/t.xyz", text)
        file.writestr("a/licence.pdf", "words")
    assert same(read_xyz(path, crs=UTM), heights())
    assert same(read_xyz(path / "a" / "t.xyz", crs=UTM), heights())


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_packed_tile_that_is_cut_off_is_refused(write, share):
    data = gzip.compress("\n".join(lines(heights(40, 40))).encode())
    with pytest.raises(DataError, match="cut off"):
        read_xyz(write("t.xyz.gz", data[: int(len(data) * share)]), crs=UTM)


def test_postings_far_apart_do_not_fill_the_memory(write, monkeypatch):
    monkeypatch.setattr(limits, "MAX_RASTER_CELLS", 1000)
    text = "389000 5819000 1\n389001 5819001 1\n389100 5819100 1\n"
    with pytest.raises(LimitError, match="101 x 101 cells"):
        read_xyz(write("t.xyz", text), crs=UTM)


def test_a_tile_is_told_from_other_files(write):
    assert looks_like_xyz(write("t.txt", "\n".join(lines(heights()))))
    assert not looks_like_xyz(write("t.asc", "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n"))
    assert not looks_like_xyz(write("t.tif", b"II*\0" + bytes(100)))
