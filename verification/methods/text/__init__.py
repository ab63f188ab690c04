"""A text with a code."""
