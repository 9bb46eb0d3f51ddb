"""Two directions of a road are one section; two arms between the same junctions are two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.compare.streets import section_of_link, sections, street_flows


def test_both_directions_are_one_section(village):
    assert len(sections(village.network)) == 6
    section = section_of_link(village.network)
    assert section["a+"] == section["a-"]


def test_two_arms_of_a_loop_are_two_sections(village):
    links = village.network.links.copy()
    arm = links.loc[["d+", "d-"]].assign(length=links.loc["d+", "length"] + 40.0)
    arm.index = ["d2+", "d2-"]
    network = replace(village.network, links=pd.concat([links, arm]))
    section = section_of_link(network)
    assert section["d2+"] == section["d2-"]
    assert section["d2+"] != section["d+"]


def test_a_streets_mean_flow_weighs_sections_by_length(village, results):
    flows = street_flows(results["traffic"](village, 100.0), village)
    main = village.network.links.loc[["a+", "b+", "c+"], "length"].to_numpy()
    both = 2.0 * np.array([600.0, 500.0, 600.0])
    assert np.isclose(flows.loc["Hauptstraße", "road_flow"], (both * main).sum() / main.sum(), rtol=1e-12)
