"""Files made wrong on purpose, many thousands of them, read in a process of its own with limits of time and memory.

`python -m benchmarks fuzz` runs it. A reader may answer with records that hold together or with a `TwinError`; all
else is a finding. Every case follows from the seed, the reader's name and the case's number alone.
"""
