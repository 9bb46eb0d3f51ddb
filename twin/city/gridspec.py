"""The grid of a city: square cells in a metric CRS, x to the east, y descending, coordinates at cell centres.

The CRS stands in the scalar coordinate `spatial_ref`, horizontal part only, where rioxarray, odc-geo, GDAL and QGIS
look for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from twin import limits
from twin.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import xarray as xr
    from affine import Affine

Bounds = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in the units of a CRS."""


@dataclass(frozen=True)
class GridSpec:
    """Where the cells of a grid lie.

    Parameters
    ----------
    left, top : float
        Outer edges of the north-west cell, m.
    resolution : float
        Cell size, m, 0.1 to 1000.
    rows, columns : int
        At least 1 each.
    crs : pyproj.CRS, or what it can be made from
        A projected CRS in metres.

    Raises
    ------
    InputError
        If the cell size, the counts or the CRS are impossible.

    Examples
    --------
    >>> spec = GridSpec.from_bounds((389000, 5819000, 389010, 5819020), 2.0, "EPSG:25833")
    >>> spec.shape, float(spec.x[0]), float(spec.y[0])
    ((10, 5), 389001.0, 5819019.0)
    """

    left: float
    top: float
    resolution: float
    rows: int
    columns: int
    crs: CRS

    def __post_init__(self) -> None:
        if not (math.isfinite(self.resolution) and 0.1 <= self.resolution <= 1000):
            raise InputError(f"resolution is {self.resolution!r} m; cells must measure 0.1 to 1000 m")
        if not (math.isfinite(self.left) and math.isfinite(self.top)):
            raise InputError(f"the grid's corner is ({self.left}, {self.top}); it must be finite")
        if self.rows < 1 or self.columns < 1:
            raise InputError(f"the grid has {self.rows} x {self.columns} cells; it needs at least one")
        limits.check(self.rows * self.columns, "MAX_GRID_CELLS", f"the grid has {self.rows} x {self.columns} cells")
        object.__setattr__(self, "crs", _metric(self.crs))

    @classmethod
    def from_bounds(
        cls, bounds: Bounds, resolution: float, crs: CRS | str | int, *, anchor: tuple[float, float] = (0.0, 0.0)
    ) -> GridSpec:
        """Cover `bounds` with cells whose edges lie at whole multiples of `resolution` from `anchor`.

        Bounds that do not fall on the lattice grow outwards to it (a tolerance of 1e-6 cells absorbs round-off).

        Parameters
        ----------
        bounds : tuple of float
            xmin, ymin, xmax, ymax, m.
        resolution : float
            Cell size, m, 0.1 to 1000.
        crs : pyproj.CRS, or what it can be made from
            A projected CRS in metres.
        anchor : tuple of float
            A corner of cells, m.

        Raises
        ------
        InputError
            If bounds, cell size or CRS are impossible.
        """
        xmin, ymin, xmax, ymax = (float(value) for value in bounds)
        if not all(math.isfinite(value) for value in (xmin, ymin, xmax, ymax)) or xmin >= xmax or ymin >= ymax:
            raise InputError(f"bounds are {bounds}; they must be finite, as (xmin, ymin, xmax, ymax) with min < max")
        if not (math.isfinite(resolution) and resolution > 0):
            raise InputError(f"resolution is {resolution!r} m; cells must measure 0.1 to 1000 m")
        ax, ay = anchor
        first_column = math.floor((xmin - ax) / resolution + 1e-6)
        last_column = math.ceil((xmax - ax) / resolution - 1e-6)
        first_row = math.floor((ymin - ay) / resolution + 1e-6)
        last_row = math.ceil((ymax - ay) / resolution - 1e-6)
        return cls(
            left=ax + first_column * resolution,
            top=ay + last_row * resolution,
            resolution=float(resolution),
            rows=last_row - first_row,
            columns=last_column - first_column,
            crs=_metric(crs),
        )

    @classmethod
    def from_dataset(cls, data: xr.Dataset | xr.DataArray) -> GridSpec:
        """Read the grid from the coordinates of a Dataset.

        Parameters
        ----------
        data : xr.Dataset or xr.DataArray
            With coordinates `y` (descending), `x` and `spatial_ref`.

        Raises
        ------
        InputError
            If the cells are not regular and square, y ascends, or there is no CRS.
        """
        for axis in ("y", "x"):
            if axis not in data.coords or data[axis].ndim != 1:
                raise InputError(f"the grid has no one-dimensional coordinate {axis!r}; dims must be (y, x)")
        x, y = (np.asarray(data[axis].values, dtype=np.float64) for axis in ("x", "y"))
        crs = crs_of(data)
        steps = np.concatenate([np.diff(x), -np.diff(y)])
        if not np.isfinite(x).all() or not np.isfinite(y).all():
            raise InputError("the grid's coordinates hold NaN or infinity")
        if len(steps) == 0:
            size = data.attrs.get("resolution")
            if size is None:
                raise InputError("the grid has a single cell: its size is unknown; set attrs['resolution'] in metres")
            step = float(size)
        else:
            step = float(np.median(steps))
            if len(y) > 1 and y[1] > y[0]:
                raise InputError(
                    "the grid's y coordinate ascends; it must descend: use dataset.sortby('y', ascending=False)"
                )
            if step <= 0 or np.abs(steps - step).max() > 1e-3 * abs(step):
                raise InputError(
                    f"the grid's cells are not square and regular (steps from {steps.min():g} to {steps.max():g} m); "
                    "resample it to one cell size"
                )
            step = float(f"{step:.9g}")
        return cls(x[0] - step / 2, y[0] + step / 2, step, len(y), len(x), crs)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def x(self) -> NDArray[np.float64]:
        """Eastings of the cell centres, m, ascending."""
        return np.asarray(self.left + (np.arange(self.columns) + 0.5) * self.resolution, dtype=np.float64)

    @property
    def y(self) -> NDArray[np.float64]:
        """Northings of the cell centres, m, descending."""
        return np.asarray(self.top - (np.arange(self.rows) + 0.5) * self.resolution, dtype=np.float64)

    @property
    def bounds(self) -> Bounds:
        """Outer edges: xmin, ymin, xmax, ymax in m."""
        return (
            self.left,
            self.top - self.rows * self.resolution,
            self.left + self.columns * self.resolution,
            self.top,
        )

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to (x, y), as rasterio uses it."""
        from affine import Affine

        return Affine(self.resolution, 0.0, self.left, 0.0, -self.resolution, self.top)

    @property
    def geographic_centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the grid, degrees (WGS 84)."""
        xmin, ymin, xmax, ymax = self.bounds
        to_degrees = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        longitude, latitude = to_degrees.transform((xmin + xmax) / 2.0, (ymin + ymax) / 2.0)
        return float(longitude), float(latitude)

    @property
    def cell_area(self) -> float:
        """Area of a cell, m2."""
        return self.resolution**2

    def coordinates(self) -> dict[str, xr.Variable]:
        """Return the coordinates `y`, `x` and `spatial_ref` of a Dataset on this grid."""
        import xarray as xr

        axes = {
            axis: xr.Variable(
                axis,
                values,
                {
                    "standard_name": f"projection_{axis}_coordinate",
                    "long_name": name,
                    "units": "m",
                    "axis": axis.upper(),
                },
            )
            for axis, values, name in (("y", self.y, "northing"), ("x", self.x, "easting"))
        }
        attributes = {str(key): value for key, value in self.crs.to_cf().items()}
        attributes["spatial_ref"] = attributes["crs_wkt"]
        attributes["GeoTransform"] = " ".join(repr(float(v)) for v in self.transform.to_gdal())
        return {**axes, "spatial_ref": xr.Variable((), np.int64(0), attributes)}

    def dataset(self) -> xr.Dataset:
        """Return an empty Dataset with the coordinates of this grid."""
        import xarray as xr

        return xr.Dataset(coords=self.coordinates(), attrs={"resolution": self.resolution})


