"""Where the templates of notices are."""


def template_path(kind: str) -> str:
    """Return the path of a notice's template. Waiting messages store it, so it never changes."""
    return f"verification/notices/{kind}.txt"
