"""App passwords, for apps that cannot ask for a second step, and the services that check them."""

from django.conf import settings
from django.core.validators import validate_ipv46_address
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification.models.random_row_handles import HandleField


class Service(models.Model):
    """A system of the organisation that asks us to check a username and an app password."""

    slug = models.SlugField(_("short name"), unique=True, help_text=_("For the audit log, such as mail."))
    name = models.CharField(_("name"), max_length=100)
    program = models.CharField(_("kind of app"), max_length=20)
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    takes_password = models.BooleanField(
        _("accepts the normal password"),
        default=True,
        help_text=_("Only from people who don’t need a second step. Everyone else needs an app password here."),
    )
    # An IP address, because nginx does not resolve names here. Source: ngx_mail_auth_http_module, "Auth-Server".
    upstream_host = models.CharField(
        _("email server address"),
        max_length=64,
        blank=True,
        validators=[validate_ipv46_address],
        help_text=_("Only for nginx’s mail proxy. Enter an IP address, not a host name."),
    )
    upstream_port = models.PositiveIntegerField(_("email server port"), null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AppPassword(models.Model):
    """One app password: found by a keyed digest, valid for one kind of app, shown once when it is created."""

    ref = HandleField(unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="app_passwords")
    name = models.CharField(max_length=64)
    program = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    grants_epoch = models.PositiveIntegerField()
    network = models.CharField(max_length=50, blank=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_network = models.CharField(max_length=45, blank=True)
    last_protocol = models.CharField(max_length=20, blank=True)
    places = models.JSONField(default=list)  # networks it was used from, newest last

    def __str__(self) -> str:
        return self.name


class StaleClient(models.Model):
    """An app that keeps trying a password that does not work, for the page and the email that tell its user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stale_clients")
    service = models.ForeignKey(Service, on_delete=models.CASCADE)
    network = models.CharField(max_length=45)
    n_failures = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "service", "network"], name="one_stale_client_a_place"),)

    def __str__(self) -> str:
        return f"{self.service}: {self.n_failures}"
