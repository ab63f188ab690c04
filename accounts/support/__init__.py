"""The support desk: what staff may do for users, who may do it and after which checks, and the pages for it."""
