"""The command: `python -m benchmarks [AREA ...] [--peers] [--repeat N] [--threads N]`."""

from __future__ import annotations

import argparse
import datetime
import importlib
import sys
from pathlib import Path

from benchmarks import environments, machine, table
from benchmarks.case import AREAS, SkippedError, cases
from benchmarks.duel import run


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["curve"]:
        return importlib.import_module("benchmarks.curve.command").main(words[1:])
    if words[:1] == ["fuzz"]:
        return importlib.import_module("benchmarks.fuzz.command").main(words[1:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "areas", nargs="*", help=f"{', '.join(AREAS)}, all; or: peers [install NAME]; or: validate; or: fuzz; or: curve"
    )
    parser.add_argument("--peers", action="store_true", help="measure the peers that are installed, in turns with us")
    parser.add_argument("--repeat", type=int, default=5, help="runs (pairs with a peer); the median counts")
    parser.add_argument("--threads", type=int, default=1, help="threads of twin; peers always have one")
    parser.add_argument("--case", help="only this case")
    parser.add_argument("--output", type=Path, help="also append the tables to this file (validate: write it)")
    chosen = parser.parse_args(words)
    if not chosen.areas:
        return _list()
    if chosen.areas[0] == "peers":
        return _peers(chosen.areas[1:])
    if chosen.areas == ["validate"]:
        return _validate(chosen.output)
    areas = AREAS if chosen.areas == ["all"] else tuple(chosen.areas)
    for area in areas:
        if area not in AREAS:
            parser.error(f"there is no area {area!r}; there are: {', '.join(AREAS)}, all")
    if chosen.repeat < 1 or chosen.threads < 1:
        parser.error("--repeat and --threads must be at least 1")
    if chosen.peers and chosen.threads > 1:
        parser.error("a comparison with peers is made with one thread each")
    for area in areas:
        outcomes, skipped = [], []
        for case in cases(area).values():
            if chosen.case in (None, case.name):
                print(f"{area}: {case.name} ...", file=sys.stderr, flush=True)
                try:
                    outcomes.append(run(area, case, repeat=chosen.repeat, threads=chosen.threads, peers=chosen.peers))
                except SkippedError as reason:
                    skipped.append(f"- **{case.name}** is left out: {reason}.")
                    print(f"  {reason}", file=sys.stderr)
        if not (outcomes or skipped):
            continue
        today = datetime.date.today().isoformat()
        head = f"## {area}\n\n{machine.line()}; {today}; medians of {chosen.repeat} runs after a warm-up."
        notes = "\n".join([*filter(None, [table.notes(outcomes)]), *skipped])
        text = f"{head}\n\n{table.markdown(outcomes)}\n\n{notes}\n"
        print(text, flush=True)
        if area == "load" and chosen.peers and chosen.case is None:
            from benchmarks.curve.command import SIZES, curve

            text += "\n" + curve(list(SIZES))
        if chosen.output is not None:
            with chosen.output.open("a", encoding="utf-8") as sink:
                sink.write(text + "\n")
    return 0


def _list() -> int:
    print("python -m benchmarks AREA ... [--peers] [--repeat N] [--threads N]\n")
    for area in AREAS:
        print(area)
        for case in cases(area).values():
            print(f"  {case.name:<24} {case.text}" + (f" (peer: {case.peer})" if case.peer else ""))
    print("\npython -m benchmarks all --peers\npython -m benchmarks peers [install NAME]")
    print("python -m benchmarks validate\npython -m benchmarks fuzz [READER ...] [--minutes M] [--seed S]")
    print("python -m benchmarks curve [--sizes KM2 ...] [--folder FOLDER]    (also the last part of: load --peers)")
    return 0


def _validate(output: Path | None) -> int:
    rows = ["| area | case | evidence | known | found | source |", "|---|---|---|---|---|---|"]
    for area in ("geometry", "heat", "flood", "traffic"):
        for row in importlib.import_module(f"benchmarks.evidence.{area}").rows():
            cells = (row.area, row.case, row.kind, row.known, row.found, row.source)
            rows.append("| " + " | ".join(cells) + " |")
            print(rows[-1], flush=True)
    if output is not None:
        today = datetime.date.today().isoformat()
        head = f"Written by `python -m benchmarks validate` on {today}, twin {_version()}."
        output.write_text("# Measured\n\n" + head + "\n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return 0


def _version() -> str:
    import twin

    return twin.__version__


def _peers(order: list[str]) -> int:
    if len(order) == 2 and order[0] == "install":
        environments.install(order[1])
        return 0
    if order:
        print("python -m benchmarks peers [install NAME]", file=sys.stderr)
        return 2
    for name in environments.names():
        print(f"{name:<14} {'installed' if environments.is_installed(name) else 'not installed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
