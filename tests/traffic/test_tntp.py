"""Reading TNTP files, also broken ones."""

from __future__ import annotations

import pytest

from twin.errors import DataError
from twin.traffic import read_tntp_demand, read_tntp_network

HEAD = "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 3\n<FIRST THRU NODE> 3\n<NUMBER OF LINKS> 2\n<END OF METADATA>\n"
LINKS = "~ init term cap length time b power speed toll type ;\n1 3 900 2 5 0.15 4 0 7 1 ;\n"
LINKS += "3\t2\t800\t1\t6\t1\t1\t0\t0\t1\t;\n"


def write(folder, text):
    path = folder / "case.tntp"
    path.write_text(text)
    return path


def test_links_costs_and_centroids_are_read(tmp_path):
    graph = read_tntp_network(write(tmp_path, HEAD + LINKS), toll_factor=0.1, distance_factor=2.0)
    assert graph.capacity.tolist() == [900.0, 800.0]
    assert graph.fixed_cost.tolist() == pytest.approx([0.1 * 7 + 2.0 * 2, 2.0])
    assert graph.power.tolist() == [4.0, 1.0]
    assert graph.source[1] != graph.sink[1]  # node 2 is a centroid: trips end there and none passes
    assert graph.source[2] == graph.sink[2]


def test_demand_is_read_over_lines_and_semicolons(tmp_path):
    text = "<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 4.5\n<END OF METADATA>\n\n"
    text += "Origin 1\n1 : 1.0; 2 : 2.5;\nOrigin  2\n  1 : 1;\n"
    assert read_tntp_demand(write(tmp_path, text)).values.tolist() == [[1.0, 2.5], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no <END OF METADATA>"),
        (HEAD + LINKS.rsplit("3\t2", 1)[0], "holds 1 links and declares 2"),
        (HEAD + LINKS.replace("900", "abc"), "cannot be read"),
        (HEAD.replace("<FIRST THRU NODE> 3\n", "") + LINKS, "does not declare <FIRST THRU NODE>"),
    ],
)
def test_broken_networks_are_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_tntp_network(write(tmp_path, text))


@pytest.mark.parametrize(
    ("body", "message"),
    [("Origin 1\n 5 : 1.0;", "zones are 1 to 2"), ("Origin 1\n 2 : 1.0;", "holds 1 trips and declares 4")],
)
def test_broken_demand_is_refused(tmp_path, body, message):
    with pytest.raises(DataError, match=message):
        read_tntp_demand(write(tmp_path, f"<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 4\n<END OF METADATA>\n{body}"))
