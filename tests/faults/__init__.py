"""Faults of a whole installation: real processes, servers of its own, and what went out counted at the carrier."""
