"""Loops over cells: what a cell and its receiver get from above, walls and ground through the day.

Cells are taken in blocks; in each block every step of a chunk is worked on together, because the horizon of a cell is
the same for all of them: one look-up serves a day.

Symbols
    k         cell of a block;  c, its place in the flattened window;  d, azimuth;  n, step of the chunk
    q         byte of the horizon
    table     (n azimuths, 256, columns)  received from the sky of a sector above q, W/m2: one column per step for the
              receiver (absorbed), one per step for the ground's longwave, one per light step for its shortwave
    leaves    (n azimuths, 8, 16, columns)  change of that by crowns in four bands, by place and value of the nibble
    view      (2, n azimuths, 256)  share that walls below q take of the receiver's view [0] and of the ground's [1]
    cotangent (256,)  of the horizon angle;  climb (steps,), tangent of the sun's altitude
    W, G      view of walls per azimuth by receiver and by ground; w, g their sums
    X         beam on the walls seen, weighted with the view;  Y, the warmth that comes of it
    J         diffuse light sent out by walls;  K, L, shortwave and longwave, W/m2
    a         albedo of the walls around;  s, sky seen by a wall;  o, walls seen by a wall
    U         what the ground of a cell sends up, as absorbed by the receiver, W/m2 per unit of view
    sigma     5.670374419e-8 W m-2 K-4
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange, uint32
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Whole = NDArray[Any]

SIGMA = 5.670374419e-8

BLOCK = 512
"""Cells that are worked on together: their sums for a day lie in the cache."""


@jit
def add_sky(table: Reals, horizon: Bytes, first: int, total: Reals) -> None:
    """Add the sky above the horizons of a block's cells, four azimuths at a time, to `total` (cells, columns)."""
    count, columns = total.shape
    for d in range(0, table.shape[0], 4):
        for k in range(count):
            c = first + k
            one = table[d, horizon[d, c]]
            two = table[d + 1, horizon[d + 1, c]]
            three = table[d + 2, horizon[d + 2, c]]
            four = table[d + 3, horizon[d + 3, c]]
            into = total[k]
            for m in range(columns):
                into[m] = into[m] + ((one[m] + two[m]) + (three[m] + four[m]))


@jit
def add_leaves(leaves: Reals, crowns: Whole, first: int, total: Reals) -> None:
    """Add the change that crowns make to `total` (cells, columns)."""
    count, columns = total.shape
    nibble = uint32(15)
    for d in range(leaves.shape[0]):
        for k in range(count):
            word = crowns[d, first + k]
            place = 0
            while word != uint32(0):
                value = word & nibble
                if value != uint32(0):
                    part = leaves[d, place, value]
                    into = total[k]
                    for m in range(columns):
                        into[m] = into[m] + part[m]
                word = word >> uint32(4)
                place += 1


@jit
def see_walls(
    view: Reals, cotangent: Reals, horizon: Bytes, first: int, wall: Reals, floor: Reals, steep: Reals, seen: Reals
) -> None:
    """Fill the views of walls: `wall`, `floor` and cotangents `steep` (azimuths, cells); sums in `seen` (2, cells)."""
    count = seen.shape[1]
    seen[:] = np.float32(0.0)
    for d in range(view.shape[1]):
        for k in range(count):
            q = horizon[d, first + k]
            wall[d, k] = view[0, d, q]
            floor[d, k] = view[1, d, q]
            steep[d, k] = cotangent[q]
        for k in range(count):
            seen[0, k] += wall[d, k]
            seen[1, k] += floor[d, k]


@jit
def light_walls(
    wall: Reals, floor: Reals, steep: Reals, reach: Reals, beam: Reals, drop: Reals, lit: Reals, lit_floor: Reals
) -> None:
    """Fill the beam on the walls that receiver and ground see, weighted with their view, for one step.

    reach (cells,): how far the beam falls on its way from what stands below the sun to the receiver, in heights of the
    street; drop (azimuths,): on its way on to a wall, per cotangent of the angle at which that is seen.
    beam (azimuths,): on a sunlit wall seen there.
    """
    one = np.float32(1.0)
    zero = np.float32(0.0)
    lit[:] = zero
    lit_floor[:] = zero
    for d in range(beam.size):
        b = beam[d]
        if b > zero:
            slope = drop[d]
            for k in range(lit.size):
                share = min(one, reach[k] + slope * steep[d, k]) * b
                lit[k] += wall[d, k] * share
                lit_floor[k] += floor[d, k] * share


