"""Middleware that answers requests of accounts that were erased while the request was running."""

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
from accounts.signin import pending_sign_in


class GoneMiddleware:
    """Turn the database's refusal to write rows for an erased account into a page that says the account changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, (DatabaseError, ObjectDoesNotExist)) or not _is_gone(request):
            return None
        request.session.flush()
        messages.info(request, _("You were signed out because your account or its settings changed."))
        return redirect("signin:password")


def _is_gone(request: HttpRequest) -> bool:
    """Return whether all accounts of the request are gone: signed in, signing in, or named in its form."""
    whose = list(_whose(request))
    return bool(whose) and not any(User.objects.filter(each).exists() for each in whose)


def _whose(request: HttpRequest) -> Iterator[Q]:
    if key := request.session.get(SESSION_KEY):
        yield Q(pk=int(key))
    if user_id := pending_sign_in.whose(request):
        yield Q(pk=user_id)
    if name := request.POST.get("username"):
        yield Q(username=fold(name))
