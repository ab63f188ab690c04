"""The floor: the least that a Django sign-in in four requests, with password and app or text, can do.

It has what no such sign-in may leave out: CSRF, a session whose key changes with the rights, a step that is good once
by a guarded update, one audit row, our hash; by text one row and one push more. Sessions are in Redis, each statement
commits on its own, and the pages are written by hand. It has no limits, policies, sealed secrets, options or help.
"""
