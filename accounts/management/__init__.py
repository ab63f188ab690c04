"""Management commands, and what `migrate` adds to the tables."""
