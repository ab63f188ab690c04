"""Turns SCIM filters into database queries.

A query finds at least everything that a filter means. Where a filter is about what only the encrypted resource says,
the found resources are compared one by one, up to a limit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from accounts.integrations.scim import size_limits
from accounts.models import User
from accounts.models.people import MAX_NAME_LENGTH, fold
from verification import inputs


@dataclass(frozen=True, kw_only=True)
class FilterQuery:
    """A query for a filter. If it isn't exact, it also finds some that the filter doesn't mean."""

    query: Q
    is_exact: bool = True


_EVERYTHING = FilterQuery(query=Q(), is_exact=False)
_NOBODY, _ALL = FilterQuery(query=Q(pk__in=[])), FilterQuery(query=~Q(pk__in=[]))
Lookup = Callable[[str, Any], Q | None]  # operator and value -> query, or None if the column can't tell
_TEXT = {"eq": "iexact", "co": "icontains", "sw": "istartswith", "ew": "iendswith"}
_ORDER = {"eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a filter may ask about an attribute. If it isn't exact, a resource may have the attribute in another form."""

    lookup: Lookup
    present: Q | None = None
    is_exact: bool = True


def text(column: str, *, is_exact: bool = True, max_length: int = size_limits.MAX_FILTER_LENGTH) -> Column:
    """Return an attribute without regard to case. An empty column counts as no value.

    A whole value is sought as the column has it: in one line, without double spaces, and up to `max_length` characters.
    """

    def lookup(operator: str, value: Any) -> Q | None:
        name = _TEXT.get(operator)
        if not name or not isinstance(value, str):
            return None
        sought = inputs.shortened(value, max_length=max_length) if operator == "eq" else value
        return Q(**{f"{column}__{name}": sought}) & ~Q(**{column: ""})

    return Column(lookup=lookup, present=~Q(**{column: ""}), is_exact=is_exact)


def folded(column: str) -> Column:
    """Return the username, which is stored folded and in one line."""
    words = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}

    def lookup(operator: str, value: Any) -> Q | None:
        name = words.get(operator)
        if not name or not isinstance(value, str):
            return None
        return Q(**{f"{column}__{name}": fold(inputs.one_line(value) if operator == "eq" else value)})

    return Column(lookup=lookup, present=Q())


def exactly(column: str) -> Column:
    """Return an attribute that is equal or not. Parts of it are found without regard to case, and compared again."""

    def lookup(operator: str, value: Any) -> Q | None:
        return Q(**{column: value}) if operator == "eq" and isinstance(value, str) and value else None

    return Column(lookup=lookup, present=~Q(**{column: ""}))


def ordered(column: str, kind: type) -> Column:
    """Return a time, or whether something is so."""

    def lookup(operator: str, value: Any) -> Q | None:
        name = _ORDER.get(operator) if kind is not bool or operator == "eq" else None
        if not name or not isinstance(value, kind):
            return None
        return Q(**{f"{column}__{name}": _in_utc(value) if isinstance(value, datetime) else value})

    return Column(lookup=lookup, present=Q(**{f"{column}__isnull": False}))


def _in_utc(moment: datetime) -> datetime:
    """Return an instant as the database takes it. One without a zone is UTC."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise InvalidFilterException(detail="The filter has a date that is too far away.") from None


def member() -> Column:
    """Return the ids of a group's members, by a subquery: a join would list a group once for each member."""
    memberships = User.groups.through.objects

    def lookup(operator: str, value: Any) -> Q | None:
        if operator != "eq" or not isinstance(value, str) or not value:
            return None
        return Q(group__in=memberships.filter(user__directory_key=value).values("group_id"))

    return Column(lookup=lookup, present=Q(group__in=memberships.values("group_id")))


def group() -> Column:
    """Return the ids of a person's groups, by a subquery."""
    memberships = User.groups.through.objects

    def lookup(operator: str, value: Any) -> Q | None:
        if operator != "eq" or not isinstance(value, str) or not value:
            return None
        return Q(user__in=memberships.filter(group__of_directory__key=value).values("user_id"))

    return Column(lookup=lookup)


def constant(text: str) -> Column:
    """Return an attribute that is the same for all resources of a kind. It's compared with regard to case."""
    ways: Mapping[str, Callable[[str], bool]] = {
        "eq": text.__eq__,
        "co": text.__contains__,
        "sw": text.startswith,
        "ew": text.endswith,
    }

    def lookup(operator: str, value: Any) -> Q | None:
        way = ways.get(operator)
        return (_ALL if way(value) else _NOBODY).query if way and isinstance(value, str) else None

    return Column(lookup=lookup, present=_ALL.query)


Columns = Mapping[str, Column]

