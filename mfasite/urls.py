"""URL configuration of the project. Each app brings its own URLs; this module only mounts them."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.utils.datastructures import MultiValueDict

from accounts.integrations.oidc.views import discovery_and_public_keys as oidc
from accounts.signin.views import invitation, password_reset, sign_out
from mfasite import accent_colour_css, error_views, well_known_urls
from mfasite.demo import provider_pages
from mfasite.observability import health_checks, metrics


class Area(URLResolver):
    """URLs with a namespace of their own, which the first request for one of them loads.

    Django also loads such a module when it reads the whole table, which every process does for its first link.
    """

    def __init__(self, route: str, module: str, *, namespace: str) -> None:
        super().__init__(RoutePattern(route), module, app_name=namespace, namespace=namespace)

    def _populate(self) -> None:
        """Read the names of the URLs if they are loaded. The table above asks for it, and uses only the namespace."""
        if "url_patterns" in vars(self):
            super()._populate()

    @property
    def reverse_dict(self) -> MultiValueDict[Any, Any]:
        """Return the names of the URLs, for a link to one of them."""
        _loaded = self.url_patterns
        return super().reverse_dict


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health_checks.alive, name="healthz"),
    path("readyz", health_checks.ready, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path(".well-known/change-password", well_known_urls.change_password, name="change-password"),
    path(".well-known/passkey-endpoints", well_known_urls.passkey_endpoints, name="passkey-endpoints"),
    path("theme.css", accent_colour_css.stylesheet, name="theme"),
    path("sign-in/", include("accounts.signin.urls")),
    path("password-reset/", password_reset.ask_reset, name="password-reset"),
    path("password-reset/<slug:handle>/<str:token>/", password_reset.reset, name="password-reset-link"),
    path("invitation/<slug:handle>/<str:token>/", invitation.show, name="invitation"),
    path("sign-out/", sign_out, name="sign-out"),
    path(".well-known/openid-configuration", oidc.discovery, name="openid-configuration"),
    path(".well-known/oauth-authorization-server", oidc.discovery, name="oauth-authorization-server"),
    Area("oauth/", "accounts.integrations.oidc.urls", namespace="oidc"),
    path("integrations/", include("accounts.integrations.urls")),
    Area("scim/v2/", "accounts.integrations.scim.urls", namespace="scim"),
    path("help/", include("helpcenter.urls")),
    path("callbacks/", include("verification.urls")),
    Area("admin/", "accounts.admin_site.urls", namespace="admin"),
    *(path(prefix, include(urls)) for prefix, urls in provider_pages.pages()),
    path("", include("accounts.portal.urls")),
]

handler400 = error_views.bad_request
handler403 = error_views.permission_denied
handler404 = error_views.not_found
handler500 = error_views.server_error
