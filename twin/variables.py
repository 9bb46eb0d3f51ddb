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
    Variable("sail_height", GRID, "float32", "m", "height of shade sails above ground (0: none)", "Höhe von Sonnensegeln über Grund (0: keines)", 0, 60),
    Variable("sail_transmissivity", GRID, "float32", "1", "share of sunlight that shade sails let through", "Lichtdurchlass von Sonnensegeln", 0, 1),
    Variable("canopy_transmissivity", GRID, "float32", "1", "share of direct sunlight that tree crowns let through (empty: by season)", "Lichtdurchlass der Baumkronen (leer: nach Jahreszeit)", 0, 1),
    Variable("facade_green_fraction", GRID, "float32", "1", "green share of a building's walls", "begrünter Anteil der Fassaden eines Gebäudes", 0, 1),
    Variable("wall_albedo", GRID, "float32", "1", "albedo of a building's walls (empty: as assumed for all)", "Albedo der Fassaden eines Gebäudes (leer: wie für alle angenommen)", 0, 1),
    Variable("soil_wetness", GRID, "float32", "1", "soil wetness (0: dry, 1: wet; empty: as usual for the land cover)", "Bodenfeuchte (0: trocken, 1: nass; leer: wie für die Bodenbedeckung üblich)", 0, 1),
)
_WEATHER = (
    Variable("air_temperature", ("time",), "float64", "degC", "air temperature", "Lufttemperatur", -60, 60, "air_temperature"),
    Variable("relative_humidity", ("time",), "float64", "%", "relative humidity", "relative Feuchte", 0, 100, "relative_humidity"),
    Variable("wind_speed", ("time",), "float64", "m s-1", "wind speed 10 m above ground", "Windgeschwindigkeit in 10 m", 0, 80, "wind_speed"),
    Variable("global_irradiance", ("time",), "float64", "W m-2", "global horizontal irradiance", "Globalstrahlung", 0, 1500),
    Variable("direct_normal_irradiance", ("time",), "float64", "W m-2", "direct normal irradiance", "Direktstrahlung (normal)", 0, 1500),
    Variable("diffuse_irradiance", ("time",), "float64", "W m-2", "diffuse horizontal irradiance", "Diffusstrahlung", 0, 1500),
    Variable("longwave_irradiance", ("time",), "float64", "W m-2", "longwave irradiance from the sky", "langwellige Gegenstrahlung", 50, 700, "surface_downwelling_longwave_flux_in_air"),
    Variable("cloud_cover", ("time",), "float64", "1", "share of the sky covered by clouds", "Bedeckungsgrad", 0, 1, "cloud_area_fraction"),
    Variable("sunshine_fraction", ("time",), "float64", "1", "share of the step with sunshine", "Anteil mit Sonnenschein", 0, 1),
    Variable("dew_point_temperature", ("time",), "float64", "degC", "dew point temperature", "Taupunkttemperatur", -80, 50, "dew_point_temperature"),
    Variable("air_pressure", ("time",), "float64", "hPa", "air pressure at the station", "Luftdruck in Stationshöhe", 500, 1100, "surface_air_pressure"),
    Variable("wind_direction", ("time",), "float64", "degree", "direction the wind comes from, clockwise from north", "Windrichtung, im Uhrzeigersinn von Nord", 0, 360, "wind_from_direction"),
    Variable("rain_rate", ("time",), "float64", "m s-1", "rain rate", "Regenintensität", 0, 1e-3, "rainfall_rate"),
)
_HEAT = (
    Variable("sky_view_factor", GRID, "float32", "1", "sky view factor", "Himmelssichtfaktor", 0, 1),
    Variable("sunlit_fraction", HOURLY, "float32", "1", "share of direct sun that arrives", "Anteil der direkten Sonne", 0, 1),
    Variable("sunlit_hours", GRID, "float32", "h", "hours of direct sun", "Stunden mit direkter Sonne", 0, 8784),
    Variable("border_shade_hours", GRID, "float32", "h", "hours in which something beyond the border could cast shade here", "Stunden, in denen etwas jenseits des Randes hierher Schatten werfen könnte", 0, 8784),
    Variable("mean_radiant_temperature", HOURLY, "float32", "degC", "mean radiant temperature", "mittlere Strahlungstemperatur", -90, 120),
    Variable("mean_radiant_temperature_max", GRID, "float32", "degC", "highest mean radiant temperature of the day", "höchste mittlere Strahlungstemperatur des Tages", -90, 120),
    Variable("mean_radiant_temperature_mean", GRID, "float32", "degC", "mean radiant temperature, mean of the day", "mittlere Strahlungstemperatur, Tagesmittel", -90, 120),
    Variable("utci", HOURLY, "float32", "degC", "felt temperature (UTCI)", "gefühlte Temperatur (UTCI)", -120, 90),
    Variable("utci_max", GRID, "float32", "degC", "highest felt temperature of the day (UTCI)", "höchste gefühlte Temperatur des Tages (UTCI)", -120, 90),
    Variable("utci_mean", GRID, "float32", "degC", "felt temperature, mean of the day (UTCI)", "gefühlte Temperatur, Tagesmittel (UTCI)", -120, 90),
    Variable("utci_degree_hours", GRID, "float32", "K h", "degree hours above 32 °C (UTCI)", "Gradstunden über 32 °C (UTCI)", 0),
    Variable("pet", HOURLY, "float32", "degC", "physiologically equivalent temperature (PET, VDI 3787)", "physiologisch äquivalente Temperatur (PET, VDI 3787)", -60, 90),
    Variable("pet_max", GRID, "float32", "degC", "highest physiologically equivalent temperature (PET, VDI 3787)", "Tageshöchstwert: physiologisch äquivalente Temperatur (PET, VDI 3787)", -60, 90),
    Variable("pet_mean", GRID, "float32", "degC", "physiologically equivalent temperature (PET, VDI 3787), mean of the day", "physiologisch äquivalente Temperatur (PET, VDI 3787), Tagesmittel", -60, 90),
    Variable("pet_degree_hours", GRID, "float32", "K h", "degree hours above 35 °C (PET, VDI 3787)", "Gradstunden über 35 °C (PET, VDI 3787)", 0),
    Variable("pet_wg", HOURLY, "float32", "degC", "physiologically equivalent temperature (PET, Walther and Goestchel)", "physiologisch äquivalente Temperatur (PET, Walther und Goestchel)", -60, 90),
    Variable("pet_wg_max", GRID, "float32", "degC", "highest physiologically equivalent temperature (PET, Walther and Goestchel)", "Tageshöchstwert: physiologisch äquivalente Temperatur (PET, Walther und Goestchel)", -60, 90),
    Variable("pet_wg_mean", GRID, "float32", "degC", "physiologically equivalent temperature (PET, Walther and Goestchel), mean of the day", "physiologisch äquivalente Temperatur (PET, Walther und Goestchel), Tagesmittel", -60, 90),
    Variable("pet_wg_degree_hours", GRID, "float32", "K h", "degree hours above 35 °C (PET, Walther & Goestchel)", "Gradstunden über 35 °C (PET, Walther & Goestchel)", 0),
    Variable("perceived_temperature", HOURLY, "float32", "degC", "perceived temperature (VDI 3787-2)", "gefühlte Temperatur (VDI 3787-2)", -90, 90),
    Variable("perceived_temperature_max", GRID, "float32", "degC", "highest perceived temperature (VDI 3787-2)", "Tageshöchstwert: gefühlte Temperatur (VDI 3787-2)", -90, 90),
    Variable("perceived_temperature_mean", GRID, "float32", "degC", "perceived temperature (VDI 3787-2), mean of the day", "gefühlte Temperatur (VDI 3787-2), Tagesmittel", -90, 90),
    Variable("perceived_temperature_degree_hours", GRID, "float32", "K h", "degree hours above 32 °C (PT)", "Gradstunden über 32 °C (PT)", 0),
    Variable("wbgt", HOURLY, "float32", "degC", "wet bulb globe temperature (WBGT)", "Feuchtkugel-Globe-Temperatur (WBGT)", -60, 70),
    Variable("wbgt_max", GRID, "float32", "degC", "highest wet bulb globe temperature (WBGT)", "Tageshöchstwert: Feuchtkugel-Globe-Temperatur (WBGT)", -60, 70),
    Variable("wbgt_mean", GRID, "float32", "degC", "wet bulb globe temperature (WBGT), mean of the day", "Feuchtkugel-Globe-Temperatur (WBGT), Tagesmittel", -60, 70),
    Variable("moderate_heat_stress_duration", GRID, "float32", "h", "hours of moderate heat stress (UTCI above 26 °C)", "Stunden mit mäßiger Wärmebelastung (UTCI über 26 °C)", 0, 8784),
    Variable("strong_heat_stress_duration", GRID, "float32", "h", "hours of strong heat stress (UTCI above 32 °C)", "Stunden mit starker Wärmebelastung (UTCI über 32 °C)", 0, 8784),
    Variable("very_strong_heat_stress_duration", GRID, "float32", "h", "hours of very strong heat stress (UTCI above 38 °C)", "Stunden mit sehr starker Wärmebelastung (UTCI über 38 °C)", 0, 8784),
    Variable("extreme_heat_stress_duration", GRID, "float32", "h", "hours of extreme heat stress (UTCI above 46 °C)", "Stunden mit extremer Wärmebelastung (UTCI über 46 °C)", 0, 8784),
    Variable("pet_moderate_heat_stress_duration", GRID, "float32", "h", "hours of moderate heat stress (PET, VDI 3787 above 29 °C)", "Stunden mit mäßiger Wärmebelastung (PET, VDI 3787 über 29 °C)", 0, 8784),
    Variable("pet_strong_heat_stress_duration", GRID, "float32", "h", "hours of strong heat stress (PET, VDI 3787 above 35 °C)", "Stunden mit starker Wärmebelastung (PET, VDI 3787 über 35 °C)", 0, 8784),
    Variable("pet_extreme_heat_stress_duration", GRID, "float32", "h", "hours of extreme heat stress (PET, VDI 3787 above 41 °C)", "Stunden mit extremer Wärmebelastung (PET, VDI 3787 über 41 °C)", 0, 8784),
    Variable("pet_wg_moderate_heat_stress_duration", GRID, "float32", "h", "hours of moderate heat stress (PET, Walther & Goestchel above 29 °C)", "Stunden mit mäßiger Wärmebelastung (PET, Walther & Goestchel über 29 °C)", 0, 8784),
    Variable("pet_wg_strong_heat_stress_duration", GRID, "float32", "h", "hours of strong heat stress (PET, Walther & Goestchel above 35 °C)", "Stunden mit starker Wärmebelastung (PET, Walther & Goestchel über 35 °C)", 0, 8784),
    Variable("pet_wg_extreme_heat_stress_duration", GRID, "float32", "h", "hours of extreme heat stress (PET, Walther & Goestchel above 41 °C)", "Stunden mit extremer Wärmebelastung (PET, Walther & Goestchel über 41 °C)", 0, 8784),
    Variable("perceived_temperature_moderate_heat_stress_duration", GRID, "float32", "h", "hours of moderate heat stress (PT above 26 °C)", "Stunden mit mäßiger Wärmebelastung (PT über 26 °C)", 0, 8784),
    Variable("perceived_temperature_strong_heat_stress_duration", GRID, "float32", "h", "hours of strong heat stress (PT above 32 °C)", "Stunden mit starker Wärmebelastung (PT über 32 °C)", 0, 8784),
    Variable("perceived_temperature_extreme_heat_stress_duration", GRID, "float32", "h", "hours of extreme heat stress (PT above 38 °C)", "Stunden mit extremer Wärmebelastung (PT über 38 °C)", 0, 8784),
    Variable("facade_irradiation", GRID, "float32", "kWh m-2", "solar energy on the wall, mean over its height", "Sonnenenergie auf der Fassade, Mittel über die Höhe", 0),
    Variable("roof_irradiation", GRID, "float32", "kWh m-2", "solar energy on the roof", "Sonnenenergie auf dem Dach", 0),
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
