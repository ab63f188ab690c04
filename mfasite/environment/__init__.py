"""Reading settings from the environment: declarations, values, server addresses, key strength."""