@jit
def reflect(
    sky: Reals,
    beam: Reals,
    lit: Reals,
    lit_floor: Reals,
    seen: Reals,
    sky_side: Reals,
    wall_side: Reals,
    albedo: Reals,
    wall_albedo: Reals,
    on_wall: np.float32,
    arriving: Reals,
    walls: Reals,
) -> None:
    """Close the reflections between ground and walls for one step.

    sky, beam (cells,): diffuse light and beam on the ground. on_wall: diffuse light on an open wall, twice.
    arriving (cells,): light on the ground; walls (cells,): diffuse light on the walls.
    """
    one = np.float32(1.0)
    half = np.float32(0.5)
    little = np.float32(1e-6)
    for k in range(sky.size):
        a = wall_albedo[k]
        mean = lit[k] / (seen[0, k] + little)
        own = one / (one - a * wall_side[k])  # between opposite walls
        first = (on_wall * sky_side[k] + wall_side[k] * a * mean) * own
        back = half * albedo[k] * own
        direct = sky[k] + beam[k] + a * lit_floor[k]
        arriving[k] = (direct + seen[1, k] * a * first) / (one - seen[1, k] * a * back)
        walls[k] = first + back * arriving[k]


@jit
def warm(
    drive: Reals, now: Reals, mean: Reals, hold: np.float32, store: np.float32, loss: np.float32, out: Reals
) -> None:
    """Step the excess warmth of the walls from `now`, over its daily `mean`; `out` is that half-way, weighted K."""
    half = np.float32(0.5)
    over = np.float32(1.0) / (store + loss + hold)
    for k in range(drive.size):
        new = (store * now[k] + drive[k] + hold * mean[k]) * over
        out[k] = half * (now[k] + new)
        now[k] = new


@jit
def heat(
    light: Reals,
    longwave: Reals,
    emissivity: Reals,
    admittance: Reals,
    evaporation: Reals,
    dt: np.float32,
    air: Reals,
    surface: Reals,
    deep: Reals,
    middle: Reals,
) -> None:
    """Step the ground's temperature, K, of a block's cells by one step; `middle` is that half-way through it.

    air: temperature, K; exchange coefficient h; s / (s + gamma). light: absorbed, longwave: arriving, W/m2.
    """
    omega = np.float32(2.0 * math.pi / 86400.0)
    keep = np.float32(1.0) / (math.sqrt(np.float32(2.0) * omega) * dt)
    back = math.sqrt(np.float32(0.5) * omega)
    sigma = np.float32(SIGMA)
    zero = np.float32(0.0)
    half = np.float32(0.5)
    one = np.float32(1.0)
    most = np.float32(0.9)
    three = np.float32(3.0)
    for k in range(light.size):
        t = surface[k]
        cube = emissivity[k] * sigma * t * t * t
        gain = light[k] + emissivity[k] * longwave[k]
        drying = min(most, evaporation[k] * air[2])
        h = air[1] / (one - drying) if gain - cube * t > zero else air[1]
        store = admittance[k] * keep
        hold = admittance[k] * back
        new = (store * t + gain + three * cube * t + h * air[0] + hold * deep[k]) / (
            store + three * cube + cube + h + hold
        )
        middle[k] = half * (t + new)
        surface[k] = new


