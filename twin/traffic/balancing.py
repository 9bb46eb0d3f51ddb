"""Doubly constrained matrices: scaling rows and columns until both sums are met (Furness 1965)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.errors import ConvergenceError, InputError

Floats = NDArray[np.float64]


def balance(
    seed: ArrayLike, rows: ArrayLike, columns: ArrayLike, *, tolerance: float = 1e-12, max_iterations: int = 20_000
) -> Floats:
    """Scale rows and columns of `seed` in turn until both sums are met (Furness 1965).

    Parameters
    ----------
    seed : (o, d) >= 0
    rows, columns : (o,), (d,) >= 0
        Sums wanted; their totals must agree to 1e-9.
    tolerance : float
        Largest error of a sum, relative to the total.
    max_iterations : int
        Rounds over rows and columns before giving up.

    Returns
    -------
    (o, d) array

    Raises
    ------
    InputError
        If an entry is negative or not finite, totals differ, or a wanted row or column has no positive seed.
    ConvergenceError
        If the pattern of zeros makes the sums impossible together.

    Examples
    --------
    >>> balance([[1.0, 1.0], [1.0, 1.0]], [30.0, 10.0], [20.0, 20.0]).tolist()
    [[15.0, 15.0], [5.0, 5.0]]
    """
    matrix = np.array(seed, dtype=np.float64)
    wanted_rows, wanted_columns = np.asarray(rows, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    if matrix.ndim != 2 or wanted_rows.shape != matrix.shape[:1] or wanted_columns.shape != matrix.shape[1:]:
        raise InputError(
            f"the seed has shape {matrix.shape}, rows {wanted_rows.shape} and columns {wanted_columns.shape}; "
            "they must fit"
        )
    for name, array in (("seed", matrix), ("rows", wanted_rows), ("columns", wanted_columns)):
        if not (np.isfinite(array) & (array >= 0)).all():
            raise InputError(
                f"{name} must be finite and >= 0; it holds {array[~(np.isfinite(array) & (array >= 0))][0]}"
            )
    total = float(wanted_rows.sum())
    if abs(total - float(wanted_columns.sum())) > 1e-9 * max(total, 1.0):
        raise InputError(f"rows sum to {total:g} and columns to {wanted_columns.sum():g}; the totals must agree")
    if total == 0.0:
        return np.zeros_like(matrix)
    for name, sums, wanted in (("row", matrix.sum(1), wanted_rows), ("column", matrix.sum(0), wanted_columns)):
        empty = (sums == 0) & (wanted > 0)
        if empty.any():
            at = int(np.flatnonzero(empty)[0])
            raise InputError(f"{name} {at} of the seed is all zero but {wanted[at]:g} are wanted there")
    error = math.inf
    for _ in range(max_iterations):
        matrix *= ratio(wanted_rows, matrix.sum(axis=1))[:, None]
        matrix *= ratio(wanted_columns, matrix.sum(axis=0))[None, :]
        error = float(np.abs(matrix.sum(axis=1) - wanted_rows).max()) / total
        if error <= tolerance:
            return matrix
    raise ConvergenceError(
        f"row sums still miss by {error:.2g} of the total after {max_iterations} rounds; the zeros of the seed do not "
        "allow these sums together"
    )


def ratio(wanted: Floats, found: Floats) -> Floats:
    """Divide where something was found; 0 elsewhere.

    Examples
    --------
    >>> ratio(np.array([6.0, 1.0]), np.array([3.0, 0.0])).tolist()
    [2.0, 0.0]
    """
    return np.asarray(np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0), dtype=np.float64)
