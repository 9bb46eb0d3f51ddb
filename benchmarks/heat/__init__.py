"""Heat: views, shade, whole days; each topic lists its own `CASES`."""

from __future__ import annotations

from benchmarks.heat import day, indices, shade, views

CASES = (*views.CASES, *shade.CASES, *day.CASES, *indices.CASES)
