"""Admin classes of the staff pages, one module for each table."""
