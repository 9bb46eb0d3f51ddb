"""A saved city comes back exactly as it was, from one file; what is damaged, foreign or newer says so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import h5py
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from twin import City, GridSpec, build_city, limits, load_city, measures, sample_city
from twin.city import open_city, save_city
from twin.city.stored_tables import dataset_to_table, table_to_dataset
from twin.city.stored_values import from_text, to_text
from twin.errors import DataError, InputError, LimitError, TwinError
from twin.export import read_netcdf
from twin.geometry.records import ReadReport, Refusal
from twin.provenance import fingerprint
from twin.scenario.hamlet import LEFT, TOP, hamlet

FORMS = ["nc", pytest.param("zarr", marks=pytest.mark.filterwarnings("ignore::UserWarning:zarr"))]


@pytest.fixture
def city() -> City:
    return full_hamlet()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full hamlet in a file; tests change copies of it, because saving takes half a second."""
    return save_city(full_hamlet(), tmp_path_factory.mktemp("saved") / "whole.nc")


def full_hamlet() -> City:
    """Return a hamlet with everything a table may hold."""
    made = hamlet()
    buildings = made.buildings.assign(
        tags=[{"name": "Rathaus ß", "levels": 2}, {}, None, {"a": (1, 2.5)}],
        storeys_told=pd.array([1, None, 3, 4], dtype="Int64"),
        kind=pd.Categorical(["a", "b", None, "a"], ["b", "a"], ordered=True),
        built=pd.to_datetime(["1900-01-01", None, "2000-02-29", "2026-11-22T10:11:12.123456"], format="ISO8601"),
        empty=np.full(4, np.nan, np.float32),
        text=["", "ü\n", None, "~tuple"],
    )
    places = gpd.GeoDataFrame(
        {"kind": ["school", "playground"], "name": ["Grundschule", None], "osm_id": ["w1", "n2"]},
        geometry=[shapely.box(LEFT, TOP - 9, LEFT + 9, TOP), shapely.Point(LEFT + 1, TOP - 1)],
        crs=made.spec.crs,
    )
    report = ReadReport("a.gml", 4, 3, (Refusal("b", "why"),), (), ("3 Häuser",))
    meta = type(made.meta)(made.meta.sources, made.meta.caveats, (report, *made.meta.reports))
    grid = made.grid.assign(mask=(("y", "x"), np.eye(*made.spec.shape, dtype=bool)))
    grid.attrs |= {"number": 3, "none": None, "yes": True, "list": [1, 2], "nested": {"a": (1.5, float("nan"))}}
    return made.with_changes(buildings=buildings, places=places, meta=meta, grid=grid)


def assert_same(one: City, two: City) -> None:
    assert one.name == two.name
    xr.testing.assert_identical(one.grid.drop_attrs(), two.grid.drop_attrs())
    for name in one.grid.variables:
        assert one.grid[name].dtype == two.grid[name].dtype
        assert repr(one.grid[name].attrs) == repr(two.grid[name].attrs)  # repr: types count and NaN equals NaN
    assert repr(one.grid.attrs) == repr(two.grid.attrs)
    assert list(one.grid.data_vars) == list(two.grid.data_vars)
    pairs = [(one.buildings, two.buildings), (one.trees, two.trees), (one.places, two.places)]
    if one.network is not None:
        assert two.network is not None
        pairs += [(getattr(one.network, part), getattr(two.network, part)) for part in ("nodes", "links", "turns")]
        assert one.network.report == two.network.report
    else:
        assert two.network is None
    for left, right in pairs:
        assert (left is None) == (right is None)
        if left is not None:
            assert_frame_equal(left, right, check_exact=True, check_freq=True)
            assert type(left) is type(right)
            assert getattr(left, "crs", None) == getattr(right, "crs", None)
    assert repr(one.meta) == repr(two.meta)


@pytest.mark.parametrize("form", FORMS)
def test_everything_of_a_city_comes_back(tmp_path: Path, city: City, form: str) -> None:
    if form == "zarr":
        pytest.importorskip("zarr", reason="zarr is an extra of the package: pip install 'urban-twin[zarr]'")
    again = open_city(save_city(city, tmp_path / f"hamlet.{form}"))
    assert_same(city, again)
    tables = (city.buildings, city.trees, city.network.links)
    assert fingerprint(city.grid, *tables) == fingerprint(again.grid, again.buildings, again.trees, again.network.links)
    assert_same(again, open_city(save_city(again, tmp_path / f"twice.{form}")))


