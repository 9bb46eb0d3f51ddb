"""GeoTIFF and NetCDF keep values, CRS, transform and attributes, as other programs read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rioxarray
import xarray as xr

from twin import GridSpec
from twin.errors import DataError, InputError
from twin.export import read_netcdf, write_geotiff, write_netcdf

SPEC = GridSpec.from_bounds((389000, 5819000, 389014, 5819010), 2.0, "EPSG:25833")
ATTRIBUTION = "© OpenStreetMap contributors"


@pytest.fixture
def grid() -> xr.Dataset:
    random = np.random.default_rng(1)
    depth = random.random(SPEC.shape).astype("float32")
    depth[1, 2] = np.nan
    times = np.array(["2024-07-01T14:00", "2024-07-01T14:10"], "datetime64[ns]")
    return SPEC.dataset().assign(
        water_depth_max=(("y", "x"), depth, {"units": "m", "long_name": "highest water depth", "source": "test"}),
        land_cover=(
            ("y", "x"),
            random.integers(1, 11, SPEC.shape).astype("uint8"),
            {"flag_values": np.arange(1, 11), "flag_meanings": "asphalt paving", "attribution": ATTRIBUTION},
        ),
        water_depth=(("time", "y", "x"), np.stack([depth, 2 * depth]), {"units": "m"}),
        time=("time", times),
        volume_error=((), 1e-12, {"units": "1"}),
    )


def test_a_float_grid_comes_back_bit_for_bit(tmp_path: Path, grid: xr.Dataset) -> None:
    path = write_geotiff(grid.water_depth_max, tmp_path / "depth.tif")
    with rasterio.open(path) as source:
        np.testing.assert_array_equal(source.read(1), grid.water_depth_max.values)
        assert source.crs.to_epsg() == 25833
        assert source.transform == SPEC.transform
        assert np.isnan(source.nodata)
        assert source.descriptions == ("water_depth_max",)
        assert source.units == ("m",)
        assert source.tags(1)["long_name"] == "highest water depth"
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_rioxarray_sees_the_same_place(tmp_path: Path, grid: xr.Dataset) -> None:
    path = write_geotiff(grid.water_depth_max, tmp_path / "depth.tif")
    with rioxarray.open_rasterio(path, masked=True) as opened:
        again = GridSpec.from_dataset(opened.isel(band=0, drop=True).to_dataset(name="depth"))
        assert again == SPEC
        np.testing.assert_array_equal(opened.y.values, grid.y.values)
        np.testing.assert_array_equal(opened.x.values, grid.x.values)
        assert opened.rio.crs.to_epsg() == 25833


def test_classes_stay_integers_and_carry_their_licence(tmp_path: Path, grid: xr.Dataset) -> None:
    path = write_geotiff(grid.land_cover, tmp_path / "cover.tif")
    with rasterio.open(path) as source:
        assert source.dtypes == ("uint8",)
        assert source.nodata is None
        np.testing.assert_array_equal(source.read(1), grid.land_cover.values)
        assert source.tags(1)["flag_values"] == "1 2 3 4 5 6 7 8 9 10"
        assert source.tags()["attribution"] == ATTRIBUTION
        assert source.tags()["TIFFTAG_COPYRIGHT"] == ATTRIBUTION


def test_every_source_is_named_once(tmp_path: Path, grid: xr.Dataset) -> None:
    grid["water_depth_max"].attrs["attribution"] = f"NASA/USGS; {ATTRIBUTION}"
    with rasterio.open(write_geotiff(grid, tmp_path / "all.tif")) as source:
        assert source.tags()["attribution"] == f"NASA/USGS; {ATTRIBUTION}"


def test_time_steps_become_named_bands(tmp_path: Path, grid: xr.Dataset) -> None:
    with rasterio.open(write_geotiff(grid.water_depth, tmp_path / "depths.tif")) as source:
        assert source.descriptions == ("water_depth 2024-07-01T14:00:00", "water_depth 2024-07-01T14:10:00")
        np.testing.assert_array_equal(source.read(), grid.water_depth.values)


def test_a_dataset_becomes_one_file_and_its_scalars_tags(tmp_path: Path, grid: xr.Dataset) -> None:
    with rasterio.open(write_geotiff(grid.assign_attrs(model="flood"), tmp_path / "all.tif")) as source:
        assert source.count == 4
        assert set(source.dtypes) == {"float32"}
        np.testing.assert_array_equal(source.read(2), grid.land_cover.values)
        assert float(source.tags()["volume_error"]) == 1e-12
        assert source.tags()["model"] == "flood"


def test_overviews_of_classes_hold_only_classes(tmp_path: Path) -> None:
    spec = GridSpec.from_bounds((0, 0, 1200, 1200), 1.0, "EPSG:25832")
    values = np.where(np.indices(spec.shape).sum(0) % 2, 1, 9).astype("uint8")
    grid = spec.dataset().assign(land_cover=(("y", "x"), values))
    with rasterio.open(write_geotiff(grid.land_cover, tmp_path / "cover.tif")) as source:
        assert source.overviews(1)
        assert set(np.unique(source.read(1, out_shape=(600, 600)))) <= {1, 9}


def test_masks_are_written_as_bytes(tmp_path: Path) -> None:
    mask = SPEC.dataset().assign(wet=(("y", "x"), np.eye(*SPEC.shape, dtype=bool))).wet
    with rasterio.open(write_geotiff(mask, tmp_path / "mask.tif")) as source:
        assert source.dtypes == ("uint8",)
        assert source.read(1).sum() == min(SPEC.shape)


@pytest.mark.parametrize("compress", ["deflate", "lzw", "zstd", "none"])
def test_every_compression_is_lossless(tmp_path: Path, grid: xr.Dataset, compress: str) -> None:
    path = write_geotiff(grid.water_depth_max, tmp_path / "a.tif", compress=compress)
    with rasterio.open(path) as source:
        np.testing.assert_array_equal(source.read(1), grid.water_depth_max.values)


def test_what_is_no_grid_is_refused(tmp_path: Path, grid: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"ends in \.tif"):
        write_geotiff(grid, tmp_path / "a.png")
    with pytest.raises(InputError, match="no CRS"):
        write_geotiff(grid.drop_vars("spatial_ref"), tmp_path / "a.tif")
    with pytest.raises(InputError, match="no variable lies on"):
        write_geotiff(SPEC.dataset().assign(volume_error=0.0), tmp_path / "a.tif")
    with pytest.raises(InputError, match="dims"):
        write_geotiff(grid.water_depth.transpose("y", "x", "time"), tmp_path / "a.tif")
    with pytest.raises(InputError, match="complex128"):
        write_geotiff(grid.water_depth_max.astype(complex), tmp_path / "a.tif")
    with pytest.raises(InputError, match="compress is 'jpeg'"):
        write_geotiff(grid, tmp_path / "a.tif", compress="jpeg")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, grid: xr.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "depth.tif"
    path.write_bytes(b"old")

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(rasterio, "open", fail)
    with pytest.raises(DataError, match="disk full"):
        write_geotiff(grid.water_depth_max, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# NetCDF


def test_netcdf_keeps_values_types_and_place(tmp_path: Path, grid: xr.Dataset) -> None:
    again = read_netcdf(write_netcdf(grid.assign_attrs(model="flood"), tmp_path / "a.nc"))
    assert GridSpec.from_dataset(again) == SPEC
    assert again.attrs["model"] == "flood"
    for name in grid.data_vars:
        np.testing.assert_array_equal(again[name].values, grid[name].values)
        assert again[name].dtype == grid[name].dtype
    assert again.land_cover.attrs["attribution"] == ATTRIBUTION
    assert again.water_depth_max.attrs["units"] == "m"
    np.testing.assert_array_equal(again.time.values, grid.time.values)


def test_netcdf_written_twice_is_the_same_dataset(tmp_path: Path, grid: xr.Dataset) -> None:
    once = read_netcdf(write_netcdf(grid, tmp_path / "a.nc"))
    twice = read_netcdf(write_netcdf(once, tmp_path / "b.nc"))
    xr.testing.assert_identical(once, twice)


def test_rioxarray_finds_the_crs_in_netcdf(tmp_path: Path, grid: xr.Dataset) -> None:
    with xr.open_dataset(write_netcdf(grid, tmp_path / "a.nc"), decode_coords="all") as opened:
        assert opened.water_depth_max.rio.crs.to_epsg() == 25833
        assert opened.water_depth_max.rio.transform() == SPEC.transform


def test_writing_netcdf_leaves_the_argument_alone(tmp_path: Path, grid: xr.Dataset) -> None:
    before = grid.copy(deep=True)
    write_netcdf(grid, tmp_path / "a.nc")
    xr.testing.assert_identical(grid, before)


def test_what_netcdf_cannot_hold_is_refused(tmp_path: Path, grid: xr.Dataset) -> None:
    with pytest.raises(DataError, match="cannot be stored"):
        write_netcdf(grid.assign_attrs(broken={"a": 1}), tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"not a file of numbers", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_netcdf_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as NetCDF"):
        read_netcdf(path)
