"""Loops over cells: temperature of the ground through the day, then radiation on a person.

Symbols
    views     (10, rows, columns)     free sky and crowns seen upwards, then north, east, south, west; see views.Views
    horizon   (n, rows, columns)      bytes, see view_kernels
    fields    (rows, columns, 4)      albedo, emissivity, admittance, effective evaporation coefficient of the ground
    sunlit    (steps, rows, columns)  share of the beam that arrives
    air       (steps, 22)             state of air, sun and walls, one row a step; columns below
    Fs, Fc, Fw                        view of sky (with what passes crowns), crowns, walls and terrain
    K, L                              shortwave, longwave, W/m2
    sigma                             5.670374419e-8 W m-2 K-4

Columns of air
    0 air temperature, K; 1 beam on a horizontal, 2 beam on the normal, 3 diffuse, W/m2; 4 tangent of the sun's
    altitude; 5 longwave of the sky, 6 of a crown, 7 shortwave of a crown, W/m2; 8 projected area factor of a body;
    9 exchange coefficient h, W m-2 K-1; 10 s / (s + gamma) of Priestley and Taylor;
    11 to 14 beam on sunlit walls seen to north, east, south, west, W/m2; 15 to 18 longwave of those walls when sunlit;
    19 longwave of walls in shade, W/m2; 20, 21 index of the azimuths nearest to the sun and opposite, -1 at night
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from twin.kernels import jit

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

SIGMA = 5.670374419e-8


@jit
def surroundings(
    view: Reals,
    horizon: Bytes,
    field: Reals,
    share: float,
    state: Floats,
    through: float,
    wall_albedo: float,
    flux: Floats,
) -> None:
    """Fill `flux` with the radiation at one cell, all but what the ground sends up.

    flux (12,): 0 K on the ground with the beam, 1 K down without it, 2 to 5 K from the sides without the ground's,
    6 L down, 7 to 10 L from the sides without the ground's, 11 share of opposite walls in the sun.
    """
    lit = 0.0
    if state[20] >= 0.0:
        to_sun = horizon[int(state[20])]
        opposite = horizon[int(state[21])]
        lit = 1.0
        if to_sun > 0 and opposite > 0:
            # a street section through the sun, seen from its middle: how far down the wall opposite the beam reaches
            t_sun = math.tan(min(to_sun, 250) * (0.5 * math.pi / 255.0))
            t_wall = math.tan(min(opposite, 250) * (0.5 * math.pi / 255.0))
            lit = min(1.0, max(0.0, 1.0 - (t_sun - 2.0 * state[4]) / t_wall))
    beam = state[1] * share
    sky_side = 0.0
    for f in range(4):
        sky_side += 0.25 * (view[2 + 2 * f] + through * view[3 + 2 * f])
    sky_up = view[0] + through * view[1]
    crown_up = (1.0 - through) * view[1]
    wall_up = max(0.0, 1.0 - view[0] - view[1])
    on_walls = state[3] * sky_side + 0.5 * field[0] * (beam + state[3] * sky_up)
    walls = walls_k = walls_l = 0.0
    for f in range(4):
        sky = view[2 + 2 * f] + through * view[3 + 2 * f]
        crown = (1.0 - through) * view[3 + 2 * f]
        wall = max(0.0, 0.5 - view[2 + 2 * f] - view[3 + 2 * f])
        wall_k = wall_albedo * (state[11 + f] * lit + on_walls)
        wall_l = lit * state[15 + f] + (1.0 - lit) * state[19]
        flux[2 + f] = sky * state[3] + crown * state[7] + wall * wall_k
        flux[7 + f] = sky * state[5] + crown * state[6] + wall * wall_l
        walls += wall
        walls_k += wall * wall_k
        walls_l += wall * wall_l
    mean_k = mean_l = 0.0
    if walls > 0.0:
        mean_k = walls_k / walls
        mean_l = walls_l / walls
    else:
        wall_up = 0.0
    flux[1] = state[3] * sky_up + crown_up * state[7] + wall_up * mean_k
    flux[0] = beam + flux[1]
    flux[6] = sky_up * state[5] + crown_up * state[6] + wall_up * mean_l
    flux[11] = lit


@jit(parallel=True)
def heat_ground(
    views: Reals,
    horizon: Bytes,
    fields: Reals,
    sunlit: Reals,
    air: Floats,
    through: float,
    wall_albedo: float,
    dt: float,
    per_day: int,
    spin_up: int,
    temperature: Reals,
) -> None:
    """Follow the ground's temperature, K, for the middle of every step, into `temperature` (steps, rows, columns).

    Force-restore balance, exact for the daily wave in a uniform half-space, solved implicitly; the first day
    (`per_day` steps) is repeated `spin_up` times, each time over the mean of the last as deep temperature.
    """
    steps, rows, columns = sunlit.shape
    omega = 2.0 * math.pi / 86400.0
    for i in prange(rows):
        flux = np.zeros(12)
        incoming = np.zeros((steps, 2))
        for j in range(columns):
            if math.isnan(views[0, i, j]):
                for n in range(steps):
                    temperature[n, i, j] = np.nan
                continue
            albedo = fields[i, j, 0]
            emissivity = fields[i, j, 1]
            store = fields[i, j, 2] / math.sqrt(2.0 * omega) / dt
            deep_exchange = fields[i, j, 2] * math.sqrt(0.5 * omega)
            deep = 0.0
            for n in range(steps):
                surroundings(
                    views[:, i, j], horizon[:, i, j], fields[i, j], sunlit[n, i, j], air[n], through, wall_albedo, flux
                )
                incoming[n, 0] = (1.0 - albedo) * flux[0]
                incoming[n, 1] = emissivity * flux[6]
                if n < per_day:
                    deep += air[n, 0] / per_day
            surface = deep
            for day in range(spin_up + 1):
                mean = 0.0
                last = steps if day == spin_up else per_day
                for n in range(last):
                    h = air[n, 9]
                    net = incoming[n, 0] + incoming[n, 1] - emissivity * SIGMA * surface**4
                    if net > 0.0:
                        h /= 1.0 - min(0.9, fields[i, j, 3] * air[n, 10])
                    cube = emissivity * SIGMA * surface**3
                    gain = incoming[n, 0] + incoming[n, 1] + 3.0 * cube * surface + h * air[n, 0] + deep_exchange * deep
                    new = (store * surface + gain) / (store + 4.0 * cube + h + deep_exchange)
                    if day == spin_up:
                        temperature[n, i, j] = 0.5 * (surface + new)
                    elif n < per_day:
                        mean += 0.5 * (surface + new) / per_day
                    surface = new
                if day < spin_up:
                    deep = mean


@jit(parallel=True)
def feel(
    views: Reals,
    horizon: Bytes,
    fields: Reals,
    sunlit: Reals,
    ground: Reals,
    state: Floats,
    through: float,
    wall_albedo: float,
    radiant: Reals,
) -> None:
    """Fill the mean radiant temperature (rows, columns), degC, of one step.

    ground (rows, columns): its temperature, K.
    """
    rows, columns = radiant.shape
    for i in prange(rows):
        flux = np.zeros(12)
        for j in range(columns):
            if math.isnan(views[0, i, j]):
                radiant[i, j] = np.nan
                continue
            surroundings(
                views[:, i, j], horizon[:, i, j], fields[i, j], sunlit[i, j], state, through, wall_albedo, flux
            )
            emissivity = fields[i, j, 1]
            k_up = fields[i, j, 0] * flux[0]
            l_up = emissivity * SIGMA * np.float64(ground[i, j]) ** 4 + (1.0 - emissivity) * flux[6]
            k_sides = flux[2] + flux[3] + flux[4] + flux[5] + 2.0 * k_up
            l_sides = flux[7] + flux[8] + flux[9] + flux[10] + 2.0 * l_up
            shortwave = 0.22 * k_sides + 0.06 * (flux[1] + k_up) + state[8] * state[2] * sunlit[i, j]
            longwave = 0.22 * l_sides + 0.06 * (flux[6] + l_up)
            radiant[i, j] = math.sqrt(math.sqrt((0.70 * shortwave + 0.97 * longwave) / (0.97 * SIGMA))) - 273.15
