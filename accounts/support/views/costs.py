"""View of costs for operators: what texts and calls cost, and what is stopped."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from accounts import request_context
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import cost_overview
from accounts.support.views import page_layout


def index(request: AuthedRequest) -> HttpResponse:
    """Show spending against its limits, blocked ranges, and the cost of each country."""
    if not request.user.has_perm("verification.view_spendinglimit"):
        raise PermissionDenied
    context = {"found": cost_overview.overview(request_context.read(request).now), "days": cost_overview.DAYS}
    return page_layout.page(request, "costs.html", context, here="costs")
