"""Traffic: demand from buildings, and the user equilibrium of drivers on the road network."""

from twin.traffic.assignment import assign
from twin.traffic.balancing import balance
from twin.traffic.demand import gravity_demand
from twin.traffic.equilibrium import Equilibrium, Routes, user_equilibrium
from twin.traffic.graph import Graph, graph_from_arrays, graph_from_network
from twin.traffic.select_link import select_link
from twin.traffic.skims import travel_costs
from twin.traffic.tntp import read_tntp_demand, read_tntp_network

__all__ = [
    "Equilibrium",
    "Graph",
    "Routes",
    "assign",
    "balance",
    "graph_from_arrays",
    "graph_from_network",
    "gravity_demand",
    "read_tntp_demand",
    "read_tntp_network",
    "select_link",
    "travel_costs",
    "user_equilibrium",
]
