"""What company support may do for a person: who may, for whom, after which checks; and the pages for it."""
