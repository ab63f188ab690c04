"""Help centre: articles, search, and a diagnosis of the user's own problem."""
