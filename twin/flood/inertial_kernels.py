"""Local inertial flow of shallow water over a grid: one compiled time loop and the loops over rows it is made of.

Equations: Bates, Horritt and Fewtrell (2010, doi 10.1016/j.jhydrol.2010.03.027) with the weighting of neighbouring
discharges of de Almeida et al. (2012, doi 10.1029/2011WR011570); Horton's infiltration advanced by the water absorbed
(Akan 1992; SWMM reference manual I, "modified Horton").

Legend (shapes: cells R x C, faces x R x (C + 1), faces y (R + 1) x C; `real` is float32 or float64)
    h    depth of water, m, float64: the books are kept in it, so water is conserved to round-off in either precision
    d    the same depth as `real`, for the fluxes
    s    step of the bed across a face, z(right) - z(left), m: no absolute height enters, 1000 m above sea is as exact
    f    g n^2 of a face, m s-2 (m1/3 s-1)-2; negative: the face is closed
    q    discharge per metre of width, m2/s, [2] old and new in turn; +x is along columns, +y along rows (south)
    hf   flow depth at a face: higher water level less higher bed, m
    H    hf^(7/3);  theta weight of the face's own discharge;  c_fr  largest Froude number
    P    rain fallen since the start, m, piecewise linear in time
    L    depth of rain that a cell keeps (crowns), m; infinite outside the domain
    i, i_end, k   infiltration capacity now and finally, m/s, and its decay, 1/s;  I  infiltrated so far, m, float64

Rows own their outputs, and the sums that cross rows are serial: the same bits for any number of threads.
Each row loop writes few arrays and reads few, because the compiler proves at run time that they do not overlap and
gives up vectors (a factor of five) beyond eight comparisons.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

GRAVITY = 9.81

Reals = NDArray[Any]
"""float32 or float64."""
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# places in `clock`
TIME, STEPS, OUTFLOW, SHORTEST = 0, 1, 2, 3


@jit
def _to_bits(value: float) -> Any:
    """Bits of a number as float32."""
    return np.float32(value).view(np.int32)


@jit
def _from_bits(bits: Any) -> Any:
    """Float32 of these bits."""
    return np.int32(bits).view(np.float32)


@jit(fast=True)
def _across(a: Reals, b: Reals, c: Reals, d: Reals, out: Reals) -> None:
    """Mean discharge along a face from the four faces that cross its ends."""
    quarter = out.dtype.type(0.25)
    for m in range(out.size):
        out[m] = quarter * ((a[m] + b[m]) + (c[m] + d[m]))


@jit(fast=True)
def _faces(
    left: Reals, right: Reals, s: Reals, f: Reals, q_before: Reals, q: Reals, q_after: Reals,
    dt: float, dx: float, theta: float, c_fr: float, h_min: float, out: Reals,
) -> None:  # fmt: skip
    """Discharge of a row of faces after dt; `out` brings the discharge along each face.

    Friction is implicit: q (1 + c |Q|) = a, where |Q| is taken in the direction of the old discharge. The root of
    that quadratic neither overshoots nor alternates in films, as the usual linearisation with the old |Q| does.
    """
    real = out.dtype.type
    zero, one, two = real(0.0), real(1.0), real(2.0)
    third, two_ninths = real(1.0 / 3.0), real(2.0 / 9.0)
    least, most = real(1e-20), real(100.0)
    own, side = real(theta), real(0.5 * (1.0 - theta))
    pull = real(GRAVITY * dt / dx)
    drag = real(4.0 * dt)
    gravity = real(GRAVITY)
    froude = real(c_fr)
    film = real(h_min)
    for m in range(out.size):
        rise = s[m]
        up = rise if rise > zero else zero
        down = rise if rise < zero else zero
        from_left = left[m] - up
        from_right = right[m] + down
        hf = from_left if from_left > from_right else from_right
        flows = (hf > film) & (f[m] >= zero)
        hf = hf if hf > film else film
        # hf^(-1/3): a guess from the exponent bits, then two steps of third order (error 3e-11), one more for float64
        r = one * _from_bits(np.int32(0x54A2FA8C) - np.int32(np.float32(_to_bits(hf)) * np.float32(0.33333334)))
        e = one - hf * r * r * r
        r = r + r * e * (third + two_ninths * e)
        e = one - hf * r * r * r
        r = r + r * e * (third + two_ninths * e)
        e = one - hf * r * r * r
        r = r + r * e * third
        H = hf * hf * hf * (r * r)
        along = out[m]
        old = q[m]
        oblique = one + along * along / (old * old + least)
        oblique = oblique if oblique < most else most
        # a wall or dry ground next door has no discharge to share: averaging with it would pile water up beside walls
        before = q_before[m] if q_before[m] != zero else old
        after = q_after[m] if q_after[m] != zero else old
        a = own * old + side * (before + after) - pull * hf * ((right[m] - left[m]) + rise)
        size = abs(a)
        new = two * a / (one + math.sqrt(one + drag * f[m] * size * math.sqrt(oblique) / H))
        bound = froude * hf * math.sqrt(gravity * hf)
        new = new if new < bound else bound
        new = new if new > -bound else -bound
        out[m] = new if flows else zero


@jit(fast=True)
def _share_that_can_leave(
    d: Reals, west: Reals, east: Reals, north: Reals, south: Reals, dt: float, dx: float, share: Reals
) -> None:
    """Share of the outward discharges of each cell that its water suffices for: 1, or less where it would run dry."""
    real = d.dtype.type
    zero, one = real(0.0), real(1.0)
    # the margin covers the rounding of sums and products in single precision, so that no depth becomes negative;
    # the trace stays, because a share of it would be a number too small to be held with that precision
    whole, trace = real(dx / dt * (1.0 - 1e-6)), real(1e-30)
    for m in range(d.size):
        across = (east[m] if east[m] > zero else zero) - (west[m] if west[m] < zero else zero)
        along = (south[m] if south[m] > zero else zero) - (north[m] if north[m] < zero else zero)
        wanted = across + along
        there = whole * (d[m] if d[m] > trace else zero)
        share[m] = there / wanted if wanted > there else one


@jit(fast=True)
def _hold_back(q: Reals, left: Reals, right: Reals) -> None:
    """Reduce discharges to the share of the cell they come from."""
    zero = q.dtype.type(0.0)
    for m in range(q.size):
        q[m] *= left[m] if q[m] > zero else right[m]


@jit(fast=True)
def _balance(h: Floats, west: Reals, east: Reals, north: Reals, south: Reals, rate: float, rain: float) -> None:
    """Change of depth by the discharges through four faces and by rain on all cells alike; books in float64."""
    for m in range(h.size):
        across = np.float64(west[m]) - np.float64(east[m])
        along = np.float64(north[m]) - np.float64(south[m])
        h[m] += rate * (across + along) + rain


@jit
def _rain_less_storage(h: Floats, L: Reals, P_before: float, P_after: float) -> None:
    """Rain above what a cell keeps; what crossed an open edge into a cell outside the domain is gone."""
    for m in range(h.size):
        kept = np.float64(L[m])
        before = P_before - kept if P_before > kept else 0.0
        after = P_after - kept if P_after > kept else 0.0
        h[m] = h[m] + (after - before) if kept < np.inf else 0.0


@jit(fast=True)
def _infiltrate(h: Floats, i: Reals, i_end: Reals, k: Reals, dt: float, absorbed: Reals, infiltrated: Floats) -> None:
    """Infiltration of a row during dt, never more than the water there; `absorbed` is a work row."""
    real = absorbed.dtype.type
    zero, one = real(0.0), real(1.0)
    half, third, fourth, fifth, sixth = real(1 / 2), real(1 / 3), real(1 / 4), real(1 / 5), real(1 / 6)
    step = real(dt)
    almost = real(1.0 - 2e-7)
    for m in range(h.size):
        x = k[m] * step
        # (1 - exp(-x)) / x, the mean of the decaying capacity over the step; x <= 0.1
        mean = one - x * half * (one - x * third * (one - x * fourth * (one - x * fifth * (one - x * sixth))))
        capacity = (i_end[m] + (i[m] - i_end[m]) * mean) * step
        there = almost * real(h[m])
        absorbed[m] = capacity if capacity < there else there
    for m in range(h.size):
        beyond = absorbed[m] - i_end[m] * step
        i[m] -= k[m] * (beyond if beyond > zero else zero)
    for m in range(h.size):
        left = h[m] - np.float64(absorbed[m])
        h[m] = left if left > 0.0 else 0.0  # below 1e-45 m `absorbed` may round to more than there is
        infiltrated[m] += np.float64(absorbed[m])


@jit(fast=True)
def _record(
    h: Floats, d: Reals, west: Reals, east: Reals, north: Reals, south: Reals,
    time: float, c_fr: float, h_arrival: float, h_speed: float, peak: Reals, fastest: Reals, arrival: Reals,
) -> Any:  # fmt: skip
    """Depth as `real`, and the extremes of the run so far; returns the square of the fastest wave or flow of the row.

    `fastest` is the square of the speed, of cells deeper than `h_speed` only: discharge over depth of a film is noise.
    The depth is the larger of before and after the step: a cell that drains in it would else seem to race. The Froude
    limit of the faces holds in the cells too: a shallow cell between deep ones has their discharges, not its own.
    """
    real = d.dtype.type
    zero, quarter = real(0.0), real(0.25)
    film, froude = real(h_speed), real(GRAVITY * c_fr * c_fr)
    # bits of floats >= 0 order like the floats, and an integer maximum is done in vectors
    swiftest = np.int32(0)
    for m in range(h.size):
        across = west[m] + east[m]
        along = north[m] + south[m]
        after = real(h[m])
        depth = d[m] if d[m] > after else after
        counts = after > film
        depth = depth if counts else film
        square = quarter * (across * across + along * along) / (depth * depth)
        bound = froude * depth
        square = square if square < bound else bound
        square = square if counts else zero
        fastest[m] = square if square > fastest[m] else fastest[m]
        bits = _to_bits(square)
        swiftest = bits if bits > swiftest else swiftest
    deepest = np.int32(0)
    for m in range(h.size):
        d[m] = real(h[m])
        bits = _to_bits(h[m])
        deepest = bits if bits > deepest else deepest
    now, seen = real(time), real(h_arrival)
    for m in range(h.size):
        peak[m] = d[m] if d[m] > peak[m] else peak[m]
        first = arrival[m] if arrival[m] < now else now
        arrival[m] = first if d[m] > seen else arrival[m]
    wave, flow = np.float32(GRAVITY) * _from_bits(deepest), _from_bits(swiftest)
    return wave if wave > flow else flow


@jit
def _fallen(times: Floats, depths: Floats, t: float) -> float:
    """Rain fallen until t: `depths` at `times`, straight between them, constant after the last."""
    last = times.size - 1
    if t >= times[last]:
        return float(depths[last])
    m = 0
    while times[m + 1] <= t:
        m += 1
    return float(depths[m] + (depths[m + 1] - depths[m]) * ((t - times[m]) / (times[m + 1] - times[m])))


@jit(parallel=True)
def advance(
    s_x: Reals, s_y: Reals, f_x: Reals, f_y: Reals,
    edge_cell: Indices, edge_face: Indices, edge_side: Indices, edge_flow: Floats,
    times: Floats, depths: Floats, L: Reals, i_end: Reals, k: Reals,
    t_end: float, most_steps: int, dx: float, courant: float, longest: float, theta: float, c_fr: float,
    h_min: float, h_arrival: float, h_speed: float,
    h: Floats, d: Reals, q_x: Reals, q_y: Reals, share: Reals, i: Reals, infiltrated: Floats,
    peak: Reals, fastest: Reals, arrival: Reals, row_swiftest: NDArray[np.float32], clock: Floats,
) -> int:  # fmt: skip
    """Advance the water to `t_end`, or by `most_steps` steps, whichever comes first; returns the steps done.

    Edges: for each open face, the flat index of its cell and of its face, the side (0 west, 1 east, 2 north, 3 south)
    and sqrt(slope)/n of the uniform flow that leaves there. Arrays L, i, i_end, k, infiltrated of size one: not used.
    """
    rows, columns = d.shape
    stores = L.size == d.size
    absorbs = i.size == d.size
    real = d.dtype.type
    done = 0
    while clock[TIME] < t_end and done < most_steps:
        swiftest = 0.0
        for j in range(rows):
            swiftest = max(swiftest, np.float64(row_swiftest[j]))
        dt = longest
        if swiftest > 0.0:
            dt = min(dt, courant * dx / math.sqrt(swiftest))
        time = clock[TIME]
        after = time + dt
        if after >= t_end - 1e-9 * dt:
            after = t_end
            dt = t_end - time
        P_before = _fallen(times, depths, time)
        P_after = _fallen(times, depths, after)
        rain = P_after - P_before
        now = np.int64(clock[STEPS]) % 2
        new = 1 - now

        for j in prange(rows):
            here = row_swiftest[j] > 0.0
            across = q_x[new, j][1:columns]
            if here:
                u, v, w = q_x[now, j], q_y[now, j], q_y[now, j + 1]
                _across(v[: columns - 1], v[1:], w[: columns - 1], w[1:], across)
                _faces(
                    d[j][: columns - 1], d[j][1:], s_x[j][1:columns], f_x[j][1:columns],
                    u[: columns - 1], u[1:columns], u[2:], dt, dx, theta, c_fr, h_min, across,
                )  # fmt: skip
            else:
                across[:] = real(0.0)
            if j > 0:
                along = q_y[new, j]
                if here or row_swiftest[j - 1] > 0.0:
                    v, w = q_x[now, j - 1], q_x[now, j]
                    _across(v[:columns], v[1:], w[:columns], w[1:], along)
                    _faces(
                        d[j - 1], d[j], s_y[j], f_y[j], q_y[now, j - 1], q_y[now, j], q_y[now, j + 1],
                        dt, dx, theta, c_fr, h_min, along,
                    )  # fmt: skip
                else:
                    along[:] = real(0.0)

        flat_d, flat_x, flat_y = d.reshape(-1), q_x[new].reshape(-1), q_y[new].reshape(-1)
        for e in range(edge_cell.size):
            depth = np.float64(flat_d[edge_cell[e]])
            out = min(edge_flow[e] * depth ** (5.0 / 3.0), c_fr * depth * math.sqrt(GRAVITY * depth))
            side = edge_side[e]
            signed = real(-out if side == 0 or side == 2 else out)
            if side < 2:
                flat_x[edge_face[e]] = signed
            else:
                flat_y[edge_face[e]] = signed

        for j in prange(rows):
            x = q_x[new, j]
            _share_that_can_leave(d[j], x[:columns], x[1:], q_y[new, j], q_y[new, j + 1], dt, dx, share[j])

        for j in prange(rows):
            x = q_x[new, j]
            _hold_back(x[1:columns], share[j][: columns - 1], share[j][1:])
            x[0] *= share[j, 0]
            x[columns] *= share[j, columns - 1]
            _hold_back(q_y[new, j], share[max(j - 1, 0)], share[j])
            if j == rows - 1:
                _hold_back(q_y[new, rows], share[j], share[j])

        leaving = 0.0
        for e in range(edge_cell.size):
            leaving += abs(np.float64(flat_x[edge_face[e]] if edge_side[e] < 2 else flat_y[edge_face[e]]))
        clock[OUTFLOW] += leaving * dx * dt

        for j in prange(rows):
            x = q_x[new, j]
            west, east = x[:columns], x[1:]
            north, south = q_y[new, j], q_y[new, j + 1]
            _balance(h[j], west, east, north, south, dt / dx, 0.0 if stores else rain)
            if stores:
                _rain_less_storage(h[j], L[j], P_before, P_after)
            if absorbs:
                # the old discharges have served: their row is the work space, its first face is closed again
                work = q_x[now, j]
                _infiltrate(h[j], i[j], i_end[j], k[j], dt, work[:columns], infiltrated[j])
                work[0] = real(0.0)
            row_swiftest[j] = _record(
                h[j], d[j], west, east, north, south, after, c_fr, h_arrival, h_speed, peak[j], fastest[j],
                arrival[j],
            )  # fmt: skip

        clock[TIME] = after
        clock[STEPS] += 1.0
        clock[SHORTEST] = min(clock[SHORTEST], dt)
        done += 1
    return done
