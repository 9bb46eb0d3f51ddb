"""Tables over the horizon: what a receiver and the ground get from one sector of the sky and the walls below it.

A horizon is a byte per azimuth, so whatever depends on it can stand in a table of 256 entries. All steps of a chunk
share one look-up. The sums over the sectors are exact: a free sky gives the diffuse irradiance and the emissivity of
the weather, and the shares of sky, crowns and walls add up to one, whatever the horizon.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from twin.heat import materials, sky
from twin.heat.forcing import Forcing
from twin.heat.radiation import FACES, SIGMA, Receiver
from twin.heat.rays import even_azimuths

BANDS = 31
"""Bands of equal sin2 in which crowns are noted, see `twin.heat.views.Views`."""

EYE = 1.1
"""Height of the middle of a standing body above ground, m, VDI 3787 part 2."""

RINGS = (0.0, 0.75, 1.5, 2.5, 4.0, 6.0, 9.0, np.inf)
"""Edges of the rings of ground around a person, m."""

RAYS = 16
"""Directions in which ground is looked at."""

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Tables:
    """What the kernels look up for a chunk of steps; see `twin.heat.radiation_kernels`.

    table (n, 256, columns), leaves (n, 8, 16, columns), view (2, n, 256), cotangent (256,), climb (steps,),
    air (steps, 16), light, sun (steps,), wall_beam, wall_drop (steps, n), body (4,)
    """

    table: Float32
    leaves: Float32
    view: Float32
    cotangent: Float32
    climb: Float32
    air: Float32
    light: NDArray[np.int64]
    sun: NDArray[np.int64]
    wall_beam: Float32
    wall_drop: Float32
    body: Float32


@dataclass(frozen=True)
class Footprint:
    """Points at which a receiver looks at the ground.

    row, column : offsets in cells, ray by ray, nearest first
    weight : shares of the view
    rings : points on a ray
    own : share of the cell itself
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    weight: Float32
    rings: int
    own: np.float32


_KEPT = 16
_made: WeakKeyDictionary[Forcing, OrderedDict[Any, Tables]] = WeakKeyDictionary()


def make_tables(forcing: Forcing, receiver: Receiver, first: int, last: int, through: float) -> Tables:
    """Fill the tables for the steps from `first` to before `last`.

    Parameters
    ----------
    forcing : Forcing
    receiver : Receiver
    first, last : int
        Steps.
    through : float
        Share of the sky's radiation that passes a crown, 0 to 1.

    References
    ----------
    M. Wallenberg, B. Holmer, F. Lindberg, D. Rayner (2023): An anisotropic parameterization scheme for longwave
    irradiance and its impact on radiant load in urban outdoor settings. Int. J. Biometeorol. 67, 633-647.

    Examples
    --------
    >>> make_tables.__name__
    'make_tables'
    """
    chunk = slice(first, last)
    steps = last - first
    azimuth = even_azimuths(forcing.directions)
    width = 360.0 / forcing.directions
    edges = np.linspace(0.0, 90.0, sky.LEVELS)
    view, floor = receiver.view(azimuth, width, edges), FACES["down"].view(azimuth, width, edges)
    short = shortwave_radiance(forcing, first, last)
    shining = np.flatnonzero((forcing.beam[chunk] > 0) | (forcing.diffuse[chunk] > 0))
    black = SIGMA * (forcing.temperature[chunk] + 273.15) ** 4
    angular = forcing.sky == "anisotropic"
    rings = sky.longwave_sky(forcing.emissivity[chunk], forcing.clouds[chunk], angular=angular) * black[:, None]

    columns = 2 * steps + len(shining)
    received = np.zeros((len(azimuth), sky.LEVELS - 1, columns))
    change, change_floor = np.diff(view)[:, :, None], np.diff(floor)[:, :, None]
    received[:, :, :steps] = receiver.longwave * change * rings.T
    received[:, :, steps : 2 * steps] = change_floor * rings.T
    for m, n in enumerate(shining):
        received[:, :, n] += receiver.shortwave * change[:, :, 0] * short[n]
        received[:, :, 2 * steps + m] = change_floor[:, :, 0] * short[n]
    above = np.zeros((len(azimuth), sky.LEVELS, columns))
    above[:, :-1] = received[:, ::-1].cumsum(axis=1)[:, ::-1]

    crown_light = materials.CROWN_ALBEDO * (forcing.beam[chunk] / 4 + forcing.diffuse[chunk] / 2)
    crown = np.zeros((2, columns))
    crown[0, :steps] = receiver.longwave * black + receiver.shortwave * crown_light
    crown[1, steps : 2 * steps] = black
    crown[1, 2 * steps :] = crown_light[shining]
    light = np.full(steps, -1, np.int64)
    light[shining] = 2 * steps + np.arange(len(shining))
    bytes_as_tangent = np.tan(np.radians(np.minimum(edges, 89.0)))
    with np.errstate(divide="ignore"):
        cotangent = np.where(bytes_as_tangent > 0, 1.0 / bytes_as_tangent, 0.0)
    sun, beam, drop, climb = _sun_on_walls(forcing, chunk, azimuth)
    return Tables(
        table=above.astype(np.float32),
        leaves=_leaves(above, receiver, azimuth, width, crown, through),
        view=np.stack([view, floor]).astype(np.float32),
        cotangent=cotangent.astype(np.float32),
        climb=climb.astype(np.float32),
        air=_air(forcing, receiver, chunk, black, rings, short),
        light=light,
        sun=sun,
        wall_beam=beam.astype(np.float32),
        wall_drop=drop.astype(np.float32),
        body=np.array([receiver.shortwave, receiver.longwave, materials.WALL_EMISSIVITY, forcing.step], np.float32),
    )


