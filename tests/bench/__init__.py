"""Measures whole sign-ins and deliveries on real processes, a floor beside them: `python -m tests.bench`."""