def crs_of(data: xr.Dataset | xr.DataArray) -> CRS:
    """Return the horizontal CRS of a gridded Dataset.

    Raises
    ------
    InputError
        If it has none.
    """
    attributes = data.coords["spatial_ref"].attrs if "spatial_ref" in data.coords else {}
    text = attributes.get("crs_wkt") or attributes.get("spatial_ref")
    if not text:
        raise InputError(
            "the grid has no CRS (coordinate 'spatial_ref'); build it with twin.GridSpec, or with rioxarray: "
            "dataset.rio.write_crs('EPSG:25832')"
        )
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(f"the grid's CRS cannot be read: {error}") from error


def same_crs(first: CRS, second: CRS) -> bool:
    """Tell whether two horizontal CRSs are the same, however they are written.

    Examples
    --------
    >>> same_crs(CRS("EPSG:25832"), CRS(CRS("EPSG:25832").to_wkt("WKT1_GDAL")))
    True
    """
    if first == second:
        return True
    code = first.to_epsg()
    return code is not None and code == second.to_epsg()


def check_grid(grid: xr.Dataset, required: Iterable[str] = ()) -> GridSpec:
    """Return the `GridSpec` of `grid` after checking that it is regular and holds the variables required.

    Raises
    ------
    InputError
        If the coordinates, CRS or the dims of a variable are wrong.
    MissingDataError
        If a variable is missing.
    """
    spec = GridSpec.from_dataset(grid)
    for name in required:
        if name not in grid:
            raise MissingDataError(
                f"the grid has no variable {name!r}; it holds: {', '.join(map(str, grid.data_vars))}"
            )
        if grid[name].dims != ("y", "x"):
            raise InputError(f"{name} has dims {grid[name].dims}; they must be ('y', 'x')")
    return spec


def _metric(given: CRS | str | int) -> CRS:
    """Return a CRS, given as users write it, after checking that it measures metres on a plane."""
    try:
        crs = CRS.from_user_input(given)
    except CRSError as error:
        raise InputError(f"crs is {given!r}, which is no CRS ({error}); give one like 'EPSG:25832'") from error
    if not crs.is_projected or abs(crs.axis_info[0].unit_conversion_factor - 1.0) > 1e-12:
        raise InputError(
            f"the CRS is {crs.name!r}; the grid needs a projected CRS in metres, in Germany EPSG:25832 or EPSG:25833"
        )
    if len(crs.axis_info) > 2:
        raise InputError(f"the CRS {crs.name!r} is compound; give its horizontal part only")
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if "Mercator" in method and not any(word in method for word in ("Transverse", "Oblique")):
        raise InputError(
            f"the CRS is {crs.name!r}, in which a metre is shorter than one on the ground, in Germany by a third and "
            "more: give EPSG:25832 or EPSG:25833"
        )
    return crs
