"""URLs that providers call."""

from django.urls import path

from verification.provider_callback_view import receive

app_name = "verification"
urlpatterns = [
    path("<slug:provider_name>/<slug:event>/<slug:message_id>/", receive, name="callback-receive"),
]
