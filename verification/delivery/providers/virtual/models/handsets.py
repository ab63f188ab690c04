"""Telephones: which ones lie on the shelf. What reaches them stands in the deliveries."""

from django.db import models


class Handset(models.Model):
    """A telephone with its number, its owner's name, and the address whose mail it shows. Number: E.164."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)

    def __str__(self) -> str:
        return self.name
