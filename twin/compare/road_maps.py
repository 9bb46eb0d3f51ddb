"""Maps of traffic: road sections as wide and as dark as the vehicles on them, both directions together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.compare import map_furniture as furniture
from twin.compare.colour_scales import ColourScale, difference_scale, value_scale
from twin.compare.language import quantity, say
from twin.compare.map_sheet import MapFigure, Sheet
from twin.compare.maps import SMALLEST
from twin.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from twin.compare.comparison import Comparison
    from twin.compare.map_furniture import Extent
    from twin.compare.variant import Variant

WIDEST = 5.5
"""Width of the busiest road, points."""


def draw_roads(
    comparison: Comparison,
    event: str,
    variant: Variant,
    *,
    difference: bool = False,
    extent: Literal["grid", "network"] = "grid",
    language: str = "en",
) -> MapFigure:
    """Draw the flows of a variant, or their difference to the baseline: see `twin.compare.maps.draw`.

    Raises
    ------
    InputError
        If `extent` is neither ``"grid"`` nor ``"network"``.
    """
    if extent not in ("grid", "network"):
        raise InputError(f"extent is {extent!r}; it must be 'grid' or 'network'")
    import shapely

    table = comparison.road_differences(event)
    bounds: Extent = comparison.baseline.city.spec.bounds
    if extent == "network":
        xmin, ymin, xmax, ymax = (float(value) for value in table.total_bounds)
        margin = 0.03 * max(xmax - xmin, ymax - ymin)
        bounds = (xmin - margin, ymin - margin, xmax + margin, ymax + margin)
    smallest = SMALLEST["road_flow"]
    if difference:
        arrays = [table[f"difference {v.name}"].to_numpy(np.float64) for v in comparison.others]
        values = table[f"difference {variant.name}"].to_numpy(np.float64)
        scale = difference_scale(arrays, smallest)
        note = say("map.unchanged", language, value=quantity(smallest, "h-1", 0, language))
    else:
        arrays = [table[v.name].to_numpy(np.float64) for v in comparison.variants]
        values = table[variant.name].to_numpy(np.float64)
        # scaled to what is in sight: a motorway at the edge must not make every street of the village pale
        sight = table.geometry.intersects(shapely.box(*bounds)).to_numpy()
        seen = np.concatenate([array[sight & (array >= 1.0)] for array in arrays])
        high = float(np.percentile(seen, 96)) if seen.size else 1.0
        top = value_scale("road_flow", [np.array([0.0, high])]).maximum
        scale = ColourScale("cividis_r", 0.0, top, hidden_below=1.0)
        note = ""
    label = say("map.both", language)
    sheet = Sheet.lay_out(comparison, event, label, bounds, difference, variant, language, note)
    axes = sheet.axes
    near = extent == "grid"
    if near:
        furniture.draw_relief(axes, variant.city)
        furniture.draw_buildings(axes, variant.city, sheet.extent)
    furniture.draw_roads(axes, variant.city, sheet.extent, color="#b4bac3", width=0.6)
    lines = _draw_flows(axes, table, values, scale, WIDEST if near else 0.7 * WIDEST)
    sheet.colour_bar(lines, scale, arrays, "h-1", language)
    sheet.finish(variant, language, buildings=near, roads=True)
    alt = _alt(comparison, event, variant, table, values, difference, language)
    return MapFigure(sheet.figure, alt, sheet.title, sheet.tag)


def _draw_flows(axes: Any, table: gpd.GeoDataFrame, values: Any, scale: ColourScale, widest: float) -> Any:
    from matplotlib.collections import LineCollection

    shown = np.flatnonzero(np.isfinite(scale.visible(values)))
    # the strongest last, so that it lies on top
    shown = shown[np.argsort(np.abs(values[shown]), kind="stable")]
    lines, strength = [], []
    for i in shown:
        geometry = table.geometry.iloc[i]
        if geometry is None or geometry.is_empty:
            continue
        for part in getattr(geometry, "geoms", [geometry]):
            lines.append(np.asarray(part.coords)[:, :2])
            strength.append(values[i])
    strengths = np.asarray(strength, np.float64)
    widths = 0.8 + (widest - 0.8) * np.minimum(np.abs(strengths) / max(abs(scale.maximum), 1e-9), 1.0)
    common = {"capstyle": "round", "joinstyle": "round"}
    axes.add_collection(LineCollection(lines, linewidths=widths + 0.9, colors="#59616d", zorder=4.5, **common))
    flows = LineCollection(lines, linewidths=widths, cmap=scale.colour_map(), norm=scale.norm(), zorder=5, **common)
    flows.set_array(strengths)
    axes.add_collection(flows)
    return flows


def _alt(
    comparison: Comparison,
    event: str,
    variant: Variant,
    table: gpd.GeoDataFrame,
    values: Any,
    difference: bool,
    language: str,
) -> str:
    known = values[np.isfinite(values)]
    known = known if known.size else np.zeros(1)
    words = {
        "variant": variant.title_in(language),
        "event": comparison.baseline.event_label(event, language),
        "measures": say("alt.measures", language) if variant.measures else "",
        "high": quantity(float(known.max()), "h-1", 0, language, signed=difference),
    }
    if difference:
        low = quantity(float(known.min()), "h-1", 0, language, signed=True)
        return say("alt.roads.difference", language, **words, low=low, baseline=comparison.baseline.title_in(language))
    street = say("unnamed", language)
    if np.isfinite(values).any():
        busiest = table.iloc[int(np.nanargmax(values))]
        street = busiest["name"] or busiest["ref"] or street
    return say("alt.roads", language, **words, street=street)
