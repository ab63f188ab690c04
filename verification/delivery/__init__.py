"""Delivery of messages. The outbox row decides, and the broker only wakes workers. Callers decide who gets what."""
