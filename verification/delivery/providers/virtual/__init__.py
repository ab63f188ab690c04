"""A carrier for the demo and the tests: it accepts texts, calls and emails, and shows them on phones in the browser."""
