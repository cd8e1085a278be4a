"""Indicators of AI4REALNET's validation hub, from the recordings of a run.

- ``episode``: the indicators of an episode
- ``outages``: the use of lines with each line out
- ``summary``: the indicators of an agent
- ``functions``: those of all agents of a run, and its files
- ``hub``: what the hub takes
"""
