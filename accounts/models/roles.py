"""Which of the shipped roles this database has had, so that what an organisation changed about them stays changed."""

from django.contrib.auth.models import Group
from django.db import models


class ShippedRole(models.Model):
    """A role that `migrate` has made as a group. `given` names the permissions that the group ever got from us.

    The group may have been renamed since. Without a group, it was deleted, or the organisation had one of that name.
    """

    name = models.CharField(max_length=150, unique=True)
    group = models.OneToOneField(Group, on_delete=models.SET_NULL, null=True, related_name="+")
    given = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name
