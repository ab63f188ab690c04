"""Reads what clients send: bodies, resources and PATCH operations, with the deviations that real ones have.

Attributes of the standard that we don't store are left out, and named in our log of requests. Everything else that is
unknown in a PATCH is an error: a client that hears "done" would never ask again, and leavers would keep their access.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from scim2_models import Context, InvalidSyntaxException, InvalidValueException, PatchOp, Resource, SCIMException

from accounts.integrations.scim import requests_and_responses, size_limits, user_and_group_schemas
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest
from verification import inputs

_MAX_NAMES = 10  # ignored attributes that the log names
_TYPES = {requests_and_responses.CONTENT_TYPE, "application/json"}
_HEAD = re.compile(r"(?i:urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):)?([A-Za-z$][A-Za-z0-9_$-]*)")

R = TypeVar("R", bound=Resource[Any])


class WrongType(SCIMException):
    """The body is neither SCIM nor JSON."""

    status = 415


def body(call: IncomingScimRequest) -> dict[str, Any]:
    """Read the body as a JSON object. Errors: `SCIMException`."""
    if call.content_type.lower() not in _TYPES:
        raise WrongType(detail=f"Send {requests_and_responses.CONTENT_TYPE}.")
    found = inputs.parse_json(call.body)
    if not isinstance(found, dict):
        raise InvalidSyntaxException(detail="The body isn’t a JSON object, or contains text that can’t be stored.")
    return found


def resource(model: type[R], payload: Mapping[str, Any], context: Context) -> tuple[R, tuple[str, ...]]:
    """Read a whole resource, and the names of what was left out. Errors: `SCIMException`, `ValidationError`."""
    sent = {name: value for name, value in payload.items() if name.casefold() not in user_and_group_schemas.READ_ONLY}
    found = model.model_validate(sent, scim_ctx=context, scim_policy=user_and_group_schemas.TOLERANT)
    ignored = (name for name in payload if name.casefold() not in user_and_group_schemas.KEPT[model])
    return found, _listed(ignored)


def patch(model: type[R], payload: Mapping[str, Any]) -> "tuple[PatchOp[R] | None, tuple[str, ...]]":
    """Read the operations of a PATCH, and the names of what was left out. None if nothing else is left.

    Errors: `SCIMException`, `ValidationError`.
    """
    names = {name.casefold(): name for name in payload}
    operations = payload.get(names.get("operations", ""))
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise InvalidValueException(detail="Operations must be a list of objects.")
    single = [part for each in operations for part in _parts(each)]
    if len(single) > size_limits.MAX_PATCH_OPERATIONS:
        raise InvalidValueException(
            detail=f"Send at most {size_limits.MAX_PATCH_OPERATIONS} operations in one request."
        )
    ignored: list[str] = []
    left = [kept for each in single if (kept := _kept(model, each, ignored)) is not None]
    if operations and not left:
        return None, _listed(ignored)
    message = {"schemas": payload.get(names.get("schemas", ""), [str(PatchOp.__schema__)]), "Operations": left}
    patch_model: Any = PatchOp.__class_getitem__(model)
    found = patch_model.model_validate(
        message, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=user_and_group_schemas.POLICY
    )
    return found, _listed(ignored)


def _parts(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an operation with the names of RFC 7644. One whose value has filters as names becomes one for each.

    Names are compared without regard to case (RFC 7643, 2.1), and some clients write `Op`, or `emails[...].value` as
    a name of a value without a path.
    """
    found = {name.casefold(): value for name, value in operation.items()}
    value = found.get("value")
    if found.get("path") or str(found.get("op")).lower() == "remove" or not isinstance(value, dict):
        yield found
        return
    if not any("[" in name for name in value):
        yield found
        return
    if plain := {name: item for name, item in value.items() if "[" not in name}:
        yield {**found, "value": plain}
    for name in (each for each in value if each not in plain):
        yield {**found, "path": name, "value": value[name]}


def _kept(model: type[R], operation: dict[str, Any], ignored: list[str]) -> dict[str, Any] | None:
    """Return an operation without what we don't store, or None if nothing is left of it."""
    if str(operation.get("op", "")).lower() not in {"add", "replace", "remove"}:
        return operation  # it is refused, whatever it is about
    path = operation.get("path")
    if isinstance(path, str) and path and _is_not_kept(model, path):
        ignored.append(path)
        return None
    value = operation.get("value")
    if path or not isinstance(value, dict):
        return operation
    ignored += (name for name in value if _is_not_kept(model, name))
    kept = {name: item for name, item in value.items() if not _is_not_kept(model, name)}
    return {**operation, "value": kept} if kept or not value else None


def _is_not_kept(model: type[R], path: str) -> bool:
    if path.casefold().startswith(user_and_group_schemas.NOT_KEPT_EXTENSION):
        return model is user_and_group_schemas.Person
    head = _HEAD.match(path)
    return head is not None and head[1].casefold() in user_and_group_schemas.NOT_KEPT[model]


def _listed(names: Any) -> tuple[str, ...]:
    """Return names as our log has them: without the values in their filters, which may be about a person."""
    return tuple(dict.fromkeys(inputs.shortened(name.partition("[")[0], max_length=80) for name in names))[:_MAX_NAMES]
