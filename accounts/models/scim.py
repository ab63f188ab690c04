"""SCIM: who may send people and groups to a directory, what they sent, and their last requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.current_and_former_secret import SecretHolder
from accounts.models.directories import Directory
from accounts.models.people import User


class ScimAccess(SecretHolder):
    """How a program sends to a directory by SCIM: with its token, and from its networks.

    Shape: `networks` as `ipaddress` writes them; without any it may send from everywhere.
    """

    directory = models.OneToOneField(Directory, on_delete=models.CASCADE, primary_key=True, related_name="scim")
    networks = models.JSONField(_("allowed networks"), default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_network = models.CharField(max_length=45, blank=True, editable=False)

    def __str__(self) -> str:
        return f"access to {self.directory_id}"


class ScimPerson(models.Model):
    """A person as a directory sent them, so that it gets back what it sent.

    Shape: `sealed` is the resource as encrypted JSON, bound to the user's id; `deleted_at` is when the directory
    deleted them: it no longer sees them, and gets the same account back if it sends the same person again. Their
    `external_id` stays, but others may have it.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="scim")
    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255, blank=True)
    sealed = models.TextField(editable=False)
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["directory", "external_id"],
                condition=~models.Q(external_id="") & models.Q(deleted_at=None),
                name="one_scim_person_an_external_id",
            ),
        )
        indexes = (
            models.Index(
                fields=["directory", "external_id"],
                condition=models.Q(deleted_at__isnull=False),
                name="scim_deleted_external_id",
            ),
        )

    def __str__(self) -> str:
        return f"SCIM resource of {self.user_id}"


class ScimRequest(models.Model):
    """One of the last requests of a directory, for the page that helps to set it up. It names nobody but by id.

    Shape: `problem` is the `scimType` or a word of ours; `ignored` are names of attributes that we don't store.
    """

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="scim_requests")
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    endpoint = models.CharField(max_length=30)
    resource_id = models.CharField(max_length=64, blank=True)
    status = models.PositiveSmallIntegerField()
    problem = models.CharField(max_length=30, blank=True)
    ignored = models.JSONField(default=list)
    milliseconds = models.PositiveIntegerField()
    network = models.CharField(max_length=45, blank=True)

    class Meta:
        indexes = (models.Index(fields=["directory", "-id"], name="scim_requests_recent"),)

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} {self.status}"