@jit(parallel=True)
def receive(
    views: Reals,
    horizon: Bytes,
    crowns: Whole,
    crowned: bool,
    fields: Reals,
    walls: Reals,
    hidden: Reals,
    sunlit: Reals,
    table: Reals,
    leaves: Reals,
    view: Reals,
    cotangent: Reals,
    climb: Reals,
    air: Reals,
    light: Whole,
    sun: Whole,
    wall_beam: Reals,
    wall_drop: Reals,
    body: Reals,
    per_day: int,
    spin_up: int,
    state: Reals,
    above: Reals,
    ground: Reals,
) -> None:
    """Fill what a receiver absorbs from above and what the ground sends up, for the steps of a chunk.

    views (10, cells), horizon and crowns (azimuths, cells), fields (cells, 4), walls (cells, 2): albedo and greened
    share; hidden (cells,): share of the receiver's view down that walls take; sunlit (steps, cells).
    air (steps, 16): 0 air, K; 1 exchange coefficient of the ground; 2 s / (s + gamma); 3 beam on a horizontal; 4 beam
    absorbed by the receiver; 5 diffuse light on an open wall, twice; 6 black radiation of the air; 7 longwave of the
    sky on an open wall, twice; 8 longwave of a wall that no light warms; 9 to 11 its hold, store, loss and 12 its
    longwave per K, W m-2 K-1; 13 longwave of a leaf per W/m2; 14 second order of the warmth; 15 longwave of
    leaves on a wall.
    light (steps,): column of the ground's light or -1; sun (steps,): azimuth of the sun or -1; wall_beam, wall_drop
    (steps, azimuths), see `light_walls`. body (4,): shortwave and longwave absorption of the receiver, emissivity of
    walls, step in s. state (7, cells): ground, K, and its daily mean; warmth of walls seen by receiver and ground,
    their daily means; what the ground sends up beyond black air. spin_up: days the first `per_day` steps are repeated.
    """
    cells = horizon.shape[1]
    directions = horizon.shape[0]
    steps = above.shape[0]
    columns = table.shape[2]
    blocks = (cells + BLOCK - 1) // BLOCK
    for b in prange(blocks):
        first = b * BLOCK
        count = min(BLOCK, cells - first)
        last = first + count
        total = np.zeros((count, columns), np.float32)
        wall = np.empty((directions, count), np.float32)
        floor = np.empty((directions, count), np.float32)
        steep = np.empty((directions, count), np.float32)
        seen = np.empty((2, count), np.float32)
        part = np.empty((14, count), np.float32)
        kept = np.zeros((6, steps, count), np.float32)
        warmth = np.empty((2, count), np.float32)
        mean = np.empty((3, count), np.float32)
        add_sky(table, horizon, first, total)
        if crowned:
            add_leaves(leaves, crowns, first, total)
        see_walls(view, cotangent, horizon, first, wall, floor, steep, seen)
        sky_side, wall_side, albedo, wall_albedo, green = part[0], part[1], part[2], part[3], part[4]
        emissivity, admittance, evaporation, tall = part[5], part[6], part[7], part[8]
        zero = np.float32(0.0)
        half = np.float32(0.5)
        quarter = np.float32(0.25)
        one = np.float32(1.0)
        little = np.float32(1e-6)
        sigma = np.float32(SIGMA)
        for k in range(count):
            c = first + k
            sky_side[k] = quarter * (views[2, c] + views[4, c] + views[6, c] + views[8, c])
            crown = quarter * (views[3, c] + views[5, c] + views[7, c] + views[9, c])
            wall_side[k] = max(zero, half - sky_side[k] - crown)
            albedo[k] = fields[c, 0]
            emissivity[k] = fields[c, 1]
            admittance[k] = fields[c, 2]
            evaporation[k] = fields[c, 3]
            wall_albedo[k] = walls[c, 0]
            green[k] = walls[c, 1]
        # light: 0 absorbed by the ground, 1 on walls (diffuse), 2 and 3 beam on walls seen, 4 light sent up; 5 longwave
        for n in range(steps):
            for k in range(count):
                kept[5, n, k] = total[k, steps + n]
            if light[n] < 0:
                continue
            if sun[n] >= 0:
                for k in range(count):
                    q = horizon[sun[n], first + k]
                    tall[k] = climb[n] * cotangent[q] if q > 0 else one
                light_walls(wall, floor, steep, tall, wall_beam[n], wall_drop[n], kept[2, n], kept[3, n])
            for k in range(count):
                part[9, k] = total[k, light[n]]
                part[10, k] = air[n, 3] * sunlit[n, first + k]
            reflect(
                part[9],
                part[10],
                kept[2, n],
                kept[3, n],
                seen,
                sky_side,
                wall_side,
                albedo,
                wall_albedo,
                air[n, 5],
                part[11],
                kept[1, n],
            )
            for k in range(count):
                kept[0, n, k] = (one - albedo[k]) * part[11, k]
                kept[4, n, k] = albedo[k] * part[11, k]
        for day in range(spin_up + 1):
            mean[:] = zero
            for n in range(steps if day == spin_up else per_day):
                extra, drive, drive_floor = part[9], part[10], part[11]
                for k in range(count):
                    # what a wall gets from ground and walls beyond what it would from air of its own warmth
                    extra[k] = half * state[6, first + k] + (half - sky_side[k]) * (air[n, 6] - air[n, 7])
                    fixed = (one - wall_albedo[k]) * kept[1, n, k] + body[2] * extra[k]
                    drive[k] = (one - wall_albedo[k]) * kept[2, n, k] + seen[0, k] * fixed
                    drive_floor[k] = (one - wall_albedo[k]) * kept[3, n, k] + seen[1, k] * fixed
                hold, store, loss = air[n, 9], air[n, 10], air[n, 11]
                warm(drive, state[2, first:last], state[4, first:last], hold, store, loss, warmth[0])
                warm(drive_floor, state[3, first:last], state[5, first:last], hold, store, loss, warmth[1])
                for k in range(count):
                    bare = air[n, 12] * warmth[1, k]
                    bare = bare + air[n, 14] * bare * bare / (seen[1, k] + little)
                    fixed = seen[1, k] * (air[n, 8] + (one - body[2]) * extra[k])
                    leaf = seen[1, k] * air[n, 15] + air[n, 13] * drive_floor[k]
                    part[12, k] = kept[5, n, k] + (one - green[k]) * (fixed + bare) + green[k] * leaf
                heat(
                    kept[0, n],
                    part[12],
                    emissivity,
                    admittance,
                    evaporation,
                    body[3],
                    air[n, :3],
                    state[0, first:last],
                    state[1, first:last],
                    part[13],
                )
                share = one / np.float32(per_day)
                for k in range(count):
                    t = part[13, k]
                    up = emissivity[k] * sigma * t * t * t * t + (one - emissivity[k]) * part[12, k]
                    state[6, first + k] = up - air[n, 6]
                    mean[0, k] += share * t
                    mean[1, k] += share * warmth[0, k]
                    mean[2, k] += share * warmth[1, k]
                    part[13, k] = up
                if day < spin_up:
                    continue
                for k in range(count):
                    c = first + k
                    bare = air[n, 12] * warmth[0, k]
                    bare = bare + air[n, 14] * bare * bare / (seen[0, k] + little)
                    fixed = seen[0, k] * (air[n, 8] + (one - body[2]) * extra[k])
                    leaf = seen[0, k] * air[n, 15] + air[n, 13] * drive[k]
                    warm_walls = (one - green[k]) * (fixed + bare) + green[k] * leaf
                    white = wall_albedo[k] * (kept[2, n, k] + seen[0, k] * kept[1, n, k])
                    from_walls = body[0] * white + body[1] * warm_walls
                    # the foot of walls, below the eye
                    plain = body[0] * wall_albedo[k] * kept[1, n, k] + body[1] * air[n, 8]
                    foot = from_walls / (seen[0, k] + little) if seen[0, k] > np.float32(1e-4) else plain
                    sky = total[k, n] + air[n, 4] * sunlit[n, c]
                    above[n, c] = sky + from_walls + hidden[c] * foot
                    up = body[0] * kept[4, n, k] + body[1] * part[13, k]
                    ground[n, c] = zero if math.isnan(views[0, c]) else up
            if day < spin_up or steps == per_day:  # tomorrow rests on today's mean
                for k in range(count):
                    state[1, first + k] = mean[0, k]
                    state[4, first + k] = mean[1, k]
                    state[5, first + k] = mean[2, k]


