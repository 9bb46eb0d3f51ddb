"""Heat in the open: shade, sky view, mean radiant temperature and felt temperature (UTCI) on a city's grid."""

from twin.heat.facades import facade_irradiation, facades_by
from twin.heat.model import simulate
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.perceived_temperature import perceived_temperature
from twin.heat.pet import Person, pet, pet_wg
from twin.heat.radiation import mean_radiant_temperature
from twin.heat.rerun import HeatRun, prepare, rerun
from twin.heat.roof_solar import roof_solar_potential, roof_yield
from twin.heat.shade import sample_positions, sunlight
from twin.heat.solweig_physics import solweig_like
from twin.heat.stations import radiation_fluxes
from twin.heat.tree_placement import Placement, place_trees
from twin.heat.utci import utci
from twin.heat.views import look_around, sky_view_factor
from twin.heat.wbgt import wbgt

__all__ = [
    "HeatRun",
    "Obstacles",
    "Person",
    "Placement",
    "facade_irradiation",
    "facades_by",
    "look_around",
    "make_obstacles",
    "mean_radiant_temperature",
    "perceived_temperature",
    "pet",
    "pet_wg",
    "place_trees",
    "prepare",
    "radiation_fluxes",
    "rerun",
    "roof_solar_potential",
    "roof_yield",
    "sample_positions",
    "simulate",
    "sky_view_factor",
    "solweig_like",
    "sunlight",
    "utci",
    "wbgt",
]
