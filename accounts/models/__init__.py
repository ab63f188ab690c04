"""The tables of people and their sessions, one noun a file."""

from accounts.models.people import SecondStep, User
from accounts.models.sessions import Session

__all__ = ["SecondStep", "Session", "User"]
