"""Directory syncs: what each run found, what it would change, how far it is, and how it ended."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.directories import Directory
from verification.db.resumable_jobs import Leased
from verification.models.random_row_handles import HandleField


class DirectorySync(Leased):
    """One run for one directory. Its batches wait encrypted until they are applied, and are then deleted.

    Shape: `is_preview` means that it changes nothing until somebody confirms it; `stopped` that it would switch so many
    people off that somebody must confirm it first; `n_active` is how many people of the directory could sign in when
    it was read; `server` is the one that answered; `error` says why it failed.
    """

    class State(models.TextChoices):
        """How far a run is."""

        WAITING = "waiting", _("waiting")
        READING = "reading", _("reading")
        READY = "ready", _("waiting for confirmation")
        APPLYING = "applying", _("applying")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        REPLACED = "replaced", _("replaced by a later one")

    ref = HandleField(unique=True, editable=False)
    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="syncs")
    is_preview = models.BooleanField(default=False)
    stopped = models.BooleanField(default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    network = models.CharField(max_length=45, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    server = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    n_active = models.PositiveIntegerField(default=0)
    n_read = models.PositiveIntegerField(default=0)
    n_groups = models.PositiveIntegerField(default=0)
    n_added = models.PositiveIntegerField(default=0)
    n_linked = models.PositiveIntegerField(default=0)
    n_changed = models.PositiveIntegerField(default=0)
    n_switched_off = models.PositiveIntegerField(default=0)
    n_switched_on = models.PositiveIntegerField(default=0)
    n_unchanged = models.PositiveIntegerField(default=0)
    n_refused = models.PositiveIntegerField(default=0)
    n_groups_changed = models.PositiveIntegerField(default=0)
    n_groups_removed = models.PositiveIntegerField(default=0)
    n_groups_known = models.PositiveIntegerField(default=0)
    n_to_do = models.PositiveIntegerField(default=0)
    n_done = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["directory"],
                condition=Q(state__in=["waiting", "reading", "applying"]),
                name="one_sync_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["directory"], condition=Q(state="ready"), name="one_sync_waits_for_confirmation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.directory_id} {self.ref}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def changes_something(self) -> bool:
        return bool(self.n_to_do)

    @property
    def percent(self) -> int:
        return 100 if self.state == self.State.DONE else 100 * self.n_done // max(self.n_to_do, 1)


UNDER_WAY = (DirectorySync.State.WAITING, DirectorySync.State.READING, DirectorySync.State.APPLYING)


class DirectorySyncBatch(models.Model):
    """Entries that a run still has to apply, encrypted. Batches are applied in order: people before groups."""

    ref = HandleField(unique=True, editable=False)
    sync = models.ForeignKey(DirectorySync, on_delete=models.CASCADE, related_name="batches")
    kind = models.CharField(
        max_length=6, choices=[("people", _("people")), ("gone", _("gone")), ("groups", _("groups"))]
    )
    n_rows = models.PositiveIntegerField()
    sealed = models.TextField(editable=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class DirectorySyncRow(models.Model):
    """What a run changes about one person or group, for its page and its download.

    Shape: `what` is a verdict of `accounts.provisioning`, `group`, or `shortened` for a name that is too long; `fields`
    maps a field to its old and new value as pages may show them; `why` names the reason of a refusal, or the rule by
    which somebody is linked. `user` is None for a group, and for someone who has no account yet.
    """

    sync = models.ForeignKey(DirectorySync, on_delete=models.CASCADE, related_name="rows")
    what = models.CharField(max_length=12)
    name = models.CharField(max_length=150)
    # For the staff of a desk, who see only the rows of its people. The rows of a person are deleted before the person.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    fields = models.JSONField(default=dict)
    why = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = (models.Index(fields=["sync", "what"], name="sync_rows_by_kind"),)

    def __str__(self) -> str:
        return f"{self.what} {self.name}"
