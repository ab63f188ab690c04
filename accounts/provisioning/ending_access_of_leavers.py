"""What ends when a directory switches someone off who left: their sessions and remembered browsers."""

from collections.abc import Sequence

from accounts.sessions import ending_sessions
from accounts.sessions.ending_sessions import EndedSessions
from verification import enrolments


def end_access(people: Sequence[int]) -> dict[int, EndedSessions]:
    """End everything of people who left. Their app passwords are refused while they are switched off."""
    if not people:
        return {}
    enrolments.raise_epochs(people, why="left")
    return ending_sessions.end_access(people)
