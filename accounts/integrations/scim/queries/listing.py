"""Lists of resources: filters, order and pages. Source: RFC 7644, 3.4.2."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from scim2_models import (
    InvalidFilterException,
    InvalidValueException,
    ListResponse,
    Resource,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
    TooManyException,
)

from accounts.integrations.scim import size_limits, user_and_group_schemas
from accounts.integrations.scim.queries import filters
from accounts.integrations.scim.queries.filters import Columns
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse

_LIST = str(ListResponse.__schema__)
_NAMES = ("filter", "attributes", "excludedAttributes", "sortBy", "sortOrder", "startIndex", "count")


@dataclass(frozen=True, kw_only=True)
class ResourceListing:
    """What is listed: rows, how filters and orders ask for them, and how they become resources.

    Shape: `sortable` maps an attribute in lower case to its column; `load` turns rows into what a filter compares.
    """

    model: type[Resource[Any]]
    rows: QuerySet[Any]
    columns: Columns
    sortable: Mapping[str, str]
    render: "Callable[[Sequence[Any], SearchRequest[Any]], list[dict[str, Any]]]"
    load: Callable[[Sequence[Any]], Sequence[Resource[Any]]] | None = None


def asked(model: Any, sent: Mapping[str, Any]) -> "SearchRequest[Any]":
    """Read the parameters of a list. Errors: `SCIMException`, `ValidationError`."""
    by_name = {name.casefold(): value for name, value in sent.items()}
    found = {name: by_name[name.casefold()] for name in _NAMES if by_name.get(name.casefold()) not in (None, "")}
    if isinstance(found.get("filter"), str):
        filters.check_size(found["filter"])
    request: Any = SearchRequest.__class_getitem__(model)
    read: SearchRequest[Any] = request.model_validate(found, scim_policy=user_and_group_schemas.TOLERANT)
    return read


def selection(model: Any, call: IncomingScimRequest) -> "ResponseParameters[Any]":
    """Read which attributes of a resource a client wants. Errors: `ValidationError`."""
    parameters: Any = ResponseParameters.__class_getitem__(model)
    found = {
        name: value for name, value in call.query.items() if name in {"attributes", "excludedAttributes"} and value
    }
    read: ResponseParameters[Any] = parameters.model_validate(found, scim_policy=user_and_group_schemas.TOLERANT)
    return read


def wants(asked: "ResponseParameters[Any]", name: str) -> bool:
    """Return whether a client wants an attribute, or a part of it."""
    if asked.attributes:
        return any(_attribute(path).partition(".")[0] == name for path in asked.attributes)
    return all(_attribute(path) != name for path in asked.excluded_attributes or ())


def _attribute(path: object) -> str:
    """Return the attribute that a path names, without its schema, in lower case."""
    return str(path).rpartition(":")[2].casefold()


def by_query(call: IncomingScimRequest, listed: ResourceListing) -> ScimResponse:
    """Answer a GET of all resources of a kind."""
    return _page(asked(listed.model, call.query), [listed])


def search(sent: Mapping[str, Any], kinds: Sequence[ResourceListing]) -> ScimResponse:
    """Answer a search by POST, in one kind of resource or in several, one after the other."""
    models: Any = kinds[0].model
    for each in kinds[1:]:
        models |= each.model
    return _page(asked(models, sent), kinds)


def _page(request: "SearchRequest[Any]", kinds: Sequence[ResourceListing]) -> ScimResponse:
    start = request.start_index_0 or 0
    left = min(
        size_limits.DEFAULT_PAGE_SIZE if request.count is None else max(0, request.count), size_limits.MAX_PAGE_SIZE
    )
    total, resources, skip = 0, list[dict[str, Any]](), start
    for kind in kinds:
        n, rows = _rows(request, kind, skip, skip + left)
        rendered = kind.render(rows, request) if rows else []
        resources += rendered
        left -= len(rows)
        skip = max(0, skip - n)
        total += n
    body = {
        "schemas": [_LIST],
        "totalResults": total,
        "startIndex": start + 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
    return ScimResponse(status=200, body=body)


def _rows(request: "SearchRequest[Any]", kind: ResourceListing, first: int, end: int) -> tuple[int, Sequence[Any]]:
    """Return how many rows a filter finds, and those of one page."""
    rows, matches = kind.rows, None
    if request.filter is not None:
        bound: Any = ScimFilter.__class_getitem__(kind.model)
        own: ScimFilter[Any] = bound(request.filter)
        found = filters.query(own, kind.columns)
        rows = rows.filter(found.query) if found.query else rows
        matches = None if found.is_exact else own.match
    rows = rows.order_by(*_order(request, kind))
    if matches is None:
        if first or not end:
            n = rows.count()
            return n, list(rows[first:end]) if first < min(n, end) else []
        page = list(rows[:end])
        return len(page) if len(page) < end else rows.count(), page
    if kind.load is None:
        raise InvalidFilterException(detail="This filter isn’t supported.")
    candidates = list(rows[: size_limits.MAX_COMPARED + 1])
    if len(candidates) > size_limits.MAX_COMPARED:
        raise TooManyException(detail="This filter is about too many resources. Add a condition on the userName.")
    meant = [row for row, one in zip(candidates, kind.load(candidates), strict=True) if matches(one)]
    return len(meant), meant[first:end]


def _order(request: "SearchRequest[Any]", kind: ResourceListing) -> tuple[Any, ...]:
    if request.sort_by is None:
        return ("pk",)
    column = kind.sortable.get(_attribute(request.sort_by))
    if column is None:
        raise InvalidValueException(detail=f"Lists can’t be sorted by {str(request.sort_by)!r}.")
    is_down = request.sort_order == SearchRequest.SortOrder.descending
    return (F(column).desc() if is_down else F(column).asc(), "pk")
