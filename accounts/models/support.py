"""Models of the support desk: desk scopes, caller checks, and actions that wait for approval."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification.models.random_row_handles import HandleField


class Scope(models.Model):
    """A desk: its members may help the users in these groups and nobody else.

    Staff of several desks may help the users of all of them; staff without any scope may help everyone.
    """

    desk = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="scope", verbose_name=_("desk"))
    people = models.ManyToManyField(Group, related_name="+", verbose_name=_("may help the people of"))

    class Meta:
        verbose_name = _("desk scope")
        verbose_name_plural = _("desk scopes")

    def __str__(self) -> str:
        return f"Scope of {self.desk.name}"


class CallerCheck(models.Model):
    """A verification of a caller, requested by one member of staff. Valid for these two people, for a limited time.

    `handle` names the challenge, or is empty for a call back that staff vouch for. `binding` ties it to this row.
    """

    ref = HandleField(unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="caller_checks")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=32)
    label = models.CharField(max_length=120)
    handle = models.CharField(max_length=32, blank=True, editable=False)
    binding = HandleField(editable=False)
    note = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    passed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["person", "-asked_at"], name="caller_checks_of_a_person"),)

    def __str__(self) -> str:
        return f"caller check {self.ref}"


class GroupRequest(models.Model):
    """A change to a group that waits for approval by a second member of staff. Without `group`, it creates one.

    Shape: `wanted` as the group's form gives it; None deletes the group.
    """

    class State(models.TextChoices):
        """The state of the request."""

        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    ref = HandleField(unique=True, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=150)
    wanted = models.JSONField(null=True)
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"change of {self.name} {self.ref}"


class SupportRequest(models.Model):
    """A risky action that waits for approval by a second member of staff."""

    class State(models.TextChoices):
        """The state of the request."""

        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    ref = HandleField(unique=True, editable=False)
    action = models.CharField(max_length=32)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="support_requests")
    options = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    ticket = models.CharField(max_length=40)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    epoch = models.PositiveIntegerField()
    caller_checked = models.CharField(max_length=120, blank=True)
    vouched_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_collected = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["-asked_at"], condition=models.Q(state="waiting"), name="support_requests_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.ref}"
