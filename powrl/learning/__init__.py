"""Learning: the gymnasium environment, training and export; the only room that knows torch."""
