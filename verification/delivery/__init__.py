"""Delivery of messages. The outbox row is the truth, and the broker only a wake-up. Callers decide who gets what."""
