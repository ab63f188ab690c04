"""Admin classes of the support desk: users and groups, delivery, cost."""
