"""What a planner can do to a city. Each measure is frozen data whose `apply` turns a city into a changed copy.

measure.py    what all measures have in common
trees.py      `plant_trees`
unsealing.py  `unseal`
building.py   `add_building`
mesh.py       `mesh_building`
planned.py    `planned_buildings`; planned_ground.py what they do to the grid
streets.py    `close_road`, `set_speed`
"""

from twin.scenario.measures.building import AddBuilding, add_building
from twin.scenario.measures.measure import Measure
from twin.scenario.measures.mesh import MeshBuilding, mesh_building
from twin.scenario.measures.planned import PlannedBuildings, planned_buildings
from twin.scenario.measures.streets import CloseRoad, SetSpeed, close_road, set_speed
from twin.scenario.measures.trees import PlantTrees, plant_trees
from twin.scenario.measures.unsealing import Unseal, unseal

__all__ = [
    "AddBuilding",
    "CloseRoad",
    "Measure",
    "MeshBuilding",
    "PlannedBuildings",
    "PlantTrees",
    "SetSpeed",
    "Unseal",
    "add_building",
    "close_road",
    "mesh_building",
    "planned_buildings",
    "plant_trees",
    "set_speed",
    "unseal",
]
