"""Actions made of parts, and the reduced action space.

- ``action_set``: the reduced action space: a list of substation topologies, with a file that a
  person can read
- ``curtailment``: curtailment of renewable generators, as a part of an action
- ``grid_action``: an action as plain arrays: what is decided, simulated and played, on any grid
- ``line_status``: the status of lines, as a part of an action
- ``operator_warnings``: alarms and alerts, as parts of an action: what an agent tells the
  operators
- ``part``: one part of an action: what an action may do to one kind of element
- ``redispatch``: redispatching of generators, as a part of an action
- ``storage``: power of storage units, as a part of an action
- ``topology``: the busbars of elements, as a part of an action
"""
