"""Sign-in: the password, the second step and the first registration."""
