"""Imports of people or tokens from a file: rows, progress and errors."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification.db.resumable_jobs import Leased
from verification.models.random_row_handles import HandleField


class Import(Leased):
    """One file. Its rows are encrypted until they are done, and then deleted. `n_done` says where to continue.
    With `invites` new people are invited by email.

    Shape: `faults` and `warnings` are pairs of line number and text; line 0 is the whole file.
    """

    class Kind(models.TextChoices):
        """What the rows are."""

        PEOPLE = "people", _("people")
        TOKENS = "tokens", _("hardware tokens")
        ASSIGN = "assign", _("token assignments")

    class State(models.TextChoices):
        """The state of an import."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    ref = HandleField(unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=120)
    is_dry_run = models.BooleanField(default=True)
    invites = models.BooleanField(default=False)
    sealed = models.TextField(editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    network = models.CharField(max_length=45, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    n_rows = models.PositiveIntegerField()
    n_done = models.PositiveIntegerField(default=0)
    n_new = models.PositiveIntegerField(default=0)
    n_changed = models.PositiveIntegerField(default=0)
    n_same = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        permissions = (
            ("import_people", "Can import people"),
            ("export_people", "Can export people"),
            ("import_tokens", "Can import hardware tokens"),
        )
        indexes = (
            models.Index(
                fields=["made_at"], condition=models.Q(state__in=["waiting", "running"]), name="imports_to_do"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def n_wrong(self) -> int:
        """The number of rows that were refused. If there are very many, not all are kept with their reasons."""
        return max(len(self.faults), self.n_done - self.n_new - self.n_changed - self.n_same)

    @property
    def changes_something(self) -> bool:
        return bool(self.n_new or self.n_changed)

    @property
    def percent(self) -> int:
        return 100 if self.state == self.State.DONE else 100 * self.n_done // max(self.n_rows, 1)


UNDER_WAY = (Import.State.WAITING, Import.State.RUNNING)
