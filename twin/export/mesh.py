"""A city as a 3-D model (binary glTF), as viewers, game engines and Blender open it.

Shown is what the models see: the ground as a surface through the cell centres, buildings as the roof elevation of each
cell with walls between steps. Coordinates are metres from a local origin, x to the east, y up, z to the south; the
origin and the real CRS stand in the file, because 32-bit floats hold no centimetres at an easting of 4e5 m.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from twin import limits
from twin.atomic import replacing
from twin.city.gridspec import GridSpec, check_grid
from twin.city.surfaces import CODES
from twin.errors import DataError, InputError

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.compare.colour_scales import ColourScale

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_GROUND_COLOURS = {
    "asphalt": "#8a8a8d",
    "paving": "#a8a29a",
    "roof": "#b0a79f",
    "gravel": "#b9ad97",
    "bare_soil": "#a58a66",
    "grass": "#93b56b",
    "cropland": "#c6bf78",
    "shrub": "#7d9c58",
    "forest": "#567d46",
    "water": "#6f9fc8",
}
_UNKNOWN, _BUILDING = "#c8c8c8", "#d9d2c7"


def write_glb(city: City, path: str | os.PathLike[str], *, field: xr.DataArray | None = None) -> Path:
    """Write ground and buildings of a city as a binary glTF 2.0 file, with a result on the ground if one is given.

    Parameters
    ----------
    city : City
        With `ground_elevation`, `surface_elevation`, `building_id` and `land_cover` on its grid. Trees and roads are
        not written as bodies.
    path : path
        Ends in ``.glb``; an existing file is replaced.
    field : xr.DataArray, optional
        A map on the city's grid, (y, x), such as ``result.utci_max``; colours the ground as on the library's maps.
        Where it has no value, and without it, the ground has the colour of its land cover.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the path ends otherwise, the ground is nowhere known, or the map lies elsewhere than the city.
    MissingDataError
        If a variable is missing.
    LimitError
        If the grid has more cells than `twin.limits.MAX_MESH_CELLS`.
    DataError
        If the file cannot be written.

    Notes
    -----
    The scene's `extras` hold `crs` (WKT), `origin` (easting, northing, elevation in m of the local zero point),
    `attribution`, `caveats` and, with a map, its name, unit and the ends of its colour scale. Vertices of buildings
    carry `_BUILDING_ID`, the index of ``city.buildings``.

    References
    ----------
    Khronos Group (2021): glTF 2.0 specification, ISO/IEC 12113:2022.

    Examples
    --------
    >>> import json, tempfile
    >>> from twin.scenario.hamlet import hamlet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     content = write_glb(hamlet(), Path(folder) / "hamlet.glb").read_bytes()
    >>> tree = json.loads(content[20 : 20 + int.from_bytes(content[12:16], "little")])
    >>> [mesh["name"] for mesh in tree["meshes"]], tree["scenes"][0]["extras"]["origin"]
    (['ground', 'buildings'], [690080.0, 5539936.0, 318.0])
    """
    import trimesh
    from trimesh.exchange.gltf import export_glb

    target = Path(path)
    if target.suffix.lower() != ".glb":
        raise InputError(f"path is {str(target)!r}; a binary glTF file ends in .glb")
    grid = city.grid
    spec = check_grid(grid, ("ground_elevation", "surface_elevation", "building_id", "land_cover"))
    limits.check(spec.rows * spec.columns, "MAX_MESH_CELLS", f"the mesh has {spec.rows} x {spec.columns} cells")
    ground = np.asarray(grid["ground_elevation"].values, np.float64)
    if not np.isfinite(ground).any():
        raise InputError(f"ground_elevation of {city.name!r} is missing everywhere; there is no ground to write")
    xmin, ymin, xmax, ymax = spec.bounds
    origin = np.floor([(xmin + xmax) / 2, (ymin + ymax) / 2, np.nanmin(ground)])
    colours, legend = _ground_colours(grid["land_cover"].values, field, spec)

    scene = trimesh.Scene()
    vertices, faces, kept = ground_surface(ground, spec)
    scene.add_geometry(_mesh(vertices - origin, faces, colours.reshape(-1, 4)[kept]), "ground", "ground")
    vertices, faces, building = building_blocks(
        np.asarray(grid["surface_elevation"].values, np.float64), ground, grid["building_id"].values, spec
    )
    if len(faces):
        body = _mesh(vertices - origin, faces, np.broadcast_to(_linear(_BUILDING), (len(vertices), 4)))
        body.vertex_attributes["_BUILDING_ID"] = building.astype(np.float32)  # glTF knows no 32-bit integers here
        scene.add_geometry(body, "buildings", "buildings")

    attribution = "; ".join(dict.fromkeys(source.attribution for source in city.meta.sources if source.attribution))
    extras: dict[str, Any] = {
        "name": city.name,
        "crs": spec.crs.to_wkt(),
        "origin": origin.tolist(),
        "axes": "x east, y up, z south, metres from the origin",
        "attribution": attribution,
        "caveats": [caveat.text_en for caveat in city.meta.caveats],
        **legend,
    }

    def finish(tree: dict[str, Any]) -> None:
        from twin import __version__

        tree["asset"]["generator"] = f"urban-twin {__version__}"
        if attribution:
            tree["asset"]["copyright"] = attribution
        tree["scenes"][0]["extras"] = extras
        # without a material glTF takes bare metal, which viewers show nearly black
        matt = {"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0}, "doubleSided": True}
        tree["materials"] = [matt]
        for mesh in tree["meshes"]:
            for primitive in mesh["primitives"]:
                primitive["material"] = 0

    content = export_glb(  # type: ignore[no-untyped-call]
        scene, include_normals=False, tree_postprocessor=finish
    )
    try:
        with replacing(target) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error}") from error
    return target


def ground_surface(ground: Floats, spec: GridSpec) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Join the cell centres to triangles, two between four centres; cells without an elevation leave a hole.

    Parameters
    ----------
    ground : (rows, columns) float64
        Elevation, m; NaN where unknown.
    spec : GridSpec
        The grid.

    Returns
    -------
    vertices : (v, 3) float64
        Easting, northing, elevation, m.
    faces : (f, 3) int64
        Anticlockwise from above.
    kept : (v,) int64
        Flat index of each vertex's cell.

    Examples
    --------
    >>> flat = np.zeros((2, 3))
    >>> vertices, faces, kept = ground_surface(flat, GridSpec(0, 2, 1.0, 2, 3, "EPSG:25832"))
    >>> len(vertices), len(faces)
    (6, 4)
    """
    number = np.arange(ground.size).reshape(ground.shape)
    north_west, north_east = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    south_west, south_east = number[1:, :-1].ravel(), number[1:, 1:].ravel()
    faces = np.concatenate(
        [np.column_stack([north_west, south_west, south_east]), np.column_stack([north_west, south_east, north_east])]
    )
    faces = faces[np.isfinite(ground.ravel())[faces].all(axis=1)]
    kept = np.flatnonzero(np.isfinite(ground.ravel()))
    x, y = np.meshgrid(spec.x, spec.y)
    vertices = np.column_stack([x.ravel(), y.ravel(), ground.ravel()])[kept]
    return vertices, np.searchsorted(kept, faces), kept


