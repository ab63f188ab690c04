"""The demo: users, sample applications, a month of history, child processes, and the pages of the virtual phone."""
