"""The self-service portal for signed-in users."""
