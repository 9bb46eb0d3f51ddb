"""Peak memory of a day for each cell: `python benchmarks/heat/memory.py SIZE [STORE]`.

Everything is imported and compiled on a small place before; the grid that is given counts. With STORE, a folder that
ends in .zarr, the grid is read from a store beside it and the result is written there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.heat.day import prepare, with_day
from benchmarks.heat.scenes import athens
from benchmarks.protocol import peak_memory

EVERYTHING = ("emissivity", "albedo", "sealed_fraction")


def place(size: int):
    """Return grid and weather as a city has them: every variable that the model reads of most cities."""
    grid, weather, _ = prepare(with_day(athens(size), "anisotropic"))
    shape = grid.ground_elevation.shape
    more = {name: (("y", "x"), np.full(shape, np.nan, np.float32)) for name in EVERYTHING}
    base = (0.25 * grid.canopy_height.values).astype(np.float32)
    return grid.assign(more | {"canopy_base_height": (("y", "x"), base)}), weather


def main(size: int, store: str | None) -> None:
    import xarray as xr

    from twin.heat import simulate

    simulate(*place(200), hourly=())
    if store is not None:
        source = Path(store).with_name(Path(store).stem + "-grid.zarr")
        if not source.exists():
            raise SystemExit(f"{source} is missing: write it first (benchmarks.heat.memory.write_grid)")
        weather = place(200)[1]
        before = peak_memory()
        grid = xr.open_zarr(source, chunks=None, consolidated=False, decode_coords="all")
        start = time.process_time(), time.perf_counter()
        simulate(grid, weather, output=store)
    else:
        before = peak_memory()
        # the arrays are made one by one, so that making them needs no more than they take
        grid, weather = place(size)
        start = time.process_time(), time.perf_counter()
        simulate(grid, weather, hourly=())
    cells = grid.sizes["y"] * grid.sizes["x"]
    cpu, wall = time.process_time() - start[0], time.perf_counter() - start[1]
    print(f"{cpu:.1f} s CPU, {wall:.1f} s, {1e6 * cpu / cells / 24:.3f} us CPU per cell and step", file=sys.stderr)
    print(f"peak {peak_memory():.0f} MiB, before {before:.0f} MiB", file=sys.stderr)
    print((peak_memory() - before) * 2**20 / cells)


def write_grid(size: int, path: str) -> None:
    """Write the place of that size as a store, region by region."""
    place(size)[0].to_zarr(path, consolidated=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
