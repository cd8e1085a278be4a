"""What would happen if: outcomes of candidate actions, by `simulate` or in batches.

- ``batch``: outcomes of many actions at once, on lightsim2grid's grid model
- ``batch_result``: actions that were played from one state: their outcomes, and the states that
  they lead to
- ``beam_search``: what to play over several steps: a beam search on the batch of candidates
- ``candidates``: candidate actions, sorted by what they ask of generators and storage units
- ``clock``: what looking ahead may cost: simulations, and where there is a limit of time, seconds
- ``curtailment_limits``: curtailment of renewable generators in a step, as grid2op keeps its books
- ``dispatch``: how generators, storage units and curtailment deviate from the time series in a
  step
- ``dispatch_problem``: what the dispatch of a step depends on
- ``dispatch_solver``: what fits the dispatch of an environment to its targets
- ``dispatcher``: what generators and storage units do in a step: grid2op's bookkeeping of dispatch
- ``feasibility``: storage and curtailment that generators cannot balance are cut down, where
  grid2op does so
- ``forecast``: outcomes by grid2op's own ``observation.simulate``: any backend, any action
- ``frozen``: arrays that are shared and must not change
- ``game_rules``: grid2op's rules for topology actions, for many actions at once
- ``generation``: what generators and storage units do in the next step, where they leave the time
  series
- ``grid_model``: lightsim2grid's grid model without grid2op around it: push a state, solve it,
  read currents
- ``islands``: topologies with an island: a part of the grid that no line connects to the slack
- ``least_squares_dispatch``: grid2op's default fit of the dispatch, from arrays instead of from
  functions
- ``linear_flow``: the AC power flow of one topology, linearised at its solution
- ``make_simulator``: which simulator evaluates candidates on an environment: the batched one
  where it can
- ``outcome``: the simulated outcome of one candidate action, and who can compute it
- ``outage_slopes``: how line loads answer to generators after outages: worked out for the lines
  that it matters of
- ``outages``: power flows of one topology with lines out, for one set of injections after the
  other
- ``protections``: how near the protections are to opening lines after an action
- ``row_sweep``: sweeps that are kept, and solve the same topologies again at other injections
- ``sensitivity``: how line loads answer to generators: the derivative of the power flow at its
  solution
- ``solved_state``: actions from one state, each solved once, however many rules ask for it
- ``split_estimate``: line loads after actions on one substation each, without a power flow for each
  of them
- ``state``: the state from which candidate actions are evaluated
- ``storage_units``: charge and power of storage units in a step, as grid2op keeps its books
- ``sweep``: power flows of many topologies at once: lightsim2grid's ``ScenarioSweepCPP``
- ``units``: what generators and storage units can do, and what grid2op makes of it
"""
