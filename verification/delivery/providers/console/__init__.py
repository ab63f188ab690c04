"""A provider for development: it writes messages to the terminal instead of sending them."""
