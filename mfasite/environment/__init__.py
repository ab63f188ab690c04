"""Reading the environment: which settings are declared, their values, server addresses, the strength of keys."""
