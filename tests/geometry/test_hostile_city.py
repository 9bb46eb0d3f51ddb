"""Bad input that only shows on the grid: bent and crossing roofs, pixels out of step, tiles, requests of 10^9 cells."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely

from twin.city import GridSpec
from twin.city.buildings import buildings_from_models
from twin.city.load import load_city
from twin.errors import DataError, InputError, LimitError
from twin.geometry import read_citygml, read_las, read_raster, read_xyz, resample

SPEC = GridSpec(389000.0, 5819020.0, 0.5, 40, 40, "EPSG:25833")
FLAT = np.full(SPEC.shape, 30.0)


def placed(gml: Any, write: Any, roof: str) -> Any:
    text = gml.city(gml.building("b7", gml.boundary("RoofSurface", gml.polygon(roof, number="r"))))
    return buildings_from_models(read_citygml(write("t.gml", text)), SPEC, FLAT)


def test_a_roof_that_crosses_itself_is_named_and_painted_by_the_even_odd_rule(gml: Any, write: Any) -> None:
    bow = [(389002.0, 5819002.0), (389018.0, 5819015.0), (389018.0, 5819002.0), (389002.0, 5819012.0)]
    answer = placed(gml, write, gml.ring_text([(*point, 40.0) for point in bow]))
    assert any("cross or touch themselves" in note and "b7" in note for note in answer.notes)
    known = shapely.make_valid(shapely.Polygon(bow)).area
    assert np.isfinite(answer.roof_elevation).sum() * 0.25 == pytest.approx(known, rel=0.03)  # cells of 0.25 m2


def test_a_tidy_roof_is_not_said_to_cross(gml: Any, write: Any) -> None:
    answer = placed(gml, write, gml.box_faces(2.0, 2.0)["RoofSurface"][0])
    assert answer.notes == ()
    assert np.isfinite(answer.roof_elevation).sum() * 0.25 == 80.0


def test_a_roof_that_is_not_plane_is_named_and_lies_between_its_corners(gml: Any, write: Any) -> None:
    ring = "389002 5819002 40 389012 5819002 41 389012 5819012 40 389002 5819012 41 389002 5819002 40"
    answer = placed(gml, write, ring)
    assert any("1 of 1 roof facets deviate from a plane by more than 0.1 m" in note for note in answer.notes)
    assert 40.0 <= np.nanmin(answer.roof_elevation) <= np.nanmax(answer.roof_elevation) <= 41.0


def test_a_solid_of_references_alone_reads_as_the_surfaces_it_refers_to(gml: Any, write: Any) -> None:
    faces = [(kind, text) for kind, texts in gml.box_faces().items() for text in texts]
    names = [f"s{i}" for i in range(len(faces))]
    surfaces = [gml.boundary(kind, gml.polygon(text, number=n)) for n, (kind, text) in zip(names, faces, strict=True)]
    links = gml.solid(*(f' xlink:href="#{name}"' for name in names))
    both = read_citygml(write("a.gml", gml.city(gml.building("b", links, *surfaces))))
    plain = read_citygml(write("b.gml", gml.city(gml.building("b", *surfaces))))
    assert np.array_equal(both.surfaces.vertices, plain.surfaces.vertices)
    assert both.surfaces.kind.tolist() == plain.surfaces.kind.tolist()


def slope(file: Path, pixel: float, top: float = 5819040.0, *, up: bool = False) -> Path:
    """A raster of 60 x 60 pixels, as high as its easting beyond 389000 m, plus 30."""
    x = 388990.0 + pixel * (np.arange(60) + 0.5)
    values = np.repeat((x - 389000.0 + 30.0)[None], 60, axis=0).astype(np.float32)
    row = -pixel if not up else pixel
    transform = rasterio.Affine(pixel, 0.0, 388990.0, 0.0, row, top if not up else top - 60 * pixel)
    options: dict[str, Any] = {"width": 60, "height": 60, "count": 1, "dtype": "float32", "crs": "EPSG:25833"}
    with rasterio.open(file, "w", driver="GTiff", transform=transform, **options) as sink:
        sink.write(values[None])
    return file


def test_pixels_of_99989_hundred_thousandths_are_resampled_not_taken_for_metres(tmp_path: Path) -> None:
    raster = read_raster(slope(tmp_path / "t.tif", 0.99989))
    spec = GridSpec(389000.0, 5819020.0, 1.0, 15, 20, "EPSG:25833")
    ground = resample(raster, spec)
    known = spec.coordinates()["x"].values - 389000.0 + 30.0
    # an inclined plane is kept by interpolation; copied as they are, pixels would be up to 3 mm off here
    assert np.abs(ground.values - known[None]).max() < 1e-4


def test_rows_written_south_first_stand_north_up(tmp_path: Path) -> None:
    north = read_raster(slope(tmp_path / "n.tif", 1.0))
    south = read_raster(slope(tmp_path / "s.tif", 1.0, up=True))
    assert np.array_equal(north.values, south.values)
    assert np.array_equal(north.y.values, south.y.values)


def tile(folder: Path, name: str, west: int, lift: float = 0.0) -> None:
    rows = [f"{389000 + west + i + 0.5} {5819000 + j + 0.5} {34 + i + west + lift}" for j in range(4) for i in range(4)]
    (folder / name).write_text("\n".join(rows))


def city_of(folder: Path, *lines: str) -> Path:
    head = ['name = "Town"', 'crs = "EPSG:25833"', "resolution = 1", "bounds = [389000, 5819000, 389008, 5819004]"]
    (folder / "city.toml").write_text("\n".join([*head, *lines]))
    return folder


def test_overlapping_tiles_must_agree(tmp_path: Path) -> None:
    terrain = ["[terrain]", 'file = "*.xyz"', 'crs = "EPSG:25833"']
    for name, west in (("a.xyz", 0), ("b.xyz", 2), ("c.xyz", 4)):
        tile(tmp_path, name, west)
    city = load_city(city_of(tmp_path, *terrain))
    assert city.grid.ground_elevation.values[0].tolist() == [34, 35, 36, 37, 38, 39, 40, 41]
    tile(tmp_path, "b.xyz", 2, lift=0.5)
    with pytest.raises(DataError, match=r"contradict each other in 8 cells: b\.xyz says 36.5"):
        load_city(city_of(tmp_path, *terrain))


def test_a_missing_tile_is_a_gap_that_the_city_tells(tmp_path: Path) -> None:
    tile(tmp_path, "a.xyz", 0)
    city = load_city(city_of(tmp_path, "[terrain]", 'file = "*.xyz"', 'crs = "EPSG:25833"'))
    assert np.isnan(city.grid.ground_elevation.values[:, 4:]).all()
    assert any("50" in caveat.text_en or "16" in caveat.text_en for caveat in city.meta.caveats)


def raster_of_a_billion(folder: Path) -> Any:
    file = folder / "t.tif"
    options: dict[str, Any] = {"count": 1, "dtype": "uint8", "crs": "EPSG:25833", "tiled": True, "sparse_ok": True}
    place = rasterio.Affine(1.0, 0.0, 300000.0, 0.0, -1.0, 5840000.0)
    with rasterio.open(file, "w", driver="GTiff", width=32000, height=32000, transform=place, **options):
        pass
    return lambda: read_raster(file)


def tile_of_a_billion(folder: Path) -> Any:
    (folder / "t.xyz").write_text("350000 5800000 3\n350001 5800000 3\n382000 5832000 4\n350000 5800001 3\n")
    return lambda: read_xyz(folder / "t.xyz", crs="EPSG:25833")


def scan_of_a_billion(folder: Path) -> Any:
    from benchmarks.fuzz.seeds_more import scan

    pytest.importorskip("laspy")
    (folder / "t.las").write_bytes(scan())
    return lambda: read_las(folder / "t.las", resolution=0.1, bounds=(387000.0, 5817000.0, 391000.0, 5821000.0))


def city_of_a_billion(folder: Path) -> Any:
    tile(folder, "a.xyz", 0)
    city_of(folder, "[terrain]", 'file = "*.xyz"', 'crs = "EPSG:25833"')
    return lambda: load_city(folder, bounds=(389000.0, 5819000.0, 421000.0, 5851000.0))


@pytest.mark.parametrize("ask", [raster_of_a_billion, tile_of_a_billion, scan_of_a_billion, city_of_a_billion])
def test_a_request_of_a_billion_cells_is_refused_before_memory_is_taken(
    tmp_path: Path, ask: Callable[[Path], Any]
) -> None:
    request = ask(tmp_path)
    with pytest.raises((LimitError, DataError)):  # once for what is imported on the way
        request()
    tracemalloc.start()
    try:
        with pytest.raises(LimitError, match=r"twin\.limits\.MAX_\w+_CELLS"):
            request()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000  # bytes; the cells would take 1 GB at the least


def test_a_grid_of_a_billion_cells_is_refused() -> None:
    with pytest.raises(LimitError, match="MAX_GRID_CELLS"):
        GridSpec.from_bounds((0.0, 0.0, 32000.0, 32000.0), 1.0, "EPSG:25833")


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:3395"])
def test_a_grid_in_mercator_is_refused_for_its_metres_are_none(crs: str) -> None:
    with pytest.raises(InputError, match=r"shorter than one on the ground.*give EPSG:25832"):
        GridSpec.from_bounds((1488000.0, 6894000.0, 1488100.0, 6894100.0), 1.0, crs)


@pytest.mark.parametrize("crs", ["EPSG:25832", "EPSG:31468", "EPSG:3068", "EPSG:4647", "EPSG:28992", "EPSG:2056"])
def test_a_grid_in_a_survey_system_is_taken(crs: str) -> None:
    assert GridSpec.from_bounds((0.0, 0.0, 10.0, 10.0), 1.0, crs).shape == (10, 10)


def test_tiles_of_terrain_in_two_systems_are_refused_with_the_fix(tmp_path: Path) -> None:
    slope(tmp_path / "a.tif", 1.0)
    with rasterio.open(tmp_path / "a.tif") as source:
        profile, values = source.profile, source.read()
    with rasterio.open(tmp_path / "b.tif", "w", **profile | {"crs": "EPSG:25832"}) as sink:
        sink.write(values)
    with pytest.raises(DataError, match=r"name 2 CRSs: EPSG:25833 .a\.tif.; EPSG:25832 .b\.tif.; keep those of one"):
        load_city(city_of(tmp_path, "[terrain]", 'file = "*.tif"'))
