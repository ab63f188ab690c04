"""Reports for administrators and auditors, audit log search, and CSV export."""
