"""Speed, memory and answers of `twin`, alone and side by side with other programs: `python -m benchmarks`.

Every figure comes from a run on the machine at hand. Ours and a peer work on the same inputs, each in a process of
its own, in turns, one thread each; the ratio is the median over the pairs, and the answers are compared.
"""
