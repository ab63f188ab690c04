"""Reports for administrators and auditors, the audit log's search, CSV export."""
