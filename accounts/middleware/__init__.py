"""Middleware for sessions and for what a signed-in person must do first."""
