"""Every Dataset variable of `twin` once: dimensions, type, unit, valid range and its name in English and German.

`describe` writes these facts onto arrays; plots, tables and reports read their labels from here. Names are
`object_quantity[_statistic]` without a unit. Temperatures are in degrees Celsius, everything else is SI, with the
field's own words where those are universal: vehicles per hour, hours of exceedance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import xarray as xr

GRID = ("y", "x")
HOURLY = ("time", "y", "x")


@dataclass(frozen=True)
class Variable:
    """What is always true of one variable.

    flags : meaning of the values 0, 1, 2 ... of a variable of classes, in English (one word, as CF asks) and German
    """

    name: str
    dims: tuple[str, ...]
    dtype: str
    units: str
    label_en: str
    label_de: str
    minimum: float | None = None
    maximum: float | None = None
    standard_name: str | None = None
    flags: tuple[tuple[str, str], ...] = ()

    def label(self, language: str = "en") -> str:
        """Name for people, in ``"en"`` or ``"de"``."""
        return self.label_de if language == "de" else self.label_en


# fmt: off
_CITY = (
    Variable("ground_elevation", GRID, "float32", "m", "ground elevation", "Geländehöhe", -500, 9000, "surface_altitude"),
    Variable("ground_source", GRID, "uint8", "1", "what the ground elevation is known from", "Herkunft der Geländehöhe", flags=(
        ("missing", "fehlt"), ("elevation_model", "Geländemodell"), ("interpolated", "Lücke interpoliert"),
        ("city_model", "Bodenflächen des Stadtmodells"), ("city_model_interpolated", "zwischen Bodenflächen interpoliert"))),
    Variable("surface_elevation", GRID, "float32", "m", "elevation of ground and roofs", "Höhe von Gelände und Dächern", -500, 9000),
    Variable("building_id", GRID, "int32", "1", "building number (0 = none)", "Gebäudenummer (0 = keines)", 0),
    Variable("building_source", GRID, "uint8", "1", "what the building is known from", "Herkunft des Gebäudes", flags=(
        ("none", "keines"), ("city_model", "3D-Stadtmodell"), ("osm_height_tagged", "OpenStreetMap, Höhe angegeben"),
        ("osm_storeys_tagged", "OpenStreetMap, Geschosse angegeben"), ("osm_height_assumed", "OpenStreetMap, Höhe angenommen"),
        ("height_raster", "Höhenraster"), ("other_city_model", "anderes 3D-Stadtmodell"), ("planned", "geplant"))),
    Variable("building_fraction", GRID, "float32", "1", "share of the cell under buildings", "Anteil der Zelle unter Gebäuden", 0, 1),
    Variable("roof_elevation", GRID, "float32", "m", "mean elevation of the roofs within the cell", "mittlere Höhe der Dächer in der Zelle", -500, 9000),
    Variable("roof_slope", GRID, "float32", "degree", "slope of the roof", "Dachneigung", 0, 90),
    Variable("roof_aspect", GRID, "float32", "degree", "direction a pitched roof faces, clockwise from north", "Dachausrichtung, im Uhrzeigersinn von Nord", 0, 360),
    Variable("green_roof_fraction", GRID, "float32", "1", "green share of the roof", "begrünter Anteil des Dachs", 0, 1),
    Variable("canopy_height", GRID, "float32", "m", "height of tree crowns above ground", "Höhe der Baumkronen über Grund", 0, 120),
    Variable("canopy_base_height", GRID, "float32", "m", "height of the crown base above ground", "Höhe des Kronenansatzes über Grund", 0, 120),
    Variable("canopy_source", GRID, "uint8", "1", "what the canopy is known from", "Herkunft der Baumkronen", flags=(
        ("none", "keine"), ("height_raster", "Höhenraster"), ("cadastre_measured", "Baumkataster, gemessen"),
        ("cadastre_estimated", "Baumkataster, geschätzt"), ("map_tagged", "Karte, Höhe angegeben"),
        ("map_assumed", "Karte, Höhe angenommen"), ("planned", "geplant"))),
    Variable("land_cover", GRID, "uint8", "1", "land cover", "Bodenbedeckung"),
    Variable("land_cover_source", GRID, "uint8", "1", "what the land cover is known from", "Herkunft der Bodenbedeckung", flags=(
        ("assumed", "angenommen"), ("map", "Karte"), ("land_use_layer", "Nutzungsdaten (Kataster)"), ("city_model", "Stadtmodell"),
        ("building", "aus Gebäuden abgeleitet"), ("planned", "geplant"))),
    Variable("sealed_fraction", GRID, "float32", "1", "sealed share of the cell", "Versiegelungsgrad", 0, 1),
    Variable("albedo", GRID, "float32", "1", "albedo", "Albedo", 0, 1, "surface_albedo"),
    Variable("emissivity", GRID, "float32", "1", "longwave emissivity", "langwelliger Emissionsgrad", 0, 1),
    Variable("manning", GRID, "float32", "s m-1/3", "Manning roughness", "Manning-Rauheit", 0.001, 1),
    Variable("infiltration_initial_rate", GRID, "float32", "m s-1", "initial infiltration rate (Horton)", "Anfangsinfiltration (Horton)", 0),
    Variable("infiltration_final_rate", GRID, "float32", "m s-1", "final infiltration rate (Horton)", "Endinfiltration (Horton)", 0),
    Variable("infiltration_decay", GRID, "float32", "s-1", "decay of the infiltration rate (Horton)", "Abnahme der Infiltrationsrate (Horton)", 0),
    Variable("infiltration_class", GRID, "uint8", "1", "infiltration class", "Versickerungsklasse", flags=(
        ("sealed", "versiegelt"), ("very_low", "sehr gering"), ("low", "gering"), ("medium", "mittel"), ("high", "hoch"), ("water", "Wasser"))),
    Variable("wall_height", GRID, "float32", "m", "height of the highest wall beside the cell", "Höhe der höchsten Wand neben der Zelle", 0),
    Variable("wall_azimuth", GRID, "float32", "degree", "direction that wall faces, clockwise from north", "Richtung, in die diese Wand weist, im Uhrzeigersinn von Nord", 0, 360),
    Variable("roof_drainage", GRID, "uint8", "1", "where rain on a roof goes", "Verbleib des Regens auf Dächern", flags=(
        ("no_roof", "kein Dach"), ("over_eaves", "über die Traufe"), ("inside", "im Gebäude abgeleitet"))),
    Variable("eaves_receiver", GRID, "int32", "1", "cell that takes the rain of a roof cell (row times columns plus column; -1: none)", "Zelle, die den Regen einer Dachzelle aufnimmt (Zeile mal Spaltenzahl plus Spalte; -1: keine)", -1),
)
_WEATHER = (
    Variable("air_temperature", ("time",), "float64", "degC", "air temperature", "Lufttemperatur", -60, 60, "air_temperature"),
    Variable("relative_humidity", ("time",), "float64", "%", "relative humidity", "relative Feuchte", 0, 100, "relative_humidity"),
    Variable("wind_speed", ("time",), "float64", "m s-1", "wind speed 10 m above ground", "Windgeschwindigkeit in 10 m", 0, 80, "wind_speed"),
    Variable("global_irradiance", ("time",), "float64", "W m-2", "global horizontal irradiance", "Globalstrahlung", 0, 1500),
    Variable("direct_normal_irradiance", ("time",), "float64", "W m-2", "direct normal irradiance", "Direktstrahlung (normal)", 0, 1500),
    Variable("diffuse_irradiance", ("time",), "float64", "W m-2", "diffuse horizontal irradiance", "Diffusstrahlung", 0, 1500),
    Variable("rain_rate", ("time",), "float64", "m s-1", "rain rate", "Regenintensität", 0, 1e-3, "rainfall_rate"),
)
_HEAT = (
    Variable("sky_view_factor", GRID, "float32", "1", "sky view factor", "Himmelssichtfaktor", 0, 1),
    Variable("sunlit_fraction", HOURLY, "float32", "1", "share of direct sun that arrives", "Anteil der direkten Sonne", 0, 1),
    Variable("mean_radiant_temperature", HOURLY, "float32", "degC", "mean radiant temperature", "mittlere Strahlungstemperatur", -90, 120),
    Variable("utci", HOURLY, "float32", "degC", "felt temperature (UTCI)", "gefühlte Temperatur (UTCI)", -120, 90),
    Variable("mean_radiant_temperature_max", GRID, "float32", "degC", "highest mean radiant temperature of the day", "höchste mittlere Strahlungstemperatur des Tages", -90, 120),
    Variable("utci_max", GRID, "float32", "degC", "highest felt temperature of the day (UTCI)", "höchste gefühlte Temperatur des Tages (UTCI)", -120, 90),
    Variable("strong_heat_stress_duration", GRID, "float32", "h", "hours of strong heat stress (UTCI above 32 °C)", "Stunden mit starker Wärmebelastung (UTCI über 32 °C)", 0, 8784),
)
_FLOOD = (
    Variable("water_depth", HOURLY, "float32", "m", "water depth", "Wassertiefe", 0),
    Variable("water_depth_max", GRID, "float32", "m", "highest water depth", "höchste Wassertiefe", 0),
    Variable("flow_velocity_max", GRID, "float32", "m s-1", "highest flow velocity", "höchste Fließgeschwindigkeit", 0),
    Variable("arrival_time", GRID, "float32", "s", "time until the water arrives", "Zeit bis zum Eintreffen des Wassers", 0),
    Variable("infiltrated_depth", GRID, "float32", "m", "infiltrated water", "versickertes Wasser", 0),
    Variable("hazard_class", GRID, "uint8", "1", "flood hazard class", "Gefahrenklasse Überflutung"),
    Variable("rain_volume", (), "float64", "m3", "rain on the domain", "Niederschlagsvolumen", 0),
    Variable("initial_volume", (), "float64", "m3", "water at the start", "Wasservolumen zu Beginn", 0),
    Variable("intercepted_volume", (), "float64", "m3", "rain kept by tree crowns", "von Baumkronen zurückgehaltener Niederschlag", 0),
    Variable("infiltrated_volume", (), "float64", "m3", "infiltrated water", "versickertes Volumen", 0),
    Variable("stored_volume", (), "float64", "m3", "water on the surface at the end", "Wasservolumen auf der Oberfläche am Ende", 0),
    Variable("outflow_volume", (), "float64", "m3", "water that left over the edges", "über den Rand abgeflossenes Volumen", 0),
    Variable("volume_error", (), "float64", "1", "error of the water balance", "Fehler der Wasserbilanz"),
)
_TRAFFIC = (
    Variable("road_flow", ("link",), "float64", "h-1", "vehicles per hour", "Fahrzeuge je Stunde", 0),
    Variable("travel_time", ("link",), "float64", "s", "travel time", "Fahrzeit", 0),
    Variable("free_flow_time", ("link",), "float64", "s", "travel time on the empty road", "Fahrzeit bei freier Straße", 0),
    Variable("road_speed", ("link",), "float64", "m s-1", "speed", "Geschwindigkeit", 0),
    Variable("volume_capacity_ratio", ("link",), "float64", "1", "volume to capacity", "Auslastung", 0),
    Variable("relative_gap", (), "float64", "1", "relative gap of the assignment", "relative Lücke der Umlegung", 0),
    Variable("total_travel_time", (), "float64", "h h-1", "vehicle hours per hour", "Fahrzeugstunden je Stunde", 0),
    Variable("vehicle_distance", (), "float64", "km h-1", "vehicle kilometres per hour", "Fahrzeugkilometer je Stunde", 0),
    Variable("unserved_demand", (), "float64", "h-1", "trips that cannot arrive", "Fahrten, die nicht ankommen können", 0),
    Variable("intrazonal_demand", (), "float64", "h-1", "trips within a zone", "Fahrten innerhalb einer Zone", 0),
    Variable("assigned_demand", (), "float64", "h-1", "trips assigned", "umgelegte Fahrten", 0),
    Variable("road_water_depth", ("link",), "float64", "m", "deepest water on the road", "tiefstes Wasser auf der Straße", 0),
)
# fmt: on

VARIABLES: dict[str, Variable] = {v.name: v for v in (*_CITY, *_WEATHER, *_HEAT, *_FLOOD, *_TRAFFIC)}
"""All variables by name."""

T = TypeVar("T", xr.Dataset, xr.DataArray)


def describe(data: T) -> T:
    """Return the Dataset or DataArray with units, names and CF standard names of every variable known here.

    Examples
    --------
    >>> describe(xr.Dataset({"utci": ("x", [30.0])})).utci.attrs["units"]
    'degC'
    """
    if isinstance(data, xr.DataArray):
        variable = VARIABLES.get(str(data.name))
        return data if variable is None else data.assign_attrs(_attributes(variable) | data.attrs)
    return data.assign({name: describe(array) for name, array in data.data_vars.items() if str(name) in VARIABLES})


def label(name: str, language: str = "en") -> str:
    """Name of a variable for people; the name itself if it is not registered.

    Examples
    --------
    >>> label("water_depth_max", "de")
    'höchste Wassertiefe'
    """
    variable = VARIABLES.get(name)
    return name if variable is None else variable.label(language)


def flag(name: str, meaning: str) -> int:
    """Return the value that stands for a meaning in a variable of classes.

    Examples
    --------
    >>> flag("building_source", "city_model")
    1
    """
    return [word for word, _ in VARIABLES[name].flags].index(meaning)


def _attributes(variable: Variable) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "units": variable.units,
        "long_name": variable.label_en,
        "long_name_de": variable.label_de,
    }
    if variable.standard_name:
        attributes["standard_name"] = variable.standard_name
    if variable.flags:
        attributes["flag_values"] = np.arange(len(variable.flags), dtype=np.uint8)
        attributes["flag_meanings"] = " ".join(word for word, _ in variable.flags)
    return attributes
