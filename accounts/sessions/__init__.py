"""Sessions: how they are stored, what they know, which ones run, and what ends them."""

from accounts.sessions import ending_sessions, running_sessions, session_assurance, session_store

__all__ = ["ending_sessions", "running_sessions", "session_assurance", "session_store"]