@jit
def add_times(share: Reals, value: Reals, total: Reals) -> None:
    """Add the product of two rows to a third."""
    for j in range(total.size):
        total[j] += share[j] * value[j]


@jit
def end_rays(roof: Whole, weight: np.float32, free: Reals, share: Reals, lost: Reals) -> None:
    """Take a row of points: `free` rays that a roof ends are lost from here on."""
    one = np.float32(1.0)
    zero = np.float32(0.0)
    for j in range(free.size):
        free[j] = zero if roof[j] else free[j]
        share[j] = weight * free[j]
        lost[j] += weight * (one - free[j])


@jit
def pass_border(weight: np.float32, free: Reals, mine: Reals, lost: Reals) -> None:
    """Take a row of points beyond the arrays: the own cell stands for them."""
    one = np.float32(1.0)
    for j in range(free.size):
        mine[j] += weight * free[j]
        lost[j] += weight * (one - free[j])


@jit
def to_temperature(total: Reals, roof: Whole, full: np.float32, radiant: Reals) -> None:
    """Fill a row of mean radiant temperatures, degC, from what is absorbed."""
    zero = np.float32(273.15)
    nothing = np.float32(np.nan)
    for j in range(total.size):
        t = np.float32(math.sqrt(np.float32(math.sqrt(total[j] / full)))) - zero
        radiant[j] = nothing if roof[j] else t


