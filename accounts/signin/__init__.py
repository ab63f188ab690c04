"""Signing in: the password, the second step, the first registration."""
