"""Several CityJSON models to one, as towns publish them in tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from twin.city.gridspec import same_crs
from twin.errors import InputError
from twin.geometry.building_models import concatenate_models
from twin.geometry.records import CityJsonData, ReadReport, Surfaces
from twin.geometry.surfaces import concatenate


def join_city_models(models: Sequence[CityJsonData]) -> CityJsonData:
    """Join city models of one CRS: buildings, areas and relief; what comes with the same id twice counts once.

    Parameters
    ----------
    models : sequence of CityJsonData
        At least one.

    Returns
    -------
    CityJsonData

    Raises
    ------
    InputError
        If there is none, or CRSs differ.

    Examples
    --------
    >>> join_city_models([])
    Traceback (most recent call last):
    twin.errors.InputError: there are no city models to join
    """
    if not models:
        raise InputError("there are no city models to join")
    if len(models) == 1:
        return models[0]
    buildings = concatenate_models([model.buildings for model in models])
    first = next((model for model in models if len(model.areas)), models[0])
    for model in models:
        one, other = model.buildings.crs, buildings.crs
        if one is not None and other is not None and not same_crs(one, other):
            raise InputError(f"{model.report.source} is in {one.name}, others in {other.name}; give models of one CRS")
    reports = [model.report for model in models]
    trees = [model.trees for model in models if model.trees is not None]
    return replace(
        first,
        buildings=buildings,
        # an area that two tiles hold is painted twice, which changes nothing
        areas=pd.concat([model.areas for model in models], ignore_index=True).set_crs(first.areas.crs),
        area_surfaces=concatenate([model.area_surfaces for model in models], [len(model.areas) for model in models]),
        relief=concatenate([model.relief for model in models], [_reliefs(model.relief) for model in models]),
        trees=None
        if not trees
        else replace(trees[0], trees=pd.concat([one.trees for one in trees], ignore_index=True)),
        report=ReadReport(
            ", ".join(report.source for report in reports),
            sum(report.found for report in reports),
            sum(report.used for report in reports),
            tuple(entry for report in reports for entry in report.repaired),
            tuple(entry for report in reports for entry in report.refused),
            tuple(note for report in reports for note in report.notes),
        ),
    )


def _reliefs(relief: Surfaces) -> int:
    return int(relief.building.max()) + 1 if len(relief) else 0
