"""`city.toml`: what it may say, what is refused before any data is read, and tiles."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import twin
from twin.city.city_file import read_city_file
from twin.city.load import load_city
from twin.city.samples import SAMPLES, sample_folder
from twin.errors import DataError, InputError, LimitError, TwinError

HEAD = 'name = "Town"\ncrs = "EPSG:25832"\nresolution = 10\nbounds = [0, 0, 40, 30]\n'
TERRAIN = '[terrain]\nfile = "ground.asc"\ncrs = "EPSG:25832"\n'


def ascii_grid(path: Path, values: np.ndarray, left: float = 0, bottom: float = 0, size: float = 10) -> None:
    rows = "\n".join(" ".join(f"{value:g}" for value in row) for row in values)
    head = f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {left}\nyllcorner {bottom}\ncellsize {size}\n"
    path.write_text(f"{head}NODATA_value -9999\n{rows}\n")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    ascii_grid(tmp_path / "ground.asc", np.arange(12.0).reshape(3, 4))
    (tmp_path / "city.toml").write_text(HEAD + TERRAIN, encoding="utf-8")
    return tmp_path


def write(town: Path, text: str) -> Path:
    (town / "city.toml").write_text(text, encoding="utf-8")
    return town / "city.toml"


def test_a_folder_or_its_file_loads_the_city(town) -> None:
    for path in (town, town / "city.toml", str(town)):
        city = load_city(path)
        assert city.name == "Town"
        assert (city.grid.ground_elevation.values == np.arange(12.0).reshape(3, 4)).all()


def test_bounds_and_cell_size_of_the_caller_win(town) -> None:
    city = load_city(town, bounds=(10, 0, 30, 20), resolution=5)
    assert city.spec.bounds == (10, 0, 30, 20)
    assert city.spec.resolution == 5


def test_the_grid_follows_the_cells_of_the_terrain(tmp_path) -> None:
    ascii_grid(tmp_path / "ground.asc", np.arange(36.0).reshape(6, 6), left=-5, bottom=-5)
    (tmp_path / "city.toml").write_text(HEAD + TERRAIN)
    city = load_city(tmp_path)
    assert city.spec.bounds == (-5, -5, 45, 35)  # grown outwards to the terrain's own cells
    assert city.grid.ground_elevation.attrs["processing"] == "copied"


def test_tiles_are_joined_and_read_only_where_needed(tmp_path) -> None:
    values = np.random.default_rng(0).uniform(300, 320, (3, 4)).round(2)
    ascii_grid(tmp_path / "west.asc", values[:, :2])
    ascii_grid(tmp_path / "east.asc", values[:, 2:], left=20)
    ascii_grid(tmp_path / "far.asc", np.ones((3, 2)), left=90_000)
    text = HEAD + '[terrain]\nfile = ["west.asc", "east.asc", "far.asc"]\ncrs = "EPSG:25832"\n'
    city = load_city(write(tmp_path, text))
    assert np.allclose(city.grid.ground_elevation, values, rtol=1e-6)


def test_tiles_out_of_step_are_refused(tmp_path) -> None:
    ascii_grid(tmp_path / "west.asc", np.ones((3, 2)))
    ascii_grid(tmp_path / "east.asc", np.ones((3, 2)), left=23)
    text = HEAD + '[terrain]\nfile = ["west.asc", "east.asc"]\ncrs = "EPSG:25832"\n'
    with pytest.raises(DataError, match="tile 2 of the terrain is out of step"):
        load_city(write(tmp_path, text))


def test_overlapping_tiles_fill_each_others_gaps() -> None:
    from twin.city.terrain import join_tiles

    spec = twin.GridSpec(0, 3, 1.0, 3, 3, "EPSG:25832")
    one = np.array([[1, np.nan, 1], [1, 1, 1], [1, 1, np.nan]])
    tiles = [xr.DataArray(values, spec.coordinates(), ("y", "x")) for values in (one, np.full((3, 3), 2.0))]
    assert join_tiles(tiles).values.tolist() == [[1, 2, 1], [1, 1, 1], [1, 1, 2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + TERRAIN + "[extra]\n", r"city\.toml: key 'extra' is not known"),
        (HEAD + "resolutoin = 3\n" + TERRAIN, r"did you mean 'resolution'\?"),
        (HEAD + TERRAIN + "nodta = 3\n", r"\[terrain\]: key 'nodta' is not known; did you mean 'nodata'\?"),
        (HEAD, r"no \[terrain\]"),
        (HEAD.replace('"Town"', '""') + TERRAIN, "name is ''"),
        (HEAD.replace('"EPSG:25832"', '"EPSG:nonsense"') + TERRAIN, "crs is 'EPSG:nonsense', which is no CRS"),
        (HEAD.replace("10", '"fine"') + TERRAIN, "resolution is 'fine'; it must be a number"),
        (HEAD.replace("10", "nan") + TERRAIN, "resolution is nan"),
        (HEAD.replace("[0, 0, 40, 30]", "[40, 0, 0, 30]") + TERRAIN, "bounds is .* with min < max"),
        (HEAD.replace("[0, 0, 40, 30]", "[0, 0, 40]") + TERRAIN, "bounds is"),
        (HEAD.replace("[0, 0, 40, 30]", '["a", 0, 1, 2]') + TERRAIN, "bounds is"),
        (HEAD + TERRAIN.replace("ground.asc", "missing.asc"), r"\[terrain\]: file .*missing\.asc does not exist"),
        (HEAD + TERRAIN.replace('"ground.asc"', "7"), "file is 7; it must be a path"),
        (HEAD + TERRAIN.replace('"ground.asc"', "[]"), "file is \\[\\]"),
        (HEAD + TERRAIN + 'source = "dgm"\n', r"there is no \[sources\.dgm\]"),
        (HEAD + TERRAIN + "[sources.dgm]\nname = 'x'\n", r"\[sources\.dgm\]: license is None"),
        (HEAD + TERRAIN + "[sources.dgm]\nname='x'\nlicense='x'\nattribution='x'\nurl='x'\n", "key 'url' is not known"),
        (
            HEAD + TERRAIN + '[buildings]\nfile = "ground.asc"\n',
            "format is None; it must be one of: citygml, cityjson, osm",
        ),
        (HEAD + TERRAIN + '[buildings]\nfile = "ground.asc"\nformat = "shapefile"\n', "format is 'shapefile'"),
        (HEAD + TERRAIN + '[roads]\nfile = "ground.asc"\n', r"\[roads\]: .*holds raster, osm is needed here"),
        (HEAD + TERRAIN + 'nodata = "zero"\n', "nodata is 'zero'; it must be a number"),
        (HEAD.replace("= 10", "= = 10") + TERRAIN, "is not valid TOML"),
        ('terrain = "ground.asc"\n' + HEAD, r"\[terrain\] must be a table"),
        ("sources = 4\n" + HEAD + TERRAIN, "sources is 4"),
    ],
)
def test_a_wrong_file_is_refused_with_place_value_and_way_out(town, text, message) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_city(write(town, text))
    assert "city.toml" in str(caught.value)


def test_a_missing_file_and_a_file_that_is_no_text_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"does not exist; give the path of a city\.toml"):
        load_city(tmp_path / "city.toml")
    (tmp_path / "city.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is not valid TOML"):
        load_city(tmp_path)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"resolution": 0}, InputError, "resolution is 0"),
        ({"resolution": 1e-3}, TwinError, "resolution|cells"),
        ({"bounds": (0, 0, float("nan"), 10)}, InputError, "must be finite"),
        ({"bounds": (0, 0, 1e7, 1e7), "resolution": 0.5}, LimitError, "MAX_GRID_CELLS"),
        ({"bounds": (9e5, 0, 9e5 + 40, 40)}, DataError, "terrain has no value|does not overlap"),
    ],
)
def test_impossible_requests_are_refused(town, options, error, message) -> None:
    with pytest.raises(error, match=message):
        load_city(town, **options)


def test_a_grid_in_degrees_is_refused_before_reading(town) -> None:
    (town / "ground.asc").write_text("broken")
    with pytest.raises(InputError, match="projected CRS in metres"):
        load_city(write(town, HEAD.replace("25832", "4326") + TERRAIN))


@pytest.mark.parametrize("content", [b"", b"II*\x00broken", b"ncols two\n", b"PK\x03\x04zip"])
def test_terrain_that_is_no_raster_is_refused(town, content) -> None:
    (town / "ground.asc").write_bytes(content)
    with pytest.raises(DataError, match=re.escape("ground.asc")):
        load_city(town)


def test_terrain_of_nothing_but_gaps_is_refused(town) -> None:
    ascii_grid(town / "ground.asc", np.full((3, 4), -9999.0))
    with pytest.raises(DataError, match="no value on the grid"):
        load_city(town)


def test_nodata_zero_can_be_a_real_height(town) -> None:
    values = np.arange(12.0).reshape(3, 4)
    ascii_grid(town / "ground.asc", values)
    text = (town / "ground.asc").read_text().replace("-9999", "0")
    (town / "ground.asc").write_text(text)
    assert np.isnan(load_city(town).grid.ground_elevation.values[0, 0])
    city = load_city(write(town, HEAD + TERRAIN + 'nodata = "none"\n'))
    assert city.grid.ground_elevation.values[0, 0] == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_own_files_name_licence_and_attribution(name) -> None:
    wanted = read_city_file(sample_folder(name))
    for section in wanted.sections.values():
        source = wanted.sources[section["source"]]
        assert source.license
        assert source.attribution
        for path in section["file"]:
            assert path.name in (sample_folder(name) / "README.md").read_text(encoding="utf-8")


def test_city_model_tiles_of_a_town_are_joined(tmp_path, shared_data) -> None:
    """Two published tiles of Berlin on made-up flat ground: all their buildings, with the model's own roofs."""
    from twin.geometry import read_citygml

    tiles = [shared_data(f"city/berlin_mitte_lod2/{name}.gml.gz") for name in ("3900_5817", "3910_5817")]
    bounds = (390700, 5817600, 391500, 5818000)
    ascii_grid(tmp_path / "ground.asc", np.full((6, 12), 34.0), left=390500, bottom=5817500, size=100)
    paths = ", ".join(f'"{tile.as_posix()}"' for tile in tiles)
    text = (
        f'name = "Mitte"\ncrs = "EPSG:25833"\nresolution = 2\nbounds = {list(bounds)}\n'
        '[terrain]\nfile = "ground.asc"\ncrs = "EPSG:25833"\n'
        f'[buildings]\nfile = [{paths}]\nformat = "citygml"\n'
    )
    city = load_city(write(tmp_path, text))
    models = [read_citygml(tile) for tile in tiles]
    assert len(city.buildings) == sum(len(model.buildings) for model in models)
    roof = city.grid.building_id.values > 0
    assert roof.any()
    heights = city.buildings["height"].reindex(city.grid.building_id.values[roof]).to_numpy()
    above = (city.grid.surface_elevation - city.grid.ground_elevation).values[roof]
    # no roof cell is higher than its building's highest point, up to the difference of the grounds
    assert (above <= heights + 8).all()
    # published heights: highest roof above lowest ground, given with the tile
    published = np.concatenate([model.buildings["measured_height"].to_numpy(float) for model in models])
    error = city.buildings["height"].to_numpy() - published
    assert abs(np.nanmedian(error)) < 0.1
