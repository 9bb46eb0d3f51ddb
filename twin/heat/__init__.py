"""Heat in the open: shade, sky view, mean radiant temperature and felt temperature (UTCI) on a city's grid."""

from twin.heat.model import simulate
from twin.heat.obstacles import Obstacles, make_obstacles
from twin.heat.radiation import mean_radiant_temperature
from twin.heat.rerun import HeatRun, prepare, rerun
from twin.heat.shade import sample_positions, sunlight
from twin.heat.tree_placement import Placement, place_trees
from twin.heat.utci import utci
from twin.heat.views import look_around, sky_view_factor

__all__ = [
    "HeatRun",
    "Obstacles",
    "Placement",
    "look_around",
    "make_obstacles",
    "mean_radiant_temperature",
    "place_trees",
    "prepare",
    "rerun",
    "sample_positions",
    "simulate",
    "sky_view_factor",
    "sunlight",
    "utci",
]
