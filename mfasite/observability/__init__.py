"""Observability: logs with request ids and without secrets, Prometheus metrics, health checks."""
