"""Pages on an application's host that refuse a request which can't be checked, with their sentences."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.integrations.forward_auth.access_check import AccessCheckResult, AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt
from verification.lazy_text import LazyText

NOT_SET_UP: tuple[LazyText, LazyText] = (
    gettext_lazy("This page isn’t set up"),
    gettext_lazy("No application is set up for this address. Contact your support desk."),
)


def words(outcome: AccessCheckResult) -> tuple[LazyText, LazyText]:
    """Return the title and the text of the page for an outcome that opens nothing."""
    if outcome.verdict is AccessVerdict.UNKNOWN:
        return NOT_SET_UP
    if outcome.reason == Doubt.COOKIE:
        text = _("Your browser sent this site’s cookies in a form that we can’t read. Delete them, then try again.")
        return _("We can’t check your sign-in"), text
    if outcome.reason == Doubt.PATH:
        text = _("The address contains characters that we can’t check. Use a link on the application’s pages.")
        return _("We can’t check this address"), text
    text = _("The proxy in front of this application isn’t configured correctly. Contact your support desk.")
    return _("We can’t check this request"), text


def page(status: int, title: LazyText, text: LazyText, *, link: str = "", link_text: str = "") -> HttpResponse:
    """Return a page on an application's host. It uses nothing from our own host, so it has no style."""
    context = {"title": title, "text": text, "link": link, "link_text": link_text}
    return HttpResponse(render_to_string("accounts/forward_auth/page_on_application_host.html", context), status=status)
