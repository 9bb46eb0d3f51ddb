"""Outcomes as a markdown table, with the versions and differences below."""

from __future__ import annotations

from benchmarks.duel import Outcome, Side


def markdown(outcomes: list[Outcome]) -> str:
    rows = [
        "| case | program | threads | CPU s | wall s | per second of CPU | peak MiB "
        "| CPU, peer / twin | wall, peer / twin |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        rows.append(_row(outcome, outcome.ours, "", ""))
        if outcome.peer is not None:
            rows.append(_row(outcome, outcome.peer, *(f"**{outcome.ratio(clock):.3g}**" for clock in ("cpu", "wall"))))
    return "\n".join(rows)


def _row(outcome: Outcome, side: Side, cpu_ratio: str, wall_ratio: str) -> str:
    cpu = side.median("cpu")
    memory = "-" if side.peak_memory is None else f"{side.peak_memory:.0f}"
    threads = outcome.threads if side is outcome.ours else 1
    rate = f"{_short(outcome.amount / cpu)} {outcome.case.unit}"
    cells = [
        outcome.case.name,
        side.name,
        threads,
        f"{cpu:.4g}",
        f"{side.median('wall'):.4g}",
        rate,
        memory,
        cpu_ratio,
        wall_ratio,
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def notes(outcomes: list[Outcome]) -> str:
    lines = []
    for outcome in outcomes:
        case = outcome.case
        lines.append(f"- **{case.name}**: {case.text}. Warm-up of twin: {outcome.ours.hello['warm_up_cpu']:.2f} CPU s.")
        sides = [outcome.ours, *([outcome.peer] if outcome.peer else [])]
        versions = {key: value for side in sides for key, value in side.hello["versions"].items()}
        lines.append(f"  Versions: {', '.join(f'{key} {value}' for key, value in versions.items())}.")
        if outcome.peer and outcome.peer.peak_memory and outcome.ours.peak_memory:
            ratio = outcome.peer.peak_memory / outcome.ours.peak_memory
            lines.append(f"  Peak memory of the process, peer / twin: {ratio:.2f}.")
        for name, (rms, largest) in outcome.differences.items():
            lines.append(f"  Difference in {name}: root mean square {rms:.3g}, largest {largest:.3g}.")
        for name, (mine, theirs) in outcome.scalars.items():
            other = "" if theirs != theirs else f" (peer {theirs:.12g})"
            lines.append(f"  {name}: {mine:.12g}{other}.")
        if outcome.peer is not None and case.most_runs is not None:
            lines.append(f"  Only {len(outcome.ours.runs)} runs, because the peer takes long.")
        if case.note:
            lines.append(f"  {case.note}")
    return "\n".join(lines)


def _short(value: float) -> str:
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g} {letter}"
    return f"{value:.3g}"
