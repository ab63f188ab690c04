"""What a directory supplies: people, their phone numbers and groups, and how it came to us."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from verification.context import Context


@dataclass(frozen=True, kw_only=True)
class PhoneEntry:
    """A phone number, as the directory writes it."""

    kind: Literal["mobile", "office", "home"]
    number: str


@dataclass(frozen=True, kw_only=True)
class PersonEntry:
    """A person, with everything that the directory has of them.

    Shape: `key` is the directory's permanent id, up to 64 characters; `phones` is None if nobody asked for them;
    `language` is a tag such as `de` or `de-CH`.
    """

    key: str
    username: str
    name: str = ""
    email: str = ""
    is_active: bool = True
    phones: tuple[PhoneEntry, ...] | None = ()
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupEntry:
    """A group with all its members. Shape: `members` are keys of people."""

    key: str
    name: str
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Members:
    """Who joins and leaves a group that already exists. Shape: both are keys of people; `name` is None if it stays."""

    key: str
    name: str | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class ProvisioningMethod(StrEnum):
    """How a directory's entry came to us."""

    SYNC = "sync"
    SCIM = "scim"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, kw_only=True)
class ProvisioningSource:
    """How an entry came, from where, and who caused it. `actor_id` is who started a sync by hand."""

    way: ProvisioningMethod
    network: str = ""
    agent: str = ""
    actor_id: int | None = None

    def context(self, now: datetime) -> Context:
        """Return the circumstances, for the audit log."""
        return Context(now=now, network=self.network, agent=self.agent)
