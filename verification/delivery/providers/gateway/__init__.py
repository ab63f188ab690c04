"""The gateway provider: texts by any service with an HTTP interface. The request is a template, receipts are signed."""
