"""Where we leave the ORM's usual ways, for speed: compiled queries, a cache in the process."""
