"""Point clouds become rasters: the right points in the right cells, bounded memory, and lies are found out."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import limits
from twin.city.gridspec import crs_of
from twin.errors import DataError, InputError, LimitError, TwinError
from twin.geometry import las_cells, las_files, read_las

laspy = pytest.importorskip("laspy", reason="laspy is an extra of the package: pip install 'urban-twin[las]'")
pytest.importorskip("lazrs", reason="lazrs unpacks LAZ: pip install 'urban-twin[las]'")

CORNER = (389000.0, 5819000.0)
CRS = 25833


def write(
    path: Path,
    x: Any,
    y: Any,
    z: Any,
    *,
    classes: Any = 2,
    version: str = "1.4",
    crs: int | str | None = CRS,
    returns: Any = 1,
    of_returns: Any = 1,
    withheld: Any = False,
    scale: float = 0.001,
) -> Path:
    """Write a synthetic scan, packed if the name ends in .laz."""
    header = laspy.LasHeader(point_format=6 if version == "1.4" else 1, version=version)
    header.offsets, header.scales = (*CORNER, 0.0), (scale,) * 3
    if crs is not None:
        header.add_crs(pyproj.CRS.from_user_input(crs), keep_compatibility=False)
    cloud = laspy.LasData(header)
    cloud.x, cloud.y, cloud.z = np.add(CORNER[0], x), np.add(CORNER[1], y), np.asarray(z, float)
    cloud.classification = np.broadcast_to(np.asarray(classes, np.uint8), len(cloud.x)).copy()
    cloud.return_number = np.broadcast_to(np.asarray(returns, np.uint8), len(cloud.x)).copy()
    cloud.number_of_returns = np.broadcast_to(np.asarray(of_returns, np.uint8), len(cloud.x)).copy()
    cloud.withheld = np.broadcast_to(np.asarray(withheld, np.uint8), len(cloud.x)).copy()
    cloud.write(str(path))
    return path


def scan(seed: int = 1, count: int = 3000) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    x, y = np.round(rng.uniform(0.01, 19.99, (2, count)), 3)
    return x, y, np.round(30 + x / 10 + rng.normal(0, 0.2, count), 3)


def by_hand(x: Any, y: Any, z: Any, reduce: Any, size: float = 2.0, cells: int = 10) -> Any:
    out = np.full((cells, cells), np.nan)
    for row in range(cells):
        for column in range(cells):
            inside = (np.floor(x / size) == column) & (np.floor((20 - y) / size) == row)
            if inside.any():
                out[row, column] = reduce(z[inside])
    return out


@pytest.mark.parametrize("suffix", ["las", "laz"])
@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4"])
def test_every_version_gives_the_same_terrain(tmp_path: Path, suffix: str, version: str) -> None:
    x, y, z = scan()
    ground = read_las(write(tmp_path / f"a.{suffix}", x, y, z, version=version), resolution=2.0)
    assert crs_of(ground).to_epsg() == CRS
    assert ground.shape == (10, 10)
    assert (float(ground.x[0]), float(ground.y[0])) == (389001.0, 5819019.0)
    # 32-bit results near 30 m lie 2e-6 m apart
    np.testing.assert_allclose(ground.values, by_hand(x, y, z, np.mean), atol=2e-6)
    assert (ground.attrs["points"], ground.attrs["points_left_out"], ground.attrs["gaps"]) == (3000, 0, 0)


@pytest.mark.parametrize(
    ("statistic", "reduce"),
    [
        ("min", np.min),
        ("max", np.max),
        ("median", np.median),
        ("p95", lambda z: np.percentile(z, 95)),
        ("p0", np.min),
        ("p100", np.max),
    ],
)
def test_statistics_are_those_of_numpy(tmp_path: Path, statistic: str, reduce: Any) -> None:
    x, y, z = scan()
    found = read_las(write(tmp_path / "a.laz", x, y, z), resolution=2.0, statistic=statistic)
    np.testing.assert_allclose(found.values, by_hand(x, y, z, reduce), atol=2e-6)


@pytest.mark.parametrize("statistic", ["mean", "max", "p90"])
def test_the_size_of_portions_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statistic: str) -> None:
    path = write(tmp_path / "a.laz", *scan())
    whole = read_las(path, resolution=2.0, statistic=statistic)
    monkeypatch.setattr(las_files, "_PORTION", 97)
    monkeypatch.setattr(las_cells, "HELD_POINTS", 500)
    np.testing.assert_allclose(read_las(path, resolution=2.0, statistic=statistic), whole, atol=4e-6)


def test_only_the_classes_asked_for_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", [1, 1, 1, 1], [1, 1, 1, 1], [30, 45, 200, 31], classes=[2, 6, 7, 2])
    assert read_las(path, resolution=2.0).item() == 30.5
    assert read_las(path, resolution=2.0, classes=(6,)).item() == 45.0
    surface = read_las(path, resolution=2.0, classes=None, statistic="max")
    assert surface.item() == 45.0  # noise is no surface
    assert surface.attrs["points_left_out"] == 1
    with pytest.raises(DataError, match=r"no point is of the classes \(9,\).*2 \(2 points\), 6 \(1 points\), 7"):
        read_las(path, resolution=2.0, classes=(9,))


def test_first_and_last_returns_are_surface_and_ground(tmp_path: Path) -> None:
    path = write(tmp_path / "a.laz", [1, 1, 1], [1, 1, 1], [50, 40, 30], returns=[1, 2, 3], of_returns=3, classes=1)
    assert read_las(path, resolution=2.0, classes=None, returns="first").item() == 50.0
    assert read_las(path, resolution=2.0, classes=None, returns="last").item() == 30.0


def test_points_that_are_withheld_never_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", [1, 1], [1, 1], [30, 99], withheld=[False, True])
    assert read_las(path, resolution=2.0, statistic="max").item() == 30.0


def test_gaps_are_empty_and_counted(tmp_path: Path) -> None:
    ground = read_las(write(tmp_path / "a.las", [0.5, 3.5], [0.5, 0.5], [30, 31]), resolution=1.0)
    np.testing.assert_array_equal(ground.values, [[30, np.nan, np.nan, 31]])
    assert ground.attrs["gaps"] == 2


def test_a_point_on_the_outer_edge_belongs_to_the_cell_inside(tmp_path: Path) -> None:
    ground = read_las(write(tmp_path / "a.las", [0, 2, 2], [0, 0, 2], [30, 31, 32]), resolution=1.0)
    np.testing.assert_array_equal(ground.values, [[np.nan, 32], [30, 31]])


def test_tiles_join_to_one_raster(tmp_path: Path) -> None:
    x, y, z = scan()
    west = x < 8.7  # inside a cell
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    write(tiles / "west.laz", x[west], y[west], z[west])
    write(tiles / "east.las", x[~west], y[~west], z[~west])
    whole = read_las(write(tmp_path / "all.las", x, y, z), resolution=2.0)
    with zipfile.ZipFile(tmp_path / "tiles.zip", "w") as archive:
        for tile in tiles.iterdir():
            archive.write(tile, f"inner/{tile.name}")
    for source in (tiles, sorted(tiles.iterdir()), str(tiles / "*.la[sz]"), tmp_path / "tiles.zip"):
        np.testing.assert_allclose(read_las(source, resolution=2.0), whole, atol=4e-6)
    one = read_las(tmp_path / "tiles.zip/inner/west.laz", resolution=2.0)
    assert one.attrs["points"] == west.sum()


def test_a_box_cuts_and_skips_tiles(tmp_path: Path) -> None:
    x, y, z = scan()
    near, far = write(tmp_path / "near.laz", x, y, z), write(tmp_path / "far.laz", x + 500, y, z)
    box = (389004.0, 5819004.0, 389010.0, 5819012.0)
    cut = read_las([near, far], resolution=2.0, bounds=box)
    assert cut.attrs["file"] == "near.laz"
    np.testing.assert_allclose(cut.values, by_hand(x, y, z, np.mean)[4:8, 2:5], atol=2e-6)
    with pytest.raises(DataError, match="does not touch the bounds"):
        read_las([near, far], resolution=2.0, bounds=(0, 0, 10, 10))


def test_the_crs_stands_in_the_file_or_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", *scan(), crs=None)
    with pytest.raises(DataError, match="names no CRS; give it as crs"):
        read_las(path, resolution=2.0)
    assert crs_of(read_las(path, resolution=2.0, crs="EPSG:25833")).to_epsg() == 25833
    with pytest.raises(DataError, match="do not lie in EPSG:31468"):
        read_las(path, resolution=2.0, crs=31468)
    named = write(tmp_path / "b.las", *scan())
    with pytest.raises(DataError, match=r"but .*32N was given"):
        read_las(named, resolution=2.0, crs=25832)
    compound = write(tmp_path / "c.laz", *scan(), crs="EPSG:25833+7837")
    assert read_las(compound, resolution=2.0).attrs["vertical_datum"] == "DHHN2016"
    other = write(tmp_path / "d.las", *scan(), crs=32633)
    with pytest.raises(DataError, match="transform them to one CRS"):
        read_las([named, other], resolution=2.0)


def test_a_crs_in_geotiff_keys_is_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", *scan(), crs=None, version="1.2")
    content = path.read_bytes()
    keys = struct.pack("<12H", 1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 25833)
    record = struct.pack("<H16sHH32s", 0, b"LASF_Projection", 34735, len(keys), b"keys") + keys
    (start,) = struct.unpack_from("<I", content, 96)
    head = bytearray(content[:start])
    struct.pack_into("<II", head, 96, start + len(record), 1)
    path.write_bytes(bytes(head) + record + content[start:])
    assert crs_of(read_las(path, resolution=2.0)).to_epsg() == 25833


# what is refused


def test_a_raster_of_a_milliard_cells_is_refused_before_it_is_allocated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", [0, 10_000], [0, 10_000], [30, 31])
    with pytest.raises(LimitError, match="MAX_GRID_CELLS"):
        read_las(path, resolution=0.2)


def patched(path: Path, offset: int, form: str, *values: Any) -> Path:
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, offset, *values)
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("suffix", ["las", "laz"])
@pytest.mark.parametrize(
    ("offset", "form", "values", "message"),
    [
        (0, "4s", (b"GARB",), "a LAS or LAZ point cloud is expected"),
        (24, "BB", (2, 0), "version 2.0"),
        (94, "<H", (10,), "cut off or damaged"),
        (96, "<I", (4_000_000_000,), "cut off or damaged"),
        (100, "<I", (4_000_000_000,), "no room"),
        (131, "<d", (0.0,), "scales"),
        (131, "<d", (float("nan"),), "scales"),
        (139, "<d", (1e300,), "scales"),
        (155, "<d", (float("inf"),), "offsets"),
        (179, "<d", (float("nan"),), "which cannot be"),
        (179, "<2d", (1.0, 2.0), "which cannot be"),
        (235, "<QI", (1 << 40, 7), "records after the points"),
        (247, "<Q", (1 << 50,), "points|cannot be read"),
        (247, "<Q", (3001,), "cut off|cannot be read|holds"),
    ],
)
def test_a_header_that_lies_is_refused(
    tmp_path: Path, suffix: str, offset: int, form: str, values: Any, message: str
) -> None:
    path = patched(write(tmp_path / f"a.{suffix}", *scan()), offset, form, *values)
    with pytest.raises(DataError, match=message):
        read_las(path, resolution=2.0)


@pytest.mark.parametrize("suffix", ["las", "laz"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = write(tmp_path / f"a.{suffix}", *scan())
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"cut off|damaged|empty|is expected"):
        read_las(path, resolution=2.0)


def test_points_beyond_the_extent_of_the_header_are_refused(tmp_path: Path) -> None:
    path = patched(write(tmp_path / "a.las", *scan()), 179, "<d", CORNER[0] + 10.0)
    with pytest.raises(DataError, match="outside of the extent its header names"):
        read_las(path, resolution=2.0)
    box = (*CORNER, CORNER[0] + 20, CORNER[1] + 20)
    assert read_las(path, resolution=2.0, bounds=box).attrs["points"] == 3000


def test_heights_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.las", [1, 3], [1, 1], [30, 99_999])
    with pytest.raises(DataError, match="heights must lie between"):
        read_las(path, resolution=1.0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"resolution": 0.0}, InputError, "resolution"),
        ({"resolution": float("nan")}, InputError, "resolution"),
        ({"statistic": "mode"}, InputError, "statistic is 'mode'"),
        ({"statistic": "p101"}, InputError, "statistic is 'p101'"),
        ({"classes": ()}, InputError, "classes is"),
        ({"classes": (300,)}, InputError, "classes is"),
        ({"classes": "ground"}, InputError, "classes is"),
        ({"returns": "only"}, InputError, "returns is"),
        ({"bounds": (1, 0, 0, 1)}, InputError, "bounds are"),
    ],
)
def test_impossible_arguments_are_refused(tmp_path: Path, options: Any, error: Any, message: str) -> None:
    path = write(tmp_path / "a.las", *scan(count=10))
    with pytest.raises(error, match=message):
        read_las(path, **({"resolution": 1.0} | options))


def test_places_without_a_scan_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no file that ends in"):
        read_las(tmp_path, resolution=1.0)
    with pytest.raises(DataError, match="no file fits the pattern"):
        read_las(tmp_path / "*.laz", resolution=1.0)
    with pytest.raises(InputError, match="empty list"):
        read_las([], resolution=1.0)


def test_without_laspy_the_way_to_get_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = write(tmp_path / "a.las", *scan(count=10))
    monkeypatch.setitem(sys.modules, "laspy", None)
    with pytest.raises(InputError, match=r'pip install "urban-twin\[las\]"'):
        read_las(path, resolution=1.0)


@settings(max_examples=80)
@given(place=st.integers(0, 3000), noise=st.binary(min_size=1, max_size=8), suffix=st.sampled_from(["las", "laz"]))
def test_damage_never_gives_another_error(damaged: Any, place: int, noise: bytes, suffix: str) -> None:
    content = bytearray(damaged[suffix])
    place %= len(content)
    content[place : place + len(noise)] = noise
    path = damaged["folder"] / f"damaged.{suffix}"
    path.write_bytes(bytes(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MAX_GRID_CELLS", 1_000_000)
        try:
            read_las(path, resolution=2.0, crs=None)
        except TwinError:
            return


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("damaged")
    found: dict[str, Any] = {"folder": folder}
    for suffix in ("las", "laz"):
        found[suffix] = write(folder / f"whole.{suffix}", *scan(count=60)).read_bytes()
    return found
