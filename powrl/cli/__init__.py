"""The command line: one small module per command.

- ``agents``: ``powrl agents``: the shipped agents with their versions, and the card of one
- ``cache``: ``powrl cache``: what powrl keeps in the user's cache folder, and removing it
- ``check``: ``powrl check``: whether a competition's server would play a submission
- ``completion``: what a shell offers in the place of an argument; where nothing fits, files
- ``compare``: ``powrl compare``: one table and one report of several runs of ``powrl score``
- ``console``: the console of all commands, which prints texts as they are
- ``data``: ``powrl data``: scenarios listed, downloaded, split, generated and checked
- ``envs``: ``powrl envs``: which environments there are, and what powrl has for each
- ``interruption``: how a command ends that something stops: Ctrl-C, SIGTERM, or an output that is
  full or closed
- ``kpis``: ``powrl kpis``: indicators of AI4REALNET's validation hub, from a finished run
- ``merge``: ``powrl merge``: the shards of one scoring, put together
- ``main``: ``powrl``: the commands put together, and their errors turned into exit code 2
- ``parallel_options``: options that say where the work of a command runs
- ``package``: ``powrl package``: an agent as a submission zip
- ``posture``: ``powrl posture``: learn what attacks come to, and which splits to hold against them
- ``reduce``: ``powrl reduce``: choose the topology actions that solve hard states
- ``replay``: ``powrl replay``: an episode of a scoring as a GIF and as a page to step through
- ``run_display``: what runs over scenarios share in the terminal: their progress, and how they go
  on
- ``score``: ``powrl score``: agents beside baselines, with grid2op's own L2RPN score
- ``score_display``: the progress and the result of a scoring in the terminal
- ``score_options``: arguments and options of ``powrl score``
- ``train``: ``powrl train``: train a policy from a configuration
- ``training_display``: the progress of a training in the terminal, and the packages that it needs
- ``tune``: ``powrl tune``: search good settings of a training with Optuna
"""
