"""The support desk's classes for the Django admin: people and groups, delivery, cost."""
