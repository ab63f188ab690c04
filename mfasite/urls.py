"""All addresses; each app brings its own, the site only says where they stand."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts.portal.views import password
from accounts.signin.views import sign_out
from mfasite import errors, health, metrics, providers, theme, well_known

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path(".well-known/change-password", well_known.change_password, name="change-password"),
    path(".well-known/passkey-endpoints", well_known.passkey_endpoints, name="passkey-endpoints"),
    path("theme.css", theme.stylesheet, name="theme"),
    path("sign-in/", include("accounts.signin.urls")),
    path("password-reset/", password.ask_reset, name="password-reset"),
    path("password-reset/<slug:handle>/<str:token>/", password.reset, name="password-reset-link"),
    path("sign-out/", sign_out, name="sign-out"),
    path("integrations/", include("accounts.integrations.urls")),
    path("help/", include("helpcenter.urls")),
    path("callbacks/", include("verification.urls")),
    path("admin/", admin.site.urls),
    *(path(prefix, include(urls)) for prefix, urls in providers.pages()),
    path("", include("accounts.portal.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
