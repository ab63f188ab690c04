"""Tests that walk through every page: with every state of a session, every role and odd inputs."""
