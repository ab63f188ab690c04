"""Addresses of the virtual phone, under /phone/."""

from django.urls import path, register_converter

from . import views

prefix = "phone/"

app_name = "phone"


class NumberConverter:
    """A number in E.164; the plus may be missing, since some people type addresses."""

    regex = r"\+?[0-9]{3,15}"

    def to_python(self, value: str) -> str:
        return f"+{value.lstrip('+')}"

    def to_url(self, value: str) -> str:
        return value


register_converter(NumberConverter, "e164")

urlpatterns = [
    path("", views.phones, name="phones"),
    path("messages.json", views.messages, name="messages"),
    path("mail/", views.mail, name="mail"),
    path("mail/screen/", views.mail, {"is_screen": True}, name="mail-screen"),
    path("mail/state.json", views.mail_state, name="mail-state"),
    path("api/behaviour/", views.behaviour, name="behaviour"),
    path("api/calls/<int:call_id>/answer/", views.answer, name="call-answer"),
    path("api/calls/<int:call_id>/decline/", views.decline, name="call-decline"),
    path("api/calls/<int:call_id>/keys/", views.keys, name="call-keys"),
    path("api/calls/<int:call_id>/hang-up/", views.hang_up, name="call-hang-up"),
    path("api/calls/<int:call_id>/dismiss/", views.dismiss, name="call-dismiss"),
    path("<e164:number>/", views.telephone, name="telephone"),
    path("<e164:number>/calls/", views.calls, name="calls"),
    path("<e164:number>/state.json", views.state, name="state"),
    path("<e164:number>/screen/", views.screen, name="screen"),
]
