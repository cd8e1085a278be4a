"""The policy at run time: observation features, normalisation and the network, in numpy."""
