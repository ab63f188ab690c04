"""Articles, their search, and the diagnosis that answers with a person's own state."""
