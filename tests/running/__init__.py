"""What makes a run of the tests fast and repeatable: databases, caches, processes, rounds."""
