"""What every map carries: backdrop of relief, buildings and roads, measures outlined, scale bar, north arrow, footer.

Drawn on a matplotlib `Axes` that is handed in, never on global state, so that servers and threads may draw at once.
Widths are made for a figure as narrow as a phone.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.compare.language import number, say, topic

if TYPE_CHECKING:
    from twin.city.city import Caveat, City
    from twin.compare.variant import MeasureRecord

Extent = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax, m."""

INK = "#1d2530"
BUILDING = "#c9ccd1"
MEASURE = "#c2006b"  # magenta: neither in the sequential nor in the diverging ramps
MEASURE_BAND = "#eda6cd"
FOOTER_SIZE = 6.6
SMALL = 7.5


def hillshade(elevation: NDArray[np.floating], resolution: float) -> NDArray[np.float64]:
    """Return shaded relief, 0 (dark) to 1 (bright), lit from the north-west at 45 degrees.

    Parameters
    ----------
    elevation : (y, x) float
        m, y descending; NaN is drawn flat.
    resolution : float
        Cell size, m.

    Notes
    -----
    Lambert's cosine law on the surface normal, as in Horn (1981), Proceedings of the IEEE 69, 14-47.

    Examples
    --------
    >>> round(float(hillshade(np.zeros((3, 3)), 1.0)[1, 1]), 3)
    0.707
    """
    height = np.asarray(elevation, np.float64)
    known = np.isfinite(height)
    height = np.where(known, height, height[known].mean() if known.any() else 0.0)
    if min(height.shape) < 2:
        return np.full(height.shape, math.sqrt(0.5))
    down, right = np.gradient(height, resolution)
    # unit vector to the light: from the north-west (west: -x, north: +y), 45 degrees up
    east, north, up = -0.5, 0.5, math.sqrt(0.5)
    shade = (-right * east + down * north + up) / np.sqrt(right**2 + down**2 + 1.0)
    return np.asarray(np.clip(shade, 0.0, 1.0), np.float64)


def draw_relief(axes: Any, city: City) -> None:
    """Draw the relief of the city's grid in light greys."""
    xmin, ymin, xmax, ymax = city.spec.bounds
    if "ground_elevation" in city.grid:
        shade = hillshade(city.grid["ground_elevation"].values, city.spec.resolution)
    else:
        shade = np.full(city.spec.shape, 0.7)
    axes.imshow(
        0.78 + 0.22 * shade,
        cmap="gray",
        vmin=0,
        vmax=1,
        extent=(xmin, xmax, ymin, ymax),
        interpolation="bilinear",
        zorder=0,
    )


def draw_buildings(axes: Any, city: City, extent: Extent) -> None:
    """Draw building footprints that touch the extent."""
    from matplotlib.collections import PathCollection

    paths = [outline_path(polygon) for polygon in polygons_in(city.buildings.geometry, extent)]
    axes.add_collection(PathCollection(paths, facecolor=BUILDING, edgecolor="#5c6470", linewidth=0.35, zorder=4))


def draw_roads(axes: Any, city: City, extent: Extent, color: str = "#8a919c", width: float = 0.5) -> None:
    """Draw road centre lines that touch the extent."""
    from matplotlib.collections import LineCollection

    if city.network is not None:
        lines = _lines(city.network.links.geometry, extent)
        axes.add_collection(LineCollection(lines, colors=color, linewidths=width, zorder=3))


def draw_measures(axes: Any, measures: Iterable[MeasureRecord], extent: Extent, *, on_roads: bool = False) -> int:
    """Outline the footprints of measures, dashed on a white ground; return how many outlines were drawn.

    With `on_roads`, measures on roads become a band behind the road, so that its flow stays readable. Many small shapes
    of one measure, such as the crowns of an avenue, get one outline around the group. Outlines of areas run
    outside them: what a measure changes stays in sight.
    """
    from matplotlib.collections import LineCollection

    lines: list[NDArray[np.float64]] = []
    bands: list[NDArray[np.float64]] = []
    # a map is 334 points wide: 1/200 keeps the line, 1.2 points with its ground, clear of the cells
    clear = (extent[2] - extent[0]) / 200.0
    for measure in measures:
        for shape in _outlines(measure, extent):
            if shape.geom_type == "Polygon":
                shape = shape.buffer(clear, join_style="mitre")
                lines += [np.asarray(ring.coords)[:, :2] for ring in (shape.exterior, *shape.interiors)]
            elif shape.geom_type in ("LineString", "LinearRing"):
                (bands if on_roads else lines).append(np.asarray(shape.coords)[:, :2])
    if bands:
        # opaque and pale: directions and neighbours overlap, which would darken anything transparent
        axes.add_collection(LineCollection(bands, colors=MEASURE_BAND, linewidths=9, capstyle="round", zorder=4.2))
    if lines:
        axes.add_collection(LineCollection(lines, colors="white", linewidths=1.2, alpha=0.55, zorder=6))
        axes.add_collection(LineCollection(lines, colors=MEASURE, linewidths=0.6, linestyles=(0, (5, 2.5)), zorder=7))
    return len(lines) + len(bands)


