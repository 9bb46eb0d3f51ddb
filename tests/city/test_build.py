"""Records to a city: what goes where, what wins, and what the city says about itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import xarray as xr
from pyproj import CRS

from twin import GridSpec, build_city
from twin.city.city import Source
from twin.city.surfaces import CODES
from twin.city.trees import CROWN_BASE_SHARE, TREE_HEIGHT, WOOD_HEIGHT
from twin.errors import DataError, InputError
from twin.geometry.records import BuildingModels, ReadReport, SurfaceKind, Surfaces
from twin.variables import VARIABLES

SPEC = GridSpec(690000.0, 5540100.0, 1.0, 100, 100, "EPSG:25832")
LICENCES = {
    "terrain": Source("terrain of the town", "CC BY 4.0", "survey office"),
    "buildings": Source("models", "dl-de/by-2.0", "model office"),
    "land_cover": Source("map", "ODbL 1.0", "mappers"),
}
CITY_VARIABLES = [
    "ground_elevation",
    "ground_source",
    "surface_elevation",
    "building_id",
    "building_source",
    "building_fraction",
    "roof_slope",
    "roof_aspect",
    "green_roof_fraction",
    "canopy_height",
    "canopy_base_height",
    "canopy_source",
    "land_cover",
    "land_cover_source",
    "sealed_fraction",
    "albedo",
    "emissivity",
    "manning",
    "infiltration_initial_rate",
    "infiltration_final_rate",
    "infiltration_decay",
    "infiltration_class",
]


def ground(value: float = 300.0) -> xr.DataArray:
    return xr.DataArray(np.full(SPEC.shape, value, np.float32), SPEC.coordinates(), ("y", "x"))


def model(x0=690020.0, y0=5540020.0, roof=312.0, crs=25832, bounds=None) -> BuildingModels:
    import pandas as pd

    ring = np.array([[x0, y0], [x0 + 10, y0], [x0 + 10, y0 + 10], [x0, y0 + 10]])
    vertices = np.concatenate([np.column_stack([ring, np.full(4, z)]) for z in (roof, 299.0)])
    table = pd.DataFrame(
        {
            "id": ["b"],
            "name": ["<b>Rathaus</b>"],
            "function": [None],
            "roof_type": [None],
            "storeys": [np.nan],
            "measured_height": [np.nan],
            "lod": [2],
        }
    )
    surfaces = Surfaces(
        vertices,
        np.array([0, 4, 8]),
        np.array([0, 1, 2]),
        np.array([SurfaceKind.ROOF, SurfaceKind.GROUND], np.uint8),
        np.zeros(2, np.int32),
    )
    return BuildingModels(table, surfaces, CRS(crs), "DHHN2016", bounds, ReadReport("model"))


def topics(city) -> list[str]:
    return [caveat.topic for caveat in city.meta.caveats]


def test_a_city_holds_every_variable_as_registered() -> None:
    city = build_city("town", SPEC, terrain=ground(), buildings=model())
    assert list(map(str, city.grid.data_vars)) == CITY_VARIABLES
    for name in CITY_VARIABLES:
        rule = VARIABLES[name]
        array = city.grid[name]
        assert array.dims == rule.dims
        assert array.dtype == rule.dtype
        assert array.attrs["units"] == rule.units
        known = array.values[np.isfinite(array.values)]
        assert name == "roof_aspect" or known.size  # the roof is flat
        assert rule.minimum is None or (known >= rule.minimum).all()
        assert rule.maximum is None or (known <= rule.maximum).all()


def test_terrain_alone_makes_a_city() -> None:
    city = build_city("plain", SPEC, terrain=ground())
    assert (city.grid.surface_elevation == city.grid.ground_elevation).all()
    assert (city.grid.land_cover == CODES["grass"]).all()
    assert len(city.buildings) == len(city.trees) == 0
    assert city.network is None
    assert "roads" in topics(city)


def test_roofs_are_where_the_model_puts_them_whatever_the_ground() -> None:
    for level in (295.0, 300.0, 305.0):
        city = build_city("town", SPEC, terrain=ground(level), buildings=model(roof=312.0))
        assert (city.grid.surface_elevation.values[city.grid.building_id.values > 0] == 312.0).all()


def test_a_roof_below_the_terrain_is_raised_to_it_and_said() -> None:
    city = build_city("town", SPEC, terrain=ground(320.0), buildings=model(roof=312.0))
    assert (city.grid.surface_elevation == 320.0).all()
    assert any("lies below the terrain" in caveat.text_en for caveat in city.meta.caveats)


def test_roof_cells_are_roof_and_sealed() -> None:
    city = build_city("town", SPEC, terrain=ground(), buildings=model())
    roof = city.grid.building_id.values > 0
    assert roof.sum() == 100
    assert (city.grid.land_cover.values[roof] == CODES["roof"]).all()
    assert (city.grid.sealed_fraction.values[roof] == 1).all()
    assert not city.grid.infiltration_initial_rate.values[roof].any()


def test_woods_and_mapped_trees_make_the_canopy_where_none_was_measured(osm) -> None:
    extract = osm(
        [(shapely.box(0, 60, 40, 100), {"natural": "wood"})],
        lines=[(shapely.LineString([(60, 10), (90, 10)]), {"natural": "tree_row"})],
        points=[
            (shapely.Point(70.5, 70.5), {"natural": "tree", "height": "16", "diameter_crown": "8"}),
            (shapely.Point(50.5, 50.5), {"natural": "tree"}),
            (shapely.Point(1, 1), {"highway": "street_lamp"}),
        ],
    )
    city = build_city("wood", SPEC, terrain=ground(), land_cover=extract)
    canopy = city.grid.canopy_height.values
    assert canopy[20, 20] == WOOD_HEIGHT
    assert canopy[29, 70] == 16
    assert canopy[49, 50] == TREE_HEIGHT
    assert city.grid.canopy_base_height.values[29, 70] == 16 * CROWN_BASE_SHARE
    assert len(city.trees) == 2 + 4
    assert city.trees["source"].str.contains("assumed").sum() == 5
    assert "trees" in topics(city)


def test_measured_canopy_replaces_assumed_woods_and_leaves_roofs_free(osm) -> None:
    heights = xr.DataArray(np.full(SPEC.shape, 7.0), SPEC.coordinates(), ("y", "x"))
    extract = osm([(shapely.box(0, 60, 40, 100), {"natural": "wood"})])
    city = build_city("wood", SPEC, terrain=ground(), buildings=model(), land_cover=extract, canopy=heights)
    roof = city.grid.building_id.values > 0
    assert (city.grid.canopy_height.values[~roof] == 7).all()
    assert not city.grid.canopy_height.values[roof].any()
    assert any("100 roof cells" in caveat.text_en for caveat in city.meta.caveats)


def test_every_variable_names_the_sources_it_came_from(osm) -> None:
    extract = osm([(shapely.box(0, 60, 40, 100), {"natural": "wood"})])
    grid = build_city(
        "town",
        SPEC,
        terrain=ground(),
        buildings=model(),
        land_cover=extract,
        sources=LICENCES,
        vertical_datum="DHHN2016",
    ).grid
    assert grid.ground_elevation.attrs["attribution"] == "survey office"
    assert grid.surface_elevation.attrs["attribution"] == "survey office; model office"
    assert grid.surface_elevation.attrs["license"] == "CC BY 4.0; dl-de/by-2.0"
    assert grid.canopy_height.attrs["attribution"] == "mappers; model office"
    assert grid.albedo.attrs["license"] == "ODbL 1.0; dl-de/by-2.0"
    assert grid.ground_elevation.attrs["vertical_datum"] == "DHHN2016"
    assert all({"source", "license", "attribution"} <= set(array.attrs) for array in grid.data_vars.values())


def test_the_grid_speaks_cf() -> None:
    grid = build_city("town", SPEC, terrain=ground()).grid
    assert grid.land_cover.attrs["flag_values"].tolist() == list(range(1, 11))
    assert grid.land_cover.attrs["flag_meanings"].split()[0] == "asphalt"
    assert grid.ground_elevation.attrs["standard_name"] == "surface_altitude"


def test_buildings_near_the_end_of_their_tile_are_flagged_by_side() -> None:
    inside = (689000.0, 5539000.0, 691000.0, 5541000.0)
    assert "edges" not in topics(build_city("town", SPEC, terrain=ground(), buildings=model(), tile=inside))
    east = (689000.0, 5539000.0, 690150.0, 5541000.0)
    (caveat,) = [
        c
        for c in build_city("town", SPEC, terrain=ground(), buildings=model(), tile=east).meta.caveats
        if c.topic == "edges"
    ]
    assert "in the east:" in caveat.text_en
    assert "im Osten:" in caveat.text_de


def test_the_models_own_envelope_stands_in_for_a_tile() -> None:
    narrow = model(bounds=(690000.0, 5540000.0, 690100.0, 5540100.0))
    (caveat,) = [
        c for c in build_city("t", SPEC, terrain=ground(), buildings=narrow).meta.caveats if c.topic == "edges"
    ]
    assert "west, south, east and north" in caveat.text_en


def test_every_caveat_speaks_both_languages(bayreuth, tiergarten) -> None:
    for caveat in (*bayreuth.meta.caveats, *tiergarten.meta.caveats):
        assert caveat.text("en") != caveat.text("de")
        assert caveat.text("de").endswith(".")


def test_terrain_gaps_stay_empty_and_are_said() -> None:
    terrain = ground()
    terrain.values[:10] = np.nan
    city = build_city("town", SPEC, terrain=terrain, buildings=model())
    assert float(city.grid.ground_elevation.isnull().mean()) == pytest.approx(0.1)
    assert any("10.0% of the grid" in caveat.text_en for caveat in city.meta.caveats)


def test_roofs_over_a_gap_of_the_terrain_keep_their_elevation() -> None:
    terrain = ground()
    terrain.values[60:90] = np.nan
    city = build_city("town", SPEC, terrain=terrain, buildings=model())
    assert (city.grid.surface_elevation.values[city.grid.building_id.values > 0] == 312.0).all()


def test_records_of_another_crs_are_refused() -> None:
    with pytest.raises(InputError, match="zone 33N"):
        build_city("town", SPEC, terrain=ground(), buildings=model(crs=25833))


def test_buildings_far_from_the_grid_are_refused_with_both_places() -> None:
    with pytest.raises(DataError, match="1 buildings lie 50 km from the grid"):
        build_city("town", SPEC, terrain=ground(), buildings=model(y0=5590100.0))


def test_open_country_beside_a_town_is_a_city_without_buildings() -> None:
    city = build_city("fields", SPEC, terrain=ground(), buildings=model(y0=5541000.0))
    assert not city.grid.building_id.values.any()
    assert len(city.buildings) == 1
    assert any("no building on the grid" in caveat.text_en for caveat in city.meta.caveats)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(InputError, match="role 'roofs'"):
        build_city("town", SPEC, terrain=ground(), sources={"roofs": LICENCES["terrain"]})


def test_building_twice_gives_the_same_city() -> None:
    one, two = (build_city("town", SPEC, terrain=ground(), buildings=model()) for _ in range(2))
    assert one.grid.identical(two.grid)
    assert one.buildings.equals(two.buildings)


def test_a_void_value_that_nobody_declared_is_refused() -> None:
    terrain = ground()
    terrain.values[3, 4] = -32768
    with pytest.raises(DataError, match=r"terrain is -32768 m at E 690004\.5, N 5540096\.5 \(1 cells\); it must lie"):
        build_city("town", SPEC, terrain=terrain)


def test_a_canopy_in_decimetres_is_refused() -> None:
    canopy = xr.DataArray(np.full(SPEC.shape, 180.0), SPEC.coordinates(), ("y", "x"))
    with pytest.raises(DataError, match=r"canopy is 180 m .* check its unit"):
        build_city("town", SPEC, terrain=ground(), canopy=canopy)


def test_a_model_far_off_the_terrain_casts_doubt_on_the_datum() -> None:
    # ellipsoidal heights in Germany lie about 40 to 50 m above DHHN2016
    high = build_city("town", SPEC, terrain=ground(255.0), buildings=model())
    assert any("44.0 m above the terrain" in caveat.text_en for caveat in high.meta.caveats)
    assert not any(
        "datum" in c.text_en for c in build_city("t", SPEC, terrain=ground(), buildings=model()).meta.caveats
    )


def test_what_was_skipped_stands_in_the_reports(osm) -> None:
    rows = [
        (shapely.box(20, 20, 30, 30), {"building": "house"}),
        (shapely.box(60, 60, 90, 90), {"building": "garage", "location": "underground"}),
    ]
    city = build_city("town", SPEC, terrain=ground(), buildings=osm(rows))
    assert len(city.buildings) == 1
    assert "1 buildings lie underground and are left out" in city.info()


def test_the_terrain_names_its_own_vertical_datum() -> None:
    terrain = ground().assign_attrs(vertical_datum="DHHN2016")
    assert build_city("t", SPEC, terrain=terrain).grid.surface_elevation.attrs["vertical_datum"] == "DHHN2016"


def test_no_vegetation_at_all_is_an_open_city_not_an_error() -> None:
    canopy = xr.DataArray(np.full(SPEC.shape, np.nan), SPEC.coordinates(), ("y", "x"))
    city = build_city("steppe", SPEC, terrain=ground(), canopy=canopy)
    assert not city.grid.canopy_height.values.any()
    assert not any("does not reach" in caveat.text_en for caveat in city.meta.caveats)


def test_vegetation_measured_for_half_of_the_grid_is_said() -> None:
    west = GridSpec(690000.0, 5540100.0, 1.0, 100, 50, "EPSG:25832")
    canopy = xr.DataArray(np.full(west.shape, 9.0), west.coordinates(), ("y", "x"))
    city = build_city("town", SPEC, terrain=ground(), canopy=canopy)
    assert (city.grid.canopy_height.values[:, :50] == 9).all()
    assert any("does not reach 50.0% of the grid" in caveat.text_en for caveat in city.meta.caveats)


def test_vegetation_measured_elsewhere_is_refused() -> None:
    far = GridSpec(790000.0, 5540100.0, 1.0, 100, 50, "EPSG:25832")
    canopy = xr.DataArray(np.full(far.shape, 9.0), far.coordinates(), ("y", "x"))
    with pytest.raises(DataError, match=r"canopy has no value|does not overlap"):
        build_city("town", SPEC, terrain=ground(), canopy=canopy)
