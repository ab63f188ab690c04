"""Reads search criteria from a URL or form, so that a list and its bulk actions mean the same users."""

from django.http import QueryDict

from accounts.support.people_search import PeopleSearch
from verification import inputs

KEPT = ("q", "group", "state", "trouble")  # criteria that the next page keeps
MAX_PEOPLE_PER_ACTION = 500  # users that one bulk action takes
_MAX_CRITERION_LENGTH = 254  # characters


def read(sent: QueryDict) -> PeopleSearch:
    """Read search criteria. Unreadable ones are ignored."""
    text = {
        name: inputs.shortened(sent.get(name), max_length=_MAX_CRITERION_LENGTH) for name in (*KEPT, "after", "before")
    }
    return PeopleSearch(
        text=text["q"],
        group=inputs.number(text["group"]),
        state=text["state"],
        trouble=text["trouble"],
        after=text["after"],
        before=text["before"],
    )


def kept(search: PeopleSearch) -> dict[str, str]:
    """Return the criteria as query parameters for another page."""
    words = {"q": search.text, "group": str(search.group or ""), "state": search.state, "trouble": search.trouble}
    return {name: text for name, text in words.items() if text}
