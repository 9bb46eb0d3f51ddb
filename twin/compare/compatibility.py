"""Which variants may be compared: same grid, CRS, events and links. A refusal says which field differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import InputError

if TYPE_CHECKING:
    from twin.compare.variant import Variant


RESERVED = frozenset(
    [
        "building",
        "event",
        "geometry",
        "indicator",
        "length",
        "model",
        "name",
        "place",
        "quantity",
        "rank",
        "ref",
        "residents",
        "road_class",
        "unit",
    ]
)
"""Columns of the tables of a comparison; the other columns are named after the variants."""


def check_comparable(variants: Sequence[Variant], baseline: str) -> None:
    """Refuse variants whose numbers do not mean the same.

    Parameters
    ----------
    variants : sequence of Variant
        At least one, with names of their own.
    baseline : str
        Name of the variant the others are held against.

    Raises
    ------
    InputError
        Naming the variant, the field that differs and both values.
    """
    if not variants:
        raise InputError("there are no variants to compare; give at least the baseline")
    names = [variant.name for variant in variants]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise InputError(f"the variant name {double[0]!r} is used {names.count(double[0])} times; names must differ")
    for name in names:
        if name in RESERVED or name.startswith("difference "):
            raise InputError(f"a variant is called {name!r}, which is a column of the tables; give it another name")
    if baseline not in names:
        raise InputError(f"the baseline {baseline!r} is not among the variants: {', '.join(names)}")
    first = variants[names.index(baseline)]
    if not first.results:
        raise InputError(f"variant {baseline!r} has no results; run the models first")
    for variant in variants:
        _same_grid(first, variant)
        _same_events(first, variant)
        for event in first.results:
            _same_result(first, variant, event)


def _same_grid(first: Variant, other: Variant) -> None:
    here, there = first.city.spec, other.city.spec
    for field in ("crs", "resolution", "left", "top", "rows", "columns"):
        mine, theirs = getattr(here, field), getattr(there, field)
        if mine != theirs:
            mine, theirs = (value.name if field == "crs" else value for value in (mine, theirs))
            raise InputError(
                f"the grids of {first.name!r} and {other.name!r} differ in {field}: {mine} and {theirs}; "
                "compute both on one grid"
            )


def _same_events(first: Variant, other: Variant) -> None:
    alone = sorted(set(first.results) ^ set(other.results))
    if alone:
        holder, lacking = (first, other) if alone[0] in first.results else (other, first)
        raise InputError(
            f"the events differ: {alone[0]!r} was computed for {holder.name!r} but not for {lacking.name!r}; "
            "compute the same events for every variant"
        )


def _same_result(first: Variant, other: Variant, event: str) -> None:
    mine, theirs = first.results[event], other.results[event]
    for attribute in ("model", "event_label_en", "event_label_de", "event_fingerprint"):
        left, right = mine.attrs.get(attribute), theirs.attrs.get(attribute)
        if left != right:
            raise InputError(
                f"event {event!r} of {first.name!r} and {other.name!r} differs in {attribute}: {left!r} and {right!r}; "
                "compare answers to the same event"
            )
    for axis in ("y", "x"):
        for variant, result in ((first, mine), (other, theirs)):
            if axis in result.coords and not np.array_equal(result[axis].values, variant.city.grid[axis].values):
                raise InputError(
                    f"result {event!r} of {variant.name!r} and its city differ in coordinate {axis!r}; "
                    "a result must lie on the grid of its city"
                )
    for axis in ("time", "link"):
        if (axis in mine.coords) != (axis in theirs.coords) or (
            axis in mine.coords and not np.array_equal(mine[axis].values, theirs[axis].values)
        ):
            raise InputError(
                f"result {event!r} of {first.name!r} and {other.name!r} differs in coordinate {axis!r}; "
                "both must hold the same " + ("hours" if axis == "time" else "links (close a link, never remove it)")
            )
    for name in mine.data_vars:
        left, right = mine[name].attrs.get("units"), (theirs[name].attrs.get("units") if name in theirs else None)
        if name in theirs and left != right:
            raise InputError(
                f"{name} of event {event!r} is in {left!r} for {first.name!r} and in {right!r} for {other.name!r}"
            )
