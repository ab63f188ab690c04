"""The authorization endpoint: an application asks who someone is, and the person may have to answer pages first.

A GET answers with a code, which the protocol demands. It changes nothing else, and a code is worth nothing to others.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import access, applications, redirects, request_context
from accounts.access import AccessDecision, AccessReason, AccessStep, Demand, RequestedVerification, acr_and_amr_values
from accounts.applications import audit_events
from accounts.integrations.oidc import (
    authorization_codes,
    authorization_progress,
    authorization_request,
    authorization_responses,
    consents,
    id_and_logout_tokens,
    scopes_and_claims_about_person,
)
from accounts.integrations.oidc.authorization_progress import Progress
from accounts.integrations.oidc.authorization_request import (
    Answerable,
    AuthorizationError,
    AuthorizationRequest,
    Unanswerable,
)
from accounts.middleware.new_password_required import answers_without_page
from accounts.models import User
from accounts.sessions import session_assurance, session_store
from accounts.sessions.session_assurance import AuthedRequest
from verification import audit
from verification.context import Context

_MAX_QUERY_LENGTH = 3500  # characters; with it, the address to return to still fits into that of the sign-in
_LOGIN_REQUIRED = {AccessReason.SIGNED_OUT, AccessReason.TOO_OLD, AccessReason.REMEMBERED}


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """One request with all that was read of it."""

    request: HttpRequest
    query: dict[str, list[str]]
    asked: AuthorizationRequest
    done: Progress
    context: Context

    @property
    def to(self) -> Answerable:
        return self.asked.to

    @property
    def is_silent(self) -> bool:
        return "none" in self.asked.prompts

    @property
    def demand(self) -> Demand:
        """Return a demand, made now, for a verification that the session doesn't have yet."""
        authentication = session_assurance.authentication(self.request)
        known = frozenset(each.at for each in authentication.verified) if authentication is not None else frozenset()
        return Demand(at=self.context.now, known=known)

    def back(self, done: Progress) -> str:
        """Return the address of this request, with what was done for it since."""
        return authorization_progress.address(reverse("oidc:authorize"), self.query, done)

    def error(self, name: str, description: str = "") -> HttpResponse:
        return authorization_responses.error(self.request, self.to, name, description)