def building_blocks(
    surface: Floats, ground: Floats, building_id: NDArray[np.integer[Any]], spec: GridSpec
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Raise every cell of a building to its roof, with walls down to lower neighbours and to the ground.

    Parameters
    ----------
    surface, ground : (rows, columns) float64
        Elevation of roofs and of the ground, m.
    building_id : (rows, columns) int
        0 where there is no building.
    spec : GridSpec
        The grid.

    Returns
    -------
    vertices : (v, 3) float64
        Easting, northing, elevation, m; each quadrilateral has its own four.
    faces : (f, 3) int64
        Anticlockwise from outside.
    building : (v,) int64
        Number of each vertex's building.

    Examples
    --------
    A cell 3 m high: one roof and four walls, two triangles each.

    >>> house, flat = np.full((1, 1), 3.0), np.zeros((1, 1))
    >>> len(building_blocks(house, flat, np.ones((1, 1), int), GridSpec(0, 1, 1.0, 1, 1, "EPSG:25832"))[1])
    10
    """
    roof = np.where((building_id > 0) & np.isfinite(surface), surface, np.nan)
    around = np.pad(roof, 1, constant_values=np.nan)
    below = np.pad(ground, 1, constant_values=np.nan)
    row, column = np.nonzero(np.isfinite(roof))
    top = roof[row, column]
    half = spec.resolution / 2
    x, y = spec.x[column], spec.y[row]
    corners = [_quads(x, y, [(-half, -half, top), (half, -half, top), (half, half, top), (-half, half, top)])]
    owners = [building_id[row, column]]
    for down, right in ((0, 1), (-1, 0), (0, -1), (1, 0)):
        beside = around[row + 1 + down, column + 1 + right]
        foot = np.fmin(ground[row, column], below[row + 1 + down, column + 1 + right])
        low = np.where(np.isfinite(beside), beside, foot)
        wall = low < top
        # along the edge with the outside on the right
        east, north = right * half, -down * half
        start, end = (east + north, north - east), (east - north, north + east)
        ring = [(*start, low[wall]), (*end, low[wall]), (*end, top[wall]), (*start, top[wall])]
        corners.append(_quads(x[wall], y[wall], ring))
        owners.append(building_id[row, column][wall])
    vertices = np.concatenate(corners)
    first = 4 * np.arange(len(vertices) // 4)[:, None]
    faces = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return vertices, faces, np.repeat(np.concatenate(owners), 4).astype(np.int64)


def _quads(x: Floats, y: Floats, ring: list[tuple[float, float, Floats]]) -> Floats:
    """Four vertices for each cell centre, offset to the east and north of it, with their elevations."""
    points = [np.column_stack([x + east, y + north, height]) for east, north, height in ring]
    return np.stack(points, axis=1).reshape(-1, 3)


def _mesh(local: Floats, faces: NDArray[np.int64], colours: Bytes) -> Any:
    import trimesh

    turned = np.column_stack([local[:, 0], local[:, 2], -local[:, 1]])  # glTF looks along -z and has y up
    return trimesh.Trimesh(turned, faces, vertex_colors=colours, process=False)


def _ground_colours(cover: Any, field: xr.DataArray | None, spec: GridSpec) -> tuple[Bytes, dict[str, Any]]:
    """Colour of each cell, (rows, columns, 4), and what a viewer needs to draw a legend."""
    table = np.tile(_linear(_UNKNOWN), (256, 1))
    for name, colour in _GROUND_COLOURS.items():
        table[CODES[name]] = _linear(colour)
    colours: Bytes = table[np.asarray(cover, np.uint8)]
    if field is None:
        return colours, {}
    from twin.compare.colour_scales import value_scale

    if field.dims != ("y", "x") or GridSpec.from_dataset(field) != spec:
        raise InputError(f"the map {field.name!r} has dims {dict(field.sizes)}; it must lie on the city's own grid")
    values = np.asarray(field.values, np.float64)
    scale: ColourScale = value_scale(str(field.name), [values])
    shown = scale.visible(values)
    known = np.isfinite(shown)
    rgb = scale.colour_map()(scale.norm()(shown[known]))[:, :3]
    colours[known, :3] = np.round(255 * _to_linear(rgb)).astype(np.uint8)
    legend = {"name": str(field.name), "units": str(field.attrs.get("units", "")), "colours": scale.ramp}
    return colours, {"field": {**legend, "minimum": scale.minimum, "maximum": scale.maximum}}


def _linear(colour: str) -> Bytes:
    """Bytes of a colour written as #rrggbb, opaque, in the linear scale that glTF asks of vertices."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.append(np.round(255 * _to_linear(rgb)), 255).astype(np.uint8)


def _to_linear(rgb: Floats) -> Floats:
    """SRGB to linear light, IEC 61966-2-1."""
    return np.asarray(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), np.float64)
