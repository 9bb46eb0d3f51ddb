"""Rasters on their own pixels, and on the cells of a grid."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import GridSpec, limits
from twin.errors import DataError, InputError, LimitError, TwinError
from twin.geometry import read_raster, resample
from twin.geometry.raster import raster_crs, transform_of

NORTH_UP = Affine(1.0, 0.0, 389000.0, 0.0, -1.0, 5819010.0)


@pytest.fixture
def tif(tmp_path):
    """Write an array as GeoTIFF; returns its path."""
    import rasterio

    def put(values, transform=NORTH_UP, crs="EPSG:25833", name="t.tif", tags=None, band_tags=None, **profile):
        values = np.asarray(values)
        bands = values if values.ndim == 3 else values[None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some files here are meant to have no georeference
            with rasterio.open(
                tmp_path / name,
                "w",
                driver="GTiff",
                height=bands.shape[1],
                width=bands.shape[2],
                count=len(bands),
                dtype=bands.dtype,
                crs=crs,
                transform=transform,
                **profile,
            ) as target:
                target.write(bands)
                if tags:
                    target.update_tags(**tags)
                for name_, value in (band_tags or {}).items():
                    setattr(target, name_, value)
        return tmp_path / name

    return put


def slope(rows=10, columns=12):
    """A plane: 2 per m to the east, 3 per m to the north, at pixel centres."""
    x = 389000.5 + np.arange(columns)
    y = 5819009.5 - np.arange(rows)
    return (2.0 * (x - 389000.0) + 3.0 * (y[:, None] - 5819000.0)).astype(np.float64)


# --- reading -----------------------------------------------------------------------------------------------------


def test_pixels_and_their_centres_arrive_unchanged(tif):
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    raster = read_raster(tif(values))
    assert raster.dims == ("y", "x")
    assert raster.dtype == np.float32
    assert np.array_equal(raster.values, values)
    assert raster.x.values.tolist() == [389000.5, 389001.5, 389002.5, 389003.5, 389004.5]
    assert raster.y.values.tolist() == [5819009.5, 5819008.5, 5819007.5, 5819006.5]
    assert raster_crs(raster).to_epsg() == 25833


def test_rioxarray_understands_the_georeference(tif):
    import rioxarray  # noqa: F401

    raster = read_raster(tif(slope()))
    assert raster.rio.crs.to_epsg() == 25833
    assert raster.rio.transform() == NORTH_UP


def test_a_file_written_south_up_is_turned(tif):
    south_up = Affine(1.0, 0.0, 389000.0, 0.0, 1.0, 5819000.0)
    turned = read_raster(tif(slope()[::-1], south_up, name="s.tif"))
    upright = read_raster(tif(slope()))
    xr.testing.assert_identical(turned.drop_attrs(), upright.drop_attrs())


def test_pixels_need_not_be_square(tif):
    raster = read_raster(tif(slope(), Affine(0.99989, 0.0, 388041.5, 0.0, -1.0, 5820684.25)))
    assert transform_of(raster)[0] == pytest.approx(0.99989, rel=1e-9)
    assert transform_of(raster)[4] == -1.0


def test_degrees_are_kept_as_longitude_and_latitude(tif):
    raster = read_raster(tif(slope(), Affine(1e-3, 0, 11.5, 0, -1e-3, 50.0), "EPSG:4326"))
    assert raster.x.attrs["units"] == "degrees_east"
    assert float(raster.x[0]) == pytest.approx(11.5005)
    assert raster_crs(raster).is_geographic


@pytest.mark.parametrize(
    ("dtype", "nodata", "expected"),
    [("int16", -32768, np.float32), ("float32", -9999.0, np.float32), ("float64", -9999.0, np.float64),
     ("int32", -9999, np.float64), ("uint8", 255, np.float32), ("float32", float(np.finfo("f4").min), np.float32)],
)  # fmt: skip
def test_the_nodata_tag_becomes_nan(tif, dtype, nodata, expected):
    values = np.array([[1, 2], [nodata, 4]]).astype(dtype)
    raster = read_raster(tif(values, nodata=nodata))
    assert raster.dtype == expected
    assert np.array_equal(raster.values, np.array([[1, 2], [np.nan, 4]]), equal_nan=True)


def test_zero_can_be_empty_or_sea_level_as_the_caller_says(tif):
    file = tif(np.array([[0.0, 1.0]], dtype=np.float32), nodata=0.0)
    assert np.isnan(read_raster(file).values[0, 0])
    assert read_raster(file, nodata="none").values[0, 0] == 0.0
    assert np.isnan(read_raster(file, nodata=1.0).values).tolist() == [[False, True]]


def test_a_void_value_that_the_file_does_not_declare_is_refused(tif):
    file = tif(np.array([[-9999.0, 35.0]], dtype=np.float32))
    with pytest.raises(DataError, match="nodata=-9999"):
        read_raster(file)
    assert np.isnan(read_raster(file, nodata=-9999).values).tolist() == [[True, False]]
    assert read_raster(file, nodata="none").values[0, 0] == -9999.0


def test_infinity_is_empty(tif):
    assert np.isnan(read_raster(tif(np.array([[np.inf, 1.0]]))).values).tolist() == [[True, False]]


def test_scale_and_offset_are_applied(tif):
    file = tif(np.array([[3512, -1]], dtype=np.int16), nodata=-1, band_tags={"scales": (0.01,), "offsets": (-5.0,)})
    values = read_raster(file).values
    assert values[0, 0] == pytest.approx(30.12, abs=1e-5)
    assert np.isnan(values[0, 1])


def test_source_and_licence_of_the_file_are_carried(tif):
    file = tif(slope(), tags={"SOURCE": "somewhere", "LICENSE": "dl-de/by-2.0", "VERTICAL_DATUM": "DHHN2016"})
    attributes = read_raster(file).attrs
    assert (attributes["source"], attributes["license"]) == ("somewhere", "dl-de/by-2.0")
    assert attributes["vertical_datum"] == "DHHN2016"


def test_a_compound_system_is_split(tif):
    raster = read_raster(tif(slope(), crs="EPSG:5555"))
    assert raster_crs(raster).to_epsg() == 25832
    assert raster.attrs["vertical_datum"] == "DHHN92"


def test_bounds_take_the_pixels_they_touch(tif):
    file = tif(slope())
    part = read_raster(file, bounds=(389002.0, 5819003.5, 389004.0, 5819006.0))
    assert part.x.values.tolist() == [389002.5, 389003.5]
    assert part.y.values.tolist() == [5819005.5, 5819004.5, 5819003.5]
    whole = read_raster(file)
    assert np.array_equal(part.values, whole.sel(x=part.x, y=part.y).values)


def test_bounds_over_the_edge_give_what_is_there_and_beyond_it_an_error(tif):
    file = tif(slope())
    assert read_raster(file, bounds=(388000.0, 5819009.0, 389001.0, 5820000.0)).shape == (1, 1)
    with pytest.raises(DataError, match="does not touch the bounds"):
        read_raster(file, bounds=(0.0, 0.0, 1.0, 1.0))
    with pytest.raises(InputError, match="min < max"):
        read_raster(file, bounds=(1.0, 0.0, 0.0, 1.0))


def test_the_cell_limit_holds_before_reading(tif, monkeypatch):
    file = tif(slope())
    monkeypatch.setattr(limits, "MAX_RASTER_CELLS", 100)
    with pytest.raises(LimitError, match="MAX_RASTER_CELLS"):
        read_raster(file)
    assert read_raster(file, bounds=(389000.0, 5819000.0, 389005.0, 5819010.0)).size == 50


def test_a_giant_on_paper_is_stopped_by_its_header(tmp_path):
    import rasterio

    profile = {"driver": "GTiff", "height": 60000, "width": 60000, "count": 1, "dtype": "uint8", "crs": "EPSG:25833"}
    with rasterio.open(tmp_path / "g.tif", "w", transform=NORTH_UP, sparse_ok=True, tiled=True, **profile):
        pass
    assert (tmp_path / "g.tif").stat().st_size < 2_000_000
    with pytest.raises(LimitError, match="MAX_RASTER_CELLS"):
        read_raster(tmp_path / "g.tif")


def test_several_bands_ask_for_one(tif):
    file = tif(np.stack([slope(), slope() + 100.0]))
    with pytest.raises(DataError, match="2 bands"):
        read_raster(file)
    assert read_raster(file, band=2).values[0, 0] == slope()[0, 0] + 100.0
    with pytest.raises(InputError, match="band is 3"):
        read_raster(file, band=3)


def test_one_pixel_is_a_raster(tif):
    raster = read_raster(tif(np.array([[7.0]])))
    assert transform_of(raster) == NORTH_UP


def test_what_cannot_be_placed_is_refused(tif):
    with pytest.raises(DataError, match="no georeference"):
        read_raster(tif(slope(), Affine.identity(), name="a.tif"))
    with pytest.raises(DataError, match="rotated"):
        read_raster(tif(slope(), Affine(0.98, 0.17, 389000.0, 0.17, -0.98, 5819010.0), name="b.tif"))
    file = tif(slope(), crs=None, name="c.tif")
    with pytest.raises(DataError, match="names no CRS"):
        read_raster(file)
    assert raster_crs(read_raster(file, crs=25833)).to_epsg() == 25833
    with pytest.raises(DataError, match="leave crs out"):
        read_raster(tif(slope(), name="d.tif"), crs=25832)


def test_complex_numbers_are_refused(tif):
    with pytest.raises(DataError, match="real numbers"):
        read_raster(tif(np.ones((2, 2), np.complex64)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer"),
        (b"\x89PNG\r\n\x1a\n", "is expected there"),
        (b"<VRTDataset><SourceFilename>/etc/hostname</SourceFilename></VRTDataset>", "is expected there"),
        (b"II*\x00" + bytes(60), "cannot be read"),
    ],
)
def test_what_is_no_raster_says_what_it_is(tmp_path, content, reason):
    (tmp_path / "t.tif").write_bytes(content)
    with pytest.raises(DataError, match=reason):
        read_raster(tmp_path / "t.tif")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.0, 0.98))
def test_a_cut_file_is_never_read(tif, share):
    rng = np.random.default_rng(0)
    whole = tif(rng.random((40, 40)), name="whole.tif", compress="deflate")
    cut = whole.with_name("cut.tif")
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    with pytest.raises(TwinError, match=r"cut\.tif"):
        read_raster(cut)


def test_an_ascii_grid_is_read(tmp_path):
    (tmp_path / "t.asc").write_text(
        "ncols 3\nnrows 2\nxllcorner 10\nyllcorner 20\ncellsize 5\nNODATA_value -9999\n1 2 3\n4 -9999 6\n"
    )
    raster = read_raster(tmp_path / "t.asc", crs=25832)
    assert np.array_equal(raster.values, [[1, 2, 3], [4, np.nan, 6]], equal_nan=True)
    assert (raster.x.values.tolist(), raster.y.values.tolist()) == ([12.5, 17.5, 22.5], [27.5, 22.5])


# --- on the grid -------------------------------------------------------------------------------------------------


def grid(xmin, ymin, xmax, ymax, resolution=1.0, crs="EPSG:25833", anchor=(0.0, 0.0)):
    return GridSpec.from_bounds((xmin, ymin, xmax, ymax), resolution, crs, anchor=anchor)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "area", "max"])
def test_coinciding_cells_are_copied_bit_for_bit(tif, method):
    raster = read_raster(tif(np.random.default_rng(0).random((10, 12))))
    spec = grid(389002, 5819001, 389008, 5819009)
    placed = resample(raster, spec, method)
    assert np.array_equal(placed.values, raster.sel(x=placed.x, y=placed.y).values)
    assert GridSpec.from_dataset(placed) == spec


def test_cells_beyond_the_raster_are_empty(tif):
    placed = resample(read_raster(tif(slope())), grid(388998, 5819005, 389003, 5819012))
    assert np.isnan(placed.values[:2]).all()
    assert np.isnan(placed.values[:, :2]).all()
    assert np.isfinite(placed.values[2:, 2:]).all()


def test_a_plane_stays_a_plane_between_pixels(tif):
    spec = grid(389002, 5819002, 389010, 5819008, 0.5, anchor=(0.2, 0.3))
    placed = resample(read_raster(tif(slope())), spec, "bilinear")
    expected = 2.0 * (placed.x - 389000.0) + 3.0 * (placed.y - 5819000.0)
    # linear interpolation is exact on a plane; coordinates of 5.8e6 m leave about 1e-9 m, times the slope
    assert np.abs(placed - expected.transpose("y", "x")).max() < 1e-7


def test_area_means_keep_the_sum(tif):
    raster = read_raster(tif(np.random.default_rng(1).random((10, 12))))
    placed = resample(raster, grid(389000, 5819000, 389012, 5819010, 2.0), "area")
    expected = raster.values.reshape(5, 2, 6, 2).mean(axis=(1, 3))
    assert np.abs(placed.values - expected).max() < 1e-12


def test_area_means_weigh_by_overlap(tif):
    raster = read_raster(tif(np.tile(np.arange(12.0), (10, 1))))
    placed = resample(raster, grid(389000, 5819001, 389012, 5819010, 1.5), "area")
    # cells of 1.5 m begin at 388999.5: pixel 0 alone; pixel 1 whole and half of pixel 2; half of pixel 2 and pixel 3
    assert placed.values[0, :3] == pytest.approx([0.0, (1.0 + 2.0 * 0.5) / 1.5, (2.0 * 0.5 + 3.0) / 1.5], abs=1e-6)


def test_max_takes_the_highest_pixel(tif):
    raster = read_raster(tif(np.random.default_rng(2).random((10, 12))))
    placed = resample(raster, grid(389000, 5819000, 389012, 5819010, 2.0), "max")
    assert np.array_equal(placed.values, raster.values.reshape(5, 2, 6, 2).max(axis=(1, 3)))


def test_empty_pixels_do_not_count_in_means(tif):
    values = np.ones((10, 12))
    values[0, 0] = np.nan
    values[2:4, 2:4] = np.nan
    placed = resample(read_raster(tif(values)), grid(389000, 5819000, 389012, 5819010, 2.0), "area")
    assert placed.values[0, 0] == 1.0
    assert np.isnan(placed.values[1, 1])
    assert np.isfinite(placed.values).sum() == 29


def test_nearest_invents_no_value(tif):
    raster = read_raster(tif(np.random.default_rng(3).random((10, 12))))
    placed = resample(raster, grid(389001, 5819001, 389009, 5819009, 0.7), "nearest")
    assert np.isin(placed.values, raster.values).all()


def test_another_zone_is_reprojected_to_the_right_place(tif):
    from pyproj import Transformer

    raster = read_raster(tif(slope(200, 200), Affine(1, 0, 389000, 0, -1, 5819200)))
    to_32 = Transformer.from_crs(25833, 25832, always_xy=True)
    x, y = to_32.transform(389100.0, 5819100.0)
    spec = grid(round(x) - 10, round(y) - 10, round(x) + 10, round(y) + 10, crs="EPSG:25832")
    placed = resample(raster, spec)
    back = Transformer.from_crs(25832, 25833, always_xy=True)
    xs, ys = back.transform(*np.meshgrid(placed.x, placed.y))
    # the values are a plane of their pixels: 2 per column, -3 per row, from the first centre
    first = slope(1, 1)[0, 0]
    expected = first + 2.0 * (xs - 389000.5) - 3.0 * (5819199.5 - ys)
    # 1e-5: two transformations of some 1e-6 m each, times the slope
    assert np.abs(placed.values - expected).max() < 1e-5


def test_a_raster_elsewhere_is_refused_with_both_places(tif):
    raster = read_raster(tif(slope()))
    for resolution in (1.0, 0.7):
        with pytest.raises(DataError, match="does not overlap the grid"):
            resample(raster, grid(500000, 5819000, 500010, 5819010, resolution))


def test_an_empty_raster_in_place_is_no_error(tif):
    raster = read_raster(tif(np.full((10, 12), np.nan)))
    assert np.isnan(resample(raster, grid(389000, 5819000, 389012, 5819010, 2.0))).all()


def test_the_raster_is_not_changed(tif):
    raster = read_raster(tif(slope()))
    before = raster.copy(deep=True)
    resample(raster, grid(389002, 5819002, 389010, 5819008, 0.5))
    resample(raster, grid(389002, 5819002, 389010, 5819008))
    xr.testing.assert_identical(raster, before)


def test_impossible_arguments_are_refused(tif):
    raster = read_raster(tif(slope()))
    spec = grid(389002, 5819002, 389010, 5819008)
    with pytest.raises(InputError, match="nearest, bilinear, area, max"):
        resample(raster, spec, "cubic")
    with pytest.raises(InputError, match="must descend"):
        resample(raster[::-1], spec)
    with pytest.raises(InputError, match="equal steps"):
        resample(raster.isel(x=[0, 1, 3]), spec)
    with pytest.raises(InputError, match="no CRS"):
        resample(raster.drop_vars("spatial_ref"), spec)
    with pytest.raises(InputError, match="nodata is"):
        read_raster(tif(slope()), nodata="nan please")


# --- real rasters ------------------------------------------------------------------------------------------------


def test_the_packaged_terrain_is_copied_not_averaged(sample):
    raster = read_raster(sample("tiergarten/dgm1_berlin_tiergarten.tif"), nodata="none")
    spec = GridSpec.from_bounds((389100.5, 5819100.5, 389200.5, 5819200.5), 1.0, "EPSG:25833", anchor=(0.5, 0.5))
    placed = resample(raster, spec, "bilinear")
    assert np.array_equal(placed.values, raster.sel(x=placed.x, y=placed.y).values)
    assert 27.0 < float(placed.min()) < float(placed.max()) < 39.0


def test_the_misaligned_vegetation_lands_on_the_same_grid(sample):
    raster = read_raster(sample("tiergarten/vegetation_height_berlin_tiergarten.tif"))
    assert transform_of(raster)[0] == pytest.approx(0.9998920086, rel=1e-6)
    spec = GridSpec.from_bounds((389100, 5819100, 389200, 5819200), 1.0, "EPSG:25833")
    placed = resample(raster, spec, "nearest")
    for row, column in ((0, 0), (50, 50), (99, 99)):
        near = raster.sel(x=float(placed.x[column]), y=float(placed.y[row]), method="nearest")
        assert np.array_equal(near.values, placed.values[row, column], equal_nan=True)


def test_terrain_in_degrees_agrees_with_itself_in_metres(shared_data):
    metric = read_raster(shared_data("city/berlin_tiergarten/Berlin_terrain_height_3m_DLR.tif"))
    degrees = read_raster(shared_data("city/berlin_tiergarten/Berlin_terrain_height_3m_DLR_WGS84.tif"))
    spec = GridSpec.from_bounds((389500, 5819500, 390300, 5820200), 3.0, "EPSG:25833")
    difference = resample(degrees, spec) - resample(metric, spec)
    # the publisher warped one to the other with nearest pixels of 3 m: no bias, scatter of the relief within a pixel
    assert abs(float(difference.mean())) < 0.01
    assert float(np.abs(difference).quantile(0.95)) < 0.25
