"""What lies beside the code: run folders, the cache, shipped agents and configurations.

- ``agent_index``: the version, digest and summary of each shipped agent
- ``agents``: an agent by its name or folder, ready to play
- ``cache``: the user's cache folder, for what is expensive to make and can be made again
- ``plugin_files``: the files of plug-ins: which there are, and copies of them for a run or an
  agent
- ``processes``: worker processes: how they start and end, and what is said of one that is killed
- ``runs``: run folders: where a command puts what it makes
- ``shipped``: the agents and configurations that travel with powrl, and agents that a user names
- ``versions``: the versions of powrl and of the packages that it runs on
- ``virtual_environments``: virtual environments with packages of their own, built once and kept in
  the cache
"""
