"""Reads what is looked for from an address or a form, so that a list and what is done from it mean the same people."""

from django.http import QueryDict

from accounts.support.people_search import Search
from verification import inputs

KEPT = ("q", "group", "state", "trouble")  # what the next page of a list looks for as well
_LONGEST = 254


def read(sent: QueryDict) -> Search:
    """Read a search; what cannot be read is left out."""
    text = {name: inputs.shortened(sent.get(name), max_length=_LONGEST) for name in (*KEPT, "after", "before")}
    return Search(
        text=text["q"],
        group=inputs.number(text["group"]),
        state=text["state"],
        trouble=text["trouble"],
        after=text["after"],
        before=text["before"],
    )


def kept(search: Search) -> dict[str, str]:
    """Write a search down for the address of another page."""
    words = {"q": search.text, "group": str(search.group or ""), "state": search.state, "trouble": search.trouble}
    return {name: text for name, text in words.items() if text}
