"""Processes of their own for code of any origin, which nothing outlives.

A server has imported grid2op. For each task it forks a supervisor, which forks the process of the
task: it imports nothing again, and leaves nothing for the next one.

- ``client``: tasks, and their outcomes as they come
- ``order``: what the server is asked for, and what it replies
- ``server``: the process that forks
- ``supervisor``: limits of time, and the end of all that a task has started
- ``task``: the process that does a task
- ``pulse``: a sign of life in shared memory: how long a call takes is measured from outside
- ``protected_files``: files that foreign code may not write, and signals that it may not send
- ``read_only``: the same files, read-only for all that it starts, where the system allows it
"""
