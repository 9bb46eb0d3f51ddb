"""The sample cities: what is in them, checked against reference data, files and the licences they carry."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import shapely
import xarray as xr

import twin
from twin.city.samples import SAMPLES, sample_city, sample_folder
from twin.city.surfaces import CODES
from twin.errors import InputError
from twin.netcdf import read_netcdf, write_netcdf

ROOT = Path(__file__).resolve().parents[2]


def test_bayreuth_is_the_village_with_its_509_buildings(bayreuth) -> None:
    assert bayreuth.spec.bounds == (678700, 5543100, 679700, 5544100)
    assert bayreuth.spec.shape == (250, 250)
    assert bayreuth.spec.crs.to_epsg() == 25832
    assert bayreuth.buildings["on_grid"].sum() == 509
    assert len(bayreuth.buildings) == 4267  # footprints in the extract
    assert bayreuth.network is not None
    assert len(bayreuth.network.links) > 1000


def test_roads_water_and_roofs_of_the_village_are_on_the_grid(bayreuth) -> None:
    cover = bayreuth.grid.land_cover.values
    for name in ("asphalt", "roof", "grass", "forest", "water", "paving"):
        assert (cover == CODES[name]).any(), name
    built = float(bayreuth.grid.building_fraction.sum()) * 16
    inside = bayreuth.buildings.geometry.clip(shapely.box(*bayreuth.spec.bounds)).area.sum()
    # footprints overlap here and there; the grid counts such ground once
    assert built == pytest.approx(inside, rel=0.01)


def test_the_terrain_of_the_village_is_flagged_as_coarse(bayreuth) -> None:
    topics = {caveat.topic for caveat in bayreuth.meta.caveats}
    assert topics >= {"terrain", "heights", "trees", "residents", "land_cover"}
    assert 300 < float(bayreuth.grid.ground_elevation.min()) < float(bayreuth.grid.ground_elevation.max()) < 380


def test_the_villages_residents_are_of_the_right_order(bayreuth) -> None:
    # detached houses of one or two dwellings with about two people each
    homes = bayreuth.buildings[bayreuth.buildings["on_grid"] & (bayreuth.buildings["use"] == "residential")]
    assert 2 < homes["residents"].mean() < 6


def test_tiergarten_copies_its_terrain_and_holds_forty_buildings(tiergarten) -> None:
    assert tiergarten.spec.shape == (1000, 1000)
    assert tiergarten.spec.crs.to_epsg() == 25833
    assert tiergarten.grid.ground_elevation.attrs["processing"] == "copied"
    assert len(tiergarten.buildings) == tiergarten.buildings["on_grid"].sum() == 40
    assert len(np.unique(tiergarten.grid.building_id)) == 41
    assert {c.topic for c in tiergarten.meta.caveats} >= {"edges", "trees", "roads", "land_cover"}


def test_the_copied_terrain_is_that_of_the_file(tiergarten) -> None:
    import rasterio

    with rasterio.open(sample_folder("tiergarten") / "dgm1_berlin_tiergarten.tif") as file:
        values, transform = file.read(1), file.transform
        assert file.nodata == 0.0  # as published; no cell uses it
    column = round((tiergarten.spec.left - transform.c) / transform.a)
    row = round((tiergarten.spec.top - transform.f) / transform.e)
    assert np.array_equal(tiergarten.grid.ground_elevation.values, values[row : row + 1000, column : column + 1000])


def test_roofs_and_area_of_the_model_agree(tiergarten) -> None:
    roof_cells = int((tiergarten.grid.building_id > 0).sum())
    footprint = float(tiergarten.grid.building_fraction.sum())
    # roofs at centres against exact ground surfaces; the published model's roofs and grounds differ by 0.2 %
    assert roof_cells == pytest.approx(footprint, rel=0.005)


def test_roofs_agree_with_an_independent_height_raster(tiergarten, shared_data) -> None:
    """Berlin_building_height_3m_DLR.tif on its own cells, where both have a building on at least half of the cell."""
    from twin.geometry import read_raster

    raster = read_raster(shared_data("city/berlin_tiergarten/Berlin_building_height_3m_DLR.tif"))
    grid = tiergarten.grid
    # both lattices have their edges on .5, so a cell of 3 m holds nine of 1 m
    column = ((grid.x.values - (float(raster.x[0]) - 1.5)) // 3).astype(int)
    row = (((float(raster.y[0]) + 1.5) - grid.y.values) // 3).astype(int)
    inside = np.ix_((row >= 0) & (row < raster.sizes["y"]), (column >= 0) & (column < raster.sizes["x"]))
    cell = (row[:, None] * raster.sizes["x"] + column[None, :])[inside].ravel()
    built = (grid.building_id.values > 0)[inside].ravel()
    height = (grid.surface_elevation - grid.ground_elevation).values[inside].ravel()
    count = np.bincount(cell[built], minlength=raster.size)
    total = np.bincount(cell[built], height[built], raster.size)
    reference = raster.values.ravel()
    both = (count >= 5) & np.isfinite(reference) & (reference > 0)
    error = total[both] / count[both] - reference[both]
    assert both.sum() > 2000
    assert abs(np.median(error)) < 0.2
    assert np.abs(error).mean() < 1.0  # measured: median -0.01 m, mean absolute 0.69 m


def test_the_reichstag_dome_is_the_highest_roof(tiergarten) -> None:
    # about 51 m above the terrain
    above = (tiergarten.grid.surface_elevation - tiergarten.grid.ground_elevation).values
    assert float(above.max()) == pytest.approx(51.0, abs=1.0)


def test_trees_stand_beside_roofs_not_on_them(tiergarten) -> None:
    canopy, roof = tiergarten.grid.canopy_height.values, tiergarten.grid.building_id.values > 0
    assert not canopy[roof].any()
    # the publisher's raster has vegetation above 2 m on 48 % of this tile
    assert (canopy[~roof] > 0).mean() == pytest.approx(0.48, abs=0.04)
    base = tiergarten.grid.canopy_base_height.values
    assert (base <= canopy).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_netcdf_keeps_grid_crs_and_attributes(name, request, tmp_path) -> None:
    city = request.getfixturevalue(name)
    path = write_netcdf(city.grid, tmp_path / "city.nc")
    back = read_netcdf(path)
    for variable in city.grid.data_vars:
        assert np.array_equal(back[variable].values, city.grid[variable].values, equal_nan=True)
        assert back[variable].dtype == city.grid[variable].dtype
        for key, value in city.grid[variable].attrs.items():
            assert np.array_equal(back[variable].attrs[key], value), (variable, key)
    assert back.attrs["resolution"] == city.grid.attrs["resolution"]
    with xr.open_dataset(path, engine="h5netcdf", decode_coords="all") as opened:
        assert opened.rio.crs.to_epsg() == city.spec.crs.to_epsg()
        assert tuple(opened.rio.transform())[:6] == pytest.approx(tuple(city.spec.transform)[:6])
        assert opened["ground_elevation"].rio.crs is not None


def test_other_bounds_and_cell_sizes_are_cut_from_the_same_data(bayreuth) -> None:
    part = sample_city("bayreuth", bounds=(679000, 5543400, 679200, 5543600))
    window = bayreuth.grid.sel(x=part.grid.x, y=part.grid.y)
    assert np.allclose(part.grid.ground_elevation, window.ground_elevation, atol=1e-3)
    assert (part.grid.building_id.values == window.building_id.values).all()
    assert (part.grid.land_cover.values == window.land_cover.values).all()
    # another cell size keeps the area that is built
    fine = sample_city("bayreuth", bounds=(679000, 5543400, 679200, 5543600), resolution=2)
    assert float(fine.grid.building_fraction.sum()) * 4 == pytest.approx(
        float(part.grid.building_fraction.sum()) * 16, rel=1e-4
    )


def test_bounds_outside_the_data_are_refused() -> None:
    with pytest.raises(twin.TwinError):
        sample_city("bayreuth", bounds=(600000, 5543400, 600100, 5543600))


def test_an_unknown_sample_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="samples are: bayreuth, tiergarten"):
        sample_city("atlantis")


def test_sample_data_are_small_and_name_no_contributor() -> None:
    files = [path for name in SAMPLES for path in sample_folder(name).iterdir()]
    assert sum(path.stat().st_size for path in files) < 6e6
    for path in files:
        if path.name.endswith(".osm.gz"):
            content = gzip.decompress(path.read_bytes())
            assert not re.search(rb"<(?:node|way|relation)[^>]*\s(?:user|uid|changeset|version|timestamp)=", content)
            assert b"ODbL 1.0" in content[:1000]
            assert b"contributor names removed" in content[:1000]


def test_rasters_and_models_carry_their_attribution_inside() -> None:
    import rasterio

    for name in SAMPLES:
        for path in sample_folder(name).glob("*.tif"):
            with rasterio.open(path) as file:
                assert file.tags()["ATTRIBUTION"]
                assert file.tags()["LICENSE"]
    model = gzip.decompress((sample_folder("tiergarten") / "lod2_3890_5819.gml.gz").read_bytes())
    assert b"dl-de/by-2.0" in model[:400]


def test_the_samples_can_be_made_again_from_their_sources(shared_data, tmp_path) -> None:
    reference = shared_data("city/bayreuth").parents[1]
    spec = importlib.util.spec_from_file_location("make_samples", ROOT / "tests" / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make_samples(reference, tmp_path)
    for name in SAMPLES:
        made = {path.name: path for path in (tmp_path / name).iterdir()}
        assert made
        for file, path in made.items():
            shipped = sample_folder(name) / file
            if file.endswith(".gz"):  # other versions of zlib pack the same content differently
                assert gzip.decompress(path.read_bytes()) == gzip.decompress(shipped.read_bytes()), file
            else:
                import rasterio

                with rasterio.open(path) as one, rasterio.open(shipped) as two:
                    assert np.array_equal(one.read(1), two.read(1))
                    assert (one.transform, one.nodata, one.tags()) == (two.transform, two.nodata, two.tags())
