"""Observability: Prometheus metrics, health checks, request ids in logs."""