PEOPLE: Columns = {
    "id": exactly("user__directory_key"),
    "externalid": exactly("external_id"),
    "username": folded("user__username"),
    "displayname": text("user__name", is_exact=False, max_length=MAX_NAME_LENGTH),
    "active": ordered("user__is_active", bool),
    "emails.value": text("user__email"),
    "emails": text("user__email"),
    "groups.value": group(),
    "groups": group(),
    "meta.resourcetype": constant("User"),
    "meta.created": ordered("user__directory_since", datetime),
    "meta.lastmodified": ordered("changed_at", datetime),
}
GROUPS: Columns = {
    "id": exactly("key"),
    "externalid": exactly("external_id"),
    "displayname": text("name"),
    "members.value": member(),
    "members": member(),
    "meta.resourcetype": constant("Group"),
}


def check_size(expression: str) -> None:
    """Refuse a filter that is long or deep, before it is parsed. Errors: `InvalidFilterException`."""
    depth = deepest = 0
    for sign in expression:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    if len(expression) > size_limits.MAX_FILTER_LENGTH or deepest > size_limits.MAX_FILTER_DEPTH:
        raise InvalidFilterException(detail="The filter is too long or too deep.")


def query(found: ScimFilter[Any], columns: Columns) -> FilterQuery:
    """Return the query for a filter. Errors: `InvalidFilterException`."""
    return _Query(found, columns).visit(found.ast)


class _Query(FilterVisitor[FilterQuery]):
    def __init__(self, found: ScimFilter[Any], columns: Columns, within: str = "") -> None:
        self._filter, self._columns, self._within = found, columns, within
        self._n_terms = 0

    def visit_comparison(self, node: Comparison) -> FilterQuery:
        if not self._is_declared(node):
            return _ALL if node.op == CompareOperator.ne else _NOBODY
        column = self._column(node)
        if column is None:
            return _EVERYTHING
        operator, value = str(node.op), self._value(node)
        if isinstance(value, str) and inputs.text(value, max_length=size_limits.MAX_FILTER_LENGTH) is None:
            raise InvalidFilterException(detail="The filter contains characters that no value can have.")
        if value is None:
            return self._absent(column, operator)
        is_not = operator == CompareOperator.ne
        found = column.lookup("eq" if is_not else operator, value)
        if found is None:
            return _EVERYTHING
        if not is_not:
            return FilterQuery(query=found, is_exact=column.is_exact)
        return FilterQuery(query=~found) if column.is_exact else _EVERYTHING

    def visit_present(self, node: Present) -> FilterQuery:
        if not self._is_declared(node):
            return _NOBODY
        column = self._column(node)
        if column is None or column.present is None or not column.is_exact:
            return _EVERYTHING
        return FilterQuery(query=column.present)

    def visit_not(self, node: Not) -> FilterQuery:
        inner = self.visit(node.expr)
        return FilterQuery(query=~inner.query) if inner.is_exact and inner.query else _EVERYTHING

    def visit_logical_expr(self, node: LogicalExpr) -> FilterQuery:
        parts = [self.visit(term) for term in node.terms]
        joined = parts[0].query
        for part in parts[1:]:
            if node.op == LogicalOperator.and_:
                joined &= part.query
            elif joined and part.query:
                joined |= part.query
            else:
                joined = Q()  # one side may be anybody
        return FilterQuery(query=joined, is_exact=all(part.is_exact for part in parts))

    def visit_value_path(self, node: ValuePath) -> FilterQuery:
        inner = _Query(self._filter, self._columns, within=node.attr_path.attr).visit(node.val_filter)
        return FilterQuery(query=inner.query, is_exact=False)

    def _is_declared(self, node: Comparison | Present) -> bool:
        """Return whether the resource has the attribute at all. A search in several kinds may name those of others."""
        return bool(self._within) or self._filter.resolve(node.attr_path, strict=False) is not None

    def _column(self, node: Comparison | Present) -> Column | None:
        self._n_terms += 1
        if self._n_terms > size_limits.MAX_FILTER_TERMS:
            raise InvalidFilterException(detail="The filter has too many terms.")
        path = node.attr_path
        names = [part for part in (self._within, path.attr, path.sub_attr) if part]
        return self._columns.get(".".join(names).casefold())

    def _value(self, node: Comparison) -> Any:
        binding = None if self._within else self._filter.resolve_comparison(node.attr_path)
        return coerce_value(binding, node.value, node.op) if binding is not None else node.value

    def _absent(self, column: Column, operator: str) -> FilterQuery:
        if column.present is None or not column.is_exact or operator not in {"eq", "ne"}:
            return _EVERYTHING
        return FilterQuery(query=column.present if operator == "ne" else ~column.present)
