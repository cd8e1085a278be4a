"""The results page: every agent of a track on the same episodes, scored by grid2op."""
