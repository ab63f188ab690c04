"""What the benchmark measures, one kind of work a module."""
