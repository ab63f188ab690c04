"""Remembered browsers, browsers that a person used before, and the names of browsers."""

from verification.browsers import device_cookies_of_known_browsers, user_agents
from verification.browsers.remembered_browsers import (
    forget,
    forget_many,
    forget_own,
    is_shared,
    is_this,
    of_many,
    of_person,
    recognise,
    remember,
)

__all__ = [
    "device_cookies_of_known_browsers",
    "forget",
    "forget_many",
    "forget_own",
    "is_shared",
    "is_this",
    "of_many",
    "of_person",
    "recognise",
    "remember",
    "user_agents",
]
