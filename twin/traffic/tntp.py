"""Read assignment problems in the TNTP text format of the TransportationNetworks collection.

One line a directed link or, in a demand file, ``destination : trips;``. Units are the file's own.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from twin import limits
from twin.errors import DataError
from twin.traffic.graph import Graph, graph_from_arrays


def read_tntp_network(path: str | Path, *, toll_factor: float = 0.0, distance_factor: float = 0.0) -> Graph:
    """Read a ``*_net.tntp`` file.

    Parameters
    ----------
    path : path
    toll_factor, distance_factor : float
        Weights of toll and length in the cost; they stand in the description of a problem, not in its file.

    Returns
    -------
    Graph
        Costs in the file's time unit plus the weighted toll and length; `length` in the file's unit.

    Raises
    ------
    DataError
        If the file is not in this format or holds fewer links than it declares.

    Examples
    --------
    >>> import tempfile
    >>> text = "<NUMBER OF NODES> 2\\n<FIRST THRU NODE> 1\\n<NUMBER OF LINKS> 1\\n<END OF METADATA>\\n"
    >>> text += "1 2 9 1 6 .15 4 0 0 1 ;"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tiny_net.tntp"
    ...     _ = file.write_text(text)
    ...     read_tntp_network(file).free_flow_time.tolist()
    [6.0]
    """
    meta, body = _read(path)
    rows = []
    for line in body:
        fields = line.split(";")[0].split()
        if fields:
            rows.append(fields)
    declared = _number(meta, "NUMBER OF LINKS", path)
    if len(rows) != declared:
        raise DataError(f"{path} holds {len(rows)} links and declares {declared}; the file is damaged or cut off")
    try:
        table = np.array([[float(value) for value in row[:9]] for row in rows], dtype=np.float64)
        tails, heads = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    except (ValueError, IndexError) as error:
        raise DataError(f"{path} has a link line that cannot be read: {error}") from error
    return graph_from_arrays(
        tails,
        heads,
        table[:, 4],
        table[:, 2],
        b=table[:, 5],
        power=table[:, 6],
        fixed_cost=toll_factor * table[:, 8] + distance_factor * table[:, 3],
        length=table[:, 3],
        first_thru_node=_number(meta, "FIRST THRU NODE", path),
        nodes=np.arange(1, _number(meta, "NUMBER OF NODES", path) + 1),
    )


def read_tntp_demand(path: str | Path) -> xr.DataArray:
    """Read a ``*_trips.tntp`` file as trips over (origin, destination).

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    DataError
        If the file is not in this format or its sum differs from the total it declares by more than 1e-5 of it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tiny_trips.tntp"
    ...     _ = file.write_text("<NUMBER OF ZONES> 2\\n<TOTAL OD FLOW> 5\\n<END OF METADATA>\\nOrigin 1\\n 2 : 5.0;")
    ...     float(read_tntp_demand(file).sum())
    5.0
    """
    meta, body = _read(path)
    zones = _number(meta, "NUMBER OF ZONES", path)
    limits.check(zones * zones, "MAX_OD_PAIRS", f"{path} has {zones} zones")
    trips = np.zeros((zones, zones))
    origin = 0
    for line in body:
        start = re.match(r"\s*Origin\s+(\d+)", line, re.IGNORECASE)
        if start:
            origin = int(start[1])
            continue
        for destination, value in re.findall(r"(\d+)\s*:\s*([-+.\deE]+)\s*;?", line):
            if not (1 <= origin <= zones and 1 <= int(destination) <= zones):
                raise DataError(f"{path} names origin {origin} and destination {destination}; zones are 1 to {zones}")
            trips[origin - 1, int(destination) - 1] += float(value)
    if "TOTAL OD FLOW" in meta:
        total = float(meta["TOTAL OD FLOW"])
        if abs(trips.sum() - total) > 1e-5 * max(total, 1.0):
            raise DataError(
                f"{path} holds {trips.sum():g} trips and declares {total:g}; the file is damaged or cut off"
            )
    zone = np.arange(1, zones + 1)
    return xr.DataArray(trips, dims=("origin", "destination"), coords={"origin": zone, "destination": zone})


def _read(path: str | Path) -> tuple[dict[str, str], list[str]]:
    file = Path(path)
    limits.check(file.stat().st_size, "MAX_FILE_BYTES", f"{file} has {file.stat().st_size} bytes")
    meta: dict[str, str] = {}
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines):
        tag = re.match(r"\s*<([^>]+)>\s*(.*)", line)
        if tag:
            if tag[1].strip().upper() == "END OF METADATA":
                return meta, [rest for rest in lines[number + 1 :] if not rest.lstrip().startswith("~")]
            meta[tag[1].strip().upper()] = tag[2].strip()
    raise DataError(f"{path} has no <END OF METADATA>; it is not a TNTP file")


def _number(meta: dict[str, str], key: str, path: str | Path) -> int:
    try:
        return int(float(meta[key].split()[0]))
    except (KeyError, ValueError, IndexError) as error:
        raise DataError(f"{path} does not declare <{key}>") from error