@jit(parallel=True)
def look_down(
    roof: Whole,
    row: Whole,
    column: Whole,
    weight: Reals,
    rings: int,
    own: np.float32,
    ground: Reals,
    above: Reals,
    full: np.float32,
    base: Whole,
    radiant: Reals,
) -> None:
    """Add the ground around and turn what is absorbed into mean radiant temperature, degC; or find what walls hide.

    row, column, weight (rays * rings,): offsets and shares of the view down of points on rays, nearest first, and `own`
    that of the cell itself. A ray ends at the first roof. Points beyond the arrays count as the own cell.
    ground, above (steps, rows, columns): see `receive`; radiant (steps, window rows, window columns).
    base (2,): row and column of the window in the arrays. full: absorption times sigma. With no steps in `ground` only
    the hidden share is found, into `radiant` [0] of the size of `roof`.
    """
    rows, columns = roof.shape
    steps = ground.shape[0]
    top = int(base[0])
    left = int(base[1])
    height, width = radiant.shape[1], radiant.shape[2]
    points = row.size
    for i in prange(height):
        share = np.zeros((points, width), np.float32)
        mine = np.full(width, own, np.float32)
        lost = np.zeros(width, np.float32)
        free = np.ones(width, np.float32)
        row_of = np.empty(points, np.int64)
        begins = np.zeros(points, np.int64)
        ends = np.zeros(points, np.int64)
        for m in range(points):
            if m % rings == 0:
                free[:] = np.float32(1.0)
            a = top + i + row[m]
            b = left + column[m]
            begin = min(max(0, -b), width)
            end = max(min(width, columns - b), begin)
            if a < 0 or a >= rows:
                begin = width
                end = width
                a = 0
            row_of[m], begins[m], ends[m] = a, begin, end
            w = weight[m]
            pass_border(w, free[:begin], mine[:begin], lost[:begin])
            if end > begin:
                end_rays(roof[a, begin + b : end + b], w, free[begin:end], share[m, begin:end], lost[begin:end])
            pass_border(w, free[end:], mine[end:], lost[end:])
        if steps == 0:
            radiant[0, i] = lost
            continue
        total = np.empty(width, np.float32)
        for n in range(steps):
            total[:] = above[n, top + i, left : left + width]
            add_times(mine, ground[n, top + i, left : left + width], total)
            for m in range(points):
                begin, end = begins[m], ends[m]
                if end > begin:
                    b = left + column[m]
                    add_times(share[m, begin:end], ground[n, row_of[m], begin + b : end + b], total[begin:end])
            to_temperature(total, roof[top + i, left : left + width], full, radiant[n, i])
