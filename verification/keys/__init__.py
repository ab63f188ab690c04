"""Encryption at rest, derived codes, random tokens, and the rotation of keys."""
