"""A mesh stands in the city as drawn, what it replaces is gone and named, and every model runs on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
import xarray as xr

from twin import City, flood, heat, measures, weather
from twin.errors import DataError, InputError
from twin.scenario.files import load_study
from twin.scenario.hamlet import LEFT, TOP, hamlet

YARD = (LEFT + 76.0, TOP - 92.0)


@pytest.fixture(scope="module")
def city() -> City:
    return hamlet(2.0)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hall of 20 m x 12 m with a tower of 4 m x 4 m x 15 m in its north-east corner."""
    slab = trimesh.creation.box((20, 12, 5)).apply_translation((0, 0, 2.5))
    tower = trimesh.creation.box((4, 4, 15)).apply_translation((8, 4, 7.5))
    path = tmp_path_factory.mktemp("plans") / "hall.stl"
    path.write_bytes(trimesh.util.concatenate([slab, tower]).export(file_type="stl"))
    return path


def test_the_roof_stands_on_the_mean_ground_as_drawn(city: City, hall: Path) -> None:
    after, record = measures.mesh_building(hall, YARD, use="school").apply(city)
    new = after.grid.building_id.values == 5
    ground = after.grid.ground_elevation.values
    height = after.grid.surface_elevation.values[new] - ground[new].mean(dtype=np.float64)
    assert new.sum() * 4 == 240
    # 32-bit elevations near 320 m lie 3e-5 m apart
    assert np.isclose(height, 15, atol=1e-4).sum() * 4 == 16
    assert np.isclose(height, 5, atol=1e-4).sum() * 4 == 224
    assert after.grid.land_cover.values[new].tolist() == [3] * 60
    assert after.buildings.loc[5, ["height", "use", "residents"]].tolist() == pytest.approx(
        [15, "school", 0.0], abs=1e-4
    )
    assert record.kind == "mesh_building"
    assert record.footprint.geometry.iloc[0].area == pytest.approx(240)
    xr.testing.assert_identical(city.grid, hamlet(2.0).grid)


def test_turned_by_a_quarter_it_lies_the_other_way(city: City, hall: Path) -> None:
    after, _ = measures.mesh_building(hall, YARD, rotation=90, use="school").apply(city)
    rows, columns = np.nonzero(after.grid.building_id.values == 5)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (10, 6)
    tower = after.grid.surface_elevation.values == after.grid.surface_elevation.values[rows, columns].max()
    assert np.nonzero(tower)[0].min() > rows.mean()  # the north-east corner is now the south-east one
    assert np.nonzero(tower)[1].min() > columns.mean()


def test_the_slope_of_the_roof_is_that_of_the_mesh(tmp_path: Path) -> None:
    city = hamlet(2.0)
    empty = xr.full_like(city.grid.albedo, np.nan)
    city = city.with_changes(grid=city.grid.assign(roof_slope=empty, roof_aspect=empty))
    barn = "v 0 0 0\nv 16 0 0\nv 16 0 12\nv 0 0 12\nv 0 6 6\nv 16 6 6\n"
    (tmp_path / "barn.obj").write_text(barn + "f 1 2 6 5\nf 3 4 5 6\nf 1 5 4\nf 2 3 6\nf 1 4 3 2\n")
    after, _ = measures.mesh_building(tmp_path / "barn.obj", YARD, use="barn").apply(city)
    new = after.grid.building_id.values == 5
    np.testing.assert_allclose(after.grid.roof_slope.values[new], 45.0, rtol=1e-6)  # 6 m up over 6 m
    assert sorted(set(np.round(after.grid.roof_aspect.values[new], 3).tolist())) == [0.0, 180.0]  # north and south
    assert np.isnan(after.grid.roof_slope.values[~new]).all()


