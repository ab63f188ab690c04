"""How the rate limits count: rows raised by guarded updates, windows of time, what works once."""
