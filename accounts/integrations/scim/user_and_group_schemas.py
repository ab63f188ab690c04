"""The SCIM schemas of users and groups: the attributes that we store of each.

With scim2-models and pydantic it takes 30 MiB, so only `request_dispatch` and what it needs import it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field
from scim2_models import (
    URN,
    CaseExact,
    ComplexAttribute,
    GroupMembership,
    Mutability,
    Name,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    Uniqueness,
)
from scim2_models import EnterpriseUser as _Enterprise
from scim2_models import User as _Standard

# Entra ID describes a phone number that isn't there yet by a filter, and removes members by a value.
POLICY = ScimPolicy(
    remove_value_as_filter=ScimPolicy.RemoveValue.apply, unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create
)
TOLERANT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)

# Annotations such as `SearchRequest[Any]` are in quotes. Outside them, each makes another class of pydantic, which
# reads its source at each start: together a fifth of the time in which this package is imported.


class EmailAttribute(ComplexAttribute):
    """An email address. We check it ourselves: the library refuses names such as `corp.local`.

    Its type is a text, because Python 3.11 can't copy the library's enumeration with a type of the client's own, and
    a PATCH copies.
    """

    value: str | None = None
    display: str | None = None
    type: str | None = Field(None, examples=["work", "home", "other"])
    primary: bool | None = None


class PhoneNumber(ComplexAttribute):
    """A phone number, in any form that people write."""

    value: str | None = None
    display: str | None = None
    type: str | None = Field(None, examples=["work", "home", "mobile", "fax", "pager", "other"])
    primary: bool | None = None


class User(Resource[Any]):
    """A person, with the attributes of the standard that we store. Its name is in the schema that clients read."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The username. It's compared without regard to case, and returned as it was sent."""

    name: Name | None = None
    """The parts of the name, for people without a display name."""

    display_name: str | None = None
    """The name that everyone sees."""

    preferred_language: str | None = None
    """The language, until the person chooses one."""

    active: bool | None = None
    """Whether the person can sign in. If it isn't stated they can; if it's removed they can't."""

    emails: list[EmailAttribute] | None = None
    """One email address: the primary one, otherwise the work address, otherwise the first."""

    phone_numbers: list[PhoneNumber] | None = None
    """Phone numbers, offered to the person when they set up a method. Each must be verified first."""

    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    """The groups of this directory that the person is in."""

    Name: ClassVar[type[ComplexAttribute]] = Name
    Emails: ClassVar[type[ComplexAttribute]] = EmailAttribute
    PhoneNumbers: ClassVar[type[ComplexAttribute]] = PhoneNumber
    Groups: ClassVar[type[ComplexAttribute]] = GroupMembership


Person: TypeAlias = User  # in the other modules, a user is an account


class GroupMember(ComplexAttribute):
    """A person in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of the person."""

    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the person."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """Always “User”: a group has no groups."""


class Group(Resource[Any]):
    """A group, with its members."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    """The name of the group."""

    members: list[GroupMember] | None = None
    """The people in the group."""

    Members: ClassVar[type[ComplexAttribute]] = GroupMember


READ_ONLY = frozenset({"id", "meta", "groups"})  # ignored in a whole resource, whatever they are. RFC 7644, 3.3
_Names: TypeAlias = Mapping[type[Resource[Any]], frozenset[str]]
_COMMON = frozenset({"schemas", "id", "externalid", "meta"})


def _declared(model: Any) -> frozenset[str]:
    return frozenset(str(attribute.name).casefold() for attribute in model.to_schema().attributes or ())


KEPT: _Names = {model: _declared(model) | _COMMON for model in (Person, Group)}
# What clients send of the standard and we don't store. Anything else that a PATCH names is refused.
NOT_KEPT: _Names = {
    Person: _declared(_Standard) - KEPT[Person],
    Group: frozenset[str](),
}
NOT_KEPT_EXTENSION = str(_Enterprise.__schema__).casefold()
