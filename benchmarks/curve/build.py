"""One size, as a process of its own: `python -m benchmarks.curve.build TOWN.toml` prints what it took as JSON."""

from __future__ import annotations

import json
import sys
import time

from benchmarks.protocol import peak_memory


def main(path: str) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    import twin

    imported = peak_memory()
    city = twin.load_city(path)
    took = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "peak_memory": peak_memory(),
        "memory_before": imported,
        "cells": city.grid.sizes["y"] * city.grid.sizes["x"],
        "buildings": len(city.buildings),
        "links": 0 if city.network is None else len(city.network.links),
        "trees": len(city.trees),
        "roof_cells": int((city.grid.building_id.values > 0).sum()),
        "grid_bytes": city.grid.nbytes,
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1])
