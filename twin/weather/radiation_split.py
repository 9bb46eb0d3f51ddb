"""Radiation that was not measured: direct and diffuse from global, and all of it from clouds or sunshine.

Everything here is estimate, and says so in the caveats of the weather, which every result repeats.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.errors import InputError, MissingDataError
from twin.weather.steps import add_words, step_seconds, utc_starts
from twin.weather.sun_steps import direct_normal, outside_air, sine_while_up

METHODS = ("erbs_driesse", "erbs", "boland", "dirint")
_NAMES = {
    "erbs_driesse": "Erbs et al. 1982 as made smooth by Driesse et al. 2024",
    "erbs": "Erbs et al. 1982",
    "boland": "Boland et al. 2008",
    "dirint": "Perez et al. 1992 (DIRINT)",
}
CLOUDY = "assumed weather: radiation estimated from cloud cover (Kasten and Czeplak 1980)"
SUNSHINE = "assumed weather: radiation estimated from sunshine duration (Angstrom-Prescott, FAO-56 coefficients)"

_LOWEST_SINE = 0.05
"""Below 3 degrees all light counts as diffuse."""

Float = NDArray[np.float64]


def split_global(
    weather: xr.Dataset,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    method: Literal["erbs_driesse", "erbs", "boland", "dirint"] = "erbs_driesse",
) -> xr.Dataset:
    """Split global irradiance into direct normal and diffuse, where these are missing.

    Parameters
    ----------
    weather : xr.Dataset
        `global_irradiance` over `time`; a measured `diffuse_irradiance` or `direct_normal_irradiance` is kept, and the
        other follows from it without an estimate.
    latitude, longitude : float, optional
        Degrees; those of the weather's attributes unless given.
    method : {"erbs_driesse", "erbs", "boland", "dirint"}
        From the clearness index; `dirint` also uses its change from step to step.

    Returns
    -------
    xr.Dataset
        With all three, which close: global = diffuse + direct x sine of the sun's mean altitude while it is up. A split
        that is an estimate stands in the caveats.

    Raises
    ------
    MissingDataError
        If there is no global irradiance, or the place is not known.
    InputError
        If the method is not known.

    References
    ----------
    D. Erbs, S. Klein, J. Duffie (1982), Solar Energy 28, 293-302; A. Driesse, A. Jensen, R. Perez (2024), Solar Energy
    267, 112093; J. Boland, B. Ridley, B. Brown (2008), Renewable Energy 33, 625-632; R. Perez et al. (1992), ASHRAE
    Transactions 98, 354-369; as implemented by pvlib.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> both = split_global(day.drop_vars(["direct_normal_irradiance", "diffuse_irradiance"]))
    >>> 600 < float(both.direct_normal_irradiance.max()) < 1000
    True
    """
    if method not in METHODS:
        raise InputError(f"method is {method!r}; use one of: {', '.join(METHODS)}")
    if "global_irradiance" not in weather:
        raise MissingDataError(
            "the weather has no global_irradiance to split; estimate_irradiance makes one from cloud_cover or "
            "sunshine_fraction"
        )
    where = place_of(weather, latitude, longitude)
    starts, step = utc_starts(weather), step_seconds(weather)
    sine, share = sine_while_up(starts, step, latitude=where[0], longitude=where[1])
    outside = outside_air(starts)
    total = np.asarray(weather["global_irradiance"].values, dtype=np.float64)
    known_diffuse = _known(weather, "diffuse_irradiance", total)
    known_normal = _known(weather, "direct_normal_irradiance", total)
    estimate = _estimate(total, starts, sine, share, outside, method)
    diffuse = np.where(np.isfinite(known_normal), np.maximum(total - known_normal * sine, 0.0), estimate)
    diffuse = np.where(np.isfinite(known_diffuse), np.minimum(known_diffuse, total), diffuse)
    normal, rest = direct_normal(total - diffuse, diffuse, sine, share, outside)
    both = np.isfinite(known_diffuse) & np.isfinite(known_normal)
    normal, rest = np.where(both, known_normal, normal), np.where(both, known_diffuse, rest)
    result = weather.assign(direct_normal_irradiance=("time", normal), diffuse_irradiance=("time", rest))
    guessed = ~np.isfinite(known_diffuse) & ~np.isfinite(known_normal) & (total > 0)
    caveat = ""
    if guessed.any():
        caveat = f"direct and diffuse radiation are estimated from global radiation ({_NAMES[method]})"
        if not guessed[total > 0].all():
            caveat += f" in {int(guessed.sum())} of {int((total > 0).sum())} steps"
    return _described(add_words(result, caveat=caveat), weather)


def estimate_irradiance(
    weather: xr.Dataset, *, latitude: float | None = None, longitude: float | None = None
) -> xr.Dataset:
    """Estimate global, direct and diffuse irradiance where none was measured, from clouds or sunshine.

    Parameters
    ----------
    weather : xr.Dataset
        `cloud_cover` (0 to 1), or else `sunshine_fraction` (0 to 1), over `time`.
    latitude, longitude : float, optional
        Degrees; those of the weather's attributes unless given.

    Returns
    -------
    xr.Dataset
        With the three irradiances, and the estimate in the caveats as assumed weather. Steps with measured global
        irradiance keep it.

    Raises
    ------
    MissingDataError
        If neither clouds nor sunshine are there, or the place is not known.

    References
    ----------
    F. Kasten, G. Czeplak (1980): Solar and terrestrial radiation dependent on the amount and type of cloud. Solar
    Energy 24, 177-189, eqs. 3 and 4 (Hamburg, 1964-1973); R. Allen et al. (1998): Crop evapotranspiration. FAO
    Irrigation and Drainage Paper 56, eq. 35.

    Examples
    --------
    >>> from twin.weather import hot_day
    >>> day = hot_day("2018-07-26", max_temperature=35, latitude=49.95, longitude=11.6)
    >>> dark = day[["air_temperature"]].assign(cloud_cover=("time", np.full(24, 1.0)))
    >>> 150 < float(estimate_irradiance(dark).global_irradiance.max()) < 250
    True
    """
    where = place_of(weather, latitude, longitude)
    starts, step = utc_starts(weather), step_seconds(weather)
    sine, share = sine_while_up(starts, step, latitude=where[0], longitude=where[1])
    outside = outside_air(starts)
    if "cloud_cover" in weather:
        cover = np.asarray(weather["cloud_cover"].values, dtype=np.float64)
        clear = np.maximum(910.0 * sine - 30.0, 0.0) * share
        total = clear * (1.0 - 0.75 * cover**3.4)
        diffuse = total * (0.3 + 0.7 * cover**2)
        words = CLOUDY
    elif "sunshine_fraction" in weather:
        shine = np.asarray(weather["sunshine_fraction"].values, dtype=np.float64)
        total = (0.25 + 0.50 * shine) * outside * sine * share
        diffuse = _estimate(total, starts, sine, share, outside, "erbs_driesse")
        words = SUNSHINE
    else:
        raise MissingDataError(
            "the weather has neither cloud_cover nor sunshine_fraction; without radiation, clouds or sunshine no "
            "radiation can be had. Read a product with one of them, or use hot_day for an assumed cloudless day"
        )
    if "global_irradiance" in weather:
        measured = np.asarray(weather["global_irradiance"].values, dtype=np.float64)
        diffuse = np.where(np.isfinite(measured), diffuse * measured / np.maximum(total, 1e-9), diffuse)
        total = np.where(np.isfinite(measured), measured, total)
        diffuse = np.minimum(diffuse, total)
    normal, rest = direct_normal(total - diffuse, diffuse, sine, share, outside)
    result = weather.assign(
        global_irradiance=("time", total),
        direct_normal_irradiance=("time", normal),
        diffuse_irradiance=("time", rest),
    )
    return _described(add_words(result, caveat=words), weather)


def place_of(weather: xr.Dataset, latitude: float | None, longitude: float | None) -> tuple[float, float]:
    """Return the place of weather, as given or as its attributes say.

    Raises
    ------
    MissingDataError
        If neither says it.

    Examples
    --------
    >>> place_of(xr.Dataset(attrs={"latitude": 50.0, "longitude": 11.0}), None, None)
    (50.0, 11.0)
    """
    north = weather.attrs.get("latitude") if latitude is None else latitude
    east = weather.attrs.get("longitude") if longitude is None else longitude
    if north is None or east is None:
        raise MissingDataError("the weather does not say where it was measured; give latitude and longitude")
    return float(north), float(east)


def _estimate(
    total: Float, starts: NDArray[np.datetime64], sine: Float, share: Float, outside: Float, method: str
) -> Float:
    """Return diffuse irradiance from global, W/m2; in steps with sunrise or sunset by the light while the sun is up."""
    import pandas as pd
    from pvlib import irradiance

    up = np.where(share > 0, share, 1.0)
    light = np.nan_to_num(total) / up
    zenith = np.degrees(np.arccos(np.clip(sine, 0.0, 1.0)))
    high = sine > _LOWEST_SINE
    times = pd.DatetimeIndex(starts)
    day = times.day_of_year.to_numpy()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, inside pvlib
        if method == "dirint":
            series = (pd.Series(light, times), pd.Series(zenith, times))
            beam = np.nan_to_num(irradiance.dirint(*series, times, pressure=101325.0).to_numpy())
            diffuse = light - beam * sine
        elif method == "erbs_driesse":
            diffuse = np.asarray(irradiance.erbs_driesse(light, zenith, dni_extra=outside)["dhi"])
        elif method == "erbs":
            diffuse = np.asarray(irradiance.erbs(light, zenith, day)["dhi"])
        else:
            diffuse = np.asarray(irradiance.boland(light, zenith, day)["dhi"])
    diffuse = np.where(high & np.isfinite(diffuse), np.clip(diffuse, 0.0, light), light) * up
    return np.where(np.isnan(total), np.nan, np.where(share > 0, diffuse, total))


def _known(weather: xr.Dataset, name: str, like: Float) -> Float:
    return np.asarray(weather[name].values, dtype=np.float64) if name in weather else np.full(len(like), np.nan)


def _described(result: xr.Dataset, before: xr.Dataset) -> xr.Dataset:
    from twin.variables import describe

    result["time"].attrs.update(before["time"].attrs)
    return describe(result)
