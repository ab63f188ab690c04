"""One-time passwords: the codes of hardware tokens, and how far the clocks and counters of apps and tokens may drift.

The codes of authenticator apps are computed in `verification.methods.totp`.
"""
