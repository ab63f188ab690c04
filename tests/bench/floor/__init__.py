"""The floor: the least that a Django sign-in in three requests, with password and app or text, can do.

It has what no such sign-in may leave out: CSRF, sessions in the database whose key changes with the rights, a step that
is good once by a guarded update, one audit row, our hash; by text one row and one task more. It has no limits, no
policies, no sealed secrets, no options and no help.
"""
