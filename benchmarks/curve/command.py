"""The command: `python -m benchmarks curve [--sizes KM2 ...] [--folder FOLDER] [--output FILE]`.

Writes the files of made-up towns, builds each town in a process of its own with one thread, and prints what it took.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.curve.files import write_town
from benchmarks.protocol import SINGLE

SHAPES = {1: (1, 1), 6: (3, 2), 12: (4, 3), 25: (5, 5), 50: (10, 5), 100: (10, 10)}
"""Columns and rows of tiles of 1 km2, by area."""

SIZES = (6, 12, 25, 50, 100)
RESOLUTION = 2.0
MOST_MEMORY = 6 * 1024
"""What the largest town may take, MiB."""

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks curve", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), choices=list(SHAPES), help="km2")
    parser.add_argument("--folder", type=Path, help="keep the made-up files here; a temporary folder without it")
    parser.add_argument("--output", type=Path, help="also append the table to this file")
    chosen = parser.parse_args(arguments)
    text = curve(sorted(set(chosen.sizes)), chosen.folder)
    if chosen.output is not None:
        with chosen.output.open("a", encoding="utf-8") as sink:
            sink.write(text + "\n")
    return 0


def curve(sizes: list[int], folder: Path | None = None) -> str:
    """Measure the sizes, print the table and return it."""
    with tempfile.TemporaryDirectory(prefix="twin-towns-") as made:
        place = folder or Path(made)
        print("curve: a town of 1 km2 first, which compiles the kernels ...", file=sys.stderr, flush=True)
        _built(write_town(place, 1, 1, RESOLUTION))
        found = {}
        for size in sizes:
            print(f"curve: {size} km2 ...", file=sys.stderr, flush=True)
            found[size] = _built(write_town(place, *SHAPES[size], RESOLUTION))
    text = table(found)
    print(text, flush=True)
    return text


def table(found: dict[int, dict[str, Any]]) -> str:
    """Return the table of what each size took."""
    lines = [
        f"LoD2 tiles, DGM1 tiles and one map extract to a `City` with cells of {RESOLUTION:g} m (`twin.load_city`), "
        f"one thread; {machine.line()}.",
        "",
        "| km2 | cells | buildings | files | CPU s | wall s | CPU s per km2 | each further km2 "
        "| peak MiB | each further km2 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    before: tuple[int, float, float] | None = None
    for size, took in found.items():
        more = [f"{took['cpu'] / size:.2f}", "", f"{took['peak_memory']:.0f}", ""]
        if before is not None:
            more[1] = f"{(took['cpu'] - before[1]) / (size - before[0]):.2f}"
            more[3] = f"{(took['peak_memory'] - before[2]) / (size - before[0]):.0f}"
        cells = (size, f"{took['cells']:,}", f"{took['buildings']:,}", 2 * size + 1, f"{took['cpu']:.1f}",
                 f"{took['wall']:.1f}", *more)  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
        before = size, took["cpu"], took["peak_memory"]
    largest = max(found)
    took = found[largest]
    lines += [
        "",
        f"- CPU s hold the start of Python and its libraries and the reading of compiled kernels. {largest} km2 take "
        f"{took['peak_memory'] / 1024:.2f} GiB ({MOST_MEMORY / 1024:g} GiB allowed for 100 km2), of which the finished "
        f"grid is {took['grid_bytes'] / 2**30:.2f} GiB.",
        f"- In it: {took['buildings']:,} buildings on {took['roof_cells']:,} cells, {took['links']:,} directed links, "
        f"{took['trees']:,} mapped trees.",
    ]
    return "\n".join(lines) + "\n"


def _built(town: Path) -> dict[str, Any]:
    environment = os.environ | dict.fromkeys(SINGLE, "1") | {"TWIN_PROGRESS": "0"}
    path = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    command = [sys.executable, "-m", "benchmarks.curve.build", str(town)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if answer.returncode:
        raise SystemExit(f"{town.name} was not built:\n{answer.stderr[-2000:]}")
    took: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return took
