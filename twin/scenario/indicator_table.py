"""The indicator table as plain text, for the command line and saved studies."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from twin.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

LABEL_WIDTH = 58


def format_table(
    table: pd.DataFrame,
    language: str = "en",
    *,
    events: Mapping[str, str] = MappingProxyType({}),
    titles: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Write the table of a comparison in columns of text, grouped by event.

    Parameters
    ----------
    table : DataFrame
        `Comparison.table`.
    language : str
        ``"en"`` or ``"de"``.
    events, titles : mapping
        What events and variants are called; their names unless given.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the language is not known.
    """
    from twin.compare.indicators import IN_CHANGED_AREA, indicator
    from twin.compare.language import index, number, unit

    index(language)
    variants = [name for name in dict.fromkeys(table.columns.get_level_values(0)) if name != "indicator"]
    label_field = "label_de" if language == "de" else "label"
    change = "Änderung" if language == "de" else "change"
    head = ["Einheit" if language == "de" else "unit"]
    for variant in variants:
        title = titles.get(variant, variant)
        head += [title, change] if (variant, "difference") in table.columns else [title]
    cells: list[list[str]] = []
    for (_, key), (_, row) in zip(table.index.to_list(), table.iterrows(), strict=True):
        decimals = indicator(key).decimals
        line = [unit(row["indicator", "unit"], language)]
        for variant in variants:
            line.append(number(float(row[variant, "value"]), decimals, language))
            if (variant, "difference") in table.columns:
                line.append(number(float(row[variant, "difference"]), decimals, language, signed=True))
        cells.append(line)
    widths = [max(len(line[place]) for line in [head, *cells]) for place in range(len(head))]
    rows = [_row("", head, widths)]
    event = label_before = ""
    for (happening, key), label, line in zip(
        table.index.to_list(), table["indicator", label_field], cells, strict=True
    ):
        if happening != event:
            event = happening
            rows += ["", events.get(event, event)]
        whole = label_before if key.endswith(IN_CHANGED_AREA) else ""
        # the same quantity in the changed area stands under that of the whole grid, said once
        words = "  " + label.removeprefix(whole).lstrip(", ") if whole and label.startswith(whole) else label
        *above, last = textwrap.wrap(words, LABEL_WIDTH, subsequent_indent="  ", drop_whitespace=True) or [""]
        if words.startswith("  "):
            last = "  " + last.lstrip()
        rows += [*above, _row(last, line, widths)]
        label_before = label
    return "\n".join(rows)


def read_saved_table(folder: Path, language: str = "en") -> str:
    """Return the indicator table of a study that `Study.save` wrote.

    Raises
    ------
    InputError, DataError
        If the folder holds no whole study.
    """
    import pandas as pd

    if not (folder / "study.json").is_file():
        raise InputError(
            f"{str(folder)!r} holds no saved study (no study.json); write one with `twin run STUDY --output FOLDER`"
        )
    try:
        flat = pd.read_csv(folder / "indicators.csv", index_col=[0, 1], encoding="utf-8")
        columns = [tuple(str(column).rsplit(": ", 1)) for column in flat.columns]
        flat.columns = pd.MultiIndex.from_tuples(columns)
        said = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        key = f"_{language}"
        return format_table(
            flat,
            language,
            events={event["name"]: event["label" + key] for event in said["results"]},
            titles={variant["name"]: variant["title" + key] for variant in said["variants"]},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"the study in {folder} cannot be read: {error}; run the study again") from error


def _row(label: str, cells: list[str], widths: list[int]) -> str:
    unit_cell, *numbers = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return "  ".join([f"{label:<{LABEL_WIDTH}}", unit_cell.strip().ljust(widths[0]), *numbers]).rstrip()
