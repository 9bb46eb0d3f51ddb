"""What differs between variants and the baseline: maps cell by cell, roads section by section, streets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from twin.compare.streets import section_flows, street_flows

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from twin.compare.comparison import Comparison


def difference_maps(comparison: Comparison) -> xr.Dataset:
    """Return maps of variant minus baseline: see `Comparison.differences`."""
    shared = [name for event in comparison.events for name in comparison.key_maps(event)]
    maps = {}
    for event in comparison.events:
        for name in comparison.key_maps(event) if comparison.others else ():
            base = comparison.key_map(event, name)
            layers = [comparison.key_map(event, name, variant.name) - base for variant in comparison.others]
            attributes = {
                "units": base.attrs.get("units", ""),
                "event": event,
                "long_name": f"{base.attrs.get('long_name', name)}, difference to {comparison.baseline.name}",
            }
            key = name if shared.count(name) == 1 else f"{name}__{event}"
            maps[key] = (
                ("scenario", "y", "x"),
                np.stack([layer.values.astype(np.float32) for layer in layers]),
                attributes,
            )
    grid = comparison.baseline.city.spec.dataset()
    return grid.assign(maps).assign_coords(scenario=[variant.name for variant in comparison.others])


def road_differences(comparison: Comparison, event: str) -> gpd.GeoDataFrame:
    """Return the flows of road sections in all variants: see `Comparison.road_differences`."""
    base = section_flows(comparison.result(event), comparison.baseline.city)
    table = base[["name", "ref", "road_class", "length", "geometry"]].copy()
    for variant in comparison.variants:
        table[variant.name] = section_flows(variant.results[event], variant.city)["road_flow"].reindex(table.index)
    for variant in comparison.others:
        table[f"difference {variant.name}"] = table[variant.name] - table[comparison.baseline.name]
    return table


def street_differences(comparison: Comparison, event: str) -> pd.DataFrame:
    """Return the flows of named streets, the most changed first: see `Comparison.street_differences`."""
    import pandas as pd

    base = street_flows(comparison.result(event), comparison.baseline.city)
    table = pd.DataFrame({"length": base["length"]})
    for variant in comparison.variants:
        table[variant.name] = street_flows(variant.results[event], variant.city)["road_flow"].reindex(table.index)
    for variant in comparison.others:
        table[f"difference {variant.name}"] = table[variant.name] - table[comparison.baseline.name]
    changes = [f"difference {variant.name}" for variant in comparison.others] or [comparison.baseline.name]
    order = table[changes].abs().max(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order]
