"""The page a map is drawn on: title, map, colour bar, legend and footer, of one size for all variants.

Made for a figure as narrow as a phone; what is screening, whose data and which model stand under every map.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.compare import map_furniture as furniture
from twin.compare.colour_scales import ColourScale
from twin.compare.language import number, say, unit, validation

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.map_furniture import Extent
    from twin.compare.variant import Variant

WIDTH = 4.8
"""Width of a map figure, inches: at 160 dots per inch its smallest print stays readable on a phone."""

DPI = 160


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
            comparison.caveats(comparison.map_topics(event)),
            str(attributes.get("twin_version", "")),
            validation(attributes, language),
            language,
            86,
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
        tag = variant.title_in(language)
        if difference:
            tag = say(
                "map.minus",
                language,
                variant=variant.title_in(language),
                baseline=comparison.baseline.title_in(language),
            )
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
        digits = max((decimals(tick) for tick in ticks), default=0)
        bar.formatter = FuncFormatter(
            lambda value, _: number(value, digits, language, signed=scale.diverging).replace("±", "")
        )
        bar.update_ticks()
        self.bar.tick_params(labelsize=furniture.SMALL, length=2.5, pad=1.5, colors=furniture.INK)
        bar.outline.set_linewidth(0.5)
        bar.set_label(unit(units, language), fontsize=furniture.SMALL, labelpad=1.5, color=furniture.INK)

    def class_bar(self, image: Any, words: Sequence[str]) -> None:
        """Draw a bar of classes, each with its name; without a unit, which the names carry."""
        bar = self.figure.colorbar(image, cax=self.bar, orientation="horizontal", spacing="uniform")
        bar.set_ticks(list(range(len(words))))
        # a character is up to 0.0088 inches wide for each point of its size; the longest word has 14
        per_class = 0.82 * WIDTH / max(len(words), 1)
        size = min(6.6, max(per_class / (14.5 * 0.0088), 5.0))
        broad = int(per_class / (size * 0.0088)) - 1
        lines = [
            [line for part in word.split("\n") for line in textwrap.wrap(part, max(broad, 9), break_long_words=False)]
            for word in words
        ]
        bar.set_ticklabels(["\n".join(line) for line in lines])
        self.bar.tick_params(labelsize=size, length=0, pad=2.0, colors=furniture.INK)
        bar.outline.set_linewidth(0.5)

    def key(self, handles: Sequence[Any]) -> None:
        """Write a key where maps of values have their colour bar."""
        self.bar.set_axis_off()
        self.bar.legend(
            handles=list(handles), loc="upper center", bbox_to_anchor=(0.5, 1.6), ncols=3, fontsize=furniture.SMALL,
            frameon=False, borderpad=0.1, handlelength=1.8, columnspacing=1.2,
        )  # fmt: skip

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
            dashed = Line2D([], [], color=furniture.MEASURE, linewidth=0.9, linestyle=(0, (5, 2.5)), label=label)
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


def _wrapped(title: str) -> list[str]:
    return textwrap.wrap(furniture.plain(title), 58)[:3]


def _shaped(extent: Extent) -> Extent:
    """Widen an extent so that its map is neither a strip nor a tower."""
    xmin, ymin, xmax, ymax = extent
    wide, tall = xmax - xmin, ymax - ymin
    more_wide, more_tall = max(tall / 1.3 - wide, 0.0) / 2, max(0.55 * wide - tall, 0.0) / 2
    return xmin - more_wide, ymin - more_tall, xmax + more_wide, ymax + more_tall


def decimals(value: float) -> int:
    """Digits needed to write a round value."""
    return next((digits for digits in range(6) if abs(round(value, digits) - value) < 1e-9), 6)
