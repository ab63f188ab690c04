"""Views of the help centre: topics, articles, search, feedback, diagnosis, and mail to the support desk."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import request_context
from accounts.models import User
from accounts.sessions import session_assurance
from accounts.signin import challenge_in_progress, pending_sign_in
from accounts.support import people_in_desk_scopes
from helpcenter import article_search, articles, contacts, diagnosis, feedback_and_failed_searches, home_page_topics
from helpcenter.forms import FeedbackForm, StrangerForm, TellForm
from helpcenter.home_page_topics import ArticleEntry
from helpcenter.models import Feedback
from verification import inputs, limits, notices
from verification.limits import network_of

_CACHE_SECONDS = 300  # how long caches may keep pages of visitors without a session


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a view to everyone. Caches may keep what visitors without a session or message see, but nothing else."""

    @login_not_required
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        is_same_for_all = not (request.session.session_key or request.COOKIES.get(settings.MESSAGE_COOKIE_NAME))
        if request.method in {"GET", "HEAD"} and is_same_for_all:
            patch_cache_control(response, public=True, max_age=_CACHE_SECONDS)
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        return response

    return page


def reader(request: HttpRequest) -> User | None:
    """Return the reader, if they are signed in and their session still counts."""
    return session_assurance.of(request).user


def _page(request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    user = reader(request)
    desk = contacts.desk_of(user)
    support = {"name": desk.name, "phone": desk.phone, "email": desk.email, "hours": desk.hours}
    frame = {"reader": user, "here": "help", "support": support, "takes_mail": desk.takes_mail}
    return render(request, f"helpcenter/{template}", frame | values, status=status)


@require_safe
@_public
def index(request: HttpRequest) -> HttpResponse:
    """Show the commonest problems and the topics, or search results."""
    user, context, wanted = (
        reader(request),
        request_context.read(request),
        inputs.shortened(request.GET.get("q"), max_length=article_search.MAX_SEARCH_LENGTH),
    )
    if wanted:
        hits = article_search.find(wanted, audiences=articles.audiences(user), now=context.now)
        if not hits:
            feedback_and_failed_searches.count_miss(wanted, context)
        places = articles.places(user)
        found = [ArticleEntry.of(hit.article, places) for hit in hits]
        return _page(request, "search_results.html", {"wanted": wanted, "hits": found})
    rows = articles.published(user, now=context.now).defer("body").order_by("order", "title")
    return _page(request, "home_page.html", {"home": home_page_topics.arrange(list(rows), articles.places(user))})


@require_safe
@_public
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one article, with the organisation's own names and limits."""
    user, context = reader(request), request_context.read(request)
    rows = articles.published(user, now=context.now)
    found = get_object_or_404(rows, slug=slug)
    places, wanted = articles.places(user), found.related.split()
    others = [row for row in rows.filter(slug__in=wanted).defer("body") if row.pk != found.pk]
    related = [ArticleEntry.of(row, places) for row in sorted(others, key=lambda row: wanted.index(row.slug))]
    values = {
        "article": found,
        "article_title": articles.fill(found.title, places),
        "summary": articles.fill(found.summary, places),
        "rendered": articles.render(found.body, places),
        "related": related,
        "canonical": f"{places['address']}{found.get_absolute_url()}",
    }
    return _page(request, "article.html", values)


@require_http_methods(["GET", "POST"])
@login_not_required
def feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """Store anonymous feedback on an article. Limited per hour and network.

    The form has its own page, because the article's may be in a cache and cannot contain a CSRF token.
    """
    context = request_context.read(request)
    found = get_object_or_404(articles.published(reader(request), now=context.now), slug=slug)
    form = FeedbackForm(request.POST or None, initial={"has_helped": request.GET.get("helped", "")})
    if request.method == "GET" or not form.is_valid():
        return _page(request, "article_feedback.html", {"article": found, "form": form})
    if limits.spend_request("help.word", name=slug + network_of(context.network), context=context).is_open:
        Feedback.objects.create(
            article=found, has_helped=form.cleaned_data["has_helped"], text=form.cleaned_data["text"], at=context.now
        )
    messages.success(request, _("Thanks for your feedback."))
    return redirect(found.get_absolute_url())


@require_safe
@login_not_required
def diagnose(request: HttpRequest) -> HttpResponse:
    """Show a diagnosis for the user, even if half signed in. It tells a stranger nothing about anybody.

    Support staff also find a field for a caller's reference here.
    """
    context, user = request_context.read(request), reader(request)
    is_support, given = _is_support(request, user), request.GET.get("reference", "")
    if is_support and diagnosis.read(given) is not None:
        return redirect("help:diagnose-for", diagnosis.tidy(given))
    pending = None if user else pending_sign_in.read(request, now=context.now)
    person = user or (challenge_in_progress.person(pending) if pending else None)
    situation = diagnosis.SITUATIONS.get(request.GET.get("about", ""))
    values: dict[str, Any] = {
        "situations": diagnosis.SITUATIONS.values(),
        "situation": situation,
        "person": person,
        "is_support": is_support,
        "given": given if is_support else "",
    }
    if situation is not None and person is not None:
        seen = diagnosis.collect(person, context, is_half=user is None, binding=pending.id if pending else "")
        values["findings"] = diagnosis.find(situation, seen)
        values["reference"] = diagnosis.reference(person, situation)
        values["tests"] = diagnosis.test_messages(situation, seen)
    return _page(request, "diagnose.html", values)


def _is_support(request: HttpRequest, user: User | None) -> bool:
    """Return whether a reader may see the diagnosis of others, after the second step."""
    if user is None or not user.is_staff or not session_assurance.of(request).is_proven:
        return False
    return user.has_perm("accounts.view_user")


@require_safe
def diagnose_for(request: HttpRequest, reference: str) -> HttpResponse:
    """Show support the diagnosis that a user's reference names."""
    found, staff = diagnosis.read(reference), reader(request)
    if found is None or staff is None or not _is_support(request, staff):
        raise Http404
    person = get_object_or_404(people_in_desk_scopes.visible(staff), pk=found[0])
    findings = diagnosis.find(found[1], diagnosis.collect(person, request_context.read(request), is_half=False))
    values = {"situation": found[1], "person": person, "findings": findings, "is_staff_view": True}
    return _page(request, "diagnose.html", values)


@require_http_methods(["GET", "POST"])
@login_not_required
def write_to_support(request: HttpRequest) -> HttpResponse:
    """Send an email to the support desk, if the organisation wants that; mainly for users who cannot sign in.

    If it comes from a diagnosis, the email contains the reference that opens the same view. The email says how far the
    writer was verified. The response is the same for everyone.
    """
    context, user = request_context.read(request), reader(request)
    pending = None if user else pending_sign_in.read(request, now=context.now)
    person = user or (challenge_in_progress.person(pending) if pending else None)
    desk = contacts.desk_of(person)
    if not desk.takes_mail:
        raise Http404
    form = (TellForm if person else StrangerForm)(request.POST or None)
    situation = diagnosis.SITUATIONS.get(request.GET.get("about", ""))
    if request.method == "POST" and form.is_valid():
        writer = person.username if person else network_of(context.network)
        if not limits.spend_request("help.tell", name=writer, context=context).is_open:
            form.add_error("text", _("You’ve sent several messages in the last hour. Call the support desk instead."))
        else:
            text = form.cleaned_data["text"]
            if situation is not None and person is not None:
                text += f"\n\n{situation.label}: {diagnosis.reference(person, situation)}"
            if person is not None:
                how = notices.Writer.SIGNED_IN if user else notices.Writer.HALF
                notices.forward_to_support(person, desk.email, text, now=context.now, how=how)
            else:
                given = form.cleaned_data
                notices.forward_unverified(
                    desk.email, text, name=given["name"], contact=given["contact"], now=context.now
                )
            messages.success(request, _("Message sent. The support desk will contact you."))
            return redirect("help:index")
    return _page(request, "write_to_support.html", {"form": form, "person": person, "takes_mail": False})
