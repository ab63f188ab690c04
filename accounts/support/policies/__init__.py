"""Policies in the admin: the form, and a preview of what a change means for users."""
