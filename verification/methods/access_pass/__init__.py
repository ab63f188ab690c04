"""A Temporary Access Pass, issued by support for a short time."""
