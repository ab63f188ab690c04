"""URLs of OpenID Connect. Applications have them in their configuration, so they never change."""

from django.urls import path

from accounts.integrations.oidc.views import authorize, logout, metadata, token_endpoints

app_name = "oidc"
urlpatterns = [
    path("authorize/", authorize.authorize, name="authorize"),
    path("choose/", authorize.choose, name="choose"),
    path("token/", token_endpoints.token, name="token"),
    path("userinfo/", token_endpoints.userinfo, name="userinfo"),
    path("revoke/", token_endpoints.revoke, name="revoke"),
    path("introspect/", token_endpoints.introspect, name="introspect"),
    path("jwks.json", metadata.jwks, name="jwks"),
    path("logout/", logout.logout, name="logout"),
]
