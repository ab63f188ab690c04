"""Texts by any carrier with an HTTP interface: the request is a template, receipts are signed."""
