"""Remembered browsers, browsers that a person used before, and the names of browsers."""

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
    "forget",
    "forget_many",
    "forget_own",
    "is_shared",
    "is_this",
    "of_many",
    "of_person",
    "recognise",
    "remember",
]
