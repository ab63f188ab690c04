"""URLs that providers call."""

from django.urls import path

from verification import callbacks

app_name = "verification"
urlpatterns = [
    path("<slug:provider_name>/<slug:event>/<slug:message_id>/", callbacks.receive, name="callback-receive"),
]
