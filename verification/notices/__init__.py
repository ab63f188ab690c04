"""Notices: emails, and texts where policy says so, that tell people what happened. Without secrets."""

from verification.notices.about_remembered_browsers import tell_of_browsers, tell_of_copies
from verification.notices.to_operators import (
    tell_of_blocked_ranges,
    tell_of_circuits,
    tell_of_cost,
    tell_of_damage,
    tell_of_missed_alarms,
    tell_operators,
)
from verification.notices.to_person import circumstances, tell, tell_event, tell_event_to_all
from verification.notices.to_support_desk import Writer, alert, pass_on, tell_support

__all__ = [
    "Writer",
    "alert",
    "circumstances",
    "pass_on",
    "tell",
    "tell_event",
    "tell_event_to_all",
    "tell_of_blocked_ranges",
    "tell_of_browsers",
    "tell_of_circuits",
    "tell_of_copies",
    "tell_of_cost",
    "tell_of_damage",
    "tell_of_missed_alarms",
    "tell_operators",
    "tell_support",
]