def kept_tables(forcing: Forcing, receiver: Receiver, first: int, last: int, through: float) -> Tables:
    """Return tables, made once for all plates of a day.

    Examples
    --------
    >>> kept_tables.__name__
    'kept_tables'
    """
    kept = _made.get(forcing)
    if kept is None:
        kept = OrderedDict()
        _made[forcing] = kept
    key = (receiver, first, last, through)
    found: Tables | None = kept.get(key)
    if found is None:
        found = make_tables(forcing, receiver, first, last, through)
        kept[key] = found
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    return found


def shortwave_radiance(forcing: Forcing, first: int, last: int) -> Float:
    """Return the diffuse light of the sky by step, sector and ring, times pi, W/m2: (steps, n, 255).

    Examples
    --------
    >>> shortwave_radiance.__name__
    'shortwave_radiance'
    """
    azimuth = even_azimuths(forcing.directions)
    found = np.zeros((last - first, len(azimuth), sky.LEVELS - 1))
    for n in range(first, last):
        if forcing.diffuse[n] <= 0:
            continue
        if forcing.sky == "isotropic":
            found[n - first] = forcing.diffuse[n]
            continue
        up = np.flatnonzero(forcing.altitude[n] > 0)
        if len(up) == 0:
            up = np.array([forcing.altitude[n].argmax()])  # twilight: the sun counts as on the horizon
        for sample in up:
            found[n - first] += sky.shortwave_sky(
                azimuth,
                sun_altitude=float(forcing.altitude[n, sample]),
                sun_azimuth=float(forcing.azimuth[n, sample]),
                direct=float(forcing.beam[n]),
                diffuse=float(forcing.diffuse[n]),
                extraterrestrial=float(forcing.extraterrestrial[n]),
            ) / len(up)
    return found


def footprint(receiver: Receiver, resolution: float) -> Footprint:
    """Place the points at which a receiver looks at the ground, and weigh them with its view.

    Examples
    --------
    >>> from twin.heat.radiation import RECEIVERS
    >>> points = footprint(RECEIVERS["standing"], 1.0)
    >>> round(float(points.weight.sum() + points.own), 6)
    0.5
    """
    azimuth = even_azimuths(RAYS)
    below = np.degrees(np.arctan2(EYE, np.array(RINGS)))  # the angle at which the inner edge of a ring is seen
    view = -np.diff(receiver.view(azimuth, 360.0 / RAYS, below, below=True), axis=1)
    inner, outer = np.array(RINGS[:-1]), np.array(RINGS[1:])
    radius = np.where(np.isinf(outer), 11.0, (inner + np.minimum(outer, 99.0)) / 2)
    angle = np.radians(azimuth)
    row = np.rint(-radius * np.cos(angle)[:, None] / resolution).astype(np.int64)
    column = np.rint(radius * np.sin(angle)[:, None] / resolution).astype(np.int64)
    here = ((row == 0) & (column == 0)).all(axis=0)
    return Footprint(
        row=row[:, ~here].ravel(),
        column=column[:, ~here].ravel(),
        weight=view[:, ~here].ravel().astype(np.float32),
        rings=int((~here).sum()),
        own=np.float32(view[:, here].sum()),
    )


