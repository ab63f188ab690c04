"""The SMTP provider: email through the organisation's own server."""
