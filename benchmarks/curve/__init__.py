"""How building a city grows with its area: made-up files of 6 to 100 km2 to a `City`, each size in its own process."""
