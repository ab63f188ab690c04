"""Routing: which provider sends a message. Routes, circuit breaker, outages, availability."""
