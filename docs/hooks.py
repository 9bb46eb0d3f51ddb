"""Fill the table of variables from the registry when the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

MARK = "<!-- table of variables -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark by the table; other pages pass unchanged."""
    if MARK not in markdown:
        return markdown
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout documents itself
    from twin.variables import VARIABLES

    rows = ["| name | dims | type | unit | range | English | German |", "|---|---|---|---|---|---|---|"]
    for variable in VARIABLES.values():
        low = "" if variable.minimum is None else f"{variable.minimum:g}"
        high = "" if variable.maximum is None else f"{variable.maximum:g}"
        bounds = f"{low} to {high}" if low or high else ""
        cells = (
            f"`{variable.name}`",
            ", ".join(variable.dims),
            variable.dtype,
            variable.units,
            bounds,
            variable.label_en,
            variable.label_de,
        )
        rows.append("| " + " | ".join(cells) + " |")
    return markdown.replace(MARK, "\n".join(rows))
