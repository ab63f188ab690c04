"""A passkey or security key."""
