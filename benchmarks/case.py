"""What a benchmark is: inputs, what is counted, which answers are compared, and the peer that works on the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

AREAS = ("load", "heat", "flood", "traffic")


class SkippedError(Exception):
    """Said by the inputs of a case whose data this machine does not have; the text says which."""


@dataclass(frozen=True)
class Case:
    """One piece of work, the same for us and for a peer.

    name : unique in its area
    text : what is computed, on what
    inputs : makes the arrays both sides are given
    prepare, work : our side, see `protocol.serve`
    amount : how much work one run is, from inputs and answers
    unit : what is counted, such as ``"cells"``
    peer : name of the driver in `peers/`, or None
    compare : answers to compare, by name
    check : quality of the answers of either side, by one definition
    most_runs : at most so many runs, because the peer is slow; as many as asked for without it
    """

    name: str
    text: str
    inputs: Callable[[], dict[str, np.ndarray]]
    prepare: Callable[[dict[str, np.ndarray]], Any]
    work: Callable[[Any], dict[str, Any]]
    amount: Callable[[dict[str, np.ndarray], dict[str, np.ndarray]], float]
    unit: str
    peer: str | None = None
    compare: tuple[str, ...] = field(default=())
    check: Callable[[dict[str, np.ndarray], dict[str, np.ndarray]], dict[str, float]] | None = None
    note: str = ""
    most_runs: int | None = None


def cases(area: str) -> dict[str, Case]:
    """Return the cases of an area by name."""
    module = importlib.import_module(f"benchmarks.{area}")
    return {case.name: case for case in module.CASES}
