"""How a program under measurement talks to the benchmark: inputs from an .npz, orders on stdin, JSON on stdout.

Needs only NumPy and the standard library: the drivers of the peers import it from their own environments.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SINGLE = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "RAYON_NUM_THREADS",
    ),
    "1",
)
"""Environment that keeps a process to one thread."""

SHORT = 0.5
"""CPU seconds."""


def peak_memory() -> float | None:
    """Return the largest resident memory of this process so far, MiB; None where the system does not tell.

    Linux hands the peak of a parent on to `ru_maxrss` of its children, which would count our own; the status file does
    not.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def serve(
    prepare: Callable[[dict[str, np.ndarray]], Any],
    work: Callable[[Any], dict[str, Any]],
    versions: Callable[[], dict[str, str]],
) -> None:
    """Answer the benchmark until it closes the connection.

    `prepare` turns inputs into what the program wants and is not measured; `work` is measured and returns named
    answers (arrays or numbers). The first `work` is a warm-up: compilation and caches are not part of the figure. A
    run shorter than `SHORT` is made again and the second counts, because a process that waited for its turn finds its
    caches cold and its memory given back.
    """
    # whatever the program prints goes to stderr; the protocol keeps the real stdout for itself
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    with np.load(sys.argv[1], allow_pickle=False) as file:
        inputs = {name: file[name] for name in file.files}
    state = prepare(inputs)
    before = peak_memory()
    start = time.process_time()
    answers = work(state)
    say({"ready": True, "warm_up_cpu": time.process_time() - start, "memory_before": before, "versions": versions()})
    for line in sys.stdin:
        order = line.split()
        if order[0] == "run":
            for _ in range(2):
                wall, cpu = time.perf_counter(), time.process_time()
                answers = work(state)
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                if cpu > SHORT:
                    break
            say({"cpu": cpu, "wall": wall, "peak_memory": peak_memory()})
        elif order[0] == "answers":
            np.savez(order[1], **{name: np.asarray(value) for name, value in answers.items()})
            say({"answers": order[1]})
        else:
            break