@pytest.mark.parametrize("name", ["bayreuth", "tiergarten"])
def test_the_samples_come_back_and_stay_small(tmp_path: Path, name: str) -> None:
    city = sample_city(name)
    path = save_city(city, tmp_path / "city.nc")
    assert_same(city, open_city(path))
    # 1.5 MB and 7.1 MB when this was written; the grids hold 4.4 and 70 MB
    assert path.stat().st_size < max(0.2 * city.grid.nbytes, 2.5e6)


def bare_slope() -> City:
    spec = GridSpec(500000, 5500020, 10.0, 2, 2, "EPSG:25832")
    slope = xr.DataArray([[10.0, np.nan], [10, 11]], spec.coordinates(), ("y", "x"))
    return build_city("slope", spec, terrain=slope)


def test_a_city_without_roads_trees_and_buildings_comes_back(tmp_path: Path) -> None:
    city = bare_slope()
    assert_same(city, open_city(save_city(city, tmp_path / "slope.nc")))


def test_a_changed_city_runs_on_like_the_one_saved(tmp_path: Path) -> None:
    yard = (LEFT + 56.0, TOP - 108.0, LEFT + 96.0, TOP - 76.0)
    green, _ = measures.unseal(yard).apply(hamlet())
    again = open_city(save_city(green, tmp_path / "green.nc"))
    one, _ = measures.close_road("Dorfstraße").apply(green)
    two, _ = measures.close_road("Dorfstraße").apply(again)
    assert_same(one, two)


def test_other_programs_read_the_grid(saved: Path, city: City) -> None:
    grid = read_netcdf(saved)
    np.testing.assert_array_equal(grid.ground_elevation.values, city.grid.ground_elevation.values)
    assert grid.attrs["title"] == "hamlet"
    with xr.open_dataset(saved, decode_coords="all") as opened:
        import rioxarray  # noqa: F401

        assert opened.ground_elevation.rio.crs.to_epsg() == 25832
        assert opened.ground_elevation.rio.transform() == city.spec.transform


def test_saving_leaves_the_city_alone(tmp_path: Path, city: City) -> None:
    before = repr([array.attrs for array in city.grid.variables.values()])
    save_city(city, tmp_path / "hamlet.nc")
    assert repr([array.attrs for array in city.grid.variables.values()]) == before


def test_load_city_opens_a_saved_city(saved: Path, city: City) -> None:
    assert_same(city, load_city(saved))
    with pytest.raises(InputError, match="as it was saved"):
        load_city(saved, resolution=2.0)


