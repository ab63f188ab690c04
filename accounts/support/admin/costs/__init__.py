"""The pages of costs in the admin: countries, spending limits, blocked ranges and numbers that opted out."""
