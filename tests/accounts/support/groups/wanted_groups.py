"""Builds the role that a test asks for."""

from accounts.support.groups import WantedGroup

SEE, UNLOCK = "accounts.view_user", "accounts.unlock_person"


def wanted(
    *rights: str, name: str = "Night desk", joining: tuple[str, ...] = (), leaving: tuple[str, ...] = ()
) -> WantedGroup:
    return WantedGroup(name=name, rights=frozenset(rights), joining=joining, leaving=leaving)
