"""What our SCIM server says about itself: ServiceProviderConfig, ResourceTypes and Schemas. Source: RFC 7644, 4.

It states only what it does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    External,
    Filter,
    ListResponse,
    NotFoundException,
    Pagination,
    Patch,
    Reference,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)

from accounts.integrations.scim import size_limits
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse
from accounts.integrations.scim.user_and_group_schemas import Group, Person


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=size_limits.MAX_PAGE_SIZE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=False),
        pagination=Pagination(
            cursor=False,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=size_limits.DEFAULT_PAGE_SIZE,
            max_page_size=size_limits.MAX_PAGE_SIZE,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token of the directory, in the Authorization header.",
                spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
                primary=True,
            )
        ],
    )


_PROVIDER = ScimProvider(models=[Person, Group], config=_config())


def _service_provider_config(call: IncomingScimRequest, *rest: str) -> ScimResponse:
    if rest:
        raise NotFoundException(detail="No SCIM endpoint has this address.")
    return ScimResponse(status=200, body=_described(_PROVIDER.config, call, "ServiceProviderConfig"))


def _resource_types(call: IncomingScimRequest, *name: str) -> ScimResponse:
    return _described_all(
        {str(each.name): _described(each, call, f"ResourceTypes/{each.name}") for each in _PROVIDER.resource_types},
        *name,
    )


def _schemas(call: IncomingScimRequest, *urn: str) -> ScimResponse:
    return _described_all(
        {str(each.id): _described(each, call, f"Schemas/{each.id}") for each in _PROVIDER.schemas}, *urn
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


ENDPOINTS: Mapping[str, Callable[..., ScimResponse]] = {
    "ServiceProviderConfig": _service_provider_config,
    "ResourceTypes": _resource_types,
    "Schemas": _schemas,
}
