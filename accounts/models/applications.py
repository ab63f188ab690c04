"""Applications that sign people in through this service, their logos, and who is signed in to them."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_ACR_LENGTH = 200  # characters


class Application(models.Model):
    """An application of the organisation, and what it requires of a person's verification.

    Shape: `strength` is the slug of a strength; without groups everyone may use it; `logo_version` is the digest of the
    logo, empty without one. `slug` never changes, because audit events and metrics name it.
    """

    class Kind(models.TextChoices):
        """How the application asks us who somebody is."""

        OIDC = "oidc", _("OpenID Connect")
        PROXY = "proxy", _("Behind a proxy")

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("description"), max_length=140, blank=True)
    address = models.URLField(_("address"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    logo_version = models.CharField(max_length=16, blank=True, editable=False)
    groups = models.ManyToManyField(Group, related_name="applications", blank=True, verbose_name=_("allowed groups"))
    strength = models.CharField(_("strength"), max_length=50, default="second-step")
    max_age = models.DurationField(_("longest age of a verification"), null=True, blank=True)
    remembered_counts = models.BooleanField(_("a remembered browser counts"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(max_age__isnull=True) | models.Q(max_age__gt=timedelta(0)),
                name="application_max_age_is_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["oidc", "proxy"]),
                name="application_kind_is_known",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApplicationLogo(models.Model):
    """The logo of an application. In a table of its own, so that no list reads pictures."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    content_type = models.CharField(max_length=20)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"logo of {self.application_id}"


class ApplicationSession(models.Model):
    """One person signed in to one application, from one of their sessions here.

    Shape: `session_ref` is `Session.ref`; `acr`, `amr`, `auth_time` are what the application was told; `end_ref` names
    what ended it, together with everything that ended at the same time.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="application_sessions")
    session_ref = models.CharField(max_length=32, db_index=True, editable=False)
    started_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    acr = models.CharField(max_length=MAX_ACR_LENGTH, blank=True)
    amr = models.JSONField(default=list)
    auth_time = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True)
    end_ref = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["application", "session_ref"],
                condition=models.Q(ended_at__isnull=True),
                name="one_application_session_each",
            ),
        )
        indexes = (
            models.Index(fields=["user", "ended_at"], name="application_sessions_of_user"),
            models.Index(fields=["application", "-last_used_at"], name="application_sessions_recent"),
            models.Index(fields=["end_ref"], condition=~models.Q(end_ref=""), name="application_sessions_ended"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} in {self.application_id}"
