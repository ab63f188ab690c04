"""Where the templates of notices are."""


def template_path(folder: str, kind: str) -> str:
    """Return the path of a notice's template. Waiting messages store it: once released, it stays.

    Shape: `folder` says to whom it goes, such as `to_person`.
    """
    return f"verification/notices/{folder}/{kind}.txt"
