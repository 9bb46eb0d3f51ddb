"""Indicators of heat results: felt temperature outdoors, where it strains, and who lives there.

All use open cells only, never roofs. Classes of heat stress follow the UTCI assessment scale: strong above 32 °C, very
strong above 38 °C (Bröde et al. 2012, Int. J. Biometeorol. 56, 481-494).
Hours are per day where a result covers several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin.compare.exposure import building_exposure
from twin.compare.heat_days import AFTERNOON, days_covered
from twin.compare.heat_fields import check_whole_day, degree_hours, hours_above, sunlit_hours
from twin.compare.indicators import WHOLE, Indicator, View, outdoors
from twin.errors import MissingDataError

if TYPE_CHECKING:
    from twin.city.city import City

STRONG = 32.0
VERY_STRONG = 38.0
NEXT_TO = 10.0  # m from the walls: the pavement, the front garden, the yard
COOL_PLACE_DISTANCE = 150.0  # m; Munich plans for a cool place within this distance


def hottest_hour(result: xr.Dataset, city: City, index: str = "utci") -> np.datetime64:
    """Return the time at which open cells have the highest mean felt temperature.

    Raises
    ------
    MissingDataError
        If the result holds no such `index` over time, or no value on open cells.
    """
    if index not in result or "time" not in result[index].dims:
        raise MissingDataError(f"the result holds no {index!r} over time, so its hottest hour is not known")
    open_cells = outdoors(city)
    means = [_mean(np.asarray(result[index].isel(time=i).values)[open_cells]) for i in range(result.sizes["time"])]
    if not np.isfinite(means).any():
        raise MissingDataError(f"{index!r} holds no value on open cells, so the result has no hottest hour")
    return np.datetime64(result["time"].values[int(np.nanargmax(means))])


def utci_at_hottest_hour(result: xr.Dataset, city: City, view: View = WHOLE) -> xr.DataArray:
    """Return the felt temperature (y, x) at the view's hour, or at the result's own hottest hour."""
    hour = hottest_hour(result, city) if view.hour is None else view.hour
    return result["utci"].sel(time=hour).reset_coords("time", drop=True).rename("utci_hottest_hour")


def _mean(values: NDArray[np.floating]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean(dtype=np.float64)) if known.size else float("nan")


def _afternoon_mean(result: xr.Dataset, city: City, view: View) -> float:
    first, last = AFTERNOON
    times = result["time"].values
    of_day = (times - times.astype("datetime64[D]")) / np.timedelta64(1, "h")
    steps = np.flatnonzero((of_day > first - 1e-6) & (of_day < last - 1e-6))
    if not len(steps):
        raise MissingDataError(f"the result holds no step that begins from {first} to {last} h")
    open_cells = outdoors(city, view)
    return float(np.mean([_mean(np.asarray(result["utci"].isel(time=step).values)[open_cells]) for step in steps]))


def _share_above(result: xr.Dataset, city: City, view: View, threshold: float) -> float:
    values = np.asarray(utci_at_hottest_hour(result, city, view).values)[outdoors(city, view)]
    values = values[np.isfinite(values)]
    return float(100.0 * np.mean(values > threshold)) if values.size else float("nan")


def _map_mean(result: xr.Dataset, city: City, view: View, name: str) -> float:
    return _mean(np.asarray(result[name].values)[outdoors(city, view)])


def _residents_above(result: xr.Dataset, city: City, view: View, threshold: float) -> float:
    near = building_exposure(utci_at_hottest_hour(result, city, view), city, reach=NEXT_TO, statistic="mean")
    return float(near.loc[near["value"] > threshold, "residents"].sum())


def _residents_mean(result: xr.Dataset, city: City, view: View) -> float:
    near = building_exposure(utci_at_hottest_hour(result, city, view), city, reach=NEXT_TO, statistic="mean").dropna()
    people = float(near["residents"].sum())
    return float((near["value"] * near["residents"]).sum() / people) if people > 0 else float("nan")


def _residents_near_cool_place(result: xr.Dataset, city: City, view: View) -> float:
    from scipy import ndimage

    field = utci_at_hottest_hour(result, city, view)
    cool = outdoors(city) & (np.asarray(field.values) <= STRONG)
    if not cool.any():
        # nobody has such a place; of nobody the share is unknown
        return 0.0 if building_exposure(field, city)["residents"].sum() > 0 else float("nan")
    distance = field.copy(data=ndimage.distance_transform_edt(~cool, sampling=city.spec.resolution))
    # the nearest cell of the ring stands for the door: negated, because exposure takes the largest
    near = building_exposure(-distance, city)
    people = float(near["residents"].sum())
    reached = float(near.loc[near["value"] >= -COOL_PLACE_DISTANCE, "residents"].sum())
    return 100.0 * reached / people if people > 0 else float("nan")


def _residents_stress_hours(result: xr.Dataset, city: City) -> float:
    hours = hours_above(result, STRONG, "utci")
    near = building_exposure(hours, city, reach=NEXT_TO, statistic="mean").dropna()
    people = float(near["residents"].sum())
    return float((near["value"] * near["residents"]).sum() / people) if people > 0 else float("nan")


def _residents_near_cool_area(result: xr.Dataset, city: City, view: View) -> float:
    from twin.compare.cool_places import cool_places, homes_near, residents_near

    hour = hottest_hour(result, city) if view.hour is None else view.hour
    places = cool_places(result, city, hour=hour, network=view.footways)
    table = residents_near(homes_near(places, city, network=view.footways))
    return float(table["share"].loc["residents"])


def _walking_shade(result: xr.Dataset, city: City, view: View) -> float:
    from twin.compare.street_shade import street_shade, walking_shade

    check_whole_day(result)
    return 100.0 * float(walking_shade(street_shade(result, city, network=view.footways))["shaded_share"])


def _places_stress_hours(result: xr.Dataset, city: City, kinds: tuple[str, ...]) -> float:
    from twin.compare.heat_exposure import place_exposure

    places = place_exposure(result, city, kinds=kinds)
    if "stress_hours" not in places:
        raise MissingDataError("; ".join(places.attrs["notes"]))
    hours = places["stress_hours"].dropna()
    if hours.empty:
        raise MissingDataError(f"{city.name!r} has no {', '.join(kinds)} with open ground on the grid")
    return float(hours.mean())


_PHYSICS = ("weather", "heights", "trees", "land_cover", "terrain", "edges")
_PEOPLE = (*_PHYSICS, "residents")

INDICATORS = (
    Indicator(
        "heat_utci_afternoon_mean",
        "heat",
        "mean felt temperature (UTCI) outdoors, 14–15 h",
        "mittlere gefühlte Temperatur (UTCI) im Freien, 14–15 Uhr",
        "degC",
        1,
        "less",
        _PHYSICS,
        ("utci",),
        _afternoon_mean,
        headline=True,
        local=True,
    ),
    Indicator(
        "heat_strong_stress_share",
        "heat",
        "open area with strong heat stress (UTCI above 32 °C) at the hottest hour",
        "Freifläche mit starker Wärmebelastung (UTCI über 32 °C) zur heißesten Stunde",
        "%",
        1,
        "less",
        _PHYSICS,
        ("utci",),
        lambda r, c, v: _share_above(r, c, v, STRONG),
        local=True,
    ),
    Indicator(
        "heat_very_strong_stress_share",
        "heat",
        "open area with very strong heat stress (UTCI above 38 °C) at the hottest hour",
        "Freifläche mit sehr starker Wärmebelastung (UTCI über 38 °C) zur heißesten Stunde",
        "%",
        1,
        "less",
        _PHYSICS,
        ("utci",),
        lambda r, c, v: _share_above(r, c, v, VERY_STRONG),
        headline=True,
        local=True,
    ),
    Indicator(
        "heat_strong_stress_hours_mean",
        "heat",
        "mean duration of strong heat stress outdoors",
        "mittlere Dauer starker Wärmebelastung im Freien",
        "h",
        1,
        "less",
        _PHYSICS,
        ("strong_heat_stress_duration",),
        lambda r, c, v: _map_mean(r, c, v, "strong_heat_stress_duration") / days_covered(r),
        local=True,
    ),
    Indicator(
        "heat_mean_radiant_temperature_max_mean",
        "heat",
        "highest mean radiant temperature of the day, mean outdoors",
        "höchste mittlere Strahlungstemperatur des Tages, Mittel im Freien",
        "degC",
        1,
        "less",
        _PHYSICS,
        ("mean_radiant_temperature_max",),
        lambda r, c, v: _map_mean(r, c, v, "mean_radiant_temperature_max"),
        local=True,
    ),
    Indicator(
        "heat_residents_utci_mean",
        "heat",
        "felt temperature within 10 m of homes at the hottest hour, mean over residents",
        "gefühlte Temperatur im Umkreis von 10 m um Wohnhäuser zur heißesten Stunde, Mittel über Einwohner",
        "degC",
        1,
        "less",
        _PEOPLE,
        ("utci",),
        _residents_mean,
    ),
    Indicator(
        "heat_residents_very_strong_stress",
        "heat",
        "residents with very strong heat stress (UTCI above 38 °C) within 10 m of home at the hottest hour",
        "Einwohner mit sehr starker Wärmebelastung (UTCI über 38 °C) bis 10 m um ihr Haus zur heißesten Stunde",
        "residents",
        0,
        "less",
        _PEOPLE,
        ("utci",),
        lambda r, c, v: _residents_above(r, c, v, VERY_STRONG),
        headline=True,
    ),
    Indicator(
        "heat_residents_near_cool_place",
        "heat",
        "residents with a place without strong heat stress within 150 m (as the crow flies) at the hottest hour",
        "Einwohner mit einem Ort ohne starke Wärmebelastung in 150 m Luftlinie zur heißesten Stunde",
        "%",
        1,
        "more",
        _PEOPLE,
        ("utci",),
        _residents_near_cool_place,
    ),
    Indicator(
        "heat_very_strong_stress_hours_mean",
        "heat",
        "mean duration of very strong heat stress outdoors (UTCI above 38 °C)",
        "mittlere Dauer sehr starker Wärmebelastung im Freien (UTCI über 38 °C)",
        "h",
        1,
        "less",
        _PHYSICS,
        (),
        lambda r, c, v: _mean(np.asarray(hours_above(r, VERY_STRONG).values)[outdoors(c, v)]) / days_covered(r),
        local=True,
    ),
    Indicator(
        "heat_degree_hours_mean",
        "heat",
        "mean degree hours of strong heat stress outdoors (UTCI above 32 °C)",
        "mittlere Gradstunden starker Wärmebelastung im Freien (UTCI über 32 °C)",
        "K h",
        0,
        "less",
        _PHYSICS,
        (),
        lambda r, c, v: _mean(np.asarray(degree_hours(r, STRONG).values)[outdoors(c, v)]) / days_covered(r),
        local=True,
    ),
    Indicator(
        "heat_pet_max_mean",
        "heat",
        "highest physiologically equivalent temperature of the day (PET, VDI 3787), mean outdoors",
        "höchste physiologisch äquivalente Temperatur des Tages (PET, VDI 3787), Mittel im Freien",
        "degC",
        1,
        "less",
        _PHYSICS,
        ("pet_max",),
        lambda r, c, v: _map_mean(r, c, v, "pet_max"),
        local=True,
        optional=True,
    ),
    Indicator(
        "heat_pet_strong_stress_hours_mean",
        "heat",
        "mean duration of strong heat stress outdoors by PET (above 35 °C)",
        "mittlere Dauer starker Wärmebelastung im Freien nach PET (über 35 °C)",
        "h",
        1,
        "less",
        _PHYSICS,
        ("pet_strong_heat_stress_duration",),
        lambda r, c, v: _map_mean(r, c, v, "pet_strong_heat_stress_duration") / days_covered(r),
        local=True,
        optional=True,
    ),
    Indicator(
        "heat_sunlit_hours_mean",
        "heat",
        "mean hours of direct sun outdoors",
        "mittlere Stunden direkter Sonne im Freien",
        "h",
        1,
        "neutral",
        ("heights", "trees", "terrain", "edges"),
        (),
        lambda r, c, v: _mean(np.asarray(sunlit_hours(r).values)[outdoors(c, v)]) / days_covered(r),
        local=True,
        optional=True,
    ),
    Indicator(
        "heat_residents_strong_stress_hours_mean",
        "heat",
        "hours of strong heat stress (UTCI above 32 °C) within 10 m of homes, mean over residents",
        "Stunden mit starker Wärmebelastung (UTCI über 32 °C) im Umkreis von 10 m um Wohnhäuser, Mittel über Einwohner",
        "h",
        1,
        "less",
        _PEOPLE,
        (),
        lambda r, c, v: _residents_stress_hours(r, c) / days_covered(r),
    ),
    Indicator(
        "heat_residents_cool_area_nearby",
        "heat",
        "residents with a cool area (200 m² or more, UTCI up to 38 °C at the hottest hour) within 150 m (straight "
        "line, or along footways where given)",
        "Einwohner mit einem kühlen Ort (ab 200 m², UTCI bis 38 °C zur heißesten Stunde) in 150 m (Luftlinie, oder auf "
        "Fußwegen, wo bekannt)",
        "%",
        1,
        "more",
        _PEOPLE,
        ("utci",),
        _residents_near_cool_area,
    ),
    Indicator(
        "heat_walking_shade_share",
        "heat",
        "share of streets and footways in shade from 11 to 16 h, by length",
        "Anteil der Straßen und Wege im Schatten von 11 bis 16 Uhr, nach Länge",
        "%",
        1,
        "more",
        ("heights", "trees", "terrain", "edges", "roads"),
        ("sunlit_fraction",),
        _walking_shade,
        optional=True,
    ),
    Indicator(
        "heat_playgrounds_strong_stress_hours",
        "heat",
        "hours of strong heat stress on playgrounds (UTCI above 32 °C), mean over places",
        "Stunden mit starker Wärmebelastung auf Spielplätzen (UTCI über 32 °C), Mittel über Orte",
        "h",
        1,
        "less",
        _PHYSICS,
        (),
        lambda r, c, v: _places_stress_hours(r, c, ("playground",)) / days_covered(r),
        optional=True,
    ),
    Indicator(
        "heat_schools_strong_stress_hours",
        "heat",
        "hours of strong heat stress outdoors at schools and kindergartens (UTCI above 32 °C), mean over places",
        "Stunden mit starker Wärmebelastung im Freien an Schulen und Kindergärten (UTCI über 32 °C), Mittel über Orte",
        "h",
        1,
        "less",
        _PHYSICS,
        (),
        lambda r, c, v: _places_stress_hours(r, c, ("school", "kindergarten")) / days_covered(r),
        optional=True,
    ),
    Indicator(
        "heat_care_strong_stress_hours",
        "heat",
        "hours of strong heat stress outdoors at hospitals and care homes (UTCI above 32 °C), mean over places",
        "Stunden mit starker Wärmebelastung im Freien an Krankenhäusern und Pflegeheimen (UTCI über 32 °C), Mittel "
        "über Orte",
        "h",
        1,
        "less",
        _PHYSICS,
        (),
        lambda r, c, v: _places_stress_hours(r, c, ("hospital", "clinic", "care_home")) / days_covered(r),
        optional=True,
    ),
)
