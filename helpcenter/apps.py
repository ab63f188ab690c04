"""The help centre as a Django app."""

from django.apps import AppConfig


class HelpConfig(AppConfig):
    name = "helpcenter"
    verbose_name = "Help centre"
