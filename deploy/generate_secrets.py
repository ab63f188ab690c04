#!/usr/bin/env python3
"""Prints a new SECRET_KEY and a new MFA_KEYS, as lines for the environment file. Needs nothing but Python.

python3 deploy/generate_secrets.py
python3 deploy/generate_secrets.py 2027     # names the second key "2027", to add it before an older one
"""

import base64
import secrets
import sys


def lines(name: str) -> str:
    """Return both settings, with random values. `name` is the id of the key in MFA_KEYS."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return f"SECRET_KEY={secrets.token_urlsafe(50)}\nMFA_KEYS={name}:{key}\n"


if __name__ == "__main__":
    sys.stdout.write(lines(sys.argv[1] if len(sys.argv) > 1 else "k1"))
