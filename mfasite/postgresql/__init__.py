"""Django's PostgreSQL, with a cheaper look at what its pool lends."""
