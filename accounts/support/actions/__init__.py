"""Support actions: what staff do for a user. Each is one function, declared beside it, in the module of its subject."""

from accounts.support.actions.base import Actor, Result, State, Unneeded

__all__ = ["Actor", "Result", "State", "Unneeded"]
