"""What a city is, in a few lines: for the console, for notebooks, and as a plain table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

    from twin.city.city import City

_STYLE = (
    "<style>.twin-city{font-family:system-ui,sans-serif;font-size:13px;max-width:60em}"
    ".twin-city table{border-collapse:collapse;margin:.3em 0}"
    ".twin-city td,.twin-city th{text-align:left;padding:.1em .8em .1em 0;vertical-align:top}"
    ".twin-city .gap{border-left:3px solid #c60;padding-left:.6em;margin:.2em 0}</style>"
)

_NAMED = 3  # files of one report whose names are shown


def layers(city: City) -> list[dict[str, Any]]:
    """Return name, unit, smallest and largest value and empty share of every variable of the grid.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin import GridSpec, build_city
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> city = build_city("Flat", spec, terrain=xr.DataArray(np.ones((2, 2)), spec.coordinates(), ("y", "x")))
    >>> layers(city)[0]["name"]
    'ground_elevation'
    """
    rows = []
    for name, array in city.grid.data_vars.items():
        if array.dtype.kind not in "fiub" or array.size == 0:
            continue
        values = array.values
        finite = values[np.isfinite(values)]
        units = str(array.attrs.get("units", ""))
        rows.append(
            {
                "name": str(name),
                "label": VARIABLES[str(name)].label_en if str(name) in VARIABLES else str(name),
                "units": "" if units == "1" else units,
                "shares": shares(array),
                "minimum": float(finite.min()) if finite.size else float("nan"),
                "maximum": float(finite.max()) if finite.size else float("nan"),
                "empty": 1.0 - finite.size / values.size,
                "processing": str(array.attrs.get("processing", "")),
            }
        )
    return rows


def shares(array: xr.DataArray) -> str:
    """Say how often each class of a variable of classes occurs, the most frequent first; empty for other variables.

    Examples
    --------
    >>> import xarray as xr
    >>> flags = {"flag_values": np.array([0, 1, 2]), "flag_meanings": "none map planned"}
    >>> shares(xr.DataArray(np.array([[1, 1, 1, 0]], np.uint8), dims=("y", "x"), attrs=flags))
    'map 75 %, none 25 %'
    """
    if "flag_values" not in array.attrs or array.dtype.kind not in "ui":
        return ""
    words = dict(zip(np.ravel(array.attrs["flag_values"]).tolist(), array.attrs["flag_meanings"].split(), strict=True))
    values, counts = np.unique(array.values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return ", ".join(
        f"{words.get(int(values[row]), int(values[row]))} {100 * counts[row] / array.size:.3g} %" for row in order
    )


def _span(row: dict[str, Any]) -> str:
    return f"{row['minimum']:.4g} … {row['maximum']:.4g} {row['units']}"


def headline(city: City) -> str:
    """Say in one line where the city lies and how large its grid is.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin import GridSpec, build_city
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> city = build_city("Flat", spec, terrain=xr.DataArray(np.ones((2, 2)), spec.coordinates(), ("y", "x")))
    >>> headline(city)
    '20 m x 20 m, 2 x 2 cells of 10 m, EPSG:25832, E 0 to 20, N 0 to 20'
    """
    spec = city.spec
    xmin, ymin, xmax, ymax = spec.bounds
    code = spec.crs.to_epsg()
    crs = f"EPSG:{code}" if code else spec.crs.name
    return (
        f"{xmax - xmin:g} m x {ymax - ymin:g} m, {spec.rows} x {spec.columns} cells of {spec.resolution:g} m, {crs}, "
        f"E {xmin:.10g} to {xmax:.10g}, N {ymin:.10g} to {ymax:.10g}"
    )


def contents(city: City) -> list[str]:
    """Say what objects the city holds.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin import GridSpec, build_city
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> city = build_city("Flat", spec, terrain=xr.DataArray(np.ones((2, 2)), spec.coordinates(), ("y", "x")))
    >>> contents(city)[0]
    '0 buildings on the grid, 0 in the table'
    """
    here = int(city.buildings["on_grid"].sum()) if "on_grid" in city.buildings else len(city.buildings)
    found = [f"{here} buildings on the grid, {len(city.buildings)} in the table"]
    if city.network is None:
        found.append("no roads")
    else:
        kilometres = float(city.network.links["length"].sum()) / 1000
        found.append(
            f"{len(city.network.links)} directed links ({kilometres:.0f} km) between {len(city.network.nodes)} nodes"
        )
    found.append(f"{len(city.trees)} single trees")
    if city.places is not None:
        kinds = city.places["kind"].value_counts() if "kind" in city.places else {}
        named = ", ".join(f"{count} {str(kind).replace('_', ' ')}" for kind, count in kinds.items())
        found.append(f"{len(city.places)} places" + (f" ({named})" if named else ""))
    return found


def text(city: City, *, brief: bool = False) -> str:
    """Describe a city in plain text.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin import GridSpec, build_city
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> city = build_city("Flat", spec, terrain=xr.DataArray(np.ones((2, 2)), spec.coordinates(), ("y", "x")))
    >>> text(city, brief=True).splitlines()[0]
    "City 'Flat'"
    """
    lines = [f"City {city.name!r}", f"  {headline(city)}", *(f"  {line}" for line in contents(city))]
    if brief:
        lines.append(f"  {len(city.grid.data_vars)} layers, {len(city.meta.caveats)} caveats (city.info() lists them)")
        return "\n".join(lines)
    lines.append("Layers")
    for row in layers(city):
        span = row["shares"] or f"{row['minimum']:.4g} to {row['maximum']:.4g}"
        empty = f", {row['empty']:.1%} empty" if row["empty"] else ""
        how = f" ({row['processing']})" if row["processing"] else ""
        lines.append(f"  {row['name']:<26} {' '.join((span, row['units'])).rstrip()}{empty}{how}")
    lines.append("Sources")
    lines += [
        f"  {source.name}: {source.attribution}, {source.license}" + (f" ({source.note})" if source.note else "")
        for source in city.meta.sources
    ] or ["  none named"]
    lines.append("Caveats")
    lines += [f"  [{caveat.topic}] {caveat.text_en}" for caveat in city.meta.caveats] or ["  none known"]
    lines.append("What the readers of the data found")
    said = len(lines)
    for report in city.meta.reports:
        source = file_name(str(report.source))
        lines += [f"  [{source}] repaired {one.id}: {one.reason}" for one in getattr(report, "repaired", ())]
        lines += [f"  [{source}] refused {one.id}: {one.reason}" for one in getattr(report, "refused", ())]
        lines += [f"  [{source}] {note}" for note in getattr(report, "notes", ())]
    if len(lines) == said:
        lines.append("  nothing to mention")
    return "\n".join(lines)


def file_name(source: str) -> str:
    """Return the name of a file, or of several, without the folders of the machine it lay on.

    Examples
    --------
    >>> file_name("/home/anna/town/roads.osm"), file_name("buildings on the grid")
    ('roads.osm', 'buildings on the grid')
    >>> file_name("/home/anna/town/streets.csv, /home/anna/town/parks.csv")
    'streets.csv, parks.csv'
    """
    several = source.split(", ")
    names = [part.replace("\\", "/").rstrip("/").rpartition("/")[2] for part in several]
    if len(names) == 1 or not all("." in name for name in names):  # a comma in the name of a folder
        return source.replace("\\", "/").rstrip("/").rpartition("/")[2] or source
    return ", ".join(names if len(names) <= _NAMED else [*names[:_NAMED], "..."])


def html(city: City) -> str:
    """Describe a city for a notebook; everything that came from files is escaped.

    Examples
    --------
    >>> import xarray as xr
    >>> from twin import GridSpec, build_city
    >>> spec = GridSpec(0, 20, 10.0, 2, 2, "EPSG:25832")
    >>> city = build_city("Flat", spec, terrain=xr.DataArray(np.ones((2, 2)), spec.coordinates(), ("y", "x")))
    >>> "2 x 2 cells of 10 m" in html(city)
    True
    """
    rows = "".join(
        f"<tr><td><code>{escape(row['name'])}</code></td><td>{escape(row['label'])}</td>"
        f"<td>{escape(row['shares'] or _span(row))}</td>"
        f"<td>{escape(row['processing'])}</td></tr>"
        for row in layers(city)
    )
    sources = "".join(
        f"<tr><td>{escape(source.name)}</td><td>{escape(source.attribution)}</td><td>{escape(source.license)}</td>"
        f"<td>{escape(source.note)}</td></tr>"
        for source in city.meta.sources
    )
    gaps = "".join(
        f'<div class="gap"><b>{escape(caveat.topic)}</b> {escape(caveat.text_en)}</div>' for caveat in city.meta.caveats
    )
    return (
        f'{_STYLE}<div class="twin-city"><b>{escape(city.name)}</b><br>{escape(headline(city))}<br>'
        f"{escape('; '.join(contents(city)))}"
        f"<table><tr><th>layer</th><th></th><th>range</th><th>made by</th></tr>{rows}</table>"
        f"<table><tr><th>source</th><th>attribution</th><th>licence</th><th></th></tr>{sources}</table>{gaps}</div>"
    )
