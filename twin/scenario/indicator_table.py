"""The indicator table as plain text, for the command line and saved studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

WIDEST_LABEL = 64


def format_table(table: pd.DataFrame, language: str = "en") -> str:
    """Write the table of a comparison in columns of text, grouped by event.

    Parameters
    ----------
    table : DataFrame
        `Comparison.table`.
    language : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the language is not known.
    """
    from twin.compare.indicators import indicator
    from twin.compare.language import index, number, unit

    index(language)
    variants = [name for name in dict.fromkeys(table.columns.get_level_values(0)) if name != "indicator"]
    label_field = "label_de" if language == "de" else "label"
    lines: list[tuple[str, ...]] = []
    for (event, key), (_, row) in zip(table.index.to_list(), table.iterrows(), strict=True):
        decimals = indicator(key).decimals
        cells = [_short(str(row["indicator", label_field])), unit(row["indicator", "unit"], language)]
        for variant in variants:
            cells.append(number(float(row[variant, "value"]), decimals, language))
            if (variant, "difference") in table.columns:
                cells.append(number(float(row[variant, "difference"]), decimals, language, signed=True))
        lines.append((str(event), *cells))
    change = "Änderung" if language == "de" else "change"
    head = ["", "Einheit" if language == "de" else "unit"]
    for variant in variants:
        head += [variant, change] if (variant, "difference") in table.columns else [variant]
    widths = [max(len(head[place]), *(len(line[place + 1]) for line in lines)) for place in range(len(head))]
    rows = [_row(head, widths)]
    event = ""
    for line in lines:
        if line[0] != event:
            event = line[0]
            rows += ["", event]
        rows.append(_row(line[1:], widths))
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
        return format_table(flat, language)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'indicators.csv'} cannot be read: {error}; run the study again") from error


def _row(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    first, second, *others = zip(cells, widths, strict=True)
    text = f"{first[0]:<{first[1]}}  {second[0]:<{second[1]}}"
    return (text + "".join(f"  {cell:>{width}}" for cell, width in others)).rstrip()


def _short(label: str) -> str:
    return label if len(label) <= WIDEST_LABEL else label[: WIDEST_LABEL - 1] + "…"
