"""Step-up: sends someone who is signed in to verify again, because an application requires more.

What the page needs to know travels in a signed parameter, so that nobody can make up a page that asks in the name of an
application. It grants nothing: afterwards the application's decision is made again.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import applications, redirects
from accounts.access import application_refusal_words, step_up_words
from accounts.access.access_decision import AccessDecision, AccessStep
from accounts.applications import AccessReason
from accounts.models import Application
from accounts.sessions.session_assurance import PASSWORD

FOR = "for"  # query parameter and form field
_SALT = "accounts.access.step_up"
_LIFE = timedelta(hours=12)
_MAX_SIGNED_LENGTH = 1_000  # characters; a usual one has 200


@dataclass(frozen=True, kw_only=True)
class StepUp:
    """Why someone is asked: for which application, for what reason, and which methods are enough.

    Shape: `slug`, `name` and `logo_version` are those of the application. With `is_setup` they will set up a method
    afterwards, and the methods are the strongest that they have.
    """

    slug: str
    name: str
    logo_version: str
    reason: AccessReason
    methods: tuple[str, ...] = ()
    is_setup: bool = False

    @classmethod
    def to(
        cls, application: Application, answer: AccessDecision, methods: tuple[str, ...], *, is_setup: bool = False
    ) -> Self:
        """Return what an answer to an application asks for."""
        named = {"slug": application.slug, "name": application.name, "logo_version": application.logo_version}
        return cls(**named, reason=answer.reason, methods=methods, is_setup=is_setup)

    @property
    def signed(self) -> str:
        said = [self.slug, self.name, self.logo_version, self.reason, self.methods, self.is_setup]
        return signing.dumps(said, salt=_SALT)

    @property
    def initials(self) -> str:
        """Return what is shown without a logo."""
        return applications.initials(self.name)

    @property
    def why(self) -> str:
        """Say why the application asks."""
        return step_up_words.why(self.reason, self.name)


def read(signed: str) -> StepUp | None:
    """Return what a signed text says, or None if it isn't ours or is too old."""
    if not signed or len(signed) > _MAX_SIGNED_LENGTH:
        return None
    with suppress(signing.BadSignature, ValueError):
        slug, name, logo_version, reason, methods, is_setup = signing.loads(signed, salt=_SALT, max_age=_LIFE)
        return StepUp(
            slug=slug,
            name=name,
            logo_version=logo_version,
            reason=AccessReason(reason),
            methods=tuple(methods),
            is_setup=is_setup,
        )
    return None


def of(request: HttpRequest) -> StepUp | None:
    """Return why a page was opened, if an application sent its person here."""
    return read(request.POST.get(FOR, request.GET.get(FOR, "")))


def step_up(
    request: HttpRequest, answer: AccessDecision, *, application: Application, next_url: str, username: str = ""
) -> HttpResponse:
    """Redirect to the page on which an answer's requirement can be met; it continues to `next_url`.

    `username` is the person the application expects. It only fills in the field.
    """
    if answer.step is AccessStep.CONTINUE:
        return redirects.go_on(next_url)
    if answer.step is AccessStep.REFUSE:
        return refused(request, answer, application)
    about = StepUp.to(application, answer, answer.methods)
    if answer.reason is AccessReason.SIGNED_OUT:
        hint = {"username": username} if username else {}
        return redirect(redirects.asking("signin:password", next_url, **hint, **{FOR: about.signed}))
    if PASSWORD in (answer.first or answer.methods):  # they have nothing else, and enter it only at a sign-in
        return redirect(redirects.asking("sign-out", next_url))
    if answer.step is AccessStep.ASK:
        return redirect(redirects.asking("signin:reauthenticate", next_url, **{FOR: about.signed}))
    if not answer.first:
        return redirect(redirects.asking("portal:method-add", next_url, **{FOR: about.signed}))
    # Then the application's page decides again, and asks to set one up.
    first = StepUp.to(application, answer, answer.first, is_setup=True)
    return redirect(redirects.asking("signin:reauthenticate", next_url, **{FOR: first.signed}))


def refused(request: HttpRequest, answer: AccessDecision, application: Application) -> HttpResponse:
    """Show why someone can't use an application, and who can help."""
    title, text = application_refusal_words.refusal(answer.reason, application.name)
    return render(request, "accounts/access/application_refused.html", {"title": title, "text": text}, status=403)
