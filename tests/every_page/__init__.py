"""Tests that request every page, in every state of a session, as every role, and with odd inputs."""
