"""Run a case: alone, or in turns with its peer, and say what came out."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import environments
from benchmarks.case import Case
from benchmarks.protocol import SINGLE

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Side:
    """One program in its own process."""

    name: str
    process: subprocess.Popen[str]
    hello: dict[str, Any]
    runs: list[dict[str, Any]] = field(default_factory=list)

    def order(self, text: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return _answer(self.name, self.process)

    def median(self, key: str) -> float:
        return statistics.median(run[key] for run in self.runs)

    @property
    def peak_memory(self) -> float | None:
        return self.runs[-1]["peak_memory"]


@dataclass(frozen=True)
class Outcome:
    """What one case gave."""

    case: Case
    ours: Side
    peer: Side | None
    amount: float
    threads: int
    differences: dict[str, tuple[float, float]]
    scalars: dict[str, tuple[float, float]]

    def ratio(self, clock: str) -> float:
        """Time of the peer over ours, `cpu` or `wall`: the median over the pairs."""
        assert self.peer is not None
        pairs = zip(self.peer.runs, self.ours.runs, strict=True)
        return statistics.median(theirs[clock] / mine[clock] for theirs, mine in pairs)


def run(area: str, case: Case, *, repeat: int, threads: int, peers: bool) -> Outcome:
    """Measure one case, with its peer if `peers` and if its environment exists."""
    with tempfile.TemporaryDirectory(prefix="twin-benchmark-") as folder, contextlib.ExitStack() as stack:
        inputs = case.inputs()
        path = Path(folder) / "inputs.npz"
        np.savez(path, **inputs)
        command = [sys.executable, "-m", "benchmarks.ours", str(path), area, case.name]
        ours = stack.enter_context(_started("twin", command, threads))
        peer = None
        if peers and case.peer is not None:
            if environments.is_installed(case.peer):
                driver = environments.PEERS / f"{case.peer}.py"
                command = [str(environments.python_of(case.peer)), str(driver), str(path), case.name]
                peer = stack.enter_context(_started(case.peer, command, 1))
            else:
                print(
                    f"  {case.peer} is not installed: python -m benchmarks peers install {case.peer}", file=sys.stderr
                )
        for _ in range(min(repeat, case.most_runs or repeat) if peer is not None else repeat):
            for side in filter(None, (ours, peer)):
                side.runs.append(side.order("run"))
        answers = _answers(ours, Path(folder))
        theirs = _answers(peer, Path(folder)) if peer is not None else {}
        if case.check is not None:
            for found in filter(None, (answers, theirs)):
                found.update({name: np.asarray(value) for name, value in case.check(inputs, found).items()})
        differences, scalars = {}, {}
        for name in case.compare:
            if name in theirs and answers[name].ndim:
                differences[name] = _difference(answers[name], theirs[name])
        for name in answers:
            if answers[name].ndim == 0:
                scalars[name] = (float(answers[name]), float(theirs[name]) if name in theirs else float("nan"))
        return Outcome(case, ours, peer, case.amount(inputs, answers), threads, differences, scalars)


def _difference(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return root mean square and largest difference where both have a value."""
    if a.shape != b.shape:
        raise SystemExit(f"answers of shape {a.shape} and {b.shape} cannot be compared")
    difference = (a.astype(float) - b.astype(float))[np.isfinite(a) & np.isfinite(b)]
    return float(np.sqrt(np.mean(difference**2))), float(np.abs(difference).max())


@contextlib.contextmanager
def _started(name: str, command: list[str], threads: int) -> Iterator[Side]:
    environment = os.environ | {key: str(threads) for key in SINGLE} | {"TWIN_PROGRESS": "0"}
    environment["PYTHONPATH"] = str(ROOT) if name != "twin" else os.pathsep.join([str(ROOT), *_extra_path()])
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
    )
    try:
        yield Side(name, process, _answer(name, process))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _extra_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]


def _answer(name: str, process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    while line and not line.startswith("{"):  # some programs greet before the protocol begins
        print(line, end="", file=sys.stderr)
        line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{name} ended without an answer (exit code {process.wait()}); its words stand above")
    return json.loads(line)


def _answers(side: Side, folder: Path) -> dict[str, np.ndarray]:
    path = folder / f"answers-{side.name}.npz"
    side.order(f"answers {path}")
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
