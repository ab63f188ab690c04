"""The demo: its users, the processes it starts, its broker, the pages of its virtual phone."""
