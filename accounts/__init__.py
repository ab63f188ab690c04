"""People: how they sign in, what they manage themselves, and what support may do for them."""
