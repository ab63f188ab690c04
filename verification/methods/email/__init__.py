"""A code by email."""
