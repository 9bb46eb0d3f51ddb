"""Load: files of a municipality to surfaces, heights and whole cities; each topic lists its own `CASES`."""

from __future__ import annotations

from benchmarks.load import cities, citygml, xyz

CASES = (*citygml.CASES, *xyz.CASES, *cities.CASES)
