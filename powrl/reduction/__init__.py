"""Reduction of the action space: hard states, and the actions that solve them.

`settings` say what is done, `scope` to which scenarios, and `run` does it, in a folder that can be
resumed (`storage`): `states` are collected by playing, `pool` makes the actions to choose from,
`evaluation` tries them in every state (`two_levels` tells what is worth it where there are too
many), `selection` orders them, `coverage` counts what they solve, `report` and `picture` show it.
"""