def test_what_stands_there_is_pulled_down_and_named(city: City, hall: Path) -> None:
    old = city.buildings.geometry.loc[2]
    after, record = measures.mesh_building(hall, (old.centroid.x + 4, old.centroid.y), use="school").apply(city)
    assert 2 not in after.buildings.index
    assert not (after.grid.building_id.values == 2).any()
    assert any(note.startswith("1 buildings pulled down (number 2) with 15 residents") for note in record.notes)
    assert any("grass is assumed" in note for note in record.notes)
    free = (city.grid.building_id.values == 2) & (after.grid.building_id.values == 0)
    assert free.any()
    np.testing.assert_array_equal(after.grid.surface_elevation.values[free], city.grid.ground_elevation.values[free])
    assert set(after.grid.land_cover.values[free]) == {6}
    # exact areas: the old footprint left, the new one came
    change = float((after.grid.building_fraction - city.grid.building_fraction).sum()) * 4
    assert change == pytest.approx(240 - old.area, abs=1e-3)


def test_trees_on_its_ground_are_felled(city: City, hall: Path) -> None:
    after, record = measures.mesh_building(hall, (LEFT + 140, TOP - 100), use="school").apply(city)
    assert len(after.trees) == 1
    assert "1 trees felled" in record.notes
    assert "1 Bäume gefällt" in record.notes_de


def test_an_elevation_is_taken_as_given(city: City, hall: Path) -> None:
    after, _ = measures.mesh_building(hall, (*YARD, 330.0), use="school").apply(city)
    new = after.grid.building_id.values == 5
    assert sorted(set(after.grid.surface_elevation.values[new])) == [335.0, 345.0]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((LEFT + 80, TOP - 64), "a road open to traffic runs through"),
        ((LEFT + 2, TOP - 30), "reaches beyond the grid"),
        ((LEFT + 9000, TOP - 30), "reaches beyond the grid|terrain is not known"),
    ],
)
def test_where_it_cannot_stand_it_is_refused(city: City, hall: Path, place: tuple[float, float], message: str) -> None:
    with pytest.raises((InputError, DataError), match=message):
        measures.mesh_building(hall, place).apply(city)


def test_impossible_plans_are_refused(hall: Path) -> None:
    with pytest.raises(InputError, match="storeys is 0"):
        measures.mesh_building(hall, YARD, storeys=0)
    with pytest.raises(InputError, match="residents is -1"):
        measures.mesh_building(hall, YARD, residents=-1)
    with pytest.raises(InputError, match="place is"):
        measures.mesh_building(hall, (1.0,))
    with pytest.raises(DataError, match="does not exist"):
        measures.mesh_building("nowhere.glb", YARD)


def test_a_study_file_names_the_mesh_beside_it(tmp_path: Path, hall: Path) -> None:
    (tmp_path / "hall.stl").write_bytes(hall.read_bytes())
    (tmp_path / "study.toml").write_text(
        '[city]\nsample = "bayreuth"\n[[event]]\nkind = "hot_day"\ndate = "2018-07-26"\nmax_temperature = 35\n'
        '[[scenario]]\nname = "hall"\n[[scenario.measure]]\nkind = "mesh_building"\nfile = "hall.stl"\n'
        f"place = [{YARD[0]}, {YARD[1]}]\nrotation = 30\n"
    )
    study = load_study(tmp_path / "study.toml")
    assert isinstance(study.scenarios[0].measures[0], measures.MeshBuilding)


def test_heat_and_flood_run_on_it(hall: Path) -> None:
    city = hamlet(4.0)
    after, _ = measures.mesh_building(hall, YARD, use="school").apply(city)
    new = after.grid.building_id.values == 5
    day = weather.hot_day("2024-07-01", max_temperature=35, latitude=50.0, longitude=11.5)
    warm = heat.simulate(after.grid, day, directions=16)
    assert np.isnan(warm.utci_max.values[new]).all()
    wet = flood.simulate(after.grid, rain=weather.block_rain("20 mm", "5 min"), duration="6 min")
    assert abs(float(wet.volume_error)) < 1e-6
