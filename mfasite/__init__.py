"""The Django project: settings, URLs, Celery and health checks. It only composes; it has no business rules."""

__version__ = "0.1.0.dev0"  # defined only here; CHANGELOG.md lists what each version contains
