"""Which provider carries a message: routes, circuit breaker, outages, availability."""
