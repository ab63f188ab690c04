"""The floor: the least that a Django sign-in in three requests, with password and authenticator app, can do.

It has what no such sign-in may leave out: CSRF, sessions in the database whose key changes with the rights, a step that
is good once by a guarded update, one audit row, our hash. It has no limits, policies, sealed secrets, options or help.
"""
