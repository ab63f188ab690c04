"""Where we use more than Django's ORM for speed: compiled queries, row locks, and a cache in the process."""
