"""A tree cadastre in several files: what is joined, what counts once, what is refused. All tables are synthetic."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from twin.errors import DataError, InputError
from twin.geometry import ReadReport, TreeRecords, read_trees
from twin.geometry.tree_join import SAME_PLACE, join_trees

E, N = 389000.0, 5819000.0
BERLIN = "gisid;x;y;baumhoehe;kronedurch;stammumfg;art_bot\n"
STREETS = BERLIN + "s1;389000;5819000;12;8;100;Tilia cordata\ns2;389010;5819000;14;9;110;Acer platanoides\n"
PARKS = BERLIN + "p1;389020;5819000;20;12;200;Quercus robur\n"
KOELN = "X_Koordina;Y_Koordina;KRONE;HöHE\n389030;5819000;bis 5 m;10-15 m\n"


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write(tmp_path / "town", streets=STREETS, parks=PARKS)


def ids(records: TreeRecords) -> list[str]:
    return records.trees["id"].tolist()


def table(rows: list[tuple[str, float, float, str]]) -> str:
    return BERLIN + "".join(f"{name};{E + x!r};{N + y!r};12;8;;{kind}\n" for name, x, y, kind in rows)


def test_street_and_park_trees_are_one_cadastre(town) -> None:
    records = read_trees([town / "streets.csv", town / "parks.csv"], crs=25833)
    assert ids(records) == ["s1", "s2", "p1"]
    assert records.trees.height.tolist() == [12.0, 14.0, 20.0]
    assert records.crs.to_epsg() == 25833 == records.trees.crs.to_epsg()
    assert (records.report.found, records.report.used) == (3, 3)
    assert records.report.source == f"{town / 'streets.csv'}, {town / 'parks.csv'}"
    assert records.layout == "berlin"


def test_a_folder_a_pattern_and_an_archive_give_what_a_list_gives(town) -> None:
    with zipfile.ZipFile(town.parent / "trees.zip", "w") as archive:
        archive.writestr("2025/parks.csv", PARKS)
        archive.writestr("2025/streets.csv", STREETS)
        archive.writestr("liesmich.txt", "dl-de/by-2.0")
    listed = read_trees([town / "parks.csv", town / "streets.csv"], crs=25833)
    forms = [town, town / "*.csv", town.parent / "trees.zip", town.parent / "trees.zip" / "2025" / "*.csv"]
    forms += [str(forms[1]), [town / "parks.csv", town.parent / "trees.zip" / "2025" / "streets.csv"]]  # type: ignore[list-item]
    for form in forms:
        records = read_trees(form, crs=25833)
        assert records.trees.equals(listed.trees), form
    assert (
        read_trees(town.parent / "trees.zip", crs=25833).report.notes[0] == "liesmich.txt: text beside tables, not read"
    )
    assert ids(read_trees(town.parent / "trees.zip" / "2025" / "parks.csv", crs=25833)) == ["p1"]


def test_a_list_of_one_file_is_that_file(town) -> None:
    one, listed = read_trees(town / "streets.csv", crs=25833), read_trees([town / "streets.csv"], crs=25833)
    assert listed.trees.equals(one.trees)
    assert listed.report == one.report


def test_every_file_is_read_by_its_own_layout(town) -> None:
    (town / "west.csv").write_bytes(KOELN.encode("cp1252"))
    records = read_trees([town / "streets.csv", town / "west.csv"], crs=25833)
    assert records.layout == "berlin, koeln"
    assert records.trees.height_source.tolist() == ["measured", "measured", "class"]
    assert ids(records) == ["s1", "s2", "west.csv row 2"]
    assert any(note.startswith("west.csv: ") and "Windows-1252" in note for note in records.report.notes)


def test_vector_layers_and_tables_join_where_their_crs_is_one(town) -> None:
    halle = {"hoehe_m": [10.0], "krone_m": [5.0]}
    gpd.GeoDataFrame(halle, geometry=gpd.points_from_xy([E + 50], [N]), crs=25833).to_file(town / "wood.gpkg")
    records = read_trees(town, crs=25833)  # the tables name none
    assert records.layout == "berlin, halle"
    assert sorted(records.trees.geometry.x - E) == [0, 10, 20, 50]


def test_the_same_tree_in_two_files_counts_once_and_is_told(tmp_path) -> None:
    folder = write(
        tmp_path,
        a=table([("1", 0, 0, "Tilia"), ("2", 10, 0, "Acer"), ("3", 20, 0, "Quercus"), ("4", 30, 0, "")]),
        b=table(
            [
                ("1", 0.05, 0, "Tilia x europaea"),  # same id and place: renamed since
                ("x2", 10, 0.09, "  ACER "),  # another number, same species and place
                ("x3", 20, 0.05, "Fagus"),  # another tree
                ("x4", 30, 0.05, "Betula"),  # its species is not known in the first
                ("1", 40, 0, "Tilia"),  # the number of another tree
                ("x5", 10, 0.11, "Acer"),  # too far to be the same
            ]
        ),
    )
    records = read_trees([folder / "a.csv", folder / "b.csv"], crs=25833)
    assert ids(records) == ["1", "2", "3", "4", "x3", "1", "x5"]
    (doubled,) = records.report.refused
    assert doubled.id == "b.csv: 3 trees"
    assert "earlier file" in doubled.reason
    assert "(first: 1)" in doubled.reason
    assert "1 trees stand within 0.1 m of one of another species in an earlier file; both count" in records.report.notes
    assert records.report.found == records.report.used + 3 == 10


def test_the_file_named_first_decides(tmp_path) -> None:
    folder = write(tmp_path, a=table([("1", 0, 0, "Tilia")]), b=table([("1", 0, 0, "Tilia")]).replace(";12;", ";15;"))
    heights = [
        read_trees([folder / one, folder / other], crs=25833).trees.height.tolist()
        for one, other in (("a.csv", "b.csv"), ("b.csv", "a.csv"))
    ]
    assert heights == [[12.0], [15.0]]


def test_trees_without_an_id_are_told_apart_by_their_file(tmp_path) -> None:
    head = "x;y;height;crown_diameter;species\n"
    folder = write(
        tmp_path,
        a=head + "389000;5819000;12;8;Tilia\n",
        b=head + "389000.05;5819000;12;8;Acer\n389009;5819000;12;8;Acer\n389009;5819000;0;8;Acer\n",
    )
    records = read_trees(folder, crs=25833)
    assert ids(records) == ["a.csv row 2", "b.csv row 2", "b.csv row 3"]  # two rows of one number are not one id
    assert [entry.id for entry in records.report.refused] == ["b.csv: 1 trees"]


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path) -> None:
    head = "x;y;height;crown_diameter\n"
    places = [write(tmp_path / name, trees=f"{head}{389000 + 9 * at};5819000;12;8\n") for at, name in enumerate("ab")]
    found = ids(read_trees([place / "trees.csv" for place in places], crs=25833))
    assert found == [f"{(place / 'trees.csv').as_posix()} row 2" for place in places]


def test_a_file_named_twice_is_read_once(town) -> None:
    records = read_trees([town / "streets.csv", town, town / ".." / "town" / "parks.csv"], crs=25833)
    assert ids(records) == ["s1", "s2", "p1"]
    assert records.report.notes == ("2 files are named twice and read once",)
    assert records.report.refused == ()


def test_degrees_are_compared_in_metres(tmp_path) -> None:
    lon, lat = Transformer.from_crs(25833, 4326, always_xy=True).transform([E, E + 0.08, E + 0.12], [N, N, N])
    head = "lon;lat;height;crown_diameter;species\n"
    rows = [f"{a:.9f};{b:.9f};12;8;Tilia\n" for a, b in zip(lon, lat, strict=True)]
    folder = write(tmp_path, a=head + rows[0], b=head + rows[1], c=head + rows[2])
    assert len(read_trees([folder / "a.csv", folder / "b.csv"]).trees) == 1
    assert len(read_trees([folder / "a.csv", folder / "c.csv"]).trees) == 2


def test_files_in_different_crs_are_refused_with_the_way_out(tmp_path, town) -> None:
    point = gpd.GeoDataFrame({"hoehe_m": [10.0], "krone_m": [5.0]}, geometry=gpd.points_from_xy([E], [N]), crs=25833)
    point.to_file(tmp_path / "a.gpkg")
    point.to_crs(25832).to_file(tmp_path / "b.gpkg")
    with pytest.raises(DataError, match=r"a\.gpkg is in .*33N, but .*b\.gpkg in .*32N; .*transform one of them, or"):
        read_trees([tmp_path / "a.gpkg", tmp_path / "b.gpkg"])
    (tmp_path / "c.csv").write_text("lon;lat;height;crown_diameter\n13.37;52.5;12;8\n")
    with pytest.raises(DataError, match=r"a\.gpkg is in .*33N, but .*c\.csv in WGS 84; .*give crs="):
        read_trees([tmp_path / "a.gpkg", tmp_path / "c.csv"])
    with pytest.raises(DataError, match=r"parks\.csv names no CRS; give it: crs="):
        read_trees([tmp_path / "a.gpkg", town / "parks.csv"])


def test_a_crs_given_against_the_file_is_told(tmp_path) -> None:
    frame = gpd.GeoDataFrame({"hoehe_m": [10.0], "krone_m": [5.0]}, geometry=gpd.points_from_xy([E], [N]), crs=25832)
    frame.to_file(tmp_path / "a.gpkg")
    records = read_trees(tmp_path / "a.gpkg", crs=25833)
    assert records.crs.to_epsg() == 25833
    assert any("the file names the CRS ETRS89 / UTM zone 32N; " in note for note in records.report.notes)


def test_bounds_may_leave_a_whole_file_out(town) -> None:
    records = read_trees(town, crs=25833, bounds=(E - 1, N - 1, E + 5, N + 1))
    assert ids(records) == ["s1"]
    left = [note for note in records.report.notes if "outside the bounds" in note]
    assert left == [f"{name}.csv: 1 trees lie outside the bounds and are left out" for name in ("parks", "streets")]
    with pytest.raises(DataError, match=r"parks\.csv, .*streets\.csv: none of their 3 trees lies in the bounds"):
        read_trees(town, crs=25833, bounds=(E, N + 50, E + 5, N + 60))


def test_one_bad_file_of_several_is_named(town) -> None:
    (town / "zoo.csv").write_text("name;alter\nElefant;30\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"zoo\.csv"):
        read_trees(town, crs=25833)
    (town / "zoo.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"zoo\.csv is empty"):
        read_trees(town, crs=25833)


@pytest.mark.parametrize(
    ("form", "message"),
    [("nothing", "folder without a file ending in"), ("*.gpkg", "no file has such a name"), ("no.csv", "not exist")],
)
def test_what_leads_to_no_file_is_refused(town, form, message) -> None:
    (town / "nothing").mkdir()
    with pytest.raises(DataError, match=message):
        read_trees(town / form, crs=25833)


def test_an_empty_list_and_an_archive_without_trees_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="list of files is empty"):
        read_trees([])
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("plan.pdf", "%PDF")
    with pytest.raises(DataError, match=r"holds plan\.pdf; a table of trees"):
        read_trees(tmp_path / "t.zip")
    with pytest.raises(DataError, match="no file has such a name"):
        read_trees(tmp_path / "t.zip" / "*.csv")


def test_sidecars_of_shapefiles_and_packed_tables_need_no_care(tmp_path) -> None:
    frame = gpd.GeoDataFrame(
        {"hoehe_m": [10.0], "krone_m": [5.0]}, geometry=gpd.points_from_xy([E + 50], [N]), crs=25833
    )
    frame.to_file(tmp_path / "baeume_park.shp")
    with gzip.open(tmp_path / "baeume_strasse.csv.gz", "wt") as file:
        file.write(STREETS)
    assert len(read_trees(tmp_path / "baeume*", crs=25833).trees) == 3
    assert len(read_trees(tmp_path, crs=25833).trees) == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.04, 0.3, 5.0]), st.sampled_from(["", "A", "B"])),
             min_size=1, max_size=14),
    st.integers(1, 4),
)  # fmt: skip
def test_joining_agrees_with_comparing_every_pair(rows, files) -> None:
    """Against the definition, written out: each tree of each file with all that count of earlier files."""
    parts, counted, shared = [], [], 0
    for number in range(files):
        mine = rows[number::files]
        trees = gpd.GeoDataFrame(
            {"id": [str(name) for name, *_ in mine], "species": [kind for *_, kind in mine]},
            geometry=gpd.points_from_xy([E + x for _, x, _ in mine], [N] * len(mine)),
            crs=25833,
        )
        parts.append(TreeRecords(trees, trees.crs, "plain", ReadReport(f"{number}.csv", len(mine), len(mine))))
        kept = [
            tree for tree in mine
            if not any(
                abs(tree[1] - other[1]) <= SAME_PLACE and (tree[0] == other[0] or len({tree[2], other[2]} - {""}) < 2)
                for other in counted
            )
        ]  # fmt: skip
        shared += len(mine) - len(kept)
        counted += kept
    joined = join_trees([Path(f"{number}.csv") for number in range(files)], parts)
    found = zip(joined.trees["id"], np.round(joined.trees.geometry.x - E, 2), joined.trees["species"], strict=True)
    assert [(int(name), x, kind) for name, x, kind in found] == counted
    assert joined.report.found - joined.report.used == shared
