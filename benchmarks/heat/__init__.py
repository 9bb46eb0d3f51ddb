"""Heat: views, shade, whole days; each topic lists its own `CASES`."""

from __future__ import annotations

from benchmarks.heat import day, indices, rerun, shade, views

CASES = (*views.CASES, *shade.CASES, *day.CASES, *rerun.CASES, *indices.CASES)
