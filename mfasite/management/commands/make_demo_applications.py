"""Creates the demo's sample applications behind a proxy, and gives the proxy a new secret at each start."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.applications import secrets
from accounts.integrations.forward_auth import callers
from accounts.models import Application, ProtectedHost, Proxy
from mfasite.demo import launcher

_SAMPLES: dict[str, dict[str, Any]] = {
    "wiki": {"name": "Wiki", "description": "A sample: any second step opens it"},
    "payroll": {
        "name": "Payroll",
        "description": "A sample: needs more than a text",
        "strength": "no-phone",
        "max_age": timedelta(minutes=5),
    },
}


class Command(BaseCommand):
    """Create the sample applications."""

    help = "Create the demo's sample applications. Works in the demo only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the port of the proxy in front of them."""
        parser.add_argument("--port", type=int, required=True, help="the port of the proxy in front of them")

    @transaction.atomic
    def handle(self, *args: Any, port: int, **options: Any) -> None:
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
        proxy, _is_new = Proxy.objects.get_or_create(
            slug="demo",
            defaults={"name": "The demo’s proxy", "program": Proxy.Program.CADDY, "networks": ["127.0.0.1/32"]},
        )
        secret = secrets.renew(proxy, callers.PURPOSE, timezone.now())
        file = settings.DEMO_DIR / launcher.SECRET_FILE
        file.touch(mode=0o600)
        file.write_text(secret, encoding="utf-8")
