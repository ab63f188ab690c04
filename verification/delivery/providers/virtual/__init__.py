"""A carrier that exists in the demo and in tests only: it takes texts and calls, and shows them on telephones in the browser."""
