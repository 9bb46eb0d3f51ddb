"""Perceived temperature (gefühlte Temperatur): that of a still room in which a walker feels as warm or cold as outside.

The walker (135 W/m2, about 4 km/h) wears 0.5 to 1.75 clo, as much as comfort asks for. The room has radiation at air
temperature, 0.1 m/s and 50 % humidity. Felt warmth is the vote of Fanger, with evaporation corrected by the two-node
body of Gagge. This is the definition, solved as it stands; the weather service's program puts regressions in the place
of the correction and of the last step, which are not copied here, so single values may differ from it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.heat.air import broadcast, cells, vapour_pressure

Floats = NDArray[np.float64]


def perceived_temperature(
    air_temperature: ArrayLike, mean_radiant_temperature: ArrayLike, wind_speed: ArrayLike, relative_humidity: ArrayLike
) -> Floats:
    """Compute perceived temperature.

    Parameters
    ----------
    air_temperature : array
        degC, -60 to 60.
    mean_radiant_temperature : array
        degC, -90 to 120.
    wind_speed : array
        m/s 1.1 m above ground, 0 to 60; calmer air counts as 0.1 m/s.
    relative_humidity : array
        Percent, 0 to 100.

    Returns
    -------
    array, degC
        Of the broadcast shape; NaN stays NaN.

    Raises
    ------
    InputError
        If a value lies outside its range.

    References
    ----------
    H. Staiger, G. Laschewski, A. Graetz (2012): The perceived temperature - a versatile index for the assessment of
    the human thermal environment. International Journal of Biometeorology 56, 165-176. P. O. Fanger (1972): Thermal
    comfort. A. P. Gagge, A. P. Fobelets, L. G. Berglund (1986): A standard predictive index of human response to the
    thermal environment. ASHRAE Transactions 92, 709-731. VDI 3787 part 2 (2008).

    Examples
    --------
    >>> perceived_temperature(30.0, [30.0, 60.0], 1.0, 50.0).round(1)
    array([29.3, 36.6])
    """
    ta, tr, wind, humidity = broadcast(
        air_temperature=air_temperature,
        mean_radiant_temperature=mean_radiant_temperature,
        wind_speed=wind_speed,
        relative_humidity=relative_humidity,
    )
    from twin.heat import perceived_temperature_kernels as loops

    felt = np.empty(ta.shape)
    vapour = cells(vapour_pressure(ta, humidity))
    loops.temperatures(cells(ta), cells(tr), cells(wind), vapour, felt.reshape(-1))
    return felt
