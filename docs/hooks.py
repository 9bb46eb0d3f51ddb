"""Fill the tables of variables and of files from the code when the documentation is built."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace marks by their tables; other pages pass unchanged."""
    for mark, table in (("<!-- table of variables -->", variables), ("<!-- table of files -->", files)):
        if mark in markdown:
            markdown = markdown.replace(mark, table())
    return markdown


def files() -> str:
    """Table of all files with the first line of what they say about themselves."""
    rows = ["| file | what it is for |", "|---|---|"]
    for path in sorted((ROOT / "twin").rglob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        place = path.relative_to(ROOT).as_posix()
        rows.append(f"| `{place}` | {said.split(chr(10) * 2)[0].replace(chr(10), ' ').replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def variables() -> str:
    """Table of all variables of grids and results."""
    sys.path.insert(0, str(ROOT))  # the checkout documents itself
    from twin.variables import VARIABLES

    rows = ["| name | dims | type | unit | range | English | German |", "|---|---|---|---|---|---|---|"]
    for variable in VARIABLES.values():
        low = "" if variable.minimum is None else f"{variable.minimum:g}"
        high = "" if variable.maximum is None else f"{variable.maximum:g}"
        bounds = f"{low} to {high}" if low or high else ""
        if variable.flags:
            bounds = ", ".join(f"{number} {word}" for number, (word, _) in enumerate(variable.flags))
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
    return "\n".join(rows)
