"""A year of sign-ins in the database: how large it gets, what removing a month costs, and how fast pages stay."""
