"""The policy at run time: observation features, normalisation and the network, in numpy.

- ``features``: the observation as a feature vector: groups of powrl (`groups`) and functions of a
  user
- ``groups``: the groups of features that powrl has; each is one function. Values are raw
- ``network``: the policy network run with numpy, and its file: plain arrays, no pickle
"""
