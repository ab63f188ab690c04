"""How large an import can be: the file, a cell, a row, a package of tokens, and the list of its errors.

Django's settings read it, so it imports nothing.
"""

MAX_FILE_BYTES = 8 * 1024 * 1024  # deploy/nginx-two-step.conf allows larger requests
MAX_CELL_LENGTH = 131_072  # characters. Source: Python's csv
MAX_LINES_OF_ROW = 20  # more mean that a quote was never closed
MAX_TOKENS_OF_PACKAGE = 10_000  # of PSKC
MAX_ERRORS_KEPT = 20_000  # rows
MAX_WARNINGS_KEPT = 1_000  # rows
