"""Integrations: other systems ask here who a user is. Each module handles one protocol and decides nothing."""
