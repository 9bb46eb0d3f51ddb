"""Records of variants and measures refuse what they cannot mean."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
import xarray as xr

from twin.compare import MeasureRecord, Variant
from twin.errors import InputError

NOWHERE = gpd.GeoDataFrame(geometry=[], crs="EPSG:25832")


def test_a_negative_cost_is_refused():
    with pytest.raises(InputError, match=r"-1\.0 euro"):
        MeasureRecord("unseal", "Unseal", "Entsiegeln", NOWHERE, (), -1.0)


def test_a_footprint_that_is_no_table_is_refused():
    with pytest.raises(InputError, match="GeoDataFrame"):
        MeasureRecord("unseal", "Unseal", "Entsiegeln", shapely.box(0, 0, 1, 1))


def test_a_result_without_a_model_is_refused(village):
    with pytest.raises(InputError, match="attrs\\['model'\\] = None"):
        Variant("baseline", "Today", village, {"rain": xr.Dataset()})


def test_a_result_without_a_german_label_is_refused(village):
    with pytest.raises(InputError, match="event_label_de"):
        Variant("baseline", "Today", village, {"rain": xr.Dataset(attrs={"model": "flood", "event_label_en": "rain"})})


def test_results_cannot_be_exchanged_afterwards(variants):
    with pytest.raises(TypeError):
        variants[0].results["rain"] = xr.Dataset()


def test_the_cost_of_a_variant_is_not_known_if_one_measure_has_none(variants):
    assert variants[1].cost is None
    assert variants[0].cost == 0.0
