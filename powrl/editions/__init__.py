"""The editions of the competition."""
