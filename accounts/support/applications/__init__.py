"""Applications for administrators: lists, forms, configurations to copy, trials, and what ends all sessions."""
