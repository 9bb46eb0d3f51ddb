"""Planned buildings stand as the plan permits, say what they displace and assume, and every model sees them.

The plan is synthetic: a plot of 40 m x 40 m in the north-east of the made-up hamlet.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from pyproj import CRS

from twin.errors import DataError, InputError
from twin.geometry.records import PlanRecords, ReadReport
from twin.scenario import measures
from twin.scenario.events import heavy_rain, hot_day, weekday_traffic
from twin.scenario.files import load_study
from twin.scenario.hamlet import LEFT, TOP, hamlet
from twin.scenario.run import run
from twin.scenario.scenario import Scenario


def place(west: float, north: float, width: float, depth: float) -> shapely.Polygon:
    return shapely.box(LEFT + west, TOP - north - depth, LEFT + west + width, TOP - north)


PLOT = place(116, 16, 40, 40)


def plan(shape=PLOT, crs: int = 25832, *more: dict, **row: object) -> PlanRecords:
    columns = ("grz", "gfz", "bmz", "storeys", "height", "top_elevation", "dwellings")
    base = {"id": "WA1", "kind": "plot", "use": "WA", "geometry": shape} | dict.fromkeys(columns, math.nan)
    rows = [base | {"grz": 0.4, "gfz": 0.8, "storeys": 2.0} | row, *(base | {"use": ""} | one for one in more)]
    areas = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    return PlanRecords(areas, CRS.from_epsg(crs), "Am Anger", "5.4", ReadReport("plan.gml", len(rows), len(rows)))


def test_the_block_stands_on_its_mean_ground_with_its_people(village) -> None:
    after, record = measures.planned_buildings(plan()).apply(village)
    new = after.grid.building_id.values == 5
    row = after.buildings.loc[5]
    # 640 m2 may be covered: 25.3 m square, 36 cells of 16 m2 have their centre in it
    assert row.geometry.area == pytest.approx(640, rel=1e-5)
    assert new.sum() == 36
    ground = village.grid.ground_elevation.values[new]
    assert after.grid.surface_elevation.values[new] == pytest.approx(ground.mean(dtype=np.float64) + 6.0, abs=1e-4)
    # two storeys of 640 m2, three quarters of it dwelling, 47.4 m2 a head
    assert row["residents"] == pytest.approx(1280 * 0.75 / 47.4, rel=1e-5)
    assert after.buildings["residents"].sum() == pytest.approx(32 + row["residents"])
    assert (after.grid.land_cover.values[new] == 3).all()
    change = float((after.grid.building_fraction - village.grid.building_fraction).sum()) * 16
    assert change == pytest.approx(640, abs=0.01)
    assert record.title_de == "Am Anger: 1 geplante Baukörper, 640 m² überbaut, 1.280 m² Geschossfläche"
    assert "20 residents, assumed from floor area" in record.notes
    assert any(note.startswith("assumed for WA1: footprint: the plot shrunk") for note in record.notes)


def test_the_city_given_stays_as_it_was_and_the_rest_is_shared(village) -> None:
    before = village.grid.copy(deep=True)
    after, record = measures.planned_buildings(plan()).apply(village)
    xr.testing.assert_identical(village.grid, before)
    for name in map(str, village.grid.data_vars):
        shared = np.shares_memory(village.grid[name].values, after.grid[name].values)
        assert shared == (name not in record.changes), name
        assert after.grid[name].dtype == village.grid[name].dtype


def test_yards_are_grass_sealed_as_the_building_code_allows(village) -> None:
    after, _ = measures.planned_buildings(plan()).apply(village)
    yard = (after.grid.building_id.values == 0) & _inside(village, PLOT)
    # GRZ 0.4 and half of it again for drives: 0.2 of the 0.6 that no building covers
    assert after.grid.sealed_fraction.values[yard] == pytest.approx(1 / 3, rel=1e-4)
    assert (after.grid.land_cover.values[yard] == 6).all()
    meadow = village.grid.infiltration_final_rate.values[village.grid.land_cover.values == 6].max()
    assert after.grid.infiltration_final_rate.values[yard] == pytest.approx(meadow * 2 / 3, rel=1e-3)


def test_yards_may_be_kept_or_paved(village) -> None:
    ring = _inside(village, PLOT)
    kept, _ = measures.planned_buildings(plan(), yards="keep").apply(village)
    yard = ring & (kept.grid.building_id.values == 0)
    assert np.array_equal(kept.grid.sealed_fraction.values[yard], village.grid.sealed_fraction.values[yard])
    paved, _ = measures.planned_buildings(plan(), yards="paving").apply(village)
    assert paved.grid.sealed_fraction.values[yard] == pytest.approx(0.75)


def _inside(city, shape) -> np.ndarray:
    x, y = np.meshgrid(city.spec.x, city.spec.y)
    return shapely.contains_xy(shape, x, y)


def test_a_building_in_the_way_is_refused_unless_it_may_go(village) -> None:
    over = plan(place(56, 16, 40, 40))  # house 2 stands there
    with pytest.raises(InputError, match="overlaps building 2; say that they go with remove = 'overlapped'"):
        measures.planned_buildings(over).apply(village)
    after, record = measures.planned_buildings(over, remove="overlapped").apply(village)
    assert after.buildings.index.tolist() == [1, 3, 4, 5]
    assert not (after.grid.building_id.values == 2).any()
    assert "1 buildings pulled down, with 15 residents" in record.notes
    free = (village.grid.building_id.values == 2) & (after.grid.building_id.values == 0)
    assert np.array_equal(after.grid.surface_elevation.values[free], village.grid.ground_elevation.values[free])
    assert (after.grid.land_cover.values[free] == 6).all()


def test_all_on_the_plots_may_go(village) -> None:
    # the window leaves house 2 alone, the plot holds it
    window = {"id": "B1", "kind": "window", "geometry": place(84, 18, 10, 12)}
    over = plan(place(56, 16, 40, 40), 25832, window)
    kept, _ = measures.planned_buildings(over).apply(village)
    assert 2 in kept.buildings.index
    gone, _ = measures.planned_buildings(over, remove="plots").apply(village)
    assert 2 not in gone.buildings.index


def test_trees_under_the_blocks_are_felled(village) -> None:
    after, record = measures.planned_buildings(plan(place(124, 84, 32, 32), grz=1.0, gfz=2.0)).apply(village)
    assert len(after.trees) == len(village.trees) - 1
    assert "1 trees felled" in record.notes


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (place(20, 44, 40, 40), "a road open to traffic runs through a block"),
        (place(500, 0, 40, 40), "no block lies on the grid .*reaches beyond the grid"),
        (place(140, 16, 40, 40), "reaches beyond the grid"),
    ],
)
def test_blocks_that_cannot_stand_are_refused(village, shape, words) -> None:
    with pytest.raises(InputError, match=words):
        measures.planned_buildings(plan(shape), remove="plots").apply(village)


def test_blocks_in_water_are_refused(village) -> None:
    cover = village.grid.land_cover.values.copy()
    cover[_inside(village, PLOT)] = 10
    wet = village.with_changes(grid=village.grid.assign(land_cover=village.grid.land_cover.copy(data=cover)))
    with pytest.raises(InputError, match="lies in water"):
        measures.planned_buildings(plan()).apply(wet)


def test_plots_off_the_grid_are_named_and_the_others_built(village) -> None:
    far = {"id": "WA2", "use": "WA", "geometry": place(500, 0, 40, 40), "grz": 0.4, "storeys": 2.0}
    _, record = measures.planned_buildings(plan(PLOT, 25832, far)).apply(village)
    assert any("1 plots wholly or in part without a block (WA2: it reaches beyond" in note for note in record.notes)


def test_a_plan_in_another_zone_lands_where_it_belongs(village) -> None:
    moved = plan()
    areas = moved.areas.to_crs(25833)
    elsewhere = PlanRecords(areas, CRS.from_epsg(25833), "Am Anger", "5.4", moved.report)
    after, _ = measures.planned_buildings(elsewhere).apply(village)
    assert after.buildings.geometry.loc[5].area == pytest.approx(640, rel=1e-4)
    assert PLOT.buffer(0.01).contains(after.buildings.geometry.loc[5])


def test_heights_above_sea_level_use_the_citys_ground(village) -> None:
    level = float(village.grid.ground_elevation.values[_inside(village, PLOT)].mean())
    after, _ = measures.planned_buildings(plan(storeys=math.nan, gfz=math.nan, top_elevation=level + 9.0)).apply(
        village
    )
    assert after.buildings.loc[5, "storeys"] in (2.0, 3.0)  # the ground under block and plot differ by centimetres
    assert after.buildings.loc[5, "height"] <= 9.1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"remove": "all"}, "remove is 'all'; use one of: none, overlapped, plots"),
        ({"yards": "lawn"}, "yards is 'lawn'"),
        ({"storey_height": 1.0}, "storey_height is 1.0"),
        ({"cost": -1}, "cost of planned_buildings"),
    ],
)
def test_impossible_options_are_refused(options, words) -> None:
    with pytest.raises(InputError, match=words):
        measures.planned_buildings(plan(), **options)


XPLAN = """<x:XPlanAuszug xmlns:x="http://www.xplanung.de/xplangml/6/0" xmlns:g="http://www.opengis.net/gml/3.2">
<g:featureMember><x:BP_BaugebietsTeilFlaeche g:id="WA1"><x:position><g:Polygon srsName="EPSG:25832"><g:exterior>
<g:LinearRing><g:posList>{ring}</g:posList></g:LinearRing></g:exterior></g:Polygon></x:position><x:GFZ>0.8</x:GFZ>
<x:GRZ>0.4</x:GRZ><x:Z>2</x:Z><x:besondereArtDerBaulNutzung>1200</x:besondereArtDerBaulNutzung>
</x:BP_BaugebietsTeilFlaeche></g:featureMember></x:XPlanAuszug>"""


def test_a_study_file_names_the_plan_beside_it(tmp_path: Path, village) -> None:
    ring = " ".join(f"{x} {y}" for x, y in PLOT.exterior.coords)
    (tmp_path / "plan.gml").write_text(XPLAN.format(ring=ring), encoding="utf-8")
    study = tmp_path / "study.toml"
    study.write_text(
        '[city]\nsample = "bayreuth"\n[[event]]\nkind = "weekday_traffic"\n[[scenario]]\nname = "plan"\n'
        '[[scenario.measure]]\nkind = "planned_buildings"\nplan = "plan.gml"\nremove = "plots"\n',
        encoding="utf-8",
    )
    (measure,) = load_study(study).scenarios[0].measures
    after, record = measure.apply(village)
    assert (record.kind, len(after.buildings)) == ("planned_buildings", 5)
    study.write_text(study.read_text(encoding="utf-8").replace("plan.gml", "plans.gml"), encoding="utf-8")
    with pytest.raises(DataError, match=r"planned_buildings.*does not exist"):
        load_study(study)


def test_heat_flood_and_traffic_see_the_plan() -> None:
    events = [
        hot_day("2018-07-26", max_temperature=35, step="3 h"),
        heavy_rain("44 mm", duration="20 min", simulated="25 min"),
        weekday_traffic(),
    ]
    built = Scenario("plan", [measures.planned_buildings(plan(height=12.0, storeys=4.0, gfz=1.6))])
    study = run(hamlet(), [built], events)
    today, planned = (study.results[name] for name in ("baseline", "plan"))
    new = study.cities["plan"].grid.building_id.values == 5
    yard = _inside(study.cities["plan"], PLOT) & ~new
    # no temperature on roofs; the block of 12 m shades its yard, which sees less sky
    assert np.isnan(planned["hot day"].utci_max.values[new]).all()
    assert planned["hot day"].sky_view_factor.values[yard].mean() < today["hot day"].sky_view_factor.values[yard].mean()
    # roof and drives swallow less rain than the meadow did
    assert float(planned["heavy rain"].infiltrated_volume) < float(today["heavy rain"].infiltrated_volume)
    assert abs(float(planned["heavy rain"].volume_error)) < 1e-6
    # forty more people than thirty-two; most trips on these roads pass through
    assert float(planned["traffic"].assigned_demand) > float(today["traffic"].assigned_demand) + 2.0