def _without_page(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a request that may show no page, from a person who must set a new password first."""
    query = _query(request.GET)
    try:
        asked = authorization_request.read(query, authorization_request.answerable(query))
    except (Unanswerable, AuthorizationError):
        return None
    return authorization_responses.error(request, asked.to, "interaction_required") if "none" in asked.prompts else None


@answers_without_page(_without_page)
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Answer an authorization request. Source: OpenID Connect Core 1.0, 3.1.2."""
    if request.method == "POST":
        # A form of another site comes without our cookies. As a GET of the same request it has them.
        return _as_get(request)
    return _answer(request, request.GET)


def _as_get(request: HttpRequest) -> HttpResponse:
    form = request.POST if request.content_type == "application/x-www-form-urlencoded" else QueryDict()
    query = form.urlencode()
    if len(query) > _MAX_QUERY_LENGTH:
        return _unanswerable(request, "long")
    response = HttpResponseRedirect(f"{reverse('oidc:authorize')}?{query}")
    response.status_code = 303
    return response


def _query(form: QueryDict) -> dict[str, list[str]]:
    return {name: [str(value) for value in values] for name, values in form.lists()}


def _unanswerable(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "accounts/oidc/invalid_request.html", {"why": why}, status=400)


def _answer(request: HttpRequest, form: QueryDict) -> HttpResponse:
    if len(form.urlencode()) > _MAX_QUERY_LENGTH + len(form.get(authorization_progress.NAME, "")) * 2:
        return _unanswerable(request, "long")
    query = _query(form)
    try:
        to = authorization_request.answerable(query)
    except Unanswerable as error:
        return _unanswerable(request, str(error))
    try:
        asked = authorization_request.read(query, to)
        wanted_by = _subject(asked)
    except AuthorizationError as error:
        return authorization_responses.error(request, to, error.error, error.description)
    context = request_context.read(request)
    visit = _Visit(request=request, query=query, asked=asked, done=authorization_progress.read(query), context=context)
    return _decide(visit, wanted_by)


def _subject(asked: AuthorizationRequest) -> str:
    """Return the only person the client accepts, empty for anyone."""
    if not asked.id_token_hint:
        return asked.subject
    hint = id_and_logout_tokens.read_hint(asked.id_token_hint)
    if hint is None or hint["aud"] != asked.to.client.client_id:
        raise AuthorizationError("invalid_request", "id_token_hint is no ID token for this client")
    if asked.subject and asked.subject != hint["sub"]:
        raise AuthorizationError("invalid_request", "claims and id_token_hint name two people")
    return str(hint["sub"])


def _decide(visit: _Visit, subject: str) -> HttpResponse:
    request, asked, application = visit.request, visit.asked, visit.to.client.application
    wanted = _wanted(visit)
    if asked.essential_acrs and not wanted.strengths:
        return visit.error("unmet_authentication_requirements")
    answer = access.of_request(request, application, wanted=wanted)
    if answer.step is not AccessStep.CONTINUE and visit.is_silent and wanted.strengths and not wanted.is_essential:
        answer = access.of_request(request, application, wanted=replace(wanted, strengths=()))
    user = session_assurance.of(request).user
    if user is not None and subject and scopes_and_claims_about_person.subject(user) != subject:
        return visit.error("login_required", "someone else is signed in")
    if answer.step is AccessStep.CONTINUE and user is not None:
        return _continue(visit, user, answer)
    if visit.is_silent:
        return visit.error(_silent(answer, wanted, user))
    return _step_up(visit, answer, wanted, user)


def _wanted(visit: _Visit) -> RequestedVerification:
    """Return what the request demands. Once it was demanded, everything since then counts.

    Source: OpenID Connect Core 1.0, 3.1.2.1: `max_age=0` is the same as `prompt=login`.
    """
    asked, demand = visit.asked, visit.done.demand
    acrs = asked.essential_acrs or asked.acrs
    wanted = RequestedVerification(
        strengths=acr_and_amr_values.strengths_of(acrs), is_essential=bool(asked.essential_acrs)
    )
    is_forced = "login" in asked.prompts or asked.max_age == timedelta(0)
    if demand is not None and (is_forced or asked.max_age is not None):
        return replace(wanted, demand=demand)
    if is_forced:
        return replace(wanted, demand=visit.demand)
    return replace(wanted, max_age=asked.max_age)


def _silent(answer: AccessDecision, wanted: RequestedVerification, user: User | None) -> str:
    """Return the error for a request that may show no page. Source: Core 1.0, 3.1.2.6; Unmet Requirements 1.0."""
    if user is None:
        return "login_required"
    if answer.step is AccessStep.REFUSE:
        return "access_denied"
    if answer.reason is AccessReason.TOO_OLD:  # strong enough, but too long ago: a new sign-in meets it
        return "login_required"
    if wanted.is_essential:
        return "unmet_authentication_requirements"
    if answer.step is AccessStep.ENROL:
        return "interaction_required"
    return "login_required" if answer.reason in _LOGIN_REQUIRED else "interaction_required"


def _step_up(visit: _Visit, answer: AccessDecision, wanted: RequestedVerification, user: User | None) -> HttpResponse:
    """Ask for what is missing, or say what can't be met. The address to return to says what was demanded now."""
    application = visit.to.client.application
    if answer.step is AccessStep.REFUSE and user is not None:
        return _refuse(visit, answer, wanted, user)
    next_url = visit.back(visit.done if visit.done.demanded else visit.done.demanding(visit.demand))
    if user is None:
        return access.step_up(
            visit.request, answer, application=application, next_url=next_url, username=visit.asked.login_hint
        )
    audit.record(
        audit_events.APPLICATION_ASKED,
        user_id=user.pk,
        context=visit.context,
        application=application.slug,
        why=str(answer.reason),
    )
    return access.step_up(visit.request, answer, application=application, next_url=next_url)


def _refuse(visit: _Visit, answer: AccessDecision, wanted: RequestedVerification, user: User) -> HttpResponse:
    application = visit.to.client.application
    audit.record(
        audit_events.APPLICATION_REFUSED,
        user_id=user.pk,
        context=visit.context,
        application=application.slug,
        why=str(answer.reason),
    )
    if wanted.is_essential and answer.reason in {AccessReason.NO_METHOD_POSSIBLE, AccessReason.TOO_MANY_ROUNDS}:
        return visit.error("unmet_authentication_requirements")
    return access.step_up(visit.request, answer, application=application, next_url=visit.back(visit.done))


def _continue(visit: _Visit, user: User, answer: AccessDecision) -> HttpResponse:
    """Ask what only the person can answer, then give the code."""
    done, client = visit.done.of(user.pk), visit.to.client
    if "select_account" in visit.asked.prompts and not done.has_chosen:
        return _page(visit, user, "accounts/oidc/select_account.html")
    is_asked = "consent" in visit.asked.prompts and not done.has_agreed
    if is_asked or not consents.is_given(client, user, visit.asked.scopes):
        if visit.is_silent:
            return visit.error("consent_required")
        return _page(visit, user, "accounts/oidc/consent.html")
    access.max_step_up_rounds.forget(visit.request)
    ref = session_store.ref_of(visit.request.session)
    code = authorization_codes.start(
        visit.asked, authorization_codes.CodeOwner(user=user, session_ref=ref), answer, visit.context
    )
    return authorization_responses.code(visit.request, visit.to, code)


def _page(visit: _Visit, user: User, template: str) -> HttpResponse:
    application = visit.to.client.application
    values = {
        "application": application,
        "initials": applications.initials(application.name),
        "user": user,
        "address": authorization_progress.address(
            reverse("oidc:choose"), visit.query, replace(visit.done, user_id=user.pk)
        ),
        "scopes": [scopes_and_claims_about_person.LABELS[name] for name in visit.asked.scopes],
    }
    return render(visit.request, template, values)


@require_http_methods(["GET", "POST"])
def choose(request: AuthedRequest) -> HttpResponse:
    """Take what a person answered on one of these pages, and return to the request.

    The query is that of the authorization request. A GET repeats the request and shows the page again, for people who
    had to sign in first or sent an outdated form.
    """
    path = reverse("oidc:authorize")
    if request.method == "GET":
        return redirect(f"{path}?{request.GET.urlencode()}")
    query = _query(request.GET)
    try:
        asked = authorization_request.read(query, authorization_request.answerable(query))
    except (Unanswerable, AuthorizationError):
        return _unanswerable(request, "client")
    done, answer = authorization_progress.read(query).of(request.user.pk), request.POST.get("answer", "")
    if answer == "deny":
        return authorization_responses.error(request, asked.to, "access_denied")
    if answer == "other":
        return redirect(redirects.asking("sign-out", authorization_progress.address(path, query, Progress())))
    if answer == "agree":
        consents.give(asked.to.client, request.user, asked.scopes, request_context.read(request))
    chosen = replace(
        done,
        user_id=request.user.pk,
        has_chosen=done.has_chosen or answer == "continue",
        has_agreed=done.has_agreed or answer == "agree",
    )
    return redirect(authorization_progress.address(path, query, chosen))
