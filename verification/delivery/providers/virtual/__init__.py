"""A carrier for the demo and the tests: it takes texts, calls and mail, and shows them on telephones in the browser."""
