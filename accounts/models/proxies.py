"""Proxies that ask us before they forward a request, and the hosts and paths that they protect."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.applications import Application
from accounts.models.current_and_former_secret import SecretHolder


class Proxy(SecretHolder):
    """A web server in front of applications. It has a secret of its own, and asks from its own networks only.

    Shape: `networks` as `ipaddress` writes them. Without applications it may ask about all of them.
    """

    class Program(models.TextChoices):
        """What the proxy is, because not every program can pass on our answer as it is."""

        NGINX = "nginx", _("nginx")
        CADDY = "caddy", _("Caddy")
        TRAEFIK = "traefik", _("Traefik")
        ENVOY = "envoy", _("Envoy")

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    program = models.CharField(_("program"), max_length=10, choices=Program.choices)
    networks = models.JSONField(_("its addresses"), default=list)
    applications = models.ManyToManyField(
        Application, related_name="proxies", blank=True, verbose_name=_("applications behind it")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("proxy")
        verbose_name_plural = _("proxies")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(program__in=["nginx", "caddy", "traefik", "envoy"]), name="proxy_program_is_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ProtectedHost(models.Model):
    """A host, or a part of it below a path, that belongs to an application, and what a visitor needs there.

    Shape: `host` in lower case, with the port unless it is the usual one; `path_prefix` starts and ends with a slash.
    """

    class Access(models.TextChoices):
        """What a visitor needs."""

        PUBLIC = "public", _("Nothing: everyone can open it")
        SIGN_IN = "sign-in", _("To be signed in")
        STRENGTH = "strength", _("The application’s strength, or more")

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="hosts", verbose_name=_("application")
    )
    host = models.CharField(_("host"), max_length=259)
    path_prefix = models.CharField(_("path"), max_length=200, default="/")
    access = models.CharField(_("visitors need"), max_length=10, choices=Access.choices, default=Access.STRENGTH)
    strength = models.CharField(_("strength"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("protected address")
        verbose_name_plural = _("protected addresses")
        constraints = (
            models.UniqueConstraint(fields=["host", "path_prefix"], name="one_rule_an_address"),
            models.CheckConstraint(
                condition=models.Q(path_prefix__startswith="/") & models.Q(path_prefix__endswith="/"),
                name="protected_path_has_slashes",
            ),
            models.CheckConstraint(
                condition=models.Q(access__in=["public", "sign-in", "strength"]), name="protected_access_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(strength="") | models.Q(access="strength"), name="protected_strength_is_asked"
            ),
        )

    def __str__(self) -> str:
        return f"{self.host}{self.path_prefix}"
