"""Submission zips for L2RPN competitions: packaging an agent, and checking a zip.

- ``advice``: why a submission's process failed, and what to do, in a sentence
- ``check``: checking whether a competition's server would accept and play a submission zip
- ``dry_run``: playing an unpacked submission in a clean process of its own, which is ended in
  time
- ``functions``: packaging and checking as functions, as the commands do them
- ``imported_modules``: the modules that the source of a submission zip imports by their names
- ``package``: packaging an agent folder as a submission zip that needs no installed powrl
- ``plugins``: the plug-ins that a submission carries: their files, if a server can run them
- ``runtime``: what a submission zip holds: the run-time part of powrl, the agent's files and
  their places
- ``server``: what a competition's server has installed: grid2op, lightsim2grid and what these
  depend on
- ``server_kit``: the program that plays a submission, in a process of its own
- ``stack``: virtual environments with the packages of the competitions' servers, which are kept
- ``supervisor``: runs a command, and ends all that it started with it: a script for a process of
  its own
- ``unpacking``: unpacking a zip of unknown origin: nothing is run, and nothing is written outside
  one folder
"""
