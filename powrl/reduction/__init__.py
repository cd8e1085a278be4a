"""Reduction of the action space: hard states, and the actions that solve them.

- ``coverage``: what action sets solve, and what each action of a set is kept for
- ``enumeration``: all unitary substation topologies of a grid that differ electrically and
  disconnect nothing
- ``evaluation``: every action of the pool in every hard state: loads, N-1, and sequences where
  none solves it
- ``functions``: reducing the action space as a function, as the command does it
- ``picture``: the picture of a reduction: what sets of every size solve, and where their actions
  are
- ``pool``: the actions to choose from: those enumerated, and of large substations what a
  screening finds
- ``report``: what a reduction leaves behind: action sets, a table, and the one-page report
- ``run``: a reduction from its settings to its action sets, in a folder that can be resumed
- ``scope``: the scope of a reduction: which scenarios of which grid, and the folder of a run that
  begins
- ``screening``: screening of substation topologies by estimated loads, for sets that are too
  large for AC
- ``selection``: the order in which actions are kept: coverage of the hard states, then answers
  elsewhere
- ``settings``: what a reduction is made from: all that has to be the same for the same actions
- ``states``: hard states: what they are, and their collection by playing a scenario
- ``storage``: hard states and evaluations as files: plain arrays, whole or not there
- ``two_levels``: two-level search: a first look at every substation, then all topologies of the
  best ones
"""
