"""Maps of variants and of their differences, as matplotlib figures with words for those who cannot see them.

One colour scale per quantity for all variants of a comparison; differences centred on zero; measures outlined; what is
screening, whose data and which model printed under every map. All maps of one quantity have the same size, so that
they can be laid on top of each other.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin import variables
from twin.compare import map_furniture as furniture
from twin.compare.colour_scales import DEPTH_CLASSES, ColourScale, difference_scale, value_scale
from twin.compare.language import index, number, quantity, say, unit
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.map_furniture import Extent
    from twin.compare.variant import Variant

WIDTH = 4.8
"""Width of a map figure, inches: at 160 dots per inch its smallest print stays readable on a phone."""

DPI = 160

SMALLEST = {
    "utci_hottest_hour": 0.2,
    "utci_max": 0.2,
    "mean_radiant_temperature_max": 0.5,
    "strong_heat_stress_duration": 0.1,
    "water_depth_max": 0.01,
    "flow_velocity_max": 0.02,
    "infiltrated_depth": 0.001,
    "road_flow": 5.0,
}
"""Smaller differences are not coloured; in the unit of the variable."""

TOPICS = {
    "heat": ("weather", "heights", "trees", "land_cover", "terrain", "edges"),
    "flood": ("terrain", "sewers", "land_cover", "heights", "edges"),
    "traffic": ("demand", "roads", "residents"),
}
"""Topics of caveats that matter for the maps of each model."""


@dataclass(frozen=True, eq=False)
class MapFigure:
    """A map: the matplotlib Figure, what it shows in words, its title and the tag that names its variant."""

    figure: Any
    alt: str
    title: str
    tag: str

    @property
    def rows(self) -> tuple[float, float]:
        """Where the map itself begins and ends within the figure, as shares of its height from the top."""
        box = self.figure.axes[0].get_position()
        return 1.0 - float(box.y1), 1.0 - float(box.y0)

    def png(self, dpi: int = DPI) -> bytes:
        """Return the figure as a PNG of 256 colours: 0.15 MB instead of 0.4 MB, no difference to the eye."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image  # comes with matplotlib

        before = self.figure.dpi
        try:
            self.figure.set_dpi(dpi)
            canvas: Any = FigureCanvasAgg(self.figure)
            canvas.draw()
            image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        finally:
            self.figure.set_dpi(before)
        width, height = image.size
        bar = self.figure.axes[1].get_position()
        edges = (bar.x0 * width, (1 - bar.y1) * height + 2, bar.x1 * width, (1 - bar.y0) * height - 2)
        # the colour bar weighs as much as a fifth of the page, so that the palette keeps colours rare on the map
        sample = Image.new("RGB", (width, height + height // 5 + 20), furniture.MEASURE)
        sample.paste(image, (0, 0))
        sample.paste(image.crop(tuple(round(edge) for edge in edges)).resize((width, height // 5)), (0, height))
        palette = sample.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        file = io.BytesIO()
        palette.crop((0, 0, width, height)).save(file, format="png")
        return file.getvalue()


def draw(
    comparison: Comparison,
    event: str,
    variant: str | None = None,
    *,
    name: str | None = None,
    difference: bool = False,
    extent: Literal["grid", "network"] = "grid",
    language: str = "en",
) -> MapFigure:
    """Draw one map of a comparison.

    Parameters
    ----------
    comparison : Comparison
    event : str
        Name of the event.
    variant : str, optional
        The baseline if not given; for a difference, the first other variant.
    name : str, optional
        Variable, such as ``"flow_velocity_max"``; the most telling one of the model if not given. Traffic has one
        map, ``"road_flow"``.
    difference : bool
        Draw variant minus baseline.
    extent : {"grid", "network"}
        What part of the roads a traffic map shows.
    language : {"en", "de"}

    Returns
    -------
    MapFigure

    Raises
    ------
    InputError
        If event, variant, language or name are not known, or a difference is asked of the baseline.
    MissingDataError
        If the results hold no map.
    """
    index(language)
    comparison.result(event, variant)
    if difference and not comparison.others:
        raise InputError("there is no variant besides the baseline, so there is no difference to draw")
    chosen = (
        (comparison.others[0] if difference else comparison.baseline)
        if variant is None
        else comparison.variant(variant)
    )
    if difference and chosen is comparison.baseline:
        raise InputError(f"{chosen.name!r} is the baseline; ask for the difference of another variant")
    if comparison.baseline.model(event) == "traffic":
        if name not in (None, "road_flow"):
            raise InputError(f"traffic has no map {name!r}; it has 'road_flow'")
        from twin.compare.road_maps import draw_roads

        return draw_roads(comparison, event, chosen, difference=difference, extent=extent, language=language)
    maps = comparison.key_maps(event)
    if not maps:
        raise MissingDataError(f"the results of event {event!r} hold no map that can be drawn")
    return _draw_grid(comparison, event, chosen, name or maps[0], difference, language)


def _draw_grid(
    comparison: Comparison, event: str, variant: Variant, name: str, difference: bool, language: str
) -> MapFigure:
    fields = {
        v.name: np.asarray(comparison.key_map(event, name, v.name).values, np.float64) for v in comparison.variants
    }
    units = str(comparison.key_map(event, name).attrs.get("units", "")) or _units(name)
    label = map_label(comparison, event, name, language)
    base = fields[comparison.baseline.name]
    smallest = SMALLEST.get(name, 0.0)
    if difference:
        arrays = [fields[v.name] - base for v in comparison.others]
        scale = difference_scale(arrays, smallest)
        values = fields[variant.name] - base
        note = say("map.unchanged", language, value=quantity(smallest, units, _decimals(smallest), language))
    else:
        arrays = list(fields.values())
        scale = value_scale(name, arrays)
        values = fields[variant.name]
        depth = quantity(DEPTH_CLASSES[0], units, 2, language)
        note = say("map.dry", language, depth=depth) if name == "water_depth_max" else ""

    extent = variant.city.spec.bounds
    sheet = Sheet.lay_out(comparison, event, label, extent, difference, variant, language, note)
    axes = sheet.axes
    furniture.draw_relief(axes, variant.city)
    furniture.draw_roads(axes, variant.city, extent)
    xmin, ymin, xmax, ymax = extent
    image = axes.imshow(
        scale.visible(values),
        cmap=scale.colour_map(),
        norm=scale.norm(),
        extent=(xmin, xmax, ymin, ymax),
        interpolation="nearest",
        alpha=0.88,
        zorder=2,
    )
    furniture.draw_buildings(axes, variant.city, extent)
    sheet.colour_bar(image, scale, arrays, units, language)
    sheet.finish(variant, language)
    alt = _alt(comparison, event, variant, label, values, units, difference, smallest, language)
    return MapFigure(sheet.figure, alt, sheet.title, sheet.tag)


@dataclass(frozen=True, eq=False)
class Sheet:
    """The page a map is drawn on: title above, map, colour bar, legend, footer."""

    figure: Any
    axes: Any
    bar: Any
    extent: Extent
    title: str
    tag: str
    note: str
    legend_bottom: float

    @classmethod
    def lay_out(
        cls,
        comparison: Comparison,
        event: str,
        label: str,
        extent: Extent,
        difference: bool,
        variant: Variant,
        language: str,
        note: str,
    ) -> Sheet:
        """Place title, map, bar and footer; of one size for all variants, whatever their titles."""
        from matplotlib.figure import Figure

        title = say("map.change_of", language, label=label) if difference else label[:1].upper() + label[1:]
        lines = len(_wrapped(title))
        event_lines = textwrap.wrap(furniture.plain(comparison.baseline.event_label(event, language)), 70)[:2]
        attributes = comparison.result(event).attrs
        under = furniture.footer(
            variant.city,
            comparison.caveats(TOPICS[comparison.baseline.model(event)]),
            str(attributes.get("twin_version", "")),
            str(attributes.get("validation", "not validated")),
            language,
            98,
        )
        extent = _shaped(extent)
        side = 0.08
        wide = WIDTH - 2 * side
        tall = wide * (extent[3] - extent[1]) / (extent[2] - extent[0])
        head = 0.08 + 0.165 * lines + 0.145 * len(event_lines) + 0.05
        foot = 0.105 * (under.count("\n") + 1) + 0.06
        legend = 0.2 + (0.14 if note else 0.0)
        bar = 0.52
        height = head + tall + bar + legend + foot
        figure = Figure(figsize=(WIDTH, height))
        figure.text(
            side / WIDTH, 1 - 0.06 / height, "\n".join(_wrapped(title)),
            fontsize=9.5, fontweight="bold", color=furniture.INK, va="top", linespacing=1.2,
        )  # fmt: skip
        figure.text(
            side / WIDTH, 1 - (0.08 + 0.165 * lines) / height, "\n".join(event_lines),
            fontsize=8, color=furniture.INK, va="top",
        )  # fmt: skip
        figure.text(
            side / WIDTH, 0.05 / height, under, fontsize=furniture.FOOTER_SIZE, color="#3d4652", va="bottom",
            linespacing=1.12,
        )  # fmt: skip
        axes = figure.add_axes((side / WIDTH, (foot + legend + bar) / height, wide / WIDTH, tall / height))
        colours = figure.add_axes((0.09, (foot + legend + bar - 0.17) / height, 0.82, 0.11 / height))
        tag = variant.title
        if difference:
            tag = say("map.minus", language, variant=variant.title, baseline=comparison.baseline.title)
        return cls(figure, axes, colours, extent, title, tag, note, foot / height)

    def colour_bar(
        self, image: Any, scale: ColourScale, arrays: Sequence[NDArray[np.float64]], units: str, language: str
    ) -> None:
        """Draw the colour bar with the language's numbers and the unit."""
        from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

        extend = "max" if scale.bounds else scale.extend(arrays)
        bar = self.figure.colorbar(image, cax=self.bar, orientation="horizontal", extend=extend)
        locator: Any = FixedLocator(scale.bounds) if scale.bounds else MaxNLocator(6, steps=[1, 2, 2.5, 5, 10])
        bar.locator = locator
        ticks = scale.bounds or tuple(locator.tick_values(scale.minimum, scale.maximum))
        digits = max((_decimals(tick) for tick in ticks), default=0)
        bar.formatter = FuncFormatter(
            lambda value, _: number(value, digits, language, signed=scale.diverging).replace("±", "")
        )
        bar.update_ticks()
        self.bar.tick_params(labelsize=furniture.SMALL, length=2.5, pad=1.5, colors=furniture.INK)
        bar.outline.set_linewidth(0.5)
        bar.set_label(unit(units, language), fontsize=furniture.SMALL, labelpad=1.5, color=furniture.INK)

    def finish(self, variant: Variant, language: str, *, buildings: bool = True, roads: bool = False) -> None:
        """Outline the measures and add scale bar, north arrow and legend."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        seen = [measure for measure in variant.measures if matters(measure.changes, roads=roads)]
        drawn = furniture.draw_measures(self.axes, seen, self.extent, on_roads=roads)
        furniture.draw_tag(self.axes, self.tag)
        furniture.draw_scale_bar(self.axes, self.extent, language)
        furniture.draw_north_arrow(self.axes, language)
        furniture.frame(self.axes, self.extent)
        handles: list[Any] = []
        if buildings:
            handles.append(
                Patch(
                    facecolor=furniture.BUILDING,
                    edgecolor="#5c6470",
                    linewidth=0.4,
                    label=say("map.building", language),
                )
            )
        if variant.city.network is not None and buildings:
            handles.append(Line2D([], [], color="#8a919c", linewidth=1, label=say("map.road", language)))
        if drawn:
            label = say("map.measure", language)
            dashed = Line2D([], [], color=furniture.MEASURE, linewidth=1.4, linestyle=(0, (4, 1.4)), label=label)
            handles.append(Patch(facecolor=furniture.MEASURE_BAND, label=label) if roads else dashed)
        legend = self.figure.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.005, self.legend_bottom), ncols=3,
            fontsize=furniture.SMALL,
            frameon=False, borderpad=0.2, handlelength=1.8, columnspacing=1.2, title=self.note or None,
            title_fontsize=furniture.SMALL, alignment="left",
        )  # fmt: skip
        legend.get_title().set_color(furniture.INK)


def matters(changes: Sequence[str], *, roads: bool) -> bool:
    """Return whether a measure with these changes belongs on a map of roads, or of the ground.

    Examples
    --------
    >>> matters(("network",), roads=False), matters(("canopy_height", "trees"), roads=True), matters((), roads=True)
    (False, False, True)
    """
    return not changes or (bool({"network", "buildings"} & set(changes)) if roads else set(changes) != {"network"})


def map_label(comparison: Comparison, event: str, name: str, language: str) -> str:
    """Return what a map shows, with the hour where it is one."""
    if name != "utci_hottest_hour":
        return variables.label(name, language)
    hour = comparison.views[event].hour
    clock = "" if hour is None else clock_time(hour, comparison.result(event)["time"].attrs)
    return variables.label("utci", language) + (say("map.hour", language, hour=clock) if clock else "")


def clock_time(hour: np.datetime64, attributes: Mapping[str, Any]) -> str:
    """Return an hour as people read it, with its end where it is a step and its zone where that is known.

    Examples
    --------
    >>> steps = {"interval": "start", "step_seconds": 3600.0, "utc_offset_hours": 1.0}
    >>> clock_time(np.datetime64("2018-07-26T14:00"), steps)
    '14:00–15:00 (UTC+1)'
    """
    words = str(np.datetime_as_string(hour, unit="m"))[11:]
    if attributes.get("interval") == "start" and "step_seconds" in attributes:
        end = hour + np.timedelta64(round(float(attributes["step_seconds"])), "s")
        words += f"–{str(np.datetime_as_string(end, unit='m'))[11:]}"
    if "utc_offset_hours" in attributes:
        words += f" (UTC{float(attributes['utc_offset_hours']):+g})"
    return words


def _wrapped(title: str) -> list[str]:
    return textwrap.wrap(furniture.plain(title), 58)[:3]


def _shaped(extent: Extent) -> Extent:
    """Widen an extent so that its map is neither a strip nor a tower."""
    xmin, ymin, xmax, ymax = extent
    wide, tall = xmax - xmin, ymax - ymin
    more_wide, more_tall = max(tall / 1.3 - wide, 0.0) / 2, max(0.55 * wide - tall, 0.0) / 2
    return xmin - more_wide, ymin - more_tall, xmax + more_wide, ymax + more_tall


def _units(name: str) -> str:
    variable = variables.VARIABLES.get("utci" if name == "utci_hottest_hour" else name)
    return "" if variable is None else variable.units


def _decimals(value: float) -> int:
    """Digits needed to write a round value."""
    return next((digits for digits in range(6) if abs(round(value, digits) - value) < 1e-9), 6)


def _alt(
    comparison: Comparison,
    event: str,
    variant: Variant,
    label: str,
    values: NDArray[np.float64],
    units: str,
    difference: bool,
    smallest: float,
    language: str,
) -> str:
    known = values[np.isfinite(values)]
    known = known if known.size else np.zeros(1)
    digits = 1 if units == "degC" else 2
    words = {
        "label": label,
        "variant": variant.title,
        "event": comparison.baseline.event_label(event, language),
        "measures": say("alt.measures", language) if variant.measures else "",
        "low": quantity(float(known.min()), units, digits, language, signed=difference),
        "high": quantity(float(known.max()), units, digits, language, signed=difference),
    }
    if not difference:
        return say("alt.value", language, **words, middle=quantity(float(np.median(known)), units, digits, language))
    shares = {
        "share_less": quantity(100.0 * float((known <= -smallest).mean()), "%", 0, language),
        "share_more": quantity(100.0 * float((known >= smallest).mean()), "%", 0, language),
    }
    return say("alt.difference", language, **words, **shares, baseline=comparison.baseline.title)
