"""Verification: methods, challenges, delivery, limits, audit. It knows users, but never a request."""
