"""Test infrastructure that makes a run fast and repeatable: databases, caches, processes, rounds."""
