"""The SCIM server: which function answers a request, and every error as RFC 7644 wants it.

The view loads this module at the first request, because scim2-models takes 30 MiB.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Error, ListResponse, NotFoundException, SCIMException

from accounts.integrations.scim import (
    groups_endpoint,
    listing,
    request_bodies,
    requests_and_responses,
    schemas,
    users_endpoint,
)
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse
from accounts.integrations.scim.token_authentication import AuthenticatedDirectory

_KINDS = {"Users": users_endpoint, "Groups": groups_endpoint}


def answer(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ScimResponse:
    """Answer a request of a directory."""
    try:
        return _answer(caller, call)
    except SCIMException as error:
        if isinstance(error.__cause__, ValidationError):
            return _refusal(_in_one_line(error.__cause__))
        return _refusal(error.to_error())
    except ValidationError as error:
        return _refusal(Error.from_validation_errors(error)[0])


def _answer(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ScimResponse:
    head, *rest = call.path or ("",)
    if head in _KINDS and len(rest) <= 1:
        return _of_kind(caller, call, head, *rest)
    if head == ".search" and not rest:
        return _searched(caller, call, list(_KINDS))
    if head in _DISCOVERY and len(rest) <= 1:
        return _allowed(call, {"GET": lambda: _DISCOVERY[head](call, *rest)})
    if head in {"Me", "Bulk"}:
        return requests_and_responses.error(501, f"/{head} isn’t supported.", problem="unsupported")
    raise NotFoundException(detail="No SCIM endpoint has this address.")


def _of_kind(caller: AuthenticatedDirectory, call: IncomingScimRequest, kind: str, key: str = "") -> ScimResponse:
    module: Any = _KINDS[kind]
    if key == ".search":
        return _searched(caller, call, [kind])
    if key:
        one = {"GET": module.read, "PUT": module.replace, "PATCH": module.patch, "DELETE": module.delete}
        return _allowed(call, {method: partial(run, caller, call, key) for method, run in one.items()})
    ways: Mapping[str, Callable[[], ScimResponse]] = {
        "GET": lambda: listing.by_query(call, module.listed(caller, call)),
        "POST": lambda: module.create(caller, call),
    }
    return _allowed(call, ways)


def _searched(caller: AuthenticatedDirectory, call: IncomingScimRequest, kinds: list[str]) -> ScimResponse:
    modules: list[Any] = [_KINDS[kind] for kind in kinds]
    wanted = [module.listed(caller, call) for module in modules]
    return _allowed(call, {"POST": lambda: listing.search(request_bodies.body(call), wanted)})


def _allowed(call: IncomingScimRequest, ways: Mapping[str, Callable[[], ScimResponse]]) -> ScimResponse:
    if call.method in ways:
        return ways[call.method]()
    allowed = ", ".join(sorted(ways))
    return requests_and_responses.error(405, f"This address takes only {allowed}.", problem="method", Allow=allowed)


def _in_one_line(wrong: ValidationError) -> Error:
    """Return what is wrong with a value: the library passes on several lines, with Python's name of the attribute."""
    error = Error.from_validation_errors(wrong)[0]
    what, colon, where = (error.detail or "").rpartition(": ")
    error.detail = what + colon + re.sub(r"_([a-z])", lambda found: found[1].upper(), where)
    return error


def _refusal(error: Error) -> ScimResponse:
    status = error.status or 400
    return requests_and_responses.error(
        status, error.detail or "", error.scim_type or "", problem=error.scim_type or str(status)
    )


# What the server says about itself


def _config(call: IncomingScimRequest, *rest: str) -> ScimResponse:
    if rest:
        raise NotFoundException(detail="No SCIM endpoint has this address.")
    return ScimResponse(status=200, body=_described(schemas.PROVIDER.config, call, "ServiceProviderConfig"))


def _resource_types(call: IncomingScimRequest, *name: str) -> ScimResponse:
    return _described_all(
        {
            str(each.name): _described(each, call, f"ResourceTypes/{each.name}")
            for each in schemas.PROVIDER.resource_types
        },
        *name,
    )


def _schemas(call: IncomingScimRequest, *urn: str) -> ScimResponse:
    return _described_all(
        {str(each.id): _described(each, call, f"Schemas/{each.id}") for each in schemas.PROVIDER.schemas}, *urn
    )


def _described(resource: Any, call: IncomingScimRequest, where: str) -> dict[str, Any]:
    said: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return {**said, "meta": {"resourceType": type(resource).__name__, "location": f"{call.base}/{where}"}}


def _described_all(found: Mapping[str, dict[str, Any]], *name: str) -> ScimResponse:
    if name:
        one = {key.casefold(): each for key, each in found.items()}.get(name[0].casefold())
        if one is None:
            raise NotFoundException(detail="No schema or resource type has this name.")
        return ScimResponse(status=200, body=one)
    body = {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": len(found),
        "startIndex": 1,
        "itemsPerPage": len(found),
        "Resources": list(found.values()),
    }
    return ScimResponse(status=200, body=body)


_DISCOVERY: Mapping[str, Callable[..., ScimResponse]] = {
    "ServiceProviderConfig": _config,
    "ResourceTypes": _resource_types,
    "Schemas": _schemas,
}
