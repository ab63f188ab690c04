"""Carries messages out: the outbox row is the truth, the broker only a wake-up. Who gets what is decided above."""
