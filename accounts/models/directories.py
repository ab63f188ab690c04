"""Directories: LDAP servers that check passwords, and whatever else supplies people and groups, such as SCIM."""

import ipaddress
import re
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts import default_ldap_filters_and_attributes
from verification.models.random_row_handles import HandleField


class DirectoryKind(models.TextChoices):
    """What a directory is: we ask LDAP servers, while SCIM clients such as Entra ID or Okta send to us."""

    OPENLDAP = "openldap", _("OpenLDAP or similar")
    ACTIVE_DIRECTORY = "active_directory", _("Active Directory or Samba")
    SCIM = "scim", _("SCIM, such as Entra ID or Okta")


class LinkBy(models.TextChoices):
    """Which existing accounts a directory takes over. Staff never: see `provisioning.matching_people`."""

    NOTHING = "nothing", _("Nobody")
    USERNAME = "username", _("People with the same username")
    EMAIL = "email", _("People with the same email address")


class Encryption(models.TextChoices):
    """How the connection is encrypted."""

    LDAPS = "ldaps", _("TLS from the start (LDAPS)")
    STARTTLS = "starttls", _("StartTLS")
    NONE = "none", _("None, only for a server on this machine")


class SyncEvery(models.IntegerChoices):
    """How often a directory is read. Units: minutes."""

    NEVER = 0, _("Only when someone starts it")
    QUARTER = 15, _("Every 15 minutes")
    HOUR = 60, _("Every hour")
    SHIFT = 360, _("Every 6 hours")
    DAY = 1440, _("Every day")


def _check_servers(servers: object) -> None:
    if not isinstance(servers, list) or not servers:
        raise ValidationError(_t("Enter at least one server."))
    for server in servers:
        if not isinstance(server, str) or not _host(server):
            words = _t("“%(server)s” isn’t a server. Enter a host name, with a port if needed: ldap.example.org:1636.")
            raise ValidationError(words % {"server": server})


def _check_present(text: str) -> None:
    if not text:
        raise ValidationError(_t("Enter a value."))


def _check_filter(text: str) -> None:
    if text.count("{username}") < 1 or not (text.startswith("(") and text.endswith(")")):
        raise ValidationError(_t("Enter a filter in parentheses that contains {username}, such as (uid={username})."))
    if text.count("(") != text.count(")"):
        raise ValidationError(_t("The parentheses of the filter don’t match."))


def _check_any_filter(text: str) -> None:
    if text and (not (text.startswith("(") and text.endswith(")")) or text.count("(") != text.count(")")):
        raise ValidationError(_t("Enter a filter in parentheses, such as (cn=vpn-*)."))


def _check_authority(pem: str) -> None:
    try:
        ssl.create_default_context(cadata=pem.encode("ascii").decode() or None)
    except (ssl.SSLError, ValueError):
        words = _t("This isn’t a certificate in PEM. It begins with -----BEGIN CERTIFICATE-----.")
        raise ValidationError(words) from None


def _check_optional_attribute(name: str) -> None:
    if name:
        _check_attribute(name)


