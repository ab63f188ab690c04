"""Provider health in the admin, read-only: the circuit breakers of providers."""

from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ReadOnlyAdmin
from accounts.admin_site import AdminWords
from verification.models import Circuit, FailureReason

# Why a circuit breaker opened: a reason of a message, or what the provider's figures of some minutes show.
_REASONS = {
    **dict(FailureReason.choices),
    "receipts": _("many messages not delivered"),
    "conversion": _("few codes entered"),
}


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    """Circuit breakers of providers that failed recently. Read-only: workers open and close them."""

    list_display = ("provider", "kind", "state", "reason", "code", "failures", "until_at", "changed_at")
    fields = ("provider", "kind", "state", "reason", "code", "failures", "trips", "until_at", "changed_at")
    list_filter = ("state",)
    ordering = ("provider", "kind")
    words = AdminWords(
        heading=_("Provider health"),
        lead=_(
            "A provider that keeps failing is bypassed for a while, then tested with one message. This happens "
            "automatically. To switch a provider off yourself, add an outage."
        ),
        empty=_("All providers work"),
        empty_text=_("A provider is listed here after its first failure."),
    )

    @admin.display(description=_("reason"), ordering="why")
    def reason(self, obj: Circuit) -> str:
        return str(capfirst(_REASONS.get(obj.why, obj.why)))
