"""Recovery codes on paper."""
