"""Passwords that attackers try first: common ones, and those that were exposed in data breaches. Checked offline.

A list of common passwords comes with the service. Operators can add the list of Have I Been Pwned, which
`manage.py breached_passwords build` turns into one file.
"""

from accounts.breached_passwords.which_passwords_are_refused import PasswordList, found_in

__all__ = ["PasswordList", "found_in"]
