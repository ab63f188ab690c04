"""URL configuration of the project. Each app brings its own URLs; this module only mounts them."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts.integrations.oidc.views import metadata as oidc
from accounts.portal.views import invitation, password
from accounts.signin.views import sign_out
from mfasite import accent_css, error_views, well_known
from mfasite.demo import provider_pages
from mfasite.observability import health, metrics

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path(".well-known/change-password", well_known.change_password, name="change-password"),
    path(".well-known/passkey-endpoints", well_known.passkey_endpoints, name="passkey-endpoints"),
    path("theme.css", accent_css.stylesheet, name="theme"),
    path("sign-in/", include("accounts.signin.urls")),
    path("password-reset/", password.ask_reset, name="password-reset"),
    path("password-reset/<slug:handle>/<str:token>/", password.reset, name="password-reset-link"),
    path("invitation/<slug:handle>/<str:token>/", invitation.show, name="invitation"),
    path("sign-out/", sign_out, name="sign-out"),
    path(".well-known/openid-configuration", oidc.discovery, name="openid-configuration"),
    path(".well-known/oauth-authorization-server", oidc.discovery, name="oauth-authorization-server"),
    path("oauth/", include("accounts.integrations.oidc.urls")),
    path("integrations/", include("accounts.integrations.urls")),
    path("scim/v2/", include("accounts.integrations.scim.urls")),
    path("help/", include("helpcenter.urls")),
    path("callbacks/", include("verification.urls")),
    path("admin/", admin.site.urls),
    *(path(prefix, include(urls)) for prefix, urls in provider_pages.pages()),
    path("", include("accounts.portal.urls")),
]

handler400 = error_views.bad_request
handler403 = error_views.permission_denied
handler404 = error_views.not_found
handler500 = error_views.server_error
