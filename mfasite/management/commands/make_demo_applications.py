"""Creates the demo's sample applications: one with OpenID Connect, two behind a proxy with a new secret each time."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.integrations.oidc import client_registration
from accounts.models import Application, OidcClient, ProtectedHost, Proxy
from mfasite.demo import launcher
from mfasite.demo.sample_applications import expenses
from verification.command_without_checks import UncheckedCommand

_SAMPLES: dict[str, dict[str, Any]] = {
    "wiki": {"name": "Wiki", "description": "A sample: any second step opens it"},
    "payroll": {
        "name": "Payroll",
        "description": "A sample: needs more than a text",
        "strength": "no-phone",
        "max_age": timedelta(minutes=5),
    },
}


class Command(UncheckedCommand):
    """Create the sample applications."""

    help = "Create the demo's sample applications. Works in the demo only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the port of the proxy in front of them."""
        parser.add_argument("--port", type=int, required=True, help="the port of the proxy in front of them")
        parser.add_argument("--oidc-port", type=int, required=True, help="the port of the one with OpenID Connect")

    @transaction.atomic
    def handle(self, *args: Any, port: int, oidc_port: int, **options: Any) -> None:
        """Create what is missing, move the hosts to the port, and write the proxy's new secret to a file."""
        if not settings.DEMO:
            raise CommandError("The samples are created in the demo only (DEMO=1).")
        for slug, about in _SAMPLES.items():
            host = f"{slug}.localhost:{port}"
            found = {"kind": Application.Kind.PROXY, **about}
            application, _is_new = Application.objects.get_or_create(slug=slug, defaults=found)
            Application.objects.filter(pk=application.pk).update(address=f"http://{host}/")
            ProtectedHost.objects.filter(application=application).delete()
            ProtectedHost.objects.create(application=application, host=host)
        _make_expenses(f"http://localhost:{oidc_port}")
        proxy, _is_new = Proxy.objects.get_or_create(
            slug="demo",
            defaults={"name": "The demo’s proxy", "program": Proxy.Program.CADDY, "networks": ["127.0.0.1/32"]},
        )
        secret = secret_rotation.renew(proxy, proxy_authentication.PURPOSE, timezone.now())
        file = settings.DEMO_DIR / launcher.SECRET_FILE
        file.touch(mode=0o600)
        file.write_text(secret, encoding="utf-8")


def _make_expenses(address: str) -> None:
    """Create the sample application with OpenID Connect, at the port that it has this time."""
    about = {"kind": Application.Kind.OIDC, "name": "Expenses", "description": "A sample with OpenID Connect"}
    application, _is_new = Application.objects.get_or_create(slug="expenses", defaults=about)
    Application.objects.filter(pk=application.pk).update(address=f"{address}/sign-in")
    if not OidcClient.objects.filter(application=application).exists():
        client_registration.make(application, redirect_uris="", now=timezone.now(), is_public=True)
    OidcClient.objects.filter(application=application).update(
        client_id=expenses.CLIENT_ID,
        redirect_uris=f"{address}{expenses.CALLBACK}",
        post_logout_redirect_uris=f"{address}/",
        logout_uri=f"{address}{expenses.NOTICE}",
    )
