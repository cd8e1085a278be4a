"""The overload manager and its rules, one file each, over one situation.

- ``alarm``: the rule that raises alarms to the operators, in environments that have them (ICAPS
  2021)
- ``alert``: the rule that raises alerts for lines whose loss ends the episode (IDF 2023)
- ``attack_draw``: by what an opponent draws the line that it attacks: its load
- ``attack_limits``: how much load an attack may leave before it is prevented, and what more of it
  costs
- ``attack_losses``: what the losses of attacked lines leave, in each of some topologies
- ``attack_pause``: when the next attack may come of an opponent that pauses for each of its attacks
- ``attack_risk``: how likely the next attack is to end the episode, in each of some topologies
- ``attack_value``: what an attack on each line comes to, as learned from attacks that came
- ``attacks``: lines that an attack may still hold, where their cooldown does not say so
- ``bounds``: values within bounds, of small arrays
- ``case``: a grid whose loads a plan of the generators keeps low, and how they answer to what is
  moved
- ``case_loads``: the loads that moves leave beyond their limits in some cases, all cases at once
- ``contingencies``: the grid after the loss of each line that an opponent attacks, as far as
  topology corrects it
- ``corrections``: the topologies that correct the loss of a line best, searched once in a while
- ``decision``: a decision of the overload manager and its reason
- ``dispatch_memory``: what redispatching remembers from step to step
- ``dispatch_step``: what one step asks of generators, storage units and limits, to get where a
  plan wants them
- ``dual_simplex``: a linear program with bounded variables, to which rows are added (the dual
  simplex method)
- ``expected_attacks``: the attacks that settings say are to be expected: on which lines, when, and
  what they come to
- ``exposure``: lines whose loss nothing answers: kept at low loads, since opponents attack by load
- ``forecast_errors``: by how much loads were higher than foreseen a step ago: a margin for those
  foreseen now
- ``generator_moves``: how far generators may be moved in one step, and how they share a change
- ``generator_plan``: the plan of the generators after a topological action: where they go, and
  what it costs
- ``line_relief``: what generators can take off the load of each line in one step
- ``linear_program``: generators, storage and curtailment that relieve a grid at the least cost
- ``maintenance``: planned maintenance that is near
- ``manager``: the overload manager: asks its rules in order
- ``memory``: what rules remember of an episode: one place, emptied where another episode begins
- ``order``: the rules of the overload manager, in the order in which they are asked
- ``plan``: the rule that plans several actions over the steps that the protections leave
- ``plan_cases``: the grids whose loads a plan of the generators keeps low: as it is, and after
  each loss
- ``plugin_rules``: rules of a user's own: loaded, checked and made as powrl's are
- ``posture``: the rule that holds splits of a calm grid which make the next attack less harmful
- ``posture_memory``: which splits are held in an episode, which the recovery leaves alone
- ``preparation``: the rule that makes a calm grid ready for planned maintenance
- ``purpose``: what a plan of the generators is for, in words: which loss of a line it prepares
  for
- ``ranking``: how bad an outcome is: by the overloads of all lines, not of the worst one alone
- ``reclosing``: the rule that tries to close a line again whose attack may be over
- ``reconnection``: the rule that reconnects a line when a simulation says that it does no harm
- ``recovery``: the rule that brings a calm grid back to its nominal topology
- ``redispatching``: the rule that moves generators, ahead of attacks and against overloads that
  topology leaves
- ``redispatching_settings``: the settings of redispatching: when generators are moved, and how
  far
- ``relief_units``: storage units and renewable generators: what they may inject, and what a step
  asks of them
- ``remedy``: the rule that simulates the policy's best actions on an overload and takes a safe
  one
- ``reserve``: the rule that looks at more actions where those that are always simulated leave an
  overload
- ``rivals``: the candidates of a decision that compete with it by their plans of the generators
- ``rule``: the one shape of all rules of the overload manager
- ``security``: the rule that takes the safe action that stands the next outage best
- ``setting``: settings of a rule: typed fields with a default and the values that are allowed
- ``settings``: the settings of the overload manager: those of all its rules, under one roof
- ``situation``: one step of an episode as every rule sees it
- ``splits``: splits of substations that are held together
- ``substations``: the rule that changes one substation in each area, where the rules of the game
  allow it
- ``time_budget``: the time that all decisions of a submission have together, and what one of them
  may take
"""
