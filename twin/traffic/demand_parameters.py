"""Numbers behind synthetic demand, a source for each; all can be changed in `gravity_demand`.

Sources
[MiD] Mobilität in Deutschland 2017, Ergebnisbericht (infas, DLR, IVT, infas 360 for BMVI, 2018): 3.1 trips per person
      and day, 43 % of them as driver of a car.
[SVZ] Straßenverkehrszählung 2015 (BASt): mean daily traffic of German motorways about 50,000, of federal roads outside
      towns about 9,300 vehicles (both directions).
[A]   our assumption.
"""

TRIPS_PER_PERSON = 3.1
"""Trips per person and day, all modes [MiD]."""

DRIVER_SHARE = 0.43
"""Share of these trips made as the driver of a car, so one vehicle each [MiD]; no occupancy is needed."""

PEAK_SHARE = 0.10
"""Share of a day's traffic in the busiest hour [A]; counts usually show 8 to 12 %."""

HOMEWARD_SHARE = 0.6
"""Share of the residents' trips in the afternoon peak that lead home [A]."""

EXTERNAL_SHARE = 0.5
"""Share of the residents' trips whose other end lies outside the extract [A]; higher for a small extract."""

TIME_SENSITIVITY = 0.1
"""Exponent per minute of free-flow time in the deterrence function [A]; gravity models of towns use 0.05 to 0.2."""

AREA_PER_JOB = 50.0
"""Floor area per workplace, m2 [A]."""

HOME_ATTRACTION = 0.1
"""Weight of a resident as a destination of visits and errands, in units of a workplace [A]."""

GATE_TRAFFIC = {
    "motorway": 50_000.0,  # [SVZ]
    "motorway_link": 10_000.0,  # [A] a ramp carries half of it, one way
    "trunk": 15_000.0,  # [A]
    "trunk_link": 4_000.0,  # [A]
    "primary": 15_000.0,  # [A] federal road entering a town; the mean of all German ones is 9,300 [SVZ]
    "secondary": 5_000.0,  # [A] state road
    "tertiary": 2_000.0,  # [A] district road
    "unclassified": 300.0,  # [A] local lane
}
"""Vehicles per day, both directions, where a road leaves the extract; replace by counts where there are any."""

SAME_ROAD = 20.0
"""How much more likely through traffic stays on its numbered road, or on motorways, than it changes
to another [A]."""

MOTORWAY_LOYALTY = 10.0
"""How much less likely through traffic changes between a motorway and any other road than between two others [A]."""

SAME_PLACE = 500.0
"""Gates closer than this belong to one road (its two carriageways, say); no traffic goes between them, m [A]."""

ELSEWHERE = 0.1
"""Weight of places that no gate of the network leads to, where the opposite gate has 1 [A]."""

NO_ACTIVITY = (
    "outbuilding",
    "garage",
    "garages",
    "carport",
    "hut",
    "shed",
    "barn",
    "farm_auxiliary",
    "roof",
    "greenhouse",
    "ruins",
    "hangar",
)
"""Uses of buildings that attract no car trips of their own [A]."""
