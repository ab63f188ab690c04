"""Support actions: what staff do for a user. Each is one function, declared beside it, in the module of its subject."""

from accounts.support.actions.base import Actor, Refusal, Result, State, Unneeded

__all__ = ["Actor", "Refusal", "Result", "State", "Unneeded"]
