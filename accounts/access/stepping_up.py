"""Steps up: sends someone to the page on which they can meet a requirement, and back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import redirects
from accounts.access import words
from accounts.access.decision import Answer, Reason, Step
from accounts.models import Application


def step_up(request: HttpRequest, answer: Answer, *, application: Application, next_url: str) -> HttpResponse:
    """Redirect to the page on which an answer's requirement can be met; it continues to `next_url`."""
    if answer.step is Step.CONTINUE:
        return redirects.go_on(next_url)
    if answer.step is Step.REFUSE:
        return refused(request, answer, application)
    if answer.reason is Reason.SIGNED_OUT:
        return redirect(redirects.asking("signin:password", next_url))
    if answer.step is Step.ENROL and not answer.first:
        return redirect("portal:method-add")
    return redirect(redirects.asking("signin:reauthenticate", next_url))


def refused(request: HttpRequest, answer: Answer, application: Application) -> HttpResponse:
    """Show why someone can't use an application, and who can help."""
    title, text = words.REFUSALS[answer.reason]
    about = {"application": application.name}
    return render(request, "accounts/access/refused.html", {"title": title % about, "text": text % about}, status=403)
