"""Pages and pictures that several commands make."""
