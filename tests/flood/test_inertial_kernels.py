"""The flood kernel against the same equations written with NumPy, one step at a time."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.flood import inertial_kernels as inertial

G = 9.81


def reference_faces(left, right, step, friction, before, own, after, along, dt, dx, theta, froude, film):
    """Discharge after dt, before the cells' water limits it."""
    depth = np.maximum(left - np.maximum(step, 0), right + np.minimum(step, 0))
    flows = (depth > film) & (friction >= 0)
    depth = np.maximum(depth, film)
    oblique = np.minimum(1 + along**2 / (own**2 + 1e-20), 100)
    before, after = np.where(before != 0, before, own), np.where(after != 0, after, own)
    drive = theta * own + 0.5 * (1 - theta) * (before + after) - G * dt / dx * depth * (right - left + step)
    drag = dt * np.maximum(friction, 0) * np.sqrt(oblique) / depth ** (7 / 3)
    new = 2 * drive / (1 + np.sqrt(1 + 4 * drag * np.abs(drive)))
    bound = froude * depth * np.sqrt(G * depth)
    return np.where(flows, np.clip(new, -bound, bound), 0.0)


def reference_step(case, h, q_x, q_y, dt, rain):
    """One step with closed edges: depth and both discharges after it."""
    dx, theta, froude, film = case["dx"], case["theta"], case["froude"], case["film"]
    new_x, new_y = np.zeros_like(q_x), np.zeros_like(q_y)
    mean_y = 0.25 * (q_y[:-1, :-1] + q_y[:-1, 1:] + q_y[1:, :-1] + q_y[1:, 1:])
    mean_x = 0.25 * (q_x[:-1, :-1] + q_x[:-1, 1:] + q_x[1:, :-1] + q_x[1:, 1:])
    numbers = (dt, dx, theta, froude, film)
    new_x[:, 1:-1] = reference_faces(
        h[:, :-1], h[:, 1:], case["s_x"][:, 1:-1], case["f_x"][:, 1:-1],
        q_x[:, :-2], q_x[:, 1:-1], q_x[:, 2:], mean_y, *numbers,
    )  # fmt: skip
    new_y[1:-1] = reference_faces(
        h[:-1], h[1:], case["s_y"][1:-1], case["f_y"][1:-1], q_y[:-2], q_y[1:-1], q_y[2:], mean_x, *numbers
    )
    out = (
        np.maximum(new_x[:, 1:], 0)
        + np.maximum(-new_x[:, :-1], 0)
        + np.maximum(new_y[1:], 0)
        + np.maximum(-new_y[:-1], 0)
    )
    there = (1 - 1e-6) * dx / dt * h
    share = np.pad(np.where(out > there, there / np.where(out > 0, out, 1), 1.0), 1, constant_values=1.0)
    new_x = new_x * np.where(new_x > 0, share[1:-1, :-1], share[1:-1, 1:])
    new_y = new_y * np.where(new_y > 0, share[:-1, 1:-1], share[1:, 1:-1])
    change = (new_x[:, :-1] - new_x[:, 1:] + new_y[:-1] - new_y[1:]) * dt / dx + rain
    return h + change, new_x, new_y


def kernel_steps(case, h, q_x, q_y, steps, longest, times, depths, real):
    """The same with the kernel: depth, discharges and clock after some steps."""
    rows, columns = h.shape
    unused = np.zeros((1, 1), real)
    none = np.zeros(0, np.int64)
    depth = h.astype(np.float64).copy()
    d = h.astype(real)
    flow_x, flow_y = np.zeros((2, rows, columns + 1), real), np.zeros((2, rows + 1, columns), real)
    flow_x[0], flow_y[0] = q_x, q_y
    clock = np.array([0.0, 0.0, 0.0, np.inf])
    fields = [np.zeros((rows, columns), real) for _ in range(3)]
    inertial.advance(
        *(case[name].astype(real) for name in ("s_x", "s_y", "f_x", "f_y")), none, none, none, np.zeros(0),
        times, depths, unused, unused, unused,
        1e9, steps, case["dx"], 0.5, longest, case["theta"], case["froude"], case["film"], 0.05, 0.02,
        depth, d, flow_x, flow_y, np.ones((rows, columns), real), unused.copy(), np.zeros((1, 1)),
        fields[0], fields[1], fields[2], np.full(rows, 1e-6, np.float32), clock,
    )  # fmt: skip
    now = int(clock[inertial.STEPS]) % 2
    return depth, flow_x[now], flow_y[now], clock


