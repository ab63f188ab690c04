"""What operators see: Prometheus metrics, health checks, request ids in logs."""
