"""URLs of OpenID Connect. Applications have them in their configuration, so they never change."""

from django.urls import path

from accounts.integrations.oidc.views import authorize, logout, metadata, programs

app_name = "oidc"
urlpatterns = [
    path("authorize/", authorize.authorize, name="authorize"),
    path("choose/", authorize.choose, name="choose"),
    path("token/", programs.token, name="token"),
    path("userinfo/", programs.userinfo, name="userinfo"),
    path("revoke/", programs.revoke, name="revoke"),
    path("introspect/", programs.introspect, name="introspect"),
    path("jwks.json", metadata.jwks, name="jwks"),
    path("logout/", logout.logout, name="logout"),
]
