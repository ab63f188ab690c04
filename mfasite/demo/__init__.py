"""The demo: users, child processes, broker, and the pages of the virtual phone."""