@st.composite
def cases(draw):
    """Rough ground with walls, holes closed on all sides, films, dry cells and moving water."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    ground = rng.normal(0, 0.2, (rows, columns)) + 8.0 * (rng.random((rows, columns)) < 0.15)
    h = rng.choice([0.0, 1e-6, 1e-4, 0.01, 0.3, 2.0], (rows, columns)) * rng.random((rows, columns))
    s_x, s_y = np.zeros((rows, columns + 1)), np.zeros((rows + 1, columns))
    s_x[:, 1:-1], s_y[1:-1] = np.diff(ground, axis=1), np.diff(ground, axis=0)
    q = draw(st.sampled_from([0.0, 0.01, 0.5]))
    case = {"dx": draw(st.sampled_from([0.5, 2.0, 10.0])), "theta": draw(st.sampled_from([0.7, 0.9, 1.0]))}
    case |= {"froude": draw(st.sampled_from([1.0, 1.5])), "film": 1e-5, "s_x": s_x, "s_y": s_y}
    flows = []
    for name, shape in (("f_x", s_x.shape), ("f_y", s_y.shape)):
        case[name] = np.where(rng.random(shape) < 0.1, -1.0, G * rng.choice([0.0, 0.016, 0.1], shape) ** 2)
        flows.append(np.where(case[name] < 0, 0.0, q * rng.normal(size=shape)))
    flows[0][:, [0, -1]] = 0.0
    flows[1][[0, -1]] = 0.0
    return case, h, *flows


@pytest.mark.parametrize(("real", "tolerance"), [(np.float64, 1e-9), (np.float32, 2e-4)])
def test_kernel_does_what_the_equations_say(real, tolerance):
    """float64: the cube root of the kernel is exact to 1e-15 and sums differ in order; float32: its rounding."""

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(cases())
    def check(drawn):
        case, h, q_x, q_y = drawn
        h, q_x, q_y = (array.astype(real).astype(np.float64) for array in (h, q_x, q_y))
        dt = 0.05
        got = kernel_steps(case, h, q_x, q_y, 1, dt, np.array([0.0, 100.0]), np.array([0.0, 0.01]), real)
        case64 = {k: v.astype(real).astype(np.float64) if isinstance(v, np.ndarray) else v for k, v in case.items()}
        want = reference_step(case64, h, q_x, q_y, dt, 0.01 * dt / 100)
        for new, old in zip(got[:3], want, strict=True):
            scale = max(1e-3, float(np.abs(old).max()))
            np.testing.assert_allclose(new, old, atol=tolerance * scale)
        assert got[0].min() >= 0
        np.testing.assert_allclose(got[0].sum(), h.sum() + 0.01 * dt / 100 * h.size, rtol=1e-13)

    check()


def test_several_steps_follow_the_reference():
    rng = np.random.default_rng(1)
    ground = rng.normal(0, 0.1, (6, 9))
    s_x, s_y = np.zeros((6, 10)), np.zeros((7, 9))
    s_x[:, 1:-1], s_y[1:-1] = np.diff(ground, axis=1), np.diff(ground, axis=0)
    case = {"dx": 2.0, "theta": 0.9, "froude": 1.5, "film": 1e-5, "s_x": s_x, "s_y": s_y}
    case |= {"f_x": np.full(s_x.shape, G * 0.03**2), "f_y": np.full(s_y.shape, G * 0.03**2)}
    h, q_x, q_y = np.abs(rng.normal(0.3, 0.2, (6, 9))), np.zeros((6, 10)), np.zeros((7, 9))
    got = kernel_steps(case, h, q_x, q_y, 40, 0.05, np.array([0.0, 1.0]), np.array([0.0, 0.0]), np.float64)
    for _ in range(40):
        h, q_x, q_y = reference_step(case, h, q_x, q_y, 0.05, 0.0)
    for new, old in zip(got[:3], (h, q_x, q_y), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-11)
    assert got[3][inertial.TIME] == pytest.approx(2.0)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(cases())
def test_no_cell_is_emptied_below_zero_in_single_precision(drawn):
    """Long steps, far above the stable one, so that many cells lack the water their faces ask for."""
    case, h, q_x, q_y = drawn
    got = kernel_steps(case, h, q_x, q_y, 3, 4.0, np.array([0.0, 1.0]), np.array([0.0, 0.0]), np.float32)
    assert got[0].min() >= 0
    start = h.astype(np.float64).sum()
    np.testing.assert_allclose(got[0].sum(), start, rtol=1e-13, atol=1e-30)


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_infiltration_follows_akans_form_of_horton(real):
    """i' = -k max(a - i_end, 0) with the water absorbed a; here 20 steps, ponded in some cells and short in others."""
    rng = np.random.default_rng(4)
    h, first = rng.random((1, 50)) * 2e-4, rng.random((1, 50)) * 5e-5
    last, decay = 0.2 * first, np.full((1, 50), 2e-3)
    row = [array[0].astype(real) for array in (first, last, decay)]
    water, absorbed, work = h[0].copy(), np.zeros(50), np.zeros(50, real)
    capacity, stock = first[0].copy(), h[0].copy()
    total = np.zeros(50)
    for _ in range(20):
        inertial._infiltrate(water, row[0], row[1], row[2], 1.0, work, absorbed)
        mean = last[0] + (capacity - last[0]) * (1 - np.exp(-decay[0])) / decay[0]
        taken = np.minimum(mean, stock)
        capacity = capacity - decay[0] * np.maximum(taken - last[0], 0)
        stock, total = stock - taken, total + taken
    np.testing.assert_allclose(absorbed, total, rtol=1e-5)
    np.testing.assert_allclose(water + absorbed, h[0], rtol=1e-14)
    assert water.min() >= 0
