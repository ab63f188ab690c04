"""Mail through the organisation's own server."""
