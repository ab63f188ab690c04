"""Which of the shipped roles this database has had, so that changes the organisation made to them are kept."""

from django.contrib.auth.models import Group
from django.db import models


class ShippedRole(models.Model):
    """A role that `migrate` created as a group. `given` lists all permissions that we ever gave to the group.

    The group may have been renamed since. `group` is empty if it was deleted, or if the organisation already had a
    group of that name.
    """

    name = models.CharField(max_length=150, unique=True)
    group = models.OneToOneField(Group, on_delete=models.SET_NULL, null=True, related_name="+")
    given = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name