def _outlines(measure: MeasureRecord, extent: Extent) -> list[Any]:
    import shapely

    shapes = measure.footprint.geometry
    parts = shapely.get_parts(shapes[shapes.notna() & ~shapes.is_empty].to_numpy())
    if not len(parts):
        return []
    small = shapely.get_type_id(parts) != shapely.GeometryType.LINESTRING
    # 1/70 of the map: what lies closer is one group to the eye
    reach = (extent[2] - extent[0]) / 70.0
    if small.all() and (len(parts) > 6 or (shapely.area(parts) == 0).any()):
        grouped = shapely.buffer(shapely.union_all(shapely.buffer(parts, reach)), -0.6 * reach)
        return list(shapely.get_parts(shapely.simplify(grouped, 0.1 * reach)))
    return list(parts)


def draw_scale_bar(axes: Any, extent: Extent, language: str) -> None:
    """Draw a bar of a round length, about a quarter of the map wide, at the lower left."""
    width = extent[2] - extent[0]
    length = round_length(width / 4.0)
    x, y = extent[0] + 0.035 * width, extent[1] + 0.035 * width
    label = f"{number(length / 1000, 0, language)} km" if length >= 1000 else f"{number(length, 0, language)} m"
    tall = 0.012 * width
    from matplotlib.patches import Rectangle

    ground = Rectangle((x - 0.015 * width, y - 0.02 * width), length + 0.03 * width, 0.095 * width)
    ground.set(facecolor="white", alpha=0.85, edgecolor="none", zorder=9)
    axes.add_patch(ground)
    for part, color in ((0, INK), (1, "white")):
        axes.add_patch(
            Rectangle(
                (x + part * length / 2, y), length / 2, tall, facecolor=color, edgecolor=INK, linewidth=0.6, zorder=10
            )
        )
    axes.text(x + length / 2, y + 1.6 * tall, label, ha="center", va="bottom", fontsize=SMALL, color=INK, zorder=10)


def round_length(wish: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `wish`.

    Examples
    --------
    >>> round_length(370.0), round_length(55.0), round_length(0.99)
    (200.0, 50.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(wish))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= wish * (1 + 1e-9))


def draw_north_arrow(axes: Any, language: str) -> None:
    """Draw an arrow to grid north at the lower right."""
    box = {"boxstyle": "round,pad=0.25", "facecolor": "white", "alpha": 0.85, "edgecolor": "none"}
    axes.annotate(
        say("map.north", language),
        xy=(0.955, 0.125),
        xytext=(0.955, 0.04),
        xycoords="axes fraction",
        textcoords="axes fraction",
        ha="center",
        va="center",
        fontsize=SMALL,
        color=INK,
        bbox=box,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.1},
        zorder=10,
    )


def draw_tag(axes: Any, words: str) -> None:
    """Write which variant a map shows into its upper left corner."""
    axes.text(
        0.018,
        0.975,
        "\n".join(textwrap.wrap(plain(words), 44)[:3]),
        transform=axes.transAxes,
        ha="left",
        va="top",
        fontsize=8.5,
        fontweight="bold",
        color="white",
        bbox={"boxstyle": "round,pad=0.35", "facecolor": INK, "edgecolor": "white", "linewidth": 0.6},
        zorder=11,
    )


def frame(axes: Any, extent: Extent) -> None:
    """Fix the extent, equal scales, no ticks, a thin frame."""
    axes.set_xlim(extent[0], extent[2])
    axes.set_ylim(extent[1], extent[3])
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#9aa1ab")
        spine.set_linewidth(0.6)


def footer(city: City, caveats: Iterable[Caveat], version: str, validation: str, language: str, width: int) -> str:
    """Return the lines under a map: what is screening, whose data, which model; wrapped to `width` characters."""
    lines = []
    topics = list(dict.fromkeys(topic(caveat.topic, language) for caveat in caveats))
    if topics:
        lines.append(say("map.screening", language, topics=", ".join(topics)))
    sources = list(dict.fromkeys(source.attribution or source.name for source in city.meta.sources))
    if sources:
        lines.append(say("map.data", language, sources="; ".join(sources)))
    lines.append(say("map.model", language, version=version, validation=validation))
    return "\n".join(wrapped for line in lines for wrapped in textwrap.wrap(plain(line), width))


def plain(text: str) -> str:
    """Return text that matplotlib draws as it stands: no mathematics between dollar signs."""
    return text.replace("$", r"\$")


def polygons_in(geometry: Any, extent: Extent) -> list[Any]:
    """Return the polygons of a column of geometry whose boxes touch the extent."""
    import shapely

    near = geometry.iloc[np.sort(geometry.sindex.intersection(extent))] if len(geometry) else geometry
    parts = shapely.get_parts(near[near.notna()].to_numpy())
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _lines(geometry: Any, extent: Extent) -> list[NDArray[np.float64]]:
    import shapely

    near = geometry.iloc[np.sort(geometry.sindex.intersection(extent))] if len(geometry) else geometry
    parts = shapely.get_parts(near[near.notna()].to_numpy())
    return [np.asarray(part.coords)[:, :2] for part in parts if part.geom_type == "LineString" and not part.is_empty]


def outline_path(polygon: Any) -> Any:
    """Return a polygon with its holes as a matplotlib path."""
    from matplotlib.path import Path

    rings = [polygon.exterior, *polygon.interiors]
    return Path.make_compound_path(*[Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings])
