"""Texts and calls by Vonage."""
