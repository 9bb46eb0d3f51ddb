"""What a planner can do to a city. Each measure is frozen data whose `apply` turns a city into a changed copy.

measure.py         what all measures have in common
trees.py           `plant_trees`; tree_growth.py how large they are after some years
felling.py         `remove_trees`
unsealing.py       `unseal`; ground.py which cells of an area a measure may touch
irrigation.py      `irrigate`
water_surface.py   `water_surface`
shade_sail.py      `shade_sail`
light_surfaces.py  `lighten`: pavements, roofs and walls
green_roof.py      `green_roof`
facades.py         `facade_greening`; chosen_buildings.py which buildings are meant
building.py        `add_building`
mesh.py            `mesh_building`
planned.py         `planned_buildings`; planned_ground.py what they do to the grid
removal.py         `remove_buildings`
streets.py         `close_road`, `set_speed`
"""

from twin.scenario.measures.building import AddBuilding, add_building
from twin.scenario.measures.facades import FacadeGreening, facade_greening
from twin.scenario.measures.felling import RemoveTrees, remove_trees
from twin.scenario.measures.green_roof import GreenRoof, green_roof
from twin.scenario.measures.irrigation import Irrigate, irrigate
from twin.scenario.measures.light_surfaces import Lighten, lighten
from twin.scenario.measures.measure import Measure
from twin.scenario.measures.mesh import MeshBuilding, mesh_building
from twin.scenario.measures.planned import PlannedBuildings, planned_buildings
from twin.scenario.measures.removal import RemoveBuildings, remove_buildings
from twin.scenario.measures.shade_sail import ShadeSail, shade_sail
from twin.scenario.measures.streets import CloseRoad, SetSpeed, close_road, set_speed
from twin.scenario.measures.tree_growth import TreeSize, tree_size
from twin.scenario.measures.trees import PlantTrees, plant_trees
from twin.scenario.measures.unsealing import Unseal, unseal
from twin.scenario.measures.water_surface import WaterSurface, water_surface

__all__ = [
    "AddBuilding",
    "CloseRoad",
    "FacadeGreening",
    "GreenRoof",
    "Irrigate",
    "Lighten",
    "Measure",
    "MeshBuilding",
    "PlannedBuildings",
    "PlantTrees",
    "RemoveBuildings",
    "RemoveTrees",
    "SetSpeed",
    "ShadeSail",
    "TreeSize",
    "Unseal",
    "WaterSurface",
    "add_building",
    "close_road",
    "facade_greening",
    "green_roof",
    "irrigate",
    "lighten",
    "mesh_building",
    "planned_buildings",
    "plant_trees",
    "remove_buildings",
    "remove_trees",
    "set_speed",
    "shade_sail",
    "tree_size",
    "unseal",
    "water_surface",
]
