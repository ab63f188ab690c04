"""A hardware token."""
