"""What a reader of results must know about ground, canopy, land cover and roads, in English and German."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.building_caveats import percent
from twin.city.city import Caveat
from twin.city.gridspec import GridSpec
from twin.city.land_cover import YARD_SEALED, LandCover
from twin.city.terrain import COARSE, GridField
from twin.city.trees import CROWN_BASE_SHARE, SMALLEST_CANOPY, WOOD_HEIGHT

if TYPE_CHECKING:
    import xarray as xr

    from twin.geometry.records import OsmData


def about_terrain(field: GridField, spec: GridSpec | None = None) -> list[Caveat]:
    """Say that terrain is coarse or has gaps; on a grid also where they lie.

    Examples
    --------
    >>> fine = GridField(np.zeros((2, 2)), "copied", 1.0)
    >>> about_terrain(fine)
    []
    """
    found = []
    if field.spacing > COARSE:
        found.append(
            Caveat(
                "terrain",
                f"The terrain has one posting every {field.spacing:.0f} m: kerbs, ditches, walls and streets are not "
                "in it, and its heights are uncertain by metres. Water depths are a screening.",
                f"Das Gelände hat nur alle {field.spacing:.0f} m einen Stützpunkt: Borde, Gräben, Mauern und Straßen "
                "fehlen, die Höhen sind auf Meter unsicher. Wassertiefen sind eine Grobprüfung.",
            )
        )
    gaps = float(np.isnan(field.values).mean())
    if gaps > 0:
        place_en = place_de = ""
        if spec is not None:
            rows, columns = np.nonzero(np.isnan(field.values))
            half = spec.resolution / 2
            west, east = spec.x[columns.min()] - half, spec.x[columns.max()] + half
            south, north = spec.y[rows.max()] - half, spec.y[rows.min()] + half
            place_en = f", within E {west:.0f} to {east:.0f}, N {south:.0f} to {north:.0f}"
            place_de = f", innerhalb von E {west:.0f} bis {east:.0f}, N {south:.0f} bis {north:.0f}"
        found.append(
            Caveat(
                "terrain",
                f"The terrain does not cover {gaps:.1%} of the grid{place_en}; these cells are left empty, unless "
                "fill_terrain says up to which distance to fill them.",
                f"Das Gelände fehlt auf {percent(gaps, 1)} des Rasters{place_de}; diese Zellen bleiben leer, "
                "solange fill_terrain nicht angibt, bis zu welchem Abstand sie zu füllen sind.",
            )
        )
    return found


def about_terrain_fill(share: float, distance: float) -> list[Caveat]:
    """Say how much of the terrain was filled on request.

    Examples
    --------
    >>> about_terrain_fill(0.0, 50.0), about_terrain_fill(0.125, 50.0)[0].topic
    ([], 'terrain')
    """
    if share == 0:
        return []
    return [
        Caveat(
            "terrain",
            f"Gaps of the terrain ({share:.1%} of the grid) are filled by interpolation, up to {distance:g} m from "
            "known ground.",
            f"Lücken des Geländes ({percent(share, 1)} des Rasters) sind bis {distance:g} m Abstand von bekanntem "
            "Boden durch Interpolation gefüllt.",
        )
    ]


def about_model_terrain(terrain: xr.DataArray) -> list[Caveat]:
    """Say that terrain comes from a city model, as `terrain_from_model` and `terrain_from_buildings` mark it.

    Examples
    --------
    >>> import xarray as xr
    >>> about_model_terrain(xr.DataArray([1.0]))
    []
    """
    if "city_model" not in terrain.attrs:
        return []
    share = float(terrain.attrs["filled_share"])
    if terrain.attrs["city_model"] == "buildings":
        return [
            Caveat(
                "terrain",
                f"Terrain from the ground surfaces of buildings, not from an elevation model; {share:.0%} of the grid "
                "is interpolated between them. In one Berlin quarter such terrain lies 0.3 m too low in the median "
                "under buildings, in places 2.6 m; streets, kerbs and ditches are not in it.",
                f"Gelände aus den Bodenflächen der Gebäude, nicht aus einem Geländemodell; {percent(share)} des "
                "Rasters sind dazwischen interpoliert. In einem Berliner Viertel liegt solches Gelände unter Gebäuden "
                "im Median 0,3 m zu tief, stellenweise 2,6 m; Straßen, Borde und Gräben fehlen.",
            )
        ]
    english, german = "its relief", "dessen Relief"
    if terrain.attrs["city_model"] != "relief":
        english, german = "its roads, land use and waters", "dessen Straßen, Landnutzung und Gewässer"
    return [
        Caveat(
            "terrain",
            f"Terrain from the city model ({english}), not from an elevation model; {share:.0%} of the grid, as "
            "under buildings, takes the nearest ground. Kerbs and ditches may be missing.",
            f"Gelände aus dem Stadtmodell ({german}), nicht aus einem Geländemodell; {100 * share:.0f} % des "
            "Rasters, etwa unter Gebäuden, haben die Höhe des nächsten Bodens. Borde und Gräben können fehlen.",
        )
    ]


def about_model_cover() -> list[Caveat]:
    """Say that land cover comes from the areas of a city model.

    Examples
    --------
    >>> [caveat.topic for caveat in about_model_cover()]
    ['land_cover']
    """
    return [
        Caveat(
            "land_cover",
            "Land cover comes from the surfaces of the city model; where they name no material, roads are taken "
            "as asphalt, land use and plants as grass.",
            "Die Bodenbedeckung stammt aus den Flächen des Stadtmodells; wo sie kein Material nennen, gelten "
            "Straßen als Asphalt, Landnutzung und Bewuchs als Gras.",
        )
    ]


def about_trees(measured: bool, woods: int, cleared: int) -> list[Caveat]:
    """Say what the canopy was made from.

    Examples
    --------
    >>> about_trees(measured=False, woods=2, cleared=0)[0].text_de
    'Es gibt kein Baumkataster: Die meisten Einzelbäume fehlen, und die 2 Wälder sind mit 20 m Höhe angenommen.'
    """
    if measured:
        found = [
            Caveat(
                "trees",
                f"Crowns come from a raster of vegetation heights (from {SMALLEST_CANOPY:g} m up); the crown base is "
                f"assumed at {CROWN_BASE_SHARE:.0%} of the height.",
                f"Die Kronen stammen aus einem Raster der Vegetationshöhen (ab {SMALLEST_CANOPY:g} m); der "
                f"Kronenansatz ist mit {percent(CROWN_BASE_SHARE)} der Höhe angenommen.",
            )
        ]
        if cleared:
            found.append(
                Caveat(
                    "trees",
                    f"Vegetation on {cleared} roof cells is left out.",
                    f"Vegetation auf {cleared} Dachzellen ist weggelassen.",
                )
            )
        return found
    return [
        Caveat(
            "trees",
            "There is no tree cadastre: most single trees are missing"
            + (f", and the {woods} woods are assumed to be {WOOD_HEIGHT:g} m high." if woods else "."),
            "Es gibt kein Baumkataster: Die meisten Einzelbäume fehlen"
            + (f", und die {woods} Wälder sind mit {WOOD_HEIGHT:g} m Höhe angenommen." if woods else "."),
        )
    ]


def about_canopy_extent(missing: float) -> list[Caveat]:
    """Say that measured vegetation does not reach all of the grid.

    Examples
    --------
    >>> about_canopy_extent(0.0), about_canopy_extent(0.25)[0].topic
    ([], 'trees')
    """
    if missing == 0:
        return []
    return [
        Caveat(
            "trees",
            f"The raster of vegetation heights does not reach {missing:.1%} of the grid; that part is taken "
            "as treeless.",
            f"Das Raster der Vegetationshöhen fehlt auf {percent(missing, 1)} des Rasters; dieser Teil gilt als "
            "baumlos.",
        )
    ]


def about_land_cover(cover: LandCover | None, where_grass: float) -> list[Caveat]:
    """Say what is assumed about the ground.

    Examples
    --------
    >>> about_land_cover(None, where_grass=0.4)[1].text_de
    '40 % des Bodens sind nicht kartiert und als Gras angenommen.'
    """
    found = [
        Caveat(
            "land_cover",
            "There is no soil map: infiltration assumes loam at field capacity everywhere.",
            "Es gibt keine Bodenkarte: Die Versickerung nimmt überall Lehm bei Feldkapazität an.",
        )
    ]
    if where_grass > 0.01:
        found.append(
            Caveat(
                "land_cover",
                f"{where_grass:.0%} of the ground carries no mapped land cover and is taken as grass.",
                f"{percent(where_grass)} des Bodens sind nicht kartiert und als Gras angenommen.",
            )
        )
    if cover is not None and (cover.sealed_fraction == np.float32(YARD_SEALED)).any():
        found.append(
            Caveat(
                "land_cover",
                f"The open ground of residential areas is assumed to be sealed by {YARD_SEALED:.0%}.",
                f"Die Freiflächen in Wohngebieten sind mit {percent(YARD_SEALED)} Versiegelung angenommen.",
            )
        )
    return found


def about_land_use_layer(class_map: str) -> list[Caveat]:
    """Say that land cover comes from a layer of land use.

    Examples
    --------
    >>> about_land_use_layer("alkis")[0].topic
    'land_cover'
    """
    return [
        Caveat(
            "land_cover",
            f"Land cover is translated from land use (class map {class_map!r}); sealed shares of mixed uses are "
            "typical values, not measured.",
            f"Die Bodenbedeckung ist aus der Landnutzung übersetzt (Klassentabelle „{class_map}“); Versiegelungsgrade "
            "gemischter Nutzungen sind typische Werte, nicht gemessen.",
        )
    ]


def about_roads(osm: OsmData | None, spec: GridSpec) -> list[Caveat]:
    """Say how much of the grid an extract of roads covers.

    Examples
    --------
    >>> about_roads(None, GridSpec(0, 10, 10.0, 1, 1, "EPSG:25832"))[0].topic
    'roads'
    """
    if osm is None:
        return [
            Caveat(
                "roads",
                "The city has no road network; traffic cannot be modelled.",
                "Die Stadt hat kein Straßennetz; Verkehr kann nicht gerechnet werden.",
            )
        ]
    share = _covered(osm, spec)
    if share is None or share > 0.995:
        return []
    return [
        Caveat(
            "roads",
            f"The OpenStreetMap extract declares a box that covers {share:.0%} of the grid: roads and land use are "
            "incomplete.",
            f"Der OpenStreetMap-Auszug umfasst {percent(share)} des Rasters: Straßen und Landnutzung sind "
            "unvollständig.",
        )
    ]


def _covered(osm: OsmData, spec: GridSpec) -> float | None:
    if osm.bounds is None:
        return None
    import shapely
    from pyproj import Transformer

    to_grid = Transformer.from_crs("EPSG:4326", spec.crs, always_xy=True)
    west, south, east, north = osm.bounds
    box = shapely.segmentize(shapely.box(west, south, east, north), max(1e-4, (east - west) / 50))
    x, y = to_grid.transform(*shapely.get_coordinates(box).T)
    area = shapely.intersection(shapely.Polygon(np.column_stack([x, y])), shapely.box(*spec.bounds)).area
    return float(area / (spec.cell_area * spec.rows * spec.columns))
