"""A phone call that is approved with keys, or that reads out a code."""