def _leaves(above: Float, receiver: Receiver, azimuth: Float, width: float, crown: Float, through: float) -> Float32:
    """Return what crowns in four bands change, by place and value of the nibble: (n, 8, 16, columns)."""
    edges = np.degrees(np.arcsin(np.sqrt(np.arange(BANDS + 1) / BANDS)))
    place = edges / 90.0 * (sky.LEVELS - 1)
    lower = np.minimum(place.astype(np.int64), sky.LEVELS - 2)
    part = (place - lower)[:, None]
    at_edges = above[:, lower] * (1 - part) + above[:, lower + 1] * part
    hidden = at_edges[:, :-1] - at_edges[:, 1:]
    seen = np.diff(receiver.view(azimuth, width, edges))[:, :, None]
    seen_floor = np.diff(FACES["down"].view(azimuth, width, edges))[:, :, None]
    change = (1.0 - through) * (seen * crown[0] + seen_floor * crown[1] - hidden)
    bands = np.zeros((len(azimuth), 32, above.shape[2]))
    bands[:, :BANDS] = change
    bits = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(np.float64)
    found = np.einsum("vb,npbc->npvc", bits, bands.reshape(len(azimuth), 8, 4, -1))
    return np.asarray(found, dtype=np.float32)


def _sun_on_walls(forcing: Forcing, chunk: slice, azimuth: Float) -> tuple[NDArray[np.int64], Float, Float, Float]:
    """Return the sector of the sun, the beam on walls by the azimuth they are seen at, its fall, and the sun's tangent.

    What stands below the sun counts as high as the wall that it shades: then the horizon tells how far both are from
    the receiver, and in a street of even height the lit part of the wall is exact wherever the receiver stands.
    """
    altitude, angle, weight = forcing.altitude[chunk], forcing.azimuth[chunk], forcing.weight[chunk]
    day = (weight.sum(axis=1) > 0) & (forcing.beam[chunk] > 0)
    mean = (weight * altitude).sum(axis=1)
    north = (weight * np.cos(np.radians(angle))).sum(axis=1)
    east = (weight * np.sin(np.radians(angle))).sum(axis=1)
    towards = np.degrees(np.arctan2(east, north))
    apart = np.abs((azimuth - towards[:, None] + 180.0) % 360.0 - 180.0)
    sun = np.where(day, apart.argmin(axis=1), -1).astype(np.int64)
    facing = -np.cos(np.radians(azimuth[None, :] - towards[:, None]))
    # a wall seen at an azimuth faces the other way
    turned = np.radians(azimuth[None, None, :] - angle[:, :, None])
    flat = np.cos(np.radians(altitude))[:, :, None] * np.maximum(-np.cos(turned), 0.0)
    beam = forcing.beam[chunk, None] * (_while_up(forcing, chunk)[:, :, None] * flat).sum(axis=1)
    climb = np.tan(np.radians(np.clip(mean, 0.0, 89.0)))
    return sun, np.where(day[:, None], beam, 0.0), np.maximum(facing, 0.0) * climb[:, None], climb


def _while_up(forcing: Forcing, chunk: slice) -> Float:
    """Return weights (steps, samples) for means over the positions of the sun above the horizon."""
    up = (forcing.weight[chunk] > 0).astype(np.float64)
    return np.asarray(up / np.maximum(up.sum(axis=1), 1.0)[:, None], dtype=np.float64)


def _air(forcing: Forcing, receiver: Receiver, chunk: slice, black: Float, rings: Float, short: Float) -> Float32:
    """Return the state of air, sun and walls by step, in the columns of `radiation_kernels.receive`."""
    edges = np.linspace(0.0, np.pi / 2, sky.LEVELS)
    side = np.diff(edges / 2 + np.sin(2 * edges) / 4)
    side = side / side.sum()
    wall = forcing.wall
    faced = receiver.beam(np.clip(forcing.altitude[chunk], 0, 90), forcing.azimuth[chunk])
    caught = (_while_up(forcing, chunk) * faced).sum(axis=1)
    air = np.zeros((len(black), 16))
    air[:, 0] = forcing.temperature[chunk] + 273.15
    air[:, 1] = forcing.exchange[chunk]
    air[:, 2] = forcing.evaporating[chunk]
    air[:, 3] = forcing.horizontal[chunk]
    air[:, 4] = receiver.shortwave * forcing.beam[chunk] * caught
    air[:, 5] = short.mean(axis=1) @ side
    air[:, 6] = black
    air[:, 7] = rings @ side
    air[:, 8] = wall.longwave[chunk]
    air[:, 9], air[:, 10] = wall.hold[chunk], wall.store[chunk]
    air[:, 11], air[:, 12] = wall.loss[chunk], wall.emission[chunk]
    air[:, 13], air[:, 14] = wall.leaf[chunk], wall.curvature[chunk]
    air[:, 15] = black
    return air.astype(np.float32)
