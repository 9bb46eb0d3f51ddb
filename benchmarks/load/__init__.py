"""Load: files of a municipality to surfaces, heights and whole cities; each topic lists its own `CASES`."""

from __future__ import annotations

from benchmarks.load import cities, citygml, cityjson, osm, rasterise, xyz

CASES = (*citygml.CASES, *cityjson.CASES, *osm.CASES, *rasterise.CASES, *xyz.CASES, *cities.CASES)
