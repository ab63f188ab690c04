"""The engine of the second step: methods, challenges, delivery, limits, audit. It knows people, never a request."""
