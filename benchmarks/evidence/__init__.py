"""What the models say where the answer is known: analytic solutions, published optima, field measurements.

`python -m benchmarks validate` runs it and writes the table; misses stand in it like hits.
"""
