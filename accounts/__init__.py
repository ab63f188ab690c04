"""User accounts: sign-in, self-service portal, app passwords, support desk and integrations."""
