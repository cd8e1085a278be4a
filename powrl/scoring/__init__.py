"""Scoring agents with grid2op's own L2RPN score classes.

- ``baseline_cache``: the episodes of grid2op's own agents, kept in the user's cache between runs
- ``cluster_play``: episodes played on a cluster: each goes there as a contest of its own, its
  files come back
- ``comparison``: comparing finished runs: one contest of all their agents
- ``contest``: a contest: scenarios, seeds and contestants, as plain data that any process can use
- ``cost_sums``: the costs of an episode that grid2op's score class has played, from its files
- ``costs``: costs of an episode, the operation score that follows from them, and the points that
  they lose
- ``decisions_log``: the log of decisions: a file for each episode while it is played, in the end
  one per agent
- ``fingerprint``: what a scoring began with: files, seeds and versions, and the file that keeps
  them
- ``finished_run``: finished scorings, without the files that their agents were made from
- ``foreign_play``: contestants of any origin: checked and played in processes of their own
- ``foreign_code``: running code of any origin inside powrl's own process: its imports, errors and
  traces
- ``grid2op_internals``: private parts of grid2op that scoring reads or replaces, each behind one
  function
- ``lean_runs``: runs of grid2op's own runner, without work that a score has no use for
- ``merging``: merging the finished shards of a contest into the run that playing it as a whole
  would give
- ``noisy_agent``: a grid2op agent that observes the grid with errors; the grid itself is as it is
- ``observed_values``: what an episode shows, attribute by attribute: from grid2op's files, or as
  it is played
- ``official``: grid2op's own score classes, run on private copies of an environment folder
- ``picture``: the picture of a contest: steps survived in each scenario
- ``places``: where the substations of a grid are drawn: where its folder says, or where they fit
- ``planning``: planning a contest: everything is checked before any work starts
- ``play``: playing a contest in several processes, or on a cluster
- ``play_here``: episodes played in processes of this machine
- ``prepared``: private copies of an environment with the references of an episode, sealed by a
  digest
- ``reconnecting_agent``: grid2op's reconnecting agent, which plays time series without forecasts,
  too
- ``recording``: recordings of episodes, step by step, from the files of grid2op's runner
- ``recorded_arrays``: the arrays of a recording: which there are, their types, shapes and numbers
- ``recorded_decisions``: what a recording keeps of decisions: all that was simulated, and why one
  action won
- ``recorded_powers``: what a recording keeps of powers and actions: generators, storage units,
  whole actions
- ``recorded_states``: what a recording keeps for indicators: powers of all generators and loads,
  and use of lines
- ``references``: the reference runs of grid2op's score class, kept in the user's cache between
  runs
- ``replay``: the replay of a run: a page to explore, a GIF, and playing on from a step
- ``report``: the table and the one-page report of a scoring: `scores.csv` and `report.html`
- ``request``: what a user asks to be scored; the run folder keeps it, so that a scoring can go on
- ``rescoring``: scoring a finished run again, as another edition or in other units, without play
- ``results``: results of a contest: a score for each episode, and the statistics of each agent
- ``run``: scoring as a function: `score`, and `resume` for a scoring that was stopped
- ``run_folder``: the files of a scoring: their names, and what they hold
- ``scoring_result``: the result of a scoring: statistics of all agents, their differences, and
  all episodes
- ``scoring_run``: a scoring that is under way: its contest, and the run folder that it writes
- ``seeds_file``: the file with the seeds that a competition drew
- ``shard``: the shard of a contest that one of several jobs plays: every N-th scenario
- ``stepped_references``: the reference runs of grid2op's score class, stepped by the fast engine
- ``terminal_table``: the tables of a scoring's result for the terminal
- ``timeline``: the picture of an agent's episodes over time: loads, attacks, maintenance and
  actions
- ``watched_agent``: a grid2op agent that plays another one and measures it
- ``kpis``: indicators of AI4REALNET's validation hub, from the recordings of a run
- ``contestants``: the agents that take part in a contest
- ``isolation``: processes of their own for code of any origin, which nothing outlives
"""
