"""Heat: view factors and shadows with closed forms, UTCI beside another program, radiation measured in Gothenburg."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.evidence.heat_sites import COLUMNS, SITES, Found, compare, score, solweig, there
from benchmarks.evidence.row import REFERENCE, Row, absent

LINDBERG = "Lindberg, Holmer & Thorsson 2008, doi:10.1007/s00484-008-0162-7; Lindberg & Grimmond 2011"


def rows() -> Iterator[Row]:
    yield _canyon()
    yield _shadow()
    yield _utci()
    yield from _sky()
    yield from _field()


def _canyon() -> Row:
    from twin.heat.obstacles import make_obstacles
    from twin.heat.views import sky_view_factor

    width, height = 21, 10.5
    surface = np.full((801, 41), height)
    surface[:, 10 : 10 + width] = 0.0
    obstacles = make_obstacles(np.zeros_like(surface), surface, surface > 0, resolution=1.0)
    found = float(sky_view_factor(obstacles)[400, 20])
    known = float(np.cos(np.arctan(2 * height / width)))
    return Row(
        "heat",
        f"sky view in the middle of a street as wide as twice its height ({width} m)",
        "analytic",
        f"{known:.4f}",
        f"{found:.4f}",
        "cos(atan(2 H / W)), infinite canyon",
    )


def _shadow() -> Row:
    from twin.heat.obstacles import make_obstacles
    from twin.heat.shade import sunlight

    surface = np.zeros((60, 21))
    surface[40:44] = 10.0
    obstacles = make_obstacles(np.zeros_like(surface), surface, surface > 0, resolution=1.0)
    lit = sunlight(obstacles, altitude=30.0, azimuth=180.0)
    found = float((1.0 - lit[:40, 10]).sum())
    known = 10.0 / np.tan(np.radians(30.0))
    return Row(
        "heat",
        "shadow of a 10 m wall, sun 30 degrees high, cells of 1 m",
        "analytic",
        f"{known:.2f} m",
        f"{found:.2f} m",
        "H / tan(altitude)",
    )


def _utci() -> Row:
    from pythermalcomfort.models import utci as reference

    from twin.heat.utci import utci

    random = np.random.default_rng(1)
    ta = random.uniform(0, 45, 5000)
    tr = ta + random.uniform(-10, 45, 5000)
    wind, humidity = random.uniform(0.5, 10, 5000), random.uniform(10, 95, 5000)
    ours = np.asarray(utci(ta, tr, wind, humidity))
    theirs = np.asarray(reference(tdb=ta, tr=tr, v=wind, rh=humidity, limit_inputs=False, round_output=False).utci)
    return Row(
        "heat",
        "UTCI, 5,000 random conditions of summer",
        "program",
        "pythermalcomfort",
        f"largest difference {np.abs(ours - theirs).max():.2g} K",
        "Broede et al. 2012, polynomial",
    )


def _sky() -> Iterator[Row]:
    """Compare formulas of the cloudless sky with longwave radiation from elsewhere, on days without clouds."""
    path = REFERENCE / "heat" / "athens" / "athens_2023.epw"
    source = "ERA5 as in an EPW file of Athens; a reanalysis, not a measurement"
    if not path.exists():
        yield absent("heat", "longwave radiation of a cloudless sky, Athens 2023", "program", source)
        return
    from twin.heat.air import vapour_pressure
    from twin.heat.radiation import SIGMA, sky_emissivity
    from twin.heat.sky import clear_sky_emissivity
    from twin.weather.sun import clear_sky_irradiance, solar_position

    head = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    latitude, longitude, offset = (float(value) for value in head[6:9])
    table = np.genfromtxt(path, delimiter=",", skip_header=8, usecols=(1, 2, 3, 6, 8, 12, 13))
    month, day, hour, air, humidity, longwave, whole = table.T
    dates = np.array([f"2023-{int(m):02d}-{int(d):02d}" for m, d in zip(month, day, strict=True)], "M8[D]")
    # direct, diffuse and global close when labels are the middle of the hour that ends half an hour later
    instants = dates.astype("M8[m]") + np.timedelta64(-30, "m") + (60 * (hour - offset)).astype("m8[m]")
    altitude, _ = solar_position(instants, latitude=latitude, longitude=longitude)
    clear, _, _ = clear_sky_irradiance(instants, latitude=latitude, longitude=longitude, elevation=100.0)
    share = np.where(altitude > 15, whole / np.maximum(clear, 1), np.nan).reshape(-1, 24)
    chosen = np.repeat(np.nanmin(share, axis=1) > 0.93, 24) & (altitude > 15) & (share.ravel() > 0.97)
    black = SIGMA * (air + 273.15) ** 4
    vapour = vapour_pressure(air, humidity)
    solar = (instants - instants.astype("M8[D]")) / np.timedelta64(1, "h") + longitude / 15
    for name, emissivity in (
        ("Berdahl & Martin 1984 with the hour, used here", clear_sky_emissivity(air, vapour, solar)),
        ("Prata 1996", sky_emissivity(air, vapour)),
    ):
        yield Row(
            "heat",
            f"longwave radiation of a cloudless sky by day, Athens 2023, {int(chosen.sum())} hours: {name}",
            "program",
            f"{longwave[chosen].mean():.0f} W/m2",
            score(longwave[chosen], (emissivity * black)[chosen], "W/m2"),
            source,
        )


def _field() -> Iterator[Row]:
    found, peers = {}, {}
    for name, place in SITES.items():
        if not there(name):
            yield absent("heat", f"mean radiant temperature, {place}", "field", LINDBERG)
            continue
        found[name], peers[name] = compare(name), solweig(name)
        yield _site_row(place, [found[name]], [peers[name]])
    if len(found) < len(SITES):
        return
    gvc = [name for name in SITES if "gvc" in name]
    yield _site_row("street GVC, both days", [found[name] for name in gvc], [peers[name] for name in gvc])
    yield _site_row("all three days", list(found.values()), list(peers.values()))
    calm = [_without_edges(one) for one in found.values()]
    others = [peer if peer is None else peer[~found[name].edge] for name, peer in peers.items()]
    yield _site_row("all three days without hours when a shadow edge crosses the station", calm, others)
    for kind, word in (("K", "shortwave"), ("L", "longwave")):
        for direction in COLUMNS:
            yield _flux_row(kind, word, direction, found)


def _without_edges(one: Found) -> Found:
    keep = ~one.edge
    return Found(one.hours[keep], (one.tmrt[0][keep], one.tmrt[1][keep]), {}, one.edge[keep])


def _site_row(place: str, found: list[Found], peers: list[np.ndarray | None]) -> Row:
    measured, modelled = (np.concatenate([one.tmrt[side] for one in found]) for side in range(2))
    text = score(measured, modelled)
    known = [peer for peer in peers if peer is not None]
    if len(known) == len(peers):
        text += f"; solweig 0.1.0b96, anisotropic, same rows: {score(measured, np.concatenate(known))}"
    return Row("heat", f"mean radiant temperature, {place}", "field", f"{len(measured)} hours measured", text, LINDBERG)


def _flux_row(kind: str, word: str, direction: str, found: dict[str, Found]) -> Row:
    pairs = {name: one.fluxes[kind, direction] for name, one in found.items()}
    measured, modelled = (np.concatenate([pair[side] for pair in pairs.values()]) for side in range(2))
    each = ", ".join(f"{(pair[1] - pair[0]).mean():+.0f}" for pair in pairs.values())
    return Row(
        "heat",
        f"{word} radiation, {direction}, three days",
        "field",
        f"{measured.mean():.0f} W/m2 in the mean",
        f"{score(measured, modelled, 'W/m2')} (by day {each})",
        LINDBERG,
    )
