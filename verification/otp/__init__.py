"""One-time passwords: the codes of hardware tokens, and how far the clocks and counters of apps and tokens may drift.

The method of authenticator apps computes its own codes.
"""
