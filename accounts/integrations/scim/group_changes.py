"""What a PATCH changes of a group, in every form that clients send. Source: RFC 7644, 3.5.2."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scim2_models import InvalidPathException, InvalidValueException, PatchOp, PatchOperation
from scim2_models.path import AttrPath, CompareOperator, Comparison, LogicalExpr, LogicalOperator, ValuePath

from accounts.integrations.scim.user_and_group_schemas import Group


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What operations change together. Shape: `members` replaces all of them, before others join or leave."""

    name: str | None = None
    external_id: str | None = None
    members: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @property
    def joining(self) -> frozenset[str]:
        """Return who is in the group afterwards, as far as the changes say."""
        return (self.members or frozenset()) - self.removed | self.added


def of(message: PatchOp[Group]) -> Changes:
    """Return what a PATCH changes. Errors: `SCIMException`."""
    changes = _State()
    for operation in message.operations or ():
        changes.apply(operation)
    return Changes(
        name=changes.name,
        external_id=changes.external_id,
        members=changes.members,
        added=frozenset(changes.added),
        removed=frozenset(changes.removed),
    )


class _State:
    def __init__(self) -> None:
        self.name: str | None = None
        self.external_id: str | None = None
        self.members: frozenset[str] | None = None
        self.added: set[str] = set()
        self.removed: set[str] = set()

    def apply(self, operation: PatchOperation[Group]) -> None:
        """Carry out one operation."""
        op, path = str(operation.op), operation.path
        if path is None:
            if not isinstance(operation.value, dict):
                raise InvalidValueException(detail="An operation without a path needs an object as its value.")
            for name, value in operation.value.items():
                self._set(op, name.rpartition(":")[2], value)
            return
        node = path.ast
        if isinstance(node, ValuePath):
            self._leave(op, _selected(node))
        elif isinstance(node, AttrPath) and node.sub_attr is None:
            self._set(op, node.attr, operation.value)
        else:
            raise InvalidPathException(path=str(path), detail=f"'{path}' can’t be changed.")

    def _set(self, op: str, name: str, value: Any) -> None:
        match name.casefold():
            case "members":
                self._set_members(op, value)
            case "displayname" if op != PatchOperation.Op.remove and isinstance(value, str):
                self.name = value
            case "externalid" if op == PatchOperation.Op.remove or value is None:
                self.external_id = ""
            case "externalid" if isinstance(value, str):
                self.external_id = value
            case "id" | "schemas" | "meta":  # Okta repeats them
                pass
            case _:
                raise InvalidValueException(detail=f"'{name}' can’t be changed to this.")

    def _set_members(self, op: str, value: Any) -> None:
        if value is None and op != PatchOperation.Op.add:
            self.members, self.added, self.removed = frozenset(), set(), set()
        elif op == PatchOperation.Op.replace_:
            self.members, self.added, self.removed = frozenset(_ids(value)), set(), set()
        elif op == PatchOperation.Op.add:
            self.added |= set(_ids(value))
            self.removed -= set(_ids(value))
        else:
            self._leave(op, _ids(value))

    def _leave(self, op: str, ids: Iterable[str]) -> None:
        if op != PatchOperation.Op.remove:
            raise InvalidPathException(path="members", detail="Members can be added and removed, but not changed.")
        self.removed |= set(ids)
        self.added -= set(ids)


def _ids(value: Any) -> list[str]:
    """Return the ids in a value: a list of objects, one object, or ids alone."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        item = each.get("value") if isinstance(each, dict) else each
        if not isinstance(item, str) or not item:
            raise InvalidValueException(detail="Each member has an id as its value.")
        if isinstance(each, dict) and str(each.get("type") or "User").casefold() != "user":
            raise InvalidValueException(detail="Members of a group are people: a group has no groups.")
        found.append(item)
    return found


def _selected(node: ValuePath) -> list[str]:
    """Return the ids that a path such as `members[value eq "..."]` selects."""
    terms = [node.val_filter]
    if isinstance(node.val_filter, LogicalExpr) and node.val_filter.op == LogicalOperator.or_:
        terms = list(node.val_filter.terms)
    ids = [
        term.value
        for term in terms
        if isinstance(term, Comparison)
        and term.op == CompareOperator.eq
        and term.attr_path.attr.casefold() == "value"
        and isinstance(term.value, str)
    ]
    if len(ids) != len(terms) or node.sub_attr is not None or node.attr_path.attr.casefold() != "members":
        raise InvalidPathException(path=str(node), detail='Select members by their id: members[value eq "..."].')
    return ids
