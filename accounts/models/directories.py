"""Directories: LDAP servers, such as OpenLDAP or Active Directory, that check the passwords of their people."""

import ipaddress
import re
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from verification.models.handles import HandleField


class Kind(models.TextChoices):
    """What a directory is, which decides the names of its attributes."""

    OPENLDAP = "openldap", _("OpenLDAP or similar")
    ACTIVE_DIRECTORY = "active_directory", _("Active Directory or Samba")


class Encryption(models.TextChoices):
    """How the connection is encrypted."""

    LDAPS = "ldaps", _("TLS from the start (LDAPS)")
    STARTTLS = "starttls", _("StartTLS")
    NONE = "none", _("None, only for a server on this machine")


def _check_servers(servers: object) -> None:
    if not isinstance(servers, list) or not servers:
        raise ValidationError(_t("Enter at least one server."))
    for server in servers:
        parts = urlsplit(f"//{server}") if isinstance(server, str) else None
        try:
            is_server = parts is not None and bool(parts.hostname) and not (parts.path or parts.query or parts.username)
            is_server = is_server and (parts is None or parts.port is None or parts.port > 0)
        except ValueError:
            is_server = False
        if not is_server:
            words = _t("“%(server)s” isn’t a server. Enter a host name, with a port if needed: ldap.example.org:1636.")
            raise ValidationError(words % {"server": server})


def _check_filter(text: str) -> None:
    if text.count("{username}") < 1 or not (text.startswith("(") and text.endswith(")")):
        raise ValidationError(_t("Enter a filter in parentheses that contains {username}, such as (uid={username})."))
    if text.count("(") != text.count(")"):
        raise ValidationError(_t("The parentheses of the filter don’t match."))


def _check_authority(pem: str) -> None:
    try:
        ssl.create_default_context(cadata=pem.encode("ascii").decode() or None)
    except (ssl.SSLError, ValueError):
        words = _t("This isn’t a certificate in PEM. It begins with -----BEGIN CERTIFICATE-----.")
        raise ValidationError(words) from None


def _check_attribute(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ValidationError(_t("Enter the name of an attribute, such as mail."))


class Directory(models.Model):
    """One directory. Its people have no password here: each sign-in asks one of its servers.

    Shape: `servers` are host names with an optional port, asked in order; `sealed_password` is the encrypted password
    of the service account, bound to `ref`; `ca` is PEM.
    """

    ref = HandleField(unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.OPENLDAP)
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("New people are looked up in the directories in this order.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    servers = models.JSONField(_("servers"), default=list)
    encryption = models.CharField(_("encryption"), max_length=10, choices=Encryption.choices, default=Encryption.LDAPS)
    ca = models.TextField(
        _("certificate authority"),
        blank=True,
        help_text=_("PEM. Leave it empty if a public authority issued the servers’ certificates."),
    )
    account = models.CharField(
        _("service account"),
        max_length=300,
        help_text=_("The account that looks people up, such as cn=two-step,ou=services,dc=example,dc=org."),
    )
    sealed_password = models.TextField(editable=False, blank=True)
    base = models.CharField(
        _("base"), max_length=300, help_text=_("Where people are, such as ou=people,dc=example,dc=org.")
    )
    person_filter = models.CharField(
        _("filter"),
        max_length=500,
        help_text=_("How a person is found. {username} stands for what they entered."),
    )
    username_attribute = models.CharField(_("username"), max_length=64)
    name_attribute = models.CharField(_("full name"), max_length=64)
    email_attribute = models.CharField(_("email address"), max_length=64)
    adds_people = models.BooleanField(
        _("add people when they first sign in"),
        default=True,
        help_text=_("Anyone whom the filter finds can then sign in, and sets up a second step."),
    )
    max_failures = models.PositiveSmallIntegerField(
        _("incorrect passwords"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("After so many, we stop asking. Stay below the directory’s own lockout."),
    )
    failure_minutes = models.PositiveSmallIntegerField(
        _("within minutes"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("The time in which the directory counts incorrect passwords."),
    )
    password_url = models.URLField(
        _("page to change the password"),
        blank=True,
        help_text=_("Where people change their password. We can’t change it for them."),
    )

    class Meta:
        verbose_name_plural = "directories"

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check what each field says. A migration would have to import these checks if they were validators."""
        super().clean_fields(exclude)
        errors = {}
        for name in _CHECKS.keys() - set(exclude or ()):
            try:
                _CHECKS[name](getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def clean(self) -> None:
        """Refuse unencrypted connections to other machines: every password would cross the network in clear."""
        if self.encryption == Encryption.NONE and not all(_is_here(str(each)) for each in self.servers or ()):
            words = _t("Choose TLS. Without it, passwords would cross the network unencrypted.")
            raise ValidationError({"encryption": words})


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "servers": _check_servers,
    "ca": _check_authority,
    "person_filter": _check_filter,
    "username_attribute": _check_attribute,
    "name_attribute": _check_attribute,
    "email_attribute": _check_attribute,
}


def _is_here(server: str) -> bool:
    host = urlsplit(f"//{server}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
