"""What would happen if: outcomes of candidate actions, by `simulate` or in batches.

- ``batch``: outcomes of many actions at once, on lightsim2grid's grid model
- ``batch_result``: actions that were played from one state: their outcomes, and the states that
  they lead to
- ``beam_search``: what to play over several steps: a beam search on the batch of candidates
- ``clock``: what looking ahead may cost: simulations, and where there is a limit of time, seconds
- ``forecast``: outcomes by grid2op's own ``observation.simulate``: any backend, any action
- ``game_rules``: grid2op's rules for topology actions, for many actions at once
- ``generation``: what generators will do while redispatching is under way: grid2op's solver alone
  knows
- ``grid_model``: lightsim2grid's grid model without grid2op around it: push a state, solve it,
  read currents
- ``linear_flow``: the AC power flow linearised at its solution: what currents do where generators
  move
- ``make_simulator``: which simulator evaluates candidates on an environment: the batched one
  where it can
- ``outcome``: the simulated outcome of one candidate action, and who can compute it
- ``outages``: power flows of one topology with lines out, for one set of injections after the
  other
- ``sensitivity``: how line loads answer to generators: the derivative of the power flow at its
  solution
- ``solved_state``: actions from one state, each solved once, however many rules ask for it
- ``state``: the state from which candidate actions are evaluated
- ``sweep``: power flows of many topologies at once: lightsim2grid's ``ScenarioSweepCPP``
"""
