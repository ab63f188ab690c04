"""Remembered browsers, browsers that a person used before, and the names of browsers."""

from verification.browsers.remembered import forget, is_shared, is_this, of_many, of_person, recognise, remember

__all__ = ["forget", "is_shared", "is_this", "of_many", "of_person", "recognise", "remember"]
