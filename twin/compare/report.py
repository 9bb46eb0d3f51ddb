"""The report: one HTML file that holds everything, loads nothing, prints well and can be read on a phone.

Works without JavaScript (variants stand side by side) and with it (variants lie on top of each other under a slider).
Text from data is escaped; a content security policy in the file forbids every request.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
from functools import partial
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from twin.atomic import replacing
from twin.city.summary import file_name
from twin.compare.language import enumeration, index, number, quantity, reader, say, validation
from twin.compare.report_answer import answer, screening, upper
from twin.compare.report_heat import heat_tables
from twin.compare.report_tables import (
    Cell,
    escape,
    indicator_table,
    measure_table,
    street_table,
    table,
    worst_table,
)
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.compare.comparison import Comparison
    from twin.compare.map_sheet import MapFigure


def write_report(comparison: Comparison, path: str | os.PathLike[str], language: str = "en") -> Path:
    """Write a comparison as one self-contained HTML file.

    Parameters
    ----------
    comparison : Comparison
    path : path
        Of the file; written whole or not at all, replaced if it exists.
    language : {"en", "de"}

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the language is not known.

    Examples
    --------
    >>> write_report(comparison, "report.html", language="de")  # doctest: +SKIP
    PosixPath('report.html')
    """
    index(language)
    content = render(comparison, language)
    target = Path(path)
    with replacing(target) as temporary:
        temporary.write_text(content, encoding="utf-8", newline="\n")
    return target


def render(comparison: Comparison, language: str = "en") -> str:
    """Return the report as text: see `write_report`."""
    from twin import __version__

    template = Template(resources.files("twin.compare").joinpath("report_template.html").read_text(encoding="utf-8"))
    city = comparison.baseline.city
    variants = enumeration(
        [f"“{v.title_in(language)}”" if language == "en" else f"„{v.title_in(language)}“" for v in comparison.others],
        language,
    )
    subtitle = say("report.subtitle", language, variants=variants, baseline=comparison.baseline.title_in(language))
    subtitle = subtitle if comparison.others else comparison.baseline.title_in(language)
    if comparison.heading(language) != say("report.title", language, city=city.name):
        # the title of a study need not say where it is
        subtitle = f"{city.name}: {subtitle}"
    sections = [
        ("answer", say("report.answer", language), answer(comparison, language)),
        ("screening", say("report.screening", language), screening(comparison, language)),
    ]
    for position, event in enumerate(comparison.events):
        label = comparison.baseline.event_label(event, language)
        title = upper(label)
        sections.append((f"event-{position}", title, _event(comparison, event, position, language)))
    measures = measure_table(comparison, language)
    if measures:
        sections.append(("measures", say("report.measures", language), measures + _total_cost(comparison, language)))
    sections += [
        ("method", say("report.method", language), _method(comparison, language)),
        ("sources", say("report.sources", language), _sources(comparison, language)),
        ("provenance", say("report.provenance", language), _provenance(comparison, language)),
    ]
    contents = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title, _ in sections)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{escape(title)}</h2>'
        f"{content}</section>"
        for key, title, content in sections
    )
    today = datetime.date.today()
    date = today.strftime("%d.%m.%Y") if language == "de" else today.isoformat()
    return template.substitute(
        language=language,
        title=escape(comparison.heading(language)),
        subtitle=escape(subtitle),
        description=f'<p class="description">{escape(comparison.description)}</p>' if comparison.description else "",
        contents_label=say("report.contents", language),
        contents=contents,
        body=body,
        created=escape(say("report.created", language, date=date, version=__version__)),
        words=_script_words(language),
    )


def _script_words(language: str) -> str:
    keys = ("left", "right", "slider", "side_by_side", "overlay")
    # "</" cannot occur in these words; escaped all the same, because this stands inside a script element
    return json.dumps({key: say(f"report.{key}", language) for key in keys}).replace("</", "<\\/")


def _event(comparison: Comparison, event: str, position: int, language: str) -> str:
    from twin.compare.maps import draw

    parts = []
    drawable = comparison.baseline.model(event) == "traffic" or comparison.key_maps(event)
    if drawable:
        views = [
            (v.title_in(language), draw(comparison, event, v.name, language=language)) for v in comparison.variants
        ]
        parts.append(f'<div class="maps">{_views(views, f"swipe-{position}")}')
        changed = []
        for variant in comparison.others:
            changed.append(draw(comparison, event, variant.name, difference=True, language=language))
            if comparison.baseline.model(event) == "traffic":
                changed.append(
                    draw(comparison, event, variant.name, difference=True, extent="network", language=language)
                )
        if changed:
            heading = escape(say("report.differences", language, baseline=comparison.baseline.title_in(language)))
            figures = "".join(f"<figure>{_image(figure)}</figure>" for figure in changed)
            parts.append(f'<div class="changes"><h3>{heading}</h3>{figures}</div>')
        parts.append("</div>")
    heat = comparison.baseline.model(event) == "heat"
    if heat:
        parts.append(_heat_maps(comparison, event, position, language))
    parts.append(f"<h3>{say('report.indicators', language)}</h3>{indicator_table(comparison, event, language)}")
    if heat:
        parts.append(heat_tables(comparison, event, language))
    if comparison.baseline.model(event) == "traffic":
        parts.append(street_table(comparison, event, language))
    worst = worst_table(comparison, event, language)
    if worst:
        parts.append(f"<h3>{say('report.worst', language)}</h3>{worst}")
    absent = [m for m in comparison.missing if m.event == event]
    if absent:
        items = "".join(f"<li>{escape(m.variant)}, {escape(m.key)}: {escape(m.reason)}</li>" for m in absent)
        parts.append(f"<details><summary>{say('report.missing', language)}</summary><ul>{items}</ul></details>")
    return "".join(parts)


def _heat_maps(comparison: Comparison, event: str, position: int, language: str) -> str:
    """Return classes of heat stress side by side, and what changes around homes and along streets."""
    from twin.compare.maps import draw

    parts = []
    try:
        draw_class = partial(draw, comparison, event, name="stress_class", language=language)
        classes = [(variant.title_in(language), draw_class(variant.name)) for variant in comparison.variants]
        parts.append(_views(classes, f"classes-{position}"))
    except MissingDataError:
        pass  # a result of another program may hold no such index; the table of indicators names what is missing
    changed = []
    for variant in comparison.others:
        for name in ("home_changes", "street_shade"):
            try:
                changed.append(draw(comparison, event, variant.name, name=name, difference=True, language=language))
            except MissingDataError:
                continue
    if changed:
        parts.append(
            f'<div class="changes">{"".join(f"<figure>{_image(figure)}</figure>" for figure in changed)}</div>'
        )
    return f'<div class="maps">{"".join(parts)}</div>' if parts else ""


def _views(views: list[tuple[str, MapFigure]], key: str) -> str:
    figures = "".join(
        f'<figure class="view" data-title="{escape(title)}">{_image(figure)}</figure>' for title, figure in views
    )
    swipe = " data-swipe" if len(views) > 1 else ""
    top, bottom = views[0][1].rows
    rows = f"--top:{100 * top:.2f}%;--bottom:{100 - 100 * bottom:.2f}%"
    return f'<div class="swipe"{swipe} id="{key}"><div class="pair stage" style="{rows}">{figures}</div></div>'


def _image(figure: MapFigure) -> str:
    data = base64.b64encode(figure.png()).decode("ascii")
    width, height = (round(inches * 160) for inches in figure.figure.get_size_inches())
    return f'<img alt="{escape(figure.alt)}" width="{width}" height="{height}" src="data:image/png;base64,{data}">'


def _total_cost(comparison: Comparison, language: str) -> str:
    items = []
    for variant in comparison.others:
        cost = variant.cost
        words = say("unknown", language) if cost is None else quantity(cost, "€", 0, language)
        items.append(f"<li>{escape(variant.title_in(language))}: {escape(words)}</li>")
    return f"<p>{say('report.total', language)}:</p><ul>{''.join(items)}</ul>" if items else ""


def _method(comparison: Comparison, language: str) -> str:
    spec = comparison.baseline.city.spec
    resolution = quantity(spec.resolution, "m", 1, language)
    grid = say("report.grid", language, rows=spec.rows, columns=spec.columns, resolution=resolution, crs=spec.crs.name)
    parts = [f"<p>{escape(grid)}</p>", _quality(comparison, language)]
    for event in comparison.events:
        result = comparison.result(event)
        try:
            options = json.loads(str(result.attrs.get("options", "{}")))
        except json.JSONDecodeError:
            options = {"options": result.attrs["options"]}
        head = [say("report.option", language), say("report.value", language)]
        rows = [[escape(key), escape(json.dumps(value, ensure_ascii=False))] for key, value in options.items()]
        label = escape(comparison.baseline.event_label(event, language))
        listing = table(head, rows, label, language)
        parts.append(f"<details><summary>{say('report.options', language)}: {label}</summary>{listing}</details>")
    return "".join(parts)


def _quality(comparison: Comparison, language: str) -> str:
    rows: list[list[Cell]] = []
    for event in comparison.events:
        for name in ("volume_error", "relative_gap"):
            if all(name in variant.results[event] for variant in comparison.variants):
                label = f"{comparison.baseline.event_label(event, language)}: {say(f'report.{name}', language)}"
                values = [float(variant.results[event][name].values) for variant in comparison.variants]
                rows.append([escape(label), *[(_scientific(value, language), "number") for value in values]])
    if not rows:
        return ""
    head = [say("report.quality", language), *[escape(variant.title_in(language)) for variant in comparison.variants]]
    return table(head, rows, say("report.quality", language), language, seen=False)


def _scientific(value: float, language: str) -> str:
    if value == 0 or not np.isfinite(value):
        return number(value, 0, language)
    power = int(np.floor(np.log10(abs(value))))
    return f"{number(value / 10.0**power, 1, language)} · 10<sup>{number(power, 0, language)}</sup>"


def _sources(comparison: Comparison, language: str) -> str:
    sources = list(dict.fromkeys(source for variant in comparison.variants for source in variant.city.meta.sources))
    head = [say(f"report.{key}", language) for key in ("source", "licence", "attribution", "notes")]
    rows = [[escape(s.name), escape(s.license), escape(s.attribution), escape(s.note)] for s in sources]
    parts = [table(head, rows, say("report.sources", language), language, seen=False)] if rows else []
    reports = [report for report in comparison.baseline.city.meta.reports if hasattr(report, "found")]
    if reports:
        head = [say(f"report.{key}", language) for key in ("source", "found", "used", "repaired", "refused")]
        rows = [
            [
                escape(reader(file_name(r.source), language)),
                *[number(float(n), 0, language) for n in (r.found, r.used, len(r.repaired), len(r.refused))],
            ]
            for r in reports
        ]
        parts.append(table(head, rows, say("report.reports", language), language))
    return "".join(parts) or f"<p>{say('report.none', language)}</p>"


def _provenance(comparison: Comparison, language: str) -> str:
    head = [
        say(f"report.{key}", language) for key in ("event", "variant", "model", "version", "validation", "fingerprint")
    ]
    rows = []
    for event in comparison.events:
        for variant in comparison.variants:
            attributes = variant.results[event].attrs
            rows.append(
                [
                    escape(variant.event_label(event, language)),
                    escape(variant.title_in(language)),
                    escape(say(variant.model(event), language)),
                    escape(attributes.get("twin_version", "–")),
                    escape(validation(attributes, language)),
                    f"<code>{escape(attributes.get('input_fingerprint', '–'))}</code>",
                ]
            )
    return table(head, rows, say("report.provenance", language), language, seen=False)
