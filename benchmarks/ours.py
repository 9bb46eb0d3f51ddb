"""Our side of a case, as a process of its own: `python -m benchmarks.ours INPUTS AREA CASE`."""

from __future__ import annotations

import sys

from benchmarks.case import cases
from benchmarks.protocol import serve


def versions() -> dict[str, str]:
    import platform

    import numba
    import numpy

    import twin

    return {
        "urban-twin": twin.__version__,
        "numpy": numpy.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    chosen = cases(sys.argv[2])[sys.argv[3]]
    serve(chosen.prepare, chosen.work, versions)