def _check_attribute(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ValidationError(_t("Enter the name of an attribute, such as mail."))


class Directory(models.Model):
    """One directory. The people of an LDAP directory have no password here: each sign-in asks one of its servers.

    Shape: `servers` are host names with an optional port, asked in order; `sealed_password` is the encrypted password
    of the service account, bound to `ref`; `ca` is PEM.
    """

    ref = HandleField(unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=DirectoryKind.choices, default=DirectoryKind.OPENLDAP)
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("We look for new people in the directory with the lowest number first.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    link_by = models.CharField(
        _("take over existing accounts"),
        max_length=10,
        choices=LinkBy.choices,
        default=LinkBy.NOTHING,
        help_text=_("The directory then decides their name, and whether they can sign in. Staff are never taken over."),
    )
    invites_people = models.BooleanField(
        _("invite new people"),
        default=False,
        help_text=_("New people get an email with a link, and reminders."),
    )
    many_left_at = models.DateTimeField(null=True, editable=False)  # when its last alarm was raised
    many_left_since = models.DateTimeField(null=True, editable=False)  # of an alarm that nobody has dealt with
    servers = models.JSONField(_("servers"), default=list, blank=True)
    encryption = models.CharField(_("encryption"), max_length=10, choices=Encryption.choices, default=Encryption.LDAPS)
    ca = models.TextField(
        _("certificate authority"),
        blank=True,
        help_text=_("PEM. Leave it empty if a public authority issued the servers’ certificates."),
    )
    account = models.CharField(
        _("service account"),
        max_length=300,
        blank=True,
        help_text=_("The account that looks people up, such as cn=two-step,ou=services,dc=example,dc=org."),
    )
    sealed_password = models.TextField(editable=False, blank=True)
    base = models.CharField(
        _("base DN of people"),
        max_length=300,
        blank=True,
        help_text=_("Where people are, such as ou=people,dc=example,dc=org."),
    )
    person_filter = models.CharField(
        _("search filter for people"),
        max_length=500,
        blank=True,
        help_text=_("Finds the person who signs in. {username} stands for the name that they entered."),
    )
    username_attribute = models.CharField(_("username attribute"), max_length=64, blank=True)
    name_attribute = models.CharField(_("full name attribute"), max_length=64, blank=True)
    email_attribute = models.CharField(_("email attribute"), max_length=64, blank=True)
    adds_people = models.BooleanField(
        _("add people when they first sign in"),
        default=True,
        help_text=_("Anyone the search filter finds can then sign in. They set up a second step first."),
    )
    max_failures = models.PositiveSmallIntegerField(
        _("incorrect passwords allowed"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "After this many we stop asking the directory. "
            "Enter a lower number than the one that locks the account there."
        ),
    )
    failure_minutes = models.PositiveSmallIntegerField(
        _("counted for (minutes)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("Enter how long the directory itself counts incorrect passwords."),
    )
    password_url = models.URLField(
        _("page to change the password"),
        blank=True,
        help_text=_("Where people change their password. We can’t change it for them."),
    )
    sync_minutes = models.PositiveSmallIntegerField(
        _("read people and groups"),
        choices=SyncEvery.choices,
        default=SyncEvery.NEVER,
        help_text=_("When people join, change or leave in the directory, the same happens here."),
    )
    disabled_filter = models.CharField(
        _("search filter for disabled people"),
        max_length=500,
        blank=True,
        help_text=_(
            "People it finds can’t sign in, for example (nsAccountLock=TRUE). Not needed for accounts that are "
            "disabled in Active Directory or locked permanently in OpenLDAP."
        ),
    )
    mobile_attribute = models.CharField(
        _("mobile number attribute"),
        max_length=64,
        blank=True,
        default=default_ldap_filters_and_attributes.MOBILE_ATTRIBUTE,
        help_text=_("We suggest this number at setup. Leave this empty to read no mobile numbers."),
    )
    office_attribute = models.CharField(
        _("office number attribute"),
        max_length=64,
        blank=True,
        default=default_ldap_filters_and_attributes.OFFICE_ATTRIBUTE,
        help_text=_("We suggest this number at setup. Leave this empty to read no office numbers."),
    )
    language_attribute = models.CharField(
        _("language attribute"),
        max_length=64,
        blank=True,
        default=default_ldap_filters_and_attributes.LANGUAGE_ATTRIBUTE,
        help_text=_("Leave this empty to read no languages."),
    )
    group_base = models.CharField(
        _("base DN of groups"),
        max_length=300,
        blank=True,
        help_text=_("Where groups are, such as ou=groups,dc=example,dc=org. Leave this empty to read no groups."),
    )
    group_filter = models.CharField(
        _("search filter for groups"),
        max_length=500,
        blank=True,
        help_text=_(
            "Which groups to read, such as (cn=vpn-*). Leave this empty to read all. People in groups inside these "
            "groups are members too."
        ),
    )

    class Meta:
        verbose_name_plural = "directories"

    def __str__(self) -> str:
        return self.name

    @property
    def checks_passwords(self) -> bool:
        """Return whether its servers check passwords. The people of other directories have their password here."""
        return self.kind != DirectoryKind.SCIM

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check what each field says. A migration would have to import these checks if they were validators."""
        super().clean_fields(exclude)
        errors = {}
        for name in _CHECKS.keys() - set(exclude or ()) if self.checks_passwords else ():
            try:
                _CHECKS[name](getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def clean(self) -> None:
        """Refuse unencrypted connections to other machines: every password would cross the network unencrypted.

        A directory with people stays what it is, because their passwords are either there or here.
        """
        kinds = Directory.objects.filter(pk=self.pk, people__isnull=False).values_list("kind", flat=True)
        if any((kind != DirectoryKind.SCIM) != self.checks_passwords for kind in kinds[:1]):
            raise ValidationError({"kind": _t("It has people already. Add another directory instead.")})
        if not self.checks_passwords:
            return
        if self.encryption == Encryption.NONE and not all(_is_here(str(each)) for each in self.servers or ()):
            words = _t("Choose TLS. Without it, passwords would cross the network unencrypted.")
            raise ValidationError({"encryption": words})


class DirectoryGroup(models.Model):
    """A group of a directory, and the group of ours that has its members.

    Shape: `key` is permanent, as of people; `external_id` is what a SCIM client calls it.
    """

    directory = models.ForeignKey(Directory, on_delete=models.PROTECT, related_name="groups")
    key = models.CharField(max_length=64)
    external_id = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=150)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="of_directory")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["directory", "key"], name="one_group_an_entry"),
            models.UniqueConstraint(
                fields=["directory", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_group_an_external_id",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SuggestedNumber(models.Model):
    """A phone number that a directory has of a person. It is no method until they verify it, or policy trusts it.

    Shape: `sealed` is encrypted E.164, bound to `ref`.
    """

    class Kind(models.TextChoices):
        MOBILE = "mobile", _("mobile number")
        OFFICE = "office", _("office number")
        HOME = "home", _("home number")

    ref = HandleField(unique=True, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="suggested_numbers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    sealed = models.TextField(editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "kind"], name="one_number_a_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "account": _check_present,
    "base": _check_present,
    "servers": _check_servers,
    "ca": _check_authority,
    "person_filter": _check_filter,
    "username_attribute": _check_attribute,
    "name_attribute": _check_attribute,
    "email_attribute": _check_attribute,
    "mobile_attribute": _check_optional_attribute,
    "office_attribute": _check_optional_attribute,
    "language_attribute": _check_optional_attribute,
    "disabled_filter": _check_any_filter,
    "group_filter": _check_any_filter,
}


def _host(server: str) -> str:
    """Return the host of a server such as `ldap.example.org:1636`; empty if it isn't one."""
    try:
        parts = urlsplit(f"//{server}")
        is_server = not (parts.path or parts.query or parts.username or parts.port == 0)
    except ValueError:
        return ""
    return (parts.hostname or "") if is_server else ""


def _is_here(server: str) -> bool:
    host = _host(server)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
