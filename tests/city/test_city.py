"""`City`: parts that belong together, and what it shows of itself."""

from __future__ import annotations

import numpy as np
import pytest

from twin.city.city import Caveat, CityMeta, Source
from twin.errors import InputError


def test_a_city_describes_itself_in_a_few_lines(bayreuth) -> None:
    text = repr(bayreuth)
    assert "EPSG:25832" in text
    assert "250 x 250 cells of 4 m" in text
    assert "509 buildings on the grid" in text
    assert len(text.splitlines()) < 10


def test_info_lists_layers_sources_caveats_and_reports(tiergarten) -> None:
    text = tiergarten.info()
    for name in tiergarten.grid.data_vars:
        assert str(name) in text
    for source in tiergarten.meta.sources:
        assert source.attribution in text
        assert source.license in text
    for caveat in tiergarten.meta.caveats:
        assert caveat.text_en in text


def test_html_shows_sources_licences_and_caveats(bayreuth) -> None:
    html = bayreuth._repr_html_()
    assert "ODbL 1.0" in html
    assert "OpenStreetMap contributors" in html
    assert html.count('class="gap"') == len(bayreuth.meta.caveats)


def test_text_from_files_is_escaped(bayreuth) -> None:
    evil = "<script>alert('x')</script>"
    meta = CityMeta((Source(evil, evil, evil, evil),), (Caveat(evil, evil, evil),))
    grid = bayreuth.grid.rename({"albedo": evil})
    html = bayreuth.with_changes(name=evil, meta=meta, grid=grid)._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 7


def test_a_layer_without_any_value_does_not_break_the_summary(bayreuth) -> None:
    grid = bayreuth.grid.assign(albedo=bayreuth.grid.albedo * np.nan)
    assert "100.0% empty" in bayreuth.with_changes(grid=grid).info()


def test_with_changes_leaves_the_original_alone(bayreuth) -> None:
    other = bayreuth.with_changes(name="other")
    assert other.name == "other"
    assert bayreuth.name != "other"
    assert other.grid is bayreuth.grid


def test_a_building_on_the_grid_must_stand_in_the_table(bayreuth) -> None:
    with pytest.raises(InputError, match="which is no row of the buildings table"):
        bayreuth.with_changes(buildings=bayreuth.buildings.iloc[:10])


def test_a_table_in_another_crs_is_refused(bayreuth) -> None:
    with pytest.raises(InputError, match="buildings are in"):
        bayreuth.with_changes(buildings=bayreuth.buildings.to_crs(4326))
    with pytest.raises(InputError, match="trees are in"):
        bayreuth.with_changes(trees=bayreuth.trees.to_crs(25833))


def test_an_index_that_repeats_is_refused(bayreuth) -> None:
    with pytest.raises(InputError, match="holds a number twice"):
        bayreuth.with_changes(buildings=bayreuth.buildings.set_axis(np.ones(len(bayreuth.buildings), int)))


def test_a_city_needs_a_name_and_a_grid_with_a_crs(bayreuth) -> None:
    with pytest.raises(InputError, match="name is ''"):
        bayreuth.with_changes(name="")
    with pytest.raises(InputError, match="has no CRS"):
        bayreuth.with_changes(grid=bayreuth.grid.drop_vars("spatial_ref"))
