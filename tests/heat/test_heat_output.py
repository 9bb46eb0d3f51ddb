"""Where the fields of a day go, and that neither plates nor files nor threads change a bit of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import twin
from twin.errors import InputError
from twin.heat import plan, plates
from twin.heat.output import check_output

Build = Callable[..., xr.Dataset]
COARSE: dict[str, Any] = {"directions": 16, "sun_samples": 1}


@pytest.fixture(scope="module")
def untiled(town: xr.Dataset, day: xr.Dataset) -> xr.Dataset:
    return twin.heat.simulate(town, day, plate=512, **COARSE)


def _assert_same(found: xr.Dataset, expected: xr.Dataset) -> None:
    assert set(found.data_vars) == set(expected.data_vars)
    for name in expected.data_vars:
        np.testing.assert_array_equal(found[name].values, expected[name].values, err_msg=str(name))


@pytest.mark.parametrize("threads", [1, 2])
def test_tiled_is_untiled(town: xr.Dataset, day: xr.Dataset, untiled: xr.Dataset, threads: int) -> None:
    _assert_same(twin.heat.simulate(town, day, plate=16, threads=threads, **COARSE), untiled)


def test_a_store_holds_what_memory_holds(
    town: xr.Dataset, day: xr.Dataset, untiled: xr.Dataset, tmp_path: Path
) -> None:
    hourly = ("sunlit_fraction", "mean_radiant_temperature", "utci")
    stored = twin.heat.simulate(town, day, plate=16, output=tmp_path / "day.zarr", hourly=hourly, **COARSE)
    _assert_same(stored, untiled)
    for name in ("caveats", "border_reach", "near_border_share", "options", "input_fingerprint", "validation"):
        assert stored.attrs[name] == untiled.attrs[name]
    for name in untiled.data_vars:
        assert stored[name].attrs["units"] == untiled[name].attrs["units"]
    np.testing.assert_array_equal(stored.time, untiled.time)
    assert stored.time.attrs["utc_offset_hours"] == 1.0
    assert twin.GridSpec.from_dataset(stored) == twin.GridSpec.from_dataset(town)
    stored.close()
    assert [path.name for path in tmp_path.iterdir()] == ["day.zarr"]


def test_a_store_takes_hours_only_if_asked(town: xr.Dataset, day: xr.Dataset, tmp_path: Path) -> None:
    stored = twin.heat.simulate(town, day, output=tmp_path / "day.zarr", **COARSE)
    assert "utci" not in stored
    assert "utci_max" in stored


def test_a_run_that_is_broken_off_leaves_nothing(
    town: xr.Dataset, day: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, done = plan.compute, []

    def stopped(*arguments: Any) -> Any:
        done.append(1)
        if len(done) == 3:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(plan, "compute", stopped)
    with pytest.raises(KeyboardInterrupt):
        twin.heat.simulate(town, day, plate=16, output=tmp_path / "day.zarr", **COARSE)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_broken_off_keeps_the_store_before(
    town: xr.Dataset, day: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = twin.heat.simulate(town, day, output=tmp_path / "day.zarr", **COARSE).load()

    def stopped(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(plan, "compute", stopped)
        with pytest.raises(KeyboardInterrupt):
            twin.heat.simulate(town, day, output=tmp_path / "day.zarr", **COARSE)
    _assert_same(xr.open_zarr(tmp_path / "day.zarr", chunks=None), before)
    again = twin.heat.simulate(town, day, output=tmp_path / "day.zarr", wall_albedo=0.5, **COARSE)
    assert (again.utci_max != before.utci_max).any()
    assert [path.name for path in tmp_path.iterdir()] == ["day.zarr"]


@pytest.mark.parametrize("kind", ["zarr", "netcdf", "dask"])
def test_a_grid_in_files_is_a_grid_in_memory(
    town: xr.Dataset, day: xr.Dataset, untiled: xr.Dataset, tmp_path: Path, kind: str
) -> None:
    if kind == "netcdf":
        town.to_netcdf(tmp_path / "town.nc", engine="h5netcdf")
        opened = xr.open_dataset(tmp_path / "town.nc", engine="h5netcdf", decode_coords="all")
    else:
        town.to_zarr(tmp_path / "town.zarr", consolidated=False)
        opened = xr.open_zarr(tmp_path / "town.zarr", chunks=None, consolidated=False, decode_coords="all")
        opened = opened.chunk({"y": 7, "x": 9}) if kind == "dask" else opened
    with opened:
        found = twin.heat.simulate(opened, day, plate=16, **COARSE)
        loaded = [name for name in opened.data_vars if isinstance(opened[name].variable._data, np.ndarray)]
    assert loaded == []  # nothing was read whole
    _assert_same(found, untiled)
    assert found.attrs["input_fingerprint"] == untiled.attrs["input_fingerprint"]


def test_hours_choose_the_steps_that_are_kept(town: xr.Dataset, day: xr.Dataset, untiled: xr.Dataset) -> None:
    found = twin.heat.simulate(town, day, hours=("14:00", "06:00"), hourly="utci", **COARSE)
    assert [str(time)[11:16] for time in found.time.values] == ["06:00", "14:00"]
    assert "sunlit_fraction" not in found
    np.testing.assert_array_equal(found.utci.values, untiled.utci.values[[6, 14]])
    np.testing.assert_array_equal(found.utci_max, untiled.utci_max)


def test_large_days_keep_no_hours_unless_asked(
    town: xr.Dataset, day: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "HOURLY_BYTES", 1000.0)
    found = twin.heat.simulate(town, day, **COARSE)
    assert not {"utci", "sunlit_fraction", "mean_radiant_temperature"} & set(found.data_vars)
    assert "strong_heat_stress_duration" in found
    assert "utci" in twin.heat.simulate(town, day, hourly="utci", **COARSE)


def test_sunlit_hours_are_the_sum_of_sunlit_shares(untiled: xr.Dataset) -> None:
    expected = untiled.sunlit_fraction.sum("time", skipna=False)
    np.testing.assert_allclose(untiled.sunlit_hours, expected, rtol=1e-6)
    assert 10 < untiled.sunlit_hours.max() < 17  # 26 July, 50 degrees north: the sun is up for 15.3 hours


@pytest.mark.parametrize("output", ["day.nc", "day"])
def test_an_output_of_another_kind_is_refused(output: str) -> None:
    with pytest.raises(InputError, match=r"ends in \.zarr"):
        check_output(output)


def test_a_folder_that_is_no_store_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos.zarr").mkdir()
    with pytest.raises(InputError, match="no Zarr store"):
        check_output(tmp_path / "photos.zarr")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hours": "14"}, "hours holds '14'"),
        ({"hours": "14:30"}, "no step of the weather has that time"),
        ({"hourly": "pet"}, "hourly is or holds 'pet'"),
        ({"plate": 8}, "plate is 8"),
        ({"indices": ("utci", "utci")}, "different names"),
        ({"receiver": "sitting"}, "receiver"),
    ],
)
def test_impossible_choices_are_refused(town: xr.Dataset, day: xr.Dataset, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        twin.heat.simulate(town, day, **options)


def test_regions_of_a_long_city_are_the_city(
    make_grid: Build, day: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regions see 512 cells around them; what rises beyond, here a tower and a hill, through the distant skyline."""
    random = np.random.default_rng(3)
    shape = (20, 1500)
    roof = np.where(random.random((20, 1500)) < 0.04, random.uniform(4, 25, shape), 0.0)
    roof[4:12, 700:712] = 120.0
    trees = np.where((random.random(shape) < 0.05) & (roof == 0), random.uniform(4, 12, shape), 0.0)
    hill = 300.0 + 60.0 * np.exp(-(((np.arange(1500) - 1400) / 60.0) ** 2)) + np.zeros(shape)
    city = make_grid(
        shape,
        roof_height=roof,
        ground_elevation=hill,
        canopy_height=trees.astype(np.float32),
        land_cover=np.where(roof > 0, 3, 6).astype(np.uint8),
    )
    at_once = twin.heat.simulate(city, day, hourly="utci", hours=("07:00", "18:00"), plate=512, **COARSE)
    monkeypatch.setattr(plates, "WHOLE", 256)
    monkeypatch.setattr(plates, "REGION", 128)
    assert len(list(plates.regions(shape, 64))) == 12
    by_region = twin.heat.simulate(city, day, hourly="utci", hours=("07:00", "18:00"), plate=64, **COARSE)
    _assert_same(by_region, at_once)
