"""The command: `python -m benchmarks fuzz [READER ...] --minutes M [--seed S] [--cases N] [--folder F]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzz.minimise import minimise
from benchmarks.fuzz.targets import TARGETS, case
from benchmarks.fuzz.worker import Worker

_RULE = "|---" * 8 + "|"


@dataclass
class Tally:
    """Counts of one reader: cases by what became of them, faults by their key, the slowest case."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0


def main(arguments: list[str]) -> int:
    """Run the cases; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help=f"{', '.join(TARGETS)}; all of them if none is named")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("--cases", type=int, default=None, help="for each reader, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "twin-findings")
    chosen = parser.parse_args(arguments)
    for name in chosen.readers:
        if name not in TARGETS:
            parser.error(f"there is no reader {name!r}; there are: {', '.join(TARGETS)}")
    print("| reader | seed | cases | read | refused | findings | slowest case, CPU s | minutes |", _RULE, sep="\n")
    found = 0
    for name in chosen.readers or TARGETS:
        tally = fuzz(name, chosen.seed, 60.0 * chosen.minutes, chosen.cases, chosen.folder)
        total, counts = sum(tally.counts.values()), tally.counts
        print(
            f"| {name} | {chosen.seed} | {total:,} | {counts['read']:,} | {counts['refused']:,} "
            f"| {len(tally.faults)} | {tally.slowest:.2f} | {tally.seconds / 60:.1f} |",
            flush=True,
        )
        found += len(tally.faults)
    return 1 if found else 0


def fuzz(name: str, seed: int, seconds: float, cases: int | None, folder: Path) -> Tally:
    """Read cases of one reader until the time is over; save the first, made small, of each fault."""
    tally = Tally()
    worker = Worker(name)
    start = time.monotonic()
    number = 0
    try:
        while time.monotonic() - start < seconds and (cases is None or number < cases):
            file, content, options = case(name, seed, number)
            outcome = worker.read(file, content, options)
            tally.counts[outcome.kind] += 1
            tally.slowest = max(tally.slowest, outcome.seconds)
            if outcome.kind == "finding":
                tally.faults[outcome.key] += 1
                if tally.faults[outcome.key] == 1:
                    small = minimise(worker, outcome.key, file, content, options) if outcome.seconds < 2 else content
                    place = _save(folder, f"{name}-{seed}-{number}", file, small, outcome.text, options)
                    print(f"{name}: seed {seed}, case {number}: {outcome.key} -> {place}", file=sys.stderr, flush=True)
            number += 1
    finally:
        worker.close()
    tally.seconds = time.monotonic() - start
    return tally


def _save(folder: Path, label: str, file: str, content: bytes, text: str, options: dict[str, object]) -> Path:
    place = folder / label
    place.mkdir(parents=True, exist_ok=True)
    (place / file).write_bytes(content)
    (place / "fault.txt").write_text(f"{json.dumps(options)}\n{text}\n", encoding="utf-8")
    return place
