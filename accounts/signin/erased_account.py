"""Answers somebody whose account was erased in the midst of a request, as anybody whose account changed."""

from collections.abc import Callable, Iterator

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.people import fold
from accounts.signin import login_stage


class GoneMiddleware:
    """Turns the refusal of the database to write for an account that is gone into a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, (DatabaseError, ObjectDoesNotExist)) or not _is_gone(request):
            return None
        request.session.flush()
        messages.info(request, _("You were signed out, because your account or its settings changed."))
        return redirect("signin:password")


def _is_gone(request: HttpRequest) -> bool:
    """Tell whether the request is of people who are no more: signed in, on the way to it, or named in its form."""
    whose = list(_whose(request))
    return bool(whose) and not any(User.objects.filter(each).exists() for each in whose)


def _whose(request: HttpRequest) -> Iterator[Q]:
    if key := request.session.get(SESSION_KEY):
        yield Q(pk=int(key))
    if user_id := login_stage.whose(request):
        yield Q(pk=user_id)
    if name := request.POST.get("username"):
        yield Q(username=fold(name))
