"""The overload manager: reconnection, recovery and remedial topology actions."""