@pytest.mark.parametrize("form", FORMS)
def test_a_failed_save_leaves_the_old_one(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == "zarr":
        pytest.importorskip("zarr", reason="zarr is an extra of the package: pip install 'urban-twin[zarr]'")
    city = bare_slope()
    path = save_city(city, tmp_path / f"slope.{form}")

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(xr.Dataset, "to_netcdf" if form == "nc" else "to_zarr", fail)
        with pytest.raises(DataError, match="disk full"):
            save_city(city.with_changes(name="other"), path)
    assert open_city(path).name == "slope"
    assert list(tmp_path.iterdir()) == [path]
    save_city(city.with_changes(name="other"), path)
    assert open_city(path).name == "other"
    assert list(tmp_path.iterdir()) == [path]


# what is refused


def test_what_cannot_be_stored_is_named(tmp_path: Path, city: City) -> None:
    strange = city.buildings.assign(strange=[object(), 1, 2, 3])
    with pytest.raises(InputError, match=r"buildings, column 'strange' holds .* of type object"):
        save_city(city.with_changes(buildings=strange), tmp_path / "a.nc")
    with pytest.raises(InputError, match=r"ends in \.nc"):
        save_city(city, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_without_zarr_the_way_to_get_it_is_named(tmp_path: Path, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(InputError, match=r'pip install "urban-twin\[zarr\]"'):
        save_city(city, tmp_path / "a.zarr")


@pytest.mark.parametrize("content", [b"", b"no numbers", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_netcdf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as a saved city"):
        open_city(tmp_path / "a.nc")


def test_netcdf_of_another_kind_is_refused(tmp_path: Path) -> None:
    from twin.export import write_netcdf

    write_netcdf(hamlet().grid, tmp_path / "a.nc")
    with pytest.raises(DataError, match="but no city saved by save_city"):
        open_city(tmp_path / "a.nc")


def test_a_later_format_is_refused(tmp_path: Path, saved: Path) -> None:
    path = Path(shutil.copy(saved, tmp_path / "a.nc"))
    with h5py.File(path, "a") as file:
        file.attrs["twin_city_format"] = 2
    with pytest.raises(DataError, match="has the format 2, this version reads up to 1; update"):
        open_city(path)


@pytest.mark.parametrize("part", ["buildings", "network/links", "twin", "ground_elevation", "buildings/height"])
def test_a_missing_part_is_named(tmp_path: Path, saved: Path, part: str) -> None:
    path = Path(shutil.copy(saved, tmp_path / "a.nc"))
    with h5py.File(path, "a") as file:
        del file[part]
    with pytest.raises(DataError, match=part.split("/")[-1]):
        open_city(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, saved: Path, share: float) -> None:
    content = saved.read_bytes()
    path = tmp_path / "a.nc"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="cannot be read as a saved city"):
        open_city(path)


def test_a_store_that_lacks_a_file_is_refused(tmp_path: Path, city: City) -> None:
    pytest.importorskip("zarr", reason="zarr is an extra of the package: pip install 'urban-twin[zarr]'")
    path = save_city(city, tmp_path / "a.zarr")
    shutil.rmtree(path / "buildings")
    with pytest.raises(DataError, match="buildings"):
        open_city(path)
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(DataError, match="cannot be read as a saved city"):
        open_city(tmp_path / "empty.zarr")


def test_more_than_the_limits_allow_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_GRID_CELLS", 100)
    with pytest.raises(LimitError, match="1,280 cells"):
        open_city(saved)


@settings(max_examples=12)
@given(place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=4))
def test_damage_never_gives_another_error(saved: Path, place: float, noise: bytes) -> None:
    content = bytearray(saved.read_bytes())
    start = int(place * (len(content) - len(noise)))
    content[start : start + len(noise)] = noise
    path = saved.with_name("damaged.nc")
    path.write_bytes(bytes(content))
    try:
        open_city(path)
    except TwinError:
        return


# values and tables

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(TEXT, inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=VALUES)
def test_every_value_comes_back(value: Any) -> None:
    again = from_text(to_text(value, "it"), "it")
    assert repr(again) == repr(value)


@settings(max_examples=60)
@given(
    numbers=st.lists(st.floats(width=64), min_size=0, max_size=5),
    text=st.lists(PLAIN | TEXT, min_size=5, max_size=5),
    labels=st.lists(TEXT, min_size=3, max_size=3, unique=True),
    name=st.none() | TEXT,
)
def test_every_table_comes_back(numbers: list[float], text: list[Any], labels: list[str], name: str | None) -> None:
    cells = pd.Series(text[: len(numbers)], dtype=object)
    table = pd.DataFrame({labels[0]: np.array(numbers, float), labels[1]: cells, labels[2]: np.arange(len(numbers))})
    table = table.set_index(pd.Index([f"r{i}" for i in range(len(numbers))], name=name))
    again = dataset_to_table(*table_to_dataset(table, "it"), "it")
    assert_frame_equal(table, again, check_exact=True)
    assert repr(again.iloc[:, 1].tolist()) == repr(table.iloc[:, 1].tolist())  # 1 is not True and not 1.0


def test_records_of_unknown_kinds_are_refused() -> None:
    with pytest.raises(DataError, match="holds Popen, which this version does not know"):
        from_text('{"~record":["Popen",{}]}', "meta")
    with pytest.raises(DataError, match=r"holds Source\.colour"):
        from_text('{"~record":["Source",{"name":"a","license":"b","attribution":"c","colour":"d"}]}', "meta")
    with pytest.raises(DataError, match="holds '~code'"):
        from_text('{"~code":1}', "meta")
