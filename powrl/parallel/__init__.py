"""Independent tasks on the cores of this machine, or on a Ray cluster.

- ``folders``: folders that travel with tasks to machines that do not have them
- ``jobs``: where tasks run: processes of this machine, or the machines of a Ray cluster
- ``local``: tasks in processes of this machine
- ``ray_cluster``: tasks on the machines of a Ray cluster
- ``run``: tasks run on a backend; none changes their results
"""
