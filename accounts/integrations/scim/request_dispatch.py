"""Which function answers a SCIM request, and every error as RFC 7644 wants it.

The view loads this module at the first request, because scim2-models takes 30 MiB.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError
from scim2_models import Error, NotFoundException, SCIMException

from accounts.integrations.scim import (
    groups_endpoint,
    request_bodies,
    requests_and_responses,
    service_provider_config,
    users_endpoint,
)
from accounts.integrations.scim.queries import listing
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
    if head in service_provider_config.ENDPOINTS and len(rest) <= 1:
        return _allowed(call, {"GET": lambda: service_provider_config.ENDPOINTS[head](call, *rest)})
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
