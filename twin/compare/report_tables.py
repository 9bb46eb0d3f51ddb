"""Tables of a comparison as HTML, for the report and for notebooks.

Everything that came from data or users is escaped here; nothing is ever passed through as markup.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twin.compare.indicators import IN_CHANGED_AREA, Indicator
from twin.compare.language import changed_thing, number, quantity, say, topic, unit

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.variant import MeasureRecord

Cell = str | tuple[str, str]
"""Escaped HTML of a cell, or (HTML, CSS class)."""

_MARK = {"better": "▲", "worse": "▼", "same": "=", "changed": "≠", "unknown": "?"}


def escape(value: object) -> str:
    """Return text safe inside elements and quoted attributes.

    Examples
    --------
    >>> escape("<script>&'")
    '&lt;script&gt;&amp;&#x27;'
    """
    return html.escape(str(value), quote=True)


def table(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], caption: str, language: str, *, seen: bool = True
) -> str:
    """Return a table in a box that scrolls sideways by keyboard too; `head` and cells are escaped HTML.

    The first cell of each row is its header. A caption that only repeats the heading above need not be `seen`.
    """
    lines = []
    rows = list(rows)
    numeric = (
        {i for i, cell in enumerate(rows[0]) if isinstance(cell, tuple) and cell[1] == "number"} if rows else set()
    )
    for row in rows:
        cells = []
        for position, cell in enumerate(row):
            content, kind = cell if isinstance(cell, tuple) else (cell, "")
            attribute = f' class="{kind}"' if kind else ""
            if position:  # named again in each cell, for narrow screens that show a row as a list
                attribute += f' data-label="{_plain(head[position])}"'
            opening = f'th scope="row"{attribute}' if position == 0 else f"td{attribute}"
            cells.append(f"<{opening}>{content}</{opening.split()[0]}>")
        lines.append("<tr>" + "".join(cells) + "</tr>")
    kinds = [' class="number"' if i in numeric else "" for i in range(len(head))]
    heads = "".join(f'<th scope="col"{kind}>{cell}</th>' for kind, cell in zip(kinds, head, strict=True))
    hidden = "" if seen else ' class="unseen"'
    label = escape(f"{html.unescape(caption)}. {say('report.scroll', language)}")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption{hidden}>{caption}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _plain(markup: str) -> str:
    return escape(html.unescape(markup))


def chip(judgement: str, language: str) -> str:
    """Return a judgement as a sign and a word: colour is never the only carrier."""
    sign = f'<span aria-hidden="true">{_MARK[judgement]}</span>'
    return f'<span class="chip {judgement}">{sign} {say(judgement, language)}</span>'


def indicator_table(comparison: Comparison, event: str, language: str) -> str:
    """Return the indicators of an event: everywhere, then in the changed area."""
    head = [
        say("report.indicator", language),
        say("report.unit", language),
        escape(comparison.baseline.title_in(language)),
    ]
    for variant in comparison.others:
        head += [
            escape(variant.title_in(language)),
            f"{say('report.change', language)}: {escape(variant.title_in(language))}",
        ]
    keys = comparison.keys(event)
    parts = []
    for part, heading in ((False, "report.everywhere"), (True, "report.in_area")):
        rows = [
            _indicator_row(comparison, event, one, language)
            for one in keys
            if one.key.endswith(IN_CHANGED_AREA) == part
        ]
        if rows:
            label = f"{escape(comparison.baseline.event_label(event, language))} – {say(heading, language)}"
            parts.append(table(head, rows, label, language))
    if len(parts) > 1:
        parts.append(f'<p class="note">{say("report.explain_area", language)}</p>')
    return "".join(parts)


def _indicator_row(comparison: Comparison, event: str, one: Indicator, language: str) -> list[Cell]:
    base = comparison.value(event, one.key)
    label, digits = comparison.label(event, one.key, language), comparison.digits(event, one.key)
    if one.key.endswith(IN_CHANGED_AREA):
        label = label.rsplit(",", 1)[0]
    topics = ", ".join(topic(name, language) for name in comparison.topics(one.key, event))
    rests = f"{say('report.rests', language)}: {topics}. " if topics else ""
    wish = say(one.direction, language)
    row: list[Cell] = [
        f'{escape(label)}<span class="under">{rests}{wish[:1].upper()}{wish[1:]}.</span>',
        escape(unit(one.unit, language)),
        (number(base, digits, language), "number"),
    ]
    for variant in comparison.others:
        change = comparison.difference(event, one.key, variant.name)
        judgement = comparison.judgement(event, one.key, variant.name)
        shown = comparison.shown_difference(event, one.key, variant.name)
        signed = number(shown, digits, language, signed=True)
        if one.unit == "%":
            signed = quantity(shown, "%", digits, language, signed=True)
        elif base and judgement != "same" and one.unit != "degC" and math.isfinite(change):
            percent = 100 * change / abs(base)
            signed += f" ({number(percent, 0 if abs(percent) >= 10 else 1, language, signed=True)} %)"
        row.append((number(comparison.value(event, one.key, variant.name), digits, language), "number"))
        row.append((f"{signed} {chip(judgement, language)}", "change"))
    return row


def worst_table(comparison: Comparison, event: str, language: str, n: int = 10) -> str:
    """Return the worst places of an event; ``""`` if there are none."""
    places = comparison.worst_places(n, event)
    if places.empty:
        return ""
    quantity_name, units = str(places["quantity"].iloc[0]), str(places["unit"].iloc[0])
    traffic = comparison.baseline.model(event) == "traffic"
    digits = {"degC": 1, "m": 2, "%": 0}[units]
    words = {
        "utci_hottest_hour": say("worst.heat", language),
        "water_depth_max": say("worst.flood", language),
        "volume_capacity_ratio": say("worst.traffic", language),
    }[quantity_name]
    head = [say("report.place", language)]
    if not traffic:
        head.append(say("report.residents", language))
    head += [f"{escape(variant.title_in(language))} ({unit(units, language)})" for variant in comparison.variants]
    rows = []
    for _, place in places.iterrows():
        where = str(place["place"])
        if traffic and where.startswith("("):
            near = where.strip("()")
            where = say("unnamed.near", language, street=near) if near else say("unnamed.road", language)
        elif not traffic:
            here = say("building", language, number=f"{place['building']:.0f}")
            where = f"{where}, {here}" if where else here
        row: list[Cell] = [f"{place['rank']}. {escape(where)}"]
        if not traffic:
            row.append((number(float(place["residents"]), 0, language), "number"))
        row += [(number(float(place[variant.name]), digits, language), "number") for variant in comparison.variants]
        rows.append(row)
    return table(head, rows, escape(words), language)


def street_table(comparison: Comparison, event: str, language: str, n: int = 12) -> str:
    """Return the named streets whose traffic changes most; ``""`` where there is no other variant or no name."""
    streets = comparison.street_differences(event).head(n)
    if streets.empty or not comparison.others:
        return ""
    head = [say("report.street", language)]
    head += [f"{escape(variant.title_in(language))} ({unit('h-1', language)})" for variant in comparison.variants]
    head += [f"{say('report.change', language)}: {escape(variant.title_in(language))}" for variant in comparison.others]
    rows = []
    for street, values in streets.iterrows():
        row: list[Cell] = [escape(street)]
        row += [(number(float(values[v.name]), 0, language), "number") for v in comparison.variants]
        row += [
            (number(float(values[f"difference {v.name}"]), 0, language, signed=True), "number")
            for v in comparison.others
        ]
        rows.append(row)
    return table(head, rows, say("report.streets", language), language)


def measure_table(comparison: Comparison, language: str) -> str:
    """Return all measures with their footprint, cost and notes; ``""`` if there are none."""
    head = [say(f"report.{key}", language) for key in ("measure", "variant", "area", "cost", "changes", "notes")]
    rows: list[list[Cell]] = []
    for variant in comparison.variants:
        for measure in variant.measures:
            length = _length(measure)
            size = quantity(measure.area, "m2", 0, language) if measure.area > 0 else quantity(length, "m", 0, language)
            if measure.area == 0 and length == 0:
                size = "–"
            cost = say("unknown", language) if measure.cost is None else quantity(measure.cost, "€", 0, language)
            rows.append(
                [
                    escape(measure.title(language)),
                    escape(variant.title_in(language)),
                    (size, "number"),
                    (cost, "number"),
                    escape(", ".join(changed_thing(name, language) for name in measure.changes)),
                    escape("; ".join(measure.notes_in(language))),
                ]
            )
    return table(head, rows, say("report.measures", language), language, seen=False) if rows else ""


def _length(measure: MeasureRecord) -> float:
    """Length of a footprint of lines, m; a road that stands there once for each direction counts once."""
    import shapely

    shapes = measure.footprint.geometry
    return float(shapely.union_all(shapes[shapes.notna()].to_numpy()).length)


def notebook_html(comparison: Comparison, language: str = "en") -> str:
    """Return a small self-contained table for notebooks: no script, no style sheet, nothing loaded."""
    spec = comparison.baseline.city.spec
    grid = say(
        "report.grid",
        language,
        rows=spec.rows,
        columns=spec.columns,
        resolution=quantity(spec.resolution, "m", 1, language),
        crs=spec.crs.name,
    )
    names = "".join(f"<th>{escape(variant.title_in(language))}</th>" for variant in comparison.variants)
    rows = []
    for event in comparison.events:
        label = escape(comparison.baseline.event_label(event, language))
        rows.append(f'<tr><th colspan="{1 + len(comparison.variants)}" style="text-align:left">{label}</th></tr>')
        for one in comparison.keys(event):
            cells = [f'<td style="text-align:left">{escape(comparison.label(event, one.key, language))}</td>']
            for variant in comparison.variants:
                value = quantity(
                    comparison.value(event, one.key, variant.name),
                    one.unit,
                    comparison.digits(event, one.key),
                    language,
                )
                if variant is not comparison.baseline:
                    value += f" ({say(comparison.judgement(event, one.key, variant.name), language)})"
                cells.append(f"<td>{escape(value)}</td>")
            rows.append(f"<tr>{''.join(cells)}</tr>")
    caveats = "".join(f"<li>{escape(caveat.text(language))}</li>" for caveat in comparison.caveats())
    return (
        f"<div><p><strong>{escape(say('report.title', language, city=comparison.baseline.city.name))}</strong><br>"
        f"{escape(grid)}</p><table><thead><tr><th></th>{names}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        + (f"<ul>{caveats}</ul>" if caveats else "")
        + "</div>"
    )
