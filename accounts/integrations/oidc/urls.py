"""URLs of OpenID Connect. Applications have them in their configuration, so they never change."""

from django.urls import path

from accounts.integrations.oidc.views import authorize, discovery_and_public_keys, logout, token_and_userinfo_endpoints

app_name = "oidc"
urlpatterns = [
    path("authorize/", authorize.authorize, name="authorize"),
    path("choose/", authorize.choose, name="choose"),
    path("token/", token_and_userinfo_endpoints.token, name="token"),
    path("userinfo/", token_and_userinfo_endpoints.userinfo, name="userinfo"),
    path("revoke/", token_and_userinfo_endpoints.revoke, name="revoke"),
    path("introspect/", token_and_userinfo_endpoints.introspect, name="introspect"),
    path("jwks.json", discovery_and_public_keys.jwks, name="jwks"),
    path("logout/", logout.logout, name="logout"),
]
